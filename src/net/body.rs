//! Bounds on HTTP requests and their bodies: half a request must not hold its place for ever, nor an endless one fill the memory.
//!
//! jsonrpsee takes a body that fails for a fault of its own, and answers 500: as if the call might have happened. Here
//! the body notes why it failed, and the answer says so: 413, 408 or 400, and refused.

use super::client::Fate;
use super::rpc::codes::told;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, poll_fn};
use http_body::Body;
use jsonrpsee::core::BoxError;
use jsonrpsee::server::{HttpBody, HttpRequest, HttpResponse};
use jsonrpsee::types::error::{INVALID_REQUEST_CODE, OVERSIZED_REQUEST_CODE};
use serde_json::json;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{Sleep, sleep};
use tower::{Layer, Service};

/// A body that has not arrived by then is given up.
const BODY: Duration = Duration::from_secs(30);
/// The code of a call that finds no room.
const OVERLOADED: i32 = 5004;
/// What to do about half a body.
const WHOLE: &str = "send as many bytes as content-length says";
/// The code of a call that timed out.
const TIMED_OUT: i32 = 5002;

/// Puts a [`TimedBody`] around each request's body.
#[derive(Debug, Clone)]
pub(super) struct BodyLimits {
    most_bytes: u32,
    time: Duration,
    /// Places for the requests that are under way.
    places: Arc<Semaphore>,
}

impl BodyLimits {
    /// A body may have so many bytes, and so many requests may be under way at once.
    pub fn of(most_bytes: u32, requests: u32) -> Self {
        let places = Arc::new(Semaphore::new(requests as usize));
        BodyLimits { most_bytes, time: BODY, places }
    }
}

impl<S> Layer<S> for BodyLimits {
    type Service = Timed<S>;

    fn layer(&self, inner: S) -> Timed<S> {
        Timed { inner, limits: self.clone() }
    }
}

/// A service whose requests' bodies are bounded in time and size.
#[derive(Debug, Clone)]
pub(super) struct Timed<S> {
    inner: S,
    limits: BodyLimits,
}

impl<S> Service<HttpRequest> for Timed<S>
where
    S: Service<HttpRequest, Response = HttpResponse, Error = BoxError>,
    S::Future: Send + 'static,
{
    type Response = HttpResponse;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<HttpResponse, BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: HttpRequest) -> Self::Future {
        let limits = self.limits.clone();
        let Ok(place) = limits.places.clone().try_acquire_owned() else {
            return async move { Excess::Requests.answer(&limits) }.boxed();
        };
        if request.body().size_hint().lower() > u64::from(limits.most_bytes) {
            return async move { Excess::Bytes.answer(&limits) }.boxed();
        }
        let excess = Arc::new(OnceLock::new());
        let noted = excess.clone();
        let (most_bytes, time) = (u64::from(limits.most_bytes), limits.time);
        let timed = |inner| {
            let body = TimedBody { inner, most_bytes, time, bytes: 0, late: None, excess: noted };
            HttpBody::new(body)
        };
        let answer = self.inner.call(request.map(timed));
        async move {
            let _place = place;
            let answer = answer.await;
            excess.get().map_or(answer, |excess| excess.answer(&limits))
        }
        .boxed()
    }
}

/// The kind of body that a call comes in.
pub(super) const JSON: &str = "application/json";

/// Whether a request says that its body is JSON.
pub(super) fn is_json(request: &HttpRequest) -> bool {
    let kind = request.headers().get("content-type").and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| {
        kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(JSON)
    })
}

/// The whole body of a request.
pub(super) async fn whole(mut body: HttpBody) -> Result<Vec<u8>, BoxError> {
    let mut bytes = Vec::new();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        if let Ok(data) = frame?.into_data() {
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes)
}

/// Why a body was not read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Excess {
    Bytes,
    Time,
    /// It broke off, or is not what its headers say.
    Broken,
    /// Too many requests are under way to begin with it.
    Requests,
}

impl Excess {
    /// What the client is told: its call was never read as a whole, so nothing happened.
    fn answer(self, limits: &BodyLimits) -> Result<HttpResponse, BoxError> {
        let BodyLimits { most_bytes, time, .. } = limits;
        let (status, code, message, hint) = match self {
            Excess::Bytes => {
                let message = format!("the request has more than {most_bytes} bytes");
                (413, OVERSIZED_REQUEST_CODE, message, "split it into smaller ones")
            }
            Excess::Time => {
                let message = format!("the request did not arrive within {} ms", time.as_millis());
                (408, TIMED_OUT, message, WHOLE)
            }
            Excess::Requests => {
                let message = "too many requests are under way here".to_string();
                (429, OVERLOADED, message, "send less at once, and try again")
            }
            Excess::Broken => {
                let message = "the request's body broke off".to_string();
                (400, INVALID_REQUEST_CODE, message, WHOLE)
            }
        };
        let error = told(Fate::Refused, code, message, hint);
        let body = json!({"jsonrpc": "2.0", "id": null, "error": error}).to_string();
        let response = HttpResponse::builder().status(status);
        let response = response.header("content-type", "application/json; charset=utf-8");
        response.body(HttpBody::from(body)).map_err(Into::into)
    }
}

/// A body with a most size, and a deadline, which begins when the body first has to be waited for.
struct TimedBody {
    inner: HttpBody,
    most_bytes: u64,
    time: Duration,
    bytes: u64,
    late: Option<Pin<Box<Sleep>>>,
    /// Why the body ended early, for the answer.
    excess: Arc<OnceLock<Excess>>,
}

type Frame = http_body::Frame<<HttpBody as Body>::Data>;

impl TimedBody {
    /// The frame, if the body is within its size with it.
    fn counted(&mut self, frame: Frame) -> Result<Frame, BoxError> {
        self.bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
        if self.bytes <= self.most_bytes {
            return Ok(frame);
        }
        self.ended(Excess::Bytes, "the request's body is too large")
    }

    fn ended(&self, excess: Excess, text: &str) -> Result<Frame, BoxError> {
        self.excess.get_or_init(|| excess);
        Err(text.into())
    }
}

impl Body for TimedBody {
    type Data = <HttpBody as Body>::Data;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame, BoxError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.inner).poll_frame(context) {
            return Poll::Ready(frame.map(|frame| match frame {
                Ok(frame) => self.counted(frame),
                Err(error) => self.ended(Excess::Broken, &error.to_string()),
            }));
        }
        let time = self.time;
        let late = self.late.get_or_insert_with(|| Box::pin(sleep(time)));
        ready!(late.as_mut().poll(context));
        Poll::Ready(Some(self.ended(Excess::Time, "the request's body did not arrive in time")))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonrpsee::server::http::response::internal_error;
    use tower::service_fn;

    /// Half a body: no more comes of it, or it breaks off.
    enum Half {
        Stalled,
        Broken,
    }

    impl Body for Half {
        type Data = <HttpBody as Body>::Data;
        type Error = BoxError;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame, BoxError>>> {
            match *self {
                Half::Stalled => Poll::Pending,
                Half::Broken => Poll::Ready(Some(Err("broken off".into()))),
            }
        }
    }

    /// Reads the body as jsonrpsee does, and takes its failure for a fault of its own.
    async fn read(request: HttpRequest) -> Result<HttpResponse, BoxError> {
        let mut body = request.into_body();
        while let Some(frame) =
            std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await
        {
            if frame.is_err() {
                return Ok(internal_error());
            }
        }
        Ok(HttpResponse::new(HttpBody::empty()))
    }

    async fn status_of(body: HttpBody) -> u16 {
        let limits = BodyLimits { time: Duration::from_millis(1), ..BodyLimits::of(8, 1) };
        let mut service = limits.layer(service_fn(read));
        let answer = service.call(HttpRequest::new(body)).await;
        answer.expect("it is answered").status().as_u16()
    }

    #[tokio::test]
    async fn a_body_past_a_limit_is_told_which() {
        assert_eq!(status_of(HttpBody::from("8 bytes.".to_string())).await, 200);
        assert_eq!(status_of(HttpBody::from("9 bytes..".to_string())).await, 413);
        assert_eq!(status_of(HttpBody::new(Half::Stalled)).await, 408);
        assert_eq!(status_of(HttpBody::new(Half::Broken)).await, 400);
    }

    #[tokio::test]
    async fn more_requests_than_there_are_places_are_turned_away_until_one_has_ended() {
        let limits = BodyLimits { time: Duration::from_millis(50), ..BodyLimits::of(8, 1) };
        let mut service = limits.layer(service_fn(read));
        let status = |answer: Result<HttpResponse, BoxError>| {
            answer.expect("it is answered").status().as_u16()
        };
        let slow = service.call(HttpRequest::new(HttpBody::new(Half::Stalled)));
        let second = service.call(HttpRequest::new(HttpBody::empty())).await;
        assert_eq!((status(second), status(slow.await)), (429, 408));
        assert_eq!(status(service.call(HttpRequest::new(HttpBody::empty())).await), 200);
    }
}
