//! The models by their definitions: all orders are tried. Slow, short, and written apart from the checkers.

use conlab::history::{Act, End, History, Operation};
use std::collections::{BTreeMap, HashSet};

/// The causal order, closed; none where it has a cycle or a read that no live write explains.
struct Causal {
    operations: Vec<Operation>,
    /// By reader: its writes.
    sources: Vec<Vec<usize>>,
    before: Vec<Vec<bool>>,
}

fn causal_order(history: &History) -> Option<Causal> {
    let mut operations = live(history);
    operations.retain(|operation| operation.end() != End::Mismatch);
    // Unknown operations count where they were seen, again and again until nothing more is seen.
    let mut counts: Vec<bool> = operations.iter().map(|o| o.end() == End::Ok).collect();
    let mut sources = vec![Vec::new(); operations.len()];
    loop {
        let before = counts.clone();
        for reader in 0..operations.len() {
            if before[reader] {
                sources[reader] = sources_of(history, &operations, reader)?;
                sources[reader].iter().for_each(|&write| counts[write] = true);
            }
        }
        if counts == before {
            break;
        }
    }
    let size = operations.len();
    let mut before = vec![vec![false; size]; size];
    for a in 0..size {
        for b in 0..size {
            let (first, second) = (&operations[a], &operations[b]);
            let program = first.process() == second.process() && first.invoked() < second.invoked();
            before[a][b] = counts[a] && counts[b] && (program || sources[b].contains(&a));
        }
    }
    for through in 0..size {
        for a in 0..size {
            for b in 0..size {
                before[a][b] |= before[a][through] && before[through][b];
            }
        }
    }
    let causal = Causal { operations, sources, before };
    for place in (0..size).rev() {
        if causal.before[place][place] {
            return None;
        }
    }
    Some(causal)
}

/// The writes behind what was read; none where there is no such write.
fn sources_of(history: &History, operations: &[Operation], reader: usize) -> Option<Vec<usize>> {
    let read = &operations[reader];
    let writer = |value: u32| {
        operations.iter().position(|write| {
            write.key() == read.key()
                && matches!(write.act(), Act::Write | Act::Cas | Act::Append)
                && write.value().0 == value
        })
    };
    let wanted = match read.act() {
        Act::Read => vec![read.value().0],
        Act::Cas => vec![read.old().0],
        Act::ReadList => {
            history.lists().elements(read.list()).into_iter().map(|element| element.0).collect()
        }
        _ => Vec::new(),
    };
    let mut once = HashSet::new();
    if wanted.iter().any(|value| !once.insert(*value)) {
        return None;
    }
    wanted.into_iter().filter(|&value| value != 0).map(writer).collect()
}

/// What is read after these writes of its key, in this order.
fn outcome(causal: &Causal, history: &History, reader: usize, writes: &[usize]) -> bool {
    let read = &causal.operations[reader];
    let mine: Vec<u32> = writes
        .iter()
        .map(|&write| &causal.operations[write])
        .filter(|write| write.key() == read.key())
        .map(|write| if write.act() == Act::Delete { 0 } else { write.value().0 })
        .collect();
    let last = mine.last().copied().unwrap_or(0);
    match read.act() {
        Act::Read => last == read.value().0,
        Act::Cas => last == read.old().0,
        Act::ReadList => {
            let elements = history.lists().elements(read.list());
            elements.into_iter().map(|element| element.0).eq(mine)
        }
        _ => true,
    }
}

fn live_writes(causal: &Causal) -> Vec<usize> {
    let is_write = |&place: &usize| !causal.operations[place].act().is_read();
    (0..causal.operations.len()).filter(is_write).collect()
}

/// Each read has an order of the writes in its causal past that explains it.
pub fn causal(history: &History) -> bool {
    let Some(causal) = causal_order(history) else { return false };
    (0..causal.operations.len()).filter(|&reader| takes_part(&causal, reader)).all(|reader| {
        let mut past = live_writes(&causal);
        past.retain(|&write| causal.before[write][reader]);
        any_order(&causal, &past, &mut Vec::new(), &mut |order| {
            outcome(&causal, history, reader, order)
        })
    })
}

/// One order of all writes explains each read, by the writes in its causal past.
pub fn convergent(history: &History) -> bool {
    let Some(causal) = causal_order(history) else { return false };
    any_order(&causal, &live_writes(&causal), &mut Vec::new(), &mut |order| {
        (0..causal.operations.len()).filter(|&reader| takes_part(&causal, reader)).all(|reader| {
            let past: Vec<usize> =
                order.iter().copied().filter(|&write| causal.before[write][reader]).collect();
            outcome(&causal, history, reader, &past)
        })
    })
}

/// An unknown cas that nobody saw explains nothing and needs no explanation.
fn takes_part(causal: &Causal, reader: usize) -> bool {
    causal.operations[reader].end() == End::Ok
        || causal.sources.iter().any(|of| of.contains(&reader))
}

/// Tries all orders of these writes that extend the causal one.
fn any_order(
    causal: &Causal,
    writes: &[usize],
    order: &mut Vec<usize>,
    accept: &mut dyn FnMut(&[usize]) -> bool,
) -> bool {
    if order.len() == writes.len() {
        return accept(order);
    }
    for &write in writes {
        let early = writes.iter().any(|&w| !order.contains(&w) && causal.before[w][write]);
        if order.contains(&write) || early {
            continue;
        }
        order.push(write);
        if any_order(causal, writes, order, accept) {
            return true;
        }
        order.pop();
    }
    false
}

type State = BTreeMap<u32, Vec<u32>>;

/// What counts: acknowledged operations, failed cas that found another value, and changes of unknown outcome.
fn live(history: &History) -> Vec<Operation> {
    let counts = |operation: &&Operation| match operation.end() {
        End::Ok | End::Mismatch => true,
        End::Fail => false,
        End::Info => !operation.act().is_read(),
    };
    history.operations().iter().filter(counts).copied().collect()
}

/// One order in real time, over all keys together.
pub fn linearizable(history: &History) -> bool {
    one_order(history, |a, b| a.returned() < b.invoked())
}

/// One order that keeps each process's own, over all keys together.
pub fn sequential(history: &History) -> bool {
    one_order(history, |a, b| a.process() == b.process() && a.invoked() < b.invoked())
}

fn one_order(history: &History, before: impl Fn(&Operation, &Operation) -> bool) -> bool {
    let operations = live(history);
    let earlier: Vec<u32> = operations
        .iter()
        .map(|b| {
            let marks = operations.iter().enumerate().filter(|(_, a)| before(a, b));
            marks.fold(0, |set, (place, _)| set | 1 << place)
        })
        .collect();
    let all = operations.iter().enumerate().filter(|(_, a)| a.end() != End::Info);
    let all = all.fold(0, |set, (place, _)| set | 1 << place);
    let mut seen = HashSet::new();
    place_next(history, &operations, &earlier, all, 0, &State::new(), &mut seen)
}

fn place_next(
    history: &History,
    operations: &[Operation],
    earlier: &[u32],
    all: u32,
    placed: u32,
    state: &State,
    seen: &mut HashSet<(u32, State)>,
) -> bool {
    if placed & all == all {
        return true;
    }
    if !seen.insert((placed, state.clone())) {
        return false;
    }
    (0..operations.len()).any(|place| {
        // An unknown operation may be left out, so only known ones must come first.
        placed >> place & 1 == 0
            && earlier[place] & all & !placed == 0
            && step(history, &operations[place], state).is_some_and(|next| {
                place_next(history, operations, earlier, all, placed | 1 << place, &next, seen)
            })
    })
}

fn step(history: &History, operation: &Operation, state: &State) -> Option<State> {
    let key = operation.key().0;
    let held = state.get(&key).cloned().unwrap_or_default();
    let value = |id: u32| if id == 0 { Vec::new() } else { vec![id] };
    let put = |value: Vec<u32>| {
        let mut next = state.clone();
        next.insert(key, value);
        next
    };
    let same = || Some(put(held.clone()));
    match operation.act() {
        Act::Read if held == value(operation.value().0) => same(),
        Act::Read => None,
        Act::Write => Some(put(value(operation.value().0))),
        Act::Delete => Some(put(Vec::new())),
        Act::Cas if operation.end() == End::Mismatch => {
            if held == value(operation.old().0) {
                None
            } else {
                same()
            }
        }
        Act::Cas if held == value(operation.old().0) => Some(put(value(operation.value().0))),
        Act::Cas => None,
        Act::Append => {
            let mut longer = held.clone();
            longer.push(operation.value().0);
            Some(put(longer))
        }
        Act::ReadList => {
            let elements = history.lists().elements(operation.list());
            let seen: Vec<u32> = elements.into_iter().map(|element| element.0).collect();
            if held == seen { same() } else { None }
        }
    }
}
