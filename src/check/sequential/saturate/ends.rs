//! What is known from the beginning of both ends of a key: who reads the initial absence comes first; and what lists show, the longest
//! of them last.

use super::{Edge, Saturation};
use crate::check::reads_from::INITIAL;
use crate::history::{Act, OpId};
use std::collections::{BTreeMap, HashSet};

impl Saturation<'_> {
    /// Elements follow each other as the longest read of each list shows, and every other read stands between two of them: so
    /// nothing is to be inferred of lists. Answers the longest reads, by key.
    pub(super) fn lists(&mut self) -> Result<BTreeMap<u32, OpId>, Vec<OpId>> {
        let (history, lists) = (self.history, self.history.lists());
        let length = |id: OpId| lists.length(history.operation(id).list()) as usize;
        let mut reads: BTreeMap<u32, Vec<OpId>> = BTreeMap::new();
        for (id, operation) in history.operations().iter().enumerate() {
            if operation.act() == Act::ReadList && self.reads_from.live[id] {
                reads.entry(operation.key().0).or_default().push(id as OpId);
            }
        }
        let mut longest = BTreeMap::new();
        for (key, reads) in reads {
            let Some(&last) = reads.iter().max_by_key(|&&id| length(id)) else { continue };
            longest.insert(key, last);
            let list = history.operation(last).list();
            let append = |element| self.reads_from.appends[&(key, element)];
            let appends: Vec<OpId> = lists.elements(list).into_iter().map(append).collect();
            let mut prefixes = vec![list];
            while let Some((shorter, _)) = prefixes.last().and_then(|&list| lists.pop(list)) {
                prefixes.push(shorter);
            }
            for pair in appends.windows(2) {
                self.edge(pair[0], pair[1]);
            }
            for read in reads {
                let length = length(read);
                if prefixes[appends.len() - length] != history.operation(read).list() {
                    return Err(vec![read, last]);
                }
                if let Some(&next) = appends.get(length) {
                    self.edge(read, next);
                }
            }
        }
        Ok(longest)
    }

    /// What reads the initial absence comes before every write of the key, and what reads all that was ever read of a list before
    /// every other append.
    pub(super) fn ends(&mut self, longest: &BTreeMap<u32, OpId>) {
        let shown: HashSet<OpId> = longest.values().flat_map(|&read| self.shown(read)).collect();
        let mut last = BTreeMap::new();
        for (process, line) in self.lines.iter().enumerate() {
            for &id in line {
                let operation = self.history.operation(id);
                let key = operation.key().0;
                let at_end = match (operation.act(), longest.get(&key)) {
                    (Act::ReadList, Some(&longest)) => {
                        self.history.operation(longest).list() == operation.list()
                    }
                    (act, _) => {
                        (act == Act::Read || act == Act::Cas)
                            && self.reads_from.source[id as usize] == INITIAL
                    }
                };
                if at_end {
                    last.insert((key, process), id);
                }
                if !operation.act().is_read() && !shown.contains(&id) {
                    self.first_writes.entry((key, process)).or_insert(id);
                }
            }
        }
        for (&(key, _), &from) in &last {
            for (_, &to) in self.first_writes.range((key, 0)..=(key, usize::MAX)) {
                if to != from {
                    self.edges.push(Edge { from, to, why: None });
                }
            }
        }
    }

    /// The appends behind a list that was read.
    fn shown(&self, read: OpId) -> Vec<OpId> {
        let operation = self.history.operation(read);
        let append = |element| self.reads_from.appends[&(operation.key().0, element)];
        self.history.lists().elements(operation.list()).into_iter().map(append).collect()
    }
}
