//! What the servers of the order say to each other.

use super::PRIMARY;
use super::catchup::{Part, Pull, Rounds};
use super::entry::Entry;
use super::listed;
use super::round::Round;
use crate::process::{NodeId, Reason, Ticket, Triple, say_listed};
use crate::say::{Say, Text, display_as_said};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// One message of the order. Whatever carries an epoch is ignored by who has seen a higher one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// Edge to primary: order these.
    Submit {
        /// The epoch in which they are sent.
        epoch: u64,
        /// What to order.
        #[serde(with = "listed")]
        entries: Vec<Entry>,
    },
    /// Primary to edge: this request will never be ordered in this epoch.
    Refused {
        /// The primary's epoch.
        epoch: u64,
        /// The request.
        ticket: Ticket,
        /// Why.
        reason: Reason,
    },
    /// Primary to all: deliver this round.
    Broadcast {
        /// The round.
        round: Arc<Round>,
        /// The highest round that is done.
        done: u64,
    },
    /// Server to primary: I have delivered all rounds up to this one.
    Ack {
        /// The epoch of the primary that it answers.
        epoch: u64,
        /// The last round delivered.
        number: u64,
        /// Which life of the server has it in memory.
        incarnation: u64,
    },
    /// Primary to the edges of a round's writes: all rounds up to this one are done.
    Done {
        /// The primary's epoch.
        epoch: u64,
        /// The round.
        number: u64,
    },
    /// Primary to a server that was dropped, or that speaks of an earlier epoch: this is how far the order is.
    Probe {
        /// The primary's epoch.
        epoch: u64,
        /// The last round broadcast.
        head: u64,
    },
    /// A server that lacks something asks for it.
    Pull(Pull),
    /// The rounds that a server lacks.
    Rounds(Rounds),
    /// A part of a snapshot, for a server that lacks more than the rounds that are kept.
    Snapshot(Part),
    /// A primary without memory: what do you hold? Whoever answers ignores earlier epochs from then on.
    Recall {
        /// The epoch that the primary will open.
        epoch: u64,
    },
    /// The answer to a recall.
    Holding {
        /// The epoch of the recall.
        epoch: u64,
        /// The last round delivered.
        number: u64,
        /// Whether this server lost its own memory and has not caught up.
        blank: bool,
        /// Which life of the server answers.
        incarnation: u64,
    },
}

impl Message {
    /// The epoch that the message speaks of, if it speaks of one.
    pub fn epoch(&self) -> Option<u64> {
        match self {
            Message::Submit { epoch, .. }
            | Message::Refused { epoch, .. }
            | Message::Ack { epoch, .. }
            | Message::Done { epoch, .. }
            | Message::Probe { epoch, .. }
            | Message::Recall { epoch }
            | Message::Holding { epoch, .. } => Some(*epoch),
            Message::Broadcast { round, .. } => Some(round.epoch),
            Message::Rounds(rounds) => Some(rounds.epoch),
            Message::Snapshot(part) => Some(part.epoch),
            Message::Pull(_) => None,
        }
    }

    /// Whether `from` may say this to a server that does or does not lead: each message has one direction, except those
    /// by which also a primary without memory is helped.
    pub(super) fn suits(&self, from: NodeId, to_primary: bool) -> bool {
        match self {
            Message::Submit { .. } | Message::Ack { .. } | Message::Holding { .. } => to_primary,
            Message::Pull(_) | Message::Snapshot(_) => to_primary || from == PRIMARY,
            _ => from == PRIMARY,
        }
    }
}

impl Say for Message {
    fn say(&self, text: &mut Text) {
        match self {
            Message::Submit { entries, .. } => say_carried(entries, text.push("submit ")),
            Message::Refused { ticket, .. } => text.push("refuse ").say(ticket),
            Message::Broadcast { round, .. } => {
                say_carried(&round.entries, text.push("round ").number(round.number).push(" "))
            }
            Message::Ack { number, .. } => text.push("ack ").number(*number),
            Message::Done { number, .. } => text.push("done ").number(*number),
            Message::Probe { head, .. } => text.push("probe, at ").number(*head),
            Message::Pull(pull) => text.push("pull from ").number(pull.after),
            Message::Rounds(Rounds { rounds, head, .. }) => match rounds.len() {
                1 => text.push("a missing round, at ").number(*head),
                missing => text.show(format_args!("{missing} missing rounds, at {head}")),
            },
            Message::Snapshot(Part { place, items, .. }) => {
                text.show(format_args!("snapshot at {}, {} items", place.number, items.len()))
            }
            Message::Recall { epoch } => text.push("recall for epoch ").number(*epoch),
            Message::Holding { blank: true, .. } => text.push("holding nothing (blank)"),
            Message::Holding { number, .. } => text.push("holding ").number(*number),
        };
    }
}

display_as_said!(Message);

/// Says entries as a trace shows them.
fn say_carried<'t>(entries: &[Entry], text: &'t mut Text) -> &'t mut Text {
    say_listed(entries.iter().map(|entry| &entry.triple), entries.len(), text)
}

/// The first few triples of a list of entries.
pub(super) fn first_triples(entries: &[Entry]) -> Vec<Triple> {
    entries.iter().take(Triple::SHOWN).map(|entry| entry.triple.clone()).collect()
}

/// How many requests, in words.
pub(super) fn requests(entries: &[Entry]) -> String {
    match entries {
        [one] => one.ticket.to_string(),
        many => format!("{} requests", many.len()),
    }
}
