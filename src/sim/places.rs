//! Which write took which place in the order, as the servers remark when they apply it.

use crate::process::{Step, Value};
use crate::session::Version;
use std::collections::BTreeMap;

/// The place that each value took in the order, where it took one; the last one where a defect gave it several. It tells
/// the writes of a run apart by their values, so these must differ.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places(BTreeMap<Value, Version>);

impl Places {
    /// Takes in what a step remarked.
    pub fn note(&mut self, notes: &[Step]) {
        for note in notes {
            let Step::Applied { value: Some(value), version, .. } = note else { continue };
            match self.0.get_mut(value) {
                Some(place) => *place = (*version).max(*place),
                None => _ = self.0.insert(value.clone(), *version),
            }
        }
    }

    /// The place of each value.
    pub fn of_values(&self) -> &BTreeMap<Value, Version> {
        &self.0
    }
}
