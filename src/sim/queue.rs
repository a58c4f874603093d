//! What will happen, in one total order: by time, and at one instant in the order in which it was scheduled.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;

/// When in nanoseconds, in which order it was scheduled, and the event's slot.
type Key = (u64, u64, usize);

/// Later than every event: the key of none. No event has its slot.
const LATEST: Key = (u64::MAX, u64::MAX, usize::MAX);

/// A queue of events. The heap orders small keys only; the events lie still in slots until their time comes. What is always
/// scheduled equally far ahead comes in its order by itself and needs no heap: such are the many clients that may give up.
#[derive(Debug)]
pub(super) struct Queue<E> {
    keys: BinaryHeap<Reverse<Key>>,
    /// Each not before the one ahead of it.
    line: VecDeque<Key>,
    slots: Vec<Option<E>>,
    free: Vec<usize>,
    sequence: u64,
}

impl<E> Default for Queue<E> {
    fn default() -> Self {
        Queue {
            keys: BinaryHeap::new(),
            line: VecDeque::new(),
            slots: Vec::new(),
            free: Vec::new(),
            sequence: 0,
        }
    }
}

impl<E> Queue<E> {
    /// Schedules `event` for `at`, after all that is already scheduled for that instant.
    pub fn push(&mut self, at: Duration, event: E) {
        let key = self.key(at, event);
        self.keys.push(Reverse(key));
    }

    /// The same, quicker for what is mostly scheduled in the order in which it is due.
    pub fn push_in_line(&mut self, at: Duration, event: E) {
        let key = self.key(at, event);
        if self.line.back().is_none_or(|last| *last < key) {
            self.line.push_back(key);
        } else {
            self.keys.push(Reverse(key));
        }
    }

    fn key(&mut self, at: Duration, event: E) -> Key {
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot] = Some(event);
                slot
            }
            None => {
                self.slots.push(Some(event));
                self.slots.len() - 1
            }
        };
        self.sequence += 1;
        (nanos(at), self.sequence, slot)
    }

    /// Takes the first event if it is due by `until`.
    pub fn pop_until(&mut self, until: Duration) -> Option<(Duration, E)> {
        let in_heap = self.keys.peek().map_or(LATEST, |Reverse(key)| *key);
        let in_line = self.line.front().copied().unwrap_or(LATEST);
        let (at, _, slot) = in_heap.min(in_line);
        if at > nanos(until) || slot == LATEST.2 {
            return None;
        }
        if in_line < in_heap {
            self.line.pop_front();
        } else {
            self.keys.pop();
        }
        self.free.push(slot);
        self.slots[slot].take().map(|event| (Duration::from_nanos(at), event))
    }
}

/// A time as one number: it is compared all the time. Five centuries are for ever.
fn nanos(at: Duration) -> u64 {
    u64::try_from(at.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pops_by_time_then_by_order_of_scheduling() {
        let mut queue = Queue::default();
        let ms = Duration::from_millis;
        for (at, name) in [(2, "c"), (1, "a"), (2, "d"), (1, "b"), (3, "late")] {
            queue.push(ms(at), name);
        }
        let popped: Vec<_> = std::iter::from_fn(|| queue.pop_until(ms(2))).collect();
        assert_eq!(popped, [(ms(1), "a"), (ms(1), "b"), (ms(2), "c"), (ms(2), "d")]);
        queue.push(ms(1), "reuses a slot");
        assert_eq!(queue.slots.len(), 5);
    }

    #[test]
    fn the_line_and_the_heap_are_one_order() {
        let mut queue = Queue::default();
        let ms = Duration::from_millis;
        queue.push_in_line(ms(2), "b");
        queue.push(ms(2), "c");
        queue.push_in_line(ms(1), "a");
        queue.push_in_line(ms(2), "d");
        let popped: Vec<_> =
            std::iter::from_fn(|| queue.pop_until(ms(9))).map(|(_, name)| name).collect();
        assert_eq!(popped, ["a", "b", "c", "d"]);
    }
}
