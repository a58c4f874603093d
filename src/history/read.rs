//! Reads a history, whatever its form.

use super::fault::{Fault, ReadError};
use super::{Builder, Format, History, edn, jepsen_log, jsonl, porcupine};
use std::io::{self, Read};

/// The form of a file shows by then.
const START: usize = 64 * 1024;

/// What some editors put at the beginning of a text: the byte-order mark, in UTF-8. It says nothing.
const MARK: &[u8] = "\u{feff}".as_bytes();

/// A history that was read.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The history.
    pub history: History,
    /// How it was written.
    pub format: Format,
    /// How many events or lines were left out because they are not of a client: those of a nemesis, for example.
    pub left_out: u64,
}

/// Reads the history `input`; `name` is for messages. Without `format` its beginning tells which it is. Only the history
/// is kept in memory, not the text.
///
/// ```
/// let text = r#"{"time":0,"process":0,"type":"invoke","f":"read","key":"x","value":null}"#;
/// let reading = conlab::history::read("a.jsonl", text.as_bytes(), None)?;
/// assert_eq!(reading.history.len(), 1);
/// let error = conlab::history::read("a.jsonl", &b"{}\n"[..], None).expect_err("fields are missing");
/// assert!(error.to_string().starts_with("a.jsonl:1: the field \"time\" is missing"), "{error}");
/// # Ok::<(), conlab::history::ReadError>(())
/// ```
///
/// # Errors
/// The line, what is wrong with it, and the fix.
pub fn read(name: &str, input: impl Read, format: Option<Format>) -> Result<Reading, ReadError> {
    detected(input, format).map_err(|fault| fault.of(name))
}

fn detected(mut input: impl Read, format: Option<Format>) -> Result<Reading, Fault> {
    let mut start = Vec::new();
    let taken = input.by_ref().take(START as u64).read_to_end(&mut start);
    taken.map_err(|error| Fault::whole(format!("cannot be read: {error}")))?;
    if start.starts_with(MARK) {
        start.drain(..MARK.len());
    }
    let format = format.or_else(|| Format::of(&start)).ok_or_else(|| {
        Fault::whole(
            "its form cannot be told; name it: --format jsonl, edn, jepsen-log or porcupine-kv",
        )
    })?;
    whole(io::Cursor::new(start).chain(input), format)
}

fn whole(input: impl Read, format: Format) -> Result<Reading, Fault> {
    let (builder, left_out): (Builder, u64) = match format {
        Format::JsonLines => (jsonl::read(input)?, 0),
        Format::Edn => edn::read(input)?,
        Format::JepsenLog => jepsen_log::read(input)?,
        Format::PorcupineKv => (porcupine::read(input)?, 0),
    };
    Ok(Reading { history: builder.finish(), format, left_out })
}
