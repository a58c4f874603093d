//! Vector clocks: how many writes of each process lie in the causal past of an operation.

use crate::check::meter::Meter;
use crate::check::reads_from::{INITIAL, ReadsFrom};
use crate::check::rows::Rows;
use crate::check::schedule::Schedule;
use crate::history::{Act, History, ListId, OpId};
use std::collections::HashMap;

/// Why there are no clocks.
#[derive(Debug)]
pub enum Stuck {
    /// The causal order has a cycle, or a list contradicts it: these operations show it.
    Cycle(Vec<OpId>),
    /// The budget is spent.
    Spent(String),
}

/// Where an operation stands, and what the walks ask of it: close together, as they jump from process to process.
#[derive(Debug, Clone, Copy)]
struct Place {
    act: Act,
    process: u32,
    key: u32,
    /// The row of the clock that its process had after its last read, this one included.
    row: u32,
    /// How many writes its process had made, this one included.
    writes: u32,
}

/// The clocks of a history whose causal order has no cycle.
#[derive(Debug)]
pub struct Clocks<'a> {
    /// The history.
    pub history: &'a History,
    /// Which write each read returns.
    pub reads_from: &'a ReadsFrom,
    /// The live operations of each process.
    pub lines: Vec<Vec<OpId>>,
    /// The live writes of each process.
    pub writes: Vec<Vec<OpId>>,
    places: Vec<Place>,
    rows: Rows,
    /// The clock of each list that was read: all its appends.
    lists: HashMap<(u32, ListId), u32>,
    broken: Option<Vec<OpId>>,
}

impl<'a> Clocks<'a> {
    /// Computes all clocks along a topological order.
    pub fn of(
        history: &'a History,
        reads_from: &'a ReadsFrom,
        meter: &Meter,
    ) -> Result<Self, Stuck> {
        let processes = history.processes();
        let mut clocks = Clocks {
            history,
            reads_from,
            lines: vec![Vec::new(); processes],
            writes: vec![Vec::new(); processes],
            places: Vec::with_capacity(history.len()),
            rows: Rows::new(processes),
            lists: HashMap::new(),
            broken: None,
        };
        clocks.split();
        let lines = std::mem::take(&mut clocks.lines);
        let mut schedule = Schedule::new(&lines, history.len());
        let mut now = vec![0_u32; processes];
        let mut spent = None;
        schedule.run(|id, done| {
            if spent.is_some() || clocks.broken.is_some() {
                return None;
            }
            if let Some(first) = clocks.missing(id, done) {
                return Some(first);
            }
            now[clocks.process(id)] = clocks.perform(id, now[clocks.process(id)]);
            spent = meter.spend(clocks.rows.bytes()).err();
            None
        });
        if let Some(reason) = spent {
            return Err(Stuck::Spent(reason));
        }
        if let Some(few) = clocks.broken {
            return Err(Stuck::Cycle(few));
        }
        let circle = schedule.circle(|id| clocks.process(id));
        clocks.lines = lines;
        match circle {
            Some(few) => Err(Stuck::Cycle(few)),
            None => Ok(clocks),
        }
    }

    /// The process of an operation.
    pub fn process(&self, id: OpId) -> usize {
        self.places[id as usize].process as usize
    }

    /// What an operation asks for.
    pub fn act(&self, id: OpId) -> Act {
        self.places[id as usize].act
    }

    /// The key of an operation.
    pub fn key(&self, id: OpId) -> usize {
        self.places[id as usize].key as usize
    }

    /// The write that it read from, if it read one.
    pub fn source(&self, id: OpId) -> Option<OpId> {
        let source = self.reads_from.source[id as usize];
        (source != INITIAL).then_some(source)
    }

    /// Which write of its process a write is, from 1; of another operation, how many came before it.
    pub fn number(&self, id: OpId) -> u32 {
        self.places[id as usize].writes
    }

    /// How many writes of a process lie in the causal past of an operation, a write counting itself.
    pub fn past(&self, id: OpId, process: usize) -> u32 {
        let place = self.places[id as usize];
        if self.process(id) == process {
            return place.writes;
        }
        self.rows.get(place.row, process)
    }

    /// The same for all processes but its own.
    pub fn read_past(&self, id: OpId, past: &mut [u32]) {
        self.rows.read(self.places[id as usize].row, past);
    }

    /// Their size in memory.
    pub fn bytes(&self) -> usize {
        self.rows.bytes()
    }

    /// True where a write lies in the causal past of an operation.
    pub fn precedes(&self, write: OpId, id: OpId) -> bool {
        self.past(id, self.process(write)) >= self.number(write)
    }

    /// What an operation reads from that is not done.
    pub fn missing(&self, id: OpId, done: &[bool]) -> Option<OpId> {
        if self.act(id) != Act::ReadList {
            return self.source(id).filter(|&source| !done[source as usize]);
        }
        let operation = self.history.operation(id);
        let key = operation.key().0;
        let mut rest = operation.list();
        while let Some((shorter, element)) = self.history.lists().pop(rest) {
            if self.lists.contains_key(&(key, rest)) {
                let last = self.reads_from.appends[&(key, element)];
                return (!done[last as usize]).then_some(last).or_else(|| {
                    // Known from a read before; in a second run its elements may not all be done yet.
                    self.undone(key, shorter, done)
                });
            }
            let append = self.reads_from.appends[&(key, element)];
            if !done[append as usize] {
                return Some(append);
            }
            rest = shorter;
        }
        None
    }

    fn undone(&self, key: u32, list: ListId, done: &[bool]) -> Option<OpId> {
        let mut rest = list;
        while let Some((shorter, element)) = self.history.lists().pop(rest) {
            let append = self.reads_from.appends[&(key, element)];
            if !done[append as usize] {
                return Some(append);
            }
            rest = shorter;
        }
        None
    }

    fn split(&mut self) {
        for (id, operation) in self.history.operations().iter().enumerate() {
            let (process, act) = (operation.process().0, operation.act());
            if self.reads_from.live[id] {
                self.lines[process as usize].push(id as OpId);
                if !act.is_read() {
                    self.writes[process as usize].push(id as OpId);
                }
            }
            let writes = self.writes[process as usize].len() as u32;
            self.places.push(Place { act, process, key: operation.key().0, row: 0, writes });
        }
    }

    /// The clock's row after an operation.
    fn perform(&mut self, id: OpId, row: u32) -> u32 {
        let row = if self.act(id) == Act::ReadList {
            let list = self.list(id);
            if list == row { row } else { self.rows.join(row, list, (0, 0)) }
        } else {
            match self.source(id) {
                Some(source) => self.see(row, source, self.process(id)),
                None => row,
            }
        };
        self.places[id as usize].row = row;
        row
    }

    /// A clock joined with that of a write; the process's own clock counts its own writes.
    fn see(&mut self, row: u32, write: OpId, process: usize) -> u32 {
        let (of, number) = (self.process(write), self.number(write));
        if of == process || self.rows.get(row, of) >= number {
            return row;
        }
        self.rows.join(row, self.places[write as usize].row, (of, number))
    }

    /// The clock of all appends of a list. An element that lies in the causal past of an earlier one breaks it.
    fn list(&mut self, read: OpId) -> u32 {
        let operation = self.history.operation(read);
        let key = operation.key().0;
        let mut rest = operation.list();
        let mut longer = Vec::new();
        let mut row = 0;
        while let Some((shorter, element)) = self.history.lists().pop(rest) {
            if let Some(&known) = self.lists.get(&(key, rest)) {
                row = known;
                break;
            }
            longer.push((rest, element));
            rest = shorter;
        }
        for (list, element) in longer.into_iter().rev() {
            let append = self.reads_from.appends[&(key, element)];
            if self.rows.get(row, self.process(append)) >= self.number(append) {
                let elements = self.history.lists().elements(list);
                let mut few: Vec<OpId> = elements
                    .iter()
                    .map(|&element| self.reads_from.appends[&(key, element)])
                    .collect();
                few.push(read);
                self.broken = Some(few);
                return row;
            }
            row = self.see(row, append, usize::MAX);
            self.lists.insert((key, list), row);
        }
        row
    }

    /// The pairs of elements that follow each other in some list that was read: appends, the first one first.
    pub fn neighbours(&self) -> Vec<(OpId, OpId)> {
        let lists = self.history.lists();
        let pairs = self.lists.keys().filter_map(|&(key, list)| {
            let (shorter, last) = lists.pop(list)?;
            let (_, first) = lists.pop(shorter)?;
            let append = |element| self.reads_from.appends[&(key, element)];
            Some((append(first), append(last)))
        });
        pairs.collect()
    }
}
