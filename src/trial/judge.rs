//! The verdict on a trial: the claim, convergence, and what became of the acknowledged writes.
//!
//! A write is lost if it is acknowledged and its version exceeds the final version of its key, or if it never took a place
//! in the order at all. In the simulator the place of every write is known; on real servers, that of a write that was
//! answered with a version.

use super::plan::Plan;
use super::run::{Deed, Done};
use crate::check::{Budget, Model, Verdict, check};
use crate::faults::Fault;
use crate::history::{Act, End, History, KeyId, OpId, Operation, words};
use crate::process::{NodeId, Value};
use crate::session::{Version, epoch_and_counter};
use crate::systems::System;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What the check of one model may spend.
const BUDGET: Budget = Budget { time: Duration::from_secs(10), memory: 1 << 30 };

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
    let (writes, excused) = Ledger { history, done, applied }.writes(plan);
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

struct Ledger<'a> {
    history: &'a History,
    done: &'a Done,
    applied: Option<&'a BTreeMap<Value, Version>>,
}

impl Ledger<'_> {
    /// What became of them, and which went with their origins.
    fn writes(&self, plan: &Plan) -> (Writes, BTreeSet<OpId>) {
        let (finals, bases) = (self.finals(), self.bases());
        let eventual = plan.system == System::Eventual;
        let durable = plan.system.about().durable || eventual;
        let mut writes = Writes {
            durable: durable && plan.faults.iter().all(|kind| kind.is_covered()),
            ..Writes::default()
        };
        let mut excused = BTreeSet::new();
        for (id, write) in self.acknowledged() {
            writes.acknowledged += 1;
            let Some(last) = finals.get(&write.key()) else { continue };
            if !self.is_lost(write, *last, &bases) {
                continue;
            }
            if eventual && self.origin_forgot(write) {
                writes.lost_with_origin += 1;
                excused.insert(id);
            } else {
                writes.lost.push(words::does(self.history, write));
            }
        }
        (writes, excused)
    }

    fn acknowledged(&self) -> impl Iterator<Item = (OpId, &Operation)> {
        let done = |one: &Operation| one.act() == Act::Write && one.end() == End::Ok;
        (0..).zip(self.history.operations()).filter(move |(_, one)| done(one))
    }

    fn is_lost(&self, write: &Operation, last: Version, bases: &BTreeMap<u64, u64>) -> bool {
        let place = self.place(write);
        let Some(version) = place else { return self.applied.is_some() };
        let (epoch, counter) = epoch_and_counter(version);
        let cut_off = bases.range(epoch + 1..).any(|(_, base)| counter > *base);
        version > last || cut_off
    }

    /// The place of a write in the order: as answered, or as seen from within.
    fn place(&self, write: &Operation) -> Option<Version> {
        let text = self.history.value_text(write.value()).trim_matches('"');
        write.version().or_else(|| self.applied?.get(text).copied())
    }

    /// The version that each key has in the end, where a server tells it.
    fn finals(&self) -> BTreeMap<KeyId, Version> {
        let mut finals: BTreeMap<KeyId, Version> = BTreeMap::new();
        for read in self.history.operations().iter().filter(|one| one.is_final()) {
            if let Some(version) = read.version() {
                let last = finals.entry(read.key()).or_default();
                *last = version.max(*last);
            }
        }
        finals
    }

    /// For each epoch, how many writes came before it: what an earlier one had beyond that went with a memory.
    fn bases(&self) -> BTreeMap<u64, u64> {
        let seen = self.history.operations().iter().filter_map(Operation::version);
        let within = self.applied.into_iter().flat_map(|applied| applied.values().copied());
        let mut bases: BTreeMap<u64, u64> = BTreeMap::new();
        for version in seen.chain(within).filter(|version| *version > 0) {
            let (epoch, counter) = epoch_and_counter(version);
            let base = bases.entry(epoch).or_insert(u64::MAX);
            *base = (*base).min(counter.saturating_sub(1));
        }
        bases
    }

    /// Whether the server that acknowledged a write was killed later.
    fn origin_forgot(&self, write: &Operation) -> bool {
        let origin = write.node().map(NodeId);
        let began = Duration::from_nanos(write.invoked_time());
        self.done.deeds.iter().any(|deed| match deed {
            Deed::Broke { at, fault: Fault::Kill(node) } => Some(*node) == origin && *at >= began,
            _ => false,
        })
    }
}
