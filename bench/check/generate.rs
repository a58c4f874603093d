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

/// All clients are always busy: each idle one asks at once, and which one moves next is drawn.
pub fn history(load: Load, seed: u64) -> History {
    let idle = Client {
        phase: Phase::Idle,
        key: 0,
        act: 0,
        value: 0,
        old: 0,
        version: 0,
        took: true,
        place: 0,
    };
    let mut clients = vec![idle; load.clients];
    let mut state = vec![(0_u64, 0_u64); load.keys];
    let mut order = Vec::new();
    let mut servers = vec![Server { state: state.clone(), applied: 0 }; load.servers];
    let mut early = None;
    let (mut random, mut builder) = (Random::new(seed), Builder::new());
    let (mut started, mut ended, mut time, mut stale) = (0, 0, 0, load.stale);
    while ended < load.operations {
        time += 1_000;
        let at = Stamp::new(time, (time / 1_000) as u32);
        let number = random.below(load.clients as u64) as usize;
        let client = &mut clients[number];
        if load.servers > 1 {
            let applies = random.below(load.servers as u64) as usize;
            let most = random.below(4) as usize;
            servers[applies].apply(&order, most);
        }
        let server = &mut servers[number % load.servers];
        if load.servers == 1 {
            server.apply(&order, usize::MAX);
        }
        match client.phase {
            Phase::Idle if started < load.operations => {
                started += 1;
                *client = draw(load, &mut random, started as u64, &state);
                let (key, value) = (format!("k{}", client.key), client.value.to_string());
                let old = text(client.old);
                let asked = match client.act {
                    0 => Asked::Read,
                    1 => Asked::Write(&value),
                    _ => Asked::Cas(&old, &value),
                };
                builder.invoke(at, number as i64, &key, asked).expect("it is idle");
            }
            Phase::Idle => {}
            Phase::Asked => {
                client.phase = Phase::Took;
                let held = &mut state[client.key];
                client.took = client.act < 2 || held.0 == client.old;
                if client.act == 0 {
                    (client.value, client.version) = server.state[client.key];
                    if early.is_none() && started > load.operations / 2 && held.0 != 0 {
                        early = Some((client.key, held.0, held.1));
                    }
                    let late = stale && started > load.operations - load.operations / 20;
                    if let Some(old) = early.filter(|old| late && old.0 == client.key) {
                        (client.value, client.version, stale) = (old.1, old.2, false);
                    }
                } else if client.took {
                    *held = (client.value, time);
                    client.version = time;
                    order.push((client.key, client.value, time));
                }
                if client.act > 0 {
                    client.place = order.len();
                }
            }
            Phase::Took if server.applied < client.place => {}
            Phase::Took => {
                client.phase = Phase::Idle;
                ended += 1;
                if client.took {
                    let value = text(client.value);
                    let observed = Observed::scalar(&value).at_version(client.version);
                    builder.ok(at, number as i64, observed).expect("it is open");
                } else {
                    builder.fail(at, number as i64, true).expect("it is open");
                }
            }
        }
    }
    builder.finish()
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
