//! The token at the door: who may speak as a peer or control a server.
//!
//! The cluster's token comes as a bearer header when a connection is made. On a peer port nothing passes without it; on
//! the controller's port everyone may ask, and a method that needs the token looks for [`Admitted`].

use super::client::Fate;
use super::rpc::codes::{NO_TOKEN, told};
use futures_util::future::{Either, Ready, ready};
use jsonrpsee::core::BoxError;
use jsonrpsee::server::{HttpBody, HttpRequest, HttpResponse};
use jsonrpsee::types::ErrorObjectOwned;
use jsonrpsee_ws_client::{HeaderMap, HeaderValue};
use serde_json::json;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower::{Layer, Service};

const BEARER: &str = "Bearer ";

/// Stands on a request's extensions if it came with the token.
#[derive(Debug, Clone, Copy)]
pub(super) struct Admitted;

/// Checks the token of every HTTP request, WebSocket handshakes included.
#[derive(Debug, Clone)]
pub(super) struct Guard {
    token: Arc<str>,
    required: bool,
}

impl Guard {
    /// Nothing passes without `token`.
    pub fn required(token: &str) -> Self {
        Guard { token: token.into(), required: true }
    }

    /// Everything passes; what came with `token` is marked as [`Admitted`].
    pub fn optional(token: &str) -> Self {
        Guard { token: token.into(), required: false }
    }

    fn admits<B>(&self, request: &HttpRequest<B>) -> bool {
        let header = request.headers().get("authorization").and_then(|value| value.to_str().ok());
        let token = header.and_then(|header| header.strip_prefix(BEARER));
        token.is_some_and(|token| equal(token.as_bytes(), self.token.as_bytes()))
    }
}

impl<S> Layer<S> for Guard {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Guarded<S> {
        Guarded { guard: self.clone(), inner }
    }
}

/// A service behind a [`Guard`].
#[derive(Debug, Clone)]
pub(super) struct Guarded<S> {
    guard: Guard,
    inner: S,
}

impl<S, B> Service<HttpRequest<B>> for Guarded<S>
where
    S: Service<HttpRequest<B>, Response = HttpResponse, Error = BoxError>,
{
    type Response = HttpResponse;
    type Error = BoxError;
    type Future = Either<Ready<Result<HttpResponse, BoxError>>, S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: HttpRequest<B>) -> Self::Future {
        if self.guard.admits(&request) {
            request.extensions_mut().insert(Admitted);
        } else if self.guard.required {
            return Either::Left(ready(unauthorized()));
        }
        Either::Right(self.inner.call(request))
    }
}

/// The header that a holder of the token sends; empty if the token cannot stand in a header, and then admits nobody.
pub(super) fn bearer(token: &str) -> HeaderMap {
    let value = HeaderValue::from_str(&format!("{BEARER}{token}"));
    let mut headers = HeaderMap::new();
    if let Ok(value) = value {
        headers.insert("authorization", value);
    }
    headers
}

/// The error for whoever came without the token.
pub(super) fn no_token() -> ErrorObjectOwned {
    let hint = "send the cluster's token as \"authorization: Bearer TOKEN\"; conlab server takes it from CONLAB_TOKEN";
    told(Fate::Refused, NO_TOKEN, "this needs the cluster's token", hint)
}

fn unauthorized() -> Result<HttpResponse, BoxError> {
    let body = json!({"jsonrpc": "2.0", "id": null, "error": no_token()}).to_string();
    let response = HttpResponse::builder().status(401);
    let response = response.header("content-type", "application/json; charset=utf-8");
    response.header("www-authenticate", "Bearer").body(HttpBody::from(body)).map_err(Into::into)
}

/// Compares in a time that depends on the lengths alone, so that a token cannot be found out byte by byte.
fn equal(given: &[u8], token: &[u8]) -> bool {
    let differing = given.iter().zip(token).fold(0, |differing, (a, b)| differing | (a ^ b));
    std::hint::black_box(differing) == 0 && given.len() == token.len() && !token.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_is_equal() {
        assert!(equal(b"abc", b"abc"));
        for (given, token) in
            [("ab", "abc"), ("abcd", "abc"), ("abd", "abc"), ("", "abc"), ("", "")]
        {
            assert!(!equal(given.as_bytes(), token.as_bytes()), "{given:?} {token:?}");
        }
    }
}
