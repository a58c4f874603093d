//! The sentences of an explanation.

use crate::history::words::{key, shown, value};
use crate::history::{Act, History, OpId, ValueId};

/// `process 3`.
pub fn process(history: &History, id: OpId) -> String {
    format!("process {}", history.process_name(history.operation(id).process()))
}

/// The same, or `it` where another was just named.
fn process_after(history: &History, id: OpId, other: OpId) -> String {
    let same = history.operation(id).process() == history.operation(other).process();
    if same { "it".to_string() } else { process(history, id) }
}

/// `x = 7`; `7` of the register of a history without keys; `x as absent`.
fn state(history: &History, id: OpId, held: ValueId) -> String {
    let operation = history.operation(id);
    let name = history.key_name(operation.key());
    match (held, name) {
        (ValueId::ABSENT, _) => format!("{} as absent", key(history, operation)),
        (held, "") => value(history, held),
        (held, _) => format!("{} = {}", key(history, operation), value(history, held)),
    }
}

/// `read x = 7`, `found x = 7` of a cas.
pub fn saw(history: &History, id: OpId) -> String {
    let operation = history.operation(id);
    match operation.act() {
        Act::ReadList => {
            let list = shown(&history.list_texts(operation.list()).join(", "));
            format!("read {} as [{list}]", key(history, operation))
        }
        Act::Cas => format!("found {}", state(history, id, operation.old())),
        _ => format!("read {}", state(history, id, operation.value())),
    }
}

/// `wrote x = 7`, `deleted x`, `appended 7`.
pub fn made(history: &History, id: OpId) -> String {
    let operation = history.operation(id);
    match operation.act() {
        Act::Delete => format!("deleted {}", key(history, operation)),
        Act::Append => {
            format!("appended {} to {}", value(history, operation.value()), key(history, operation))
        }
        _ => format!("wrote {}", state(history, id, operation.value())),
    }
}

fn noun(history: &History, id: OpId) -> &'static str {
    match history.operation(id).act() {
        Act::Read | Act::ReadList => "read",
        Act::Write => "write",
        Act::Cas => "cas",
        Act::Delete => "delete",
        Act::Append => "append",
    }
}

/// One returned before the other was invoked.
pub fn time(history: &History, from: OpId, to: OpId) -> String {
    let (first, then) = (process(history, from), process_after(history, to, from));
    let then = if then == "it" { "its".to_string() } else { format!("{then}'s") };
    let (one, other) = (noun(history, from), noun(history, to));
    match one == other && then == "its" {
        true => format!("{first}'s first {one} had ended before its second began"),
        false => format!("{first}'s {one} had ended before {then} {other} began"),
    }
}

/// One process did both.
pub fn own(history: &History, from: OpId, to: OpId) -> String {
    let (one, other) = (noun(history, from), noun(history, to));
    match one == other {
        true => format!("{}'s first {one} came before its second", process(history, from)),
        false => format!("{}'s {one} came before its {other}", process(history, from)),
    }
}

/// The second returned what the first wrote.
pub fn read_from(history: &History, write: OpId, read: OpId) -> String {
    let (reader, writer) = (process(history, read), process_after(history, write, read));
    let left = match history.operation(write).act() {
        Act::Delete => "deleted",
        Act::Append => "appended to",
        _ => "written",
    };
    format!("{reader} {}, which {writer} had {left}", saw(history, read))
}

/// A read of nothing, or of a list without an element, comes before the write.
pub fn initial(history: &History, read: OpId, write: OpId) -> String {
    let (reader, writer) = (process(history, read), process_after(history, write, read));
    format!("{reader} {}, so before {writer} {}", saw(history, read), made(history, write))
}

/// A read comes before the write that overwrote what it returned.
pub fn overwritten(history: &History, read: OpId, source: OpId, write: OpId) -> String {
    let reader = process(history, read);
    let (first, then) =
        (process_after(history, source, read), process_after(history, write, source));
    let (saw, made) = (saw(history, read), made(history, write));
    let left = if history.operation(source).act() == Act::Delete { "deleted" } else { "wrote" };
    format!("{reader} {saw}, which {first} {left} before {then} {made}")
}

/// A write comes before another: a read saw the other, with both behind it.
pub fn between(history: &History, write: OpId, read: OpId) -> String {
    let (reader, writer) = (process(history, read), process_after(history, write, read));
    let (saw, made) = (saw(history, read), made(history, write));
    format!("{reader} {saw} after {writer} had {}, so that came first", perfect(&made))
}

/// `wrote` after `had`.
fn perfect(made: &str) -> String {
    made.replacen("wrote ", "written ", 1)
}

/// A list shows one element before another.
pub fn shown_before(history: &History, read: OpId) -> String {
    format!("{} {}, in this order", process(history, read), saw(history, read))
}

/// A read of nothing comes before all that saw something.
pub fn before_any(history: &History, read: OpId) -> String {
    format!("{} {}, so before anyone saw a value there", process(history, read), saw(history, read))
}

/// `process 1 read x = 7 after process 0 had overwritten it with 9`.
pub fn stale(history: &History, read: OpId, write: OpId) -> String {
    let (reader, writer) = (process(history, read), process_after(history, write, read));
    let with = match history.operation(write).act() {
        Act::Delete => "deleted it".to_string(),
        _ => {
            let new = value(history, history.operation(write).value());
            format!("overwritten it with {new}")
        }
    };
    format!("{reader} {}, although {writer} had {with}", saw(history, read))
}

/// `process 1 read x as absent, although process 0 had written x = 7`.
pub fn unseen(history: &History, read: OpId, write: OpId) -> String {
    let (reader, writer) = (process(history, read), process_after(history, write, read));
    let made = perfect(&made(history, write));
    format!("{reader} {}, although {writer} had {made}", saw(history, read))
}

/// `process 1 read x as absent, although process 0 had read x = 7`.
pub fn unseen_but_read(history: &History, read: OpId, earlier: OpId) -> String {
    let (reader, other) = (process(history, read), process_after(history, earlier, read));
    format!("{reader} {}, although {other} had {}", saw(history, read), saw(history, earlier))
}

/// `process 1 read x = 7 before process 0 wrote it`.
pub fn too_early(history: &History, read: OpId, write: OpId) -> String {
    let (reader, writer) = (process(history, read), process_after(history, write, read));
    let wrote = if history.operation(write).act() == Act::Append { "appended" } else { "wrote" };
    let it = match history.operation(write).act() {
        Act::Append => value(history, history.operation(write).value()),
        _ => "it".to_string(),
    };
    format!("{reader} {} before {writer} {wrote} {it}", saw(history, read))
}

/// `reads disagree on which came last, x = 7 or x = 9`.
pub fn disagree(history: &History, one: OpId, other: OpId) -> String {
    let left = |id: OpId| {
        let operation = history.operation(id);
        match operation.act() {
            Act::Append => value(history, operation.value()),
            _ => state(history, id, operation.value()),
        }
    };
    format!("reads disagree on which came last, {} or {}", left(one), left(other))
}

/// A cas that failed although what it expected was all that can have been there.
pub fn mismatch(history: &History, id: OpId) -> String {
    let held = state(history, id, history.operation(id).old());
    let who = process(history, id);
    format!("{who}'s cas found something else than {held}, but nothing else can have been there")
}

/// `process 0 had written x = 7`.
pub fn had_made(history: &History, write: OpId) -> String {
    format!("{} had {}", process(history, write), perfect(&made(history, write)))
}

/// Two cas replaced the same value.
pub fn both_took(history: &History, (one, other): (OpId, OpId)) -> String {
    let held = state(history, one, history.operation(one).old());
    let (one, other) = (process(history, one), process(history, other));
    format!("{one} and {other} both found and replaced {held}")
}

/// What a process did first and then, with the versions where they are known: `process 1 wrote x = 7 (version 3), then …`.
pub fn in_turn(
    history: &History,
    (first, one): (OpId, Option<u64>),
    (then, other): (OpId, Option<u64>),
) -> String {
    let did = |id: OpId, version: Option<u64>| {
        let did = match history.operation(id).act().is_read() {
            true => saw(history, id),
            false => made(history, id),
        };
        version.map_or(did.clone(), |version| format!("{did} (version {version})"))
    };
    format!("{} {}, then {}", process(history, first), did(first, one), did(then, other))
}

/// A version that is not past another.
pub fn older(then: u64, first: u64) -> String {
    match then == first {
        true => format!("both are version {first}"),
        false => format!("version {then} is older than version {first}"),
    }
}
