//! The forms in which a history can be written, and how to tell them apart.

use std::fmt::{self, Display};
use std::str::FromStr;

/// How a history is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JSON Lines, conlab's own: one event a line.
    JsonLines,
    /// Jepsen's EDN: one vector, or a map a line.
    Edn,
    /// The text log of Jepsen's register test.
    JepsenLog,
    /// The key-value text of Porcupine: get, put and append.
    PorcupineKv,
}

impl Format {
    /// All of them.
    pub const ALL: [Format; 4] =
        [Format::JsonLines, Format::Edn, Format::JepsenLog, Format::PorcupineKv];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Format::JsonLines => "jsonl",
            Format::Edn => "edn",
            Format::JepsenLog => "jepsen-log",
            Format::PorcupineKv => "porcupine-kv",
        }
    }

    /// The form of a history that begins with these bytes; `None` where it is none of them. An empty one is JSON Lines.
    pub fn of(start: &[u8]) -> Option<Format> {
        let text = String::from_utf8_lossy(start);
        let first = text.trim_start();
        if first.is_empty() {
            return Some(Format::JsonLines);
        }
        if text.contains(super::jepsen_log::MARK) {
            return Some(Format::JepsenLog);
        }
        let second = first.get(1..).unwrap_or_default().trim_start();
        match first.chars().next() {
            Some('{') if second.starts_with(['"', '}']) => Some(Format::JsonLines),
            Some('{' | '[' | '(' | '#' | ';') if is_porcupine(&text) => Some(Format::PorcupineKv),
            Some('{' | '[' | '(' | '#' | ';') => Some(Format::Edn),
            _ => None,
        }
    }
}

fn is_porcupine(text: &str) -> bool {
    text.contains(":f :get") || text.contains(":f :put")
}

impl Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Format::ALL.into_iter().find(|format| format.name() == name);
        found.ok_or_else(|| {
            format!("unknown format {name:?}; use auto, jsonl, edn, jepsen-log or porcupine-kv")
        })
    }
}
