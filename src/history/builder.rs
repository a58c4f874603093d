//! From events, one at a time, to a history.

use super::operation::{NO_VERSION, NONE};
use super::{
    Act, End, History, HistoryError, KeyId, ListId, Lists, Operation, Texts, ValueId, Wrong,
};
use std::collections::HashMap;
use std::sync::Arc;

/// When an event was seen, and on which line of its file it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Nanoseconds since the start of the run.
    pub time: u64,
    /// The line, from 1.
    pub line: u32,
}

impl Stamp {
    /// A time in nanoseconds and a line from 1.
    pub fn new(time: u64, line: u32) -> Self {
        Stamp { time, line }
    }
}

/// What an invocation asks for. Values are JSON texts of scalars, such as `7` or `"seven"`; texts that differ are
/// different values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked<'a> {
    /// A read, of a register or of a list.
    Read,
    /// A write of a value.
    Write(&'a str),
    /// A cas: what it expects (`null` for absent), and what it writes.
    Cas(&'a str, &'a str),
    /// A delete.
    Delete,
    /// An append of an element.
    Append(&'a str),
}

/// What a read saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen<'a> {
    /// Nothing: an absent register or an empty list. Also of operations that return no value.
    Nothing,
    /// A register's value, as the JSON text of a scalar.
    Scalar(&'a str),
    /// A list, made by [`Builder::list`].
    List(ListId),
}

/// What an `ok` event tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Observed<'a> {
    /// What a read saw; ignored of other operations.
    pub seen: Seen<'a>,
    /// The place in the store's order of the write made or read.
    pub version: Option<u64>,
    /// The server that answered.
    pub node: Option<u32>,
    /// True of the reads of the quiet period at the end.
    pub is_final: bool,
}

impl<'a> Observed<'a> {
    /// An answer without value, version and node.
    pub fn nothing() -> Self {
        Observed { seen: Seen::Nothing, version: None, node: None, is_final: false }
    }

    /// A read of a register's value.
    pub fn scalar(text: &'a str) -> Self {
        Observed { seen: Seen::Scalar(text), ..Observed::nothing() }
    }

    /// A read of a list.
    pub fn list(list: ListId) -> Self {
        Observed { seen: Seen::List(list), ..Observed::nothing() }
    }

    /// The same with a version.
    pub fn at_version(self, version: u64) -> Self {
        Observed { version: Some(version), ..self }
    }

    /// The same at the end of the run, from a server.
    pub fn finally(self, node: u32) -> Self {
        Observed { node: Some(node), is_final: true, ..self }
    }
}

#[derive(Debug, Clone, Copy)]
enum Client {
    Idle,
    Open(u32),
    Gone { line: u32 },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Unknown,
    Register,
    List,
}

/// Takes events in their order and refuses those that break a rule of the format.
#[derive(Debug)]
pub struct Builder {
    operations: Vec<Operation>,
    keys: Texts,
    kinds: Vec<Kind>,
    values: Texts,
    lists: Lists,
    processes: Vec<i64>,
    clients: Vec<Client>,
    numbers: HashMap<i64, u32, rustc_hash::FxBuildHasher>,
    events: u32,
    time: u64,
    timed: bool,
}

impl Default for Builder {
    fn default() -> Self {
        Builder::new()
    }
}

impl Builder {
    /// A history without events.
    pub fn new() -> Self {
        let mut values = Texts::default();
        values.intern("null");
        Builder {
            operations: Vec::new(),
            keys: Texts::default(),
            kinds: Vec::new(),
            values,
            lists: Lists::default(),
            processes: Vec::new(),
            clients: Vec::new(),
            numbers: HashMap::default(),
            events: 0,
            time: 0,
            timed: true,
        }
    }

    /// From now on times are no more than positions: the file has no clock.
    pub fn without_clock(&mut self) {
        self.timed = false;
    }

    /// How many events it has taken.
    pub fn events(&self) -> u32 {
        self.events
    }

    /// The open operation of a process: what its next completion completes.
    pub fn open(&self, process: i64) -> Option<&Operation> {
        match self.clients[*self.numbers.get(&process)? as usize] {
            Client::Open(id) => self.operations.get(id as usize),
            _ => None,
        }
    }

    /// The name of a key.
    pub fn key_name(&self, key: KeyId) -> &str {
        self.keys.get(key.0)
    }

    /// A value as JSON; `null` for the absent one.
    pub fn value_text(&self, value: ValueId) -> &str {
        self.values.get(value.0)
    }

    /// The list that is `list` with a JSON scalar at its end, for [`Observed::list`].
    pub fn extend(&mut self, list: ListId, element: &str) -> ListId {
        self.lists.push(list, ValueId(self.values.intern(element)))
    }

    /// A list of JSON scalars, for [`Observed::list`].
    pub fn list<'a>(&mut self, elements: impl IntoIterator<Item = &'a str>) -> ListId {
        elements.into_iter().fold(ListId::EMPTY, |list, element| {
            let element = ValueId(self.values.intern(element));
            self.lists.push(list, element)
        })
    }

    /// A process asks. The empty key is the single register of histories without keys.
    pub fn invoke(
        &mut self,
        at: Stamp,
        process: i64,
        key: &str,
        asked: Asked,
    ) -> Result<(), HistoryError> {
        let refuse = |wrong| HistoryError { line: at.line, wrong };
        let number = self.number(process);
        match self.clients[number as usize] {
            Client::Idle => {}
            Client::Open(id) => {
                let open = self.operations[id as usize].invoked_line;
                return Err(refuse(Wrong::StillOpen { process, open }));
            }
            Client::Gone { line } => {
                return Err(refuse(Wrong::SpeaksAfterInfo { process, info: line }));
            }
        }
        let invoked = self.tick(at)?;
        let operation = self.asked(at, asked).map_err(refuse)?;
        let key = self.key(key, kind_of(asked)).map_err(refuse)?;
        self.clients[number as usize] = Client::Open(self.operations.len() as u32);
        self.operations.push(Operation { invoked, key, process: number, ..operation });
        Ok(())
    }

    /// The open operation of a process took effect.
    pub fn ok(&mut self, at: Stamp, process: i64, seen: Observed) -> Result<(), HistoryError> {
        let refuse = |wrong| HistoryError { line: at.line, wrong };
        if seen.version == Some(NO_VERSION) {
            return Err(refuse(Wrong::TooLarge { what: "version", limit: NO_VERSION - 1 }));
        }
        if seen.node == Some(NONE) {
            return Err(refuse(Wrong::TooLarge { what: "node", limit: u64::from(NONE) - 1 }));
        }
        let id = self.complete(at, process, End::Ok)? as usize;
        let operation = self.operations[id];
        let value = match (seen.seen, operation.act.is_read()) {
            (Seen::List(list), true) => {
                self.mark(operation.key, Kind::List).map_err(refuse)?;
                list.0
            }
            (Seen::List(_), false) => return Err(refuse(Wrong::NotARead)),
            (Seen::Scalar(text), true) if text != "null" => {
                self.mark(operation.key, Kind::Register).map_err(refuse)?;
                self.values.intern(text)
            }
            _ => operation.value,
        };
        let operation = &mut self.operations[id];
        operation.value = value;
        operation.version = seen.version.unwrap_or(NO_VERSION);
        operation.node = seen.node.unwrap_or(NONE);
        operation.is_final = seen.is_final;
        Ok(())
    }

    /// The open operation of a process surely had no effect; `mismatch` where a cas says that it found another value.
    pub fn fail(&mut self, at: Stamp, process: i64, mismatch: bool) -> Result<(), HistoryError> {
        let id = self.complete(at, process, End::Fail)? as usize;
        if mismatch && self.operations[id].act == Act::Cas {
            self.operations[id].end = End::Mismatch;
        }
        Ok(())
    }

    /// Nobody knows what became of the open operation of a process. The process never speaks again.
    pub fn info(&mut self, at: Stamp, process: i64) -> Result<(), HistoryError> {
        self.complete(at, process, End::Info)?;
        let number = self.number(process);
        self.clients[number as usize] = Client::Gone { line: at.line };
        Ok(())
    }

    /// The history of the events so far. What is still open counts as unknown.
    pub fn finish(mut self) -> History {
        for operation in &mut self.operations {
            if operation.act == Act::Read && self.kinds[operation.key as usize] == Kind::List {
                operation.act = Act::ReadList;
            }
        }
        History {
            operations: self.operations,
            keys: Arc::new(self.keys),
            values: Arc::new(self.values),
            processes: Arc::new(self.processes),
            lists: Arc::new(self.lists),
            timed: self.timed,
        }
    }

    fn complete(&mut self, at: Stamp, process: i64, end: End) -> Result<u32, HistoryError> {
        let refuse = |wrong| Err(HistoryError { line: at.line, wrong });
        let Some(&number) = self.numbers.get(&process) else {
            return refuse(Wrong::NotInvoked { process });
        };
        let id = match self.clients[number as usize] {
            Client::Open(id) => id,
            Client::Idle => return refuse(Wrong::NotInvoked { process }),
            Client::Gone { line } => return refuse(Wrong::SpeaksAfterInfo { process, info: line }),
        };
        let ended = self.tick(at)?;
        self.clients[number as usize] = Client::Idle;
        let operation = &mut self.operations[id as usize];
        *operation =
            Operation { ended, ended_time: at.time, ended_line: at.line, end, ..*operation };
        Ok(id)
    }

    /// The position of the next event, if its time does not fall.
    fn tick(&mut self, at: Stamp) -> Result<u32, HistoryError> {
        let refuse = |wrong| Err(HistoryError { line: at.line, wrong });
        if at.time < self.time {
            return refuse(Wrong::TimeFalls { before: self.time, after: at.time });
        }
        if self.events >= NONE - 1 {
            let limit = u64::from(NONE) - 1;
            return refuse(Wrong::TooLarge { what: "the number of events", limit });
        }
        self.time = at.time;
        self.events += 1;
        Ok(self.events - 1)
    }

    fn number(&mut self, process: i64) -> u32 {
        let next = self.processes.len() as u32;
        let number = *self.numbers.entry(process).or_insert(next);
        if number == next {
            self.processes.push(process);
            self.clients.push(Client::Idle);
        }
        number
    }

    fn key(&mut self, name: &str, kind: Kind) -> Result<u32, Wrong> {
        let key = self.keys.intern(name);
        if key as usize == self.kinds.len() {
            self.kinds.push(Kind::Unknown);
        }
        self.mark(key, kind)?;
        Ok(key)
    }

    fn mark(&mut self, key: u32, kind: Kind) -> Result<(), Wrong> {
        let known = &mut self.kinds[key as usize];
        if kind == Kind::Unknown || *known == kind {
            return Ok(());
        }
        if *known != Kind::Unknown {
            return Err(Wrong::MixedKey { key: self.keys.get(key).to_string() });
        }
        *known = kind;
        Ok(())
    }

    fn asked(&mut self, at: Stamp, asked: Asked) -> Result<Operation, Wrong> {
        let (act, old, value) = match asked {
            Asked::Read => (Act::Read, "null", "null"),
            Asked::Write(value) => (Act::Write, "null", value),
            Asked::Cas(old, new) => (Act::Cas, old, new),
            Asked::Delete => (Act::Delete, "null", "null"),
            Asked::Append(element) => (Act::Append, "null", element),
        };
        let writes_null = value == "null" && !matches!(act, Act::Read | Act::Delete);
        if writes_null {
            return Err(Wrong::WritesNull);
        }
        Ok(Operation {
            invoked_time: at.time,
            ended_time: 0,
            version: NO_VERSION,
            invoked: 0,
            ended: NONE,
            process: 0,
            key: 0,
            value: self.values.intern(value),
            old: self.values.intern(old),
            node: NONE,
            invoked_line: at.line,
            ended_line: 0,
            act,
            end: End::Info,
            is_final: false,
        })
    }
}

fn kind_of(asked: Asked) -> Kind {
    match asked {
        Asked::Read => Kind::Unknown,
        Asked::Write(_) | Asked::Cas(..) | Asked::Delete => Kind::Register,
        Asked::Append(_) => Kind::List,
    }
}
