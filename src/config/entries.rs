//! A JSON object whose entries remember their lines, so that an error can say where to look.
//!
//! serde_json gives each value as a slice of the text it was read from; the slice's place in the text is its line. The
//! order of the entries is kept too, and an entry that stands twice is seen twice.

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// One `"key": value` of an object.
#[derive(Debug)]
pub struct Entry<'a> {
    /// The key as written.
    pub key: String,
    /// The value's text.
    pub value: &'a RawValue,
}

/// The entries of one object, in the order of the text.
#[derive(Debug)]
pub struct Entries<'a>(pub Vec<Entry<'a>>);

impl<'a> Entry<'a> {
    /// The line of `text` on which the value begins, from 1.
    pub fn line(&self, text: &str) -> usize {
        line_of(text, self.value)
    }
}

/// The line of `text` on which `value`, a slice of it, begins.
pub fn line_of(text: &str, value: &RawValue) -> usize {
    let offset = (value.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(InOrder)
    }
}

struct InOrder;

impl<'de> Visitor<'de> for InOrder {
    type Value = Entries<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object: { \"key\": value, … }")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some((key, value)) = map.next_entry()? {
            entries.push(Entry { key, value });
        }
        Ok(Entries(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_line_of_each_value() {
        let text = "{\n \"a\": 1,\n\n \"b\":\n [2],\n \"a\": 3 }";
        let Entries(entries) = serde_json::from_str(text).expect("it is JSON");
        let seen: Vec<_> = entries.iter().map(|e| (e.key.as_str(), e.line(text))).collect();
        assert_eq!(seen, [("a", 2), ("b", 5), ("a", 6)]);
    }
}
