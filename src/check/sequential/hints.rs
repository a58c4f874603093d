//! What a run knows beforehand: which write each read returns, what must come before what, and whom to try first.

use crate::check::before::Before;
use crate::check::reads_from::{INITIAL, ReadsFrom, UNCLEAR};
use crate::history::{Act, End, History, KeyId, OpId};

/// All that is known; nothing, where values do not tell which write was read.
#[derive(Debug, Default)]
pub struct Hints<'a> {
    reads_from: Option<&'a ReadsFrom>,
    before: Before,
    /// By write, and then by key for the initial absence: who finds it.
    readers: Before,
    /// By write: where its zone begins.
    ranks: Vec<u32>,
    /// By key: true where a failed cas may have found what nobody else did.
    mismatches: Vec<bool>,
}

impl<'a> Hints<'a> {
    /// Of known sources.
    pub fn of(history: &History, reads_from: &'a ReadsFrom) -> Self {
        let mut mismatches = vec![false; history.keys()];
        for operation in history.operations() {
            mismatches[operation.key().0 as usize] |= operation.end() == End::Mismatch;
        }
        let ranks = ranks(history, reads_from);
        let before = Before::default();
        let readers = readers(history, reads_from);
        Hints { reads_from: Some(reads_from), before, readers, ranks, mismatches }
    }

    /// The same, held to this order.
    pub fn held_to(self, before: Before) -> Self {
        Hints { before, ..self }
    }

    /// False of unknown changes that nobody saw, where nobody can have seen them.
    pub fn takes_part(&self, history: &History, id: OpId) -> bool {
        let operation = history.operation(id);
        self.reads_from.is_none_or(|found| {
            found.live[id as usize]
                || operation.end() == End::Mismatch
                || self.mismatches[operation.key().0 as usize]
        })
    }

    /// What an operation finds, where it finds something and that is known.
    pub fn source(&self, history: &History, id: OpId) -> Option<OpId> {
        let found = self.reads_from.filter(|found| found.live[id as usize])?;
        let finds = matches!(history.operation(id).act(), Act::Read | Act::ReadList | Act::Cas);
        Some(found.source[id as usize]).filter(|source| finds && *source != UNCLEAR)
    }

    /// Who finds what a write leaves, or the initial absence of a key; nobody, where that is not known.
    pub fn readers(&self, write: OpId, key: KeyId) -> &[OpId] {
        let initial = self.ranks.len() as OpId + key.0;
        self.readers.of_operation(if write == INITIAL { initial } else { write })
    }

    /// What must come before it, beside program order.
    pub fn before(&self, id: OpId) -> &[OpId] {
        self.before.of_operation(id)
    }

    /// The lower, the earlier it is tried.
    pub fn rank(&self, history: &History, id: OpId) -> u32 {
        self.ranks.get(id as usize).copied().unwrap_or_else(|| history.operation(id).invoked())
    }
}

fn readers(history: &History, reads_from: &ReadsFrom) -> Before {
    let operations = history.operations().iter().enumerate();
    let pairs = operations.filter(|(id, _)| reads_from.live[*id]).filter_map(|(id, operation)| {
        let finds = matches!(operation.act(), Act::Read | Act::ReadList | Act::Cas);
        let initial = history.len() as OpId + operation.key().0;
        let source = Some(reads_from.source[id]).filter(|source| finds && *source != UNCLEAR)?;
        Some((id as OpId, if source == INITIAL { initial } else { source }))
    });
    Before::of(pairs, history.len() + history.keys())
}

/// By write: where its zone begins, as for linearizability. The invocations alone would mislead: a write may take effect late.
fn ranks(history: &History, reads_from: &ReadsFrom) -> Vec<u32> {
    let operations = history.operations();
    let mut ranks: Vec<u32> = operations.iter().map(|operation| operation.returned()).collect();
    let mut last: Vec<u32> = operations.iter().map(|operation| operation.invoked()).collect();
    for (id, operation) in operations.iter().enumerate() {
        let source = reads_from.write(id as OpId).filter(|_| reads_from.live[id]);
        if let Some(source) = source {
            let source = source as usize;
            ranks[source] = ranks[source].min(operation.returned());
            last[source] = last[source].max(operation.invoked());
        }
    }
    ranks.iter_mut().zip(last).for_each(|(rank, last)| *rank = last.min(*rank));
    ranks
}
