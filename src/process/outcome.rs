//! How a request ended. **Refused** and **unknown** are never blurred: checkers depend on the line between them.

use super::op::{Key, Value};
use super::shown::{Short, ShortVersion};
use crate::say::{Say, Text, display_as_said};
use crate::session::{Session, Version, epoch_and_counter};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// A variable's value in an answer to [`Op::All`](super::Op::All).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versioned {
    /// The value.
    pub value: Value,
    /// The version of the write that made it.
    pub version: Version,
}

/// A message of the log in an answer to [`Op::Messages`](super::Op::Messages).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logged {
    /// Its place in the log, from 1.
    pub seq: u64,
    /// What tells it from every other append.
    pub id: Key,
    /// The message.
    pub message: Value,
}

/// How a request ended. The line between [`Outcome::Refused`] and [`Outcome::Unknown`] is never blurred: checkers
/// depend on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// The write is done.
    Set {
        /// Its place in the one order; `None` where the system answers before it is known.
        version: Option<Version>,
        /// The client's session with this write in it, where the system keeps sessions.
        session: Option<Session>,
    },
    /// The delete is done.
    Deleted {
        /// Whether the variable had a value.
        existed: bool,
        /// Its place in the one order; `None` where the system answers before it is known.
        version: Option<Version>,
        /// The client's session with this write in it, where the system keeps sessions.
        session: Option<Session>,
    },
    /// The read is done.
    Got {
        /// The value; `None` where the variable has none.
        value: Option<Value>,
        /// The version of the write that was read; 0 where the variable was never written.
        version: Version,
        /// The client's session with this read in it, where the system keeps sessions.
        session: Option<Session>,
    },
    /// The read of everything is done.
    All {
        /// Every variable that has a value.
        values: BTreeMap<Key, Versioned>,
        /// The client's session with these reads in it, where the system keeps sessions.
        session: Option<Session>,
    },
    /// The message is in the log, at as many servers as was asked for.
    Appended {
        /// Its place in the log, from 1.
        seq: u64,
        /// What tells it from every other append.
        id: Key,
        /// How many servers have it now, the master included.
        acks: u32,
    },
    /// The log was read.
    Messages {
        /// What was asked for of it, in order.
        messages: Vec<Logged>,
        /// The place of the last message that this server has.
        head: u64,
    },
    /// Surely nothing happened.
    Refused(Reason),
    /// It may have happened, or may happen later.
    Unknown(Reason),
}

impl Outcome {
    /// The session that the client is left with, where the system keeps sessions.
    pub fn session(&self) -> Option<&Session> {
        match self {
            Outcome::Set { session, .. }
            | Outcome::Deleted { session, .. }
            | Outcome::Got { session, .. }
            | Outcome::All { session, .. } => session.as_ref(),
            _ => None,
        }
    }
}

impl Outcome {
    /// What a log says of it: of many values only how many there are, for each reader of a long log would repeat it whole.
    pub fn brief(&self) -> Brief<'_> {
        Brief(self)
    }
}

/// An outcome as a log shows it.
pub struct Brief<'a>(&'a Outcome);

impl Say for Brief<'_> {
    fn say(&self, text: &mut Text) {
        match self.0 {
            Outcome::All { values, .. } => text.number(values.len() as u64).push(" variables"),
            Outcome::Messages { messages, .. } => {
                text.number(messages.len() as u64).push(" messages")
            }
            other => text.say(other),
        };
    }
}

impl Say for Outcome {
    fn say(&self, text: &mut Text) {
        match self {
            Outcome::Set { .. } | Outcome::Deleted { existed: true, .. } => text.push("ok"),
            Outcome::Deleted { existed: false, .. } | Outcome::Got { value: None, .. } => {
                text.push("absent")
            }
            Outcome::Got { value: Some(value), .. } => text.say(&Short(value)),
            Outcome::All { values, .. } => {
                let pairs = values.iter().map(|(k, v)| format!("{}={}", Short(k), Short(&v.value)));
                text.push(&pairs.collect::<Vec<_>>().join(" "))
            }
            Outcome::Appended { seq, .. } => text.push("ok, seq ").number(*seq),
            Outcome::Messages { messages, .. } if messages.is_empty() => text.push("absent"),
            Outcome::Messages { messages, .. } => {
                let texts = messages.iter().map(|logged| Short(&logged.message).to_string());
                text.push(&texts.collect::<Vec<_>>().join(" "))
            }
            Outcome::Refused(reason) => text.push("refused: ").show(reason),
            Outcome::Unknown(reason) => text.push("unknown: ").show(reason),
        };
    }
}

display_as_said!(Outcome, Brief<'_>);

impl Say for Reason {}

/// Why a request was refused, or why its outcome is unknown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Reason {
    /// A key or value past its limit.
    #[error("{what} has {bytes} bytes, more than {limit}")]
    TooLarge {
        /// `key` or `value`.
        what: String,
        /// How many bytes it has.
        bytes: u64,
        /// How many it may have.
        limit: u64,
    },
    /// An empty key.
    #[error("the key is empty")]
    EmptyKey,
    /// An append with an empty id.
    #[error("the id is empty")]
    EmptyId,
    /// The session's versions mean nothing here.
    #[error("the session is of cluster {session}, this is {cluster}")]
    WrongCluster {
        /// The cluster that the session names.
        session: String,
        /// The cluster that was asked.
        cluster: String,
    },
    /// The system has no such operation.
    #[error("this system does not support {0}")]
    NotSupported(String),
    /// The edge cannot reach the primary.
    #[error("the primary n{0} cannot be reached")]
    PrimaryUnreachable(u32),
    /// Time ran out.
    #[error("timed out after {} ms waiting for {what}", after.as_millis())]
    TimedOut {
        /// What was waited for.
        what: String,
        /// For how long.
        after: Duration,
    },
    /// The server is shutting down.
    #[error("the server is stopping")]
    Stopping,
    /// Nothing listens at the server's address: it is down.
    #[error("server {0} is down: it refuses connections")]
    ConnectionRefused(u32),
    /// The server died, or its connection did, before the answer came.
    #[error("the connection broke before the answer came")]
    ConnectionLost,
    /// A queue is at its bound.
    #[error("too many requests wait here ({0}); try again later")]
    Overloaded(u64),
    /// The server was restarted without its memory and does not have it back yet.
    #[error("the server has not caught up yet")]
    NotCaughtUp,
    /// Too few servers answer the primary to go on.
    #[error("fewer than a majority of the servers answer")]
    NoMajority,
    /// What the session has seen was lost together with the primary's memory.
    #[error("version {} of epoch {} that the session has seen was lost", epoch_and_counter(*.0).1, epoch_and_counter(*.0).0)]
    VersionLost(Version),
    /// The session claims to have seen what was never written.
    #[error("version {} that the session has seen was never written here", ShortVersion(*.0))]
    VersionUnknown(Version),
    /// A write concern that no cluster of this size can meet.
    #[error("w is {w}, and there are {servers} servers; it may be 1 to {servers}")]
    BadConcern {
        /// How many servers were asked for.
        w: u32,
        /// How many there are.
        servers: u32,
    },
    /// Appends go to the master.
    #[error("this server is a secondary; append at the master, server {0}")]
    NotMaster(u32),
    /// The id of an append is that of another message.
    #[error("the id {id} is that of another message, number {seq} of the log")]
    IdTaken {
        /// The id.
        id: Key,
        /// The place of the message that has it.
        seq: u64,
    },
    /// Too few servers have the message in time. It stays in the log, and they still get it.
    #[error("timed out waiting for {want} acknowledgements, got {got}")]
    TooFewAcks {
        /// How many were asked for.
        want: u32,
        /// How many there are.
        got: u32,
    },
    /// The log takes no message while most of its servers are silent.
    #[error("read-only: only {healthy} of {servers} servers are healthy")]
    ReadOnly {
        /// How many are healthy, the master included.
        healthy: u32,
        /// How many there are.
        servers: u32,
    },
    /// Only the words are known: a server's, or those of a connection to one.
    #[error("{0}")]
    Told(String),
}
