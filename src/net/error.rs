//! What can go wrong between processes, with the value and the fix in each text.

use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// Why a cluster, a server or a connection could not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum NetError {
    /// Nothing listens there, or it does not speak JSON-RPC.
    #[error("nothing answers at {address}: {cause}")]
    Unreachable {
        /// Where.
        address: String,
        /// What the connection said.
        cause: String,
    },
    /// No controller listens there.
    #[error("no cluster answers at {0}")]
    NoCluster(String),
    /// The connection stands, and no answer came in time.
    #[error("{who} did not answer within {after_ms} ms")]
    Silent {
        /// Who was asked.
        who: String,
        /// How long it had, in milliseconds.
        after_ms: u64,
    },
    /// Another program listens on a port that is needed here.
    #[error("port {} is in use{}", address.port(), held_by(holder))]
    PortTaken {
        /// The address that could not be bound.
        address: SocketAddr,
        /// Who holds it, if it is a conlab: `system causal, pid 4711`.
        holder: Option<String>,
    },
    /// An address cannot be listened on, for another reason than its port.
    #[error("cannot listen on {address}: {cause}")]
    CannotListen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        cause: String,
    },
    /// A server ended, or never answered, before it was ready.
    #[error("server {id} cannot start: {cause}")]
    CannotStart {
        /// The server.
        id: u32,
        /// Why.
        cause: String,
    },
    /// The cluster refused what was asked, with the reason.
    #[error("{0}")]
    Refused(String),
    /// What was asked makes no sense here.
    #[error("{0}")]
    Usage(String),
    /// Something that this program should have kept from happening.
    #[error("{0}")]
    Internal(String),
}

/// Which of the program's exit codes an error belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetErrorKind {
    /// Wrong words or values: 64.
    Usage,
    /// Cannot start, cannot reach, or refused: 69.
    Unavailable,
    /// This program's own fault: 70.
    Internal,
}

impl NetError {
    /// Which exit code the error belongs to.
    pub fn kind(&self) -> NetErrorKind {
        match self {
            NetError::Usage(_) => NetErrorKind::Usage,
            NetError::Internal(_) => NetErrorKind::Internal,
            _ => NetErrorKind::Unavailable,
        }
    }

    /// What to do about it, if there is something.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            NetError::Unreachable { .. } => Some("see which servers run with \"conlab status\""),
            NetError::NoCluster(_) => Some(
                "start one with \"conlab up causal\", or a log with \"conlab up replicated-log\"",
            ),
            NetError::Silent { .. } => {
                Some("it may be paused or overloaded; see \"conlab status\"")
            }
            NetError::PortTaken { .. } => {
                Some("stop what holds it, or choose other ports in config.json or with --port")
            }
            NetError::CannotListen { .. } => Some("choose an address of this machine"),
            _ => None,
        }
    }
}

fn held_by(holder: &Option<String>) -> String {
    holder.as_ref().map(|holder| format!(" by another conlab ({holder})")).unwrap_or_default()
}
