//! The nemesis: what breaks, when, and when it is mended, all by the seed.
//!
//! The schedule is fixed before the run. One thing waits for the run itself: a server is killed only where every other one
//! has its memory, for no claim covers more ([`Kind::KillAny`] does not wait).

use super::plan::Plan;
use super::shapes::Shape;
use crate::faults::{Fault, Link};
use crate::nearest::unknown;
use crate::order::PRIMARY;
use crate::process::NodeId;
use crate::random::Random;
use std::fmt::{self, Display};
use std::str::FromStr;
use std::time::Duration;

/// The longest that a nemesis makes a link take: servers still do not suspect each other for it.
const SLOWEST: u64 = 400;

/// A kind of fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Links are cut.
    Partition(Shape),
    /// A server is killed and started again without its memory, where every other has its own.
    Kill,
    /// A server is killed and started again with all its memory.
    KillKeep,
    /// A server is killed and started again without its memory, whatever the others have.
    KillAny,
    /// A server stands still.
    Pause,
    /// Links take longer.
    Slow,
    /// Links lose messages.
    Lose,
    /// Links deliver messages twice.
    Duplicate,
    /// On links, messages overtake each other.
    Reorder,
    /// A clock jumps ahead, or runs fast or slow.
    Clock,
}

/// Something that breaks, and is mended.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Disturbance {
    pub at: Duration,
    pub until: Duration,
    pub begin: Vec<Fault>,
    pub end: Vec<Fault>,
    /// It is left out where a server lacks its memory.
    pub needs_all_memories: bool,
}

impl Kind {
    /// What the claims of all levels cover.
    pub const COVERED: [Kind; 9] = [
        Kind::Partition(Shape::Any),
        Kind::Kill,
        Kind::KillKeep,
        Kind::Pause,
        Kind::Slow,
        Kind::Lose,
        Kind::Duplicate,
        Kind::Reorder,
        Kind::Clock,
    ];

    /// Whether the claims of the levels cover it.
    pub fn is_covered(&self) -> bool {
        *self != Kind::KillAny
    }

    /// Why real servers cannot have it; `None` where they can.
    pub fn only_simulated(&self) -> Option<&'static str> {
        match self {
            Kind::KillKeep => Fault::Revive(PRIMARY).only_simulated(),
            Kind::Clock => Fault::Jump(PRIMARY, Duration::ZERO).only_simulated(),
            _ => None,
        }
    }

    /// Whether it can happen among so many servers.
    pub(super) fn check(&self, servers: u32) -> Result<(), String> {
        let Kind::Partition(shape) = self else { return Ok(()) };
        let (highest, fewest) = (shape.highest_node(), shape.fewest_servers());
        if highest > servers {
            return Err(format!(
                "--faults {self}: there is no server {highest}; the servers are 1 to {servers}"
            ));
        }
        if fewest > servers {
            return Err(format!(
                "--faults {self}: it cuts nothing among {servers}; give --servers {fewest} or more"
            ));
        }
        Ok(())
    }

    /// What breaks, and what mends it.
    fn faults(
        &self,
        servers: u32,
        spares_master: bool,
        random: &mut Random,
    ) -> (Vec<Fault>, Vec<Fault>) {
        let node = NodeId(1 + random.below(servers.into()) as u32);
        // The primary breaks more often than its share: most happens there.
        let node = if random.percent(25.0) { PRIMARY } else { node };
        let ms = |number: u64| Duration::from_millis(number);
        let link = some_link(node, servers, random);
        let on_link = |fault: Fault| (vec![fault], vec![Fault::Heal(link)]);
        match self {
            Kind::Partition(shape) => {
                let links = shape.links(servers, random);
                let both = |fault: fn(Link) -> Fault| links.iter().copied().map(fault).collect();
                (both(Fault::Cut), both(Fault::Heal))
            }
            Kind::Kill if spares_master && node == PRIMARY => {
                let other = NodeId(2 + random.below(u64::from(servers) - 1) as u32);
                (vec![Fault::Kill(other)], vec![Fault::Restart(other)])
            }
            Kind::Kill | Kind::KillAny => (vec![Fault::Kill(node)], vec![Fault::Restart(node)]),
            Kind::KillKeep => (vec![Fault::Kill(node)], vec![Fault::Revive(node)]),
            Kind::Pause => (vec![Fault::Pause(node)], vec![Fault::Resume(node)]),
            Kind::Slow => on_link(Fault::Slow(link, ms(20 + random.below(SLOWEST - 20)))),
            Kind::Lose => on_link(Fault::Lose(link, (5 + random.below(60)) as f64)),
            Kind::Duplicate => on_link(Fault::Duplicate(link, (10 + random.below(80)) as f64)),
            Kind::Reorder => on_link(Fault::Reorder(link, ms(20 + random.below(1_500)))),
            Kind::Clock if random.percent(50.0) => {
                (vec![Fault::Jump(node, ms(100 + random.below(10_000)))], Vec::new())
            }
            Kind::Clock => {
                let percent = (40 + random.below(210)) as f64;
                (vec![Fault::Drift(node, percent)], vec![Fault::Drift(node, 100.0)])
            }
        }
    }
}

/// One direction, both, or all links. A cluster of one server has none.
fn some_link(node: NodeId, servers: u32, random: &mut Random) -> Link {
    let other = NodeId(1 + random.below(servers.into()) as u32);
    let dice = random.below(3);
    match dice {
        _ if other == node => Link::All,
        0 => Link::OneWay(node, other),
        1 => Link::Both(node, other),
        _ => Link::All,
    }
}

/// All disturbances, in order, without end; none where nothing breaks.
pub(super) struct Schedule {
    kinds: Vec<Kind>,
    servers: u32,
    spares_master: bool,
    every: Duration,
    last: Duration,
    random: Random,
}

impl Schedule {
    pub fn of(plan: &Plan) -> Self {
        let (kinds, every) = (plan.faults.clone(), plan.fault_every);
        let random = Random::new(plan.seed).fork(102);
        let (servers, spares_master) = (plan.servers, plan.spares_master());
        Schedule { kinds, servers, spares_master, every, last: Duration::ZERO, random }
    }

    /// A time in whole milliseconds, by chance, around `share` of the usual distance.
    fn some(&mut self, least: f64, most: f64) -> Duration {
        let share = least + (most - least) * self.random.share();
        Duration::from_millis(self.every.mul_f64(share).as_millis() as u64)
    }
}

impl Iterator for Schedule {
    type Item = Disturbance;

    fn next(&mut self) -> Option<Disturbance> {
        if self.kinds.is_empty() {
            return None;
        }
        let at = self.last + self.some(0.5, 1.5).max(Duration::from_millis(1));
        self.last = at;
        let until = at + self.some(0.2, 2.0);
        let kind = self.kinds[self.random.below(self.kinds.len() as u64) as usize].clone();
        let (begin, end) = kind.faults(self.servers, self.spares_master, &mut self.random);
        Some(Disturbance { at, until, begin, end, needs_all_memories: kind == Kind::Kill })
    }
}

/// Kinds in a row, as a command line has them.
pub(super) fn names(kinds: &[Kind]) -> String {
    let names: Vec<String> = kinds.iter().map(Kind::to_string).collect();
    if names.is_empty() { "none".to_string() } else { names.join(",") }
}

impl Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Partition(Shape::Any) => "partition",
            Kind::Partition(shape) => return write!(f, "partition={shape}"),
            Kind::Kill => "kill",
            Kind::KillKeep => "kill-keep",
            Kind::KillAny => "kill-any",
            Kind::Pause => "pause",
            Kind::Slow => "slow",
            Kind::Lose => "lose",
            Kind::Duplicate => "duplicate",
            Kind::Reorder => "reorder",
            Kind::Clock => "clock",
        })
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(shape) = text.strip_prefix("partition=") {
            return shape.parse().map(Kind::Partition);
        }
        let all = Kind::COVERED.into_iter().chain([Kind::KillAny]);
        let names: Vec<String> = all.clone().map(|kind| kind.to_string()).collect();
        all.into_iter().find(|kind| kind.to_string() == text).ok_or_else(|| {
            let names: Vec<&str> =
                ["none"].into_iter().chain(names.iter().map(String::as_str)).collect();
            unknown("fault", text, &names)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::systems::System;

    #[test]
    fn the_schedule_depends_on_the_seed_alone() {
        let plan = |seed| Plan { seed, ..Plan::of(System::Causal) };
        let first = |seed| Schedule::of(&plan(seed)).take(50).collect::<Vec<_>>();
        assert_eq!(first(1), first(1));
        assert_ne!(first(1), first(2));
        assert!(first(1).windows(2).all(|pair| pair[0].at < pair[1].at));
        assert!(Schedule::of(&Plan { faults: Vec::new(), ..plan(1) }).next().is_none());
    }

    #[test]
    fn kinds_read_back() {
        for kind in [
            "partition",
            "partition=halves",
            "partition=1-2+3->4",
            "kill-keep",
            "kill-any",
            "clock",
        ] {
            assert_eq!(kind.parse::<Kind>().map(|kind| kind.to_string()), Ok(kind.to_string()));
        }
        assert!("explode".parse::<Kind>().is_err_and(|error| error.contains("reorder")));
        let check =
            |kind: &str, servers| kind.parse::<Kind>().expect("it is a shape").check(servers);
        assert!(check("partition=1-9", 5).is_err_and(|error| error.contains("no server 9")));
        assert!(check("partition=ring", 3).is_err_and(|error| error.contains("--servers 4")));
        assert_eq!(check("partition=ring", 4), Ok(()));
    }
}
