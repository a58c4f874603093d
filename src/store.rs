//! Variables with versions: the state that every server of a level keeps.
//!
//! Writes arrive in one order and each has a version. A delete leaves a tombstone, so that a later reader can tell
//! "deleted at version 5" from "never written".

mod name;

use crate::process::{Key, Value, Versioned};
use crate::session::{Version, Versions};
use name::{Name, Named, Sought};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the last write of a variable left.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variable {
    /// The value; `None` is a tombstone.
    pub value: Option<Value>,
    /// The version of the write.
    pub version: Version,
    /// What the writer had seen, where the system carries dependencies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Arc<Versions>>,
}

/// All variables of a server, tombstones included.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Store {
    variables: BTreeMap<Name, Variable>,
    live: u64,
}

impl Store {
    /// The last write of `key`, tombstones included.
    pub fn get(&self, key: &str) -> Option<&Variable> {
        self.variables.get(&Sought::of(key) as &dyn Named)
    }

    /// Puts a write in its place. Returns whether the variable had a value before.
    pub fn apply(&mut self, key: Key, variable: Variable) -> bool {
        let lives = variable.value.is_some();
        let lived = self
            .variables
            .insert(Name::of(key), variable)
            .is_some_and(|before| before.value.is_some());
        self.live = self.live + u64::from(lives) - u64::from(lived);
        lived
    }

    /// How many variables have a value.
    pub fn len(&self) -> u64 {
        self.live
    }

    /// True where no variable has a value.
    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// Every variable that has a value, with its version.
    pub fn values(&self) -> BTreeMap<Key, Versioned> {
        let live = self.iter().filter_map(|(key, variable)| {
            let value = variable.value.clone()?;
            Some((key.clone(), Versioned { value, version: variable.version }))
        });
        live.collect()
    }

    /// Every variable in the order of keys, tombstones included.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Variable)> {
        self.variables.iter().map(|(name, variable)| (name.key(), variable))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn is_a_map_in_the_order_of_keys(writes in prop::collection::vec("[a\u{0}ä]{0,10}", 0..40)) {
            let (mut store, mut map) = (Store::default(), BTreeMap::new());
            for (version, key) in (1..).zip(&writes) {
                let variable = Variable { value: Some("7".into()), version, seen: None };
                prop_assert_eq!(store.apply(key.as_str().into(), variable), map.insert(key.clone(), version).is_some());
            }
            let pairs = store.iter().map(|(key, variable)| (key.to_string(), variable.version));
            prop_assert!(pairs.eq(map.clone()));
            prop_assert!(map.iter().all(|(key, version)| store.get(key).is_some_and(|found| found.version == *version)));
            prop_assert!(store.get("b").is_none());
        }
    }

    #[test]
    fn a_delete_leaves_a_tombstone_with_its_version() {
        let mut store = Store::default();
        let seven = Variable { value: Some("7".into()), version: 1, seen: None };
        assert!(!store.apply("x".into(), seven));
        assert!(store.apply("x".into(), Variable { value: None, version: 2, seen: None }));
        assert_eq!(store.get("x").map(|v| v.version), Some(2));
        assert!(store.is_empty() && store.values().is_empty());
    }
}
