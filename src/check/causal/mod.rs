//! Causal consistency and causal convergence (Bouajjani, Enea, Guerraoui and Hamza, *On verifying causal consistency*, POPL
//! 2017: CC and CCv), by their bad patterns.
//!
//! The causal order is program order and reads-from, closed. A history is causal when that order has no cycle, every value read was
//! written, no read returns a value that was overwritten in its causal past, and no read returns the initial absence with a write in its
//! causal past. It is convergent if, besides, the order of writes that the reads imply (a write in the causal past of a read comes before the
//! write that it returned) and the causal order together have no cycle.
//!
//! Each write gets a vector clock: how many writes of each process lie in its causal past ([`clocks`]). The past of every read is then
//! walked process by process ([`past`]): O(operations · processes) in all, without recursion.
//!
//! A read of a list returns the appends in its causal past, in an order that extends the causal one; under convergence, in one
//! order for all reads. What surely failed takes no part, a failed cas included.

mod clocks;
mod columns;
mod past;
mod paths;

use super::before::Before;
use super::facts::Facts;
use super::meter::Meter;
use super::reads_from::Unresolved;
use super::schedule::Schedule;
use super::{Budget, Model, Verdict, shrink};
use crate::history::{History, OpId};
use clocks::{Clocks, Stuck};

/// What is wrong with a history.
enum Fault {
    Few(Vec<OpId>),
    Unknown(String),
}

/// Checks a history; `convergent` asks for one order of all writes.
pub fn check(facts: &Facts, convergent: bool, budget: &Budget) -> Verdict {
    let history = facts.history;
    let model = if convergent { Model::CausalConvergent } else { Model::Causal };
    match fault(facts, convergent, &Meter::start(budget)) {
        None => Verdict::Valid,
        Some(Fault::Unknown(reason)) => Verdict::Unknown(reason),
        Some(Fault::Few(few)) => {
            let ids: Vec<OpId> = (0..history.len() as OpId).collect();
            shrink::counterexample(history, &ids, &few, model, budget)
        }
    }
}

/// True where a small history surely breaks the model.
pub fn breaks(history: &History, convergent: bool, meter: &Meter) -> bool {
    matches!(fault(&Facts::of(history), convergent, meter), Some(Fault::Few(_)))
}

/// Operations that show a broken causal order, where it surely is: what is sequential is causal too.
pub fn suspects(history: &History, meter: &Meter) -> Option<Vec<OpId>> {
    match fault(&Facts::of(history), true, meter) {
        Some(Fault::Few(few)) => Some(few),
        _ => None,
    }
}

fn fault(facts: &Facts, convergent: bool, meter: &Meter) -> Option<Fault> {
    let reads_from = match facts.reads_from() {
        Ok(found) => found,
        Err(Unresolved::Wrong(few)) => return Some(Fault::Few(few.clone())),
        Err(Unresolved::Unclear(reason)) => return Some(Fault::Unknown(reason.clone())),
    };
    let clocks = match Clocks::of(facts.history, reads_from, meter) {
        Ok(clocks) => clocks,
        Err(Stuck::Cycle(few)) => return Some(Fault::Few(few)),
        Err(Stuck::Spent(reason)) => return Some(Fault::Unknown(reason)),
    };
    let inferred = match past::walk(&clocks, convergent, meter) {
        Ok(inferred) => inferred,
        Err(past::Bad::Spent(reason)) => return Some(Fault::Unknown(reason)),
        Err(past::Bad::Read { read, source, between }) => {
            return Some(Fault::Few(paths::overwritten(&clocks, read, source, between)));
        }
    };
    if !convergent {
        return None;
    }
    let cycle = cycle(&clocks, &inferred)?;
    Some(Fault::Few(paths::conflict(&clocks, &inferred, &cycle)))
}

/// A cycle of the causal order and the inferred order of writes.
fn cycle(clocks: &Clocks, inferred: &Before) -> Option<Vec<OpId>> {
    let mut schedule = Schedule::new(&clocks.lines, clocks.history.len());
    schedule.run(|id, done| {
        clocks.missing(id, done).or_else(|| {
            inferred.of_operation(id).iter().copied().find(|&first| !done[first as usize])
        })
    });
    schedule.circle(|id| clocks.process(id))
}
