//! The load: who asks what, where and when, by the seed alone.
//!
//! It comes in bursts. What a checker can see, it sees between operations that overlap on one key: so several clients ask
//! for the same key within the time that a write takes, most for the first of the keys. Every value is written once.

use super::plan::{LinkProfile, Mix, Plan, Sessions, key_name};
use crate::process::{Key, NodeId, Value};
use crate::random::Random;
use std::collections::VecDeque;
use std::time::Duration;

/// At most so many clients ask in one burst.
const MOST_IN_A_BURST: u64 = 6;
/// So many of the others in a burst ask for its key too, in percent.
const SAME_KEY: f64 = 80.0;
/// A burst is spread over so many delays of a link: as many as a write takes, and some more.
const SPREAD: u32 = 5;

/// What a client means to do. It does not where it still waits for an answer.
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
    keys: u32,
    mix: Mix,
    sessions: Sessions,
    /// From one burst to the next, on average.
    pause: Duration,
    spread: Duration,
    last: Duration,
    values: u64,
    burst: VecDeque<Intent>,
    random: Random,
}

impl Load {
    pub fn of(plan: &Plan) -> Self {
        let LinkProfile { delay, jitter } = plan.links;
        let largest = MOST_IN_A_BURST.min(plan.clients.into());
        Load {
            clients: plan.clients.into(),
            servers: plan.servers.into(),
            keys: plan.keys,
            mix: plan.mix,
            sessions: plan.sessions,
            pause: Duration::from_secs_f64((largest + 1) as f64 / 2.0 / plan.rate),
            spread: ((delay + jitter) * SPREAD).max(Duration::from_millis(1)),
            last: Duration::ZERO,
            values: 0,
            burst: VecDeque::new(),
            random: Random::new(plan.seed).fork(101),
        }
    }

    fn next_burst(&mut self) {
        let mut at = self.last + self.below(self.pause * 2);
        let size = 1 + self.random.below(MOST_IN_A_BURST.min(self.clients));
        let (key, first) = (self.some_key(), self.random.below(self.clients));
        // Clients next to each other, so that each has one part in a burst.
        for number in 0..size {
            let client = ((first + number) % self.clients) as usize;
            let same = number == 0 || self.random.percent(SAME_KEY);
            let key = if same { key } else { self.some_key() };
            let (server, verb) = (self.server(client), self.some_verb());
            self.burst.push_back(Intent { at, client, server, key: key_name(key).into(), verb });
            at += self.below(self.spread / size as u32 * 2);
        }
        self.last = self.burst.back().map_or(at, |last| last.at);
    }

    /// A time in whole microseconds.
    fn below(&mut self, most: Duration) -> Duration {
        Duration::from_micros(self.random.below(most.as_micros() as u64 + 1))
    }

    /// The key number n is asked for half as often as the one before it.
    fn some_key(&mut self) -> u32 {
        let mut key = 0;
        while key + 1 < self.keys && self.random.percent(50.0) {
            key += 1;
        }
        key
    }

    fn server(&mut self, client: usize) -> NodeId {
        let number = match self.sessions {
            Sessions::Bound => client as u64 % self.servers,
            Sessions::Roaming => self.random.below(self.servers),
        };
        NodeId(1 + number as u32)
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

impl Iterator for Load {
    type Item = Intent;

    fn next(&mut self) -> Option<Intent> {
        if self.burst.is_empty() {
            self.next_burst();
        }
        self.burst.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::systems::System;
    use std::collections::BTreeSet;

    #[test]
    fn values_differ_bound_clients_stay_and_the_rate_is_kept() {
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
        let rate = intents.len() as f64 / intents[intents.len() - 1].at.as_secs_f64();
        assert!((70.0..130.0).contains(&rate), "{rate} a second");
    }

    #[test]
    fn most_ask_for_the_first_keys() {
        let of_x = Load::of(&Plan::of(System::Causal)).take(1_000).filter(|one| &*one.key == "x");
        assert!((300..700).contains(&of_x.count()));
    }
}
