//! Which write took which place in the order, as the servers remark when they apply it.

use crate::process::{Step, Value};
use crate::session::Version;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// The place that each value took in the order, where it took one; the last one where a defect gave it several. It tells
/// the writes of a run apart by their values, so these must differ.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    of_values: BTreeMap<Value, Version>,
    /// What was noted last: every server applies the same write, so most is known already.
    recent: VecDeque<(Value, Version)>,
}

/// So many writes are looked for in the order of their coming before they are searched: those of a few rounds.
const RECENT: usize = 16;

impl Places {
    /// Takes in what a step remarked.
    pub fn note(&mut self, notes: &[Step]) {
        for note in notes {
            let Step::Applied { value: Some(value), version, .. } = note else { continue };
            if !self.is_recent(value, *version) {
                self.insert(value, *version);
            }
        }
    }

    fn is_recent(&self, value: &Value, version: Version) -> bool {
        self.recent.iter().any(|(known, place)| Arc::ptr_eq(known, value) && *place == version)
    }

    fn insert(&mut self, value: &Value, version: Version) {
        match self.of_values.get_mut(value) {
            Some(place) => *place = version.max(*place),
            None => _ = self.of_values.insert(value.clone(), version),
        }
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back((value.clone(), version));
    }

    /// The place of each value.
    pub fn of_values(&self) -> &BTreeMap<Value, Version> {
        &self.of_values
    }
}
