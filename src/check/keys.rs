//! The operations of each key.

use crate::history::{Act, History, OpId, Operation};
use rayon::prelude::*;
use std::borrow::Cow;

/// Shorter histories are not worth waking other threads.
const SMALL: usize = 4_096;

/// Operations grouped by key, in the order of their invocations.
#[derive(Debug)]
pub struct Keys {
    /// Of one part of the history after another: each thread groups one.
    parts: Vec<Part>,
    lists: Vec<bool>,
}

/// The operations of a part of the history: one array, cut at the keys.
#[derive(Debug)]
struct Part {
    starts: Vec<u32>,
    ids: Vec<OpId>,
    lists: Vec<bool>,
}

impl Keys {
    /// One pass over the history.
    pub fn of(history: &History) -> Self {
        let (all, keys) = (history.operations(), history.keys());
        if all.len() < SMALL {
            return Keys::joined(vec![Part::of(all, 0, keys)]);
        }
        let size = all.len().div_ceil(rayon::current_num_threads());
        let parts = all.par_chunks(size).enumerate();
        Keys::joined(parts.map(|(part, of)| Part::of(of, part * size, keys)).collect())
    }

    fn joined(parts: Vec<Part>) -> Self {
        let keys = parts.first().map_or(0, |part| part.lists.len());
        let lists = (0..keys).map(|key| parts.iter().any(|part| part.lists[key])).collect();
        Keys { parts, lists }
    }

    /// True where lists are read under this key.
    pub fn is_list(&self, key: usize) -> bool {
        self.lists[key]
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.lists.len()
    }

    /// The operations of one key.
    pub fn operations(&self, key: usize) -> Cow<'_, [OpId]> {
        match &self.parts[..] {
            [only] => Cow::Borrowed(only.operations(key)),
            parts => parts.iter().flat_map(|part| part.operations(key)).copied().collect(),
        }
    }
}

impl Part {
    fn of(operations: &[Operation], first: usize, keys: usize) -> Part {
        let mut starts = vec![0; keys + 1];
        let mut lists = vec![false; keys];
        let mut column = Vec::with_capacity(operations.len());
        for operation in operations {
            let key = operation.key().0 as usize;
            starts[key + 1] += 1;
            lists[key] |= operation.act() == Act::ReadList;
            column.push(key as u32);
        }
        for key in 1..starts.len() {
            starts[key] += starts[key - 1];
        }
        let mut next = starts.clone();
        let mut ids = vec![0; operations.len()];
        for (id, key) in column.into_iter().enumerate() {
            let place = &mut next[key as usize];
            ids[*place as usize] = (first + id) as OpId;
            *place += 1;
        }
        Part { starts, ids, lists }
    }

    fn operations(&self, key: usize) -> &[OpId] {
        &self.ids[self.starts[key] as usize..self.starts[key + 1] as usize]
    }
}
