//! What must never be ordered: refused requests, and those that their edge no longer waits for.
//!
//! A refusal is final although copies of the request may still be under way, and so is an edge's word that it waits no
//! more. The record lasts as long as the epoch; a submission of an earlier epoch is ignored altogether.

use super::entry::Entry;
use crate::process::{NodeId, Ticket};
use std::collections::{BTreeMap, BTreeSet};

/// What must never be ordered, by edge and life.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    of: BTreeMap<(NodeId, u64), Life>,
}

#[derive(Debug, Default)]
struct Life {
    /// The edge waits for no ticket with a counter below this.
    settled: u64,
    /// The tickets from there on that were refused.
    refused: BTreeSet<u64>,
}

impl Refusals {
    /// Whether `entry` must not be ordered. What its edge no longer waits for is forgotten one by one.
    pub fn cover(&mut self, entry: &Entry) -> bool {
        let life = self.of.entry((entry.ticket.node, entry.ticket.incarnation)).or_default();
        if entry.settled > life.settled {
            life.settled = entry.settled;
            life.refused = life.refused.split_off(&entry.settled);
        }
        entry.ticket.counter < life.settled || life.refused.contains(&entry.ticket.counter)
    }

    /// Takes down that `ticket` was refused.
    pub fn add(&mut self, ticket: Ticket) {
        self.of
            .entry((ticket.node, ticket.incarnation))
            .or_default()
            .refused
            .insert(ticket.counter);
    }
}
