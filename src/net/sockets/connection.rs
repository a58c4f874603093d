//! One WebSocket of a client: what is read from it, what waits, and what is written to it.

use super::call::{Call, text, told};
use super::{Calls, Limits, message};
use crate::net::requests::Answer;
use crate::net::rpc::Edge;
use crate::net::rpc::operations::take_in;
use crate::process::{Outcome, Reason};
use futures_util::future::{BoxFuture, Either, FusedFuture, FutureExt};
use futures_util::io::{BufReader, BufWriter};
use futures_util::stream::{self, BoxStream, FuturesUnordered, Peekable, StreamExt};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use jsonrpsee::MethodResponse;
use jsonrpsee::types::Id;
use jsonrpsee::types::error::reject_too_big_request;
use serde_json::value::RawValue;
use soketto::connection::Error;
use soketto::{Incoming, Receiver, Sender};
use std::convert::Infallible;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::oneshot;
use tokio_util::compat::Compat;
use tokio_util::sync::CancellationToken;

/// The bytes under a WebSocket.
pub(super) type Bytes = BufReader<BufWriter<Compat<TokioIo<Upgraded>>>>;

/// Calls whose answers are not there yet: operations, and whatever else a message may hold.
type Waiting = FuturesUnordered<Either<Later, BoxFuture<'static, Option<String>>>>;

/// What a client sends. A message that is read in part is read on by the same future, whatever else happens meanwhile.
type Messages = Peekable<BoxStream<'static, Event>>;

/// An open connection.
pub(super) struct Connection {
    edge: Arc<Edge>,
    calls: Calls,
    limits: Limits,
    incoming: Messages,
    sender: Sender<Bytes>,
    waiting: Waiting,
    /// Whether something was written that has not been flushed.
    unflushed: bool,
}

/// What happens next on a connection.
enum Event {
    /// A message came.
    Asked(Vec<u8>),
    /// One came that is too long, and was skipped.
    TooLong,
    /// A call that waited has its answer; a notification has none.
    Answered(Option<String>),
    /// The client has left.
    Left,
    /// The server ends.
    Stopped,
}

impl Connection {
    /// A connection that reads from `receiver` and answers through `sender`.
    pub fn new(
        edge: Arc<Edge>,
        calls: Calls,
        limits: Limits,
        (sender, receiver): (Sender<Bytes>, Receiver<Bytes>),
    ) -> Self {
        let incoming = stream::unfold(receiver, receive).boxed().peekable();
        let waiting = Waiting::new();
        Connection { edge, calls, limits, incoming, sender, waiting, unflushed: false }
    }

    /// Answers what comes until the client leaves, or until `stop` and the last answer. While an answer cannot be written, no
    /// further call is taken in.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut stopped = pin!(stop.cancelled().fuse());
        while !stopped.is_terminated() || !self.waiting.is_empty() {
            let event = match self.unflushed {
                false => self.next(&mut stopped).await,
                true => match self.next(&mut stopped).now_or_never() {
                    Some(event) => event,
                    // Nothing is ready any more: what was written goes out together.
                    None if self.flush().await.is_ok() => continue,
                    None => return,
                },
            };
            let written = match event {
                Event::Asked(message) => self.take_in(message).await,
                Event::TooLong => {
                    let error = reject_too_big_request(self.limits.message);
                    self.write(&text(MethodResponse::error(Id::Null, error))).await
                }
                Event::Answered(Some(answer)) => self.write(&answer).await,
                Event::Answered(None) => Ok(()),
                // Nobody waits for answers any more; the node goes on with what it has taken in.
                Event::Left => break,
                Event::Stopped => Ok(()),
            };
            if written.is_err() {
                return;
            }
        }
        // Whether the client hears the farewell is its own affair.
        let _ = self.flush().await;
        let _ = beside(self.sender.close(), &mut self.incoming).await;
    }

    /// What comes first: an answer, the end of the server, a message.
    async fn next(&mut self, stopped: &mut (impl FusedFuture<Output = ()> + Unpin)) -> Event {
        let open = !stopped.is_terminated();
        let reads = open && self.waiting.len() < self.limits.waiting;
        tokio::select! {
            biased;
            Some(answer) = self.waiting.next(), if !self.waiting.is_empty() => Event::Answered(answer),
            () = stopped, if open => Event::Stopped,
            event = self.incoming.next(), if reads => event.unwrap_or(Event::Left),
        }
    }

    /// Takes an operation in, and writes its answer if it has one already; whatever else came is answered by and by.
    async fn take_in(&mut self, message: Vec<u8>) -> Result<(), Error> {
        if message::first(&message) == Some(b'{')
            && let Ok(Call { id, method, params, .. }) = serde_json::from_slice(&message)
            && let Some(taken) = take_in(&self.edge, method, params.map(RawValue::get))
        {
            return match taken {
                Ok(Answer::Now(outcome)) => self.write(&told(id, outcome)).await,
                Ok(Answer::Later(outcome)) => {
                    let id = id.into_owned();
                    self.waiting.push(Either::Left(Later { id, outcome }));
                    Ok(())
                }
                Err(error) => self.write(&text(MethodResponse::error(id, error))).await,
            };
        }
        let answer = message::answer(message, self.calls.clone(), self.limits.batch);
        let told = answer.map(|answer| (!answer.is_notification()).then(|| text(answer)));
        self.waiting.push(Either::Right(told.boxed()));
        Ok(())
    }

    async fn write(&mut self, answer: &str) -> Result<(), Error> {
        self.unflushed = true;
        beside(self.sender.send_text(answer), &mut self.incoming).await
    }

    async fn flush(&mut self) -> Result<(), Error> {
        self.unflushed = false;
        beside(self.sender.flush(), &mut self.incoming).await
    }
}

/// Writes, and reads on meanwhile: whoever reads answers pings, and holds the socket until such an answer is out. A message
/// that comes is kept.
async fn beside<T>(write: impl Future<Output = T>, incoming: &mut Messages) -> T {
    let reading = async {
        Pin::new(incoming).peek().await;
        std::future::pending::<Infallible>().await
    };
    tokio::select! {
        biased;
        written = write => written,
        never = reading => match never {},
    }
}

/// The answer to an operation that waits for other servers.
struct Later {
    id: Id<'static>,
    outcome: oneshot::Receiver<Outcome>,
}

impl Future for Later {
    type Output = Option<String>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<String>> {
        self.outcome.poll_unpin(context).map(|outcome| {
            // The node may end without a word.
            let outcome = outcome.unwrap_or(Outcome::Unknown(Reason::Stopping));
            Some(told(std::mem::replace(&mut self.id, Id::Null), outcome))
        })
    }
}

/// The next message of a client; none once it has left.
async fn receive(mut receiver: Receiver<Bytes>) -> Option<(Event, Receiver<Bytes>)> {
    let mut message = Vec::new();
    loop {
        match receiver.receive(&mut message).await {
            Ok(Incoming::Data(_)) => return Some((Event::Asked(message), receiver)),
            Ok(Incoming::Pong(_)) => {}
            Err(Error::MessageTooLarge { .. }) => return Some((Event::TooLong, receiver)),
            Ok(Incoming::Closed(_)) | Err(_) => return None,
        }
    }
}
