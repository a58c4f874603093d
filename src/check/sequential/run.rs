//! The processes, each with the operation that it does next; what is done can be taken back.

use super::hints::Hints;
use crate::check::frontier::{Move, State, UNSEEN};
use crate::check::reads_from::INITIAL;
use crate::history::{Act, End, History, OpId};

/// What a key holds: its state, the last write, and how much had been done before that.
#[derive(Debug, Clone, Copy)]
struct Held {
    state: State,
    last: OpId,
    since: usize,
}

/// What was done: by which process, and what its key held before.
#[derive(Debug)]
struct Done {
    process: u32,
    before: Held,
}

/// What holds a process up: another one, which must go on first; and how much had been done before the write that is to blame, where
/// one is.
#[derive(Debug, Clone, Copy)]
struct Wait {
    process: usize,
    blame: Option<usize>,
}

/// A run of all processes.
#[derive(Debug)]
pub struct Run<'a> {
    history: &'a History,
    hints: &'a Hints<'a>,
    lines: Vec<Vec<OpId>>,
    next: Vec<u32>,
    done: Vec<bool>,
    /// By key.
    held: Vec<Held>,
    /// By write, and by key for the initial absence: the readers that are not done, where sources are known.
    readers: Vec<u32>,
    initial: Vec<u32>,
    /// By key: the reads of its list that are not done.
    list_reads: Vec<u32>,
    trail: Vec<Done>,
    /// The acknowledged operations that are not done.
    left: usize,
}

impl<'a> Run<'a> {
    /// Nothing is done yet.
    pub fn new(history: &'a History, hints: &'a Hints<'a>) -> Self {
        let mut run = Run {
            history,
            hints,
            lines: vec![Vec::new(); history.processes()],
            next: vec![0; history.processes()],
            done: vec![false; history.len()],
            held: vec![Held { state: 0, last: INITIAL, since: 0 }; history.keys()],
            readers: vec![0; history.len()],
            initial: vec![0; history.keys()],
            list_reads: vec![0; history.keys()],
            trail: Vec::new(),
            left: 0,
        };
        for (id, operation) in history.operations().iter().enumerate() {
            let id = id as OpId;
            if Move::of(operation).is_some() && hints.takes_part(history, id) {
                run.lines[operation.process().0 as usize].push(id);
                run.left += usize::from(operation.end() != End::Info);
                run.count(id, 1);
            }
        }
        run
    }

    /// True where all that was acknowledged is done.
    pub fn is_over(&self) -> bool {
        self.left == 0
    }

    /// How much was done.
    pub fn length(&self) -> usize {
        self.trail.len()
    }

    /// Where it stands: what each process has done, and what each key holds.
    pub fn place(&self) -> Box<[u32]> {
        self.next.iter().copied().chain(self.held.iter().map(|held| held.state)).collect()
    }

    /// Its size in memory for each place that is remembered.
    pub fn place_bytes(&self) -> usize {
        (self.next.len() + self.held.len()) * size_of::<u32>() + 64
    }

    /// The process to try first of those that may change something, after the one that was tried last: (its rank, its number).
    pub fn first_way(&self, after: Option<(u32, u32)>) -> Option<(u32, u32)> {
        let mut best = None;
        for process in 0..self.lines.len() {
            if let Some(id) = self.ready(process, false) {
                let way = Some((self.hints.rank(self.history, id), process as u32));
                if way > after && (best.is_none() || way < best) {
                    best = way;
                }
            }
        }
        best
    }

    /// Lets everybody look who can.
    pub fn look(&mut self) {
        let (mut quiet, mut process) = (0, 0);
        while quiet < self.lines.len() {
            if self.ready(process, true).is_some() {
                self.go(process);
                quiet = 0;
            } else {
                quiet += 1;
                process = (process + 1) % self.lines.len();
            }
        }
    }

    /// The next operation of a process, if it may go, and only looks or changes something, as asked.
    fn ready(&self, process: usize, looks: bool) -> Option<OpId> {
        let &id = self.lines[process].get(self.next[process] as usize)?;
        let operation = self.history.operation(id);
        let made = Move::of(operation).filter(|made| made.looks() == looks)?;
        let key = operation.key().0 as usize;
        let state = made.apply(self.held[key].state, self.history.lists())?;
        let early = || self.hints.before(id).iter().any(|&first| !self.done[first as usize]);
        let lost = state == UNSEEN && self.list_reads[key] > 0;
        let may = !lost && (looks || self.may_overwrite(key, id)) && !early();
        may.then_some(id)
    }

    /// Where some processes wait for each other in a circle, whatever the others do: how much had been done before the last of the
    /// writes that are to blame, and nothing where none is. Each wait is for something that must come first: one circle is enough.
    pub fn stuck(&self) -> Option<Option<usize>> {
        let mut met = vec![false; self.lines.len()];
        for start in 0..self.lines.len() {
            // The processes on the way, each with the wait that led there and those that it has not followed yet.
            let mut path: Vec<(Wait, Vec<Wait>)> = Vec::new();
            let mut enter = Some(Wait { process: start, blame: None });
            loop {
                if let Some(wait) = enter.filter(|wait| !met[wait.process]) {
                    met[wait.process] = true;
                    path.push((wait, self.waits(wait.process)));
                }
                let Some((_, ahead)) = path.last_mut() else { break };
                enter = ahead.pop();
                let Some(wait) = enter else {
                    path.pop();
                    continue;
                };
                if let Some(first) = path.iter().position(|on| on.0.process == wait.process) {
                    let around = path[first + 1..].iter().map(|on| on.0.blame);
                    return Some(around.fold(wait.blame, Option::max));
                }
            }
        }
        None
    }

    /// What holds the next operation of a process up.
    fn waits(&self, process: usize) -> Vec<Wait> {
        let Some(&id) = self.lines[process].get(self.next[process] as usize) else {
            return Vec::new();
        };
        let operation = self.history.operation(id);
        let held = self.held[operation.key().0 as usize];
        let source = self.hints.source(self.history, id).filter(|&source| source != INITIAL);
        let first = self.hints.before(id).iter().copied().chain(source).map(|id| (id, None));
        let readers = match operation.act().is_read() {
            true => &[],
            false => self.hints.readers(held.last, operation.key()),
        };
        let readers = readers.iter().filter(|&&reader| reader != id);
        let blame = (held.last != INITIAL).then_some(held.since);
        let all = first.chain(readers.map(|&reader| (reader, blame)));
        let ahead = all.filter(|(first, _)| !self.done[*first as usize]);
        let of = |id| self.history.operation(id).process().0 as usize;
        ahead.map(|(first, blame)| Wait { process: of(first), blame }).collect()
    }

    /// True where all reads of what a key holds are done, where it is known which those are.
    fn may_overwrite(&self, key: usize, id: OpId) -> bool {
        let readers = match self.held[key].last {
            INITIAL => self.initial[key],
            last => self.readers[last as usize],
        };
        readers == u32::from(self.hints.source(self.history, id).is_some())
    }

    /// Counts an operation among the readers of its source, or no longer.
    fn count(&mut self, id: OpId, by: i32) {
        let operation = self.history.operation(id);
        let key = operation.key().0 as usize;
        if operation.act() == Act::ReadList {
            self.list_reads[key] = self.list_reads[key].wrapping_add_signed(by);
        }
        let readers = match self.hints.source(self.history, id) {
            None => return,
            Some(INITIAL) => &mut self.initial[key],
            Some(source) => &mut self.readers[source as usize],
        };
        *readers = readers.wrapping_add_signed(by);
    }

    /// Does the next operation of a process, which is ready.
    pub fn go(&mut self, process: usize) {
        let id = self.lines[process][self.next[process] as usize];
        let operation = self.history.operation(id);
        let key = operation.key().0 as usize;
        let before = self.held[key];
        if let Some(made) = Move::of(operation).filter(|made| !made.looks()) {
            let state = made.apply(before.state, self.history.lists()).unwrap_or(before.state);
            self.held[key] = Held { state, last: id, since: self.trail.len() };
        }
        self.trail.push(Done { process: process as u32, before });
        self.next[process] += 1;
        self.done[id as usize] = true;
        self.left -= usize::from(operation.end() != End::Info);
        self.count(id, -1);
    }

    /// Takes back what was done since there was so much of it.
    pub fn undo(&mut self, length: usize) {
        while self.trail.len() > length {
            let Some(done) = self.trail.pop() else { return };
            let process = done.process as usize;
            self.next[process] -= 1;
            let id = self.lines[process][self.next[process] as usize];
            let operation = self.history.operation(id);
            let key = operation.key().0 as usize;
            self.held[key] = done.before;
            self.done[id as usize] = false;
            self.left += usize::from(operation.end() != End::Info);
            self.count(id, 1);
        }
    }
}
