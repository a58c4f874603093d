//! One server: its two ports, its node loop, its start and its end.

use super::NetError;
use crate::process::NodeId;
use std::net::SocketAddr;

/// The arguments with which the controller starts a child; the program then calls [`run_child`].
pub const CHILD_ARGUMENTS: [&str; 2] = ["server", "--child"];

/// How a server that is started by hand finds its cluster.
#[derive(Debug, Clone)]
pub struct JoinOptions {
    /// Which server to be.
    pub id: NodeId,
    /// The controller, as `HOST:PORT`.
    pub join: String,
    /// The cluster's token.
    pub token: String,
    /// Where clients shall reach it; by default the address that the cluster already has for this number.
    pub address: Option<SocketAddr>,
}

/// Runs the server that a controller started: the first line of stdin is its start order, and end of input its end.
/// Returns after SIGTERM or SIGINT, once what was under way is answered.
pub async fn run_child() -> Result<(), NetError> {
    Err(NetError::Internal("no start order".into()))
}

/// Runs a server that joins a cluster by hand. Returns after SIGTERM or SIGINT, or when the controller is gone.
pub async fn run_joined(options: JoinOptions) -> Result<(), NetError> {
    Err(NetError::NoCluster(options.join))
}
