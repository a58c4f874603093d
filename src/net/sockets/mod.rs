//! Clients' connections: their WebSockets with one task each and none a request, and the same calls over HTTP.
//!
//! jsonrpsee makes two tasks a connection and one more for each request, which hands its answer to the second through a
//! channel; that costs as much as most operations do themselves. Here the task that reads a request takes the step, and
//! writes the answer where there is one; what waits for other servers is kept beside the socket. Answers that are ready
//! together go out in one write. What stands around a connection is jsonrpsee's and hyper's.

mod call;
mod connection;
mod message;
mod origin;
mod post;
mod table;

use super::rpc::Edge;
use super::rpc::batch::Together;
use super::rpc::operations::Operations;
use connection::Connection;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Either};
use futures_util::io::{BufReader, BufWriter};
use hyper_util::rt::TokioIo;
use jsonrpsee::Methods;
use jsonrpsee::core::BoxError;
use jsonrpsee::server::http::response;
use jsonrpsee::server::{HttpBody, HttpRequest, HttpResponse};
use soketto::handshake::http::{Server as Handshake, is_upgrade_request};
use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};
use table::Table;
use tokio::sync::Semaphore;
use tokio_util::compat::TokioAsyncReadCompatExt;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::{Layer, Service};

/// What answers the calls of a connection.
type Calls = Together<Operations<Table>>;

/// Bounds on what one client port takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// So many WebSockets may be open at once.
    pub connections: u32,
    /// The longest message of a client, in bytes.
    pub message: u32,
    /// So many calls may stand in one batch.
    pub batch: u32,
    /// So many calls of one connection may wait for their answers; then no more is read from it.
    pub waiting: usize,
}

/// The WebSockets of one client port.
#[derive(Clone)]
pub(super) struct Sockets {
    edge: Arc<Edge>,
    calls: Calls,
    limits: Limits,
    places: Arc<Semaphore>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Sockets {
    /// Operations go to `edge`, other calls to `methods`.
    pub fn new(edge: Arc<Edge>, methods: Methods, limits: Limits) -> Self {
        let calls =
            Together::around(Operations::before(Table::of(methods), edge.clone()), u32::MAX);
        let places = Arc::new(Semaphore::new(limits.connections as usize));
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        Sockets { edge, calls, limits, places, tasks, stop }
    }

    /// Nothing more is read; each connection ends once its calls are answered.
    pub fn stop(&self) {
        self.stop.cancel();
        self.tasks.close();
    }

    /// All connections have ended.
    pub async fn stopped(&self) {
        self.tasks.wait().await;
    }

    /// Answers the handshake; the connection then lives in a task of its own.
    fn open(&self, request: HttpRequest) -> Result<HttpResponse, BoxError> {
        let Ok(place) = self.places.clone().try_acquire_owned() else {
            return Ok(response::too_many_requests());
        };
        let mut handshake = Handshake::new();
        let accepted = match handshake.receive_request(&request) {
            Ok(accepted) => accepted,
            Err(error) => {
                let text = format!("the WebSocket handshake failed: {error}\n");
                let refused = HttpResponse::builder().status(400);
                return refused.body(HttpBody::from(text)).map_err(Into::into);
            }
        };
        let sockets = self.clone();
        self.tasks.spawn(async move {
            let _place = place;
            // The client may leave before the answer to its handshake has reached it.
            let Ok(upgraded) = hyper::upgrade::on(request).await else { return };
            let Sockets { edge, calls, limits, stop, .. } = sockets;
            let bytes = BufReader::new(BufWriter::new(TokioIo::new(upgraded).compat()));
            let mut socket = handshake.into_builder(bytes);
            socket.set_max_message_size(limits.message as usize);
            Connection::new(edge, calls, limits, socket.finish()).run(stop).await;
        });
        Ok(accepted.map(|()| HttpBody::default()))
    }
}

impl<S> Layer<S> for Sockets {
    type Service = InFront<S>;

    fn layer(&self, inner: S) -> InFront<S> {
        InFront { inner, sockets: self.clone() }
    }
}

/// Opens WebSockets and answers what is posted; who asks for anything else is told by `S` that there is nothing.
#[derive(Clone)]
pub(super) struct InFront<S> {
    inner: S,
    sockets: Sockets,
}

impl<S> Service<HttpRequest> for InFront<S>
where
    S: Service<HttpRequest, Response = HttpResponse, Error = BoxError>,
{
    type Response = HttpResponse;
    type Error = BoxError;
    type Future = Either<
        Ready<Result<HttpResponse, BoxError>>,
        Either<BoxFuture<'static, Result<HttpResponse, BoxError>>, S::Future>,
    >;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: HttpRequest) -> Self::Future {
        if let Some(origin) = origin::foreign(&request) {
            return Either::Left(ready(turned_away(origin)));
        }
        if is_upgrade_request(&request) {
            return Either::Left(ready(self.sockets.open(request)));
        }
        Either::Right(match request.method().as_str() {
            "POST" => {
                let (calls, limits) = (self.sockets.calls.clone(), self.sockets.limits);
                Either::Left(post::answer(request, calls, limits).boxed())
            }
            _ => Either::Right(self.inner.call(request)),
        })
    }
}

fn turned_away(origin: &str) -> Result<HttpResponse, BoxError> {
    let text = format!("pages of {origin} may not use this server\n");
    let refused = HttpResponse::builder().status(403);
    refused.body(HttpBody::from(text)).map_err(Into::into)
}
