//! Which write took which place in the order, as the servers remark when they apply it.

use crate::process::{Step, Value};
use crate::session::Version;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The place that each value took in the order, where it took one. It tells the writes of a run apart by their values, so these
/// must differ.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    /// In the order of their coming; some more than once.
    taken: Vec<(Value, Version)>,
}

/// Every server applies the same write, mostly soon after the first: so many of the last are looked at before it is noted again.
const RECENT: usize = 16;

impl Places {
    /// Takes in what a step remarked.
    pub fn note(&mut self, notes: &[Step]) {
        for note in notes {
            let Step::Applied { value: Some(value), version, .. } = note else { continue };
            if !self.is_recent(value, *version) {
                self.taken.push((value.clone(), *version));
            }
        }
    }

    fn is_recent(&self, value: &Value, version: Version) -> bool {
        let mut recent = self.taken.iter().rev().take(RECENT);
        recent.any(|(known, place)| *place == version && Arc::ptr_eq(known, value))
    }

    /// The place of each value; the last one where a defect gave it several.
    pub fn of_values(&self) -> BTreeMap<Value, Version> {
        let mut places = BTreeMap::new();
        for (value, version) in &self.taken {
            let place = places.entry(value.clone()).or_default();
            *place = *version.max(place);
        }
        places
    }
}
