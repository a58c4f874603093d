//! What is logged, how, and whose lines are shown now.

use crate::process::NodeId;
use serde::{Deserialize, Serialize};
use std::str::FromStr;
use std::sync::{Arc, Mutex};

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

/// Says at run time whose lines are shown, and where they go (at first to stderr).
#[derive(Clone)]
pub struct LogSwitch {
    #[allow(dead_code)]
    sink: Arc<Mutex<Arc<dyn Fn(&str) + Send + Sync>>>,
    shown: Arc<Mutex<Shown>>,
}

impl LogSwitch {
    /// Shows these servers' lines from now on.
    pub fn show(&self, shown: Shown) {
        *self.shown.lock().expect("nothing panics under this lock") = shown;
    }

    /// Whose lines are shown now.
    pub fn shown(&self) -> Shown {
        *self.shown.lock().expect("nothing panics under this lock")
    }

    /// Sends lines (each without its line end) to `sink` from now on, for example to a prompt that prints above itself.
    pub fn send_to(&self, sink: impl Fn(&str) + Send + Sync + 'static) {
        *self.sink.lock().expect("nothing panics under this lock") = Arc::new(sink);
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
