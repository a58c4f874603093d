//! The causal past of every read: what it must not hold, and what it says of the order of writes.
//!
//! A read of `w` is wrong where its past holds a write of the key that has `w` in its own past. So for each key it is noted how much of
//! each process comes strictly before some known write of it: `w` must lie beyond that.
//!
//! Under convergence every write of the key in the past of the read comes before `w`. Few of these pairs need to be told: what the
//! process knew when it last read the key comes before what it read then, and that comes before `w`; what lies in the past of `w` comes
//! before it anyway.

use super::clocks::Clocks;
use super::columns::{Columns, Known};
use crate::check::before::Before;
use crate::check::meter::Meter;
use crate::history::{Act, OpId};

/// What the past of a read must not hold.
#[derive(Debug)]
pub enum Bad {
    /// A write between the read and its source (none: the initial absence), or one that its list lacks.
    Read {
        /// The read.
        read: OpId,
        /// The write that it returned.
        source: Option<OpId>,
        /// The write in its past that it should have seen.
        between: OpId,
    },
    /// The budget is spent.
    Spent(String),
}

/// How many operations pass between two looks at the budget.
const READS_PER_LOOK: usize = 64;

/// Walks the past of all reads; with `convergent`, collects what it says of the order of writes.
pub fn walk(clocks: &Clocks, convergent: bool, meter: &Meter) -> Result<Before, Bad> {
    let mut columns = Columns::new(clocks);
    let row = || vec![0; clocks.writes.len()];
    let mut walk =
        Walk { clocks, past: row(), behind: row(), new: Vec::new(), pairs: Vec::new(), convergent };
    for (process, line) in clocks.lines.iter().enumerate() {
        columns.begin(process);
        for (place, &read) in line.iter().enumerate() {
            let act = clocks.act(read);
            if !matches!(act, Act::Read | Act::Cas | Act::ReadList) {
                continue;
            }
            if place % READS_PER_LOOK == 0 {
                let pairs = walk.pairs.len() * size_of::<(OpId, OpId)>();
                meter.spend(clocks.bytes() + pairs).map_err(Bad::Spent)?;
            }
            clocks.read_past(read, &mut walk.past);
            walk.past[process] = clocks.number(read) - u32::from(act == Act::Cas);
            let known = columns.of_key(clocks.key(read));
            match (act, clocks.source(read)) {
                (Act::ReadList, _) => walk.list(read, known)?,
                (_, None) => walk.nothing(read, known)?,
                (_, Some(source)) => walk.value(read, source, known)?,
            }
        }
    }
    let mut pairs = walk.pairs;
    if convergent {
        pairs.extend(clocks.neighbours());
    }
    Ok(Before::of(pairs.iter().copied(), clocks.history.len()))
}

struct Walk<'a> {
    clocks: &'a Clocks<'a>,
    /// How many writes of each process lie in the past of the read.
    past: Vec<u32>,
    /// The same of the write that it returned, itself included.
    behind: Vec<u32>,
    /// The writes of the key that the read knows, and neither what it returned nor the last read of the key.
    new: Vec<OpId>,
    pairs: Vec<(OpId, OpId)>,
    convergent: bool,
}

impl Walk<'_> {
    /// A read of the initial absence must have no write in its past.
    fn nothing(&mut self, read: OpId, mut known: Known) -> Result<(), Bad> {
        known.learn(&self.past, |_| {});
        match known.last().next() {
            Some(between) => Err(Bad::Read { read, source: None, between }),
            None => Ok(()),
        }
    }

    fn value(&mut self, read: OpId, source: OpId, mut known: Known) -> Result<(), Bad> {
        let clocks = self.clocks;
        let (of, number) = (clocks.process(source), clocks.number(source));
        clocks.read_past(source, &mut self.behind);
        self.behind[of] = number;
        self.new.clear();
        let (new, behind) = (&mut self.new, &self.behind);
        known.learn(&self.past, |write| {
            if clocks.number(write) > behind[clocks.process(write)] {
                new.push(write);
            }
        });
        let gone = known
            .columns
            .iter()
            .any(|column| column.process as usize == of && column.overwritten >= number);
        if gone || self.new.iter().any(|&write| clocks.precedes(source, write)) {
            let overwrites = |&write: &OpId| write != source && clocks.precedes(source, write);
            let between = known.last().find(overwrites).unwrap_or(source);
            return Err(Bad::Read { read, source: Some(source), between });
        }
        if self.convergent {
            let before =
                known.seen.filter(|&seen| clocks.number(seen) > self.behind[clocks.process(seen)]);
            self.pairs.extend(before.iter().chain(&self.new).map(|&write| (write, source)));
        }
        *known.seen = Some(source);
        self.behind[of] = number - 1;
        for column in known.columns {
            let process = column.process as usize;
            let strictly = |&write: &OpId| {
                clocks.past(write, process) - u32::from(clocks.process(write) == process)
            };
            let most = self.new.iter().map(strictly).max().unwrap_or_default();
            column.overwritten = column.overwritten.max(self.behind[process]).max(most);
        }
        Ok(())
    }

    /// A read of a list must hold every append of its past; it saw all that it holds, so their number tells.
    fn list(&mut self, read: OpId, mut known: Known) -> Result<(), Bad> {
        let clocks = self.clocks;
        let operation = clocks.history.operation(read);
        let lists = clocks.history.lists();
        known.learn(&self.past, |_| {});
        if lists.length(operation.list()) == known.count() {
            return Ok(());
        }
        let elements = lists.elements(operation.list());
        for (writer, writes) in clocks.writes.iter().enumerate() {
            for &write in &writes[..clocks.past(read, writer) as usize] {
                let made = clocks.history.operation(write);
                if made.key() == operation.key() && !elements.contains(&made.value()) {
                    return Err(Bad::Read { read, source: clocks.source(read), between: write });
                }
            }
        }
        Ok(())
    }
}
