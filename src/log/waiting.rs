//! Appends that wait: for enough servers to have their message, or for the end of their patience.

use crate::process::{Key, Ticket};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The most appends that wait at once: a client's burst fits, a runaway does not take all memory.
const MOST_WAITING: usize = 16_384;

/// One append that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Append {
    /// The request.
    pub ticket: Ticket,
    /// The place of its message.
    pub seq: u64,
    /// The message's id.
    pub id: Key,
    /// How many servers must have it.
    pub w: u32,
    /// When its client is told that it is unknown.
    pub ends: Duration,
}

/// All appends that wait.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    appends: BTreeMap<u64, Append>,
    /// By write concern and place: with an acknowledgement, those that it completes stand together.
    needs: BTreeSet<(u32, u64, u64)>,
    ends: BTreeSet<(Duration, u64)>,
}

impl Waiting {
    /// How many wait.
    pub fn len(&self) -> usize {
        self.appends.len()
    }

    /// Whether no further one may wait.
    pub fn is_full(&self) -> bool {
        self.len() >= MOST_WAITING
    }

    /// When the first of them ends.
    pub fn first_end(&self) -> Option<Duration> {
        self.ends.first().map(|(ends, _)| *ends)
    }

    /// An append waits from now on.
    pub fn open(&mut self, append: Append) {
        let counter = append.ticket.counter;
        self.needs.insert((append.w, append.seq, counter));
        self.ends.insert((append.ends, counter));
        self.appends.insert(counter, append);
    }

    /// Takes one that wants `w` servers, now that so many have everything up to `seq`.
    pub fn reached(&mut self, w: u32, seq: u64) -> Option<Append> {
        let (_, _, counter) = *self.needs.range((w, 0, 0)..=(w, seq, u64::MAX)).next()?;
        self.close(counter)
    }

    /// Takes one whose patience has ended.
    pub fn late(&mut self, now: Duration) -> Option<Append> {
        let (_, counter) = *self.ends.first().filter(|(ends, _)| *ends <= now)?;
        self.close(counter)
    }

    /// Takes one, whatever it waits for.
    pub fn any(&mut self) -> Option<Append> {
        let counter = *self.appends.first_key_value()?.0;
        self.close(counter)
    }

    fn close(&mut self, counter: u64) -> Option<Append> {
        let append = self.appends.remove(&counter)?;
        self.needs.remove(&(append.w, append.seq, counter));
        self.ends.remove(&(append.ends, counter));
        Some(append)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::NodeId;

    fn append(counter: u64, seq: u64, w: u32, ends: u64) -> Append {
        let ticket = Ticket { node: NodeId(1), incarnation: 1, counter };
        Append { ticket, seq, id: seq.to_string().into(), w, ends: Duration::from_secs(ends) }
    }

    #[test]
    fn none_waits_for_another() {
        let mut waiting = Waiting::default();
        [append(1, 1, 3, 9), append(2, 2, 2, 5), append(3, 3, 2, 7)]
            .into_iter()
            .for_each(|append| waiting.open(append));
        assert_eq!(waiting.reached(2, 2).map(|append| append.seq), Some(2));
        assert_eq!((waiting.reached(2, 2), waiting.reached(3, 0)), (None, None));
        assert_eq!(waiting.first_end(), Some(Duration::from_secs(7)));
        assert_eq!(waiting.late(Duration::from_secs(7)).map(|append| append.seq), Some(3));
        assert_eq!(waiting.reached(3, 5).map(|append| append.seq), Some(1));
        assert_eq!((waiting.len(), waiting.first_end()), (0, None));
    }
}
