//! Keys and values as they come out of JSON: one allocation each, where the general way through `String` takes two.

use serde::Deserializer;
use serde::de::{Error, Visitor};
use std::fmt;
use std::sync::Arc;

struct Shared;

impl Visitor<'_> for Shared {
    type Value = Arc<str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Arc<str>, E> {
        Ok(text.into())
    }
}

struct Maybe;

impl<'de> Visitor<'de> for Maybe {
    type Value = Option<Arc<str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or null")
    }

    fn visit_some<D: Deserializer<'de>>(self, text: D) -> Result<Self::Value, D::Error> {
        shared(text).map(Some)
    }

    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

/// Reads a key or a value.
pub(crate) fn shared<'de, D: Deserializer<'de>>(text: D) -> Result<Arc<str>, D::Error> {
    text.deserialize_str(Shared)
}

/// Reads a key or a value that may be null.
pub(crate) fn maybe_shared<'de, D: Deserializer<'de>>(
    text: D,
) -> Result<Option<Arc<str>>, D::Error> {
    text.deserialize_option(Maybe)
}
