//! What the servers of the log say to each other.

use super::entries::{Entry, Run};
use super::server::MASTER;
use crate::process::{NodeId, Short};
use crate::say::{Say, Text, display_as_said};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// So many messages of the log does a trace show of one message between servers.
const SHOWN: usize = 3;

/// One message between servers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// Master to secondaries: these entries stand behind that place.
    Append {
        /// The master's epoch.
        epoch: u64,
        /// The place before the first of them.
        after: u64,
        /// The entries, in order.
        entries: Vec<Arc<Entry>>,
    },
    /// Secondary to master: so much of the log do I have.
    Have(Held),
    /// Master to secondaries: are you there? The log ends here.
    Heartbeat {
        /// The master's epoch.
        epoch: u64,
        /// The place of the last entry.
        head: u64,
    },
    /// Secondary to master: I am, and have so much of the log.
    Alive(Held),
    /// Master to a secondary of another epoch, or of none: this is the log of mine.
    Lead(Lead),
    /// A master without memory: what do you hold? Whoever answers ignores earlier epochs from then on.
    Recall {
        /// The epoch that the master will open.
        epoch: u64,
    },
    /// The answer to a recall.
    Holding(Holding),
    /// A master without memory to the server whose log it takes over: what stands behind this place?
    Fetch {
        /// The epoch that the master will open.
        epoch: u64,
        /// The place before the first entry that is asked for.
        after: u64,
    },
    /// The answer to a fetch: as much as fits.
    Fetched {
        /// The epoch that the master will open.
        epoch: u64,
        /// The life of the server that answers.
        incarnation: u64,
        /// The place before the first of them.
        after: u64,
        /// The entries, in order.
        entries: Vec<Arc<Entry>>,
    },
}

/// How much of the log a secondary has, on disk where it keeps it there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The epoch of which its log is; 0 where nobody has told it yet.
    pub epoch: u64,
    /// Which life of the secondary.
    pub incarnation: u64,
    /// The place of its last entry.
    pub seq: u64,
}

/// What the log of an epoch is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lead {
    /// The epoch.
    pub epoch: u64,
    /// The life of the secondary that is meant.
    pub incarnation: u64,
    /// The epoch began with everything up to this place.
    pub base: u64,
    /// Which epoch made which part.
    pub runs: Vec<Run>,
    /// The place of the last entry.
    pub head: u64,
}

/// What a server says that it holds to a master without memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    /// The epoch that the master will open.
    pub epoch: u64,
    /// Which life of the server.
    pub incarnation: u64,
    /// The last epoch of which its log has all that it began with.
    pub complete: u64,
    /// The place of its last entry.
    pub seq: u64,
    /// Whether it lost its memory too, and does not have it back.
    pub blank: bool,
}

impl Message {
    /// Whether `from` may say this to `to`: each message has one direction.
    pub(super) fn suits(&self, from: NodeId, to: NodeId) -> bool {
        match self {
            Message::Have(_)
            | Message::Alive(_)
            | Message::Holding(_)
            | Message::Fetched { .. } => to == MASTER,
            _ => from == MASTER,
        }
    }
}

impl Say for Message {
    fn say(&self, text: &mut Text) {
        match self {
            Message::Append { after, entries, .. } => {
                say_listed(*after, entries, text.push("append "))
            }
            Message::Fetched { after, entries, .. } => {
                say_listed(*after, entries, text.push("fetched "))
            }
            Message::Have(held) => text.push("have ").number(held.seq),
            Message::Heartbeat { head, .. } => text.push("heartbeat, at ").number(*head),
            Message::Alive(held) => text.push("alive, have ").number(held.seq),
            Message::Lead(Lead { epoch, head, .. }) => {
                text.push("lead epoch ").number(*epoch).push(", at ").number(*head)
            }
            Message::Recall { epoch } => text.push("recall for epoch ").number(*epoch),
            Message::Holding(Holding { blank: true, .. }) => text.push("holding nothing (blank)"),
            Message::Holding(Holding { seq, complete, .. }) => {
                text.push("holding ").number(*seq).push(" of epoch ").number(*complete)
            }
            Message::Fetch { after, .. } => text.push("fetch behind ").number(*after),
        };
    }
}

display_as_said!(Message);

/// Says `3 Msg3`, `3…5 Msg3, Msg4, Msg5`, or `none`.
fn say_listed<'t>(after: u64, entries: &[Arc<Entry>], text: &'t mut Text) -> &'t mut Text {
    let Some((first, others)) = entries.split_first() else { return text.push("none") };
    text.number(after.saturating_add(1));
    if !others.is_empty() {
        text.push("…").number(after.saturating_add(entries.len() as u64));
    }
    text.push(" ").say(&Short(&first.message));
    for entry in &others[..others.len().min(SHOWN - 1)] {
        text.push(", ").say(&Short(&entry.message));
    }
    text.push(if entries.len() > SHOWN { ", …" } else { "" })
}
