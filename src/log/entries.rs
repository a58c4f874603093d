//! The log: entries in order, without gaps, and which epoch made which of them.
//!
//! An epoch's master puts one entry at each place, so two logs that have an entry of the same epoch at the same place are equal
//! up to there. That makes two logs comparable without a look at their messages: by their runs of epochs.

use crate::process::{Key, Value, shared};
use serde::{Deserialize, Serialize, Serializer};
use std::sync::Arc;

/// The most entries that one message carries: a server that catches up handles others' requests between two of them.
const MOST_ENTRIES: usize = 1_024;
/// The most bytes of text that one message carries, unless a single entry has more.
const MOST_BYTES: usize = 1 << 20;

/// A message in the log.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Entry {
    /// The epoch whose master put it there.
    pub epoch: u64,
    /// What tells it from every other append.
    #[serde(deserialize_with = "shared")]
    pub id: Key,
    /// The message.
    #[serde(deserialize_with = "shared")]
    pub message: Value,
}

/// `[epoch, id, message]`: what there is most of on the wire goes without names.
impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.epoch, &self.id, &self.message).serialize(serializer)
    }
}

/// From here on, up to the next run or the end, a log's entries are of one epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The epoch.
    pub epoch: u64,
    /// The place of its first entry.
    pub first: u64,
}

/// The entries of one server. Places count from 1; the place of the last is also how many there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Log {
    entries: Vec<Arc<Entry>>,
    runs: Vec<Run>,
}

impl Log {
    /// A log of these entries; it ends before one that is of an earlier epoch than its predecessor.
    pub fn of(entries: impl IntoIterator<Item = Arc<Entry>>) -> Self {
        let mut log = Log::default();
        let _ = entries.into_iter().try_for_each(|entry| log.push(entry).then_some(()));
        log
    }

    /// The place of the last entry; 0 where there is none.
    pub fn head(&self) -> u64 {
        self.entries.len() as u64
    }

    /// Puts an entry at the end. Epochs never fall: one of an earlier epoch is no entry of this log.
    pub fn push(&mut self, entry: Arc<Entry>) -> bool {
        let last = self.runs.last().map_or(0, |run| run.epoch);
        if entry.epoch < last {
            return false;
        }
        if entry.epoch > last {
            self.runs.push(Run { epoch: entry.epoch, first: self.head() + 1 });
        }
        self.entries.push(entry);
        true
    }

    /// Forgets what is behind this place.
    pub fn cut(&mut self, head: u64) {
        self.entries.truncate(usize::try_from(head).unwrap_or(usize::MAX));
        self.runs.retain(|run| run.first <= head);
    }

    /// The entry at this place.
    pub fn get(&self, seq: u64) -> Option<&Arc<Entry>> {
        self.entries.get(usize::try_from(seq.checked_sub(1)?).ok()?)
    }

    /// The entries behind this place, in order.
    pub fn behind(&self, seq: u64) -> &[Arc<Entry>] {
        let from = usize::try_from(seq).unwrap_or(usize::MAX);
        self.entries.get(from..).unwrap_or_default()
    }

    /// The entries behind this place, as many as fit into one message.
    pub fn chunk(&self, seq: u64) -> Vec<Arc<Entry>> {
        let (behind, mut bytes) = (self.behind(seq), 0);
        let fits = |entry: &&Arc<Entry>| {
            bytes += entry.message.len() + entry.id.len();
            bytes <= MOST_BYTES
        };
        let fit = behind.iter().take(MOST_ENTRIES).take_while(fits).count();
        behind[..fit.max(1).min(behind.len())].to_vec()
    }

    /// Which epoch made which part.
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// The last place up to which this log is equal to one with these runs that ends at `head`.
    pub fn shared_with(&self, runs: &[Run], head: u64) -> u64 {
        let ends = |runs: &[Run], head: u64, place: usize| {
            runs.get(place + 1).map_or(head, |next| next.first.saturating_sub(1))
        };
        let mut shared = 0;
        for (place, own) in self.runs.iter().enumerate() {
            if let Some(other) = runs.iter().position(|run| run == own) {
                let end = ends(&self.runs, self.head(), place).min(ends(runs, head, other));
                shared = shared.max(end);
            }
        }
        shared
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn log(epochs: &[u64]) -> Log {
        let entry = |(place, epoch): (usize, &u64)| {
            let text: Key = format!("{epoch}/{place}").into();
            Arc::new(Entry { epoch: *epoch, id: text.clone(), message: text })
        };
        Log::of(epochs.iter().enumerate().map(entry))
    }

    #[test]
    fn two_logs_are_equal_up_to_their_last_common_entry() {
        let shared = |a: &[u64], b: &[u64]| {
            let other = log(b);
            log(a).shared_with(other.runs(), other.head())
        };
        assert_eq!(shared(&[1, 1, 1], &[1, 1]), 2);
        assert_eq!(shared(&[1, 1, 1, 1], &[1, 1, 3, 3]), 2);
        assert_eq!(shared(&[1, 1, 3], &[1, 1, 3, 3, 5]), 3);
        assert_eq!(shared(&[1, 1], &[3, 3]), 0);
        assert_eq!((shared(&[], &[1]), shared(&[1], &[])), (0, 0));
    }

    #[test]
    fn epochs_never_fall() {
        assert_eq!(log(&[1, 3, 2, 3]).head(), 2);
    }

    #[test]
    fn a_chunk_is_bounded_and_never_empty_while_something_is_behind() {
        let long: Key = "x".repeat(MOST_BYTES).into();
        let entry = |id: &str, message: &Value| {
            Arc::new(Entry { epoch: 1, id: id.into(), message: message.clone() })
        };
        let log = Log::of([entry("a", &long), entry("b", &long), entry("c", &"y".into())]);
        assert_eq!([0, 1, 2, 3].map(|seq| log.chunk(seq).len()), [1, 1, 1, 0]);
        let short = Log::of((0..3 * MOST_ENTRIES).map(|n| entry(&n.to_string(), &"z".into())));
        assert_eq!(short.chunk(5).len(), MOST_ENTRIES);
    }

    proptest! {
        /// Two logs that share a past and then go different ways: the runs tell how long the past is.
        #[test]
        fn the_runs_tell_what_the_entries_would(
            past in proptest::collection::vec(1u64..3, 0..6),
            ours in proptest::collection::vec(3u64..5, 0..4),
            theirs in proptest::collection::vec(5u64..7, 0..4),
        ) {
            let way = |tail: &[u64]| {
                let mut epochs = [&past[..], tail].concat();
                epochs.sort_unstable();
                log(&epochs)
            };
            let (ours, theirs) = (way(&ours), way(&theirs));
            let pairs = ours.entries.iter().zip(&theirs.entries);
            let same = pairs.take_while(|(a, b)| a == b).count() as u64;
            prop_assert_eq!(ours.shared_with(theirs.runs(), theirs.head()), same);
        }
    }
}
