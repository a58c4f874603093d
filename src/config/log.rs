//! What is logged, and how: `info`, `debug`, `json`, `debug,json`.

use std::fmt::{self, Display};
use std::str::FromStr;

/// How much is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nothing.
    Off,
    /// What went wrong and needs a person.
    Error,
    /// What went wrong and was dealt with.
    Warn,
    /// Each step of each request, in the field's words.
    Info,
    /// Messages and timers too.
    Debug,
    /// All there is.
    Trace,
}

/// What is logged, and in which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Log {
    /// How much.
    pub level: Level,
    /// One JSON object per line instead of text.
    pub json: bool,
}

impl Default for Log {
    fn default() -> Self {
        Log { level: Level::Info, json: false }
    }
}

const LEVELS: [(&str, Level); 6] = [
    ("off", Level::Off),
    ("error", Level::Error),
    ("warn", Level::Warn),
    ("info", Level::Info),
    ("debug", Level::Debug),
    ("trace", Level::Trace),
];

impl FromStr for Log {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut log = Log::default();
        for word in text.split(',') {
            match (word.trim(), LEVELS.iter().find(|(name, _)| *name == word.trim())) {
                ("json", _) => log.json = true,
                (_, Some((_, level))) => log.level = *level,
                (other, None) => {
                    return Err(format!(
                        "unknown log level {other:?}; one of off, error, warn, info, debug, trace, \
                         or json, or both as in debug,json"
                    ));
                }
            }
        }
        Ok(log)
    }
}

impl Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(LEVELS.iter().find(|(_, level)| level == self).map_or("info", |(name, _)| name))
    }
}

impl Display for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.level, if self.json { ",json" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_reads_back() {
        for text in ["info", "debug", "off", "trace,json"] {
            assert_eq!(text.parse::<Log>().map(|log| log.to_string()), Ok(text.to_string()));
        }
        assert_eq!("json".parse(), Ok(Log { level: Level::Info, json: true }));
        assert!("loud".parse::<Log>().expect_err("no such level").contains("debug,json"));
    }
}
