//! The order that every sequential explanation must keep.
//!
//! Program order and reads-from, then to the fixpoint: a write `v` of a key that comes before a read of `w` comes before `w`; if `w`
//! comes before `v`, each read of `w` comes before `v`. The elements of a list follow each other, and what reads the initial absence
//! comes before every write of its key. Where it is unclear what was read, the order excludes what it was not
//! ([`unclear`](super::unclear)). Vector clocks over all operations answer "comes before"; a round costs O(operations · processes).

mod ends;

use super::reasons;
use super::unclear::{Candidates, Left};
use crate::check::before::Before;
use crate::check::latest::{Column, Latest};
use crate::check::meter::Meter;
use crate::check::reads_from::{INITIAL, ReadsFrom, UNCLEAR};
use crate::check::schedule::Schedule;
use crate::history::{Act, End, History, OpId};
use std::collections::BTreeMap;

const NOBODY: OpId = OpId::MAX;

/// Why there is no order, or none is known.
#[derive(Debug)]
pub enum Stuck {
    /// A cycle: these operations show it.
    Cycle(Vec<OpId>),
    /// The budget is spent.
    Spent(String),
}

/// One operation comes before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// The later one.
    pub to: OpId,
    /// The earlier one.
    pub from: OpId,
    /// Of an inferred edge: the read before which `from` stands and which returns `to`, or the write which `from` returns and
    /// which `to` follows.
    pub why: Option<OpId>,
}

/// The order as far as it is known.
#[derive(Debug)]
pub struct Saturation<'a> {
    /// The history.
    pub history: &'a History,
    /// Which write each read returns, as far as it is known by now.
    pub reads_from: ReadsFrom,
    /// The live operations of each process.
    pub lines: Vec<Vec<OpId>>,
    /// By operation: its place in its process, from 1.
    pub places: Vec<u32>,
    /// All edges beside program order, those of earlier rounds first.
    pub edges: Vec<Edge>,
    /// How many edges were known before each round.
    pub rounds: Vec<usize>,
    /// By operation: the row of its clock. Rows stand one after another, a number for each process: how many of its operations come
    /// before. A process's own number is its place.
    row_of: Vec<u32>,
    rows: Vec<u32>,
    /// By write: its last reader in some process; by reader: the next one of the same write.
    first_reader: Vec<OpId>,
    next_reader: Vec<OpId>,
    /// By key and process: the first write, but for appends that were read.
    first_writes: BTreeMap<(u32, usize), OpId>,
    candidates: Candidates,
}

/// What follows in one round.
#[derive(Default)]
struct Inferred {
    edges: Vec<Edge>,
    /// What was unclear, and the source that is left.
    sources: Vec<(OpId, OpId)>,
}

impl<'a> Saturation<'a> {
    /// Program order and what the reads say at once; two reads of a list that contradict each other, where there are such.
    pub fn new(history: &'a History, reads_from: ReadsFrom) -> Result<Self, Vec<OpId>> {
        let size = history.len();
        let mut saturation = Saturation {
            history,
            reads_from,
            lines: vec![Vec::new(); history.processes()],
            places: vec![0; size],
            edges: Vec::new(),
            rounds: Vec::new(),
            row_of: vec![0; size],
            rows: Vec::new(),
            first_reader: vec![NOBODY; size],
            next_reader: vec![NOBODY; size],
            first_writes: BTreeMap::new(),
            candidates: Candidates::default(),
        };
        for (id, operation) in history.operations().iter().enumerate() {
            if saturation.reads_from.live[id] {
                let line = &mut saturation.lines[operation.process().0 as usize];
                line.push(id as OpId);
                saturation.places[id] = line.len() as u32;
                saturation.source(id as OpId);
            }
        }
        let longest = saturation.lists()?;
        saturation.ends(&longest);
        let unclear = (0..size as OpId).filter(|&id| saturation.is_unclear(id));
        saturation.candidates = Candidates::of(history, unclear, &saturation.lines);
        Ok(saturation)
    }

    /// The edges beside program order, by their later operation.
    pub fn before(&self) -> Before {
        Before::of(self.edges.iter().map(|edge| (edge.from, edge.to)), self.history.len())
    }

    /// Infers what follows from the edges that are known; false where nothing new does.
    pub fn round(&mut self, meter: &Meter) -> Result<bool, Stuck> {
        let before = self.before();
        self.clocks(&before, meter)?;
        drop(before);
        self.rounds.push(self.edges.len());
        let Inferred { mut edges, sources } = self.infer(meter)?;
        edges.sort_unstable();
        edges.dedup_by_key(|edge| (edge.to, edge.from));
        self.edges.extend(&edges);
        sources.iter().for_each(|&(id, source)| self.clear_up(id, source));
        Ok(!edges.is_empty() || !sources.is_empty())
    }

    /// True of what surely found something, where nobody knows yet what.
    fn is_unclear(&self, id: OpId) -> bool {
        self.reads_from.source[id as usize] == UNCLEAR
            && self.history.operation(id).end() == End::Ok
    }

    /// It is known now what an operation found.
    fn clear_up(&mut self, id: OpId, source: OpId) {
        self.reads_from.source[id as usize] = source;
        self.source(id);
        if source == INITIAL {
            let key = self.history.operation(id).key().0;
            let writes = self.first_writes.range((key, 0)..=(key, usize::MAX));
            let writes = writes.filter(|(_, write)| **write != id);
            self.edges.extend(writes.map(|(_, &to)| Edge { from: id, to, why: None }));
        }
    }

    fn process(&self, id: OpId) -> usize {
        self.history.operation(id).process().0 as usize
    }

    fn edge(&mut self, from: OpId, to: OpId) {
        self.edges.push(Edge { from, to, why: None });
    }

    /// Reads-from.
    fn source(&mut self, id: OpId) {
        let Some(source) = self.reads_from.write(id) else { return };
        self.edge(source, id);
        if self.history.operation(id).act() != Act::ReadList {
            self.reader(source, id);
        }
    }

    /// Keeps the last reader of a write in each process.
    fn reader(&mut self, source: OpId, id: OpId) {
        let process = self.process(id);
        let mut before = NOBODY;
        let mut at = self.first_reader[source as usize];
        while at != NOBODY && self.process(at) != process {
            before = at;
            at = self.next_reader[at as usize];
        }
        if at != NOBODY && self.places[at as usize] > self.places[id as usize] {
            return;
        }
        if at != NOBODY {
            let next = self.next_reader[at as usize];
            match before {
                NOBODY => self.first_reader[source as usize] = next,
                before => self.next_reader[before as usize] = next,
            }
        }
        self.next_reader[id as usize] = self.first_reader[source as usize];
        self.first_reader[source as usize] = id;
    }

    fn clocks(&mut self, before: &Before, meter: &Meter) -> Result<(), Stuck> {
        let width = self.lines.len();
        self.rows.clear();
        self.rows.resize(width, 0);
        let lines = std::mem::take(&mut self.lines);
        let mut schedule = Schedule::new(&lines, self.history.len());
        let mut spent = None;
        schedule.run(|id, done| {
            let earlier = before.of_operation(id);
            let first = earlier.iter().copied().find(|&id| !done[id as usize]);
            if first.is_some() || spent.is_some() {
                return first;
            }
            let place = self.places[id as usize];
            let own = self.process(id);
            let previous =
                if place > 1 { self.row_of[lines[own][place as usize - 2] as usize] } else { 0 };
            self.row_of[id as usize] = self.join(previous, own, earlier);
            spent = meter.spend(self.rows.len() * 4 + self.edges.len() * 24).err();
            None
        });
        let circle = schedule.circle(|id| self.process(id));
        self.lines = lines;
        match (spent, circle) {
            (Some(reason), _) => Err(Stuck::Spent(reason)),
            (None, Some(circle)) => Err(Stuck::Cycle(reasons::of(self, &circle))),
            (None, None) => Ok(()),
        }
    }

    /// A clock joined with those of earlier operations: the same row where they tell nothing new.
    fn join(&mut self, row: u32, own: usize, earlier: &[OpId]) -> u32 {
        let width = self.history.processes();
        let mut joined = row as usize * width;
        let mut fresh = false;
        for &first in earlier {
            let (of, place) = (self.process(first), self.places[first as usize]);
            if of == own || self.rows[joined + of] >= place {
                continue;
            }
            if !fresh {
                let start = self.rows.len();
                self.rows.extend_from_within(joined..joined + width);
                (joined, fresh) = (start, true);
            }
            let from = self.row_of[first as usize] as usize * width;
            for column in 0..width {
                self.rows[joined + column] =
                    self.rows[joined + column].max(self.rows[from + column]);
            }
            self.rows[joined + of] = place;
        }
        (joined / width) as u32
    }

    fn past(&self, id: OpId, process: usize) -> u32 {
        if self.process(id) == process {
            return self.places[id as usize];
        }
        self.row(id)[process]
    }

    fn row(&self, id: OpId) -> &[u32] {
        let width = self.lines.len();
        let start = self.row_of[id as usize] as usize * width;
        &self.rows[start..start + width]
    }

    /// Whether one operation comes before another, as far as clocks know.
    pub fn precedes(&self, first: OpId, second: OpId) -> bool {
        first != second && self.past(second, self.process(first)) >= self.places[first as usize]
    }

    /// How many operations of a process come before this one, as far as clocks know.
    pub fn so_many_before(&self, id: OpId, process: u32) -> u32 {
        match process as usize {
            own if own == self.process(id) => self.places[id as usize] - 1,
            other => self.row(id)[other],
        }
    }

    /// Meets each operation with the last write of its key that comes before it in each process.
    fn infer(&self, meter: &Meter) -> Result<Inferred, Stuck> {
        let number = |id: OpId| self.places[id as usize];
        let mut latest = Latest::new(self.history, &self.lines, number);
        let mut found = Inferred::default();
        let mut known: Vec<(u32, OpId)> = Vec::new();
        for (process, line) in self.lines.iter().enumerate() {
            latest.begin();
            for &id in line {
                meter.spend(found.edges.len() * size_of::<Edge>()).map_err(Stuck::Spent)?;
                let row = self.row(id);
                let past = |writer| if writer == process { number(id) - 1 } else { row[writer] };
                let key = self.history.operation(id).key().0 as usize;
                known.clear();
                for column in latest.of_key(key, past) {
                    self.judge(id, column, &mut found.edges);
                    known.push((column.process, column.write));
                }
                if self.is_unclear(id) {
                    self.narrow(id, &known, &mut found)?;
                }
            }
        }
        Ok(found)
    }

    /// Asks what an unclear operation may have found, when these are the last writes of its key that come before it.
    fn narrow(&self, id: OpId, known: &[(u32, OpId)], found: &mut Inferred) -> Result<(), Stuck> {
        match self.candidates.left(self, id, known) {
            Left::Nothing => Err(Stuck::Cycle((0..self.history.len() as OpId).collect())),
            Left::One(source) => {
                found.sources.push((id, source.unwrap_or(INITIAL)));
                Ok(())
            }
            Left::Many => Ok(()),
        }
    }

    /// An operation, and a write of its key that comes before it. What returns the initial absence comes before the write by an edge
    /// from the beginning, so that the clocks have met that cycle; and of lists all is known from the beginning.
    fn judge(&self, id: OpId, column: &mut Column<Met>, found: &mut Vec<Edge>) {
        let (act, write) = (self.history.operation(id).act(), column.write);
        let finds = act == Act::Read || act == Act::Cas;
        let other = self.reads_from.write(id).filter(|source| finds && *source != write);
        if let Some(source) = other.filter(|source| column.mark.source != Some(*source)) {
            column.mark.source = Some(source);
            if self.past(source, column.process as usize) < column.number {
                found.push(Edge { from: write, to: source, why: Some(id) });
            }
        }
        if column.mark.followed || !matches!(act, Act::Write | Act::Delete | Act::Cas) {
            return;
        }
        column.mark.followed = true;
        let mut read = self.first_reader[write as usize];
        while read != NOBODY {
            if read != id && !self.precedes(read, id) {
                found.push(Edge { from: read, to: id, why: Some(write) });
            }
            read = self.next_reader[read as usize];
        }
    }
}

/// What was inferred already from a write that a process knows.
#[derive(Debug, Clone, Copy, Default)]
struct Met {
    /// With the read that met it last, which returned this.
    source: Option<OpId>,
    /// With a write that came after it.
    followed: bool,
}
