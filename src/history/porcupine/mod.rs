//! The key-value text of Porcupine's tests: get, put, and an append that lengthens a string.
//!
//! ```text
//! {:process 0, :type :invoke, :f :append, :key "4", :value "x 0 1 y"}
//! {:process 0, :type :ok, :f :get, :key "4", :value "x 0 1 yx 0 3 y"}
//! ```
//!
//! Histories here hold registers, so an append becomes what it did to the string. What a get shows is taken apart into the
//! texts that were put and appended; an append that shows there after `p` is a cas from `p` to `p` and its own text. One
//! that no get shows was overwritten by a put, or nobody looked: it is a write of a value that nobody reads. Either way
//! exactly the same orders are allowed as of the strings. An empty string is an absent register. Where two appends of the
//! same text to a key cannot be told apart, the history is refused.

mod appends;
mod events;

use super::event::quote;
use super::fault::Fault;
use super::{Asked, Builder, Observed, Stamp};
use appends::Appends;
use events::{Event, Function, Type};
use std::io::Read;

/// Reads all operations of `input`.
pub(super) fn read(input: impl Read) -> Result<Builder, Fault> {
    let events = events::read(input)?;
    let appends = Appends::of(&events)?;
    let mut builder = Builder::new();
    builder.without_clock();
    let mut writer = Writer { builder, old: String::new(), new: String::new() };
    for (position, event) in events.iter().enumerate() {
        writer.take(position, event, &appends).map_err(|reason| Fault::at(event.line, reason))?;
    }
    Ok(writer.builder)
}

struct Writer {
    builder: Builder,
    old: String,
    new: String,
}

impl Writer {
    fn take(&mut self, position: usize, event: &Event, appends: &Appends) -> Result<(), String> {
        let line = u32::try_from(event.line).map_err(|_| "the file is too long".to_string())?;
        let at = Stamp::new(u64::from(self.builder.events()), line);
        let taken = match event.kind {
            Type::Invoke => {
                let asked = self.asked(position, event, appends);
                self.builder.invoke(
                    at,
                    event.process,
                    &event.key,
                    asked.given(&self.old, &self.new),
                )
            }
            Type::Ok => {
                let observed = self.observed(event);
                self.builder.ok(
                    at,
                    event.process,
                    if observed { Observed::scalar(&self.new) } else { Observed::nothing() },
                )
            }
            Type::Fail => self.builder.fail(at, event.process, false),
            Type::Info => self.builder.info(at, event.process),
        };
        taken.map_err(|error| error.wrong.to_string())
    }

    /// What an invocation asks for; its values are then in `old` and `new`.
    fn asked(&mut self, position: usize, event: &Event, appends: &Appends) -> Kind {
        self.old.clear();
        self.new.clear();
        match event.function {
            Function::Get => Kind::Read,
            Function::Put if event.value.is_empty() => Kind::Delete,
            Function::Put => {
                quote(&event.value, &mut self.new);
                Kind::Write
            }
            Function::Append => match appends.shown_after(position) {
                Some(before) => {
                    match before {
                        "" => self.old.push_str("null"),
                        before => quote(before, &mut self.old),
                    }
                    quote(&format!("{before}{}", event.value), &mut self.new);
                    Kind::Cas
                }
                None => {
                    quote(&format!("…{} (line {})", event.value, event.line), &mut self.new);
                    Kind::Write
                }
            },
        }
    }

    /// Whether an `ok` shows a string; it is then in `new`.
    fn observed(&mut self, event: &Event) -> bool {
        self.new.clear();
        quote(&event.value, &mut self.new);
        event.function == Function::Get && !event.value.is_empty()
    }
}

/// An invocation without its values.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Read,
    Write,
    Cas,
    Delete,
}

impl Kind {
    fn given<'a>(self, old: &'a str, new: &'a str) -> Asked<'a> {
        match self {
            Kind::Read => Asked::Read,
            Kind::Write => Asked::Write(new),
            Kind::Cas => Asked::Cas(old, new),
            Kind::Delete => Asked::Delete,
        }
    }
}
