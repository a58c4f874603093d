//! Why a history cannot be read.

use std::io;
use thiserror::Error;

/// Why a history cannot be read: the file, the line, the reason and the fix, in one sentence.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{file}{}: {reason}", line.map(|line| format!(":{line}")).unwrap_or_default())]
pub struct ReadError {
    /// The file, as it was named.
    pub file: String,
    /// The line, from 1; `None` where the file as a whole is wrong.
    pub line: Option<u64>,
    /// What is wrong, and how it would be right.
    pub reason: String,
}

/// A [`ReadError`] before anyone knows which file it is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// The line, from 1; `None` where the file as a whole is wrong.
    pub line: Option<u64>,
    /// What is wrong, and how it would be right.
    pub reason: String,
}

impl Fault {
    /// Something is wrong with a line.
    pub fn at(line: u64, reason: impl Into<String>) -> Self {
        Fault { line: Some(line), reason: reason.into() }
    }

    /// Something is wrong with the file as a whole.
    pub fn whole(reason: impl Into<String>) -> Self {
        Fault { line: None, reason: reason.into() }
    }

    /// The line cannot be read at all.
    pub fn unread(line: u64, error: &io::Error) -> Self {
        Fault::at(line, format!("cannot be read: {error}"))
    }

    /// The fault, in this file.
    pub fn of(self, file: &str) -> ReadError {
        ReadError { file: file.to_string(), line: self.line, reason: self.reason }
    }
}
