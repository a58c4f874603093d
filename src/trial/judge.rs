//! The verdict on a trial: the claim, convergence, and what became of the acknowledged writes ([`lost_writes`]). In the
//! simulator the place of every write is known; on real servers, that of a write that was answered with a version.

use super::plan::Plan;
use super::run::{Deed, Done};
use crate::check::{Budget, Model, Verdict, check};
use crate::faults::Fault;
use crate::history::{History, OpId, Operation, is_acknowledged, lost_writes, words};
use crate::process::{NodeId, Value};
use crate::session::Version;
use crate::systems::System;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What the check of one model may spend.
const BUDGET: Budget = Budget { time: Duration::from_secs(10), memory: 1 << 30 };

/// Why nobody knows, where only the reads at the end are there.
const NOTHING: &str = "nothing was asked before the end; give --time or --rate more";

/// Whether a trial was as the system claims.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// The model on trial.
    pub model: Model,
    /// Whether it held.
    pub claim: Verdict,
    /// Whether all servers agree in the end.
    pub convergence: Verdict,
    /// What became of the acknowledged writes.
    pub writes: Writes,
}

/// What became of the acknowledged writes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Writes {
    /// How many were acknowledged.
    pub acknowledged: u64,
    /// Those that are lost, as a person reads them.
    pub lost: Vec<String>,
    /// How many more are lost with the memory of the server that acknowledged them.
    pub lost_with_origin: u64,
    /// Whether the system claims that none is lost.
    pub durable: bool,
}

/// What is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// A model.
    Model(Model),
    /// An acknowledged write is lost.
    Durability,
}

impl Judgement {
    /// The first thing that is broken, if anything is.
    pub fn broken(&self) -> Option<Broken> {
        if self.claim.counterexample().is_some() {
            return Some(Broken::Model(self.model));
        }
        if self.convergence.counterexample().is_some() {
            return Some(Broken::Model(Model::Eventual));
        }
        (self.writes.durable && !self.writes.lost.is_empty()).then_some(Broken::Durability)
    }

    /// Why nobody knows, where nothing is broken and something is not known.
    pub fn unknown(&self) -> Option<&str> {
        let verdicts = [&self.claim, &self.convergence];
        let reason = verdicts.into_iter().find_map(|verdict| match verdict {
            Verdict::Unknown(reason) => Some(reason.as_str()),
            _ => None,
        });
        reason.filter(|_| self.broken().is_none())
    }

    /// `valid`, `invalid` or `unknown`.
    pub fn word(&self) -> &'static str {
        match (self.broken(), self.unknown()) {
            (Some(_), _) => "invalid",
            (None, Some(_)) => "unknown",
            (None, None) => "valid",
        }
    }
}

/// Judges a trial. `applied` says where in the order each value is, where that is known.
pub(super) fn judge(
    plan: &Plan,
    history: &History,
    done: &Done,
    applied: Option<&BTreeMap<Value, Version>>,
) -> Judgement {
    let (writes, excused) = writes(plan, history, done, applied);
    if history.operations().iter().all(Operation::is_final) {
        let nothing = Verdict::Unknown(NOTHING.into());
        return Judgement {
            model: plan.model,
            claim: nothing.clone(),
            convergence: nothing,
            writes,
        };
    }
    // What went with its origin, as the system says that it may, need not be there in the end.
    let ids = (0..history.len() as OpId).filter(|id| !excused.contains(id));
    let convergence = match excused.is_empty() {
        true => check(history, Model::Eventual, &BUDGET),
        false => check(&history.restrict(&ids.collect::<Vec<_>>()), Model::Eventual, &BUDGET),
    };
    let claim = match plan.model {
        Model::Eventual => convergence.clone(),
        model => check(history, model, &BUDGET),
    };
    Judgement { model: plan.model, claim, convergence, writes }
}

/// What became of the acknowledged writes, and which went with the servers that acknowledged them.
fn writes(
    plan: &Plan,
    history: &History,
    done: &Done,
    applied: Option<&BTreeMap<Value, Version>>,
) -> (Writes, BTreeSet<OpId>) {
    let eventual = plan.system == System::Eventual;
    let durable = plan.system.about().durable || eventual;
    let mut writes = Writes {
        acknowledged: history.operations().iter().filter(|one| is_acknowledged(one)).count() as u64,
        durable: durable && plan.faults.iter().all(|kind| plan.covers(kind)),
        ..Writes::default()
    };
    let mut excused = BTreeSet::new();
    for id in lost_writes(history, applied).unwrap_or_default() {
        let write = history.operation(id);
        if eventual && origin_forgot(write, &done.deeds) {
            writes.lost_with_origin += 1;
            excused.insert(id);
        } else {
            writes.lost.push(words::does(history, write));
        }
    }
    (writes, excused)
}

/// Whether the server that acknowledged a write lost its memory later.
pub(super) fn origin_forgot(write: &Operation, deeds: &[Deed]) -> bool {
    let origin = write.node().map(NodeId);
    let began = Duration::from_nanos(write.invoked_time());
    deeds.iter().any(|deed| match deed {
        Deed::Broke { at, fault: Fault::Restart(node) } => Some(*node) == origin && *at >= began,
        _ => false,
    })
}
