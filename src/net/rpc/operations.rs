//! The operations, answered where they are read.
//!
//! jsonrpsee's table of methods calls a handler that may wait through a boxed future with copies of the call's parts. Most
//! operations of a client are answered by the step that takes them in, so they are answered here, in front of that table,
//! without either; what else there is on the client port stands in the table.

use super::edge::Edge;
use super::methods::OPERATIONS;
use super::results;
use super::wrong;
use crate::net::requests::Answer;
use crate::process::{Outcome, Reason};
use futures_util::future::{BoxFuture, Either, Ready, ready};
use jsonrpsee::core::middleware::{Batch, Notification};
use jsonrpsee::server::middleware::rpc::RpcServiceT;
use jsonrpsee::types::{ErrorObjectOwned, Id, Params, Request};
use jsonrpsee::{MethodResponse, ResponsePayload};
use std::future::Future;
use std::sync::Arc;

/// The service of a client port that answers operations, and leaves all else to `S`.
#[derive(Clone)]
pub(in crate::net) struct Operations<S> {
    service: S,
    edge: Arc<Edge>,
}

impl<S> Operations<S> {
    /// In front of `service`.
    pub fn before(service: S, edge: Arc<Edge>) -> Self {
        Operations { service, edge }
    }
}

impl<S> RpcServiceT for Operations<S>
where
    S: RpcServiceT<
            MethodResponse = MethodResponse,
            NotificationResponse = MethodResponse,
            BatchResponse = MethodResponse,
        > + Send
        + Sync,
{
    type MethodResponse = MethodResponse;
    type NotificationResponse = MethodResponse;
    type BatchResponse = MethodResponse;

    fn call<'a>(&self, request: Request<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let params = request.params.as_ref().map(|params| params.get());
        match take_in(&self.edge, &request.method, params) {
            Some(taken) => Either::Left(answer(request.id, taken)),
            None => Either::Right(self.service.call(request)),
        }
    }

    fn notification<'a>(
        &self,
        notification: Notification<'a>,
    ) -> impl Future<Output = MethodResponse> + Send + 'a {
        self.service.notification(notification)
    }

    fn batch<'a>(&self, batch: Batch<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        self.service.batch(batch)
    }
}

/// Hands an operation to the node: its answer, or where that will come. Nothing, where the call asks for no operation.
pub(in crate::net) fn take_in(
    edge: &Edge,
    method: &str,
    params: Option<&str>,
) -> Option<Result<Answer, ErrorObjectOwned>> {
    let operation = OPERATIONS.iter().find(|operation| operation.name == method)?;
    let params = Params::new(params);
    Some(match (operation.read)(&params) {
        Ok(op) => edge.request(op),
        Err(cause) => Err(wrong::told(operation, &params, &cause)),
    })
}

/// Only an operation that waits is given a future of its own.
fn answer(
    id: Id<'_>,
    taken: Result<Answer, ErrorObjectOwned>,
) -> Either<Ready<MethodResponse>, BoxFuture<'_, MethodResponse>> {
    match taken {
        Ok(Answer::Later(outcome)) => Either::Right(Box::pin(async move {
            // The node may end without a word.
            told(id, outcome.await.unwrap_or(Outcome::Unknown(Reason::Stopping)))
        })),
        Ok(Answer::Now(outcome)) => Either::Left(ready(told(id, outcome))),
        Err(error) => Either::Left(ready(MethodResponse::error(id, error))),
    }
}

/// How the operation ended, as the answer to its call.
pub(in crate::net) fn told(id: Id<'_>, outcome: Outcome) -> MethodResponse {
    match results::told(outcome) {
        // The answer to `all` may hold more than one request ever did.
        Ok(success) => MethodResponse::response(id, ResponsePayload::success(success), usize::MAX),
        Err(error) => MethodResponse::error(id, error),
    }
}
