//! Clients in the simulator: what an operation costs in messages, bytes and virtual time, at any number of servers.

use super::asker::Asker;
use super::series::Place;
use super::subject::Operation;
use conlab::faults::Fault;
use conlab::process::{Effect, NodeId, Process, Start};
use conlab::sim::{Left, Observer, RequestId, Settings, Sim};
use conlab::stats::Latencies;
use conlab::systems::{System, Visitor};
use conlab::trial::Stopwatch;
use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, Instant};

/// An operation that is not answered within this virtual time counts as failed.
const PATIENCE: Duration = Duration::from_secs(30);
/// Writes that nobody waits for are on their way by then.
const GATHERED: Duration = Duration::from_millis(100);
/// What is still under way when the last client has its answer may take so long.
const AFTERMATH: Duration = Duration::from_secs(5);

/// Clients that ask, each when it has its answer.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The level.
    pub system: System,
    /// What is asked for.
    pub operation: Operation,
    /// The cluster.
    pub settings: Settings,
    /// Faults of links, from the start.
    pub faults: Vec<Fault>,
    /// How many clients there are.
    pub clients: u32,
    /// At which servers they are.
    pub place: Place,
    /// How many requests each has.
    pub requests: u32,
    /// How long a client waits after an answer, where there is one client: its next request finds the lock free.
    pub pause: Duration,
}

/// What came of a plan.
#[derive(Debug, Default)]
pub struct Simulated {
    /// Virtual latencies.
    pub latencies: Latencies,
    /// Messages between servers for one operation.
    pub messages: f64,
    /// Their bytes as JSON.
    pub bytes: f64,
    /// How many requests were not answered well.
    pub failed: u64,
}

/// Plays the plan to its end.
pub fn simulate(plan: &Plan) -> Simulated {
    plan.system.visit(Counting(plan.clone()))
}

/// How many messages the simulator delivers in a second of one core's work, while it runs the plan again and again for `time`.
pub fn speed(plan: &Plan, time: Duration) -> f64 {
    plan.system.visit(Racing(plan.clone(), time))
}

struct Counting(Plan);

impl Visitor for Counting {
    type Output = Simulated;

    fn visit<P>(self, build: fn(&Start) -> P) -> Simulated
    where
        P: Process + Send + 'static,
    {
        let Counting(plan) = self;
        let mut sim = Sim::new(plan.settings.clone(), build, Count::default());
        let (latencies, failed) = play(&mut sim, &plan);
        let operations = (latencies.len() + failed).max(1) as f64;
        let until = sim.now() + AFTERMATH;
        // First what is gathered for later, of which nothing is under way yet.
        sim.run_until(sim.now() + GATHERED);
        while !sim.is_idle() && sim.now() < until {
            sim.run_until(sim.now() + Duration::from_millis(10));
        }
        let Count { messages, bytes } = sim.into_observer();
        let (messages, bytes) = (messages as f64 / operations, bytes as f64 / operations);
        Simulated { latencies, messages, bytes, failed }
    }
}

struct Racing(Plan, Duration);

impl Visitor for Racing {
    type Output = f64;

    fn visit<P>(self, build: fn(&Start) -> P) -> f64
    where
        P: Process + Send + 'static,
    {
        let Racing(plan, time) = self;
        let mut sim = Sim::new(plan.settings.clone(), build, ());
        play(&mut sim, &plan);
        let (start, watch, before) = (Instant::now(), Stopwatch::start(), sim.delivered());
        while start.elapsed() < time {
            play(&mut sim, &plan);
        }
        (sim.delivered() - before) as f64 / watch.elapsed().as_secs_f64()
    }
}

/// A client of the simulation.
struct Client {
    asker: Asker,
    at: NodeId,
    left: u32,
    asked: Duration,
}

fn play<P: Process, O: Observer<P>>(sim: &mut Sim<P, O>, plan: &Plan) -> (Latencies, u64) {
    for fault in &plan.faults {
        // The faults of a plan are those of links between its own servers.
        let _ = sim.fault(*fault);
    }
    let client = |number: u32| Client {
        asker: Asker::of(plan.system == System::Causal, plan.operation, number),
        at: NodeId(plan.place.index(number, plan.settings.servers) + 1),
        left: plan.requests,
        asked: Duration::ZERO,
    };
    let mut clients: Vec<Client> = (0..plan.clients).map(client).collect();
    let mut waiting: BTreeMap<RequestId, usize> = BTreeMap::new();
    for (number, client) in clients.iter_mut().enumerate() {
        client.ask(sim).map(|request| waiting.insert(request, number));
    }
    let (mut latencies, mut failed) = (Latencies::default(), 0);
    while let Some(answer) =
        (!waiting.is_empty()).then(|| sim.next_answer(sim.now() + PATIENCE)).flatten()
    {
        let Some(number) = waiting.remove(&answer.request) else { continue };
        let client = &mut clients[number];
        match answer.outcome {
            conlab::process::Outcome::Refused(_) | conlab::process::Outcome::Unknown(_) => {
                failed += 1
            }
            outcome => {
                latencies.record(answer.at - client.asked);
                client.asker.hear(outcome);
            }
        }
        if plan.clients == 1 {
            sim.run_until(sim.now() + plan.pause);
        }
        client.ask(sim).map(|request| waiting.insert(request, number));
    }
    (latencies, failed + waiting.len() as u64)
}

impl Client {
    fn ask<P: Process, O: Observer<P>>(&mut self, sim: &mut Sim<P, O>) -> Option<RequestId> {
        self.left = self.left.checked_sub(1)?;
        self.asked = sim.now();
        Some(sim.request(self.at, self.asker.ask()))
    }
}

/// Counts what servers send to each other.
#[derive(Debug, Default)]
struct Count {
    messages: u64,
    bytes: u64,
}

impl<P: Process> Observer<P> for Count {
    fn ends(&mut self, _: Duration, _: NodeId, left: Left<'_, P>) {
        for effect in left.effects {
            if let Effect::Send { to, message } = effect {
                let mut size = Size(0);
                // A message that cannot be written is not sent either.
                let _ = serde_json::to_writer(&mut size, message);
                self.messages += to.len() as u64;
                self.bytes += size.0 * to.len() as u64;
            }
        }
    }
}

/// Counts bytes instead of writing them.
struct Size(u64);

impl io::Write for Size {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One client's SETs on three servers.
    fn sets(system: System) -> Plan {
        Plan {
            system,
            operation: Operation::Set,
            settings: Settings::new(3, 1),
            faults: Vec::new(),
            clients: 1,
            place: Place::One,
            requests: 50,
            pause: Duration::ZERO,
        }
    }

    #[test]
    fn a_linearizable_write_costs_what_the_protocol_says() {
        let plan = sets(System::Linearizable);
        let simulated = simulate(&plan);
        // Submit, two broadcasts, two acknowledgements, and the word that it is done.
        assert!((5.9..6.5).contains(&simulated.messages), "{}", simulated.messages);
        assert!(simulated.bytes > 200.0 && simulated.failed == 0);
        assert_eq!(simulated.latencies.len(), 50);
        assert!((simulated.latencies.percentile_us(50.0) - 4_000.0).abs() < 10.0);
        assert!(speed(&plan, Duration::from_millis(20)) > 1_000.0);
    }

    #[test]
    fn an_eventual_write_costs_messages_too_though_nobody_waits_for_them() {
        let simulated = simulate(&sets(System::Eventual));
        // The entry passes three links, and takes 20 bytes at the least.
        let Simulated { messages, bytes, .. } = simulated;
        assert!(messages > 0.0 && bytes > 60.0, "{messages} messages, {bytes} bytes");
    }
}
