//! The adversary: no network at all, but a bag of messages from which any is taken at any time, twice, or never.
//!
//! A message of a server's earlier life, or of an epoch long over, is as likely as a fresh one. What the sweep of
//! plausible faults must hold, must hold here too.

use super::*;
use conlab::process::{Ctx, Effect, Replication, Timing};
use conlab::timers::Timers;

/// How many things happen before everything heals.
const CHAOS: u64 = 6_000;
/// The most messages under way; past it, any is lost.
const BAG: usize = 300;

struct Server<P: Process> {
    process: P,
    ctx: Ctx<P>,
    timers: Timers<P::Timer>,
    requests: u64,
}

struct Bag<P: Process> {
    servers: Vec<Option<Server<P>>>,
    lives: Vec<u64>,
    paused: BTreeSet<usize>,
    bag: Vec<(NodeId, usize, P::Message)>,
    now: Duration,
    ticks: u64,
    random: Random,
    build: fn(&Start) -> P,
    system: System,
    clients: Vec<Client>,
    open: BTreeMap<(u32, u64, u64), (usize, Duration)>,
    history: Vec<Done>,
    values: u64,
    delivered: u64,
    trace: bool,
}

pub(super) struct Chaos {
    pub system: System,
    pub seed: u64,
}

impl Visitor for Chaos {
    type Output = Seen;

    fn visit<P: Process + Send + 'static>(self, build: fn(&Start) -> P) -> Seen {
        let mut random = Random::new(self.seed).fork(7);
        let servers = [2, 3, 3, 5][random.below(4) as usize];
        let home = |number: usize| (number % servers) as u32 + 1;
        let clients = (0..CLIENTS).map(|number| Client { home: home(number), ..Client::default() });
        let mut bag = Bag {
            servers: (0..servers).map(|_| None).collect(),
            lives: vec![0; servers],
            paused: BTreeSet::new(),
            bag: Vec::new(),
            now: Duration::ZERO,
            ticks: 0,
            random,
            build,
            system: self.system,
            clients: clients.collect(),
            open: BTreeMap::new(),
            history: Vec::new(),
            values: 0,
            delivered: 0,
            trace: std::env::var("SWEEP_TRACE").is_ok(),
        };
        (0..servers).for_each(|server| bag.start(server));
        bag.chaos();
        bag.heal();
        let finals = (0..servers).map(|server| bag.all_at(server, self.seed)).collect();
        Seen { history: bag.history, finals, messages: bag.delivered }
    }
}

impl<P: Process> Bag<P> {
    fn start(&mut self, server: usize) {
        self.lives[server] += 1;
        let start = Start {
            id: NodeId(server as u32 + 1),
            servers: self.servers.len() as u32,
            incarnation: self.lives[server],
            blank: self.lives[server] > 1,
            cluster: "chaos".to_string(),
            timing: Timing::default(),
            replication: Replication::default(),
            defect: None,
        };
        let ctx = Ctx::new(start.id, start.incarnation, self.random.fork(server as u64));
        let (process, timers) = ((self.build)(&start), Timers::default());
        self.servers[server] = Some(Server { process, ctx, timers, requests: 0 });
        self.step(server, |process, ctx| process.on_start(ctx));
    }

    fn clock(&self) -> Duration {
        Duration::from_micros(self.ticks)
    }

    fn step(&mut self, server: usize, handler: impl FnOnce(&mut P, &mut Ctx<P>)) {
        self.ticks += 1;
        let Some(own) = &mut self.servers[server] else { return };
        own.ctx.begin(self.now);
        handler(&mut own.process, &mut own.ctx);
        let id = own.ctx.id();
        let mut replies = Vec::new();
        let (effects, notes) = own.ctx.finish();
        let effects: Vec<_> = effects.collect();
        if !self.trace {
            drop(notes);
        } else {
            notes.for_each(|note| eprintln!("{:>9} {:?} {id} {note}", self.ticks, self.now));
        }
        for effect in effects {
            match effect {
                Effect::Send { to, message } => {
                    for to in to {
                        self.bag.push((id, to.0 as usize - 1, message.clone()));
                    }
                }
                Effect::Reply { ticket, outcome } => replies.push((ticket, outcome)),
                Effect::Arm { timer, at } => own.timers.arm(timer, at),
                Effect::Disarm { timer } => own.timers.disarm(&timer),
                Effect::Persist { .. } => {} // there are no disks
            }
        }
        for (ticket, outcome) in replies {
            self.answered((ticket.node.0, ticket.incarnation, ticket.counter), outcome);
        }
    }

    fn answered(&mut self, ticket: (u32, u64, u64), outcome: Outcome) {
        self.ticks += 1;
        let end = self.clock();
        let Some((number, start)) = self.open.remove(&ticket) else { return };
        let client = &mut self.clients[number];
        let Some((_, _, op)) = client.open.take() else { return };
        if let Some(session) = outcome.session() {
            match &mut client.session {
                Some(own) => own.versions.merge(&session.versions),
                none => *none = Some(session.clone()),
            }
        }
        if matches!(outcome, Outcome::Refused(conlab::process::Reason::VersionLost(_))) {
            client.session = None;
        }
        self.history.push(Done { client: number, start, end, op, outcome });
    }

    fn chaos(&mut self) {
        let (lose, twice) = (self.random.below(20) as f64, self.random.below(40) as f64);
        let slow = 2 + self.random.below(20);
        for _ in 0..CHAOS {
            match self.random.below(1_000) {
                0..550 => self.deliver(lose, twice),
                550..850 => self.ask(),
                850..950 => self.pass(slow),
                950..960 => self.pass(1_000),
                960..970 => self.kill_or_restart(),
                970..980 => self.pause_or_resume(),
                _ => self.fire(),
            }
            while self.bag.len() > BAG {
                let lost = self.random.below(self.bag.len() as u64) as usize;
                self.bag.remove(lost);
            }
        }
    }

    fn deliver(&mut self, lose: f64, twice: f64) {
        if self.bag.is_empty() {
            return;
        }
        let any = self.random.below(self.bag.len() as u64) as usize;
        let first = self.bag.iter().position(|(_, to, _)| !self.paused.contains(to));
        let index = if self.random.percent(50.0) { first.unwrap_or(any) } else { any };
        if self.paused.contains(&self.bag[index].1) {
            return;
        }
        let (from, to, message) = if self.random.percent(twice) {
            self.bag[index].clone()
        } else {
            self.bag.remove(index)
        };
        if !self.random.percent(lose) {
            self.delivered += 1;
            self.step(to, |process, ctx| process.on_message(ctx, from, message));
        }
    }

    fn pass(&mut self, at_most_ms: u64) {
        self.now += Duration::from_millis(1 + self.random.below(at_most_ms));
        self.fire();
    }

    fn fire(&mut self) {
        for server in 0..self.servers.len() {
            let now = self.now;
            while !self.paused.contains(&server)
                && let Some(timer) =
                    self.servers[server].as_mut().and_then(|server| server.timers.pop_due(now))
            {
                self.step(server, |process, ctx| process.on_timer(ctx, timer));
                if self.random.percent(30.0) {
                    break;
                }
            }
        }
    }

    fn kill_or_restart(&mut self) {
        if let Some(down) = self.servers.iter().position(Option::is_none) {
            return self.start(down);
        }
        let ready = |server: &Option<Server<P>>| {
            server.as_ref().is_some_and(|server| {
                let state = server.process.status().state;
                state == "ready" || state == "stalled"
            })
        };
        if self.servers.iter().all(ready) {
            let any = self.random.below(self.servers.len() as u64) as usize;
            let victim = if self.random.percent(40.0) { 0 } else { any };
            self.servers[victim] = None;
            self.paused.remove(&victim);
            let lost: Vec<_> =
                self.open.keys().filter(|key| key.0 as usize == victim + 1).copied().collect();
            let gone = || Outcome::Unknown(conlab::process::Reason::ConnectionLost);
            lost.into_iter().for_each(|key| self.answered(key, gone()));
        }
    }

    fn pause_or_resume(&mut self) {
        let any = self.random.below(self.servers.len() as u64) as usize;
        if self.paused.pop_first().is_none() && self.servers[any].is_some() {
            self.paused.insert(any);
        }
    }

    fn ask(&mut self) {
        let number = self.random.below(CLIENTS as u64) as usize;
        if self.clients[number].open.is_some() {
            return;
        }
        let key = KEYS[self.random.below(3) as usize].into();
        let session =
            self.clients[number].session.clone().filter(|_| self.system == System::Causal);
        let op = match self.random.below(100) {
            0..45 => {
                self.values += 1;
                Op::Set { key, value: format!("v{}", self.values).into(), session }
            }
            45..50 if self.system != System::Eventual => Op::Delete { key, session },
            _ => Op::Get { key, session },
        };
        let roams = self.system != System::Sequential;
        let home = self.clients[number].home as usize - 1;
        let any = self.random.below(self.servers.len() as u64) as usize;
        self.request(number, if roams { any } else { home }, op);
    }

    fn request(&mut self, number: usize, server: usize, op: Op) {
        self.ticks += 1;
        let start = self.clock();
        if self.paused.contains(&server) {
            return;
        }
        let Some(own) = &mut self.servers[server] else { return };
        own.requests += 1;
        let ticket = conlab::process::Ticket {
            node: own.ctx.id(),
            incarnation: own.ctx.incarnation(),
            counter: own.requests,
        };
        self.clients[number].open = Some((RequestId(0), start, op.clone()));
        self.open.insert((ticket.node.0, ticket.incarnation, ticket.counter), (number, start));
        self.step(server, |process, ctx| process.on_request(ctx, ticket, op));
    }

    /// From now on messages arrive soon, in order and once.
    fn heal(&mut self) {
        self.paused.clear();
        if let Some(down) = self.servers.iter().position(Option::is_none) {
            self.start(down);
        }
        let until = self.now + Duration::from_secs(40);
        while self.now < until {
            for (from, to, message) in std::mem::take(&mut self.bag) {
                self.step(to, |process, ctx| process.on_message(ctx, from, message));
            }
            self.pass(5);
        }
        assert!(self.open.is_empty(), "requests never end: {:?}", self.open);
    }

    fn all_at(&mut self, server: usize, seed: u64) -> BTreeMap<String, (String, Version)> {
        let before = self.history.len();
        self.request(0, server, Op::All { session: None });
        let until = self.now + Duration::from_secs(10);
        while self.now < until && self.history.len() == before {
            for (from, to, message) in std::mem::take(&mut self.bag) {
                self.step(to, |process, ctx| process.on_message(ctx, from, message));
            }
            self.pass(5);
        }
        match self.history.pop().map(|done| done.outcome) {
            Some(Outcome::All { values, .. }) => values
                .into_iter()
                .map(|(key, value)| (key.to_string(), (value.value.to_string(), value.version)))
                .collect(),
            other => panic!("{} seed {seed}: n{} ends {other:?}", self.system, server + 1),
        }
    }
}

fn chaos(system: System) {
    let (mut answered, mut messages) = (0, 0);
    for seed in seeds() {
        let seen = system.visit(Chaos { system, seed });
        let good =
            |done: &&Done| !matches!(done.outcome, Outcome::Refused(_) | Outcome::Unknown(_));
        answered += seen.history.iter().filter(good).count();
        messages += seen.messages;
        if let Err(why) = judge(system, &seen) {
            panic!("{system} with seed {seed} breaks its claim in chaos: {why}");
        }
    }
    assert!(answered > 20 * seeds().len(), "only {answered} operations were answered");
    eprintln!("{system}: {answered} operations answered in chaos, {messages} messages");
}

#[test]
fn linearizable_holds_in_chaos() {
    chaos(System::Linearizable);
}

#[test]
fn sequential_holds_in_chaos() {
    chaos(System::Sequential);
}

#[test]
fn causal_holds_in_chaos() {
    chaos(System::Causal);
}

#[test]
fn eventual_converges_after_chaos() {
    chaos(System::Eventual);
}
