//! The operations of each key.

use crate::history::{Act, History, OpId};

/// Operations grouped by key, in the order of their invocations: one array, cut at the keys.
#[derive(Debug)]
pub struct Keys {
    starts: Vec<usize>,
    ids: Vec<OpId>,
    lists: Vec<bool>,
}

impl Keys {
    /// One pass over the history.
    pub fn of(history: &History) -> Self {
        let mut starts = vec![0; history.keys() + 1];
        let mut lists = vec![false; history.keys()];
        let mut column = Vec::with_capacity(history.len());
        for operation in history.operations() {
            let key = operation.key().0 as usize;
            starts[key + 1] += 1;
            lists[key] |= operation.act() == Act::ReadList;
            column.push(key as u32);
        }
        for key in 1..starts.len() {
            starts[key] += starts[key - 1];
        }
        let mut next = starts.clone();
        let mut ids = vec![0; history.len()];
        for (id, key) in column.into_iter().enumerate() {
            let place = &mut next[key as usize];
            ids[*place] = id as OpId;
            *place += 1;
        }
        Keys { starts, ids, lists }
    }

    /// True where lists are read under this key.
    pub fn is_list(&self, key: usize) -> bool {
        self.lists[key]
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// The operations of one key.
    pub fn operations(&self, key: usize) -> &[OpId] {
        &self.ids[self.starts[key]..self.starts[key + 1]]
    }
}
