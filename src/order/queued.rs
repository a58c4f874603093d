//! The tickets in the primary's queue and in the round under way.

use crate::process::{NodeId, Ticket};
use crate::window::Window;
use std::collections::BTreeMap;

/// A set of tickets, by edge and by its life.
#[derive(Debug, Default)]
pub(super) struct Queued {
    of: BTreeMap<(NodeId, u64), Window<()>>,
}

impl Queued {
    /// Whether the ticket is among them.
    pub fn contains(&self, ticket: Ticket) -> bool {
        self.of.get(&life(ticket)).is_some_and(|tickets| tickets.contains(ticket.counter))
    }

    /// Adds a ticket.
    pub fn insert(&mut self, ticket: Ticket) {
        self.of.entry(life(ticket)).or_default().insert(ticket.counter, ());
    }

    /// Takes a ticket out.
    pub fn remove(&mut self, ticket: Ticket) {
        let Some(tickets) = self.of.get_mut(&life(ticket)) else { return };
        tickets.remove(ticket.counter);
        if tickets.is_empty() && self.of.len() > 1 {
            // An earlier life does not come back; another edge begins again with the next ticket.
            self.of.remove(&life(ticket));
        }
    }
}

fn life(ticket: Ticket) -> (NodeId, u64) {
    (ticket.node, ticket.incarnation)
}
