//! The handlers of the client port.

use super::methods::{OPERATIONS, Operation};
use super::results::{self, Success};
use super::{codes, openrpc, wrong};
use crate::net::client::{Fate, ServerStatus};
use crate::net::node::{Call, MOST_CALLS};
use crate::net::wire::{Report, StartOrder};
use crate::process::{Op, Reason};
use jsonrpsee::core::RegisterMethodError;
use jsonrpsee::types::ErrorObjectOwned;
use jsonrpsee::{Methods, RpcModule};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

/// What the handlers know: the way to the node loop, and what `status` says beside the process's own words.
#[derive(Debug)]
pub(in crate::net) struct Edge {
    /// The way to the node loop.
    pub calls: mpsc::Sender<Call>,
    /// What the server was started with.
    pub order: StartOrder,
    /// Where it listens.
    pub report: Report,
    /// When it started.
    pub started: Instant,
}

/// The methods of the client port.
pub(in crate::net) fn client_methods(edge: Arc<Edge>) -> Result<Methods, RegisterMethodError> {
    let document = openrpc::document(&edge.report.address.to_string());
    let mut module = RpcModule::from_arc(edge);
    for operation in &OPERATIONS {
        register(&mut module, operation)?;
    }
    module.register_async_method("status", |_, edge, _| async move { edge.status().await })?;
    module.register_method("rpc.discover", move |_, _, _| document.clone())?;
    Ok(module.into())
}

fn register(
    module: &mut RpcModule<Edge>,
    operation: &'static Operation,
) -> Result<(), RegisterMethodError> {
    let handler = move |params: jsonrpsee::types::Params<'static>, edge: Arc<Edge>, _| async move {
        let op = (operation.read)(&params);
        edge.request(op.map_err(|cause| wrong::told(operation, &params, &cause))?).await
    };
    module.register_async_method(operation.name, handler).map(drop)
}

impl Edge {
    /// Hands a request to the node loop and awaits its answer.
    async fn request(&self, op: Op) -> Result<Success, ErrorObjectOwned> {
        let refused = |reason| codes::error(Fate::Refused, &reason);
        op.check().map_err(refused)?;
        let (answer, outcome) = oneshot::channel();
        let call = self.calls.try_send(Call::Request { op, answer });
        call.map_err(|error| refused(reason_of(&error)))?;
        match outcome.await {
            Ok(outcome) => results::told(outcome),
            // The node loop ended without a word.
            Err(_) => Err(codes::error(Fate::Unknown, &Reason::Stopping)),
        }
    }

    async fn status(&self) -> Result<ServerStatus, ErrorObjectOwned> {
        let refused = |reason| codes::error(Fate::Refused, &reason);
        let (answer, status) = oneshot::channel();
        let call = self.calls.try_send(Call::Status(answer));
        call.map_err(|error| refused(reason_of(&error)))?;
        let status = status.await.map_err(|_| refused(Reason::Stopping))?;
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

fn reason_of<T>(error: &mpsc::error::TrySendError<T>) -> Reason {
    match error {
        mpsc::error::TrySendError::Full(_) => Reason::Overloaded(MOST_CALLS as u64),
        mpsc::error::TrySendError::Closed(_) => Reason::Stopping,
    }
}

fn whole_ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
