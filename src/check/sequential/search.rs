//! The search for one order: each process runs its operations, the search chooses who goes next.
//!
//! What only looks goes as soon as it may: it never hurts. A write waits until all reads of what it overwrites are done, where it is known
//! which those are. Where nobody can go on, the last choice is taken back, and the place is remembered so that no other way leads
//! there again. No recursion: choices stand on a stack.

use crate::check::before::Before;
use crate::check::frontier::{Move, State, UNSEEN};
use crate::check::meter::Meter;
use crate::check::reads_from::{INITIAL, ReadsFrom};
use crate::history::{Act, End, History, OpId};
use std::collections::HashSet;

/// What a search finds.
#[derive(Debug)]
pub enum Found {
    /// There is an order.
    Order,
    /// There is none.
    None,
    /// The budget was spent.
    Unknown(String),
}

/// Searches, held to known sources and a known order where there are any.
pub fn search(history: &History, known: Option<(&ReadsFrom, &Before)>, meter: &Meter) -> Found {
    let mut run = Run::of(history, known);
    let mut choices = vec![Choice { undo: 0, rest: Vec::new() }];
    let mut failed: HashSet<Box<[u32]>> = HashSet::new();
    let size = (run.next.len() + run.states.len()) * size_of::<u32>() + 48;
    run.look();
    loop {
        if run.left == 0 {
            return Found::Order;
        }
        if let Err(reason) = meter.spend(failed.len() * size) {
            return Found::Unknown(reason);
        }
        let dead = failed.contains(&run.place());
        let ways = if dead { Vec::new() } else { run.ways() };
        choices.push(Choice { undo: run.trail.len(), rest: ways });
        loop {
            let Some(choice) = choices.last_mut() else { return Found::None };
            run.undo(choice.undo);
            if let Some(process) = choice.rest.pop() {
                run.go(process as usize);
                run.look();
                break;
            }
            failed.insert(run.place());
            choices.pop();
        }
    }
}

/// A place with several ways on.
struct Choice {
    /// How long the trail was.
    undo: usize,
    /// The processes that may still be tried, the best last.
    rest: Vec<u32>,
}

struct Run<'a> {
    history: &'a History,
    known: Option<(&'a ReadsFrom, &'a Before)>,
    lines: Vec<Vec<(OpId, Move)>>,
    next: Vec<u32>,
    done: Vec<bool>,
    /// By key: the state.
    states: Vec<State>,
    /// By key: the last write, where sources are known.
    last: Vec<OpId>,
    /// By write, and by key for the initial absence: the readers that are not done.
    readers: Vec<u32>,
    initial: Vec<u32>,
    /// By key: the reads of its list that are not done.
    list_reads: Vec<u32>,
    /// What was done: the process, and the state and last write of the key before.
    trail: Vec<(u32, State, OpId)>,
    /// The acknowledged operations that are not done.
    left: usize,
}

impl<'a> Run<'a> {
    fn of(history: &'a History, known: Option<(&'a ReadsFrom, &'a Before)>) -> Self {
        let mut run = Run {
            history,
            known,
            lines: vec![Vec::new(); history.processes()],
            next: vec![0; history.processes()],
            done: vec![false; history.len()],
            states: vec![0; history.keys()],
            last: vec![INITIAL; history.keys()],
            readers: vec![0; history.len()],
            initial: vec![0; history.keys()],
            list_reads: vec![0; history.keys()],
            trail: Vec::new(),
            left: 0,
        };
        for (id, operation) in history.operations().iter().enumerate() {
            let live =
                known.is_none_or(|(found, _)| found.live[id] || operation.end() == End::Mismatch);
            let Some(made) = Move::of(operation).filter(|_| live) else { continue };
            run.lines[operation.process().0 as usize].push((id as OpId, made));
            run.left += usize::from(operation.end() != End::Info);
            run.count(id as OpId, made, 1);
        }
        run
    }

    /// Counts an operation among the readers of its source.
    fn count(&mut self, id: OpId, made: Move, by: u32) {
        let operation = self.history.operation(id);
        let key = operation.key().0 as usize;
        if operation.act() == Act::ReadList {
            self.list_reads[key] = self.list_reads[key].wrapping_add(by);
        }
        let Some((found, _)) = self.known else { return };
        if !matches!(made, Move::Read(_) | Move::Cas(..)) {
            return;
        }
        let readers = match found.source[id as usize] {
            INITIAL => &mut self.initial[key],
            source => &mut self.readers[source as usize],
        };
        *readers = readers.wrapping_add(by);
    }

    /// Where the search stands: what each process has done, and what each key holds.
    fn place(&self) -> Box<[u32]> {
        self.next.iter().chain(&self.states).copied().collect()
    }

    /// True where the next operation of a process may go.
    fn may(&self, process: usize, looks: bool) -> bool {
        let Some(&(id, made)) = self.lines[process].get(self.next[process] as usize) else {
            return false;
        };
        if made.looks() != looks {
            return false;
        }
        let operation = self.history.operation(id);
        let key = operation.key().0 as usize;
        let Some(state) = made.apply(self.states[key], self.history.lists()) else { return false };
        if state == UNSEEN && self.list_reads[key] > 0 {
            return false;
        }
        let Some((_, before)) = self.known else { return true };
        let early = before.of_operation(id).iter().any(|&first| !self.done[first as usize]);
        !early && (looks || self.may_overwrite(key, made))
    }

    /// True where all reads of what a key holds are done.
    fn may_overwrite(&self, key: usize, made: Move) -> bool {
        let readers = match self.last[key] {
            INITIAL => self.initial[key],
            last => self.readers[last as usize],
        };
        readers == u32::from(matches!(made, Move::Cas(..)))
    }

    /// The processes that may change something, the one to try first last: the earliest invocation.
    fn ways(&self) -> Vec<u32> {
        let may = |&process: &u32| self.may(process as usize, false);
        let mut ways: Vec<u32> = (0..self.lines.len() as u32).filter(may).collect();
        ways.sort_by_key(|&process| {
            let (id, _) = self.lines[process as usize][self.next[process as usize] as usize];
            std::cmp::Reverse(self.history.operation(id).invoked())
        });
        ways
    }

    /// Lets everybody look who can.
    fn look(&mut self) {
        let mut quiet = 0;
        let mut process = 0;
        while quiet < self.lines.len() {
            if self.may(process, true) {
                self.go(process);
                quiet = 0;
            } else {
                quiet += 1;
                process = (process + 1) % self.lines.len();
            }
        }
    }

    /// Does the next operation of a process.
    fn go(&mut self, process: usize) {
        let (id, made) = self.lines[process][self.next[process] as usize];
        let operation = self.history.operation(id);
        let key = operation.key().0 as usize;
        self.trail.push((process as u32, self.states[key], self.last[key]));
        self.states[key] =
            made.apply(self.states[key], self.history.lists()).unwrap_or(self.states[key]);
        if !made.looks() {
            self.last[key] = id;
        }
        self.next[process] += 1;
        self.done[id as usize] = true;
        self.left -= usize::from(operation.end() != End::Info);
        self.count(id, made, u32::MAX);
    }

    /// Takes back what was done since the trail was this long.
    fn undo(&mut self, length: usize) {
        while self.trail.len() > length {
            let Some((process, state, last)) = self.trail.pop() else { return };
            let process = process as usize;
            self.next[process] -= 1;
            let (id, made) = self.lines[process][self.next[process] as usize];
            let operation = self.history.operation(id);
            let key = operation.key().0 as usize;
            self.states[key] = state;
            self.last[key] = last;
            self.done[id as usize] = false;
            self.left += usize::from(operation.end() != End::Info);
            self.count(id, made, 1);
        }
    }
}
