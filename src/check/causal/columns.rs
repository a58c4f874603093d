//! For each key, the writes that each process made of it, and how many of them another process knows so far.
//!
//! Down the operations of one process, what it knows only grows: a cursor for each key and writer moves on over the writes.

use super::clocks::Clocks;
use crate::history::OpId;

/// Stands for no write, and for a number that is never reached.
const NONE: u32 = u32::MAX;

/// One process's writes of one key, up to the cursor.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Who made them.
    pub process: u32,
    /// How many of its writes, of whatever key, come strictly before some known write of this key.
    pub overwritten: u32,
    start: u32,
    next: u32,
    /// The number of the next one in its process.
    upcoming: u32,
}

/// What one process knows of one key.
#[derive(Debug)]
pub struct Known<'a> {
    /// What its last read of the key returned; nothing, where it has read none or the initial absence.
    pub seen: &'a mut Option<OpId>,
    /// A column for each process that wrote the key.
    pub columns: &'a mut [Column],
    writes: &'a [(u32, OpId)],
}

/// All columns, key by key.
#[derive(Debug)]
pub struct Columns {
    /// By key: where its columns begin.
    starts: Vec<u32>,
    /// By key: which process its columns were used for last, and what that has seen.
    used: Vec<(u32, Option<OpId>)>,
    columns: Vec<Column>,
    /// The writes of each column with their numbers, ascending; between columns, a number that is never reached.
    writes: Vec<(u32, OpId)>,
    process: u32,
}

impl Columns {
    /// Of all live writes.
    pub fn new(clocks: &Clocks) -> Self {
        let keys = clocks.history.keys();
        let mut starts = vec![0_u32; keys + 1];
        let all = || clocks.writes.iter().flatten().copied();
        all().for_each(|write| starts[clocks.key(write) + 1] += 1);
        (0..keys).for_each(|key| starts[key + 1] += starts[key]);
        let mut by_key = vec![0; starts[keys] as usize];
        for write in all() {
            let place = &mut starts[clocks.key(write)];
            by_key[*place as usize] = write;
            *place += 1;
        }
        let mut found = Columns {
            starts: Vec::with_capacity(keys + 1),
            used: vec![(NONE, None); keys],
            columns: Vec::new(),
            writes: Vec::with_capacity(by_key.len() + by_key.len() / 8),
            process: 0,
        };
        let place = |write: &OpId| (clocks.key(*write), clocks.process(*write));
        for of_column in by_key.chunk_by(|a, b| place(a) == place(b)) {
            let (key, process) = place(&of_column[0]);
            found.starts.resize(key + 1, found.columns.len() as u32);
            found.column(process, of_column, clocks);
        }
        found.starts.resize(keys + 1, found.columns.len() as u32);
        found
    }

    fn column(&mut self, process: usize, writes: &[OpId], clocks: &Clocks) {
        let start = self.writes.len() as u32;
        let column =
            Column { process: process as u32, overwritten: 0, start, next: start, upcoming: NONE };
        self.columns.push(column);
        self.writes.extend(writes.iter().map(|&write| (clocks.number(write), write)));
        self.writes.push((NONE, NONE));
    }

    /// Another process begins: it knows nothing yet.
    pub fn begin(&mut self, process: usize) {
        self.process = process as u32;
    }

    /// What the present process knows of a key.
    pub fn of_key(&mut self, key: usize) -> Known<'_> {
        let range = self.starts[key] as usize..self.starts[key + 1] as usize;
        let (process, seen) = &mut self.used[key];
        let columns = &mut self.columns[range];
        if *process != self.process {
            (*process, *seen) = (self.process, None);
            for column in &mut *columns {
                let upcoming = self.writes[column.start as usize].0;
                *column = Column { overwritten: 0, next: column.start, upcoming, ..*column };
            }
        }
        Known { seen, columns, writes: &self.writes }
    }
}

impl Known<'_> {
    /// Moves the cursors on, where each process is known to have made so many writes. Tells each write that is then the last of
    /// its column, if it was not before.
    pub fn learn(&mut self, past: &[u32], mut tell: impl FnMut(OpId)) {
        for column in &mut *self.columns {
            let bound = past[column.process as usize];
            if column.upcoming > bound {
                continue;
            }
            while column.upcoming <= bound {
                column.next += 1;
                column.upcoming = self.writes[column.next as usize].0;
            }
            tell(self.writes[column.next as usize - 1].1);
        }
    }

    /// The last known write of each process.
    pub fn last(&self) -> impl Iterator<Item = OpId> {
        let known = self.columns.iter().filter(|column| column.next > column.start);
        known.map(|column| self.writes[column.next as usize - 1].1)
    }

    /// How many writes are known.
    pub fn count(&self) -> u32 {
        self.columns.iter().map(|column| column.next - column.start).sum()
    }
}
