//! JSON Lines: conlab's own form, one event a line.
//!
//! ```text
//! {"index":0,"time":1200,"process":0,"type":"invoke","f":"write","key":"x","value":"7"}
//! {"index":1,"time":2400,"process":0,"type":"ok","f":"write","key":"x","value":"7","version":1}
//! ```

mod swift;

use super::Builder;
use super::datum::Datum;
use super::event::{Event, Function, Items, Sink, Type};
use super::fault::Fault;
use super::json::{self, Cursor};
use super::lines::Lines;
use std::borrow::Cow;
use std::io::Read;

/// Reads all events of `input`.
pub(super) fn read(input: impl Read) -> Result<Builder, Fault> {
    let mut sink = Sink::new(split);
    let mut lines = Lines::new(input);
    loop {
        let number = lines.number() + 1;
        let Some(line) = lines.next()? else { return Ok(sink.into_builder()) };
        if line.trim_ascii().is_empty() {
            continue;
        }
        let event = match swift::event(line, sink.events()) {
            Some(event) => event,
            None => Fields::of(line)
                .and_then(|fields| fields.event(sink.events()))
                .map_err(|reason| Fault::at(number, reason))?,
        };
        sink.take(number, &event)?;
    }
}

fn split(nested: &str) -> Option<Items<'_>> {
    json::items(nested).map(|items| Box::new(items) as Items<'_>)
}

/// The fields of a line that mean something here.
#[derive(Default)]
struct Fields<'a> {
    index: Option<Datum<'a>>,
    time: Option<Datum<'a>>,
    process: Option<Datum<'a>>,
    kind: Option<Datum<'a>>,
    function: Option<Datum<'a>>,
    key: Option<Datum<'a>>,
    value: Option<Datum<'a>>,
    version: Option<Datum<'a>>,
    node: Option<Datum<'a>>,
    is_final: Option<Datum<'a>>,
    error: Option<Datum<'a>>,
}

impl<'a> Fields<'a> {
    fn of(line: &'a str) -> Result<Self, String> {
        let mut fields = Fields::default();
        let mut cursor = Cursor::new(line);
        cursor.expect(b'{').map_err(not_json)?;
        let mut first = true;
        while let Some(name) = cursor.field(first).map_err(not_json)? {
            first = false;
            let value = cursor.value().map_err(not_json)?;
            let Some(field) = fields.field(&name) else { continue };
            if field.replace(value).is_some() {
                return Err(format!("the field {name:?} stands there twice; take one out"));
            }
        }
        cursor.end().map_err(not_json)?;
        Ok(fields)
    }

    #[inline]
    fn field(&mut self, name: &str) -> Option<&mut Option<Datum<'a>>> {
        Some(match name {
            "index" => &mut self.index,
            "time" => &mut self.time,
            "process" => &mut self.process,
            "type" => &mut self.kind,
            "f" => &mut self.function,
            "key" => &mut self.key,
            "value" => &mut self.value,
            "version" => &mut self.version,
            "node" => &mut self.node,
            "final" => &mut self.is_final,
            "error" => &mut self.error,
            _ => return None,
        })
    }

    /// The event, if every field has a value that it can have; `position` is that of the line among the events.
    fn event(self, position: u32) -> Result<Event<'a>, String> {
        let index = optional::<u64>(self.index, "index", "its position, from 0")?;
        if index.is_some_and(|index| index != u64::from(position)) {
            let index = index.unwrap_or_default();
            return Err(format!(
                "the index is {index}, expected {position}; number the events from 0, without gaps"
            ));
        }
        let time = required(self.time, "time", "the nanoseconds since the start of the run")?;
        let process = required(self.process, "process", "the number of the client")?;
        let kind = named(self.kind, "type", Type::of, "invoke, ok, fail or info")?;
        let function =
            named(self.function, "f", Function::of, "read, write, cas, delete or append")?;
        Ok(Event {
            time: Some(time),
            process,
            kind,
            function,
            key: key(self.key)?,
            value: self.value.unwrap_or(Datum::Null),
            version: optional(self.version, "version", "a whole number from 0")?,
            node: self.node.as_ref().and_then(number),
            is_final: flag(self.is_final)?,
            mismatch: matches!(self.error, Some(Datum::Text(text)) if text == "mismatch"),
        })
    }
}

#[cold]
fn not_json(reason: String) -> String {
    format!("the line is not an event in JSON: {reason}; write one JSON object on each line")
}

fn number<T: std::str::FromStr>(value: &Datum<'_>) -> Option<T> {
    match value {
        Datum::Bare(text) => text.parse().ok(),
        _ => None,
    }
}

fn required<T: std::str::FromStr>(
    value: Option<Datum<'_>>,
    name: &str,
    what: &str,
) -> Result<T, String> {
    let Some(value) = value else {
        return Err(format!("the field {name:?} is missing; give {what}"));
    };
    number(&value).ok_or_else(|| format!("{name:?} is {}; give {what}", value.shown()))
}

fn optional<T: std::str::FromStr>(
    value: Option<Datum<'_>>,
    name: &str,
    what: &str,
) -> Result<Option<T>, String> {
    match value {
        None | Some(Datum::Null) => Ok(None),
        some => required(some, name, what).map(Some),
    }
}

fn named<T>(
    value: Option<Datum<'_>>,
    name: &str,
    of: fn(&str) -> Option<T>,
    names: &str,
) -> Result<T, String> {
    match &value {
        Some(Datum::Text(text)) if let Some(found) = of(text) => Ok(found),
        Some(other) => Err(format!("{name:?} is {}; use {names}", other.shown())),
        None => Err(format!("the field {name:?} is missing; use {names}")),
    }
}

fn key(value: Option<Datum<'_>>) -> Result<Cow<'_, str>, String> {
    match value {
        None | Some(Datum::Null) => Ok(Cow::Borrowed("")),
        Some(Datum::Text(text)) => Ok(text),
        Some(other) => Err(format!("\"key\" is {}; give a string", other.shown())),
    }
}

fn flag(value: Option<Datum<'_>>) -> Result<bool, String> {
    match value {
        None | Some(Datum::Null | Datum::Bare("false")) => Ok(false),
        Some(Datum::Bare("true")) => Ok(true),
        Some(other) => Err(format!("\"final\" is {}; give true or false", other.shown())),
    }
}
