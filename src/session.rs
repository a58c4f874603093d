//! What one client carries between calls: per-variable version clocks.
//!
//! A session remembers, for each variable, the newest version that its client has written or read, directly or through
//! what a writer had seen. A causal server answers a read only when it has at least that; so a session is all it takes
//! to see one's own writes, at any server, and effects never before their causes.
//!
//! ```
//! use conlab::session::{Session, Versions};
//! let mut session = Session::of("c1");
//! session.versions.see("x", 3);
//! session.versions.merge(&Versions { clocks: [("y".into(), 5)].into(), floor: 0 });
//! assert_eq!((session.versions.wanted("x"), session.versions.wanted("z")), (3, 0));
//! ```

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// The place of a write in the one order of writes; 0 is "never written". See [`version`] for how it is built.
pub type Version = u64;

/// Versions of later epochs stand above all of earlier ones: `(epoch - 1) * EPOCH_STEP + counter`. Decimal, so that a
/// person can read it, and below 2^53, so that every JSON reader keeps it exact.
pub const EPOCH_STEP: u64 = 1_000_000_000_000;

/// Past this many variables the clocks collapse into the floor: a bounded session, only stricter.
pub const MOST_CLOCKS: usize = 256;

/// The version of write number `counter` in `epoch` (from 1).
pub fn version(epoch: u64, counter: u64) -> Version {
    epoch.saturating_sub(1).saturating_mul(EPOCH_STEP).saturating_add(counter)
}

/// The epoch (from 1) and counter of a version.
pub fn epoch_and_counter(version: Version) -> (u64, u64) {
    (version / EPOCH_STEP + 1, version % EPOCH_STEP)
}

/// What has been seen: a version for each variable, and one that holds for all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// The newest version seen of each variable.
    #[serde(default, rename = "versions")]
    pub clocks: BTreeMap<Arc<str>, Version>,
    /// A version to wait for on every variable.
    #[serde(default)]
    pub floor: Version,
}

impl Versions {
    /// Nothing seen yet.
    pub fn is_empty(&self) -> bool {
        self.clocks.is_empty() && self.floor == 0
    }

    /// The version that a read of `key` must at least have.
    pub fn wanted(&self, key: &str) -> Version {
        self.clocks.get(key).copied().unwrap_or(0).max(self.floor)
    }

    /// The version that a read of everything must at least have.
    pub fn wanted_of_all(&self) -> Version {
        self.clocks.values().copied().max().unwrap_or(0).max(self.floor)
    }

    /// Records that `version` of `key` was seen.
    pub fn see(&mut self, key: impl Into<Arc<str>>, version: Version) {
        if version > self.floor {
            let clock = self.clocks.entry(key.into()).or_insert(0);
            *clock = version.max(*clock);
        }
        self.collapse();
    }

    /// Takes over all that `other` has seen.
    pub fn merge(&mut self, other: &Versions) {
        self.floor = self.floor.max(other.floor);
        for (key, version) in &other.clocks {
            // Mostly the key is there: then it need not be shared once more.
            match self.clocks.get_mut(key) {
                Some(clock) => *clock = (*version).max(*clock),
                None => _ = self.clocks.insert(key.clone(), *version),
            }
        }
        self.collapse();
    }

    /// Keeps the clocks within their bound, however many a client has sent.
    pub fn collapse(&mut self) {
        if self.clocks.len() > MOST_CLOCKS {
            self.floor = self.wanted_of_all();
        }
        let floor = self.floor;
        if self.clocks.values().any(|version| *version <= floor) {
            self.clocks.retain(|_, version| *version > floor);
        }
    }
}

/// A client's versions, and the cluster in which they mean something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Session {
    /// The cluster that made the versions; empty for a session that has seen nothing.
    pub cluster: Arc<str>,
    /// What the client has seen.
    pub versions: Versions,
}

/// A session in JSON: `{cluster, versions, floor}`. Serde could flatten the one into the other, but reads it through a
/// copy then, and sessions come with every call.
///
/// What else it holds is an error: a misspelt field would silently forget what the client has seen.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Flat {
    #[serde(default)]
    cluster: Arc<str>,
    #[serde(default)]
    versions: BTreeMap<Arc<str>, Version>,
    #[serde(default)]
    floor: Version,
}

impl<'de> Deserialize<'de> for Session {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields)
    }
}

/// Reads an object, and no list.
struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Session;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a session")
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Session, A::Error> {
        let fields = MapAccessDeserializer::new(fields);
        let Flat { cluster, versions: clocks, floor } = Flat::deserialize(fields)?;
        Ok(Session { cluster, versions: Versions { clocks, floor } })
    }
}

impl Serialize for Session {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut flat = serializer.serialize_struct("Session", 3)?;
        flat.serialize_field("cluster", &self.cluster)?;
        flat.serialize_field("versions", &self.versions.clocks)?;
        flat.serialize_field("floor", &self.versions.floor)?;
        flat.end()
    }
}

impl Session {
    /// A session of `cluster` that has seen nothing.
    pub fn of(cluster: impl Into<Arc<str>>) -> Self {
        Session { cluster: cluster.into(), versions: Versions::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collapses_into_a_floor_that_is_only_stricter() {
        let mut versions = Versions::default();
        for number in 1..=300u64 {
            versions.see(format!("k{number}"), number);
        }
        assert!(versions.clocks.len() <= MOST_CLOCKS);
        for number in 1..=300u64 {
            assert!(versions.wanted(&format!("k{number}")) >= number);
        }
    }

    #[test]
    fn versions_of_later_epochs_stand_above() {
        assert_eq!(version(1, 7), 7);
        assert_eq!(version(3, 7), 2_000_000_000_007);
        assert_eq!(epoch_and_counter(version(3, 7)), (3, 7));
        assert!(version(2, 0) > version(1, 999_999));
        assert!(version(9_000, 1) < 1 << 53);
    }

    #[test]
    fn reads_the_wire_form() {
        let text = r#"{"cluster":"c1","versions":{"x":3},"floor":2}"#;
        let session: Session = serde_json::from_str(text).expect("it is the documented form");
        assert_eq!((session.versions.wanted("x"), session.versions.wanted("y")), (3, 2));
        assert_eq!(serde_json::to_string(&session).expect("it is plain data"), text);
        assert!(serde_json::from_str::<Session>(r#"{"version":{"x":3}}"#).is_err());
    }
}
