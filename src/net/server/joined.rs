//! A server that is started by hand, in a terminal or a container, and joins a running cluster.

use super::{Bound, on_own_thread};
use crate::net::controller::JOIN;
use crate::net::directory::discover;
use crate::net::disk::Home;
use crate::net::rpc::{codes, params::Named};
use crate::net::wire::{Join, StartOrder};
use crate::net::{ClusterInfo, NetError, dial, listen};
use crate::process::NodeId;
use jsonrpsee::core::client::{ClientT, Error};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The controller answers `join` by then.
const ANSWER: Duration = Duration::from_secs(5);

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
    /// The folder that it keeps its log in, where the cluster keeps it on disk.
    pub data: Option<PathBuf>,
}

/// Runs a server that joins a cluster by hand. Returns after SIGTERM or SIGINT, or with an error when the controller is
/// gone: without it nobody knows of this server.
pub async fn run_joined(options: JoinOptions) -> Result<(), NetError> {
    let end = on_own_thread(|| join(options));
    end.await.unwrap_or_else(|_| Err(NetError::Internal("the server's thread panicked".into())))
}

async fn join(options: JoinOptions) -> Result<(), NetError> {
    let JoinOptions { id, join, token, address, data } = options;
    listen::raise_open_files();
    let signals = super::child::signals()?;
    let info = discover(&join).await?;
    let address = match address {
        Some(address) => address,
        None => address_in_cluster(id, &info)?,
    };
    let home = data.map(|folder| Home::new(&folder, id));
    let records = home.as_ref().map(|home| home.life(&info.cluster)).transpose()?;
    let bound = Bound::at(address).await?;
    let controller = dial::open_trusted(&join, &token, ANSWER).await?;
    let asked = Named::of(&Join { id, report: bound.report, records });
    let mut order: StartOrder = controller.request(JOIN, asked).await.map_err(refused)?;
    order.via = dial::host_of(&join).await;
    let bound = match home {
        Some(home) => {
            home.begin(&info.cluster, order.start.incarnation, order.start.blank)?;
            bound.with_disk(&home.file()).await?
        }
        None => bound,
    };
    let (gone, lost) = tokio::sync::oneshot::channel();
    let stop = async move {
        tokio::select! {
            () = signals => {}
            _ = controller.on_disconnect() => drop(gone.send(())),
        }
    };
    bound.serve(order, Arc::new(super::child::to_stderr), stop).await?;
    match lost.await {
        Ok(()) => Err(NetError::NoCluster(join)),
        Err(_) => Ok(()),
    }
}

fn address_in_cluster(id: NodeId, info: &ClusterInfo) -> Result<SocketAddr, NetError> {
    let server = info.server(id).map(|server| server.address);
    server.ok_or_else(|| {
        let most = info.servers.len();
        NetError::Usage(format!(
            "there is no server {} in a cluster of {most}; use 1 to {most}",
            id.0
        ))
    })
}

fn refused(error: Error) -> NetError {
    match error {
        Error::Call(error) => {
            let failure = codes::failure(&error);
            NetError::Refused(match failure.hint.as_str() {
                "" => failure.message,
                hint => format!("{}; {hint}", failure.message),
            })
        }
        Error::RequestTimeout => {
            NetError::Silent { who: "the controller".into(), after_ms: ANSWER.as_millis() as u64 }
        }
        error => {
            NetError::Unreachable { address: "the controller".into(), cause: error.to_string() }
        }
    }
}
