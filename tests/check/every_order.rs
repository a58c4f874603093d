//! The models by their definitions: all orders are tried. Slow, short, and written apart from the checkers.

use conlab::history::{Act, End, History, Operation};
use std::collections::{BTreeMap, HashSet};

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
