//! What real servers say during a trial: their logs, and the messages that reached them.

use super::messages::{MOST_KEPT, Messages};
use crate::cli::console;
use crate::cli::exit::Failure;
use crate::cli::runs::{self, Folder, MESSAGES};
use crate::config::Log;
use crate::net::{LogFormat, LogLevel, LogLine, LogOptions};
use crate::process::NodeId;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Lines of a log are handed on so many at a time: a call of the kernel for each would cost more than all else here.
const LINES_AT_A_TIME: u32 = 64;
/// No line waits longer than this for others: a run that is killed has logged what its servers said until a moment before.
const WAITS_AT_MOST: Duration = Duration::from_millis(200);

/// The lines of all servers on their way to the files of a run, and to whoever wants to see them now.
pub struct Said {
    logs: Vec<BufWriter<File>>,
    messages: Messages<BufWriter<File>>,
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
            messages: Messages::new(folder.create(MESSAGES).map_err(unwritable)?, MOST_KEPT),
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
            let at = Duration::from_secs_f64(line.seconds());
            let written = self.messages.take(at, (NodeId(from), server), message);
            self.note(written);
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

    fn log(&mut self, server: NodeId, line: &str) {
        let Some(log) = self.logs.get_mut(server.0.wrapping_sub(1) as usize) else { return };
        let written = log.write_all(format!("{line}\n").as_bytes()); // in one piece, as messages are
        self.note(written);
        self.waiting += 1;
        if self.waiting >= LINES_AT_A_TIME {
            self.hand_on();
        }
    }

    fn hand_on(&mut self) {
        let flushed = self.flush();
        self.note(flushed);
    }

    fn flush(&mut self) -> io::Result<()> {
        self.waiting = 0;
        self.logs.iter_mut().try_for_each(Write::flush)?;
        self.messages.flush()
    }

    fn note(&mut self, result: io::Result<()>) {
        self.failed = self.failed.take().or(result.err());
    }

    /// All has been said: how many messages there were.
    ///
    /// # Errors
    /// The first error in writing, if there was one.
    pub fn end(&mut self) -> io::Result<u64> {
        self.flush()?;
        self.failed.take().map_or(Ok(self.messages.received()), Err)
    }
}

/// Hands on what waits, again and again, as long as it is polled.
pub async fn now_and_then(said: Arc<Mutex<Said>>) {
    loop {
        tokio::time::sleep(WAITS_AT_MOST).await;
        said.lock().unwrap_or_else(PoisonError::into_inner).hand_on();
    }
}
