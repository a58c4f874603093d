//! One event of a file, whichever its format, on its way into the [`Builder`].

use super::datum::Datum;
use super::fault::Fault;
use super::{Act, Asked, Builder, ListId, Observed, Operation, Stamp};
use std::borrow::Cow;
use std::fmt::Write;

/// What an event tells of its operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Invoke,
    Ok,
    Fail,
    Info,
}

impl Type {
    /// The type of this name.
    pub fn of(name: &str) -> Option<Type> {
        match name {
            "invoke" => Some(Type::Invoke),
            "ok" => Some(Type::Ok),
            "fail" => Some(Type::Fail),
            "info" => Some(Type::Info),
            _ => None,
        }
    }
}

/// What its operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Read,
    Write,
    Cas,
    Delete,
    Append,
}

impl Function {
    /// The function of this name.
    pub fn of(name: &str) -> Option<Function> {
        match name {
            "read" => Some(Function::Read),
            "write" => Some(Function::Write),
            "cas" => Some(Function::Cas),
            "delete" => Some(Function::Delete),
            "append" => Some(Function::Append),
            _ => None,
        }
    }

    fn of_act(act: Act) -> Function {
        match act {
            Act::Read | Act::ReadList => Function::Read,
            Act::Write => Function::Write,
            Act::Cas => Function::Cas,
            Act::Delete => Function::Delete,
            Act::Append => Function::Append,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Function::Read => "read",
            Function::Write => "write",
            Function::Cas => "cas",
            Function::Delete => "delete",
            Function::Append => "append",
        }
    }
}

/// The values of a vector or an array, one by one.
pub(super) type Items<'a> = Box<dyn Iterator<Item = Datum<'a>> + 'a>;

/// Splits a nested value of the format at hand; `None` where it is no array.
pub(super) type Split = for<'a> fn(&'a str) -> Option<Items<'a>>;

/// One event.
#[derive(Debug, PartialEq)]
pub(super) struct Event<'a> {
    /// Nanoseconds; `None` in formats without a clock, where the position counts.
    pub time: Option<u64>,
    pub process: i64,
    pub kind: Type,
    pub function: Function,
    /// Empty for the single register.
    pub key: Cow<'a, str>,
    pub value: Datum<'a>,
    pub version: Option<u64>,
    pub node: Option<u32>,
    pub is_final: bool,
    /// A failed cas says that it found another value.
    pub mismatch: bool,
}

/// Takes events into a history.
#[derive(Debug)]
pub(super) struct Sink {
    builder: Builder,
    split: Split,
    first: String,
    second: String,
}

impl Sink {
    /// Of a format whose nested values `split` takes apart.
    pub fn new(split: Split) -> Self {
        Sink { builder: Builder::new(), split, first: String::new(), second: String::new() }
    }

    /// The history of all events.
    pub fn into_builder(self) -> Builder {
        self.builder
    }

    /// The name of a key.
    pub fn key_name(&self, key: super::KeyId) -> &str {
        self.builder.key_name(key)
    }

    /// How many events there were.
    pub fn events(&self) -> u32 {
        self.builder.events()
    }

    /// The operation that a process has open.
    pub fn open(&self, process: i64) -> Option<&Operation> {
        self.builder.open(process)
    }

    /// Takes an event of this line.
    pub fn take(&mut self, line: u64, event: &Event<'_>) -> Result<(), Fault> {
        let number = u32::try_from(line).map_err(|_| Fault::at(line, too_many_lines()))?;
        if event.time.is_none() {
            self.builder.without_clock();
        }
        let at = Stamp::new(event.time.unwrap_or_else(|| u64::from(self.builder.events())), number);
        let taken = match event.kind {
            Type::Invoke => self.invoke(at, event),
            Type::Ok => self.ok(at, event),
            Type::Fail => self.same(event).and_then(|()| {
                let failed = self.builder.fail(at, event.process, event.mismatch);
                failed.map_err(|error| error.wrong.to_string())
            }),
            Type::Info => self.same(event).and_then(|()| {
                self.builder.info(at, event.process).map_err(|error| error.wrong.to_string())
            }),
        };
        taken.map_err(|reason| Fault::at(line, reason))
    }

    fn invoke(&mut self, at: Stamp, event: &Event<'_>) -> Result<(), String> {
        let asked = match event.function {
            Function::Read => Asked::Read,
            Function::Delete => Asked::Delete,
            Function::Write => Asked::Write(text_of(&event.value, &mut self.first)?),
            Function::Append => Asked::Append(text_of(&event.value, &mut self.first)?),
            Function::Cas => {
                pair_of(&event.value, self.split, &mut self.first, &mut self.second)?;
                Asked::Cas(&self.first, &self.second)
            }
        };
        let invoked = self.builder.invoke(at, event.process, &event.key, asked);
        invoked.map_err(|error| error.wrong.to_string())
    }

    fn ok(&mut self, at: Stamp, event: &Event<'_>) -> Result<(), String> {
        self.same(event)?;
        let observed = match (&event.value, event.function) {
            (Datum::Nested(list), Function::Read) => Observed::list(self.list(list)?),
            (Datum::Null, _) | (_, Function::Delete) => Observed::nothing(),
            (value, Function::Read) => Observed::scalar(text_of(value, &mut self.first)?),
            _ => self.written(event)?,
        };
        let observed = Observed {
            version: event.version,
            node: event.node,
            is_final: event.is_final,
            ..observed
        };
        self.builder.ok(at, event.process, observed).map_err(|error| error.wrong.to_string())
    }

    /// What an `ok` repeats of the value written must be what the invocation said.
    fn written(&mut self, event: &Event<'_>) -> Result<Observed<'static>, String> {
        let old = if event.function == Function::Cas {
            pair_of(&event.value, self.split, &mut self.second, &mut self.first)?;
            Some(self.second.as_str())
        } else {
            text_of(&event.value, &mut self.first)?;
            None
        };
        let Some(open) = self.builder.open(event.process) else { return Ok(Observed::nothing()) };
        let (asked, asked_old) =
            (self.builder.value_text(open.value()), self.builder.value_text(open.old()));
        if asked == self.first && old.is_none_or(|old| old == asked_old) {
            return Ok(Observed::nothing());
        }
        let found = event.value.shown();
        Err(format!(
            "the value is {found}, but line {} invoked with another; repeat it, or give null",
            open.invoked_line()
        ))
    }

    /// A completion must be of the operation that its process invoked.
    fn same(&self, event: &Event<'_>) -> Result<(), String> {
        let Some(open) = self.builder.open(event.process) else { return Ok(()) }; // the builder says so
        let (line, invoked) = (open.invoked_line(), Function::of_act(open.act()));
        if invoked != event.function {
            let (found, invoked) = (event.function.name(), invoked.name());
            return Err(format!(
                "process {} completes a {found}, but line {line} invoked a {invoked}; complete that one",
                event.process
            ));
        }
        let key = self.builder.key_name(open.key());
        if key != event.key {
            return Err(format!(
                "the key is {:?}, but line {line} invoked on {key:?}; repeat that key",
                event.key
            ));
        }
        Ok(())
    }

    fn list(&mut self, text: &str) -> Result<ListId, String> {
        let items = (self.split)(text).ok_or_else(|| no_scalar(text))?;
        let mut list = ListId::EMPTY;
        for item in items {
            if item == Datum::Null {
                return Err("a list cannot hold null; leave the element out".to_string());
            }
            let element = text_of(&item, &mut self.first)?;
            list = self.builder.extend(list, element);
        }
        Ok(list)
    }
}

/// A scalar as the text of JSON, written into `text`.
fn text_of<'t>(value: &Datum<'_>, text: &'t mut String) -> Result<&'t str, String> {
    text.clear();
    match value {
        Datum::Null => text.push_str("null"),
        Datum::Bare(bare) => text.push_str(bare),
        Datum::Text(plain) => quote(plain, text),
        Datum::Nested(nested) => return Err(no_scalar(nested)),
    }
    Ok(text)
}

/// Appends a text in quotes, as JSON writes it.
pub(super) fn quote(plain: &str, text: &mut String) {
    text.push('"');
    if plain.bytes().any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
        for c in plain.chars() {
            match c {
                '"' => text.push_str("\\\""),
                '\\' => text.push_str("\\\\"),
                '\n' => text.push_str("\\n"),
                '\t' => text.push_str("\\t"),
                '\r' => text.push_str("\\r"),
                c if c < ' ' => drop(write!(text, "\\u{:04x}", c as u32)),
                c => text.push(c),
            }
        }
    } else {
        text.push_str(plain);
    }
    text.push('"');
}

fn pair_of(
    value: &Datum<'_>,
    split: Split,
    old: &mut String,
    new: &mut String,
) -> Result<(), String> {
    let wrong = || format!("the value of a cas is {}; write it as [old, new]", value.shown());
    let Datum::Nested(nested) = value else { return Err(wrong()) };
    let mut items = split(nested).ok_or_else(wrong)?;
    let (Some(first), Some(second), None) = (items.next(), items.next(), items.next()) else {
        return Err(wrong());
    };
    text_of(&first, old)?;
    text_of(&second, new)?;
    Ok(())
}

fn no_scalar(nested: &str) -> String {
    let shown = Datum::Nested(nested).shown();
    format!(
        "{shown} is no scalar; a register or an element holds a string, a number, true or false"
    )
}

fn too_many_lines() -> String {
    format!("more than {} lines; check a shorter part of the run", u32::MAX)
}
