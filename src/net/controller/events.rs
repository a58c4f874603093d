//! What happens to the servers of a cluster while it runs.

use crate::process::NodeId;
use std::fmt::{self, Display};

/// Something that happened to a server of the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClusterEvent {
    /// A server's process ended, asked for or not.
    Exited {
        /// The server.
        id: NodeId,
        /// How: `exit status: 1`, `signal: 9 (SIGKILL)`.
        status: String,
    },
    /// A server runs again, in a later life.
    Restarted {
        /// The server.
        id: NodeId,
        /// Which life it is.
        incarnation: u64,
    },
    /// A server that was started by hand has joined.
    Joined {
        /// The server.
        id: NodeId,
        /// Its process.
        pid: u32,
    },
}

impl Display for ClusterEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ClusterEvent::Exited { id, status } => write!(f, "server {} ended ({status})", id.0),
            ClusterEvent::Restarted { id, incarnation } => {
                write!(f, "server {} runs again (life {incarnation})", id.0)
            }
            ClusterEvent::Joined { id, pid } => write!(f, "server {} joined (pid {pid})", id.0),
        }
    }
}
