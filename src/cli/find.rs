//! Finds the server that a request names: by number through the controller, or directly by address.

use super::exit::Failure;
use crate::net::{ClusterInfo, discover};
use crate::process::{NodeId, Timing};
use crate::scenario::grammar::Where;
use std::time::Duration;

/// A server that has been found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What to call it: `server 2`, or its address if it was named by that.
    pub name: String,
    /// Its number; not known if it was named by its address.
    pub node: Option<NodeId>,
    /// Where it listens.
    pub address: String,
    /// How long it works on a request.
    pub request_timeout: Duration,
}

/// Finds `place` in the cluster of the controller at `controller`. Says too which cluster it is, unless the place is an
/// address, which is taken as it is.
pub async fn find(
    place: &Where,
    controller: impl FnOnce() -> Result<String, Failure>,
) -> Result<(Found, Option<ClusterInfo>), Failure> {
    match place {
        Where::Address(address) => Ok((direct(address), None)),
        _ => {
            let info = discover(&controller()?).await?;
            Ok((within(&info, place)?, Some(info)))
        }
    }
}

fn direct(address: &str) -> Found {
    let request_timeout = Timing::default().request_timeout; // nobody says which it is
    Found { name: address.to_string(), node: None, address: address.to_string(), request_timeout }
}

/// Finds `place` in a cluster.
pub fn within(info: &ClusterInfo, place: &Where) -> Result<Found, Failure> {
    let id = match place {
        Where::Address(address) => return Ok(direct(address)),
        Where::Server(id) => *id,
        Where::Default => NodeId(1),
    };
    let Some(server) = info.server(id) else {
        return Err(no_such_server(id, info.servers.len()));
    };
    Ok(Found {
        name: format!("server {}", id.0),
        node: Some(id),
        address: server.address.to_string(),
        request_timeout: info.request_timeout(),
    })
}

/// The error for a server number past the last.
pub fn no_such_server(id: NodeId, servers: usize) -> Failure {
    let range =
        if servers == 1 { "server 1 only".into() } else { format!("servers 1 to {servers}") };
    Failure::usage(format!("there is no server {}; this cluster has {range}", id.0))
}
