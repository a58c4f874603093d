//! A whole history, and histories cut out of it.

use super::{Act, KeyId, ListId, Lists, Operation, ProcessId, Texts, ValueId};
use std::collections::HashSet;
use std::sync::Arc;

/// An operation, as its place in [`History::operations`].
pub type OpId = u32;

/// Operations in the order of their invocations, with the names that their numbers stand for. Cheap to cut: parts share
/// the names of the whole.
#[derive(Debug, Clone, Default)]
pub struct History {
    pub(super) operations: Vec<Operation>,
    pub(super) keys: Arc<Texts>,
    pub(super) values: Arc<Texts>,
    pub(super) processes: Arc<Vec<i64>>,
    pub(super) lists: Arc<Lists>,
    pub(super) timed: bool,
}

impl History {
    /// All operations, in the order of their invocations.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// One operation.
    pub fn operation(&self, id: OpId) -> &Operation {
        &self.operations[id as usize]
    }

    /// How many operations there are.
    pub fn len(&self) -> usize {
        self.operations.len()
    }

    /// True where there is no operation.
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }

    /// The name of a key; empty for the single register of a history without keys.
    pub fn key_name(&self, key: KeyId) -> &str {
        self.keys.get(key.0)
    }

    /// How many keys there are: they are numbered from 0.
    pub fn keys(&self) -> usize {
        self.keys.len()
    }

    /// The number that the file gives a process.
    pub fn process_name(&self, process: ProcessId) -> i64 {
        self.processes.get(process.0 as usize).copied().unwrap_or_default()
    }

    /// How many processes there are: they are numbered from 0.
    pub fn processes(&self) -> usize {
        self.processes.len()
    }

    /// A value as JSON; `null` for the absent one.
    pub fn value_text(&self, value: ValueId) -> &str {
        self.values.get(value.0)
    }

    /// How many different values there are, the absent one included: they are numbered from 0.
    pub fn values(&self) -> usize {
        self.values.len()
    }

    /// True where its times are of a clock; false where the file has none and each event's position stands for its time.
    pub fn timed(&self) -> bool {
        self.timed
    }

    /// The lists that were read.
    pub fn lists(&self) -> &Lists {
        &self.lists
    }

    /// The elements of a list as JSON texts.
    pub fn list_texts(&self, list: ListId) -> Vec<&str> {
        self.lists.elements(list).into_iter().map(|element| self.value_text(element)).collect()
    }

    /// The same history with other line numbers: those of what it was made from, for example.
    pub fn with_lines(mut self, line: impl Fn(u32) -> u32) -> History {
        for operation in &mut self.operations {
            operation.invoked_line = line(operation.invoked_line);
            operation.ended_line = line(operation.ended_line);
        }
        self
    }

    /// The history of these operations alone, in their old order and with their old positions, times and lines.
    pub fn restrict(&self, ids: &[OpId]) -> History {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        let operations = ids.iter().map(|&id| *self.operation(id)).collect();
        History { operations, ..self.names_alone() }
    }

    /// The same history with the elements for which `keep` says no taken out: their appends leave, and every list that
    /// was read goes without them. What was valid stays valid.
    pub fn without_elements(&self, leave: &HashSet<(KeyId, ValueId)>) -> History {
        let mut lists = Lists::default();
        let mut operations = Vec::with_capacity(self.len());
        for operation in &self.operations {
            let key = operation.key();
            let mut operation = *operation;
            match operation.act {
                Act::Append if leave.contains(&(key, operation.value())) => continue,
                Act::ReadList => {
                    let elements = self.lists.elements(operation.list()).into_iter();
                    let kept = elements.filter(|&element| !leave.contains(&(key, element)));
                    operation.value = kept.fold(ListId::EMPTY, |list, e| lists.push(list, e)).0;
                }
                _ => {}
            }
            operations.push(operation);
        }
        History { operations, lists: Arc::new(lists), ..self.names_alone() }
    }

    fn names_alone(&self) -> History {
        History {
            operations: Vec::new(),
            keys: Arc::clone(&self.keys),
            values: Arc::clone(&self.values),
            processes: Arc::clone(&self.processes),
            lists: Arc::clone(&self.lists),
            timed: self.timed,
        }
    }
}
