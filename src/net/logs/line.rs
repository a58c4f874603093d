//! One line of a server's log, and back from what a program reads.

use super::LogLevel;
use serde::{Deserialize, Serialize};

/// One line of a server's log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogLine {
    /// When, in seconds on the run's clock.
    clock_s: f64,
    /// How much must be logged for it to be there.
    level: LogLevel,
    /// What is said.
    message: String,
    /// The ticket of the request that it is about.
    request: Option<String>,
    /// Whose it is.
    server: Option<u64>,
}

impl LogLine {
    /// A line as a server says it.
    pub(super) fn new(
        seconds: f64,
        level: LogLevel,
        server: Option<u64>,
        request: Option<String>,
        message: String,
    ) -> Self {
        LogLine { clock_s: seconds, level, message, request, server }
    }

    /// Reads a line of the JSON form; `None` if it is none, as the text of a panic.
    pub fn read(line: &str) -> Option<LogLine> {
        serde_json::from_str(line).ok()
    }

    /// When, in seconds on the run's clock.
    pub fn seconds(&self) -> f64 {
        self.clock_s
    }

    /// How much must be logged for it to be there.
    pub fn level(&self) -> LogLevel {
        self.level
    }

    /// The message of a peer that arrived, if it is about one: from which server, and its text.
    pub fn received(&self) -> Option<(u32, &str)> {
        let (message, from) = self.message.strip_prefix(super::GOT)?.rsplit_once(super::FROM)?;
        Some((from.parse().ok()?, message)).filter(|_| self.level == LogLevel::Debug)
    }

    /// The form for programs: `{"clock_s":0.012,"level":"info","message":"applied x=7 v1","request":null,"server":3}`.
    pub(super) fn json(mut self) -> String {
        self.clock_s = (self.clock_s * 1e6).round() / 1e6;
        serde_json::to_string(&self).unwrap_or_default() // numbers and text always have that form
    }

    /// The form for people: `+0.012 s n3 applied x=7 v1`; with a request, its ticket stands last: `… received get x  n3#4`.
    pub fn text(&self, colour: bool) -> String {
        let paint = |code: u8, text: String| match colour {
            true => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            false => text,
        };
        // Six colours that read on dark and on light; the number beside them says the same.
        let hue = 31 + (self.server.unwrap_or(1).wrapping_add(1) % 6) as u8;
        let server = self.server.map(|id| paint(hue, format!("n{id} ")));
        // Some remarks name their request themselves.
        let unnamed = self.request.as_ref().filter(|ticket| !self.message.contains(*ticket));
        let request = unnamed.map(|ticket| paint(2, format!("  {ticket}")));
        let clock = paint(2, format!("+{:.3} s", self.clock_s));
        let message = match self.level == LogLevel::Warn {
            true => paint(33, format!("! {}", self.message)),
            false => self.message.clone(),
        };
        format!("{clock} {}{message}{}", server.unwrap_or_default(), request.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let line = |level: LogLevel, message: &str| {
            LogLine::new(0.0125, level, Some(3), Some("n3#4".into()), message.into())
        };
        let info = line(LogLevel::Info, "received get x");
        assert_eq!(LogLine::read(&info.clone().json()), Some(info.clone()));
        assert_eq!(info.text(false), "+0.013 s n3 received get x  n3#4");
        assert_eq!((info.received(), info.level()), (None, LogLevel::Info));
        let got = line(LogLevel::Debug, "got submit (set x \" from n9) n1#2 from n2");
        assert_eq!(got.received(), Some((2, "submit (set x \" from n9) n1#2")));
        assert_eq!(line(LogLevel::Info, "got x from n2").received(), None);
        assert_eq!(LogLine::read("thread 'main' panicked"), None);
    }
}
