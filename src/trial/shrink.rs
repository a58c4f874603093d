//! A smaller trial that still shows the violation: fewer faults, fewer operations, fewer servers.
//!
//! Whatever is taken out, the rest is played as the scenario that it would be, and what is left out stays out only if the
//! model still breaks. So the result is a scenario that surely shows it. The way through is delta debugging (Zeller and
//! Hildebrandt, 2002): larger pieces first, then smaller ones, to single ones, until nothing more can go.

use super::Trial;
use super::judge::{Broken, origin_forgot};
use super::plan::Plan;
use super::run::Deed;
use super::script::Script;
use crate::faults::Fault;
use crate::process::NodeId;
use crate::scenario::grammar::{Judgement, Property};
use crate::scenario::{Finding, Played, Scenario, play_simulated};
use crate::systems::System;
use std::collections::BTreeSet;
use std::time::Duration;

/// So many scenarios are played at most: a few seconds for a usual trial.
const MOST_PLAYS: u32 = 4_000;
/// A script of so few requests and faults is tried with other seeds too.
const FEW: usize = 150;
/// And with so many.
const MOST_SEEDS: u32 = 6;

/// How long a shrunk scenario waits for its servers to settle.
const QUIET: Duration = Duration::from_secs(20);

/// A violation, made small.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shrunk {
    /// The scenario that shows it.
    pub scenario: String,
    /// How many requests are left in it.
    pub requests: usize,
    /// How many faults.
    pub faults: usize,
    /// How many servers.
    pub servers: u32,
}

/// Makes the violation of `trial` smaller. `None` where a scenario does not show it.
pub fn shrink(plan: &Plan, trial: &Trial) -> Option<Shrunk> {
    let property = match trial.judgement.broken()? {
        Broken::Model(model) => Property::Model(model),
        Broken::Durability => Property::Durable,
    };
    let whole = Script {
        title: format!("Not {property}: conlab {}", plan.command().join(" ")),
        system: plan.system,
        defect: plan.defect,
        data: plan.data,
        links: plan.links,
        servers: plan.servers,
        seed: plan.seed,
        deeds: trial.done.deeds.clone(),
        property,
        quiet: Some(QUIET),
    };
    let mut search = Search { plays: 0 };
    let mut smallest = search.shown(whole)?;
    search.shorten(&mut smallest);
    search.improve(&mut smallest, |script| script.quiet = None);
    // Without chance, what is taken out shifts nothing else.
    search.improve(&mut smallest, |script| script.links.jitter = Duration::ZERO);
    loop {
        let before = (smallest.deeds.len(), smallest.servers);
        search.take_out_servers(&mut smallest);
        search.take_out_deeds(&mut smallest);
        if (smallest.deeds.len(), smallest.servers) == before || search.is_spent() {
            break;
        }
    }
    search.improve(&mut smallest, |script| script.links.jitter = Duration::ZERO);
    search.improve(&mut smallest, round_times);
    search.improve(&mut smallest, start_at_once);
    let requests = smallest.deeds.iter().filter(|deed| matches!(deed, Deed::Asked { .. })).count();
    Some(Shrunk {
        scenario: smallest.text(),
        requests,
        faults: smallest.deeds.len() - requests,
        servers: smallest.servers,
    })
}

struct Search {
    plays: u32,
}

impl Search {
    fn is_spent(&self) -> bool {
        self.plays >= MOST_PLAYS
    }

    /// The script, if the model breaks in it. What is taken out shifts every chance after it, so a small script is tried with
    /// some other seeds too. One that cannot be played shows nothing.
    fn shown(&mut self, mut script: Script) -> Option<Script> {
        let seeds = if script.deeds.len() <= FEW { MOST_SEEDS } else { 1 };
        for _ in 0..seeds {
            self.plays += 1;
            let scenario = Scenario::parse("shrunk.scn", &script.text()).ok()?;
            let played = play_simulated(&scenario).ok()?;
            if shows(&script, &played) {
                return Some(script);
            }
            script.seed = script.seed.wrapping_add(1);
        }
        None
    }

    /// Changes the script if it still shows the violation then. Whether it did.
    fn improve(&mut self, script: &mut Script, change: impl FnOnce(&mut Script)) -> bool {
        let mut changed = script.clone();
        change(&mut changed);
        match self.shown(changed) {
            Some(changed) => {
                *script = changed;
                true
            }
            None => false,
        }
    }

    /// Cuts off the end, as much as can go.
    fn shorten(&mut self, script: &mut Script) {
        let mut few = 0;
        while few + 1 < script.deeds.len() && !self.is_spent() {
            let middle = few.midpoint(script.deeds.len());
            if !self.improve(script, |script| script.deeds.truncate(middle)) {
                few = middle;
            }
        }
    }

    /// Takes out one server after another, and all that was done there; those above it move down.
    fn take_out_servers(&mut self, script: &mut Script) {
        for server in (2..=script.servers).rev().map(NodeId) {
            if !self.is_spent() {
                self.improve(script, |script| without_server(script, server));
            }
        }
    }

    /// Takes out piece after piece, the largest first.
    fn take_out_deeds(&mut self, script: &mut Script) {
        let mut piece = units(&script.deeds).len().div_ceil(2).max(1);
        loop {
            let (mut start, before) = (0, script.deeds.len());
            loop {
                let all = units(&script.deeds);
                if start >= all.len() || self.is_spent() {
                    break;
                }
                let end = (start + piece).min(all.len());
                let leave: BTreeSet<usize> = all[start..end].iter().flatten().copied().collect();
                if !self.improve(script, |script| leave_out(&mut script.deeds, &leave)) {
                    start = end;
                }
            }
            if self.is_spent() || (piece == 1 && script.deeds.len() == before) {
                return;
            }
            piece = (piece / 2).max(1);
        }
    }
}

/// Whether what was played breaks what the script says. What eventual loses with the memory of its origin breaks nothing.
fn shows(script: &Script, played: &Played) -> bool {
    let excuses = script.system == System::Eventual;
    played.checked.iter().any(|one| match &one.finding {
        Finding::Lost(Ok(lost)) => {
            let mut writes = lost.writes.iter().map(|id| lost.history.operation(*id));
            writes.any(|write| !(excuses && origin_forgot(write, &script.deeds)))
        }
        found => found.judgement() == Judgement::Invalid,
    })
}

/// What can go alone: a kill goes with its restart, and the faults come first.
fn units(deeds: &[Deed]) -> Vec<Vec<usize>> {
    let (mut faults, mut requests): (Vec<Vec<usize>>, Vec<Vec<usize>>) = (Vec::new(), Vec::new());
    for (index, deed) in deeds.iter().enumerate() {
        match deed {
            Deed::Asked { .. } => requests.push(vec![index]),
            Deed::Broke { fault: Fault::Restart(node) | Fault::Revive(node), .. } => {
                let kill = Fault::Kill(*node);
                let is_kill =
                    |one: &Deed| matches!(one, Deed::Broke { fault, .. } if *fault == kill);
                match faults.iter_mut().find(|unit| unit.len() == 1 && is_kill(&deeds[unit[0]])) {
                    Some(unit) => unit.push(index),
                    None => faults.push(vec![index]),
                }
            }
            Deed::Broke { .. } => faults.push(vec![index]),
        }
    }
    faults.extend(requests);
    faults
}

fn leave_out(deeds: &mut Vec<Deed>, leave: &BTreeSet<usize>) {
    let mut index = 0;
    deeds.retain(|_| {
        index += 1;
        !leave.contains(&(index - 1))
    });
}

fn without_server(script: &mut Script, server: NodeId) {
    script.servers -= 1;
    let moved = |node: NodeId| if node > server { NodeId(node.0 - 1) } else { node };
    script.deeds.retain(|deed| match deed {
        Deed::Asked { server: asked, .. } => *asked != server,
        Deed::Broke { fault, .. } => !fault.names(server),
    });
    for deed in &mut script.deeds {
        match deed {
            Deed::Asked { server, .. } => *server = moved(*server),
            Deed::Broke { fault, .. } => *fault = fault.of_others(moved),
        }
    }
}

/// Times to the millisecond, which a person reads more easily.
fn round_times(script: &mut Script) {
    for deed in &mut script.deeds {
        let (Deed::Asked { at, .. } | Deed::Broke { at, .. }) = deed;
        *at = Duration::from_millis(at.as_millis() as u64);
    }
}

/// The first thing happens at once: nobody need wait for it.
fn start_at_once(script: &mut Script) {
    let time = |deed: &Deed| match deed {
        Deed::Asked { at, .. } | Deed::Broke { at, .. } => *at,
    };
    let first = script.deeds.first().map(time).unwrap_or_default();
    for deed in &mut script.deeds {
        let (Deed::Asked { at, .. } | Deed::Broke { at, .. }) = deed;
        *at -= first;
    }
}
