//! Writes down what clients see, as they see it: JSON Lines, one event at a time.
//!
//! The recorder stands beside the clients. Each client has a process number; while a request of it is open, a second one
//! gets a further number of the same client, and after an unknown outcome the number is never used again. Times are of the
//! caller's clock; where two threads hand theirs in out of order, the later place in the file keeps the earlier time. The
//! file is whole after each event, so that a run that is killed can still be checked.

use crate::process::{Key, Logged, NodeId, Op, Outcome, Reason, Value};
use crate::say::Text;
use crate::session::Version;
use rustc_hash::{FxHashMap, FxHashSet};
use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The key under which the log of a log system stands in a history.
pub const LOG: &str = "log";

/// Records a history.
pub struct Recorder {
    state: Mutex<State>,
}

/// A request that is being recorded, until its outcome is.
#[derive(Debug)]
#[must_use = "its outcome is to be recorded"]
pub struct Recording {
    /// Which client, in the order of their coming.
    client: usize,
    process: u64,
    function: &'static str,
    key: Key,
    /// What is written; `None` of a read or a delete.
    value: Option<Value>,
    node: Option<NodeId>,
    is_final: bool,
}

impl Recording {
    /// The server that is asked.
    pub fn at(self, node: NodeId) -> Self {
        Recording { node: Some(node), ..self }
    }

    /// It is a read of the quiet period at the end: nothing else happens any more.
    pub fn finally(self) -> Self {
        Recording { is_final: true, ..self }
    }
}

struct State {
    out: Box<dyn Write + Send>,
    index: u64,
    time: u64,
    processes: u64,
    clients: FxHashMap<String, usize>,
    /// By client: its process numbers that are not in use.
    idle: Vec<Vec<u64>>,
    keys: FxHashSet<Key>,
    line: Text,
    failed: Option<io::Error>,
}

impl Recorder {
    /// Records into `out`, from its beginning.
    pub fn new(out: impl Write + Send + 'static) -> Self {
        let state = State {
            out: Box::new(out),
            index: 0,
            time: 0,
            processes: 0,
            clients: FxHashMap::default(),
            idle: Vec::new(),
            keys: FxHashSet::default(),
            line: Text::default(),
            failed: None,
        };
        Recorder { state: Mutex::new(state) }
    }

    /// `client` asks for `op`, at `time` since the start. `None` for a read of everything, or of a part of the log: histories
    /// have no such thing.
    pub fn invoke(&self, client: &str, time: Duration, op: &Op) -> Option<Recording> {
        let (function, key, value) = match op {
            Op::Set { key, value, .. } => ("write", key.clone(), Some(value.clone())),
            Op::Get { key, .. } => ("read", key.clone(), None),
            Op::Delete { key, .. } => ("delete", key.clone(), None),
            Op::Append { message, .. } => ("append", LOG.into(), Some(message.clone())),
            Op::Messages { from: 0 | 1, limit: None } => ("read", LOG.into(), None),
            // Of part of the log, as of everything, histories know nothing.
            Op::All { .. } | Op::Messages { .. } => return None,
        };
        let mut state = self.lock();
        let client = state.client(client);
        let process = state.process(client);
        if !state.keys.contains(&key) {
            state.keys.insert(key.clone());
        }
        let recording =
            Recording { client, process, function, key, value, node: None, is_final: false };
        state.begin(time, "invoke", &recording, recording.value.as_deref());
        state.end_line();
        Some(recording)
    }

    /// What came of it, at `time` since the start.
    pub fn complete(&self, recording: Recording, time: Duration, outcome: &Outcome) {
        let mut state = self.lock();
        let known = state.complete(&recording, time, outcome);
        if known {
            state.idle[recording.client].push(recording.process);
        }
    }

    /// Every key that was asked for, in order.
    pub fn keys(&self) -> Vec<Key> {
        let mut keys: Vec<Key> = self.lock().keys.iter().cloned().collect();
        keys.sort_unstable();
        keys
    }

    /// The first error in writing, if there was one; what came after it is not recorded.
    pub fn error(&self) -> Option<String> {
        self.lock().failed.as_ref().map(ToString::to_string)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Which client it is.
    fn client(&mut self, name: &str) -> usize {
        if let Some(client) = self.clients.get(name) {
            return *client;
        }
        self.clients.insert(name.to_string(), self.idle.len());
        self.idle.push(Vec::new());
        self.idle.len() - 1
    }

    /// A number of `client` that is not in use; a new one if there is none.
    fn process(&mut self, client: usize) -> u64 {
        if let Some(process) = self.idle[client].pop() {
            return process;
        }
        self.processes += 1;
        self.processes - 1
    }

    /// The completion. Whether it is known what came of the request.
    fn complete(&mut self, recording: &Recording, time: Duration, outcome: &Outcome) -> bool {
        let value = recording.value.as_deref();
        match outcome {
            Outcome::Set { version, .. } | Outcome::Deleted { version, .. } => {
                self.begin(time, "ok", recording, value);
                self.done(recording, *version);
            }
            Outcome::Got { value, version, .. } => {
                self.begin(time, "ok", recording, value.as_deref());
                self.done(recording, Some(*version));
            }
            Outcome::All { .. } => self.begin(time, "ok", recording, None),
            Outcome::Appended { seq, .. } => {
                self.begin(time, "ok", recording, value);
                self.done(recording, Some(*seq));
            }
            Outcome::Messages { messages, .. } => {
                self.begin_list(time, recording, messages);
                self.done(recording, None);
            }
            Outcome::Refused(reason) => {
                self.begin(time, "fail", recording, value);
                self.error(reason);
            }
            Outcome::Unknown(reason) => {
                self.begin(time, "info", recording, value);
                self.error(reason);
            }
        }
        self.end_line();
        !matches!(outcome, Outcome::Unknown(_))
    }

    /// What every event has, up to its value.
    fn begin(&mut self, time: Duration, kind: &str, recording: &Recording, value: Option<&str>) {
        self.begin_any(time, kind, recording);
        match value {
            Some(value) => self.line.quote(value),
            None => self.line.push("null"),
        };
    }

    /// The same of a log that was read.
    fn begin_list(&mut self, time: Duration, recording: &Recording, messages: &[Logged]) {
        self.begin_any(time, "ok", recording);
        self.line.push("[");
        for (place, logged) in messages.iter().enumerate() {
            self.line.push(if place > 0 { "," } else { "" });
            self.line.quote(&logged.message);
        }
        self.line.push("]");
    }

    fn begin_any(&mut self, time: Duration, kind: &str, recording: &Recording) {
        self.time = self.time.max(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
        self.line.clear();
        self.line.push("{\"index\":").number(self.index).push(",\"time\":").number(self.time);
        self.line.push(",\"process\":").number(recording.process);
        self.line.push(",\"type\":\"").push(kind).push("\",\"f\":\"").push(recording.function);
        self.line.push("\",\"key\":").quote(&recording.key).push(",\"value\":");
    }

    /// What is known of an operation that was done.
    fn done(&mut self, recording: &Recording, version: Option<Version>) {
        let node = recording.node.map(|node| u64::from(node.0));
        if let Some(version) = version {
            self.line.push(",\"version\":").number(version);
        }
        if let Some(node) = node {
            self.line.push(",\"node\":").number(node);
        }
        if recording.is_final {
            self.line.push(",\"final\":true");
        }
    }

    fn error(&mut self, reason: &Reason) {
        self.line.push(",\"error\":");
        self.line.quote_said(reason);
    }

    fn end_line(&mut self) {
        self.line.push("}\n");
        if self.failed.is_some() {
            return;
        }
        self.failed = self.out.write_all(self.line.bytes()).and_then(|()| self.out.flush()).err();
        self.index += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Memory, read};

    fn set(key: &str, value: &str) -> Op {
        Op::Set { key: key.into(), value: value.into(), session: None }
    }

    #[test]
    fn a_client_keeps_its_number_until_an_unknown_outcome() {
        let memory = Memory::default();
        let recorder = Recorder::new(memory.clone());
        let ms = Duration::from_millis;
        let done = Outcome::Set { version: Some(1), session: None };
        let begin = |client: &str, time| recorder.invoke(client, ms(time), &set("x", "a\"b"));
        let end = |recording: Option<Recording>, time, outcome: &Outcome| {
            recorder.complete(recording.expect("it is recorded"), ms(time), outcome);
        };
        let (first, second) = (begin("a", 0), begin("a", 2));
        end(first, 1, &done); // out of order: the time does not fall
        end(second, 3, &Outcome::Unknown(Reason::Stopping));
        end(begin("a", 4), 5, &Outcome::Refused(Reason::Stopping));
        let got = Outcome::Got { value: None, version: 0, session: None };
        let get = Op::Get { key: "x".into(), session: None };
        end(recorder.invoke("b", ms(6), &get), 7, &got);
        assert!(recorder.invoke("b", ms(6), &Op::All { session: None }).is_none());
        let text = memory.text();
        let history = read("h", &text[..], None).expect("it is well formed").history;
        let processes: Vec<i64> =
            history.operations().iter().map(|one| history.process_name(one.process())).collect();
        assert_eq!(processes, [0, 1, 0, 2]);
        let versions: Vec<_> = history.operations().iter().map(|one| one.version()).collect();
        assert_eq!(versions, [Some(1), None, None, Some(0)]);
        assert_eq!(recorder.error(), None);
    }
}
