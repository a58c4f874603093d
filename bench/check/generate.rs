//! Long histories of a store that answers from one state, from a seed: valid under every model unless asked otherwise.

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
    /// One read, near the end, returns what its key held long before.
    pub stale: bool,
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
}

/// All clients are always busy: each idle one asks at once, and which one moves next is drawn.
pub fn history(load: Load, seed: u64) -> History {
    let idle =
        Client { phase: Phase::Idle, key: 0, act: 0, value: 0, old: 0, version: 0, took: true };
    let mut clients = vec![idle; load.clients];
    let mut state = vec![(0_u64, 0_u64); load.keys];
    let mut early = None;
    let (mut random, mut builder) = (Random::new(seed), Builder::new());
    let (mut started, mut ended, mut time, mut stale) = (0, 0, 0, load.stale);
    while ended < load.operations {
        time += 1_000;
        let at = Stamp::new(time, (time / 1_000) as u32);
        let number = random.below(load.clients as u64) as usize;
        let client = &mut clients[number];
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
                    (client.value, client.version) = *held;
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
                }
            }
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
    Client { phase: Phase::Asked, key, act, value, old, version: 0, took: true }
}
