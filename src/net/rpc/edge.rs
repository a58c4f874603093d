//! The handlers of the client port.

use super::{codes, openrpc};
use crate::net::client::{Fate, ServerStatus};
use crate::net::node::Serve;
use crate::net::requests::Answer;
use crate::net::wire::{Report, StartOrder};
use crate::process::{Op, Reason};
use jsonrpsee::core::RegisterMethodError;
use jsonrpsee::types::ErrorObjectOwned;
use jsonrpsee::{Methods, RpcModule};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// What the handlers know: the node, and what `status` says beside the process's own words.
pub(in crate::net) struct Edge {
    /// The node.
    pub node: Arc<dyn Serve>,
    /// What the server was started with.
    pub order: StartOrder,
    /// Where it listens.
    pub report: Report,
    /// When it started.
    pub started: Instant,
}

/// The methods of the client port, beside the operations.
pub(in crate::net) fn client_methods(edge: Arc<Edge>) -> Result<Methods, RegisterMethodError> {
    let document = openrpc::document(&edge.report.address.to_string());
    let mut module = RpcModule::from_arc(edge);
    module.register_method("status", |_, edge, _| edge.status())?;
    module.register_method("rpc.discover", move |_, _, _| document.clone())?;
    Ok(module.into())
}

impl Edge {
    /// Hands a request to the node.
    pub(in crate::net) fn request(&self, op: Op) -> Result<Answer, ErrorObjectOwned> {
        op.check().map_err(|reason| codes::error(Fate::Refused, &reason))?;
        Ok(self.node.request(op))
    }

    fn status(&self) -> Result<ServerStatus, ErrorObjectOwned> {
        let stopping = || codes::error(Fate::Refused, &Reason::Stopping);
        let status = self.node.status().ok_or_else(stopping)?;
        let start = &self.order.start;
        Ok(ServerStatus {
            id: start.id,
            address: self.report.address,
            pid: self.report.pid,
            system: self.order.system,
            cluster: start.cluster.clone(),
            incarnation: start.incarnation,
            uptime_ms: whole_ms(self.started.elapsed()),
            status,
        })
    }
}

fn whole_ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
