//! A bound on how long an HTTP request's body may take: half a request must not hold its place for ever.

use jsonrpsee::core::BoxError;
use jsonrpsee::server::{HttpBody, HttpRequest};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Sleep, sleep};
use tower::{Layer, Service};

/// A body that has not arrived by then is given up.
const BODY: Duration = Duration::from_secs(30);

/// Puts a [`TimedBody`] around each request's body.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReadTimeout;

impl<S> Layer<S> for ReadTimeout {
    type Service = Timed<S>;

    fn layer(&self, inner: S) -> Timed<S> {
        Timed { inner }
    }
}

/// A service whose requests' bodies are bounded in time.
#[derive(Debug, Clone)]
pub(super) struct Timed<S> {
    inner: S,
}

impl<S: Service<HttpRequest>> Service<HttpRequest> for Timed<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: HttpRequest) -> Self::Future {
        let timed = |inner| HttpBody::new(TimedBody { inner, late: None });
        self.inner.call(request.map(timed))
    }
}

/// A body with a deadline, which begins when the body first has to be waited for.
struct TimedBody {
    inner: HttpBody,
    late: Option<Pin<Box<Sleep>>>,
}

impl http_body::Body for TimedBody {
    type Data = <HttpBody as http_body::Body>::Data;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Self::Data>, BoxError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.inner).poll_frame(context) {
            return Poll::Ready(frame);
        }
        let late = self.late.get_or_insert_with(|| Box::pin(sleep(BODY)));
        ready!(late.as_mut().poll(context));
        Poll::Ready(Some(Err("the request's body did not arrive in time".into())))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.inner.size_hint()
    }
}
