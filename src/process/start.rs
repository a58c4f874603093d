//! What a process is told at its start, and what it tells of itself.

use super::{Defect, NodeId};
use crate::session::Version;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::time::Duration;

/// What the driver tells a process about the cluster when it builds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// This server's number.
    pub id: NodeId,
    /// How many servers the cluster has; they are numbered from 1.
    pub servers: u32,
    /// Which life of this server it is, from 1: fresh and higher at each start.
    pub incarnation: u64,
    /// True if an earlier life's memory is gone: the server must catch up before it may answer.
    pub blank: bool,
    /// The cluster's name, unlike any other cluster's.
    pub cluster: String,
    /// How long to wait for what.
    pub timing: Timing,
    /// How a log is kept.
    #[serde(default)]
    pub replication: Replication,
    /// The rule of the protocol that is left out, if any; only ever in the simulator.
    #[serde(skip)]
    pub defect: Option<Defect>,
}

impl Start {
    /// Whether this rule of the protocol is left out.
    pub fn lacks(&self, defect: Defect) -> bool {
        self.defect == Some(defect)
    }

    /// All servers, in order.
    pub fn members(&self) -> impl Iterator<Item = NodeId> + use<> {
        (1..=self.servers).map(NodeId)
    }
}

/// How a log is kept, the same at all its servers for as long as the cluster lives.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replication {
    /// How many servers may lack their memory at once without harm to what more of them have acknowledged; a minority if
    /// it is not given.
    pub tolerate: Option<u32>,
    /// Whether appends are refused while fewer than a majority of the servers are healthy.
    pub read_only_without_quorum: bool,
    /// Whether records are kept on disk. Else they are gone with their process.
    pub durable: bool,
}

impl Replication {
    /// How many of `servers` may lack their memory at once.
    pub fn tolerated(self, servers: u32) -> u32 {
        self.tolerate.unwrap_or(servers.saturating_sub(1) / 2)
    }
}

/// How long a process waits for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timing {
    /// A request that is not answered by then ends `refused` or `unknown`.
    pub request_timeout: Duration,
    /// A server that stays silent for so long is dropped from the view.
    pub suspect_after: Duration,
    /// What was not acknowledged is sent again after this long.
    pub resend_after: Duration,
}

impl Timing {
    /// Timing for links whose slowest direction takes `slowest`: suspicion after max(2 s, four times that), resending
    /// three times before it.
    pub fn for_links(slowest: Duration, request_timeout: Duration) -> Self {
        let suspect_after = Duration::from_secs(2).max(slowest * 4);
        Timing { request_timeout, suspect_after, resend_after: suspect_after * 3 / 10 }
    }
}

impl Default for Timing {
    fn default() -> Self {
        Timing::for_links(Duration::ZERO, Duration::from_secs(5))
    }
}

/// What a person wants to know of a server now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// `primary`, `backup`, …
    pub role: String,
    /// `ready`, `blank`, `recovering`, `stalled`, `deposed`: what it can do now.
    pub state: String,
    /// How many variables have a value.
    pub keys: u64,
    /// The highest version applied.
    pub version: Version,
    /// How many rounds were applied.
    pub rounds: u64,
    /// How many entries wait for the lock.
    pub queue: u64,
    /// How many requests of clients wait here.
    pub waiting: u64,
    /// The servers that rounds now wait for (the view); empty where this server does not know.
    pub view: Vec<NodeId>,
    /// How each other server is, where this server watches them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "by_number")]
    pub health: BTreeMap<NodeId, Health>,
}

/// Reads an object whose keys are servers' numbers; inside another object serde hands them on as text.
fn by_number<'de, D: Deserializer<'de>>(object: D) -> Result<BTreeMap<NodeId, Health>, D::Error> {
    let named = BTreeMap::<String, Health>::deserialize(object)?.into_iter();
    let numbered =
        named.map(|(name, health)| Ok((NodeId(name.parse().map_err(Error::custom)?), health)));
    numbered.collect()
}

/// How a server is, by what another hears of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// It answers.
    Healthy,
    /// It was silent for a while.
    Suspected,
    /// It was silent for long.
    Down,
}

impl Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Health::Healthy => "healthy",
            Health::Suspected => "suspected",
            Health::Down => "down",
        })
    }
}

impl Status {
    /// Whether these servers have their memory, are in the view, and are equally far, with nothing left to do. `None` is a server
    /// that says nothing.
    pub fn are_settled(servers: &[NodeId], statuses: &[Option<Status>]) -> bool {
        let Some(Some(first)) = statuses.first() else { return false };
        let settled = |status: &Status| {
            let idle = status.queue == 0 && status.waiting == 0 && status.state == "ready";
            idle && (status.version, status.rounds) == (first.version, first.rounds)
        };
        let all = statuses.iter().all(|status| status.as_ref().is_some_and(settled));
        all && (first.view.is_empty() || servers.iter().all(|server| first.view.contains(server)))
    }
}
