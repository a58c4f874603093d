//! The text log of Jepsen's register test.
//!
//! ```text
//! INFO  jepsen.util - 2 :invoke :cas [3 0]
//! INFO  jepsen.util - 2 :fail :cas [3 0]
//! ```
//!
//! It has no clock: the order of its lines is all. `:info` is unknown; a failed cas found another value; a failed read is
//! dropped with its invocation, as it saw nothing. Lines of others than clients are counted and left out.

use super::Builder;
use super::datum::Datum;
use super::edn::{Cursor, named, split};
use super::event::{Event, Function, Sink, Type};
use super::fault::Fault;
use super::lines::Lines;
use std::borrow::Cow;
use std::io::Read;

/// What stands before each operation.
pub(super) const MARK: &str = "jepsen.util - ";

/// Reads all operations of `input`, and how many lines of others it left out.
pub(super) fn read(input: impl Read) -> Result<(Builder, u64), Fault> {
    let mut sink = Sink::new(split);
    let mut lines = Lines::new(input);
    let mut left_out = 0;
    loop {
        let number = lines.number() + 1;
        let Some(line) = lines.next()? else { break };
        match event(line).map_err(|reason| Fault::at(number, reason))? {
            Some(event) => sink.take(number, &event)?,
            None => left_out += u64::from(!line.trim_ascii().is_empty()),
        }
    }
    if sink.events() == 0 && left_out > 0 {
        return Err(Fault::whole(
            "none of its lines is an operation, as in `INFO  jepsen.util - 0 :invoke :read nil`; name the right --format",
        ));
    }
    Ok((sink.into_builder(), left_out))
}

/// The event of a line; `None` where it is not of a client.
fn event(line: &str) -> Result<Option<Event<'_>>, String> {
    let Some((_, rest)) = line.split_once(MARK) else { return Ok(None) };
    let mut words = rest.trim_start().splitn(2, [' ', '\t']);
    let who = words.next().unwrap_or_default();
    if who.starts_with(':') {
        return Ok(None);
    }
    let process = who
        .parse()
        .map_err(|_| format!("{who:?} is no process; expected `PROCESS :type :f value`"))?;
    let mut cursor = Cursor::new(words.next().unwrap_or_default());
    let kind = named(&Some(cursor.value()?), "the type", Type::of, ":invoke, :ok, :fail or :info")?;
    let function = named(
        &Some(cursor.value()?),
        "the function",
        Function::of,
        ":read, :write, :cas, :delete or :append",
    )?;
    let value = cursor.value()?;
    let failed_cas = kind == Type::Fail && function == Function::Cas;
    Ok(Some(Event {
        time: None,
        process,
        kind,
        function,
        key: Cow::Borrowed(""),
        mismatch: failed_cas && matches!(value, Datum::Nested(_)),
        value,
        version: None,
        node: None,
        is_final: false,
    }))
}
