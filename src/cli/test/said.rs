//! What real servers say during a trial: their logs, and the messages that reached them.

use crate::cli::console;
use crate::cli::exit::Failure;
use crate::cli::runs::{self, Folder, MESSAGES};
use crate::config::Log;
use crate::net::{LogFormat, LogLevel, LogLine, LogOptions};
use crate::process::NodeId;
use serde_json::json;
use std::cmp::Ordering;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::time::Duration;

/// So many messages are kept; what comes after them is counted. A run of 30 s has some thousands, but its rate and its time may be
/// what one likes, and a line of each fills a disk.
const MOST_KEPT: u64 = 1_000_000;
/// Lines of a log are handed on so many at a time: a call of the kernel for each would cost more than all else here.
const LINES_AT_A_TIME: u32 = 64;

/// The lines of all servers on their way to the files of a run, and to whoever wants to see them now.
pub struct Said {
    logs: Vec<BufWriter<File>>,
    messages: BufWriter<File>,
    received: u64,
    /// The lines of logs that are not handed on yet.
    waiting: u32,
    failed: Option<io::Error>,
    shown: Option<Log>,
}

impl Said {
    /// Into the files of this run; `shown` is what is told on stderr too.
    pub fn new(servers: u32, folder: &Folder, shown: Option<Log>) -> Result<Self, Failure> {
        let unwritable = |error| runs::unwritable(&error);
        Ok(Said {
            logs: folder.create_logs(servers).map_err(unwritable)?,
            messages: folder.create(MESSAGES).map_err(unwritable)?,
            received: 0,
            waiting: 0,
            failed: None,
            shown,
        })
    }

    /// What servers must say: every step, for their logs, and every message.
    pub fn options() -> LogOptions {
        let (level, format) = (LogLevel::Debug, LogFormat::Json);
        LogOptions { level, format, ..LogOptions::default() }
    }

    /// A server says something.
    pub fn take(&mut self, server: NodeId, said: &str) {
        let Some(line) = LogLine::read(said) else {
            self.log(server, said); // a panic's text
            return console::plain_remark(said);
        };
        if let Some((from, message)) = line.received() {
            self.received(Duration::from_secs_f64(line.seconds()), (from, server.0), message);
        }
        let shown = self.shown.filter(|shown| line.level() <= shown.level);
        if line.level() < LogLevel::Debug || shown.is_some() {
            self.log(server, &line.text(false));
        }
        match shown.map(|shown| shown.format) {
            Some(LogFormat::Text) => console::plain_remark(&line.text(false)),
            Some(LogFormat::Json) => console::plain_remark(said),
            None => {}
        }
    }

    /// A message reached a server. The first that is not kept says so in its place.
    fn received(&mut self, at: Duration, (from, to): (u32, u32), message: &str) {
        self.received += 1;
        let (from, to, what, message) = match self.received.cmp(&MOST_KEPT) {
            Ordering::Less => (from, to, "received", message),
            Ordering::Equal => (0, 0, "end", "from here on messages are counted, not kept"),
            Ordering::Greater => return,
        };
        let (time, message) = (at.as_nanos() as u64, json!(message));
        let written = writeln!(
            self.messages,
            "{{\"time\":{time},\"from\":{from},\"to\":{to},\"what\":\"{what}\",\"message\":{message}}}",
        );
        self.failed = self.failed.take().or(written.err());
    }

    fn log(&mut self, server: NodeId, line: &str) {
        let Some(log) = self.logs.get_mut(server.0.wrapping_sub(1) as usize) else { return };
        let written = writeln!(log, "{line}");
        self.failed = self.failed.take().or(written.err());
        self.waiting += 1;
        if self.waiting >= LINES_AT_A_TIME {
            let flushed = self.flush();
            self.failed = self.failed.take().or(flushed.err());
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.waiting = 0;
        self.logs.iter_mut().chain([&mut self.messages]).try_for_each(Write::flush)
    }

    /// All has been said: how many messages there were.
    ///
    /// # Errors
    /// The first error in writing, if there was one.
    pub fn end(&mut self) -> io::Result<u64> {
        self.flush()?;
        self.failed.take().map_or(Ok(self.received), Err)
    }
}
