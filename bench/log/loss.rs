//! What a kill takes: clients append, then the master and all servers but one are killed at once. What of that which was
//! acknowledged is not in the log afterwards?
//!
//! The cluster tolerates that all servers but one lack their memory, so it comes back with what the survivor has. The links from
//! the master take ever longer, so that a survivor may be behind.

mod live;
mod simulated;

use super::Log;
use crate::judge::Goal;
use crate::run::Run;
use crate::subject::{LOGS, Subject};
use conlab::cli::Failure;
use conlab::faults::Link;
use conlab::process::{Key, Logged, NodeId};
use conlab::random::Random;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// So many clients append.
const CLIENTS: u32 = 16;
/// The link from the master to server 2 takes so long, that to server 3 twice as long, and so on.
const STEP: Duration = Duration::from_millis(5);
/// The master.
const MASTER: NodeId = NodeId(1);

/// What kills of the master and of all servers but one took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Losses {
    /// Which log.
    pub subject: Subject,
    /// `live` or `simulated`.
    pub how: String,
    /// How many servers there were.
    pub servers: u32,
    /// The write concern.
    pub w: u32,
    /// How many kills there were.
    pub kills: u64,
    /// How many appends were acknowledged before them.
    pub acknowledged: u64,
    /// How many of these were not in the log after them.
    pub lost: u64,
    /// The most that one kill took.
    pub most: u64,
    /// How many kills took something.
    pub harmful: u64,
}

impl Losses {
    fn none(subject: Subject, how: &str, servers: u32, w: u32) -> Self {
        let (how, kills, acknowledged, lost) = (how.to_string(), 0, 0, 0);
        Losses { subject, how, servers, w, kills, acknowledged, lost, most: 0, harmful: 0 }
    }

    /// One kill more: what was acknowledged before it, and what the log holds after it from `first` on.
    fn add(&mut self, acknowledged: &[(u64, Key)], first: u64, log: &[Logged]) {
        let there = |(seq, id): &&(u64, Key)| {
            let place = seq.checked_sub(first).and_then(|place| usize::try_from(place).ok());
            place.and_then(|place| log.get(place)).is_some_and(|logged| logged.id == *id)
        };
        let lost = acknowledged.iter().filter(|one| !there(one)).count() as u64;
        self.kills += 1;
        self.acknowledged += acknowledged.len() as u64;
        self.lost += lost;
        self.most = self.most.max(lost);
        self.harmful += u64::from(lost > 0);
    }

    /// How many acknowledged appends a kill takes, on average.
    pub fn mean(&self) -> f64 {
        self.lost as f64 / self.kills.max(1) as f64
    }
}

/// Measures in the simulator, then live.
pub async fn measure(log: &Log, run: &mut Run) -> Result<(), Failure> {
    if log.simulated_kills > 0 {
        for subject in LOGS {
            run.show(&format!("kills, {subject}, simulated"));
            let of = |w| {
                simulated::losses(subject, log.servers, w, run.common.seed, log.simulated_kills)
            };
            let losses: Vec<Losses> = (1..=log.servers).map(of).collect();
            run.results.losses.extend(losses);
        }
        run.save()?;
    }
    if log.kills > 0 {
        live::measure(log, run).await?;
    }
    run.results.goals.extend(goals(&run.results.losses, log.servers));
    run.save()
}

/// What more servers have acknowledged than may lack their memory is never lost; on disk nothing is.
fn goals(losses: &[Losses], servers: u32) -> Vec<Goal> {
    let lost = |subject: Subject, w| {
        let mine = losses.iter().filter(|one| (one.subject, one.w) == (subject, w));
        mine.map(|one| one.lost as f64).fold(None, |sum, lost| Some(sum.unwrap_or(0.0) + lost))
    };
    let goal = |(subject, w): (Subject, u32)| {
        let work = format!("{subject}: acknowledged with w={w}, lost when all but one are killed");
        Some(Goal::at_most(&work, "appends", &[lost(subject, w)?], 0.0, None))
    };
    [(LOGS[0], servers), (LOGS[1], 1)].into_iter().filter_map(goal).collect()
}

/// The links from the master, and how long each takes.
fn slow_links(servers: u32) -> Vec<(Link, Duration)> {
    (2..=servers).map(|id| (Link::OneWay(MASTER, NodeId(id)), STEP * (id - 1))).collect()
}

/// The secondary that is not killed.
fn survivor(random: &mut Random, servers: u32) -> NodeId {
    NodeId(2 + random.below(u64::from(servers) - 1) as u32)
}

fn victims(survivor: NodeId, servers: u32) -> impl Iterator<Item = NodeId> {
    (1..=servers).map(NodeId).filter(move |id| *id != survivor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kill_takes_what_only_the_dead_had_and_nothing_from_the_disk() {
        let losses = |subject, w| simulated::losses(subject, 3, w, 1, 10);
        let [one, two, all] = [1, 2, 3].map(|w| losses(LOGS[0], w));
        assert!(one.lost > two.lost && two.lost > 0, "{one:?} {two:?}");
        assert!(all.lost == 0 && all.acknowledged > 0, "{all:?}");
        for w in 1..=3 {
            let kept = losses(LOGS[1], w);
            assert!(kept.lost == 0 && kept.acknowledged > 0 && kept.kills == 10, "{kept:?}");
        }
    }

    #[test]
    fn what_is_not_in_its_place_is_lost() {
        let logged = |seq, id: &str| Logged { seq, id: id.into(), message: "m".into() };
        let mut losses = Losses::none(LOGS[0], "live", 3, 1);
        let acknowledged = [(5, "a".into()), (6, "b".into()), (7, "c".into())];
        losses.add(&acknowledged, 5, &[logged(5, "a"), logged(6, "x")]);
        assert_eq!((losses.acknowledged, losses.lost, losses.most, losses.harmful), (3, 2, 2, 1));
    }
}
