//! The causal past of every read: what it must not hold, and what it says of the order of writes.

use super::clocks::Clocks;
use crate::check::before::Before;
use crate::check::latest::{Column, Latest};
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
    let number = |id| clocks.number(id);
    let mut latest: Latest<Met> = Latest::new(clocks.history, &clocks.writes, number);
    let mut pairs = Vec::new();
    for (process, line) in clocks.lines.iter().enumerate() {
        latest.begin();
        for (place, &read) in line.iter().enumerate() {
            let act = clocks.act(read);
            if !matches!(act, Act::Read | Act::Cas | Act::ReadList) {
                continue;
            }
            if place % READS_PER_LOOK == 0 {
                meter.spend(pairs.len() * size_of::<(OpId, OpId)>()).map_err(Bad::Spent)?;
            }
            let own = number(read) - u32::from(act == Act::Cas);
            let row = clocks.row(read);
            let past = |writer| if writer == process { own } else { row[writer] };
            let columns = latest.of_key(clocks.key(read), past);
            if act == Act::ReadList {
                whole(clocks, read, columns.map(|column| column.known).sum())?;
                continue;
            }
            for column in columns {
                pairs.extend(judge(clocks, read, column, convergent)?);
            }
        }
    }
    if convergent {
        pairs.extend(clocks.neighbours());
    }
    Ok(Before::of(pairs.iter().copied(), clocks.history.len()))
}

/// The source of the read that met a write last, so that the next one needs no look.
type Met = Option<OpId>;

/// A read, and the last write of its key that one process made in its past.
fn judge(
    clocks: &Clocks,
    read: OpId,
    column: &mut Column<Met>,
    convergent: bool,
) -> Result<Option<(OpId, OpId)>, Bad> {
    let last = column.write;
    let Some(source) = clocks.source(read) else {
        return Err(Bad::Read { read, source: None, between: last });
    };
    if last == source || column.mark.replace(source) == Some(source) {
        return Ok(None);
    }
    if clocks.past(source, column.process as usize) >= column.number {
        return Ok(None);
    }
    if clocks.precedes(source, last) {
        return Err(Bad::Read { read, source: Some(source), between: last });
    }
    Ok(convergent.then_some((last, source)))
}

/// A read of a list must hold every append of its past; it saw all that it holds, so their number tells.
fn whole(clocks: &Clocks, read: OpId, length: u32) -> Result<(), Bad> {
    let operation = clocks.history.operation(read);
    let lists = clocks.history.lists();
    if operation.act() != Act::ReadList || lists.length(operation.list()) == length {
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
