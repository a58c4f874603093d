//! Sequential consistency (Lamport, *How to make a multiprocessor computer that correctly executes multiprocess programs*, IEEE
//! Transactions on Computers C-28(9), 1979): one order of all operations that keeps each process's own.
//!
//! Deciding it is NP-hard (Gibbons and Korach, 1997), and it is not local: two keys may be fine alone and broken together. So:
//!
//! 1. What is linearizable is sequential.
//! 2. The processes run, and where several may write, the one goes first whose value was returned first; where that leads nowhere, a
//!    few choices are taken back ([`search`]). Mostly that is an order already.
//! 3. As far as values tell which write each read returned, the order is saturated round by round ([`saturate`]): a write that comes
//!    before a read of another one comes before that one; a read comes before whatever overwrites what it returned. A cycle is a
//!    violation. After each round the processes run again, held to what is known by then, and with more patience.
//! 4. When nothing more is known, all orders are tried, within the budget.
//!
//! Values decide here, not versions: as for linearizability. Versions only say where to look for an order first. Where values repeat
//! it is unclear what was read until the order leaves one write ([`unclear`]); and such a read restricts nothing till then.

mod hints;
mod reasons;
mod run;
mod saturate;
mod search;
mod unclear;

use super::before::Before;
use super::facts::Facts;
use super::meter::Meter;
use super::reads_from::{ReadsFrom, Unresolved, resolve, resolve_in_part};
use super::{Budget, Model, Verdict, causal, linearizable, shrink};
use crate::history::{Act, History, OpId};
use hints::Hints;
use saturate::{Saturation, Stuck};
use search::Found;

/// The first search steps back once for so many operations: then it has cost about as much as a round of saturation. Each next one
/// may do it so many times as often.
const OPERATIONS_PER_STEP: usize = 1_000;
const MORE_PATIENCE: usize = 4;

/// What is wrong.
enum Fault {
    Few(Vec<OpId>),
    Unknown(String),
    /// The search has stepped back too often.
    Impatient,
}

impl From<Stuck> for Fault {
    fn from(stuck: Stuck) -> Self {
        match stuck {
            Stuck::Cycle(few) => Fault::Few(few),
            Stuck::Spent(reason) => Fault::Unknown(reason),
        }
    }
}

/// What the versions say may take this part of the time beyond the search's own.
const SHARE_OF_VERSIONS: u32 = 10;

/// Checks a history.
pub fn check(history: &History, budget: &Budget) -> Verdict {
    if linearizable::holds(history, &Meter::start(budget)) {
        return Verdict::Valid;
    }
    match order(history, &Meter::start(budget)) {
        Ok(()) => Verdict::Valid,
        Err(Fault::Unknown(reason)) => Verdict::Unknown(by_versions(history, budget).map_or_else(
            || reason.clone(),
            |broken| format!("{reason}; by the versions recorded it does not hold: {broken}"),
        )),
        Err(Fault::Impatient) => Verdict::Unknown("there are too many orders to try".into()),
        Err(Fault::Few(few)) => {
            let ids: Vec<OpId> = (0..history.len() as OpId).collect();
            // A broken causal order is shorter to tell, if it breaks this model too: versions count there, values here.
            let causal = causal::suspects(history, &Meter::start(budget));
            let small = |few: &Vec<OpId>| breaks(&history.restrict(few), &Meter::start(budget));
            let few =
                causal.filter(|causal| causal.len() < few.len() && small(causal)).unwrap_or(few);
            shrink::counterexample(history, &ids, &few, Model::Sequential, budget)
        }
    }
}

/// Where values leave open what was read, and every order would have to be tried: what the versions say against it. That is no
/// verdict, for values decide; but what is sequential is causal-convergent too, and that model goes by versions.
fn by_versions(history: &History, budget: &Budget) -> Option<String> {
    let left = Budget { time: budget.time / SHARE_OF_VERSIONS, ..*budget };
    let verdict = causal::check(&Facts::of(history), true, &left);
    verdict.counterexample().map(|found| found.summary.clone())
}

/// True where a small history surely breaks the model.
pub fn breaks(history: &History, meter: &Meter) -> bool {
    matches!(order(history, meter), Err(Fault::Few(_)))
}

/// There is an order; or why not, or why nobody knows.
fn order(history: &History, meter: &Meter) -> Result<(), Fault> {
    let reads_from = match resolve_in_part(history) {
        Ok(reads_from) => Some(reads_from),
        Err(Unresolved::Wrong(few)) => return Err(Fault::Few(few)),
        Err(Unresolved::Unclear(_)) => None,
    };
    if in_order_of_versions(history, meter)? {
        return Ok(());
    }
    match reads_from {
        Some(reads_from) => known(history, reads_from, meter),
        None => all(history, &Hints::default(), usize::MAX, meter),
    }
}

fn patience(history: &History) -> usize {
    history.len() / OPERATIONS_PER_STEP
}

/// True where the order that the versions give explains all. It explains it by values too: where not, that says nothing.
fn in_order_of_versions(history: &History, meter: &Meter) -> Result<bool, Fault> {
    if history.operations().iter().all(|operation| operation.version().is_none()) {
        return Ok(false);
    }
    let Ok(reads_from) = resolve(history) else { return Ok(false) };
    let hints = Hints::of(history, &reads_from).held_to(versions(history, &reads_from));
    Ok(all(history, &hints, patience(history), meter).is_ok())
}

/// The changes of each key in the order of their versions: those with which they were answered, or else those that who read them
/// was told.
fn versions(history: &History, reads_from: &ReadsFrom) -> Before {
    let version = |id: OpId| history.operation(id).version();
    let read = |id: &OpId| history.operation(*id).act() == Act::Read;
    let reads = (0..history.len() as OpId).filter(|id| reads_from.live[*id as usize] && read(id));
    let told = reads.filter_map(|id| Some((reads_from.write(id)?, version(id)?)));
    let changes = (0..history.len() as OpId).filter(|&id| !history.operation(id).act().is_read());
    let answered = changes.filter_map(|id| Some((id, version(id)?)));
    let key = |id: OpId| history.operation(id).key().0;
    let mut writes: Vec<(u32, u64, OpId)> =
        told.chain(answered).map(|(id, version)| (key(id), version, id)).collect();
    writes.sort_unstable();
    writes.dedup();
    let pairs = writes.windows(2).filter(|pair| pair[0].0 == pair[1].0);
    Before::of(pairs.map(|pair| (pair[0].2, pair[1].2)), history.len())
}

/// As far as it is known what each read returned: saturation, as far as it is needed.
fn known(history: &History, reads_from: ReadsFrom, meter: &Meter) -> Result<(), Fault> {
    let mut saturation = Saturation::new(history, reads_from).map_err(Fault::Few)?;
    let (mut patience, mut found) = (patience(history), Err(Fault::Impatient));
    let mut before = Before::default();
    loop {
        // Even where the search has found that there is no order, a cycle says more.
        if let Err(Fault::Impatient) = found {
            let hints = Hints::of(history, &saturation.reads_from).held_to(before);
            found = all(history, &hints, patience, meter);
        }
        if !matches!(found, Err(Fault::Impatient | Fault::Few(_))) || patience == usize::MAX {
            return found;
        }
        let new = saturation.round(meter)?;
        patience = if new {
            patience.saturating_mul(MORE_PATIENCE).min(usize::MAX - 1)
        } else {
            usize::MAX
        };
        before = saturation.before();
    }
}

/// The orders that the hints allow.
fn all(history: &History, hints: &Hints, patience: usize, meter: &Meter) -> Result<(), Fault> {
    match search::search(history, hints, patience, meter) {
        Found::Order => Ok(()),
        Found::None => Err(Fault::Few((0..history.len() as OpId).collect())),
        Found::Impatient => Err(Fault::Impatient),
        Found::Unknown(reason) => Err(Fault::Unknown(reason)),
    }
}
