//! Writes a history as JSON Lines or as Jepsen's EDN, event by event in their order.

use super::{Act, End, History, OpId, Operation};
use std::io::{self, Write};

/// Writes JSON Lines, as [`read`](super::read) takes them.
pub fn write_jsonl(history: &History, out: &mut impl Write) -> io::Result<()> {
    for (index, event) in events(history).enumerate() {
        let operation = event.operation;
        let (time, process) = (event.time(), history.process_name(operation.process()));
        let (kind, function) = (event.kind(), function(operation));
        write!(
            out,
            "{{\"index\":{index},\"time\":{time},\"process\":{process},\"type\":\"{kind}\",\"f\":\"{function}\""
        )?;
        let key = history.key_name(operation.key());
        if !key.is_empty() {
            write!(out, ",\"key\":{}", quoted(key))?;
        }
        write!(out, ",\"value\":{}", event.value(history, ',', "null"))?;
        if event.ends {
            write_end(operation, out)?;
        }
        out.write_all(b"}\n")?;
    }
    Ok(())
}

fn write_end(operation: &Operation, out: &mut impl Write) -> io::Result<()> {
    if operation.end() == End::Mismatch {
        out.write_all(b",\"error\":\"mismatch\"")?;
    }
    if let Some(version) = operation.version() {
        write!(out, ",\"version\":{version}")?;
    }
    if let Some(node) = operation.node() {
        write!(out, ",\"node\":{node}")?;
    }
    if operation.is_final() {
        out.write_all(b",\"final\":true")?;
    }
    Ok(())
}

/// Writes Jepsen's EDN, a map a line. The values of a history with keys are tuples `[key value]`.
pub fn write_edn(history: &History, out: &mut impl Write) -> io::Result<()> {
    for (index, event) in events(history).enumerate() {
        let operation = event.operation;
        let (time, process) = (event.time(), history.process_name(operation.process()));
        let (kind, function) = (event.kind(), function(operation));
        write!(
            out,
            "{{:index {index}, :time {time}, :process {process}, :type :{kind}, :f :{function}"
        )?;
        let value = event.value(history, ' ', "nil");
        let key = history.key_name(operation.key());
        if key.is_empty() {
            write!(out, ", :value {value}")?;
        } else {
            write!(out, ", :value [{} {value}]", quoted(key))?;
        }
        if event.ends && operation.end() == End::Mismatch {
            out.write_all(b", :error :mismatch")?;
        }
        if let (true, Some(version)) = (event.ends, operation.version()) {
            write!(out, ", :version {version}")?;
        }
        if event.ends && operation.is_final() {
            out.write_all(b", :final true")?;
        }
        out.write_all(b"}\n")?;
    }
    Ok(())
}

/// The beginning or the end of an operation.
struct Event<'a> {
    operation: &'a Operation,
    ends: bool,
}

/// All events, in their order.
fn events(history: &History) -> impl Iterator<Item = Event<'_>> {
    let mut order: Vec<(u32, OpId, bool)> = Vec::with_capacity(history.len() * 2);
    for (id, operation) in (0..).zip(history.operations()) {
        order.push((operation.invoked(), id, false));
        order.extend(operation.ended().map(|ended| (ended, id, true)));
    }
    order.sort_unstable();
    order.into_iter().map(|(_, id, ends)| Event { operation: history.operation(id), ends })
}

impl Event<'_> {
    fn time(&self) -> u64 {
        let ended = self.operation.ended_time().filter(|_| self.ends);
        ended.unwrap_or_else(|| self.operation.invoked_time())
    }

    fn kind(&self) -> &'static str {
        match (self.ends, self.operation.end()) {
            (false, _) => "invoke",
            (true, End::Ok) => "ok",
            (true, End::Fail | End::Mismatch) => "fail",
            (true, End::Info) => "info",
        }
    }

    /// The value as JSON; but `comma` stands between the elements of a list, and `nothing` where there is no value.
    fn value(&self, history: &History, comma: char, nothing: &str) -> String {
        let operation = self.operation;
        let scalar = |value| match history.value_text(value) {
            "null" => nothing.to_string(),
            text => text.to_string(),
        };
        match operation.act() {
            Act::Delete => nothing.to_string(),
            Act::Read | Act::ReadList if !self.ends || operation.end() != End::Ok => {
                nothing.to_string()
            }
            Act::Cas => {
                format!("[{}{comma}{}]", scalar(operation.old()), scalar(operation.value()))
            }
            Act::ReadList => {
                format!("[{}]", history.list_texts(operation.list()).join(&comma.to_string()))
            }
            Act::Read | Act::Write | Act::Append => scalar(operation.value()),
        }
    }
}

fn function(operation: &Operation) -> &'static str {
    match operation.act() {
        Act::Read | Act::ReadList => "read",
        Act::Write => "write",
        Act::Cas => "cas",
        Act::Delete => "delete",
        Act::Append => "append",
    }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::new();
    super::event::quote(text, &mut quoted);
    quoted
}
