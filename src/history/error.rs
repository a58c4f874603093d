//! Why events do not make a history.

use thiserror::Error;

/// A rule of the format that an event breaks, with the line it came from.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}: {wrong}")]
pub struct HistoryError {
    /// The line of the event in its file, from 1.
    pub line: u32,
    /// What is wrong with it, and the fix.
    pub wrong: Wrong,
}

/// The rules of the format.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Wrong {
    /// Time fell.
    #[error(
        "time falls from {before} to {after}; record all events on one clock and keep their order"
    )]
    TimeFalls {
        /// The time of the event before.
        before: u64,
        /// The time of this event.
        after: u64,
    },
    /// A completion without an invocation.
    #[error(
        "process {process} completes an operation that it did not invoke; keep the invoke event before it"
    )]
    NotInvoked {
        /// Who.
        process: i64,
    },
    /// A second open invocation.
    #[error(
        "process {process} invokes while its operation of line {open} is open; complete that one first, or use another process"
    )]
    StillOpen {
        /// Who.
        process: i64,
        /// The line of the open invocation.
        open: u32,
    },
    /// A process that speaks after its info.
    #[error(
        "process {process} speaks after its info of line {info}; go on under a new process number"
    )]
    SpeaksAfterInfo {
        /// Who.
        process: i64,
        /// The line of its info.
        info: u32,
    },
    /// A write, an append or the new value of a cas that is null.
    #[error("null cannot be written; use delete")]
    WritesNull,
    /// A key that holds both a register and a list.
    #[error("key {key:?} is used as a register and as a list; use two keys")]
    MixedKey {
        /// Which.
        key: String,
    },
    /// A completion with a value that its operation cannot have.
    #[error("only a read returns a value that is a list; give a scalar or null")]
    NotARead,
    /// More events, or larger numbers, than fit.
    #[error("{what} is too large: the limit is {limit}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// What fits.
        limit: u64,
    },
}
