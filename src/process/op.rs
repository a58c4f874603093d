//! What an application asks for, and what a broadcast says of it.

use super::concern::Concern;
use super::outcome::Reason;
use super::shown::Short;
use super::text::maybe_shared;
use crate::say::{Say, Text, display_as_said};
use crate::session::Session;
use serde::{Deserialize, Serialize, Serializer};
use std::sync::Arc;
use std::time::Duration;

/// The name of a variable: UTF-8, 1 byte to 1 KiB.
pub type Key = Arc<str>;
/// The value of a variable: UTF-8, at most 1 MiB.
pub type Value = Arc<str>;

/// The longest key, in bytes: keys live in every index, trace and session.
pub const MAX_KEY: usize = 1 << 10;
/// The longest value, in bytes: eight of the largest still fit into one round.
pub const MAX_VALUE: usize = 1 << 20;

/// How long an append without a time of its own waits for its acknowledgements: a whole hour, so that only who has
/// forgotten it meets the end.
pub const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// What an application asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Op {
    /// Give a variable a value.
    Set {
        /// The variable.
        key: Key,
        /// Its new value.
        value: Value,
        /// What the client has seen, if it carries a session.
        session: Option<Session>,
    },
    /// Remove a variable: a versioned write that leaves a tombstone.
    Delete {
        /// The variable.
        key: Key,
        /// What the client has seen, if it carries a session.
        session: Option<Session>,
    },
    /// Read a variable.
    Get {
        /// The variable.
        key: Key,
        /// What the client has seen, if it carries a session.
        session: Option<Session>,
    },
    /// Read all variables at once.
    All {
        /// What the client has seen, if it carries a session.
        session: Option<Session>,
    },
    /// Put a message at the end of the log.
    Append {
        /// The message: UTF-8, at most 1 MiB.
        message: Value,
        /// What tells it from every other append, and its repetition from a new one; made by the master if it is not given.
        id: Option<Key>,
        /// How many servers must have it before the answer.
        w: Concern,
        /// How long to wait for them; [`LONGEST_WAIT`] if it is not given.
        timeout: Option<Duration>,
    },
    /// Read the log.
    Messages {
        /// The place of the first message to read, from 1.
        from: u64,
        /// The most messages to read; all if it is not given.
        limit: Option<u64>,
    },
}

impl Op {
    /// The log from its first message to its last.
    pub const WHOLE_LOG: Op = Op::Messages { from: 1, limit: None };

    /// What it is called: `set`, `append`.
    pub fn verb(&self) -> &'static str {
        match self {
            Op::Set { .. } => "set",
            Op::Delete { .. } => "delete",
            Op::Get { .. } => "get",
            Op::All { .. } => "all",
            Op::Append { .. } => "append",
            Op::Messages { .. } => "messages",
        }
    }

    /// How long its server works on it at most, where other requests are given `usual`.
    pub fn patience(&self, usual: Duration) -> Duration {
        match self {
            Op::Append { timeout, .. } => timeout.unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT),
            _ => usual,
        }
    }

    /// Whether its key and value are within their limits.
    ///
    /// # Errors
    /// [`Reason::EmptyKey`] or [`Reason::TooLarge`].
    pub fn check(&self) -> Result<(), Reason> {
        let (key, value, session) = match self {
            Op::Set { key, value, session } => (Some(key), Some(value), session),
            Op::Delete { key, session } | Op::Get { key, session } => (Some(key), None, session),
            Op::All { session } => (None, None, session),
            Op::Append { message, id, .. } => return check_append(message, id.as_ref()),
            Op::Messages { .. } => return Ok(()),
        };
        let mut seen = session.iter().flat_map(|session| session.versions.clocks.keys());
        seen.try_for_each(|key| limited("key", key, MAX_KEY))?;
        within_limits(key.map(|key| &**key), value.map(|value| &**value))
    }
}

/// Whether a key and a value are within their limits.
///
/// # Errors
/// [`Reason::EmptyKey`] or [`Reason::TooLarge`].
pub(crate) fn within_limits(key: Option<&str>, value: Option<&str>) -> Result<(), Reason> {
    if key.is_some_and(str::is_empty) {
        return Err(Reason::EmptyKey);
    }
    key.map_or(Ok(()), |key| limited("key", key, MAX_KEY))?;
    value.map_or(Ok(()), |value| limited("value", value, MAX_VALUE))
}

fn check_append(message: &Value, id: Option<&Key>) -> Result<(), Reason> {
    if id.is_some_and(|id| id.is_empty()) {
        return Err(Reason::EmptyId);
    }
    id.map_or(Ok(()), |id| limited("id", id, MAX_KEY))?;
    limited("message", message, MAX_VALUE)
}

fn limited(what: &str, text: &str, limit: usize) -> Result<(), Reason> {
    if text.len() <= limit {
        return Ok(());
    }
    Err(Reason::TooLarge { what: what.to_string(), bytes: text.len() as u64, limit: limit as u64 })
}

impl Say for Op {
    fn say(&self, text: &mut Text) {
        match self {
            Op::Set { key, value, .. } => {
                text.push("set ").say(&Short(key)).push(" ").say(&Short(value))
            }
            Op::Delete { key, .. } => text.push("delete ").say(&Short(key)),
            Op::Get { key, .. } => text.push("get ").say(&Short(key)),
            Op::All { .. } => text.push("all"),
            Op::Append { message, w, .. } => {
                text.push("append ").say(&Short(message)).push(" w=").show(w)
            }
            Op::Messages { from: 1, limit: None } => text.push("messages"),
            Op::Messages { from, .. } => text.push("messages from ").number(*from),
        };
    }
}

/// What an entry of a round does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Give the variable a value.
    Set,
    /// Remove the variable.
    Delete,
    /// Read the variable at this place of the order.
    Get,
    /// Read everything at this place of the order.
    All,
}

/// What a broadcast says: (ACTION, VAR, VALUE). Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Triple {
    /// What to do.
    pub action: Action,
    /// The variable; `None` for [`Action::All`].
    #[serde(deserialize_with = "maybe_shared")]
    pub key: Option<Key>,
    /// The value; only for [`Action::Set`].
    #[serde(deserialize_with = "maybe_shared")]
    pub value: Option<Value>,
}

/// `["set", "x", "7"]`, with `null` for what there is none of.
impl Serialize for Triple {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.action, &self.key, &self.value).serialize(serializer)
    }
}

impl Triple {
    /// How many triples of a round a trace shows.
    pub const SHOWN: usize = 3;
}

impl Say for Triple {
    fn say(&self, text: &mut Text) {
        text.push(match self.action {
            Action::Set => "(SET",
            Action::Delete => "(DELETE",
            Action::Get => "(GET",
            Action::All => "(ALL",
        });
        for word in [&self.key, &self.value].into_iter().flatten() {
            text.push(", ").say(&Short(word));
        }
        text.push(")");
    }
}

display_as_said!(Op, Triple);
