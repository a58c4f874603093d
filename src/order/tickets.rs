//! The table of answered tickets: what makes "submitted twice" mean "ordered once".
//!
//! It is part of the state and of snapshots, and it stays small: each entry says below which counter its edge waits for
//! nothing any more, and whatever is below is forgotten. Reads are not in it: ordering a read twice harms nobody.

use super::entry::Entry;
use crate::process::{NodeId, Ticket};
use crate::session::Version;
use crate::window::Window;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What became of an ordered write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// Its version.
    pub version: Version,
    /// The round that carried it.
    pub round: u64,
    /// Whether the variable had a value before.
    pub existed: bool,
}

/// The tickets of one edge.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Which life of the edge.
    pub incarnation: u64,
    /// The edge waits for no ticket with a counter below this.
    pub settled: u64,
    /// The writes from there on that were ordered; a snapshot lists them one by one.
    #[serde(skip)]
    pub answered: Window<Written>,
}

/// Which tickets were ordered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tickets {
    origins: BTreeMap<NodeId, Origin>,
}

impl Tickets {
    /// What became of `ticket`, if it is a write that was ordered and is not settled.
    pub fn find(&self, ticket: Ticket) -> Option<Written> {
        let origin = self.origins.get(&ticket.node)?;
        if origin.incarnation != ticket.incarnation {
            return None;
        }
        origin.answered.get(ticket.counter).copied()
    }

    /// Whether nobody waits for `ticket` any more: it must not be ordered now.
    pub fn is_settled(&self, ticket: Ticket) -> bool {
        self.origins.get(&ticket.node).is_some_and(|origin| {
            let life = (ticket.incarnation, ticket.counter);
            life < (origin.incarnation, origin.settled)
        })
    }

    /// Takes down what became of an entry; `None` for a read.
    pub fn record(&mut self, entry: &Entry, written: Option<Written>) {
        let ticket = entry.ticket;
        let origin = self.origins.entry(ticket.node).or_default();
        if ticket.incarnation > origin.incarnation {
            *origin = Origin { incarnation: ticket.incarnation, ..Origin::default() };
        }
        if ticket.incarnation < origin.incarnation {
            return;
        }
        if entry.settled > origin.settled {
            origin.settled = entry.settled;
            origin.answered.remove_below(entry.settled);
        }
        if let Some(written) = written {
            origin.answered.insert(ticket.counter, written);
        }
    }

    /// Every edge with its tickets.
    pub fn origins(&self) -> impl Iterator<Item = (&NodeId, &Origin)> {
        self.origins.iter()
    }

    /// Takes an edge's tickets over from a snapshot.
    pub fn restore(&mut self, node: NodeId, origin: Origin) {
        self.origins.insert(node, origin);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::{Action, Triple};

    fn entry(incarnation: u64, counter: u64, settled: u64) -> Entry {
        let ticket = Ticket { node: NodeId(2), incarnation, counter };
        let triple = Triple { action: Action::Delete, key: Some("x".into()), value: None };
        Entry { ticket, epoch: 1, settled, triple, seen: None }
    }

    #[test]
    fn forgets_what_nobody_waits_for_and_an_earlier_life() {
        let written = Written { version: 1, round: 1, existed: false };
        let mut tickets = Tickets::default();
        tickets.record(&entry(1, 1, 1), Some(written));
        assert_eq!(tickets.find(entry(1, 1, 1).ticket), Some(written));
        tickets.record(&entry(1, 3, 3), Some(written));
        assert_eq!(tickets.find(entry(1, 1, 1).ticket), None);
        assert!(
            tickets.is_settled(entry(1, 2, 1).ticket) && !tickets.is_settled(entry(1, 4, 1).ticket)
        );
        tickets.record(&entry(2, 1, 1), Some(written));
        assert!(tickets.is_settled(entry(1, 9, 1).ticket));
        tickets.record(&entry(1, 9, 9), Some(written));
        assert_eq!(tickets.find(entry(2, 1, 1).ticket), Some(written));
    }
}
