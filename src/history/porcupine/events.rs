//! The events of Porcupine's text, as they stand there.

use crate::history::datum::Datum;
use crate::history::edn::{Fields, Forms, key_text, named};
use crate::history::fault::Fault;
use std::io::Read;

pub(in crate::history) use crate::history::event::Type;

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    Get,
    Put,
    Append,
}

impl Function {
    fn of(name: &str) -> Option<Function> {
        match name {
            "get" => Some(Function::Get),
            "put" => Some(Function::Put),
            "append" => Some(Function::Append),
            _ => None,
        }
    }
}

/// One event.
#[derive(Debug)]
pub struct Event {
    pub line: u64,
    pub process: i64,
    pub kind: Type,
    pub function: Function,
    pub key: String,
    /// Empty where there is none.
    pub value: String,
}

/// All events: what an append does shows only later, so they are all kept.
pub fn read(input: impl Read) -> Result<Vec<Event>, Fault> {
    let mut events = Vec::new();
    let mut forms = Forms::new(input);
    while let Some((line, form)) = forms.next()? {
        let event = Fields::of(form).and_then(|fields| event(line, fields));
        events.push(event.map_err(|reason| Fault::at(line, reason))?);
    }
    Ok(events)
}

fn event(line: u64, fields: Fields<'_>) -> Result<Event, String> {
    let process = fields.client()?.ok_or(":process is a keyword; give the number of the client")?;
    let kind = named(&fields.kind, ":type", Type::of, ":invoke, :ok, :fail or :info")?;
    let function = named(&fields.function, ":f", Function::of, ":get, :put or :append")?;
    let key = fields.key.ok_or(":key is missing; give the name of the variable")?;
    let value = match fields.value {
        None | Some(Datum::Null) => String::new(),
        Some(Datum::Text(text)) => text.into_owned(),
        Some(other) => return Err(format!(":value is {}; give a string", other.shown())),
    };
    if kind == Type::Invoke && function == Function::Append && value.is_empty() {
        return Err("an append of nothing; give it a text of its own".to_string());
    }
    Ok(Event { line, process, kind, function, key: key_text(&key)?.into_owned(), value })
}
