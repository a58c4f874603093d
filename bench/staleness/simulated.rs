//! Trials in the simulator: exact times, one seed one result.

use super::{AFTER_US, BURST, SERVERS, Seen, WRITER, elsewhere, told};
use crate::results::{Visibility, Waiting};
use conlab::process::{NodeId, Op, Outcome, Process, Start};
use conlab::random::Random;
use conlab::session::Session;
use conlab::sim::{Settings, Sim};
use conlab::stats::Latencies;
use conlab::systems::{Causal, System, Visitor};
use std::time::Duration;

/// Writes of one trial are so far apart, more than links differ: they keep their order at every level.
const APART: Duration = Duration::from_millis(5);
/// Answers and messages of one trial are over by then.
const OVER: Duration = Duration::from_millis(500);

/// What reads see at each time after a write.
pub fn visibility(system: System, seed: u64, reads: u32) -> Vec<Visibility> {
    let seen = system.visit(Trials { seed, reads });
    seen.iter().zip(AFTER_US).map(|(seen, after)| seen.told(system, "simulated", after)).collect()
}

/// How long causal reads wait that carry the session of a write just answered.
pub fn waiting(seed: u64, reads: u32) -> Waiting {
    let mut sim = Sim::new(settings(seed), Causal::new, ());
    let mut random = Random::new(seed).fork(2);
    let mut waits = Latencies::default();
    for _ in 0..reads {
        let set = Op::Set { key: "x".into(), value: "7".into(), session: None };
        let session = ask(&mut sim, WRITER, set).and_then(|(outcome, _)| session_of(outcome));
        let get = Op::Get { key: "x".into(), session };
        if let Some((_, wait)) = ask(&mut sim, elsewhere(&mut random, SERVERS), get)
            && wait > Duration::ZERO
        {
            waits.record(wait);
        }
        sim.run_until(sim.now() + OVER);
    }
    told("simulated", SERVERS, u64::from(reads), &waits)
}

/// The session that an answer carries.
pub fn session_of(outcome: Outcome) -> Option<Session> {
    match outcome {
        Outcome::Set { session, .. } | Outcome::Got { session, .. } => session,
        _ => None,
    }
}

fn settings(seed: u64) -> Settings {
    Settings { jitter: Duration::from_millis(4), ..Settings::new(SERVERS, seed) }
}

/// Asks, and waits for the answer; how long that took.
fn ask<P: Process>(sim: &mut Sim<P>, at: NodeId, op: Op) -> Option<(Outcome, Duration)> {
    let asked = sim.now();
    let request = sim.request(at, op);
    let answer = sim.next_answer(asked + OVER).filter(|answer| answer.request == request)?;
    Some((answer.outcome, answer.at - asked))
}

struct Trials {
    seed: u64,
    reads: u32,
}

impl Visitor for Trials {
    type Output = Vec<Seen>;

    fn visit<P>(self, build: fn(&Start) -> P) -> Vec<Seen>
    where
        P: Process + Send + 'static,
    {
        let mut sim = Sim::new(settings(self.seed), build, ());
        let mut random = Random::new(self.seed).fork(1);
        let mut last = 0;
        let mut at = |after: u64| {
            let mut seen = Seen::default();
            for _ in 0..self.reads {
                last = trial(&mut sim, &mut random, last, after, &mut seen);
            }
            seen
        };
        AFTER_US.map(&mut at).into_iter().collect()
    }
}

/// One trial; returns the number written last.
fn trial<P: Process>(
    sim: &mut Sim<P>,
    random: &mut Random,
    before: u64,
    after_us: u64,
    seen: &mut Seen,
) -> u64 {
    let last = before + BURST;
    for number in before + 1..=last {
        sim.run_until(sim.now() + APART);
        let value = number.to_string().into();
        ask(sim, WRITER, Op::Set { key: "x".into(), value, session: None });
    }
    sim.run_until(sim.now() + Duration::from_micros(after_us));
    let get = Op::Get { key: "x".into(), session: None };
    if let Some((outcome, _)) = ask(sim, elsewhere(random, SERVERS), get) {
        seen.read(last, &outcome);
    }
    sim.run_until(sim.now() + OVER);
    last
}
