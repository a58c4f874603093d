//! The rounds that carry entries.

use super::entry::Entry;
use super::listed;
use crate::session::{Version, version};
use serde::{Deserialize, Serialize};

/// The most entries that a round holds: what a server handles between two heartbeats, even a slow one.
pub const MAX_ROUND_ENTRIES: usize = 4_096;
/// The most bytes that a round takes on the wire: half of what a peer accepts in one body.
pub const MAX_ROUND_BYTES: usize = 8 << 20;

/// One broadcast: the lock is held from its start until every server of the view has acknowledged it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Round {
    /// The epoch whose primary broadcast it.
    pub epoch: u64,
    /// Its place among the rounds, from 1, without gaps, through all epochs.
    pub number: u64,
    /// How many writes were ordered before it, in all epochs.
    pub base: u64,
    /// What it carries, in order.
    #[serde(with = "listed")]
    pub entries: Vec<Entry>,
}

impl Round {
    /// The version of the round's write number `index`, from 1.
    pub fn version_of(&self, index: u64) -> Version {
        version(self.epoch, self.base + index)
    }

    /// How many writes it carries.
    pub fn writes(&self) -> u64 {
        self.entries.iter().filter(|entry| entry.writes()).count() as u64
    }

    /// About how many bytes it takes as JSON; never less than it does.
    pub fn cost(&self) -> usize {
        64 + self.entries.iter().map(|entry| entry.cost()).sum::<usize>()
    }
}
