//! What a controller tells anyone who asks `cluster`: the system, and where its servers are.

use crate::process::NodeId;
use crate::systems::System;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, SocketAddr};
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

/// Where `address` is reached by someone who reached the same host at `via`: a server that listens on every address of
/// its host (`0.0.0.0`) says just that.
pub(super) fn reached(address: SocketAddr, via: IpAddr) -> SocketAddr {
    if address.ip().is_unspecified() { SocketAddr::new(via, address.port()) } else { address }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_that_means_every_address_is_replaced() {
        let via = "10.0.0.1".parse().expect("it is an address");
        for (told, seen) in [("0.0.0.0:7", "10.0.0.1:7"), ("10.0.0.2:7", "10.0.0.2:7")] {
            let told = told.parse().expect("it is an address");
            assert_eq!(reached(told, via).to_string(), seen);
        }
    }
}
