//! What a controller tells anyone who asks `cluster`: the system, and where its servers are.

use crate::process::NodeId;
use crate::systems::System;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::time::Duration;

/// A running cluster, as the controller's `cluster` method answers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterInfo {
    /// The replication protocol that its servers run.
    pub system: System,
    /// The cluster's name, unlike any other cluster's; sessions carry it.
    pub cluster: String,
    /// The controller's process.
    pub pid: u32,
    /// How long a server works on a request before it ends it, in milliseconds.
    pub request_timeout_ms: u64,
    /// All servers, in order of their numbers.
    pub servers: Vec<ServerInfo>,
}

/// One server of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerInfo {
    /// The server's number, from 1.
    pub id: NodeId,
    /// Where clients reach it.
    pub address: SocketAddr,
    /// Its operating-system process; the controller's own where servers run inside it. `None` while it does not run.
    pub pid: Option<u32>,
    /// `running`, `paused`, `starting`, or how it ended: `exited (signal: 9 (SIGKILL))`.
    pub state: String,
    /// What it is in the system: `primary`, `backup`.
    pub role: String,
}

impl ClusterInfo {
    /// The server with this number, if the cluster has it.
    pub fn server(&self, id: NodeId) -> Option<&ServerInfo> {
        self.servers.iter().find(|server| server.id == id)
    }

    /// How long a server works on a request before it ends it.
    pub fn request_timeout(&self) -> Duration {
        Duration::from_millis(self.request_timeout_ms)
    }
}
