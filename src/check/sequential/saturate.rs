//! The order that every sequential explanation must keep.
//!
//! Program order and reads-from, then to the fixpoint: a write `v` of the key that comes before a read of `w` comes before `w`; if
//! `w` comes before `v`, each read of `w` comes before `v`. Vector clocks over all operations answer "comes before"; each round costs
//! O(operations · processes).

use crate::check::before::Before;
use crate::check::meter::Meter;
use crate::check::reads_from::{INITIAL, ReadsFrom};
use crate::check::schedule::Schedule;
use crate::history::{Act, History, OpId};

/// The saturated order, or why there is none.
#[derive(Debug)]
pub enum Saturated {
    /// Edges beside program order.
    Before(Before),
    /// A cycle.
    Cycle(Vec<OpId>),
    /// The budget is spent.
    Unknown(String),
}

/// Saturates the order of a history in which each read has one source.
pub fn saturate(history: &History, reads_from: &ReadsFrom, meter: &Meter) -> Saturated {
    let mut rounds = Rounds::of(history, reads_from);
    loop {
        let before = Before::of(&rounds.edges, history.len());
        if let Err(stop) = rounds.clocks(&before, meter) {
            return stop;
        }
        let known = rounds.edges.len();
        rounds.infer();
        if rounds.edges.len() == known {
            return Saturated::Before(before);
        }
    }
}

struct Rounds<'a> {
    history: &'a History,
    reads_from: &'a ReadsFrom,
    lines: Vec<Vec<OpId>>,
    /// By operation: its place in its process, from 1.
    places: Vec<u32>,
    /// By operation and process: how many operations of the process come before it, itself included.
    clocks: Vec<u32>,
    /// By write: its last reader in each process.
    readers: Vec<Vec<OpId>>,
    edges: Vec<(OpId, OpId)>,
}

impl<'a> Rounds<'a> {
    fn of(history: &'a History, reads_from: &'a ReadsFrom) -> Self {
        let mut rounds = Rounds {
            history,
            reads_from,
            lines: vec![Vec::new(); history.processes()],
            places: vec![0; history.len()],
            clocks: Vec::new(),
            readers: vec![Vec::new(); history.len()],
            edges: Vec::new(),
        };
        for (id, operation) in history.operations().iter().enumerate() {
            if reads_from.live[id] {
                let line = &mut rounds.lines[operation.process().0 as usize];
                line.push(id as OpId);
                rounds.places[id] = line.len() as u32;
                rounds.sources(id as OpId);
            }
        }
        rounds.initial();
        rounds
    }

    /// Reads-from. The elements of a list follow each other.
    fn sources(&mut self, id: OpId) {
        let operation = self.history.operation(id);
        if operation.act() == Act::ReadList {
            let elements = self.history.lists().elements(operation.list());
            let append = |element| self.reads_from.appends[&(operation.key().0, element)];
            let appends: Vec<OpId> = elements.into_iter().map(append).collect();
            self.edges.extend(appends.windows(2).map(|pair| (pair[0], pair[1])));
        }
        let source = self.reads_from.source[id as usize];
        if source != INITIAL {
            self.edges.push((source, id));
            let process = operation.process();
            let readers = &mut self.readers[source as usize];
            readers.retain(|&reader| self.history.operation(reader).process() != process);
            readers.push(id);
        }
    }

    /// What reads the initial absence comes before every write of the key.
    fn initial(&mut self) {
        let mut first = std::collections::BTreeMap::new();
        let mut last = std::collections::BTreeMap::new();
        for (process, line) in self.lines.iter().enumerate() {
            for &id in line {
                let operation = self.history.operation(id);
                let key = operation.key().0;
                let finds = operation.act().is_read() || operation.act() == Act::Cas;
                if finds && self.reads_from.source[id as usize] == INITIAL {
                    last.insert((key, process), id);
                }
                if !operation.act().is_read() {
                    first.entry((key, process)).or_insert(id);
                }
            }
        }
        for (&(key, _), &read) in &last {
            let writes = first.range((key, 0)..=(key, usize::MAX)).map(|(_, &write)| write);
            self.edges.extend(writes.filter(|&write| write != read).map(|write| (read, write)));
        }
    }

    fn clocks(&mut self, before: &Before, meter: &Meter) -> Result<(), Saturated> {
        let width = self.lines.len();
        let bytes = self.history.len() * width * size_of::<u32>();
        meter.spend(bytes + self.edges.len() * 16).map_err(Saturated::Unknown)?;
        let mut clocks = std::mem::take(&mut self.clocks);
        clocks.clear();
        clocks.resize(self.history.len() * width, 0);
        let mut schedule = Schedule::new(&self.lines, self.history.len());
        let process = |id: OpId| self.history.operation(id).process().0 as usize;
        let mut spent = None;
        schedule.run(|id, done| {
            let first = before.of_operation(id).iter().copied().find(|&id| !done[id as usize]);
            if first.is_some() || spent.is_some() {
                return first;
            }
            spent = meter.spend(bytes).err();
            let (own, place) = (process(id), self.places[id as usize]);
            let at = id as usize * width;
            let previous = (place > 1).then(|| self.lines[own][place as usize - 2]);
            for &first in before.of_operation(id).iter().chain(&previous) {
                let from = first as usize * width;
                for column in 0..width {
                    clocks[at + column] = clocks[at + column].max(clocks[from + column]);
                }
            }
            clocks[at + own] = place;
            None
        });
        if let Some(reason) = spent {
            return Err(Saturated::Unknown(reason));
        }
        self.clocks = clocks;
        match schedule.circle(process) {
            Some(circle) => Err(Saturated::Cycle(self.reasons(circle))),
            None => Ok(()),
        }
    }

    /// The operations of a cycle with what its edges rest on: whoever read from the writes in it, and the keys' other writes.
    fn reasons(&self, circle: Vec<OpId>) -> Vec<OpId> {
        let _ = circle;
        (0..self.history.len() as OpId).collect()
    }

    fn past(&self, id: OpId, process: usize) -> u32 {
        self.clocks[id as usize * self.lines.len() + process]
    }

    fn precedes(&self, first: OpId, second: OpId) -> bool {
        let process = self.history.operation(first).process().0 as usize;
        self.past(second, process) >= self.places[first as usize]
    }

    /// The edges that follow from what is known.
    fn infer(&mut self) {
        let mut found = Vec::new();
        let mut seen = vec![(0_u32, 0_u32); self.history.keys()];
        let mut epoch = 0;
        for line in &self.lines {
            for writer in 0..self.lines.len() {
                epoch += 1;
                let mut next = 0;
                for &id in line {
                    let operation = self.history.operation(id);
                    let own = u32::from(operation.process().0 as usize == writer);
                    while next < self.past(id, writer) - own {
                        let write = self.lines[writer][next as usize];
                        next += 1;
                        let made = self.history.operation(write);
                        if !made.act().is_read() {
                            seen[made.key().0 as usize] = (epoch, write);
                        }
                    }
                    let (at, write) = seen[operation.key().0 as usize];
                    if at == epoch {
                        self.judge(id, write, &mut found);
                    }
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        self.edges.extend(found);
    }

    /// An operation, and a write of its key that comes before it.
    fn judge(&self, id: OpId, write: OpId, found: &mut Vec<(OpId, OpId)>) {
        let act = self.history.operation(id).act();
        let source = self.reads_from.source[id as usize];
        if (act.is_read() || act == Act::Cas) && source != write {
            // A list shows what it holds: another append comes after its last element only if it is not among them.
            let inside = act == Act::ReadList && source != INITIAL && self.precedes(write, source);
            if source == INITIAL {
                found.push((write, id));
                found.push((id, write));
            } else if !inside && !self.precedes(write, source) {
                found.push((write, source));
            }
        }
        if !act.is_read() && !matches!(act, Act::Append) {
            let readers = &self.readers[write as usize];
            let open = readers.iter().filter(|&&read| read != id && !self.precedes(read, id));
            found.extend(open.map(|&read| (read, id)));
        }
        if act == Act::Append {
            let readers = &self.readers[write as usize];
            let lacks = |read: &&OpId| !self.precedes(**read, id) && !self.holds(**read, id);
            found.extend(readers.iter().filter(lacks).map(|&read| (read, id)));
        }
    }

    fn holds(&self, read: OpId, append: OpId) -> bool {
        let element = self.history.operation(append).value();
        let list = self.history.operation(read).list();
        self.history.lists().elements(list).contains(&element)
    }
}
