//! What is broken at a moment of a trial, and what would mend it.

use crate::faults::{Fault, Link};
use crate::process::NodeId;
use std::collections::BTreeSet;
use std::time::Duration;

/// What is broken now.
#[derive(Default)]
pub(super) struct Standing {
    down: BTreeSet<NodeId>,
    paused: BTreeSet<NodeId>,
    drifting: BTreeSet<NodeId>,
    links: BTreeSet<String>,
    since: Option<Duration>,
}

impl Standing {
    /// A fault began or ended. Returns the window that it closes, if it ends the last.
    pub fn take(&mut self, at: Duration, fault: Fault) -> Option<(Duration, Duration)> {
        match fault {
            Fault::Kill(node) => {
                self.paused.remove(&node);
                self.down.insert(node);
            }
            Fault::Restart(node) | Fault::Revive(node) => _ = self.down.remove(&node),
            Fault::Pause(node) => _ = self.paused.insert(node),
            Fault::Resume(node) => _ = self.paused.remove(&node),
            Fault::Drift(node, 100.0) => _ = self.drifting.remove(&node),
            Fault::Drift(node, _) => _ = self.drifting.insert(node),
            Fault::Jump(..) => {}
            Fault::Heal(Link::All) => self.links.clear(),
            Fault::Heal(link) => _ = self.links.remove(&link.to_string()),
            Fault::Slow(link, _)
            | Fault::Lose(link, _)
            | Fault::Duplicate(link, _)
            | Fault::Reorder(link, _)
            | Fault::Cut(link) => _ = self.links.insert(link.to_string()),
        }
        let broken = !(self.down.is_empty()
            && self.paused.is_empty()
            && self.drifting.is_empty()
            && self.links.is_empty());
        match (broken, self.since) {
            (true, None) => self.since = Some(at),
            (false, Some(since)) => {
                self.since = None;
                return Some((since, at));
            }
            _ => {}
        }
        None
    }

    /// What mends everything.
    pub fn mended(&self) -> Vec<Fault> {
        let heal = (!self.links.is_empty()).then_some(Fault::Heal(Link::All)).into_iter();
        let restarts = self.down.iter().copied().map(Fault::Restart);
        let resumes = self.paused.iter().copied().map(Fault::Resume);
        let clocks = self.drifting.iter().map(|node| Fault::Drift(*node, 100.0));
        heal.chain(restarts).chain(resumes).chain(clocks).collect()
    }
}
