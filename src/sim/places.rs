//! Which write took which place in the order, as the servers remark when they apply it.

use crate::process::{Step, Value};
use crate::session::Version;
use std::collections::BTreeMap;

/// The place that each value took in the order, where it took one. It tells the writes of a run apart by their values, so these
/// must differ.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// Each once, in order: every server applies the same writes, and in the order of their places, so that what is new
    /// mostly comes at the end.
    taken: Vec<(Version, Value)>,
}

impl Places {
    /// Takes in what a step remarked.
    pub fn note(&mut self, notes: &[Step]) {
        for note in notes {
            let Step::Applied { value: Some(value), version, .. } = note else { continue };
            if self.has_where_expected(*version, value) {
                continue;
            }
            let before = |taken: &(Version, Value)| {
                taken.0.cmp(version).then_with(|| taken.1.as_ref().cmp(value.as_ref()))
            };
            if let Err(place) = self.taken.binary_search_by(before) {
                self.taken.insert(place, (*version, value.clone()));
            }
        }
    }

    /// Whether a write is kept already, looked for only where it stands if no version before it is missing or kept twice.
    fn has_where_expected(&self, version: Version, value: &Value) -> bool {
        let first = self.taken.first().map_or(0, |taken| taken.0);
        let place = usize::try_from(version.saturating_sub(first)).unwrap_or(usize::MAX);
        self.taken.get(place).is_some_and(|taken| taken.0 == version && taken.1 == *value)
    }

    /// The place of each value; the last one where a defect gave it several.
    pub fn of_values(&self) -> BTreeMap<Value, Version> {
        self.taken.iter().map(|(version, value)| (value.clone(), *version)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_is_kept_once_and_the_last_place_of_a_value_counts() {
        let mut places = Places::default();
        let applied = |(value, version): (&str, u64)| Step::Applied {
            key: "x".into(),
            value: Some(value.into()),
            version,
        };
        let first = [("a", 1), ("b", 2), ("c", 4)].map(applied);
        let second = [("a", 1), ("b", 3), ("d", 4), ("b", 2)].map(applied);
        for notes in [&first[..], &first, &second, &first] {
            places.note(notes);
        }
        let places_of = places.of_values();
        let places_of: Vec<(&str, u64)> = places_of.iter().map(|(v, at)| (&**v, *at)).collect();
        assert_eq!(places_of, [("a", 1), ("b", 3), ("c", 4), ("d", 4)]);
        assert_eq!(places.taken.len(), 5);
    }
}
