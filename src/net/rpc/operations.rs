//! The operations, answered where they are read.
//!
//! jsonrpsee's table of methods calls a handler that may wait through a boxed future with copies of the call's parts. Most
//! operations of a client are answered by the step that takes them in, so they are answered here, in front of that table,
//! without either; what else there is on the client port stands in the table.

use super::edge::Edge;
use super::methods::{OPERATIONS, Operation};
use super::results::{self, Success};
use super::wrong;
use crate::net::requests::Answer;
use crate::process::{Outcome, Reason};
use futures_util::future::{BoxFuture, Either, Ready, ready};
use jsonrpsee::core::middleware::{Batch, Notification};
use jsonrpsee::server::middleware::rpc::RpcServiceT;
use jsonrpsee::types::{ErrorObjectOwned, Id, Params, Request};
use jsonrpsee::{Extensions, MethodResponse, ResponsePayload};
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
        match OPERATIONS.iter().find(|operation| operation.name == request.method) {
            Some(operation) => Either::Left(answer(&self.edge, operation, request)),
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

/// Takes the operation in. Only one that waits is given a future of its own.
fn answer<'a>(
    edge: &Edge,
    operation: &Operation,
    request: Request<'a>,
) -> Either<Ready<MethodResponse>, BoxFuture<'a, MethodResponse>> {
    let Request { id, params, extensions, .. } = request;
    let params = Params::new(params.as_ref().map(|params| params.get()));
    let taken = match (operation.read)(&params) {
        Ok(op) => edge.request(op),
        Err(cause) => Err(wrong::told(operation, &params, &cause)),
    };
    match taken {
        Ok(Answer::Later(outcome)) => Either::Right(Box::pin(async move {
            // The node may end without a word.
            let outcome = outcome.await.unwrap_or(Outcome::Unknown(Reason::Stopping));
            told(id, results::told(outcome), extensions)
        })),
        Ok(Answer::Now(outcome)) => {
            Either::Left(ready(told(id, results::told(outcome), extensions)))
        }
        Err(error) => Either::Left(ready(told(id, Err(error), extensions))),
    }
}

fn told(
    id: Id<'_>,
    result: Result<Success, ErrorObjectOwned>,
    extensions: Extensions,
) -> MethodResponse {
    let answer = match result {
        // The answer to `all` may hold more than one request ever did.
        Ok(success) => MethodResponse::response(id, ResponsePayload::success(success), usize::MAX),
        Err(error) => MethodResponse::error(id, error),
    };
    answer.with_extensions(extensions)
}
