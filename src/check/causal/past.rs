//! The causal past of every read: what it must not hold, and what it says of the order of writes.

use super::clocks::Clocks;
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

/// The last write of each key that one process made, as far as another has seen them.
struct Seen {
    /// By key: when it was last set, the write, and how many writes of the key so far.
    keys: Vec<(u32, OpId, u32)>,
    epoch: u32,
    next: usize,
}

/// Walks the past of all reads; with `convergent`, collects what it says of the order of writes.
pub fn walk(clocks: &Clocks, convergent: bool, meter: &Meter) -> Result<Before, Bad> {
    let mut seen = Seen { keys: vec![(0, 0, 0); clocks.history.keys()], epoch: 0, next: 0 };
    let mut pairs = Vec::new();
    let mut lengths: Vec<u32> = Vec::new();
    for (process, line) in clocks.lines.iter().enumerate() {
        let reads = |id: &&OpId| {
            matches!(clocks.history.operation(**id).act(), Act::Read | Act::Cas | Act::ReadList)
        };
        let reads: Vec<OpId> = line.iter().filter(reads).copied().collect();
        lengths.clear();
        lengths.resize(reads.len(), 0);
        for writer in 0..clocks.writes.len() {
            seen.epoch += 1;
            seen.next = 0;
            meter.spend(pairs.len() * size_of::<(OpId, OpId)>()).map_err(Bad::Spent)?;
            for (place, &read) in reads.iter().enumerate() {
                let operation = clocks.history.operation(read);
                let itself = u32::from(writer == process && operation.act() == Act::Cas);
                seen.advance(clocks, writer, clocks.past(read, writer) - itself);
                let (epoch, last, count) = seen.keys[operation.key().0 as usize];
                if epoch != seen.epoch {
                    continue;
                }
                if operation.act() == Act::ReadList {
                    lengths[place] += count;
                } else if let Some(pair) = judge(clocks, read, last, convergent)? {
                    pairs.push(pair);
                }
            }
        }
        for (&read, &length) in reads.iter().zip(&lengths) {
            whole(clocks, read, length)?;
        }
    }
    if convergent {
        pairs.extend(clocks.neighbours());
    }
    Ok(Before::of(&pairs, clocks.history.len()))
}

impl Seen {
    fn advance(&mut self, clocks: &Clocks, writer: usize, bound: u32) {
        let writes = &clocks.writes[writer];
        while self.next < bound as usize {
            let write = writes[self.next];
            let key = &mut self.keys[clocks.history.operation(write).key().0 as usize];
            *key = if key.0 == self.epoch {
                (self.epoch, write, key.2 + 1)
            } else {
                (self.epoch, write, 1)
            };
            self.next += 1;
        }
    }
}

/// A read, and the last write of its key that one process made in its past.
fn judge(
    clocks: &Clocks,
    read: OpId,
    last: OpId,
    convergent: bool,
) -> Result<Option<(OpId, OpId)>, Bad> {
    let Some(source) = clocks.source(read) else {
        return Err(Bad::Read { read, source: None, between: last });
    };
    if last == source {
        return Ok(None);
    }
    if clocks.precedes(source, last) {
        return Err(Bad::Read { read, source: Some(source), between: last });
    }
    Ok((convergent && !clocks.precedes(last, source)).then_some((last, source)))
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
