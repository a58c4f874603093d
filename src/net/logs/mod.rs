//! What is logged, how, and whose lines are shown now.
//!
//! A server writes finished lines: a child to its stderr, which the controller reads, a thread of the controller
//! straight to the controller's [`LogSwitch`]. What is not shown is not formatted either: the switch tells each server
//! its level.

mod line;
mod lines;
mod switch;

pub use line::LogLine;
pub(super) use lines::{LevelHandle, LineSink, TARGET, dispatch};
pub use switch::LogSwitch;

use crate::process::NodeId;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// What stands around a message in the line that says that it arrived.
pub(super) const GOT: &str = "got ";
/// See [`GOT`].
pub(super) const FROM: &str = " from n";

/// How much is logged; each level includes those before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Nothing.
    Off,
    /// What should not happen and was survived: a malformed frame, a full queue.
    Warn,
    /// Requests, answers, and each step of the protocol in the field's words.
    #[default]
    Info,
    /// Every message between servers too.
    Debug,
}

/// The shape of a log line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people: `+0.012 s n3 applied x=7 v1`.
    #[default]
    Text,
    /// For programs: one JSON object a line.
    Json,
}

/// Whose log lines are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shown {
    /// Every server's.
    #[default]
    All,
    /// Nobody's; then nothing is formatted either.
    Nobody,
    /// One server's.
    Only(NodeId),
}

/// What is logged, and how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogOptions {
    /// How much.
    pub level: LogLevel,
    /// In which shape.
    pub format: LogFormat,
    /// Whether lines for people carry colours; the caller knows whether they go to a terminal.
    pub colour: bool,
    /// Whose lines are shown at first.
    pub shown: Shown,
}

impl Shown {
    /// Whether this server's lines are shown.
    pub fn includes(self, server: NodeId) -> bool {
        match self {
            Shown::All => true,
            Shown::Nobody => false,
            Shown::Only(only) => only == server,
        }
    }
}

impl LogOptions {
    /// What one server has to log while these lines are `shown`.
    pub(super) fn level_of(self, server: NodeId, shown: Shown) -> LogLevel {
        if shown.includes(server) { self.level } else { LogLevel::Off }
    }
}

impl FromStr for LogLevel {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(LogLevel::Off),
            "warn" => Ok(LogLevel::Warn),
            "info" => Ok(LogLevel::Info),
            "debug" => Ok(LogLevel::Debug),
            _ => Err(format!("unknown log level {text:?}; one of off, warn, info, debug")),
        }
    }
}

impl FromStr for LogFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "text" => Ok(LogFormat::Text),
            "json" => Ok(LogFormat::Json),
            _ => Err(format!("unknown log format {text:?}; one of text, json")),
        }
    }
}
