//! What a server has delivered, and what a snapshot of it holds.

use super::entry::{Entry, escaped};
use super::round::Round;
use super::tickets::{Origin, Tickets, Written};
use crate::process::{Action, Key, NodeId, Ticket, Versioned};
use crate::session::{EPOCH_STEP, Version, epoch_and_counter, version};
use crate::store::{Store, Variable};
use crate::window::Window;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many epochs are remembered, to tell a lost version from a coming one. Each is a primary's loss of memory.
const MOST_EPOCHS: usize = 1_024;

/// How an ordered request was answered where it was delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The write took its place.
    Set {
        /// Its version.
        version: Version,
    },
    /// The delete took its place.
    Deleted {
        /// Whether the variable had a value.
        existed: bool,
        /// Its version.
        version: Version,
    },
    /// The read at its place in the order.
    Got {
        /// The variable; version 0 where it was never written.
        variable: Variable,
    },
    /// The read of everything at its place in the order.
    All {
        /// Every variable that has a value.
        values: BTreeMap<Key, Versioned>,
    },
}

/// What a server has delivered: equal places in the order mean equal states.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// The variables.
    pub store: Store,
    /// The epoch of the last round delivered.
    pub epoch: u64,
    /// The last round delivered.
    pub number: u64,
    /// How many writes were delivered, in all epochs.
    pub counter: u64,
    /// For each epoch after the first, how many writes the epochs before it had left.
    pub starts: BTreeMap<u64, u64>,
    pub(super) tickets: Tickets,
}

impl State {
    /// The version of the last write delivered: a server has all that is at or below it.
    pub fn version(&self) -> Version {
        version(self.epoch, self.counter)
    }

    /// The variable as last delivered; version 0 where it was never written.
    pub fn variable(&self, key: &str) -> Variable {
        self.store.get(key).cloned().unwrap_or_default()
    }

    /// Whether `version` belongs to an epoch that ended without it.
    pub fn is_lost(&self, version: Version) -> bool {
        let (epoch, counter) = epoch_and_counter(version);
        self.starts.range(epoch + 1..).next().is_some_and(|(_, kept)| counter > *kept)
    }

    /// The round takes its place; its entries follow, by [`State::apply`].
    pub(super) fn begin(&mut self, round: &Round) {
        if round.epoch > self.epoch.max(1) {
            self.starts.insert(round.epoch, round.base);
            if self.starts.len() > MOST_EPOCHS {
                self.starts.pop_first();
            }
        }
        self.epoch = round.epoch;
        self.number = round.number;
        self.counter = round.base;
    }

    /// One entry of the round takes its place. Returns what became of a write.
    pub(super) fn apply(&mut self, entry: &Entry) -> Option<Written> {
        let written = entry.writes().then(|| self.write(entry));
        self.tickets.record(entry, written);
        written
    }

    fn write(&mut self, entry: &Entry) -> Written {
        self.counter += 1;
        let (version, round) = (self.version(), self.number);
        let variable =
            Variable { value: entry.triple.value.clone(), version, seen: entry.seen.clone() };
        let key = entry.triple.key.clone().unwrap_or_default();
        Written { version, round, existed: self.store.apply(key, variable) }
    }

    /// How an entry that was just applied is answered.
    pub(super) fn answer(&self, entry: &Entry, written: Option<Written>) -> Answer {
        match (entry.triple.action, written) {
            (Action::Set, Some(written)) => Answer::Set { version: written.version },
            (Action::Delete, Some(Written { existed, version, .. })) => {
                Answer::Deleted { existed, version }
            }
            (Action::All, _) => Answer::All { values: self.store.values() },
            _ => Answer::Got {
                variable: self.variable(entry.triple.key.as_deref().unwrap_or_default()),
            },
        }
    }

    /// What became of `ticket`, if it is a write that this state holds.
    pub(super) fn find(&self, ticket: Ticket) -> Option<Written> {
        self.tickets.find(ticket)
    }

    /// All of it, as a list that can be sent in parts.
    pub(super) fn freeze(&self) -> (Place, Vec<Item>) {
        let variables =
            self.store.iter().map(|(key, variable)| Item::Variable(key.clone(), variable.clone()));
        let origins = self.tickets.origins().flat_map(|(node, origin)| {
            let head = Origin { answered: Window::default(), ..*origin };
            let tickets = origin
                .answered
                .iter()
                .map(|(counter, written)| Item::Ticket(*node, counter, *written));
            std::iter::once(Item::Origin(*node, head)).chain(tickets)
        });
        let place = Place {
            number: self.number,
            counter: self.counter,
            epoch: self.epoch,
            starts: self.starts.clone(),
        };
        (place, variables.chain(origins).collect())
    }

    /// The state that a complete list describes.
    pub(super) fn thaw(place: Place, items: Vec<Item>) -> State {
        let Place { epoch, number, counter, starts } = place;
        let mut state = State { epoch, number, counter, starts, ..State::default() };
        let mut origins: BTreeMap<NodeId, Origin> = BTreeMap::new();
        for item in items {
            match item {
                Item::Variable(key, variable) => _ = state.store.apply(key, variable),
                Item::Origin(node, origin) => _ = origins.insert(node, origin),
                Item::Ticket(node, counter, written) => {
                    origins.entry(node).or_default().answered.insert(counter, written);
                }
            }
        }
        origins.into_iter().for_each(|(node, origin)| state.tickets.restore(node, origin));
        state
    }
}

/// Where in the order a snapshot was taken.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The epoch of the last round in it.
    pub epoch: u64,
    /// The last round in it.
    pub number: u64,
    /// How many writes are in it.
    pub counter: u64,
    /// For each epoch after the first, how many writes the epochs before it had left.
    pub starts: BTreeMap<u64, u64>,
}

impl Place {
    /// Whether its numbers can be counts of anything: a version has no room for more.
    pub(super) fn is_possible(&self) -> bool {
        self.number.max(self.counter) < EPOCH_STEP
    }
}

/// One piece of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Item {
    /// A variable or tombstone.
    Variable(Key, Variable),
    /// An edge, its tickets following.
    Origin(NodeId, Origin),
    /// An answered ticket of an edge.
    Ticket(NodeId, u64, Written),
}

impl Item {
    /// About how many bytes it takes as JSON; never less than it does.
    pub(super) fn cost(&self) -> usize {
        let Item::Variable(key, variable) = self else { return 192 };
        let value = variable.value.as_deref().map_or(0, escaped);
        let seen = variable.seen.iter().flat_map(|seen| seen.clocks.keys());
        192 + escaped(key) + value + seen.map(|key| escaped(key) + 24).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::Triple;

    fn round(epoch: u64, number: u64, base: u64, keys: &[&str]) -> Round {
        let entry = |(counter, key): (usize, &&str)| {
            let ticket =
                Ticket { node: NodeId(2), incarnation: 1, counter: base + counter as u64 + 1 };
            let triple =
                Triple { action: Action::Set, key: Some((*key).into()), value: Some("1".into()) };
            Entry { ticket, epoch, settled: 1, triple, seen: None }
        };
        Round { epoch, number, base, entries: keys.iter().enumerate().map(entry).collect() }
    }

    fn deliver(state: &mut State, round: &Round) {
        state.begin(round);
        round.entries.iter().for_each(|entry| _ = state.apply(entry));
    }

    #[test]
    fn a_snapshot_is_the_state_again() {
        let mut state = State::default();
        deliver(&mut state, &round(1, 1, 0, &["x", "y"]));
        deliver(&mut state, &round(3, 2, 2, &["x"]));
        let (place, items) = state.freeze();
        assert_eq!(State::thaw(place, items), state);
    }

    #[test]
    fn knows_a_lost_version_from_one_that_is_kept_or_to_come() {
        let mut state = State::default();
        deliver(&mut state, &round(1, 1, 0, &["x", "y"]));
        assert!(!state.is_lost(3));
        deliver(&mut state, &round(2, 2, 2, &["x"]));
        assert!(!state.is_lost(2) && state.is_lost(3));
        assert!(!state.is_lost(version(2, 3)) && !state.is_lost(version(2, 9)));
        deliver(&mut state, &round(4, 3, 3, &["x"]));
        assert!(
            state.is_lost(version(2, 4))
                && state.is_lost(version(3, 4))
                && !state.is_lost(version(2, 3))
        );
    }
}
