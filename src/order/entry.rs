//! One client request in the order, and how it stands on the wire.

use crate::process::{Action, NodeId, Ticket, Triple, maybe_shared};
use crate::session::Versions;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::sync::Arc;

/// One client request in the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The request; ordered once, however often it is submitted.
    pub ticket: Ticket,
    /// The epoch in which it was submitted first: only that epoch's primary can refuse it for sure.
    pub epoch: u64,
    /// Every request of the same life of the same edge with a lower counter has ended.
    pub settled: u64,
    /// What it does.
    pub triple: Triple,
    /// What its writer had seen, where the system carries dependencies.
    pub seen: Option<Arc<Versions>>,
}

impl Entry {
    /// Whether it takes a version.
    pub fn writes(&self) -> bool {
        matches!(self.triple.action, Action::Set | Action::Delete)
    }

    /// About how many bytes it takes as JSON; never less than it does.
    pub fn cost(&self) -> usize {
        const FRAME: usize = 192;
        let triple = [&self.triple.key, &self.triple.value];
        let words: usize = triple.into_iter().flatten().map(|word| escaped(word)).sum();
        let seen = self.seen.iter().flat_map(|seen| seen.clocks.keys());
        FRAME + words + seen.map(|key| escaped(key) + 24).sum::<usize>()
    }
}

/// How many bytes `text` takes inside a JSON string.
pub(super) fn escaped(text: &str) -> usize {
    let cost = |byte: u8| match byte {
        b'"' | b'\\' => 2,
        0..0x20 => 6,
        _ => 1,
    };
    text.bytes().map(cost).sum()
}

/// `[node, incarnation, counter, epoch, settled, action, key, value, seen]`: what there is most of on the wire, and what each
/// server reads, is one flat list without names.
impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Ticket { node, incarnation, counter } = self.ticket;
        let Triple { action, key, value } = &self.triple;
        (node, incarnation, counter, self.epoch, self.settled, action, key, value, &self.seen)
            .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Flat)
    }
}

/// Reads an entry.
struct Flat;

impl<'de> Visitor<'de> for Flat {
    type Value = Entry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[node, incarnation, counter, epoch, settled, action, key, value, seen]")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Entry, A::Error> {
        let [node, incarnation, counter, epoch, settled] = numbers(&mut list)?;
        let node = u32::try_from(node).map_err(|_| A::Error::custom(format!("no node: {node}")))?;
        let action = next(&mut list)?;
        let (Word(key), Word(value)) = (next(&mut list)?, next(&mut list)?);
        Ok(Entry {
            ticket: Ticket { node: NodeId(node), incarnation, counter },
            epoch,
            settled,
            triple: Triple { action, key, value },
            seen: next(&mut list)?,
        })
    }
}

fn next<'de, T: Deserialize<'de>, A: SeqAccess<'de>>(list: &mut A) -> Result<T, A::Error> {
    list.next_element()?.ok_or_else(|| A::Error::custom("an entry has nine fields"))
}

fn numbers<'de, const N: usize, A: SeqAccess<'de>>(list: &mut A) -> Result<[u64; N], A::Error> {
    let mut numbers = [0; N];
    for number in &mut numbers {
        *number = next(list)?;
    }
    Ok(numbers)
}

/// A key or a value, or null.
#[derive(Deserialize)]
struct Word(#[serde(deserialize_with = "maybe_shared")] Option<Arc<str>>);

/// Reads a list of entries, each into the one allocation in which it is shared from then on.
pub(super) fn shared_entries<'de, D: Deserializer<'de>>(
    list: D,
) -> Result<Vec<Arc<Entry>>, D::Error> {
    list.deserialize_seq(Shared)
}

struct Shared;

impl<'de> Visitor<'de> for Shared {
    type Value = Vec<Arc<Entry>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of entries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = list.next_element()? {
            entries.push(Arc::new(entry));
        }
        Ok(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entry(key: &str, value: Option<&str>, big: u64) -> Entry {
        let ticket = Ticket { node: NodeId(u32::MAX), incarnation: big, counter: big };
        let mut seen = Versions::default();
        seen.see(key.to_string(), big);
        let (key, value) = (Some(key.into()), value.map(Into::into));
        let triple = Triple { action: Action::Delete, key, value };
        Entry { ticket, epoch: big, settled: big, triple, seen: Some(Arc::new(seen)) }
    }

    proptest! {
        #[test]
        fn the_cost_is_never_less_than_the_encoding(key in "\\PC{1,40}", value in any::<String>(), big in any::<u64>()) {
            let entry = entry(&key, Some(&value), big);
            let encoded = serde_json::to_string(&entry).expect("it is plain data");
            prop_assert!(encoded.len() < entry.cost() + 64, "{} bytes, cost {}", encoded.len(), entry.cost());
        }

        #[test]
        fn is_read_as_it_was_written(key in "\\PC{1,40}", value in any::<Option<String>>(), big in any::<u64>()) {
            let entry = entry(&key, value.as_deref(), big);
            let encoded = serde_json::to_string(&entry).expect("it is plain data");
            prop_assert_eq!(serde_json::from_str::<Entry>(&encoded).ok(), Some(entry));
        }
    }

    #[test]
    fn a_list_that_is_no_entry_is_an_error() {
        for text in
            ["[]", "[1,1,1,1,1,\"set\",\"x\"]", "[4294967296,1,1,1,1,\"all\",null,null,null]"]
        {
            assert!(serde_json::from_str::<Entry>(text).is_err(), "{text}");
        }
    }
}
