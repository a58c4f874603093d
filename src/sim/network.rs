//! The seeded network: what becomes of each message between two servers.
//!
//! A message takes the link's delay and up to `jitter` more, so with jitter messages overtake each other. Faults slow,
//! lose, duplicate, reorder or cut directed links. A server's messages to itself pass no link: they arrive at once.

use crate::faults::{Conduct, Fault};
use crate::process::NodeId;
use crate::random::Random;
use std::time::Duration;

/// Jitter comes in steps of this size, so that the times of a trace stay short.
const JITTER_STEP: Duration = Duration::from_micros(10);

/// Why a message did not arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// The link is cut.
    Cut,
    /// The link lost it by chance.
    Chance,
    /// The receiver was down, or is no server of this cluster.
    Down,
}

/// What becomes of one message.
pub(super) enum Fate {
    Lost(Loss),
    /// It arrives after the first delay and, if it is duplicated, again after the second.
    Arrives(Duration, Option<Duration>),
}

/// Every directed link between the servers.
#[derive(Debug)]
pub(super) struct Network {
    servers: u32,
    delay: Duration,
    jitter_steps: u64,
    /// How each link behaves: row `from`, column `to`.
    links: Vec<Conduct>,
    random: Random,
}

impl Network {
    pub fn new(servers: u32, delay: Duration, jitter: Duration, random: Random) -> Self {
        let jitter_steps = steps_of(jitter);
        let links = vec![Conduct::default(); servers as usize * servers as usize];
        Network { servers, delay, jitter_steps, links, random }
    }

    /// Applies a link fault from now on; messages under way keep their fate.
    pub fn apply(&mut self, fault: Fault) {
        let changed = fault.link().map(|link| link.among(self.servers)).unwrap_or_default();
        for (from, to) in changed {
            let place = self.place(from, to);
            self.links[place].change(fault);
        }
    }

    /// Where the table has the link between two servers of the cluster.
    fn place(&self, from: NodeId, to: NodeId) -> usize {
        ((from.0 - 1) * self.servers + to.0 - 1) as usize
    }

    /// Decides the fate of one message that `from` sends to `to` now.
    pub fn fate(&mut self, from: NodeId, to: NodeId) -> Fate {
        if from == to {
            return Fate::Arrives(Duration::ZERO, None);
        }
        if !(1..=self.servers).contains(&to.0) {
            return Fate::Lost(Loss::Down);
        }
        let link = self.links[self.place(from, to)];
        if link.cut {
            return Fate::Lost(Loss::Cut);
        }
        if link.lose > 0.0 && self.random.percent(link.lose) {
            return Fate::Lost(Loss::Chance);
        }
        let delay = self.delay_of(link);
        let twice = link.duplicate > 0.0 && self.random.percent(link.duplicate);
        Fate::Arrives(delay, twice.then(|| self.delay_of(link)))
    }

    fn delay_of(&mut self, link: Conduct) -> Duration {
        let steps = self.jitter_steps + steps_of(link.reorder);
        let delay = link.delay.unwrap_or(self.delay);
        if steps == 0 {
            return delay;
        }
        let later = self.random.below(steps + 1);
        delay + Duration::from_micros(later * JITTER_STEP.as_micros() as u64)
    }
}

fn steps_of(jitter: Duration) -> u64 {
    (jitter.as_nanos() / JITTER_STEP.as_nanos()) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: NodeId = NodeId(1);
    const B: NodeId = NodeId(2);

    fn network(jitter: Duration) -> Network {
        Network::new(3, Duration::from_millis(1), jitter, Random::new(7))
    }

    fn delay(network: &mut Network) -> Option<Duration> {
        match network.fate(A, B) {
            Fate::Arrives(delay, _) => Some(delay),
            Fate::Lost(_) => None,
        }
    }

    #[test]
    fn faults_hold_on_their_link_until_it_is_healed() {
        let mut network = network(Duration::ZERO);
        let ms = Duration::from_millis;
        for (fault, expected) in [
            ("slow 1->2 5ms", Some(ms(5))),
            ("cut 1-2", None),
            ("heal 1-2", Some(ms(1))),
            ("lose all 100%", None),
            ("heal", Some(ms(1))),
        ] {
            network.apply(fault.parse().expect(fault));
            assert_eq!(delay(&mut network), expected, "{fault}");
        }
        network.apply("duplicate 1->2 100%".parse().expect("it is a fault"));
        assert!(matches!(network.fate(A, B), Fate::Arrives(_, Some(_))));
        assert!(matches!(network.fate(B, A), Fate::Arrives(_, None)));
    }

    #[test]
    fn jitter_only_adds_and_keeps_its_bound() {
        let mut network = network(Duration::from_millis(2));
        let delays: Vec<_> = (0..1000).filter_map(|_| delay(&mut network)).collect();
        let (least, most) = (delays.iter().min(), delays.iter().max());
        assert!(
            least >= Some(&Duration::from_millis(1)) && most <= Some(&Duration::from_millis(3))
        );
        assert!(most > Some(&Duration::from_micros(2900)));
    }

    #[test]
    fn nobody_lives_past_the_last_server() {
        let mut network = network(Duration::ZERO);
        assert!(matches!(network.fate(A, NodeId(4)), Fate::Lost(Loss::Down)));
        assert!(matches!(network.fate(A, NodeId(0)), Fate::Lost(Loss::Down)));
    }
}
