//! Edges between operations, by the later one.

use crate::history::OpId;

/// For each operation, some that must come before it.
#[derive(Debug, Default)]
pub struct Before {
    starts: Vec<u32>,
    earlier: Vec<OpId>,
}

impl Before {
    /// From pairs (the earlier, the later).
    pub fn of(pairs: impl Iterator<Item = (OpId, OpId)> + Clone, operations: usize) -> Self {
        let mut starts = vec![0; operations + 1];
        for (_, later) in pairs.clone() {
            starts[later as usize + 1] += 1;
        }
        for id in 0..operations {
            starts[id + 1] += starts[id];
        }
        let mut next = starts.clone();
        let mut earlier = vec![0; starts[operations] as usize];
        for (first, later) in pairs {
            let place = &mut next[later as usize];
            earlier[*place as usize] = first;
            *place += 1;
        }
        Before { starts, earlier }
    }

    /// What must come before this one.
    pub fn of_operation(&self, id: OpId) -> &[OpId] {
        let id = id as usize;
        match self.starts.get(id..id + 2) {
            Some(&[start, end]) => &self.earlier[start as usize..end as usize],
            _ => &[],
        }
    }
}
