//! Why one operation lies in the causal past of another: shortest paths, for counterexamples.

use super::clocks::Clocks;
use crate::check::before::Before;
use crate::history::{Act, OpId};
use std::collections::{HashMap, VecDeque};

/// The operations behind a read that returns an overwritten value.
pub fn overwritten(clocks: &Clocks, read: OpId, source: Option<OpId>, between: OpId) -> Vec<OpId> {
    let mut few = path(clocks, between, read);
    few.extend(source);
    if let Some(source) = source.filter(|&source| clocks.precedes(source, between)) {
        few.extend(path(clocks, source, between));
    }
    few
}

/// The operations behind a cycle of the causal order and the inferred one.
pub fn conflict(clocks: &Clocks, inferred: &Before, cycle: &[OpId]) -> Vec<OpId> {
    let mut few = cycle.to_vec();
    for (place, &earlier) in cycle.iter().enumerate() {
        let later = cycle[(place + 1) % cycle.len()];
        if !inferred.of_operation(later).contains(&earlier) {
            continue;
        }
        let saw_both = |id: &OpId| {
            clocks.reads_from.live[*id as usize]
                && clocks.source(*id) == Some(later)
                && clocks.precedes(earlier, *id)
        };
        let all = 0..clocks.history.len() as OpId;
        match all.clone().find(saw_both) {
            Some(read) => few.extend(path(clocks, earlier, read)),
            None => few.extend(all.filter(|&id| holds(clocks, id, earlier, later)).take(1)),
        }
    }
    few
}

/// True of a read of a list that shows both elements.
fn holds(clocks: &Clocks, id: OpId, earlier: OpId, later: OpId) -> bool {
    let operation = clocks.history.operation(id);
    let [earlier, later] = [earlier, later].map(|id| clocks.history.operation(id));
    let live = operation.act() == Act::ReadList && clocks.reads_from.live[id as usize];
    live && operation.key() == later.key() && {
        let elements = clocks.history.lists().elements(operation.list());
        elements.contains(&earlier.value()) && elements.contains(&later.value())
    }
}

/// A path with the fewest reads-from steps; program order costs nothing, since what lies between can be left out.
fn path(clocks: &Clocks, from: OpId, to: OpId) -> Vec<OpId> {
    let mut line_place = HashMap::new();
    for line in &clocks.lines {
        line_place.extend(line.iter().enumerate().map(|(place, &id)| (id, place)));
    }
    let mut came: HashMap<OpId, (OpId, bool)> = HashMap::new();
    let mut ahead = VecDeque::from([(to, to, false)]);
    while let Some((id, next, reads)) = ahead.pop_front() {
        if came.contains_key(&id) {
            continue;
        }
        came.insert(id, (next, reads));
        if id == from {
            break;
        }
        if line_place[&id] > 0 {
            ahead.push_front((clocks.lines[clocks.process(id)][line_place[&id] - 1], id, false));
        }
        sources(clocks, id).into_iter().for_each(|source| ahead.push_back((source, id, true)));
    }
    let mut path = vec![from, to];
    let mut at = from;
    while at != to {
        let Some(&(next, reads)) = came.get(&at) else { break };
        if reads {
            path.extend([at, next]);
        }
        at = next;
    }
    path
}

fn sources(clocks: &Clocks, id: OpId) -> Vec<OpId> {
    let operation = clocks.history.operation(id);
    if operation.act() != Act::ReadList {
        return clocks.source(id).into_iter().collect();
    }
    let elements = clocks.history.lists().elements(operation.list());
    let append = |element| clocks.reads_from.appends.get(&(operation.key().0, element)).copied();
    elements.into_iter().filter_map(append).collect()
}
