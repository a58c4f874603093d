//! What is logged, and how: `info`, `debug`, `json`, `debug,json`.

use crate::net::{LogFormat, LogLevel};
use std::fmt::{self, Display};
use std::str::FromStr;

/// How much is logged, and in which form.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Log {
    /// How much.
    pub level: LogLevel,
    /// In which form.
    pub format: LogFormat,
}

/// What a log setting looks like, for messages.
pub const LOG_FORM: &str = "off, warn, info or debug, or json, or both as in debug,json";

const LEVELS: [(&str, LogLevel); 4] = [
    ("off", LogLevel::Off),
    ("warn", LogLevel::Warn),
    ("info", LogLevel::Info),
    ("debug", LogLevel::Debug),
];

impl FromStr for Log {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut log = Log::default();
        for word in text.split(',').map(str::trim) {
            match LEVELS.iter().find(|(name, _)| *name == word) {
                Some((_, level)) => log.level = *level,
                None if word == "json" => log.format = LogFormat::Json,
                None => return Err(format!("unknown log level {word:?}; {LOG_FORM}")),
            }
        }
        Ok(log)
    }
}

impl Display for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, _) = LEVELS.iter().find(|(_, level)| *level == self.level).unwrap_or(&LEVELS[2]);
        f.write_str(name)?;
        f.write_str(if self.format == LogFormat::Json { ",json" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_reads_back() {
        for text in ["info", "debug", "off", "warn,json"] {
            assert_eq!(text.parse::<Log>().map(|log| log.to_string()), Ok(text.to_string()));
        }
        assert_eq!("json".parse(), Ok(Log { level: LogLevel::Info, format: LogFormat::Json }));
        assert!("loud".parse::<Log>().expect_err("no such level").contains("debug,json"));
    }
}
