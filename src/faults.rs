//! What can go wrong on purpose: one enum for the simulator, for live clusters and for scenarios.
//!
//! ```
//! use conlab::faults::Fault;
//! let fault: Fault = "slow 1->10 500ms".parse()?;
//! assert_eq!(fault.to_string(), "slow 1->10 500ms");
//! assert!("slow 1->10".parse::<Fault>().is_err());
//! # Ok::<(), String>(())
//! ```

mod text;

pub use text::{WORDS, parse_time, shown};

use crate::process::NodeId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// The longest delay that a link may be given: an hour.
pub const MAX_DELAY: Duration = Duration::from_secs(3600);

/// The slowest and the fastest that a clock may run, in percent of the true one.
pub const SLOWEST_CLOCK: f64 = 10.0;
/// See [`SLOWEST_CLOCK`].
pub const FASTEST_CLOCK: f64 = 1000.0;

/// One fault, or its end.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Messages on the link take this long, instead of the link's own delay.
    Slow(Link, Duration),
    /// This share of the messages on the link is lost, in percent.
    Lose(Link, f64),
    /// This share of the messages on the link arrives twice, in percent.
    Duplicate(Link, f64),
    /// Messages on the link take up to this much longer, by chance: later ones overtake earlier ones.
    Reorder(Link, Duration),
    /// No message passes the link.
    Cut(Link),
    /// The link is as at the start again.
    Heal(Link),
    /// The server stops at once; what it did not make durable is gone.
    Kill(NodeId),
    /// A killed server starts again, with what it had made durable and no more.
    Restart(NodeId),
    /// A killed server starts again with all that it had in memory, as one does whose disk has kept every step. A
    /// real server keeps no more than a log has on disk, so only simulated ones can.
    Revive(NodeId),
    /// The server stands still, and forgets nothing.
    Pause(NodeId),
    /// A paused server goes on.
    Resume(NodeId),
    /// The server's clock jumps ahead by this. It never jumps back: servers measure time, they do not tell it.
    Jump(NodeId, Duration),
    /// The server's clock runs at this speed from now on, in percent of the true one.
    Drift(NodeId, f64),
}

/// One or more directed links between servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Link {
    /// From the first to the second: `1->3`.
    OneWay(NodeId, NodeId),
    /// Both directions: `1-3`.
    Both(NodeId, NodeId),
    /// Every link: `all`.
    All,
}

impl Link {
    /// Whether the directed link `from` → `to` is one of these.
    pub fn covers(self, from: NodeId, to: NodeId) -> bool {
        match self {
            Link::OneWay(a, b) => (a, b) == (from, to),
            Link::Both(a, b) => (a, b) == (from, to) || (b, a) == (from, to),
            Link::All => true,
        }
    }

    /// The directed links among servers 1 to `servers` that these are.
    pub fn among(self, servers: u32) -> Vec<(NodeId, NodeId)> {
        let nodes = || (1..=servers).map(NodeId);
        let mut links = match self {
            Link::OneWay(a, b) => vec![(a, b)],
            Link::Both(a, b) => vec![(a, b), (b, a)],
            Link::All => nodes().flat_map(|from| nodes().map(move |to| (from, to))).collect(),
        };
        let is_one = |node: NodeId| (1..=servers).contains(&node.0);
        links.retain(|(from, to)| from != to && is_one(*from) && is_one(*to));
        links
    }

    fn highest(self) -> u32 {
        match self {
            Link::OneWay(a, b) | Link::Both(a, b) => a.max(b).0,
            Link::All => 0,
        }
    }
}

impl Fault {
    /// The highest server number that the fault names; 0 if it names none.
    pub fn highest_node(self) -> u32 {
        match self {
            Fault::Kill(node)
            | Fault::Restart(node)
            | Fault::Revive(node)
            | Fault::Pause(node)
            | Fault::Resume(node)
            | Fault::Jump(node, _)
            | Fault::Drift(node, _) => node.0,
            link => link.link().map_or(0, Link::highest),
        }
    }

    /// The same fault of other servers, as `other` maps them.
    pub fn of_others(self, other: impl Fn(NodeId) -> NodeId) -> Fault {
        let link = |link: Link| match link {
            Link::OneWay(a, b) => Link::OneWay(other(a), other(b)),
            Link::Both(a, b) => Link::Both(other(a), other(b)),
            Link::All => Link::All,
        };
        match self {
            Fault::Slow(on, delay) => Fault::Slow(link(on), delay),
            Fault::Lose(on, percent) => Fault::Lose(link(on), percent),
            Fault::Duplicate(on, percent) => Fault::Duplicate(link(on), percent),
            Fault::Reorder(on, most) => Fault::Reorder(link(on), most),
            Fault::Cut(on) => Fault::Cut(link(on)),
            Fault::Heal(on) => Fault::Heal(link(on)),
            Fault::Kill(node) => Fault::Kill(other(node)),
            Fault::Restart(node) => Fault::Restart(other(node)),
            Fault::Revive(node) => Fault::Revive(other(node)),
            Fault::Pause(node) => Fault::Pause(other(node)),
            Fault::Resume(node) => Fault::Resume(other(node)),
            Fault::Jump(node, ahead) => Fault::Jump(other(node), ahead),
            Fault::Drift(node, percent) => Fault::Drift(other(node), percent),
        }
    }

    /// Whether it names this server.
    pub fn names(self, node: NodeId) -> bool {
        let another = NodeId(node.0.wrapping_add(1));
        self.of_others(|other| if other == node { another } else { other }) != self
    }

    /// Why real servers cannot have it, and what they can have instead; `None` where they can.
    pub fn only_simulated(self) -> Option<&'static str> {
        match self {
            Fault::Revive(_) => Some(
                "a real server that is killed keeps no more than a log has on disk, which a plain restart brings back; pause and resume keep all",
            ),
            Fault::Jump(..) | Fault::Drift(..) => {
                Some("clocks change in the simulator only; real servers share this machine's")
            }
            _ => None,
        }
    }

    /// The link that it is a fault of, if it is one of a link.
    pub fn link(self) -> Option<Link> {
        match self {
            Fault::Slow(link, _)
            | Fault::Lose(link, _)
            | Fault::Duplicate(link, _)
            | Fault::Reorder(link, _)
            | Fault::Cut(link)
            | Fault::Heal(link) => Some(link),
            Fault::Kill(_)
            | Fault::Restart(_)
            | Fault::Revive(_)
            | Fault::Pause(_)
            | Fault::Resume(_)
            | Fault::Jump(..)
            | Fault::Drift(..) => None,
        }
    }
}

/// What one directed link does to its messages.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Conduct {
    /// The delay that replaces the link's own, if any.
    pub delay: Option<Duration>,
    /// The share that is lost, in percent.
    pub lose: f64,
    /// The share that arrives twice, in percent.
    pub duplicate: f64,
    /// How much longer a message may take, by chance.
    pub reorder: Duration,
    /// Whether nothing passes.
    pub cut: bool,
}

impl Conduct {
    /// A fault of its link begins or ends.
    pub fn change(&mut self, fault: Fault) {
        match fault {
            Fault::Heal(_) => *self = Conduct::default(),
            Fault::Slow(_, delay) => self.delay = Some(delay),
            Fault::Lose(_, percent) => self.lose = percent,
            Fault::Duplicate(_, percent) => self.duplicate = percent,
            Fault::Reorder(_, most) => self.reorder = most,
            Fault::Cut(_) => self.cut = true,
            _ => {}
        }
    }
}

/// How every directed link of a cluster behaves now; links that are as at the start are not listed.
#[derive(Debug, Clone, Default)]
pub struct Conducts {
    of: BTreeMap<(NodeId, NodeId), Conduct>,
}

impl Conducts {
    /// How the directed link `from` → `to` behaves.
    pub fn on(&self, from: NodeId, to: NodeId) -> Conduct {
        self.of.get(&(from, to)).copied().unwrap_or_default()
    }

    /// Applies a link fault among servers 1 to `servers`. Faults of servers have no effect here.
    pub fn apply(&mut self, fault: Fault, servers: u32) {
        let Some(link) = fault.link() else { return };
        for ends in link.among(servers) {
            let mut conduct = self.on(ends.0, ends.1);
            conduct.change(fault);
            match conduct == Conduct::default() {
                true => _ = self.of.remove(&ends),
                false => _ = self.of.insert(ends, conduct),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heal_ends_what_a_fault_began() {
        let mut conducts = Conducts::default();
        conducts.apply(Fault::Cut(Link::OneWay(NodeId(1), NodeId(2))), 3);
        assert!(conducts.on(NodeId(1), NodeId(2)).cut && !conducts.on(NodeId(2), NodeId(1)).cut);
        conducts.apply(Fault::Heal(Link::All), 3);
        assert_eq!(conducts.on(NodeId(1), NodeId(2)), Conduct::default());
    }
}
