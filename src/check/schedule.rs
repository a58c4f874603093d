//! A topological order, by letting the processes run.
//!
//! Each process performs its operations in order, as far as it can; it waits where an operation needs another one first, and is woken
//! by it. This is Kahn's algorithm with one queue entry per process in place of an edge list. If at the end some process still
//! waits, each waits for another: a cycle.

use crate::history::OpId;

const NOBODY: u32 = u32::MAX;

/// The processes, each with what it does next.
#[derive(Debug)]
pub struct Schedule<'a> {
    lines: &'a [Vec<OpId>],
    next: Vec<usize>,
    waits_for: Vec<OpId>,
    /// By operation: the first process that waits for it; by process: the next one that waits for the same.
    waiting: Vec<u32>,
    also: Vec<u32>,
    done: Vec<bool>,
}

impl<'a> Schedule<'a> {
    /// Nothing is done yet. `lines` are the operations of each process, in its order.
    pub fn new(lines: &'a [Vec<OpId>], operations: usize) -> Self {
        Schedule {
            lines,
            next: vec![0; lines.len()],
            waits_for: vec![NOBODY; lines.len()],
            waiting: vec![NOBODY; operations],
            also: vec![NOBODY; lines.len()],
            done: vec![false; operations],
        }
    }

    /// Performs everything that can be: `perform` says which operation must come first, or performs.
    pub fn run(&mut self, mut perform: impl FnMut(OpId, &[bool]) -> Option<OpId>) {
        let mut ready: Vec<u32> = (0..self.lines.len() as u32).collect();
        while let Some(process) = ready.pop() {
            let line = &self.lines[process as usize];
            while let Some(&id) = line.get(self.next[process as usize]) {
                if let Some(first) = perform(id, &self.done) {
                    self.waits_for[process as usize] = first;
                    self.also[process as usize] = self.waiting[first as usize];
                    self.waiting[first as usize] = process;
                    break;
                }
                self.done[id as usize] = true;
                self.next[process as usize] += 1;
                let mut woken = std::mem::replace(&mut self.waiting[id as usize], NOBODY);
                while woken != NOBODY {
                    ready.push(woken);
                    woken = self.also[woken as usize];
                }
            }
        }
    }

    /// Where not all is done: operations that wait for each other in a circle. Of each pair, the second waits for the first or
    /// follows it in its process, up to the last, for which the first waits.
    pub fn circle(&self, process_of: impl Fn(OpId) -> usize) -> Option<Vec<OpId>> {
        let stuck = |&process: &usize| self.next[process] < self.lines[process].len();
        let mut process = (0..self.lines.len()).find(stuck)?;
        let mut met = vec![false; self.lines.len()];
        while !met[process] {
            met[process] = true;
            process = process_of(self.waits_for[process]);
        }
        let start = process;
        let mut circle = Vec::new();
        loop {
            circle.push(self.lines[process][self.next[process]]);
            circle.push(self.waits_for[process]);
            process = process_of(self.waits_for[process]);
            if process == start {
                circle.reverse();
                return Some(circle);
            }
        }
    }
}
