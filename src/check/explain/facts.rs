//! What each operation can have seen.

use super::sentence;
use crate::check::Model;
use crate::history::words::value;
use crate::history::{Act, End, History, OpId, Operation, ValueId};

/// Where a value that was seen can come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The absence before any write.
    Start,
    /// A write, cas, delete or append.
    Write(OpId),
}

/// A few operations, and what those that look can have seen.
#[derive(Debug)]
pub struct Facts<'a> {
    pub history: &'a History,
    /// By operation: the sources of what it saw. Empty where it saw nothing in particular.
    pub sources: Vec<Vec<Source>>,
    /// By operation: true where it surely took effect.
    pub live: Vec<bool>,
}

impl<'a> Facts<'a> {
    /// The facts of a history under a model: values decide, and where the model knows them, versions.
    pub fn of(history: &'a History, model: Model) -> Self {
        let live = history.operations().iter().map(|one| one.end() == End::Ok).collect();
        let mut facts = Facts { history, sources: vec![Vec::new(); history.len()], live };
        let stamped = !matches!(model, Model::Linearizable | Model::Sequential);
        let mut ahead: Vec<OpId> = facts.ids().filter(|&id| facts.live[id as usize]).collect();
        while let Some(id) = ahead.pop() {
            for element in elements(history, id) {
                for append in appends(history, id, element) {
                    facts.live[append as usize] = true;
                }
            }
            let sources = sources(history, id, stamped);
            if let [Source::Write(only)] = sources[..]
                && !facts.live[only as usize]
            {
                facts.live[only as usize] = true;
                ahead.push(only);
            }
            facts.sources[id as usize] = sources;
        }
        facts
    }

    /// All operations.
    pub fn ids(&self) -> impl Iterator<Item = OpId> + use<> {
        0..self.history.len() as OpId
    }

    /// What an operation surely saw.
    pub fn source(&self, id: OpId) -> Option<Source> {
        match self.sources[id as usize][..] {
            [only] => Some(only),
            _ => None,
        }
    }

    /// The operations that surely changed the key of `id`, without it.
    pub fn writes_beside(&self, id: OpId) -> impl Iterator<Item = OpId> {
        let key = self.history.operation(id).key();
        self.ids().filter(move |&write| {
            let operation = self.history.operation(write);
            let changes = !operation.act().is_read() && self.live[write as usize];
            write != id && changes && operation.key() == key
        })
    }

    /// The append of an element of the list that `read` saw.
    pub fn append(&self, read: OpId, element: ValueId) -> Option<OpId> {
        appends(self.history, read, element).next()
    }
}

/// The elements that a read of a list shows.
pub fn elements(history: &History, read: OpId) -> Vec<ValueId> {
    let operation = history.operation(read);
    match (operation.act(), operation.end()) {
        (Act::ReadList, End::Ok) => history.lists().elements(operation.list()),
        _ => Vec::new(),
    }
}

/// What an operation shows of a register: what it read, or what its cas found.
fn seen(operation: &Operation) -> Option<ValueId> {
    match operation.act() {
        Act::Read => Some(operation.value()),
        Act::Cas => Some(operation.old()),
        _ => None,
    }
}

fn sources(history: &History, id: OpId, stamped: bool) -> Vec<Source> {
    let operation = history.operation(id);
    let Some(seen) = seen(operation) else { return Vec::new() };
    let version = operation.version().filter(|_| stamped && operation.act() == Act::Read);
    let mut found: Vec<Source> = writers(history, id, seen).map(Source::Write).collect();
    if seen == ValueId::ABSENT {
        found.insert(0, Source::Start);
    }
    let Some(version) = version else { return found };
    let made = |source: &Source| match source {
        Source::Start => Some(0),
        Source::Write(write) => history.operation(*write).version(),
    };
    found.retain(|source| made(source).is_none_or(|made| made == version));
    if found.iter().any(|source| made(source).is_some()) {
        found.retain(|source| made(source).is_some());
    }
    found
}

/// Who may have left this value in the key of `id`.
fn writers(history: &History, id: OpId, value: ValueId) -> impl Iterator<Item = OpId> {
    let key = history.operation(id).key();
    (0..).zip(history.operations()).filter_map(move |(write, operation)| {
        let wrote = match operation.act() {
            Act::Write | Act::Cas => operation.value(),
            Act::Delete => ValueId::ABSENT,
            _ => return None,
        };
        let counts = matches!(operation.end(), End::Ok | End::Info) && operation.key() == key;
        (counts && wrote == value && write != id).then_some(write)
    })
}

fn appends(history: &History, read: OpId, element: ValueId) -> impl Iterator<Item = OpId> {
    let key = history.operation(read).key();
    (0..).zip(history.operations()).filter_map(move |(append, operation)| {
        let counts = matches!(operation.end(), End::Ok | End::Info) && operation.key() == key;
        let appends = operation.act() == Act::Append && operation.value() == element;
        (counts && appends).then_some(append)
    })
}

/// What was seen although nobody can have left it.
pub fn from_nowhere(history: &History, model: Model) -> Option<String> {
    let facts = Facts::of(history, model);
    facts.ids().filter(|&id| facts.live[id as usize]).find_map(|id| {
        let operation = history.operation(id);
        match operation.act() {
            Act::ReadList => odd_list(history, id),
            _ if seen(operation).is_some() && facts.sources[id as usize].is_empty() => {
                Some(unwritten(history, id))
            }
            _ => None,
        }
    })
}

fn unwritten(history: &History, id: OpId) -> String {
    let operation = history.operation(id);
    let (who, saw) = (sentence::process(history, id), sentence::saw(history, id));
    let written = seen(operation)
        .is_some_and(|seen| seen == ValueId::ABSENT || writers(history, id, seen).next().is_some());
    match operation.version().filter(|_| written) {
        Some(version) => format!("{who} {saw} in version {version}, but no write left it there"),
        None => format!("{who} {saw}, which nobody wrote"),
    }
}

/// An element that nobody appended, or that stands in a list more often than it was appended.
fn odd_list(history: &History, id: OpId) -> Option<String> {
    let elements = elements(history, id);
    let (who, saw) = (sentence::process(history, id), sentence::saw(history, id));
    elements.iter().find_map(|&element| {
        let times = elements.iter().filter(|&&other| other == element).count();
        let shown = value(history, element);
        match appends(history, id, element).count() {
            0 => Some(format!("{who} {saw}, but nobody appended {shown}")),
            appended if appended < times => {
                Some(format!("{who} {saw}: {shown} stands there more often than it was appended"))
            }
            _ => None,
        }
    })
}
