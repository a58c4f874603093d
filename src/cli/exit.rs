//! How a command ends: an exit code, and one line of error text where it failed.

use crate::config::ConfigError;
use crate::net::{NetError, NetErrorKind};
use std::io;
use std::process::ExitCode;

/// How a command ended. Of several, the worst counts: they are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// All was done; a check said valid.
    Done = 0,
    /// The answer is no: an absent key, a failed expectation, an invalid history.
    No = 1,
    /// It may have happened, or could not be decided.
    Unknown = 2,
    /// The command, a file or the input is wrong.
    Usage = 64,
    /// A cluster could not be started or reached, or refused.
    Unavailable = 69,
    /// A fault of this program.
    Internal = 70,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

/// Why a command ended early. Its text is one line: lower-case fragment, the value, the fix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// The text; empty for an end that needs no words, such as a reader that went away.
    pub text: String,
}

impl Failure {
    /// The command, a file or the input is wrong.
    pub fn usage(text: impl Into<String>) -> Self {
        Failure { exit: Exit::Usage, text: text.into() }
    }

    /// A cluster could not be started or reached, or refused.
    pub fn unavailable(text: impl Into<String>) -> Self {
        Failure { exit: Exit::Unavailable, text: text.into() }
    }

    /// A fault of this program or of the machine under it.
    pub fn internal(text: impl Into<String>) -> Self {
        Failure { exit: Exit::Internal, text: text.into() }
    }

    /// An end that needs no words.
    pub fn quiet(exit: Exit) -> Self {
        Failure { exit, text: String::new() }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Failure::usage(error.to_string())
    }
}

/// Writing results failed. A closed pipe is a reader that has seen enough: a quiet end.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::quiet(Exit::Done),
            _ => Failure::internal(format!("cannot write the result: {error}")),
        }
    }
}

impl From<NetError> for Failure {
    fn from(error: NetError) -> Self {
        let exit = match error.kind() {
            NetErrorKind::Usage => Exit::Usage,
            NetErrorKind::Unavailable => Exit::Unavailable,
            NetErrorKind::Internal => Exit::Internal,
        };
        Failure { exit, text: with_hint(&error.to_string(), error.hint().unwrap_or_default()) }
    }
}

/// A text and, if there is one, what to do about it.
pub fn with_hint(text: &str, hint: &str) -> String {
    if hint.is_empty() { text.to_string() } else { format!("{text}; {hint}") }
}
