//! Jepsen's EDN: one vector of operation maps, or a map a line.
//!
//! ```text
//! {:index 0, :time 1200, :process 0, :type :invoke, :f :write, :value [:x 7]}
//! ```
//!
//! Jepsen lifts a test to many keys by making each value a tuple `[key value]`. An invocation shows whether it is one: a
//! read's value is then a vector, not nil; a write's a vector, not a scalar; a cas has a vector for its second value. Its
//! completion is read the same way. What the nemesis does is no operation of a client; it is counted and left out.

mod cursor;
mod forms;

pub(super) use cursor::{Cursor, items};
pub(super) use forms::Forms;

use super::Builder;
use super::datum::Datum;
use super::event::{Event, Function, Items, Sink, Type};
use super::fault::Fault;
use std::borrow::Cow;
use std::io::Read;

/// Reads all operations of `input`, and how many events of others it left out.
pub(super) fn read(input: impl Read) -> Result<(Builder, u64), Fault> {
    let mut reader = Reader { sink: Sink::new(split), left_out: 0 };
    let mut forms = Forms::new(input);
    while let Some((line, form)) = forms.next()? {
        let fields = Fields::of(form)
            .map_err(|reason| Fault::at(line, format!("the map is not EDN: {reason}")))?;
        reader.take(line, fields)?;
    }
    Ok((reader.sink.into_builder(), reader.left_out))
}

/// Splits a vector.
pub(super) fn split(nested: &str) -> Option<Items<'_>> {
    items(nested).map(|items| Box::new(items) as Items<'_>)
}

/// The fields of a map that mean something here.
#[derive(Debug, Default)]
pub(super) struct Fields<'a> {
    pub time: Option<Datum<'a>>,
    pub process: Option<Datum<'a>>,
    pub kind: Option<Datum<'a>>,
    pub function: Option<Datum<'a>>,
    pub key: Option<Datum<'a>>,
    pub value: Option<Datum<'a>>,
    version: Option<Datum<'a>>,
    node: Option<Datum<'a>>,
    is_final: Option<Datum<'a>>,
    error: Option<Datum<'a>>,
}

impl<'a> Fields<'a> {
    /// The fields of the map `form`.
    pub fn of(form: &'a str) -> Result<Self, String> {
        let mut fields = Fields::default();
        let mut cursor = Cursor::new(form);
        if !cursor.take(b'{') {
            return Err("expected a map".to_string());
        }
        while !cursor.take(b'}') {
            let name = cursor.value()?;
            let value = cursor.value()?;
            let field = match &name {
                Datum::Text(name) => fields.field(name),
                _ => None,
            };
            if let Some(field) = field
                && field.replace(value).is_some()
            {
                return Err(format!("{} stands there twice; take one out", name.shown()));
            }
        }
        Ok(fields)
    }

    fn field(&mut self, name: &str) -> Option<&mut Option<Datum<'a>>> {
        Some(match name {
            ":time" => &mut self.time,
            ":process" => &mut self.process,
            ":type" => &mut self.kind,
            ":f" => &mut self.function,
            ":key" => &mut self.key,
            ":value" => &mut self.value,
            ":version" => &mut self.version,
            ":node" => &mut self.node,
            ":final" => &mut self.is_final,
            ":error" => &mut self.error,
            _ => return None,
        })
    }

    /// Who it is of: `None` for the nemesis and its like.
    pub fn client(&self) -> Result<Option<i64>, String> {
        match &self.process {
            Some(Datum::Bare(number)) if let Ok(number) = number.parse() => Ok(Some(number)),
            Some(Datum::Text(name)) if name.starts_with(':') => Ok(None),
            Some(other) => {
                Err(format!(":process is {}; give the number of the client", other.shown()))
            }
            None => Err(":process is missing; give the number of the client".to_string()),
        }
    }
}

struct Reader {
    sink: Sink,
    left_out: u64,
}

impl Reader {
    fn take(&mut self, line: u64, fields: Fields<'_>) -> Result<(), Fault> {
        let wrong = |reason| Fault::at(line, reason);
        let Some(process) = fields.client().map_err(wrong)? else {
            self.left_out += 1;
            return Ok(());
        };
        let event = self.event(process, fields).map_err(wrong)?;
        self.sink.take(line, &event)
    }

    fn event<'a>(&self, process: i64, fields: Fields<'a>) -> Result<Event<'a>, String> {
        let kind = named(&fields.kind, ":type", Type::of, ":invoke, :ok, :fail or :info")?;
        let function = function(&fields.function)?;
        let value = fields.value.unwrap_or(Datum::Null);
        let (key, value) = match fields.key {
            Some(key) => (key_text(&key)?, value),
            None => self.untupled(process, kind, function, value)?,
        };
        Ok(Event {
            time: number(fields.time, ":time")?,
            process,
            kind,
            function,
            key,
            value,
            version: number(fields.version, ":version")?,
            node: fields.node.and_then(|node| number(Some(node), ":node").ok().flatten()),
            is_final: matches!(fields.is_final, Some(Datum::Bare("true"))),
            mismatch: matches!(fields.error, Some(Datum::Text(text)) if matches!(&*text, "mismatch" | ":mismatch")),
        })
    }

    /// The key and value of a tuple, or the value alone.
    fn untupled<'a>(
        &self,
        process: i64,
        kind: Type,
        function: Function,
        value: Datum<'a>,
    ) -> Result<(Cow<'a, str>, Datum<'a>), String> {
        let open = self.sink.open(process).filter(|_| kind != Type::Invoke);
        let keyed = open.map(|open| self.sink.key_name(open.key()));
        let tuple = keyed.map_or_else(|| is_tuple(function, &value), |key| !key.is_empty());
        match (tuple.then(|| two(&value)).flatten(), keyed) {
            (Some((key, value)), _) => Ok((key_text(&key)?, value)),
            (None, Some(key)) if tuple && kind != Type::Ok => {
                Ok((Cow::Owned(key.to_string()), Datum::Null))
            }
            (None, Some(_)) if tuple => Err(format!(
                "the value is {}; an independent operation completes with [key value]",
                value.shown()
            )),
            _ => Ok((Cow::Borrowed(""), value)),
        }
    }
}

/// Whether the value of an invocation is an independent tuple.
fn is_tuple(function: Function, value: &Datum<'_>) -> bool {
    match (function, two(value)) {
        (Function::Cas, Some((_, second))) => matches!(second, Datum::Nested(_)),
        (_, pair) => pair.is_some(),
    }
}

/// The two values of a vector of two.
fn two<'a>(value: &Datum<'a>) -> Option<(Datum<'a>, Datum<'a>)> {
    let Datum::Nested(text) = value else { return None };
    let mut items = items(text)?;
    match (items.next(), items.next(), items.next()) {
        (Some(first), Some(second), None) => Some((first, second)),
        _ => None,
    }
}

/// A key of any kind as text: `:x` is `x`, 7 is `7`.
pub(super) fn key_text<'a>(key: &Datum<'a>) -> Result<Cow<'a, str>, String> {
    match key {
        Datum::Null => Ok(Cow::Borrowed("")),
        Datum::Bare(text) => Ok(Cow::Borrowed(text)),
        Datum::Text(Cow::Borrowed(text)) => {
            Ok(Cow::Borrowed(text.strip_prefix(':').unwrap_or(text)))
        }
        Datum::Text(text) => Ok(text.clone()),
        Datum::Nested(_) => {
            Err(format!("the key is {}; give a string, a number or a keyword", key.shown()))
        }
    }
}

fn function(value: &Option<Datum<'_>>) -> Result<Function, String> {
    if let Some(Datum::Text(name)) = value {
        match &**name {
            ":get" | ":put" => {
                return Err(format!(
                    ":f is {name}, as in Porcupine's key-value text; read it with --format porcupine-kv"
                ));
            }
            ":txn" => {
                return Err(":f is :txn; transactions are not read here, only :read, :write, :cas, :delete and :append".to_string());
            }
            _ => {}
        }
    }
    named(value, ":f", Function::of, ":read, :write, :cas, :delete or :append")
}

/// The meaning of a keyword.
pub(super) fn named<T>(
    value: &Option<Datum<'_>>,
    name: &str,
    of: fn(&str) -> Option<T>,
    names: &str,
) -> Result<T, String> {
    match value {
        Some(Datum::Text(text)) if let Some(found) = text.strip_prefix(':').and_then(of) => {
            Ok(found)
        }
        Some(other) => Err(format!("{name} is {}; use {names}", other.shown())),
        None => Err(format!("{name} is missing; use {names}")),
    }
}

fn number<T: std::str::FromStr>(value: Option<Datum<'_>>, name: &str) -> Result<Option<T>, String> {
    match &value {
        None | Some(Datum::Null) => Ok(None),
        Some(Datum::Bare(text)) if let Ok(number) = text.parse() => Ok(Some(number)),
        Some(other) => Err(format!("{name} is {}; give a whole number from 0", other.shown())),
    }
}
