//! Batches whose calls are under way together.
//!
//! jsonrpsee answers the calls of a batch one after the other, so each write of a batch would take a round of its own.
//! Here they start in the order of the batch, up to [`TOGETHER`] of them at once, and so share rounds; the answers stand
//! in the order of the calls. That is what the JSON-RPC specification allows a server, and a client that wants one call
//! to see another sends them one after the other.

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, Stream, StreamExt, stream};
use jsonrpsee::BatchResponseBuilder;
use jsonrpsee::MethodResponse;
use jsonrpsee::core::middleware::{Batch, BatchEntry, BatchEntryErr, Notification};
use jsonrpsee::server::middleware::rpc::RpcServiceT;
use jsonrpsee::types::Request;
use std::future::{Future, ready};
use std::pin::pin;

/// So many calls of one batch are under way at once; as many clients with batches fit before a server is overloaded.
const TOGETHER: usize = 64;

/// The service of a client port: its batches are answered together.
#[derive(Debug, Clone)]
pub(in crate::net) struct Together<S> {
    service: S,
    most_bytes: usize,
}

impl<S> Together<S> {
    /// Around `service`, whose answers have at most so many bytes.
    pub fn around(service: S, most_bytes: u32) -> Self {
        Together { service, most_bytes: most_bytes as usize }
    }
}

impl<S> RpcServiceT for Together<S>
where
    S: RpcServiceT<
            MethodResponse = MethodResponse,
            NotificationResponse = MethodResponse,
            BatchResponse = MethodResponse,
        > + Send
        + Sync
        + Clone
        + 'static,
{
    type MethodResponse = MethodResponse;
    type NotificationResponse = MethodResponse;
    type BatchResponse = MethodResponse;

    fn call<'a>(&self, request: Request<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        self.service.call(request)
    }

    fn notification<'a>(
        &self,
        notification: Notification<'a>,
    ) -> impl Future<Output = MethodResponse> + Send + 'a {
        self.service.notification(notification)
    }

    fn batch<'a>(&self, batch: Batch<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let service = self.service.clone();
        // A call starts when its future is made, so each is made when its turn has come.
        let start = move |entry| -> BoxFuture<'a, Option<MethodResponse>> {
            match entry {
                // The client port knows no notifications: they have no effect and no answer.
                Ok(BatchEntry::Notification(_)) => Box::pin(ready(None)),
                Ok(BatchEntry::Call(request)) => Box::pin(service.call(request).map(Some)),
                Err(error) => {
                    let (error, id) = BatchEntryErr::into_parts(error);
                    Box::pin(ready(Some(MethodResponse::error(id, error))))
                }
            }
        };
        gather(stream::iter(batch).map(start).buffered(TOGETHER), self.most_bytes)
    }
}

/// Awaits the answers and puts them together in their order.
async fn gather(
    answers: impl Stream<Item = Option<MethodResponse>>,
    most_bytes: usize,
) -> MethodResponse {
    let (mut together, mut notified) = (BatchResponseBuilder::new_with_limit(most_bytes), false);
    let mut answers = pin!(answers);
    while let Some(answer) = answers.next().await {
        match answer.map(|answer| together.append(answer)) {
            Some(Ok(())) => {}
            Some(Err(too_large)) => return too_large,
            None => notified = true,
        }
    }
    // A batch of notifications alone has no answer; an empty one is no request.
    match together.is_empty() && notified {
        true => MethodResponse::notification(),
        false => MethodResponse::from_batch(together.finish()),
    }
}
