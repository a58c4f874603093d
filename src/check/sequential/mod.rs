//! Sequential consistency (Lamport, *How to make a multiprocessor computer that correctly executes multiprocess programs*, IEEE
//! Transactions on Computers C-28(9), 1979): one order of all operations that keeps each process's own.
//!
//! Deciding it is NP-hard (Gibbons and Korach, 1997), and it is not local: two keys may be fine alone and broken together. So:
//!
//! 1. What is linearizable is sequential.
//! 2. Where values tell which write each read returned, the order is saturated ([`saturate`]): a write that comes before a read of another
//!    one comes before that one; a read comes before whatever overwrites what it returned. A cycle is a violation.
//! 3. A search ([`search`]) runs the processes one after another, held to the saturated order; it usually walks straight through, and steps
//!    back where it must.
//! 4. Where the budget does not suffice, the answer is `unknown`.
//!
//! Values decide here, not versions: as for linearizability.

mod saturate;
mod search;

use super::meter::Meter;
use super::reads_from::{Unresolved, resolve_by_value};
use super::{Budget, Model, Verdict, linearizable, shrink};
use crate::history::{History, OpId};
use saturate::Saturated;
use search::Found;

/// What is wrong.
enum Fault {
    Few(Vec<OpId>),
    Unknown(String),
}

/// Checks a history.
pub fn check(history: &History, budget: &Budget) -> Verdict {
    let ids: Vec<OpId> = (0..history.len() as OpId).collect();
    let meter = Meter::start(budget);
    if linearizable::holds(history, &meter) {
        return Verdict::Valid;
    }
    match fault(history, &meter) {
        None => Verdict::Valid,
        Some(Fault::Unknown(reason)) => Verdict::Unknown(reason),
        Some(Fault::Few(few)) => {
            shrink::counterexample(history, &ids, &few, Model::Sequential, budget)
        }
    }
}

/// True where a small history surely breaks the model.
pub fn breaks(history: &History, meter: &Meter) -> bool {
    matches!(fault(history, meter), Some(Fault::Few(_)))
}

fn fault(history: &History, meter: &Meter) -> Option<Fault> {
    let reads_from = match resolve_by_value(history) {
        Ok(found) => Some(found),
        Err(Unresolved::Wrong(few)) => return Some(Fault::Few(few)),
        Err(Unresolved::Unclear(_)) => None,
    };
    let saturated = match &reads_from {
        Some(reads_from) => match saturate::saturate(history, reads_from, meter) {
            Saturated::Before(before) => Some((reads_from, before)),
            Saturated::Cycle(few) => return Some(Fault::Few(few)),
            Saturated::Unknown(reason) => return Some(Fault::Unknown(reason)),
        },
        None => None,
    };
    match search::search(history, saturated.as_ref().map(|(found, before)| (*found, before)), meter)
    {
        Found::Order => None,
        Found::None => Some(Fault::Few((0..history.len() as OpId).collect())),
        Found::Unknown(reason) => Some(Fault::Unknown(reason)),
    }
}
