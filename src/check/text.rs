//! A counterexample as a person reads it: its operations, each with a letter, and why they cannot be put in order.
//!
//! ```text
//! not linearizable: a read returned nothing after a write had returned
//!
//!      process  operation        ended  from     to        lines
//!   a  0        write x = "7"    ok     +0       +5.0 µs   3, 4
//!   b  1        read x: absent   ok     +9.0 µs  +20.0 µs  6, 9
//!
//!   a → b  process 0's write had returned before process 1's read began
//!   b → a  process 1 read x as absent, so it comes before the first write
//!
//!   still hold: sequential
//! ```

use super::{Counterexample, Edge, Model};
use crate::history::words::{does, ended, since, table};
use crate::history::{OpId, Operation};
use std::fmt;

impl fmt::Display for Counterexample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not {}: {}\n\n", self.model, self.summary)?;
        f.write_str(&self.operations())?;
        if !self.edges.is_empty() {
            writeln!(f)?;
        }
        for Edge { from, to, why } in &self.edges {
            writeln!(f, "  {} → {}  {why}", letter(*from), letter(*to))?;
        }
        if !self.still_hold.is_empty() {
            writeln!(f, "\n  still hold: {}", names(&self.still_hold))?;
        }
        Ok(())
    }
}

impl Counterexample {
    fn operations(&self) -> String {
        let heads = ["", "process", "operation", "ended", "from", "to", "lines"];
        let operations = (0..).zip(self.history.operations());
        let rows = operations.map(|(id, operation)| self.row(id, operation));
        let rows: Vec<_> = std::iter::once(heads.map(str::to_string)).chain(rows).collect();
        table(&rows)
    }

    fn row(&self, id: OpId, operation: &Operation) -> [String; 7] {
        let history = &self.history;
        let first = history.operations().first().map_or(0, Operation::invoked_time);
        let last = operation.ended_line().filter(|line| *line != operation.invoked_line());
        let last = last.map_or(String::new(), |line| format!(", {line}"));
        [
            letter(id),
            history.process_name(operation.process()).to_string(),
            does(history, operation),
            ended(operation.end()).to_string(),
            since(history, first, operation.invoked_time()),
            operation.ended_time().map_or("?".to_string(), |time| since(history, first, time)),
            format!("{}{last}", operation.invoked_line()),
        ]
    }
}

/// What stands for an operation of a counterexample: `a` for the first, `b` for the second, `a1` for the 27th.
pub fn letter(id: OpId) -> String {
    let letter = char::from(b'a' + (id % 26) as u8);
    if id < 26 { letter.to_string() } else { format!("{letter}{}", id / 26) }
}

/// Names of models in a row; `none` where there is none.
pub fn names(models: &[Model]) -> String {
    let names: Vec<&str> = models.iter().map(|model| model.name()).collect();
    if names.is_empty() { "none".to_string() } else { names.join(", ") }
}
