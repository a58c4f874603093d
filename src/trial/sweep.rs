//! Many seeds, on several threads.

use super::journal::Journal;
use super::plan::Plan;
use super::simulated::{simulate, simulate_into};
use super::{Figures, Judgement};
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// How to sweep.
#[derive(Debug, Clone, Copy)]
pub struct Sweep {
    /// How many seeds, from the plan's on.
    pub runs: u64,
    /// On how many threads.
    pub jobs: usize,
    /// Whether to go on past a violation.
    pub keep_going: bool,
    /// Whether to run each seed twice and compare every message.
    pub twice: bool,
}

/// A seed that is not valid.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The seed.
    pub seed: u64,
    /// What is wrong.
    pub judgement: Judgement,
}

/// What came of a sweep.
#[derive(Debug, Default)]
pub struct Swept {
    /// How many seeds were run.
    pub runs: u64,
    /// All operations of all runs, those acknowledged among them, and the messages.
    pub operations: (u64, u64, u64),
    /// The seeds that break something, lowest first.
    pub broken: Vec<Found>,
    /// The seeds of which nobody knows, lowest first.
    pub unknown: Vec<Found>,
    /// The seeds whose two runs differ.
    pub differ: Vec<u64>,
}

/// Runs `plan` under many seeds. They count in their order, whichever thread is first: so the lowest that breaks something
/// is always found, and with the same plan the result is the same.
///
/// # Errors
/// If a run cannot be read back: a fault of this program.
pub fn sweep(plan: &Plan, how: &Sweep, tell: &(dyn Fn(u64) + Sync)) -> Result<Swept, String> {
    let (next, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let tally = Mutex::new(Tally::default());
    let work = || {
        while !stop.load(Ordering::Relaxed) {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= how.runs {
                return;
            }
            let plan = Plan { seed: plan.seed.wrapping_add(number), ..plan.clone() };
            let outcome = one(&plan, how.twice);
            let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
            if tally.take(number, outcome, how.keep_going) {
                stop.store(true, Ordering::Relaxed);
            }
            tell(tally.swept.runs);
        }
    };
    thread::scope(|scope| {
        for _ in 0..how.jobs.clamp(1, how.runs.max(1) as usize) {
            scope.spawn(work);
        }
    });
    let tally = tally.into_inner().unwrap_or_else(PoisonError::into_inner);
    tally.failed.map_or(Ok(tally.swept), Err)
}

/// What came of the seeds so far, counted in their order.
#[derive(Default)]
struct Tally {
    swept: Swept,
    /// What is over before an earlier seed is: few, unless one seed takes very long.
    early: BTreeMap<u64, Result<Outcome, String>>,
    /// The seed that counts next.
    next: u64,
    over: bool,
    failed: Option<String>,
}

impl Tally {
    /// Takes in what came of one seed. Whether the sweep is over.
    fn take(&mut self, number: u64, outcome: Result<Outcome, String>, keep_going: bool) -> bool {
        self.early.insert(number, outcome);
        while let Some(outcome) = self.early.remove(&self.next) {
            if self.over {
                break; // run on another thread, but past the end
            }
            self.next += 1;
            match outcome {
                Ok(outcome) => self.over = self.swept.take(outcome) && !keep_going,
                Err(error) => (self.over, self.failed) = (true, Some(error)),
            }
        }
        self.over
    }
}

struct Outcome {
    seed: u64,
    judgement: Judgement,
    figures: Figures,
    differs: bool,
}

impl Outcome {
    fn of(plan: &Plan, trial: super::Trial, differs: bool) -> Self {
        let super::Trial { judgement, figures, .. } = trial;
        Outcome { seed: plan.seed, judgement, figures, differs }
    }
}

fn one(plan: &Plan, twice: bool) -> Result<Outcome, String> {
    if !twice {
        let trial = simulate(plan, Journal::default())?;
        return Ok(Outcome::of(plan, trial, false));
    }
    let (first, trial) = traced(plan)?;
    let (second, _) = traced(plan)?;
    Ok(Outcome::of(plan, trial, first != second))
}

/// A run with the sum of all its messages and events.
fn traced(plan: &Plan) -> Result<((u64, u64), super::Trial), String> {
    let (messages, history) = (Sum::default(), Sum::default());
    let trial = simulate_into(plan, Journal::into(messages.clone()), history.clone())?;
    Ok(((messages.get(), history.get()), trial))
}

/// The sum of what is written (FNV-1a; Fowler, Noll and Vo).
#[derive(Debug, Clone, Default)]
struct Sum(Arc<AtomicU64>);

impl Sum {
    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Write for Sum {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let step = |sum: u64, byte: &u8| (sum ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        let before = self.get() ^ 0xcbf2_9ce4_8422_2325;
        self.0.store(bytes.iter().fold(before, step), Ordering::Relaxed);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Swept {
    /// Takes over what came of one seed. Whether it is bad.
    fn take(&mut self, outcome: Outcome) -> bool {
        let seed = outcome.seed;
        self.runs += 1;
        let (all, ok, messages) = &mut self.operations;
        *all += outcome.figures.operations();
        *ok += outcome.figures.ok;
        *messages += outcome.figures.messages;
        let broken = outcome.judgement.broken().is_some();
        let found = Found { seed, judgement: outcome.judgement };
        if broken {
            self.broken.push(found);
        } else if found.judgement.unknown().is_some() {
            self.unknown.push(found);
        }
        if outcome.differs {
            self.differ.push(seed);
        }
        broken || outcome.differs
    }
}
