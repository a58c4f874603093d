//! Long histories from a seed. One server: linearizable. Several, each of which applies the one order of all writes in its own time
//! and answers reads at once: sequential, but not linearizable. One stale read breaks them on demand.

use conlab::history::{Asked, Builder, History, Observed, Stamp};
use conlab::random::Random;

/// What a long history is made of.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    pub operations: usize,
    pub keys: usize,
    pub clients: usize,
    /// Values are drawn below this; 0 where all are distinct.
    pub values: u64,
    pub cas: bool,
    /// Client `c` talks to server `c` modulo so many.
    pub servers: usize,
    /// Answers carry versions.
    pub versions: bool,
    /// One read, near the end, returns what its key held long before.
    pub stale: bool,
}

/// A server: what each key holds, as (value, version), and how much of the order it has applied.
#[derive(Clone)]
struct Server {
    state: Vec<(u64, u64)>,
    applied: usize,
}

impl Server {
    /// Applies so many more writes of the order.
    fn apply(&mut self, order: &[(usize, u64, u64)], most: usize) {
        for &(key, value, version) in order[self.applied..].iter().take(most) {
            self.state[key] = (value, version);
            self.applied += 1;
        }
    }
}

#[derive(Clone, Copy)]
enum Phase {
    Idle,
    Asked,
    Took,
}

#[derive(Clone, Copy)]
struct Client {
    phase: Phase,
    key: usize,
    /// 0 a read, 1 a write, 2 a cas.
    act: u8,
    value: u64,
    old: u64,
    version: u64,
    took: bool,
    /// How much of the order its server must have applied before it answers.
    place: usize,
}

impl Client {
    const IDLE: Client = Client {
        phase: Phase::Idle,
        key: 0,
        act: 0,
        value: 0,
        old: 0,
        version: 0,
        took: true,
        place: 0,
    };
}

/// All clients are always busy: each idle one asks at once, and which one moves next is drawn.
pub fn history(load: Load, seed: u64) -> History {
    let mut run = Run::new(load, seed);
    while run.ended < load.operations {
        run.step();
    }
    run.builder.finish()
}

/// A history that is being made.
struct Run {
    load: Load,
    random: Random,
    builder: Builder,
    clients: Vec<Client>,
    servers: Vec<Server>,
    /// What each key holds, as (value, version), by the one order of all writes.
    state: Vec<(u64, u64)>,
    order: Vec<(usize, u64, u64)>,
    started: usize,
    ended: usize,
    time: u64,
    /// What some key held in the middle of the run, and whether a read is still to return it.
    early: Option<(usize, u64, u64)>,
    stale: bool,
}

impl Run {
    fn new(load: Load, seed: u64) -> Self {
        let state = vec![(0, 0); load.keys];
        Run {
            load,
            random: Random::new(seed),
            builder: Builder::new(),
            clients: vec![Client::IDLE; load.clients],
            servers: vec![Server { state: state.clone(), applied: 0 }; load.servers],
            state,
            order: Vec::new(),
            started: 0,
            ended: 0,
            time: 0,
            early: None,
            stale: load.stale,
        }
    }

    /// The next client moves, and a server gets further.
    fn step(&mut self) {
        self.time += 1_000;
        let at = Stamp::new(self.time, (self.time / 1_000) as u32);
        let number = self.random.below(self.load.clients as u64) as usize;
        self.apply();
        let applied = self.servers[number % self.load.servers].applied;
        let client = self.clients[number];
        match client.phase {
            Phase::Idle if self.started < self.load.operations => self.ask(number, at),
            Phase::Asked => self.take(number),
            Phase::Took if applied >= client.place => self.answer(number, at),
            Phase::Idle | Phase::Took => {}
        }
    }

    /// One server has always applied all; of several, one applies a few writes more.
    fn apply(&mut self) {
        match self.load.servers {
            1 => self.servers[0].apply(&self.order, usize::MAX),
            servers => {
                let applies = self.random.below(servers as u64) as usize;
                let most = self.random.below(4) as usize;
                self.servers[applies].apply(&self.order, most);
            }
        }
    }

    fn ask(&mut self, number: usize, at: Stamp) {
        self.started += 1;
        let client = draw(self.load, &mut self.random, self.started as u64, &self.state);
        self.clients[number] = client;
        let (key, value) = (format!("k{}", client.key), client.value.to_string());
        let old = text(client.old);
        let asked = match client.act {
            0 => Asked::Read,
            1 => Asked::Write(&value),
            _ => Asked::Cas(&old, &value),
        };
        self.builder.invoke(at, number as i64, &key, asked).expect("it is idle");
    }

    /// The operation takes effect.
    fn take(&mut self, number: usize) {
        let client = &mut self.clients[number];
        client.phase = Phase::Took;
        if client.act == 0 {
            return self.read(number);
        }
        let held = &mut self.state[client.key];
        client.took = client.act == 1 || held.0 == client.old;
        if client.took {
            *held = (client.value, self.time);
            client.version = self.time;
            self.order.push((client.key, client.value, self.time));
        }
        client.place = self.order.len();
    }

    /// A read takes what its server holds, but for one near the end that takes what was there long before.
    fn read(&mut self, number: usize) {
        let server = &self.servers[number % self.load.servers];
        let client = &mut self.clients[number];
        (client.value, client.version) = server.state[client.key];
        let (held, operations) = (self.state[client.key], self.load.operations);
        if self.early.is_none() && self.started > operations / 2 && held.0 != 0 {
            self.early = Some((client.key, held.0, held.1));
        }
        let late = self.stale && self.started > operations - operations / 20;
        if let Some((_, value, version)) = self.early.filter(|old| late && old.0 == client.key) {
            (client.value, client.version, self.stale) = (value, version, false);
        }
    }

    fn answer(&mut self, number: usize, at: Stamp) {
        let client = &mut self.clients[number];
        client.phase = Phase::Idle;
        self.ended += 1;
        if !client.took {
            return self.builder.fail(at, number as i64, true).expect("it is open");
        }
        let value = text(client.value);
        let observed = Observed::scalar(&value);
        let observed = match self.load.versions {
            true => observed.at_version(client.version),
            false => observed,
        };
        self.builder.ok(at, number as i64, observed).expect("it is open");
    }
}

fn text(value: u64) -> String {
    if value == 0 { "null".into() } else { value.to_string() }
}

fn draw(load: Load, random: &mut Random, number: u64, state: &[(u64, u64)]) -> Client {
    let key = random.below(load.keys as u64) as usize;
    let act = match random.below(4) {
        0 | 1 => 0,
        3 if load.cas => 2,
        _ => 1,
    };
    let value = if load.values == 0 { number } else { 1 + random.below(load.values) };
    let old = if load.values == 0 { state[key].0 } else { 1 + random.below(load.values) };
    Client { phase: Phase::Asked, key, act, value, old, version: 0, took: true, place: 0 }
}
