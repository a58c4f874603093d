//! The four session guarantees (Terry, Demers, Petersen, Spreitzer, Theimer and Welch, *Session guarantees for weakly consistent
//! replicated data*, PDIS 1994), for each process and key.
//!
//! Each guarantee is a duty between an operation and what its process did last on the same key: a read must not return an older
//! write than its own last write made (read your writes) or its last read returned (monotonic reads); a write must be newer than its own
//! last one (monotonic writes) and than what it last read (writes follow reads). A cas counts as a write.
//!
//! Where versions are recorded, "older" compares numbers: one pass. Where they are not, a guarantee holds if *some* order of each
//! key's writes fulfils all duties, that is, if the duties, the known versions and the orders that lists show have no cycle.

use super::facts::Facts;
use super::reads_from::{INITIAL, ReadsFrom, Unresolved};
use super::{Budget, Model, Verdict, shrink};
use crate::history::{Act, End, History, KeyId, OpId, Operation};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, HashMap};

/// Checks some of the four guarantees, in one pass.
pub fn check(facts: &Facts, models: &[Model], budget: &Budget) -> Vec<Verdict> {
    if models.is_empty() {
        return Vec::new();
    }
    let history = facts.history;
    let verdict = |(model, fault): (&Model, Result<(), Fault>)| match fault {
        Ok(()) => Verdict::Valid,
        Err(Fault::Unknown(reason)) => Verdict::Unknown(reason),
        Err(Fault::Few(few)) => {
            let ids: Vec<OpId> = (0..history.len() as OpId).collect();
            shrink::counterexample(history, &ids, &few, *model, budget)
        }
    };
    models.iter().zip(faults(facts, models)).map(verdict).collect()
}

/// True where a small history surely breaks the guarantee.
pub fn breaks(history: &History, model: Model) -> bool {
    matches!(faults(&Facts::of(history), &[model])[..], [Err(Fault::Few(_))])
}

/// What is wrong.
#[derive(Debug, Clone)]
enum Fault {
    Few(Vec<OpId>),
    Unknown(String),
}

/// A write that a process made or read, and by which operation.
#[derive(Debug, Clone, Copy)]
struct Mark {
    write: OpId,
    version: Option<u64>,
    by: OpId,
}

/// What a process did last on a key.
#[derive(Debug, Clone, Copy, Default)]
struct Last {
    write: Option<Mark>,
    read: Option<Mark>,
}

/// One write must come before another: whose operations say so.
#[derive(Debug, Clone, Copy)]
struct Duty {
    earlier: OpId,
    later: OpId,
    by: [OpId; 2],
}

/// What is wrong with each guarantee.
fn faults(facts: &Facts, models: &[Model]) -> Vec<Result<(), Fault>> {
    let history = facts.history;
    let numbered = match facts.reads_from() {
        Ok(_) => None,
        Err(Unresolved::Wrong(few)) => return vec![Err(Fault::Few(few.clone())); models.len()],
        Err(Unresolved::Unclear(reason)) => match numbered(history) {
            Some(found) => Some(found),
            None => return vec![Err(Fault::Unknown(reason.clone())); models.len()],
        },
    };
    let reads_from = match (&numbered, facts.reads_from()) {
        (None, Ok(found)) | (Some(found), _) => found,
        (None, Err(_)) => return Vec::new(),
    };
    let versions = versions(history, reads_from);
    let watches = watch(history, reads_from, &versions, models);
    let judge = |mut watch: Watch| {
        if let Some(few) = watch.broken {
            return Err(Fault::Few(few));
        }
        if watch.duties.is_empty() && reads_from.appends.is_empty() {
            return Ok(());
        }
        known_order(history, reads_from, &versions, &mut watch.duties);
        cycle(&watch.duties).map_or(Ok(()), |few| Err(Fault::Few(few)))
    };
    watches.into_iter().map(judge).collect()
}

/// A guarantee that is watched: how it was broken plainly, else what must hold besides.
struct Watch {
    model: Model,
    broken: Option<Vec<OpId>>,
    duties: Vec<Duty>,
}

/// Meets each operation with what its process did last on the key.
fn watch(
    history: &History,
    reads_from: &ReadsFrom,
    versions: &FxHashMap<OpId, u64>,
    models: &[Model],
) -> Vec<Watch> {
    let new = |&model: &Model| Watch { model, broken: None, duties: Vec::new() };
    let mut watches: Vec<Watch> = models.iter().map(new).collect();
    let mut last: FxHashMap<(u32, u32), Last> = FxHashMap::default();
    for (id, operation) in history.operations().iter().enumerate() {
        if !reads_from.live[id] {
            continue;
        }
        let last = last.entry((operation.process().0, operation.key().0)).or_default();
        let mark = mark(id as OpId, operation, reads_from, versions);
        let reads = operation.act().is_read();
        watches.iter_mut().for_each(|watch| watch.meet(last, mark, reads));
        *(if reads { &mut last.read } else { &mut last.write }) = Some(mark);
    }
    watches
}

impl Watch {
    fn meet(&mut self, last: &Last, mark: Mark, reads: bool) {
        let bound = reads == matches!(self.model, Model::ReadYourWrites | Model::MonotonicReads);
        let before = match self.model {
            Model::ReadYourWrites | Model::MonotonicWrites => last.write,
            _ => last.read,
        };
        let Some(before) = before.filter(|_| bound && self.broken.is_none()) else { return };
        match compare(before, mark, reads) {
            Some(true) => {}
            Some(false) => self.broken = Some(few(&[before, mark])),
            None => self.duties.push(Duty {
                earlier: before.write,
                later: mark.write,
                by: [before.by, mark.by],
            }),
        }
    }
}

/// Where values do not tell, versions alone may: if all acknowledged operations have one.
fn numbered(history: &History) -> Option<ReadsFrom> {
    let known = |operation: &Operation| operation.end() != End::Ok || operation.version().is_some();
    history.operations().iter().all(known).then(|| ReadsFrom {
        source: vec![INITIAL; history.len()],
        live: history.operations().iter().map(|operation| operation.end() == End::Ok).collect(),
        appends: HashMap::new(),
    })
}

/// The versions of unknown writes, as their readers report them.
fn versions(history: &History, reads_from: &ReadsFrom) -> FxHashMap<OpId, u64> {
    let mut versions = FxHashMap::default();
    for (id, operation) in history.operations().iter().enumerate() {
        let source = reads_from.source[id];
        let (Some(version), true) = (operation.version(), operation.act().is_read()) else {
            continue;
        };
        if source != INITIAL && history.operation(source).version().is_none() {
            versions.insert(source, version);
        }
    }
    versions
}

/// The write that an operation made or returned.
fn mark(
    id: OpId,
    operation: &Operation,
    reads_from: &ReadsFrom,
    versions: &FxHashMap<OpId, u64>,
) -> Mark {
    let write = if operation.act().is_read() { reads_from.source[id as usize] } else { id };
    let learned = || versions.get(&write).copied();
    Mark { write, version: operation.version().or_else(learned), by: id }
}

/// Whether a duty is fulfilled, where that is plain. A read may return the same write again; a write must be newer.
fn compare(before: Mark, now: Mark, reads: bool) -> Option<bool> {
    if let (Some(before), Some(now)) = (before.version, now.version) {
        return Some(if reads { before <= now } else { before < now });
    }
    if before.write == now.write {
        return Some(reads);
    }
    match (before.write, now.write) {
        (INITIAL, _) => Some(true),
        (_, INITIAL) => Some(false),
        _ => None,
    }
}

fn few(marks: &[Mark]) -> Vec<OpId> {
    let all = marks.iter().flat_map(|mark| [mark.write, mark.by]);
    all.filter(|&id| id != INITIAL).collect()
}

/// Adds the order that versions and lists give.
fn known_order(
    history: &History,
    reads_from: &ReadsFrom,
    learned: &FxHashMap<OpId, u64>,
    duties: &mut Vec<Duty>,
) {
    let mut numbered: BTreeMap<KeyId, Vec<(u64, OpId)>> = BTreeMap::new();
    for (id, operation) in history.operations().iter().enumerate() {
        let write = id as OpId;
        let version = operation.version().or_else(|| learned.get(&write).copied());
        let counts = reads_from.live[id] && !operation.act().is_read();
        if let Some(version) = version.filter(|_| counts) {
            numbered.entry(operation.key()).or_default().push((version, write));
        }
        if reads_from.live[id] && operation.act() == Act::ReadList {
            shown(history, reads_from, write, duties);
        }
    }
    for writes in numbered.values_mut() {
        writes.sort_unstable();
        let pairs = writes.windows(2).map(|pair| (pair[0].1, pair[1].1));
        duties.extend(pairs.map(|(a, b)| Duty { earlier: a, later: b, by: [a, b] }));
    }
}

/// The order of elements that a read shows.
fn shown(history: &History, reads_from: &ReadsFrom, read: OpId, duties: &mut Vec<Duty>) {
    let operation = history.operation(read);
    let append = |element| reads_from.appends.get(&(operation.key().0, element)).copied();
    let elements = history.lists().elements(operation.list()).into_iter();
    let appends: Vec<OpId> = elements.filter_map(append).collect();
    let pairs = appends.windows(2);
    duties.extend(pairs.map(|pair| Duty { earlier: pair[0], later: pair[1], by: [read, read] }));
}

/// The operations behind a cycle of duties: Kahn's algorithm, then a walk backwards among what is left.
fn cycle(duties: &[Duty]) -> Option<Vec<OpId>> {
    let mut after: HashMap<OpId, Vec<OpId>> = HashMap::new();
    let mut waits: BTreeMap<OpId, usize> = BTreeMap::new();
    for duty in duties {
        after.entry(duty.earlier).or_default().push(duty.later);
        *waits.entry(duty.later).or_default() += 1;
        waits.entry(duty.earlier).or_default();
    }
    let mut free: Vec<OpId> =
        waits.iter().filter(|waits| *waits.1 == 0).map(|(&write, _)| write).collect();
    while let Some(write) = free.pop() {
        waits.remove(&write);
        for next in after.remove(&write).unwrap_or_default() {
            let left = waits.entry(next).or_default();
            *left -= 1;
            if *left == 0 {
                free.push(next);
            }
        }
    }
    let stuck = duties.iter().filter(|duty| waits.contains_key(&duty.earlier));
    let why: HashMap<OpId, &Duty> = stuck.map(|duty| (duty.later, duty)).collect();
    let mut write = *waits.keys().find(|write| why.contains_key(write))?;
    for _ in 0..why.len() {
        write = why[&write].earlier;
    }
    let mut few = Vec::new();
    let start = write;
    loop {
        let duty = why[&write];
        few.extend([duty.earlier, duty.later, duty.by[0], duty.by[1]]);
        write = duty.earlier;
        if write == start {
            return Some(few);
        }
    }
}
