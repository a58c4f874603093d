//! What the servers of the log say to each other.

use super::entries::{Entry, Run};
use super::server::MASTER;
use crate::process::{NodeId, Short};
use serde::{Deserialize, Serialize};
use std::fmt::{self, Display};
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

impl Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Message::Append { after, entries, .. } => {
                write!(f, "append {}", listed(*after, entries))
            }
            Message::Have(held) => write!(f, "have {}", held.seq),
            Message::Heartbeat { head, .. } => write!(f, "heartbeat, at {head}"),
            Message::Alive(held) => write!(f, "alive, have {}", held.seq),
            Message::Lead(lead) => write!(f, "lead epoch {}, at {}", lead.epoch, lead.head),
            Message::Recall { epoch } => write!(f, "recall for epoch {epoch}"),
            Message::Holding(Holding { blank: true, .. }) => f.write_str("holding nothing (blank)"),
            Message::Holding(holding) => {
                write!(f, "holding {} of epoch {}", holding.seq, holding.complete)
            }
            Message::Fetch { after, .. } => write!(f, "fetch behind {after}"),
            Message::Fetched { after, entries, .. } => {
                write!(f, "fetched {}", listed(*after, entries))
            }
        }
    }
}

/// `3 Msg3`, `3…5 Msg3, Msg4, Msg5`, or `none`.
fn listed(after: u64, entries: &[Arc<Entry>]) -> String {
    let (first, last) = (after.saturating_add(1), after.saturating_add(entries.len() as u64));
    let shown = entries.iter().take(SHOWN).map(|entry| Short(&entry.message).to_string());
    let shown = shown.collect::<Vec<_>>().join(", ");
    match entries.len() {
        0 => "none".to_string(),
        1 => format!("{first} {shown}"),
        few if few <= SHOWN => format!("{first}…{last} {shown}"),
        _ => format!("{first}…{last} {shown}, …"),
    }
}
