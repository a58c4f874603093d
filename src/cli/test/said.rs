//! What real servers say during a trial: their logs, and the messages that reached them.

use crate::cli::console;
use crate::cli::exit::Failure;
use crate::cli::runs::{self, Folder, MESSAGES};
use crate::config::Log;
use crate::net::{LogFormat, LogLevel, LogLine, LogOptions};
use crate::process::NodeId;
use serde_json::json;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::time::Duration;

/// The lines of all servers on their way to the files of a run, and to whoever wants to see them now.
pub struct Said {
    logs: Vec<BufWriter<File>>,
    messages: BufWriter<File>,
    received: u64,
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
            self.received += 1;
            let time = Duration::from_secs_f64(line.seconds()).as_nanos() as u64;
            let written = writeln!(
                self.messages,
                "{{\"time\":{time},\"from\":{from},\"to\":{},\"what\":\"received\",\"message\":{}}}",
                server.0,
                json!(message)
            );
            self.failed = self.failed.take().or(written.err());
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
        if let Some(log) = self.logs.get_mut(server.0.wrapping_sub(1) as usize) {
            let written = writeln!(log, "{line}").and_then(|()| log.flush());
            self.failed = self.failed.take().or(written.err());
        }
    }

    /// All has been said: how many messages there were.
    ///
    /// # Errors
    /// The first error in writing, if there was one.
    pub fn end(&mut self) -> io::Result<u64> {
        self.messages.flush()?;
        self.failed.take().map_or(Ok(self.received), Err)
    }
}
