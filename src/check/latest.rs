//! The last write of a key that each process made, as far as an operation knows.
//!
//! A clock tells how much of each process an operation knows. Down the operations of one process it only grows, so that a cursor
//! per key and writer finds the last write in constant time.

use crate::history::{History, OpId};

const NONE: u32 = u32::MAX;

/// One process's writes of one key, up to the cursor.
#[derive(Debug, Clone, Copy)]
pub struct Column<M> {
    /// Who made them.
    pub process: u32,
    /// How many of them are known.
    pub known: u32,
    /// The last that is known, and its number in its process.
    pub write: OpId,
    /// Its number.
    pub number: u32,
    /// Whatever was noted of that last write.
    pub mark: M,
    start: u32,
    /// The number of the next one.
    upcoming: u32,
    line: u32,
}

/// All columns, key by key.
#[derive(Debug)]
pub struct Latest<M> {
    /// By key: where its columns begin.
    starts: Vec<u32>,
    columns: Vec<Column<M>>,
    /// The writes of each column with their numbers, ascending; between columns, a number that is never reached.
    writes: Vec<(u32, OpId)>,
    line: u32,
}

impl<M: Default + Copy> Latest<M> {
    /// From the operations of each process, numbered as clocks count them.
    pub fn new(history: &History, lines: &[Vec<OpId>], number: impl Fn(OpId) -> u32) -> Self {
        let is_write = |id: &&OpId| !history.operation(**id).act().is_read();
        let mut writes: Vec<(u32, u32, OpId)> = Vec::new();
        for (process, line) in lines.iter().enumerate() {
            let writes_of = line.iter().filter(is_write);
            writes.extend(writes_of.map(|&id| (history.operation(id).key().0, process as u32, id)));
        }
        writes.sort_by_key(|write| write.0);
        let mut latest = Latest {
            starts: Vec::with_capacity(history.keys() + 1),
            columns: Vec::new(),
            writes: Vec::with_capacity(writes.len() + writes.len() / 8),
            line: 0,
        };
        for of_column in writes.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let (key, process, _) = of_column[0];
            latest.starts.resize(key as usize + 1, latest.columns.len() as u32);
            let start = latest.writes.len() as u32;
            latest.columns.push(Column {
                process,
                known: 0,
                write: NONE,
                number: 0,
                mark: M::default(),
                start,
                upcoming: NONE,
                line: 0,
            });
            latest.writes.extend(of_column.iter().map(|&(.., id)| (number(id), id)));
            latest.writes.push((NONE, NONE));
        }
        latest.starts.resize(history.keys() + 1, latest.columns.len() as u32);
        latest
    }

    /// Another process begins: it knows nothing yet.
    pub fn begin(&mut self) {
        self.line += 1;
    }

    /// The columns of a key of which the present process knows something, when it knows so many operations of each other.
    pub fn of_key(
        &mut self,
        key: usize,
        past: impl Fn(usize) -> u32,
    ) -> impl Iterator<Item = &mut Column<M>> {
        let range = self.starts[key] as usize..self.starts[key + 1] as usize;
        let (writes, line) = (&self.writes, self.line);
        self.columns[range].iter_mut().filter_map(move |column| {
            if column.line != line {
                let upcoming = writes[column.start as usize].0;
                *column = Column { line, known: 0, number: 0, write: NONE, upcoming, ..*column };
            }
            let bound = past(column.process as usize);
            if column.upcoming <= bound {
                column.advance(writes, bound);
            }
            (column.known > 0).then_some(column)
        })
    }
}

impl<M: Default> Column<M> {
    fn advance(&mut self, writes: &[(u32, OpId)], bound: u32) {
        self.mark = M::default();
        while self.upcoming <= bound {
            (self.number, self.write) = writes[(self.start + self.known) as usize];
            self.known += 1;
            self.upcoming = writes[(self.start + self.known) as usize].0;
        }
    }
}
