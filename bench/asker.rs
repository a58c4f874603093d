//! One client's questions: the same for a live server and for the simulator.

use super::caller::PATIENCE;
use super::subject::Operation;
use conlab::process::{Concern, Key, Op, Outcome, Value};
use conlab::session::Session;

/// So many variables a client writes and reads in turn.
const KEYS: u32 = 8;
/// What is written.
const VALUE: &str = "seven";

/// A client that asks for one thing again and again, on its own few variables.
#[derive(Debug, Clone)]
pub struct Asker {
    operation: Operation,
    keys: Vec<Key>,
    value: Value,
    next: usize,
    /// What it has seen, if its level keeps sessions and it carries them.
    session: Option<Session>,
    carries: bool,
    /// A name, and how many values it has written, where each is to be another.
    written: Option<(String, u64)>,
}

impl Asker {
    /// Client `number`, from 0.
    pub fn new(operation: Operation, number: u32) -> Self {
        let key = |key| format!("c{number}k{key}").into();
        let keys = (0..KEYS).map(key).collect();
        let (next, session, written) = (0, None, None);
        Asker { operation, keys, value: VALUE.into(), next, session, carries: false, written }
    }

    /// Client `number` of a store, which may carry its session.
    pub fn of(carries: bool, operation: Operation, number: u32) -> Self {
        Asker { carries, ..Asker::new(operation, number) }
    }

    /// The same, but each value that it writes is another, by its name: checkers of its history then know what was read.
    pub fn with_distinct_values(self, name: &str) -> Self {
        Asker { written: Some((name.to_string(), 0)), ..self }
    }

    /// The same, but this is what it writes.
    pub fn saying(self, value: Value) -> Self {
        Asker { value, ..self }
    }

    /// The same on variables that nobody else uses.
    pub fn on_other_keys(self) -> Self {
        let keys = self.keys.iter().map(|key| format!("b{key}").into()).collect();
        Asker { keys, ..self }
    }

    /// The next thing it asks for.
    pub fn ask(&mut self) -> Op {
        self.next = (self.next + 1) % self.keys.len();
        let (key, session) = (self.keys[self.next].clone(), self.session.clone());
        match self.operation {
            Operation::Get => Op::Get { key, session },
            Operation::Set | Operation::Call => Op::Set { key, value: self.value(), session },
            Operation::Append(w) => {
                let (message, w) = (self.value(), Concern::Count(w));
                Op::Append { message, id: None, w, timeout: Some(PATIENCE) }
            }
        }
    }

    fn value(&mut self) -> Value {
        let Some((name, written)) = &mut self.written else { return self.value.clone() };
        *written += 1;
        format!("{name}.{written}").into()
    }

    /// It heard the answer.
    pub fn hear(&mut self, outcome: Outcome) {
        if let (true, Outcome::Set { session, .. } | Outcome::Got { session, .. }) =
            (self.carries, outcome)
        {
            self.session = session;
        }
    }
}
