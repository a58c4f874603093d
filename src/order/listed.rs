//! How lists of entries stand on the wire: `[[node, incarnation, epoch, [entry, …]], …]`, each entry
//! `[counter, settled, action, key, value]`, with what its writer had seen behind that where there is such.
//!
//! Entries are what there is most of on the wire, and each server reads them all. So they have no names, and what those of one
//! edge have in common is said once, for as many as follow each other.

use super::entry::Entry;
use crate::process::{NodeId, Ticket, Triple, maybe_shared};
use serde::de::{DeserializeSeed, Error, SeqAccess, Visitor};
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::sync::Arc;

/// Writes a list of entries.
pub(super) fn serialize<S: Serializer>(
    entries: &[Entry],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let alike = entries.chunk_by(|one, next| Source::of(one) == Source::of(next));
    serializer.collect_seq(alike.map(|entries| {
        let Source { node, incarnation, epoch } = Source::of(&entries[0]);
        (node, incarnation, epoch, Each(entries))
    }))
}

/// Reads a list of entries.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(list: D) -> Result<Vec<Entry>, D::Error> {
    list.deserialize_seq(All)
}

/// Which life of which edge submitted an entry first, and in which epoch.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Source {
    node: NodeId,
    incarnation: u64,
    epoch: u64,
}

impl Source {
    fn of(entry: &Entry) -> Self {
        let Ticket { node, incarnation, .. } = entry.ticket;
        Source { node, incarnation, epoch: entry.epoch }
    }
}

/// Entries of one source.
struct Each<'a>(&'a [Entry]);

impl Serialize for Each<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Bare))
    }
}

/// What an entry says beside its source.
struct Bare<'a>(&'a Entry);

impl Serialize for Bare<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Entry { ticket, settled, triple, seen, .. } = self.0;
        let mut list = serializer.serialize_seq(None)?;
        list.serialize_element(&ticket.counter)?;
        list.serialize_element(settled)?;
        list.serialize_element(&triple.action)?;
        list.serialize_element(&triple.key)?;
        list.serialize_element(&triple.value)?;
        if let Some(seen) = seen {
            list.serialize_element(seen)?;
        }
        list.end()
    }
}

/// A list inside another one, for whoever reads it.
struct Inner<V>(V);

impl<'de, V: Visitor<'de>> DeserializeSeed<'de> for Inner<V> {
    type Value = V::Value;

    fn deserialize<D: Deserializer<'de>>(self, list: D) -> Result<V::Value, D::Error> {
        list.deserialize_seq(self.0)
    }
}

/// Reads everything.
struct All;

impl<'de> Visitor<'de> for All {
    type Value = Vec<Entry>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of entries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while list.next_element_seed(Inner(Alike(&mut entries)))?.is_some() {}
        Ok(entries)
    }
}

/// Reads the entries of one source.
struct Alike<'a>(&'a mut Vec<Entry>);

impl<'de> Visitor<'de> for Alike<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[node, incarnation, epoch, [entry, …]]")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let (node, incarnation, epoch) = (next(&mut list)?, next(&mut list)?, next(&mut list)?);
        let source = Source { node, incarnation, epoch };
        list.next_element_seed(Inner(Rest { source, into: self.0 }))?.ok_or_else(short)
    }
}

/// Reads entries whose source is known.
struct Rest<'a> {
    source: Source,
    into: &'a mut Vec<Entry>,
}

impl<'de> Visitor<'de> for Rest<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the entries of one source")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(entry) = list.next_element_seed(Inner(Fields(self.source)))? {
            self.into.push(entry);
        }
        Ok(())
    }
}

/// Reads what an entry says beside its source.
struct Fields(Source);

impl<'de> Visitor<'de> for Fields {
    type Value = Entry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[counter, settled, action, key, value] or one field more")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Entry, A::Error> {
        let Source { node, incarnation, epoch } = self.0;
        let (counter, settled, action) = (next(&mut list)?, next(&mut list)?, next(&mut list)?);
        let (Word(key), Word(value)) = (next(&mut list)?, next(&mut list)?);
        Ok(Entry {
            ticket: Ticket { node, incarnation, counter },
            epoch,
            settled,
            triple: Triple { action, key, value },
            seen: list.next_element()?,
        })
    }
}

fn next<'de, T: Deserialize<'de>, A: SeqAccess<'de>>(list: &mut A) -> Result<T, A::Error> {
    list.next_element()?.ok_or_else(short)
}

fn short<E: Error>() -> E {
    E::custom("a list of entries breaks off")
}

/// A key or a value, or null.
#[derive(Deserialize)]
struct Word(#[serde(deserialize_with = "maybe_shared")] Option<Arc<str>>);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::Action;
    use crate::session::Versions;
    use proptest::prelude::*;

    /// A list of entries as it stands in a message.
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct List(#[serde(with = "super")] Vec<Entry>);

    fn entry(source: (u32, u64, u64), key: &str, value: Option<&str>, big: u64) -> Entry {
        let (node, incarnation, epoch) = source;
        let ticket = Ticket { node: NodeId(node), incarnation, counter: big };
        let seen = (big % 2 == 1).then(|| {
            let mut seen = Versions::default();
            seen.see(key.to_string(), big);
            Arc::new(seen)
        });
        let (key, value) = (Some(key.into()), value.map(Into::into));
        let triple = Triple { action: Action::Delete, key, value };
        Entry { ticket, epoch, settled: big, triple, seen }
    }

    fn entries() -> impl Strategy<Value = Vec<Entry>> {
        let number = || prop_oneof![Just(1u64), Just(2), Just(u64::MAX)];
        let source = (prop_oneof![1..4u32, Just(u32::MAX)], number(), number());
        let one = (source, "\\PC{1,40}", any::<Option<String>>(), any::<u64>());
        let one =
            one.prop_map(|(source, key, value, big)| entry(source, &key, value.as_deref(), big));
        prop::collection::vec(one, 0..12)
    }

    proptest! {
        #[test]
        fn are_read_as_they_were_written_and_cost_no_more_than_is_said(entries in entries()) {
            let cost: usize = entries.iter().map(Entry::cost).sum();
            let encoded = serde_json::to_string(&List(entries.clone())).expect("it is plain data");
            prop_assert!(encoded.len() <= cost + 2, "{} bytes, cost {cost}", encoded.len());
            prop_assert_eq!(serde_json::from_str::<List>(&encoded).ok(), Some(List(entries)));
        }
    }

    #[test]
    fn what_entries_have_in_common_is_said_once() {
        let entries = [(2, 1, 1), (2, 1, 1), (3, 1, 1)].map(|source| entry(source, "x", None, 4));
        let text = serde_json::to_string(&List(entries.to_vec())).expect("it is plain data");
        let one = r#"[4,4,"delete","x",null]"#;
        assert_eq!(text, format!("[[2,1,1,[{one},{one}]],[3,1,1,[{one}]]]"));
    }

    #[test]
    fn what_is_no_list_of_entries_is_an_error() {
        for text in [
            "[[]]",
            "[1]",
            "[[1,1,1]]",
            "[[1,1,1,[[]]]]",
            r#"[[1,1,1,[[1,1,"set","x"]]]]"#,
            r#"[[4294967296,1,1,[]]]"#,
            r#"[[1,1,1,[[1,1,"all",null,null,null]]]]"#,
            r#"[[1,1,1,[[1,1,"all",null,null,{},null]]]]"#,
            "[[1,1,1,[],1]]",
        ] {
            assert!(serde_json::from_str::<List>(text).is_err(), "{text}");
        }
    }
}
