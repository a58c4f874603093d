//! The operations behind a cycle: those on it, and for each inferred edge those from which it was inferred.

use super::saturate::Saturation;
use crate::check::before::Before;
use crate::history::OpId;
use std::collections::{BTreeSet, HashMap, VecDeque};

/// Edges that are looked into. What rests on more is left to the shrinking of all that was met.
const LOOKED_INTO: usize = 64;

/// The operations behind this cycle. Of each pair of neighbours, the second follows the first in its process or waits for it.
pub fn of(saturation: &Saturation, circle: &[OpId]) -> Vec<OpId> {
    let edges = saturation.edges.iter().enumerate();
    let by_later =
        Before::of(edges.map(|(index, edge)| (index as u32, edge.to)), saturation.history.len());
    let mut behind: BTreeSet<OpId> = circle.iter().copied().collect();
    let mut ahead: Vec<usize> = Vec::new();
    for (place, &from) in circle.iter().enumerate() {
        let to = circle[(place + 1) % circle.len()];
        let edge = by_later.of_operation(to).iter().copied();
        ahead.extend(edge.map(|index| index as usize).find(|&i| saturation.edges[i].from == from));
    }
    let mut met: BTreeSet<usize> = BTreeSet::new();
    while let Some(index) = ahead.pop() {
        if !met.insert(index) || met.len() > LOOKED_INTO {
            continue;
        }
        let edge = saturation.edges[index];
        behind.extend([edge.from, edge.to]);
        let Some(why) = edge.why else { continue };
        behind.insert(why);
        let known = saturation.rounds.iter().rev().find(|&&known| known <= index);
        let known = known.copied().unwrap_or_default();
        // A write before a read, or the write that was read before the one that follows it.
        let reads = saturation.reads_from.source[why as usize] == edge.to;
        let (from, to) = if reads { (edge.from, why) } else { (why, edge.to) };
        ahead.extend(path(saturation, &by_later, known, from, to));
    }
    behind.into_iter().collect()
}

/// The edges of a path with as few as possible, program order not counted, among those known by then.
fn path(
    saturation: &Saturation,
    by_later: &Before,
    known: usize,
    from: OpId,
    to: OpId,
) -> Vec<usize> {
    let mut came: HashMap<OpId, (OpId, Option<usize>)> = HashMap::new();
    let mut ahead = VecDeque::from([(to, to, None)]);
    while let Some((id, next, edge)) = ahead.pop_front() {
        if came.contains_key(&id) {
            continue;
        }
        came.insert(id, (next, edge));
        if id == from {
            break;
        }
        let place = saturation.places[id as usize] as usize;
        let line = &saturation.lines[saturation.history.operation(id).process().0 as usize];
        if place > 1 {
            ahead.push_front((line[place - 2], id, None));
        }
        for &index in by_later.of_operation(id) {
            let index = index as usize;
            if index < known {
                ahead.push_back((saturation.edges[index].from, id, Some(index)));
            }
        }
    }
    let mut edges = Vec::new();
    let mut at = from;
    while at != to {
        let Some(&(next, edge)) = came.get(&at) else { break };
        edges.extend(edge);
        at = next;
    }
    edges
}
