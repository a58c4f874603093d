//! The simulator: any [`Process`], in virtual time, on a seeded network, with faults. One seed, one run, to the bit.
//!
//! Everything that will happen stands in one queue, ordered by time and, at one instant, by when it was scheduled. The
//! simulator takes the first event, lets one process take one step, and turns the step's effects into new events. No
//! thread, no clock, no hidden state: a run is a function of the processes, the seed and what the caller asks for.
//!
//! ```text
//!   request, fault ──▶ queue ──▶ one step of one process ──▶ effects ──┬──▶ answers
//!                        ▲                                             │
//!                        └───────────── network, timers, sync ◀────────┘
//! ```
//!
//! * A **killed** server is gone: requests open there end unknown, later ones are refused, messages that reach it are
//!   lost. Those that it has sent are still under way. **Restarted**, it gets back what it had made durable, no more;
//!   or, **with memory**, all that it had: it goes on as if it had only been cut off from everybody, clients included.
//! * A **paused** server handles nothing; all that reaches it waits, in order, until it is resumed.
//! * Where servers have disks, effects after a [`crate::process::Effect::Persist`] wait until a sync has ended; a sync takes
//!   all records that wait when it begins. A crash before its end loses them, or the last of them: a torn write.
//! * Each server has a **clock** of its own, which may run fast or slow, and jump ahead.
//! * A client is as near to its server as can be: requests and answers take no time. It gives up after a while.
//!
//! ```
//! use conlab::process::{NodeId, Op};
//! use conlab::sim::{Settings, Sim};
//! use conlab::systems::Causal;
//! use std::time::Duration;
//!
//! let mut sim = Sim::new(Settings::new(3, 1), Causal::new, ());
//! let set = sim.request(NodeId(2), Op::Set { key: "x".into(), value: "7".into(), session: None });
//! let answer = sim.next_answer(Duration::from_secs(5)).expect("three healthy servers answer");
//! assert_eq!((answer.request, answer.outcome.to_string()), (set, "ok".to_string()));
//! ```

mod clock;
mod life;
mod network;
mod node;
mod observer;
mod places;
mod queue;
#[cfg(test)]
mod tests;
mod world;

pub use network::Loss;
pub use observer::{Cause, Left, Observer};
pub use places::Places;

use crate::faults::Fault;
use crate::process::{
    Defect, NodeId, Op, Outcome, Process, Reason, Replication, Start, Status, Timing,
};
use crate::random::Random;
use network::Network;
use node::Node;
use std::time::Duration;
use thiserror::Error;
use world::{Event, World};

/// What a simulation is made of, besides its processes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How many servers there are, numbered from 1.
    pub servers: u32,
    /// Where all randomness begins.
    pub seed: u64,
    /// How long a message takes, each way.
    pub link: Duration,
    /// How much longer a message may take, by chance.
    pub jitter: Duration,
    /// How long a process waits for what.
    pub timing: Timing,
    /// How long a client waits for an answer; then its request ends unknown.
    pub patience: Duration,
    /// How a log is kept; without a disk, records are gone with their process.
    pub replication: Replication,
    /// How long records take to become durable.
    pub sync: Duration,
    /// The rule of the protocol that is left out, if any.
    pub defect: Option<Defect>,
}

impl Settings {
    /// Servers that are a millisecond apart, with the usual timing.
    pub fn new(servers: u32, seed: u64) -> Self {
        let timing = Timing::default();
        Settings {
            servers,
            seed,
            link: Duration::from_millis(1),
            jitter: Duration::ZERO,
            timing,
            // A server gives up first: its answer says more than the client's silence.
            patience: timing.request_timeout + Duration::from_secs(1),
            replication: Replication::default(),
            sync: Duration::from_micros(500),
            defect: None,
        }
    }
}

/// Names one request of a simulation, from 1 in the order of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// The end of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Which request.
    pub request: RequestId,
    /// When it ended.
    pub at: Duration,
    /// How.
    pub outcome: Outcome,
}

/// Why a fault makes no sense now. The simulation is as before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FaultError {
    /// There is no such server.
    #[error("there is no server {0}; the servers are 1 to {1}")]
    NoServer(u32, u32),
    /// A server that is down can only be restarted.
    #[error("server {0} is down; restart it first")]
    Down(u32),
    /// Only a server that is down can be restarted.
    #[error("server {0} is running; kill it first")]
    Running(u32),
}

/// A simulated cluster of processes `P`, watched by `O`.
pub struct Sim<P: Process, O: Observer<P> = ()> {
    settings: Settings,
    build: Box<dyn FnMut(&Start) -> P>,
    nodes: Vec<Node<P>>,
    world: World<P>,
    random: Random,
    observer: O,
}

impl<P: Process, O: Observer<P>> Sim<P, O> {
    /// A cluster whose servers have all just started. `build` makes the process of each life.
    pub fn new(settings: Settings, build: impl FnMut(&Start) -> P + 'static, observer: O) -> Self {
        let random = Random::new(settings.seed);
        let network =
            Network::new(settings.servers, settings.link, settings.jitter, random.fork(0));
        let mut sim = Sim {
            nodes: (1..=settings.servers).map(|id| Node::new(NodeId(id))).collect(),
            world: World::new(network, settings.sync),
            build: Box::new(build),
            settings,
            random,
            observer,
        };
        (1..=sim.settings.servers).for_each(|id| sim.start(NodeId(id)));
        sim
    }

    /// How many servers there are, running or not.
    pub fn servers(&self) -> u32 {
        self.settings.servers
    }

    /// The virtual time, from the start.
    pub fn now(&self) -> Duration {
        self.world.now
    }

    /// A client asks `at` for something, now. The answer comes from [`Sim::next_answer`].
    pub fn request(&mut self, at: NodeId, op: Op) -> RequestId {
        self.world.request(at, op, self.settings.patience)
    }

    /// The next answer by `until`, in the order in which they come. After `None` it is `until`.
    pub fn next_answer(&mut self, until: Duration) -> Option<Answer> {
        loop {
            if let Some(answer) = self.world.answers.pop_front() {
                return Some(answer);
            }
            if !self.happen(until) {
                self.world.now = self.world.now.max(until);
                return None;
            }
        }
    }

    /// Lets everything happen that is due by `until`; then it is `until`. Answers wait for [`Sim::next_answer`].
    pub fn run_until(&mut self, until: Duration) {
        while self.happen(until) {}
        self.world.now = self.world.now.max(until);
    }

    /// Begins or ends a fault, now.
    pub fn fault(&mut self, fault: Fault) -> Result<(), FaultError> {
        self.check(fault)?;
        self.observer.fault(self.world.now, fault);
        match fault {
            Fault::Restart(id) => self.start(id),
            Fault::Revive(id) => self.with(id, |node, world, _| node.revive(world)),
            Fault::Kill(id) => self.with(id, |node, world, watch| node.kill(world, watch)),
            Fault::Pause(id) => self.with(id, |node, _, _| node.pause()),
            Fault::Resume(id) => self.with(id, |node, world, watch| node.resume(world, watch)),
            Fault::Jump(id, _) | Fault::Drift(id, _) => {
                self.with(id, |node, world, _| node.change_clock(fault, world));
            }
            link => self.world.network.apply(link),
        }
        Ok(())
    }

    /// What a server says of itself; `None` if it is down or there is no such server.
    pub fn status(&self, id: NodeId) -> Option<Status> {
        self.nodes.get(index(id)).and_then(Node::status)
    }

    /// Whether no client waits and nothing is under way. Timers may still be armed.
    pub fn is_idle(&self) -> bool {
        self.world.under_way == 0 && self.world.all_answered()
    }

    /// How many messages processes have handled so far.
    pub fn delivered(&self) -> u64 {
        self.world.delivered
    }

    /// What its observer knows of the order.
    pub fn places(&self) -> Option<&Places> {
        self.observer.places()
    }

    /// Who watches.
    pub fn observer(&mut self) -> &mut O {
        &mut self.observer
    }

    /// The simulation is over; what its observer has seen remains.
    pub fn into_observer(self) -> O {
        self.observer
    }

    /// Lets the first event happen if it is due by `until`.
    fn happen(&mut self, until: Duration) -> bool {
        let Some((at, event)) = self.world.queue.pop_until(until) else { return false };
        self.world.now = at;
        match event {
            Event::Reaches(id, input) => match self.nodes.get_mut(index(id)) {
                Some(node) => node.take(input, &mut self.world, &mut self.observer),
                None => self.world.turn_away(id, input, &mut self.observer),
            },
            Event::GivesUp(request) => {
                let what = "an answer".to_string();
                let reason = Reason::TimedOut { what, after: self.settings.patience };
                self.world.answer(request, Outcome::Unknown(reason), &mut self.observer);
            }
        }
        true
    }

    fn start(&mut self, id: NodeId) {
        let Some(node) = self.nodes.get_mut(index(id)) else { return };
        let incarnation = node.next_incarnation();
        let start = Start {
            id,
            servers: self.settings.servers,
            incarnation,
            blank: incarnation > 1 && !self.settings.replication.durable,
            cluster: format!("sim-{}", self.settings.seed),
            timing: self.settings.timing,
            replication: self.settings.replication,
            defect: self.settings.defect,
        };
        let random = self.random.fork(u64::from(id.0)).fork(incarnation);
        node.start((self.build)(&start), &start, random, &mut self.world, &mut self.observer);
    }

    fn check(&self, fault: Fault) -> Result<(), FaultError> {
        let highest = fault.highest_node();
        if highest > self.settings.servers {
            return Err(FaultError::NoServer(highest, self.settings.servers));
        }
        let down = |id: NodeId| self.nodes.get(index(id)).is_none_or(Node::is_down);
        match fault {
            Fault::Restart(id) | Fault::Revive(id) if !down(id) => Err(FaultError::Running(id.0)),
            Fault::Kill(id) | Fault::Pause(id) | Fault::Resume(id) if down(id) => {
                Err(FaultError::Down(id.0))
            }
            _ => Ok(()),
        }
    }

    fn with(&mut self, id: NodeId, act: impl FnOnce(&mut Node<P>, &mut World<P>, &mut O)) {
        if let Some(node) = self.nodes.get_mut(index(id)) {
            act(node, &mut self.world, &mut self.observer);
        }
    }
}

/// Where a server stands in the list; past its end for number 0.
fn index(id: NodeId) -> usize {
    id.0.wrapping_sub(1) as usize
}
