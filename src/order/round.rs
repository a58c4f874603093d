//! Entries and the rounds that carry them.

use crate::process::{Action, Ticket, Triple};
use crate::session::{Version, Versions, version};
use serde::{Deserialize, Serialize, Serializer};
use std::sync::Arc;

/// The most entries that a round holds: what a server handles between two heartbeats, even a slow one.
pub const MAX_ROUND_ENTRIES: usize = 4_096;
/// The most bytes that a round takes on the wire: half of what a peer accepts in one body.
pub const MAX_ROUND_BYTES: usize = 8 << 20;

/// One client request in the order.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Entry {
    /// The request; ordered once, however often it is submitted.
    pub ticket: Ticket,
    /// The epoch in which it was submitted first: only that epoch's primary can refuse it for sure.
    pub epoch: u64,
    /// Every request of the same life of the same edge with a lower counter has ended.
    pub settled: u64,
    /// What it does.
    pub triple: Triple,
    /// What its writer had seen, where the system carries dependencies.
    pub seen: Option<Arc<Versions>>,
}

/// `[ticket, epoch, settled, triple, seen]`: what there is most of on the wire goes without names.
impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Entry { ticket, epoch, settled, triple, seen } = self;
        (ticket, epoch, settled, triple, seen).serialize(serializer)
    }
}

impl Entry {
    /// Whether it takes a version.
    pub fn writes(&self) -> bool {
        matches!(self.triple.action, Action::Set | Action::Delete)
    }

    /// About how many bytes it takes as JSON; never less than it does.
    pub fn cost(&self) -> usize {
        const FRAME: usize = 192;
        let triple = [&self.triple.key, &self.triple.value];
        let words: usize = triple.into_iter().flatten().map(|word| escaped(word)).sum();
        let seen = self.seen.iter().flat_map(|seen| seen.clocks.keys());
        FRAME + words + seen.map(|key| escaped(key) + 24).sum::<usize>()
    }
}

/// How many bytes `text` takes inside a JSON string.
pub(super) fn escaped(text: &str) -> usize {
    let cost = |byte: u8| match byte {
        b'"' | b'\\' => 2,
        0..0x20 => 6,
        _ => 1,
    };
    text.bytes().map(cost).sum()
}

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
    pub entries: Vec<Arc<Entry>>,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::NodeId;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_cost_is_never_less_than_the_encoding(key in "\\PC{1,40}", value in any::<String>(), big in any::<u64>()) {
            let ticket = Ticket { node: NodeId(u32::MAX), incarnation: big, counter: big };
            let mut seen = Versions::default();
            seen.see(key.clone(), big);
            let triple = Triple { action: Action::Delete, key: Some(key.into()), value: Some(value.into()) };
            let entry = Entry { ticket, epoch: big, settled: big, triple, seen: Some(Arc::new(seen)) };
            let encoded = serde_json::to_string(&entry).expect("it is plain data");
            prop_assert!(encoded.len() < entry.cost() + 64, "{} bytes, cost {}", encoded.len(), entry.cost());
        }
    }
}
