//! What was returned where values do not tell: the order excludes all that it cannot have been, until one write is left.
//!
//! A read cannot have returned a write that comes after it, nor one that is overwritten before it, nor the initial absence of a key
//! that was written before it. Of each process that leaves three kinds of writes: what the read knows, of which only the last of
//! the key counts; what comes after the read; and between them what nobody knows of, all of which may have been returned.

use super::saturate::Saturation;
use crate::history::{Act, History, OpId, ValueId};
use std::collections::BTreeMap;

/// The writes that leave a value, where reads of it are unclear: by process, in its order.
type Writes = BTreeMap<u32, Vec<OpId>>;

/// What an unclear read may have returned.
#[derive(Debug, PartialEq, Eq)]
pub enum Left {
    /// Nothing: there is no order.
    Nothing,
    /// This write, or the initial absence.
    One(Option<OpId>),
    /// Several.
    Many,
}

/// By key and value: the writes that leave it.
#[derive(Debug, Default)]
pub struct Candidates(BTreeMap<(u32, ValueId), Writes>);

impl Candidates {
    /// Of these unclear reads. `lines` are the operations of each process that take part, in its order.
    pub fn of(
        history: &History,
        unclear: impl Iterator<Item = OpId>,
        lines: &[Vec<OpId>],
    ) -> Candidates {
        let wanted = unclear.map(|id| (found(history, id), Writes::new()));
        let mut candidates: BTreeMap<(u32, ValueId), Writes> = wanted.collect();
        if candidates.is_empty() {
            return Candidates::default();
        }
        for (process, line) in (0..).zip(lines) {
            for &id in line {
                if let Some(writes) = left(history, id).and_then(|left| candidates.get_mut(&left)) {
                    writes.entry(process).or_default().push(id);
                }
            }
        }
        Candidates(candidates)
    }

    /// What a read may have returned; `known` are the last writes of its key that come before it, by process.
    pub fn left(&self, order: &Saturation, read: OpId, known: &[(u32, OpId)]) -> Left {
        let wanted = found(order.history, read);
        let Some(writes) = self.0.get(&wanted) else { return Left::Many };
        let mut left = Left::Nothing;
        if wanted.1 == ValueId::ABSENT && known.is_empty() {
            left = Left::One(None);
        }
        for (&process, writes) in writes {
            let before = order.so_many_before(read, process);
            let next = writes.partition_point(|&write| order.places[write as usize] <= before);
            let last = next.checked_sub(1).map(|last| writes[last]);
            let last = last.filter(|&last| {
                let hidden = |&(_, other): &(u32, OpId)| order.precedes(last, other);
                known.contains(&(process, last)) && !known.iter().any(hidden)
            });
            let between = writes[next..].iter().copied().filter(|&write| write != read);
            let between = between.take_while(|&write| !order.precedes(read, write));
            for write in last.into_iter().chain(between) {
                if left != Left::Nothing {
                    return Left::Many;
                }
                left = Left::One(Some(write));
            }
        }
        left
    }
}

/// What an operation finds: its key and the value.
fn found(history: &History, id: OpId) -> (u32, ValueId) {
    let operation = history.operation(id);
    let value = if operation.act() == Act::Cas { operation.old() } else { operation.value() };
    (operation.key().0, value)
}

/// What it leaves, if it changes something.
fn left(history: &History, id: OpId) -> Option<(u32, ValueId)> {
    let operation = history.operation(id);
    let value = match operation.act() {
        Act::Delete => ValueId::ABSENT,
        Act::Write | Act::Cas => operation.value(),
        _ => return None,
    };
    Some((operation.key().0, value))
}
