//! What must come before what, among a few operations, each edge with its reason.

use super::words::{did, object};
use crate::check::reads_from::{INITIAL, ReadsFrom};
use crate::check::{Edge, Model};
use crate::history::{Act, End, History, OpId};
use std::collections::{BTreeMap, VecDeque};

/// All edges that are known, and what follows from them.
pub struct Graph<'a> {
    history: &'a History,
    model: Model,
    reads_from: Option<&'a ReadsFrom>,
    edges: BTreeMap<(OpId, OpId), String>,
}

impl<'a> Graph<'a> {
    /// What is plain: the order of time or of each process, and what was read.
    pub fn new(history: &'a History, model: Model, reads_from: Option<&'a ReadsFrom>) -> Self {
        let mut graph = Graph { history, model, reads_from, edges: BTreeMap::new() };
        for from in graph.ids() {
            for to in graph.ids().filter(|&to| to != from) {
                graph.given(from, to);
                graph.read(from, to);
            }
        }
        graph
    }

    /// The edges that are plain, without those that others imply.
    pub fn known(&self) -> Vec<Edge> {
        let through = |from, to| {
            let edge = |from, to| self.edges.contains_key(&(from, to));
            self.ids().any(|middle| edge(from, middle) && edge(middle, to))
        };
        let plain = self.edges.iter().filter(|((from, to), _)| !through(*from, *to));
        plain.map(|(&(from, to), why)| Edge { from, to, why: why.clone() }).collect()
    }

    /// The shortest circle that follows, and what it says in a sentence.
    pub fn circle(&mut self) -> Option<(String, Vec<Edge>)> {
        loop {
            if let Some(circle) = self.shortest() {
                let edge = |place: usize| {
                    let (from, to) = (circle[place], circle[(place + 1) % circle.len()]);
                    Edge { from, to, why: self.edges[&(from, to)].clone() }
                };
                let edges: Vec<Edge> = (0..circle.len()).map(edge).collect();
                return Some((self.sentence(&edges), edges));
            }
            if !self.infer() {
                return None;
            }
        }
    }

    fn ids(&self) -> std::ops::Range<OpId> {
        0..self.history.len() as OpId
    }

    fn live(&self, id: OpId) -> bool {
        self.reads_from.is_none_or(|found| found.live[id as usize])
    }

    fn edge(&mut self, from: OpId, to: OpId, why: String) -> bool {
        let new = !self.edges.contains_key(&(from, to));
        self.edges.entry((from, to)).or_insert(why);
        new
    }

    /// The order of time for linearizability, else that of each process.
    fn given(&mut self, from: OpId, to: OpId) {
        let (first, then) = (self.history.operation(from), self.history.operation(to));
        if !self.live(from) || !self.live(to) {
            return;
        }
        if self.model == Model::Linearizable {
            if first.returned() < then.invoked() {
                let why = format!("{}, and that was over before", did(self.history, from));
                self.edge(from, to, why);
            }
        } else if first.process() == then.process() && first.invoked() < then.invoked() {
            let why = format!("{} first", did(self.history, from));
            self.edge(from, to, why);
        }
    }

    /// A write and what read it.
    fn read(&mut self, from: OpId, to: OpId) {
        let Some(reads_from) = self.reads_from.filter(|_| self.live(to)) else { return };
        if reads_from.source[to as usize] == from {
            let process = self.history.process_name(self.history.operation(from).process());
            let why = format!("{}, which process {process} had left", did(self.history, to));
            self.edge(from, to, why);
        }
        if self.finds_nothing(to) && self.changes(from, to) && self.all_in_one_order() {
            self.absent(to, from);
        }
        if self.shows(to, from) == Some(false) && self.all_in_one_order() {
            self.lacks(to, from);
        }
        self.elements(from, to);
    }

    fn absent(&mut self, read: OpId, write: OpId) -> bool {
        let why = format!("{}, so it comes before every write of it", did(self.history, read));
        self.edge(read, write, why)
    }

    fn lacks(&mut self, read: OpId, append: OpId) -> bool {
        let why = format!("{}, so it comes before what it lacks", did(self.history, read));
        self.edge(read, append, why)
    }

    /// Appends that some list shows, one right after the other.
    fn elements(&mut self, from: OpId, to: OpId) {
        let (first, then) = (self.history.operation(from), self.history.operation(to));
        if first.act() != Act::Append || then.act() != Act::Append || first.key() != then.key() {
            return;
        }
        let shows = self.ids().find(|&read| {
            let operation = self.history.operation(read);
            let is_list = operation.act() == Act::ReadList && operation.key() == first.key();
            is_list && self.live(read) && {
                let elements = self.history.lists().elements(operation.list());
                elements.windows(2).any(|pair| pair == [first.value(), then.value()])
            }
        });
        if let Some(read) = shows {
            let why = did(self.history, read);
            self.edge(from, to, why);
        }
    }

    fn all_in_one_order(&self) -> bool {
        matches!(self.model, Model::Linearizable | Model::Sequential)
    }

    fn finds_nothing(&self, id: OpId) -> bool {
        let act = self.history.operation(id).act();
        matches!(act, Act::Read | Act::Cas)
            && self.history.operation(id).end() != End::Mismatch
            && self.reads_from.is_some_and(|found| found.source[id as usize] == INITIAL)
    }

    /// True of a live write of the same register.
    fn changes(&self, write: OpId, other: OpId) -> bool {
        let (made, other) = (self.history.operation(write), self.history.operation(other));
        let writes = matches!(made.act(), Act::Write | Act::Cas | Act::Delete);
        writes && self.live(write) && made.key() == other.key()
    }

    /// Whether a read of a list shows an append to it.
    fn shows(&self, read: OpId, append: OpId) -> Option<bool> {
        let (list, made) = (self.history.operation(read), self.history.operation(append));
        let both = list.act() == Act::ReadList && made.act() == Act::Append;
        let same = both && list.key() == made.key() && self.live(append) && self.live(read);
        same.then(|| self.history.lists().elements(list.list()).contains(&made.value()))
    }

    /// What follows; false where nothing new does.
    fn infer(&mut self) -> bool {
        let after = self.closure();
        let Some(reads_from) = self.reads_from else { return false };
        let mut new = false;
        for read in self.ids() {
            if !self.live(read) {
                continue;
            }
            let act = self.history.operation(read).act();
            for write in self.ids().filter(|&id| id != read) {
                if self.shows(read, write) == Some(false) && after(write, read) {
                    new |= self.lacks(read, write);
                }
                if !matches!(act, Act::Read | Act::Cas) || !self.changes(write, read) {
                    continue;
                }
                match reads_from.source[read as usize] {
                    INITIAL if after(write, read) => new |= self.absent(read, write),
                    source if source != INITIAL && source != write => {
                        new |= self.between(source, write, read, &after);
                    }
                    _ => {}
                }
            }
        }
        new
    }

    /// A read, its source, and another write of the key.
    fn between(
        &mut self,
        source: OpId,
        write: OpId,
        read: OpId,
        after: &impl Fn(OpId, OpId) -> bool,
    ) -> bool {
        let history = self.history;
        let (overwritten, seen) = (after(source, write), after(write, read));
        if overwritten && (seen || self.all_in_one_order()) && self.model != Model::CausalConvergent
        {
            let why = format!("{}, so it comes before what was written next", did(history, read));
            return self.edge(read, write, why);
        }
        if seen && self.model != Model::Causal {
            let why = format!("{} after that, so that was written earlier", did(history, read));
            return self.edge(write, source, why);
        }
        false
    }

    /// Whether one operation comes before another by some way.
    fn closure(&self) -> impl Fn(OpId, OpId) -> bool + use<> {
        let size = self.history.len();
        let mut reach = vec![false; size * size];
        for &(from, to) in self.edges.keys() {
            reach[from as usize * size + to as usize] = true;
        }
        for through in 0..size {
            for from in 0..size {
                for to in 0..size {
                    reach[from * size + to] |=
                        reach[from * size + through] && reach[through * size + to];
                }
            }
        }
        move |from, to| reach[from as usize * size + to as usize]
    }

    /// The shortest way from some operation back to itself.
    fn shortest(&self) -> Option<Vec<OpId>> {
        self.ids().filter_map(|start| self.around(start)).min_by_key(|circle| circle.len())
    }

    fn around(&self, start: OpId) -> Option<Vec<OpId>> {
        let mut came: BTreeMap<OpId, OpId> = BTreeMap::new();
        let mut ahead = VecDeque::from([start]);
        while let Some(id) = ahead.pop_front() {
            for &(_, next) in self.edges.range((id, 0)..=(id, OpId::MAX)).map(|edge| edge.0) {
                if next == start {
                    let mut circle = vec![id];
                    while circle[circle.len() - 1] != start {
                        circle.push(came[&circle[circle.len() - 1]]);
                    }
                    circle.reverse();
                    return Some(circle);
                }
                came.entry(next).or_insert_with(|| {
                    ahead.push_back(next);
                    id
                });
            }
        }
        None
    }

    /// What is wrong, for the headline: the read that came too late, where there is one.
    fn sentence(&self, circle: &[Edge]) -> String {
        let name = |id: OpId| object(self.history, self.history.operation(id));
        let late = circle.iter().find(|edge| {
            let act = self.history.operation(edge.from).act();
            matches!(act, Act::Read | Act::ReadList | Act::Cas)
                && !self.history.operation(edge.to).act().is_read()
                && edge.why.contains("so it comes before")
        });
        if let Some(edge) = late {
            return match edge.why.contains("every write") {
                true => format!("{} after it had been written", did(self.history, edge.from)),
                false => format!("{} after that had changed", did(self.history, edge.from)),
            };
        }
        let reads = |edge: &&Edge| self.history.operation(edge.to).act().is_read();
        match circle.iter().find(reads) {
            Some(edge) => format!("{} too early or too late", did(self.history, edge.to)),
            None => {
                format!("the writes of {} come before each other in a circle", name(circle[0].from))
            }
        }
    }
}
