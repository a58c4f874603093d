//! The models by their definitions: all orders are tried. Slow, short, and written apart from the checkers.

use conlab::check::Model;
use conlab::history::{Act, End, History, Operation, ValueId};
use std::collections::{BTreeMap, BTreeSet};

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
    let mut once = BTreeSet::new();
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

/// One order of each key's writes, in which known versions rise and which the lists show, fulfils the duty.
pub fn session(history: &History, model: Model) -> bool {
    let mut operations = live(history);
    operations.retain(|operation| operation.end() != End::Mismatch);
    // What was read was written, versions included; else no order helps.
    let Some(sources) = session_sources(history, &operations) else { return false };
    let seen = |write: usize| sources.iter().any(|of| of.as_ref() == Some(&write));
    let listed = |write: usize| listed(history, &operations, write);
    let takes_part: Vec<bool> = (0..operations.len())
        .map(|place| operations[place].end() == End::Ok || seen(place) || listed(place))
        .collect();
    let keys: BTreeSet<u32> = operations.iter().map(|operation| operation.key().0).collect();
    keys.into_iter().all(|key| {
        let of_key = |&place: &usize| operations[place].key().0 == key && takes_part[place];
        let all: Vec<usize> = (0..operations.len()).filter(of_key).collect();
        let writes: Vec<usize> =
            all.iter().copied().filter(|&place| !operations[place].act().is_read()).collect();
        let mut accept = |order: &[usize]| {
            shows(history, &operations, &all, order)
                && fulfils(&operations, &sources, &all, order, model)
        };
        let may_begin = |order: &[usize]| rises(&operations, &sources, order);
        permutations(&writes, &mut Vec::new(), &may_begin, &mut accept)
    })
}

fn permutations(
    all: &[usize],
    order: &mut Vec<usize>,
    may_begin: &dyn Fn(&[usize]) -> bool,
    accept: &mut dyn FnMut(&[usize]) -> bool,
) -> bool {
    if order.len() == all.len() {
        return accept(order);
    }
    all.iter().any(|&next| {
        !order.contains(&next) && {
            order.push(next);
            let found = may_begin(order) && permutations(all, order, may_begin, accept);
            order.pop();
            found
        }
    })
}

fn listed(history: &History, operations: &[Operation], write: usize) -> bool {
    operations.iter().any(|read| {
        read.act() == Act::ReadList
            && read.key() == operations[write].key()
            && operations[write].act() == Act::Append
            && history.lists().elements(read.list()).contains(&operations[write].value())
    })
}

/// By reader: its write, none for the initial absence. By version where there is one, else by value.
fn session_sources(history: &History, operations: &[Operation]) -> Option<Vec<Option<usize>>> {
    let mut sources = vec![None; operations.len()];
    for (place, read) in operations.iter().enumerate() {
        match read.act() {
            Act::ReadList => {
                let mut of = sources_of(history, operations, place)?;
                sources[place] = of.pop();
            }
            Act::Read => {
                let leaves = |write: &Operation| match write.act() {
                    Act::Write | Act::Cas => Some(write.value()),
                    Act::Delete => Some(ValueId::ABSENT),
                    _ => None,
                };
                let fits = |write: &&Operation| {
                    let same = match (read.version(), write.version()) {
                        (Some(read), Some(write)) => read == write,
                        _ => true,
                    };
                    write.key() == read.key() && same && leaves(write) == Some(read.value())
                };
                if read.value() == ValueId::ABSENT && read.version().unwrap_or(0) == 0 {
                    continue;
                }
                let exact = |write: &&Operation| fits(write) && write.version() == read.version();
                let exact = operations.iter().position(|write| exact(&write));
                let any = || operations.iter().position(|write| fits(&write));
                sources[place] = Some(exact.or_else(any)?);
            }
            Act::Cas if found_by_others(operations, place) && read.old() != ValueId::ABSENT => {
                let found = operations.iter().any(|write| {
                    write.key() == read.key()
                        && matches!(write.act(), Act::Write | Act::Cas)
                        && write.value() == read.old()
                });
                if !found {
                    return None;
                }
            }
            _ => {}
        }
    }
    Some(sources)
}

/// True of a cas that surely took effect: acknowledged, or its value was found by a read or by another such cas.
fn found_by_others(operations: &[Operation], cas: usize) -> bool {
    let mut sure: Vec<bool> = operations.iter().map(|o| o.end() == End::Ok).collect();
    for _ in 0..operations.len() {
        for place in 0..operations.len() {
            let made = &operations[place];
            let found = (0..operations.len()).any(|other| {
                let by = &operations[other];
                sure[other]
                    && by.key() == made.key()
                    && match by.act() {
                        Act::Read => by.value() == made.value(),
                        Act::Cas => by.old() == made.value(),
                        _ => false,
                    }
            });
            sure[place] |= made.act() == Act::Cas && found;
        }
    }
    sure[cas]
}

fn rises(operations: &[Operation], sources: &[Option<usize>], order: &[usize]) -> bool {
    let version = |&write: &usize| {
        let learned = || {
            let reads = operations.iter().zip(sources).filter(|(_, of)| **of == Some(write));
            reads.filter_map(|(read, _)| read.version()).next()
        };
        operations[write].version().or_else(learned)
    };
    let known: Vec<u64> = order.iter().filter_map(version).collect();
    known.windows(2).all(|pair| pair[0] < pair[1])
}

fn shows(history: &History, operations: &[Operation], all: &[usize], order: &[usize]) -> bool {
    all.iter().filter(|&&read| operations[read].act() == Act::ReadList).all(|&read| {
        let elements = history.lists().elements(operations[read].list());
        let place = |element| order.iter().position(|&write| operations[write].value() == element);
        let places: Vec<Option<usize>> = elements.into_iter().map(place).collect();
        places.windows(2).all(|pair| pair[0] < pair[1])
    })
}

fn fulfils(
    operations: &[Operation],
    sources: &[Option<usize>],
    all: &[usize],
    order: &[usize],
    model: Model,
) -> bool {
    // 0 is the initial absence.
    let age = |place: usize| {
        let write = if operations[place].act().is_read() { sources[place] } else { Some(place) };
        write.map_or(0, |write| 1 + order.iter().position(|&other| other == write).unwrap_or(0))
    };
    all.iter().all(|&now| {
        all.iter().all(|&before| {
            let (first, second) = (&operations[before], &operations[now]);
            let follows = |a: &Operation, b: &Operation| {
                a.process() == b.process() && a.invoked() < b.invoked()
            };
            let reads = (first.act().is_read(), second.act().is_read());
            // Only the last one before counts.
            let between = all.iter().map(|&place| &operations[place]).any(|other| {
                other.act().is_read() == reads.0 && follows(first, other) && follows(other, second)
            });
            let applies = follows(first, second) && !between;
            !applies
                || match (model, reads) {
                    (Model::ReadYourWrites, (false, true))
                    | (Model::MonotonicReads, (true, true)) => age(before) <= age(now),
                    (Model::MonotonicWrites, (false, false))
                    | (Model::WritesFollowReads, (true, false)) => age(before) < age(now),
                    _ => true,
                }
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

/// Whether the final reads agree on what may have been left; nothing where a key was not read at a server that was read.
pub fn eventual(history: &History) -> Option<bool> {
    let all = history.operations();
    let finals: Vec<&Operation> =
        all.iter().filter(|o| o.is_final() && o.act().is_read() && o.end() == End::Ok).collect();
    if finals.is_empty() {
        return None;
    }
    let elements = |read: &Operation| -> Vec<u32> {
        match read.act() {
            Act::ReadList => {
                history.lists().elements(read.list()).into_iter().map(|element| element.0).collect()
            }
            _ => Some(read.value().0).into_iter().filter(|&value| value != 0).collect(),
        }
    };
    let agree = finals
        .iter()
        .all(|a| finals.iter().all(|b| a.key() != b.key() || elements(a) == elements(b)));
    let possible = finals.iter().all(|read| {
        let of_key = || all.iter().filter(|o| o.key() == read.key());
        let took = |o: &&Operation| matches!(o.end(), End::Ok | End::Info);
        let writes = || {
            of_key().filter(|o| matches!(o.act(), Act::Write | Act::Cas | Act::Append)).filter(took)
        };
        let deleted = of_key().filter(took).any(|o| o.act() == Act::Delete);
        match elements(read)[..] {
            [] => deleted || !writes().any(|o| o.end() == End::Ok),
            ref shown => shown.iter().all(|&value| writes().any(|o| o.value().0 == value)),
        }
    });
    if !agree || !possible {
        return Some(false);
    }
    let keys: BTreeSet<u32> =
        all.iter().filter(|o| o.end() != End::Fail).map(|o| o.key().0).collect();
    let nodes: BTreeSet<Option<u32>> = finals.iter().map(|o| o.node()).collect();
    let read = |key: &u32, node: &Option<u32>| {
        finals.iter().any(|o| o.key().0 == *key && o.node() == *node)
    };
    let whole = keys.iter().all(|key| nodes.iter().all(|node| read(key, node)));
    whole.then_some(true)
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
    let mut seen = BTreeSet::new();
    place_next(history, &operations, &earlier, all, 0, &State::new(), &mut seen)
}

fn place_next(
    history: &History,
    operations: &[Operation],
    earlier: &[u32],
    all: u32,
    placed: u32,
    state: &State,
    seen: &mut BTreeSet<(u32, State)>,
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
