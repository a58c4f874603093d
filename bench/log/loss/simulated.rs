//! Kills in the simulator: all at one instant, one seed one result.
//!
//! There a message that was sent arrives, also after its sender's death; so the link to the survivor is cut a little before the kill,
//! as a network that fails together with the machines.

use super::{CLIENTS, Losses, MASTER, slow_links, survivor, victims};
use crate::subject::{LOGS, Subject};
use conlab::faults::{Fault, Link};
use conlab::log::ReplicatedLog;
use conlab::process::{Concern, Key, Logged, NodeId, Op, Outcome, Replication};
use conlab::random::Random;
use conlab::sim::{RequestId, Settings, Sim};
use std::time::Duration;

const MS: fn(u64) -> Duration = Duration::from_millis;
/// A client asks again so long after it could: a log in memory answers w=1 in no time.
const PAUSE: Duration = Duration::from_millis(1);
/// Clients append for at least so long, and for up to as long again.
const LOAD_MS: u64 = 200;
/// The survivor is cut off from the master for so long before the kill.
const CUT: Duration = Duration::from_millis(20);
/// The dead are started again after so long.
const DEAD: Duration = Duration::from_millis(10);
/// The cluster is back by then.
const BACK: Duration = Duration::from_secs(60);

/// What so many kills take, each in a cluster of its own.
pub fn losses(subject: Subject, servers: u32, w: u32, seed: u64, kills: u32) -> Losses {
    let mut losses = Losses::none(subject, "simulated", servers, w);
    for kill in 0..u64::from(kills) {
        let mut random = Random::new(seed).fork(6).fork(kill);
        let mut sim = cluster(subject, servers, random.next());
        let survivor = survivor(&mut random, servers);
        let acknowledged = append(&mut sim, w, survivor, MS(LOAD_MS + random.below(LOAD_MS)));
        kill_and_restart(&mut sim, survivor);
        losses.add(&acknowledged, 1, &log(&mut sim));
    }
    losses
}

fn cluster(subject: Subject, servers: u32, seed: u64) -> Sim<ReplicatedLog> {
    let durable = subject == LOGS[1];
    let replication =
        Replication { tolerate: Some(servers - 1), durable, ..Replication::default() };
    let settings = Settings { replication, jitter: MS(4), ..Settings::new(servers, seed) };
    let mut sim = Sim::new(settings, ReplicatedLog::new, ());
    for (link, delay) in slow_links(servers) {
        // They are links of its own servers.
        let _ = sim.fault(Fault::Slow(link, delay));
    }
    sim
}

/// Clients append until `end`; what was acknowledged.
fn append(
    sim: &mut Sim<ReplicatedLog>,
    w: u32,
    survivor: NodeId,
    end: Duration,
) -> Vec<(u64, Key)> {
    let (mut acknowledged, mut idle, mut cut) = (Vec::new(), CLIENTS, false);
    while sim.now() < end {
        if !cut && sim.now() + CUT >= end {
            cut = sim.fault(Fault::Cut(Link::OneWay(MASTER, survivor))).is_ok();
        }
        for _ in 0..std::mem::take(&mut idle) {
            let w = Concern::Count(w);
            sim.request(MASTER, Op::Append { message: "m".into(), id: None, w, timeout: None });
        }
        let until = sim.now() + PAUSE;
        while let Some(answer) = sim.next_answer(until) {
            idle += 1;
            if let Outcome::Appended { seq, id, .. } = answer.outcome {
                acknowledged.push((seq, id));
            }
        }
    }
    acknowledged
}

fn kill_and_restart(sim: &mut Sim<ReplicatedLog>, survivor: NodeId) {
    let servers = sim.servers();
    // They run, and are down then: neither fault can be refused.
    victims(survivor, servers).for_each(|id| _ = sim.fault(Fault::Kill(id)));
    sim.run_until(sim.now() + DEAD);
    let _ = sim.fault(Fault::Heal(Link::All));
    victims(survivor, servers).for_each(|id| _ = sim.fault(Fault::Restart(id)));
}

/// The master's log, once it has it back; nothing if it never has.
fn log(sim: &mut Sim<ReplicatedLog>) -> Vec<Logged> {
    let end = sim.now() + BACK;
    while sim.now() < end {
        let request = sim.request(MASTER, Op::WHOLE_LOG);
        if let Some(messages) = answer(sim, request) {
            return messages;
        }
        sim.run_until(sim.now() + MS(100));
    }
    Vec::new()
}

fn answer(sim: &mut Sim<ReplicatedLog>, request: RequestId) -> Option<Vec<Logged>> {
    let until = sim.now() + MS(1);
    while let Some(answer) = sim.next_answer(until) {
        if let (true, Outcome::Messages { messages, .. }) =
            (answer.request == request, answer.outcome)
        {
            return Some(messages);
        }
    }
    None
}
