//! What must come before what, each step with its reason.

use crate::check::Edge;
use crate::history::OpId;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// From an operation to one that must come after it.
pub type Step = (OpId, OpId);

/// The steps known so far.
#[derive(Debug, Default)]
pub struct Graph {
    steps: BTreeMap<OpId, BTreeMap<OpId, Reason>>,
}

#[derive(Debug)]
struct Reason {
    why: String,
    /// The steps from which it follows.
    rests_on: Vec<Step>,
}

impl Graph {
    /// Adds a step, unless it is known already. Whether it was new.
    pub fn add(&mut self, step: Step, why: impl FnOnce() -> String, rests_on: Vec<Step>) -> bool {
        let after = self.steps.entry(step.0).or_default();
        if step.0 == step.1 || after.contains_key(&step.1) {
            return false;
        }
        after.insert(step.1, Reason { why: why(), rests_on });
        true
    }

    /// The shortest way from one operation to another.
    pub fn path(&self, from: OpId, to: OpId) -> Option<Vec<Step>> {
        let mut came_from: BTreeMap<OpId, OpId> = BTreeMap::new();
        let mut ahead = VecDeque::from([from]);
        while let Some(at) = ahead.pop_front() {
            for &next in self.steps.get(&at).into_iter().flat_map(BTreeMap::keys) {
                if next == to {
                    came_from.insert(to, at);
                    return Some(way(&came_from, from, to));
                }
                if next != from && !came_from.contains_key(&next) {
                    came_from.insert(next, at);
                    ahead.push_back(next);
                }
            }
        }
        None
    }

    /// The shortest way that leads back to where it began.
    pub fn circle(&self) -> Option<Vec<Step>> {
        let circles = self.steps.keys().filter_map(|&start| self.path(start, start));
        circles.min_by_key(Vec::len)
    }

    /// All steps, in words.
    pub fn all(&self) -> Vec<Edge> {
        let steps = self.steps.iter();
        let steps: Vec<Step> =
            steps.flat_map(|(&from, after)| after.keys().map(move |&to| (from, to))).collect();
        self.told(&steps)
    }

    /// These steps in words, each after those that it rests on.
    pub fn told(&self, steps: &[Step]) -> Vec<Edge> {
        let (mut edges, mut told) = (Vec::new(), BTreeSet::new());
        for step in steps {
            self.tell(*step, &mut told, &mut edges);
        }
        edges
    }

    /// As deep as steps rest on each other: at most as many as there are pairs of a few operations.
    fn tell(&self, step: Step, told: &mut BTreeSet<Step>, edges: &mut Vec<Edge>) {
        let Some(reason) = self.steps.get(&step.0).and_then(|after| after.get(&step.1)) else {
            return;
        };
        if told.insert(step) {
            for earlier in &reason.rests_on {
                self.tell(*earlier, told, edges);
            }
            edges.push(Edge { from: step.0, to: step.1, why: reason.why.clone() });
        }
    }
}

fn way(came_from: &BTreeMap<OpId, OpId>, from: OpId, to: OpId) -> Vec<Step> {
    let (mut steps, mut at) = (Vec::new(), to);
    while let Some(&before) = came_from.get(&at) {
        steps.push((before, at));
        at = before;
        if at == from {
            break;
        }
    }
    steps.reverse();
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_is_told_with_what_it_rests_on() {
        let mut graph = Graph::default();
        let mut add = |step, why: &str, rests: &[Step]| {
            graph.add(step, || why.to_string(), rests.to_vec());
        };
        add((0, 1), "time", &[]);
        add((1, 2), "time", &[]);
        add((2, 3), "time", &[]);
        add((3, 2), "it follows", &[(0, 1)]);
        let circle = graph.circle().expect("2 and 3 wait for each other");
        assert_eq!(circle, [(2, 3), (3, 2)]);
        let told: Vec<Step> = graph.told(&circle).iter().map(|edge| (edge.from, edge.to)).collect();
        assert_eq!(told, [(2, 3), (0, 1), (3, 2)]);
        assert_eq!(graph.path(0, 3), Some(vec![(0, 1), (1, 2), (2, 3)]));
        assert_eq!((graph.path(3, 0), graph.path(0, 0)), (None, None));
    }
}
