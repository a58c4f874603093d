//! A value as it stands in a text, whichever text it is: borrowed where it can be.

use std::borrow::Cow;

/// What a field of an event can hold.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Datum<'a> {
    /// Nothing: `null`, `nil`.
    Null,
    /// `true`, `false` or a number, as it stands in the text.
    Bare(&'a str),
    /// A string without its escapes; an EDN keyword or symbol, with its colon.
    Text(Cow<'a, str>),
    /// An array, a vector or an object, as it stands in the text.
    Nested(&'a str),
}

impl Datum<'_> {
    /// The value for an error message: short, and in the form of JSON.
    pub fn shown(&self) -> String {
        const LONGEST: usize = 40;
        let text = match self {
            Datum::Null => "null".to_string(),
            Datum::Bare(text) | Datum::Nested(text) => (*text).to_string(),
            Datum::Text(text) => format!("{text:?}"),
        };
        if text.chars().count() <= LONGEST {
            return text;
        }
        text.chars().take(LONGEST - 1).chain(['…']).collect()
    }
}
