//! The load: who asks what, where and when, by the seed alone.
//!
//! It is an open loop: who comes when does not depend on what was answered. It comes in bursts. What a checker can see, it sees between operations that overlap on one key: so several clients ask
//! for the same key within the time that a write takes, most for the first of the keys. Every value is written once.

use super::mix::{Mix, Sessions};
use super::plan::Plan;
use super::profile::LinkProfile;
use crate::log::MASTER;
use crate::process::{Key, NodeId, Value};
use crate::random::Random;
use std::collections::BTreeMap;
use std::time::Duration;

/// At most so many clients ask in one burst.
const MOST_IN_A_BURST: u64 = 6;
/// So many of the others in a burst ask for its key too, in percent.
const SAME_KEY: f64 = 80.0;
/// A burst is spread over so many delays of a link: as many as a write takes, and some more.
const SPREAD: u32 = 5;

/// What a client means to do. Where it still waits for an answer, another one does it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Intent {
    pub at: Duration,
    /// From 0.
    pub client: usize,
    pub server: NodeId,
    pub key: Key,
    pub verb: Verb,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verb {
    Read,
    Write(Value),
    Delete,
}

/// All intents, in order, without end.
pub(super) struct Load {
    clients: u64,
    servers: u64,
    /// The first are asked for most.
    keys: Vec<Key>,
    mix: Mix,
    sessions: Sessions,
    /// From the start of one burst to that of the next, on average.
    distance: Duration,
    spread: Duration,
    /// When the next burst begins.
    next: Duration,
    values: u64,
    /// What comes of the bursts that have begun; they may overlap.
    coming: BTreeMap<(Duration, u64), Intent>,
    intents: u64,
    random: Random,
}

impl Load {
    pub fn of(plan: &Plan) -> Self {
        let LinkProfile { delay, jitter } = plan.links;
        let largest = MOST_IN_A_BURST.min(plan.clients.into());
        let distance = Duration::from_secs_f64((largest + 1) as f64 / 2.0 / plan.rate);
        let mut load = Load {
            clients: plan.clients.into(),
            servers: plan.servers.into(),
            keys: plan.key_names().map(Key::from).collect(),
            mix: plan.mix,
            sessions: plan.sessions,
            distance,
            spread: ((delay + jitter) * SPREAD).max(Duration::from_millis(1)),
            next: Duration::ZERO,
            values: 0,
            coming: BTreeMap::new(),
            intents: 0,
            random: Random::new(plan.seed).fork(101),
        };
        load.next = load.below(distance * 2);
        load
    }

    fn begin_burst(&mut self) {
        let mut at = self.next;
        let size = 1 + self.random.below(MOST_IN_A_BURST.min(self.clients));
        let (key, first) = (self.some_key(), self.random.below(self.clients));
        // Clients next to each other, so that each has one part in a burst.
        for number in 0..size {
            let client = ((first + number) % self.clients) as usize;
            let same = number == 0 || self.random.percent(SAME_KEY);
            let key = if same { key } else { self.some_key() };
            let key = self.keys[key].clone();
            let (server, verb) = (self.server(client), self.some_verb());
            let intent = Intent { at, client, server, key, verb };
            self.intents += 1;
            self.coming.insert((at, self.intents), intent);
            at += self.below(self.spread / size as u32 * 2);
        }
        let distance = self.below(self.distance * 2);
        self.next += distance;
    }

    /// A time in whole microseconds.
    fn below(&mut self, most: Duration) -> Duration {
        Duration::from_micros(self.random.below(most.as_micros() as u64 + 1))
    }

    /// The key number n is asked for half as often as the one before it.
    fn some_key(&mut self) -> usize {
        let mut key = 0;
        while key + 1 < self.keys.len() && self.random.percent(50.0) {
            key += 1;
        }
        key
    }

    fn server(&mut self, client: usize) -> NodeId {
        match self.sessions {
            Sessions::Bound => home(client, self.servers as u32),
            Sessions::Roaming => NodeId(1 + self.random.below(self.servers) as u32),
        }
    }

    fn some_verb(&mut self) -> Verb {
        let dice = self.random.below(self.mix.total());
        let (read, write) = (u64::from(self.mix.read), u64::from(self.mix.write));
        if dice < read {
            return Verb::Read;
        }
        if dice >= read + write {
            return Verb::Delete;
        }
        self.values += 1;
        Verb::Write(self.values.to_string().into())
    }
}

/// Where a client of a log asks, and for what. Bound, every second one is at the master; the others only read: what they
/// appended there they would not see.
pub(super) fn at_log(
    sessions: Sessions,
    client: usize,
    servers: u32,
    (server, verb): (NodeId, Verb),
) -> (NodeId, Verb) {
    match (sessions, verb) {
        (Sessions::Roaming, verb @ Verb::Read) => (server, verb),
        (Sessions::Roaming, verb) => (MASTER, verb),
        (Sessions::Bound, verb) if client.is_multiple_of(2) => (MASTER, verb),
        (Sessions::Bound, _) => (NodeId(2 + (client as u32 / 2) % (servers - 1)), Verb::Read),
    }
}

/// The server of a bound client.
pub(super) fn home(client: usize, servers: u32) -> NodeId {
    NodeId(1 + (client as u64 % u64::from(servers)) as u32)
}

impl Iterator for Load {
    type Item = Intent;

    fn next(&mut self) -> Option<Intent> {
        while self.coming.first_key_value().is_none_or(|((at, _), _)| *at > self.next) {
            self.begin_burst();
        }
        self.coming.pop_first().map(|(_, intent)| intent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::systems::System;
    use std::collections::BTreeSet;

    #[test]
    fn values_differ_and_bound_clients_stay() {
        let plan = Plan::of(System::Sequential);
        let intents: Vec<Intent> = Load::of(&plan).take(10_000).collect();
        let values: Vec<&Value> = intents
            .iter()
            .filter_map(|intent| match &intent.verb {
                Verb::Write(value) => Some(value),
                _ => None,
            })
            .collect();
        assert_eq!(values.iter().collect::<BTreeSet<_>>().len(), values.len());
        assert!(intents.iter().all(|one| one.server.0 == one.client as u32 % plan.servers + 1));
        assert!(intents.windows(2).all(|pair| pair[0].at <= pair[1].at));
    }

    #[test]
    fn the_rate_is_what_was_asked_for_however_high() {
        for asked in [2.0, 100.0, 20_000.0] {
            let plan = Plan { rate: asked, ..Plan::of(System::Sequential) };
            let last = Load::of(&plan).nth(20_000).expect("it has no end").at;
            let rate = 20_000.0 / last.as_secs_f64();
            assert!((0.95..1.05).contains(&(rate / asked)), "{rate} a second instead of {asked}");
        }
    }

    #[test]
    fn most_ask_for_the_first_keys() {
        let of_x = Load::of(&Plan::of(System::Causal)).take(1_000).filter(|one| &*one.key == "x");
        assert!((300..700).contains(&of_x.count()));
    }
}
