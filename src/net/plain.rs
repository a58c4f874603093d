//! Plain HTTP beside JSON-RPC, on the same port: `POST /messages` appends to the log, `GET /messages` reads it.
//!
//! Both hand the same operation to the same node as the methods `append` and `messages`, and tell the same results; what went
//! wrong stands in an object `error` with the same code, under a status that fits it.

use super::body::{JSON, is_json, whole};
use super::requests::Answer;
use super::rpc::codes;
use super::rpc::results::{self, Success};
use super::rpc::{Edge, params};
use crate::process::{Op, Outcome, Reason};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use jsonrpsee::core::BoxError;
use jsonrpsee::server::{HttpBody, HttpRequest, HttpResponse};
use jsonrpsee::types::{ErrorObjectOwned, Params};
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower::{Layer, Service};

/// Where the log is.
const MESSAGES: &str = "/messages";

/// Puts [`Plain`] in front of a client port.
#[derive(Clone)]
pub(super) struct PlainHttp {
    edge: Arc<Edge>,
}

impl PlainHttp {
    /// Requests go to `edge`.
    pub fn of(edge: Arc<Edge>) -> Self {
        PlainHttp { edge }
    }
}

impl<S> Layer<S> for PlainHttp {
    type Service = Plain<S>;

    fn layer(&self, inner: S) -> Plain<S> {
        Plain { inner, edge: self.edge.clone() }
    }
}

/// Answers what is plain HTTP, and leaves all else to `S`.
#[derive(Clone)]
pub(super) struct Plain<S> {
    inner: S,
    edge: Arc<Edge>,
}

impl<S> Service<HttpRequest> for Plain<S>
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
        if request.uri().path() != MESSAGES {
            return self.inner.call(request).boxed();
        }
        let edge = self.edge.clone();
        async move {
            match asked(request).await {
                Ok(op) => match answer(&edge, op).await {
                    Ok(result) => respond(200, &result),
                    Err(error) => failed(&error),
                },
                Err(Wrong::Broken(error)) => Err(error),
                Err(Wrong::Status(status, error)) => respond(status, &Failed { error: &error }),
            }
        }
        .boxed()
    }
}

/// An error as plain HTTP tells it.
#[derive(Serialize)]
struct Failed<'a> {
    error: &'a ErrorObjectOwned,
}

/// Why a request asks for nothing.
enum Wrong {
    /// Its body broke off.
    Broken(BoxError),
    /// What it is told.
    Status(u16, ErrorObjectOwned),
}

/// The operation that a request asks for.
async fn asked(request: HttpRequest) -> Result<Op, Wrong> {
    match request.method().as_str() {
        "GET" => by_query(request.uri().query().unwrap_or_default()),
        "POST" if is_json(&request) => {
            let body = whole(request.into_body()).await.map_err(Wrong::Broken)?;
            let text = String::from_utf8_lossy(&body);
            params::append(&Params::new(Some(&text)))
                .map_err(|cause| wrong(400, "append", &Params::new(Some(&text)), &cause))
        }
        "POST" => {
            let text = format!("the body is to be JSON; send it with \"content-type: {JSON}\"");
            Err(Wrong::Status(415, codes::invalid_params(text)))
        }
        method => {
            let text = format!("{MESSAGES} takes GET and POST, not {method}");
            Err(Wrong::Status(405, codes::invalid_params(text)))
        }
    }
}

/// `from=3&limit=10`
fn by_query(query: &str) -> Result<Op, Wrong> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let fields = pairs.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        // What is no number is told in the words of the method.
        let value = value.parse::<u64>().map_or_else(|_| json!(value), |number| json!(number));
        (name.to_string(), value)
    });
    let text = serde_json::Value::Object(fields.collect()).to_string();
    let given = Params::new(Some(&text));
    params::messages(&given).map_err(|cause| wrong(400, "messages", &given, &cause))
}

fn wrong(status: u16, method: &str, params: &Params<'_>, cause: &serde_json::Error) -> Wrong {
    Wrong::Status(status, super::rpc::wrong_params(method, params, cause))
}

async fn answer(edge: &Edge, op: Op) -> Result<Success, ErrorObjectOwned> {
    let outcome = match edge.request(op)? {
        Answer::Now(outcome) => outcome,
        Answer::Later(outcome) => outcome.await.unwrap_or(Outcome::Unknown(Reason::Stopping)),
    };
    results::told(outcome)
}

fn failed(error: &ErrorObjectOwned) -> Result<HttpResponse, BoxError> {
    let status = match error.code() {
        4001 => 413,
        4004 => 404,
        4007 => 421,
        4009 => 409,
        4000..5000 | -32602 => 400,
        5002 => 504,
        _ => 503,
    };
    respond(status, &Failed { error })
}

/// An answer, with its fields in the order that JSON-RPC tells them in.
fn respond(status: u16, body: &impl Serialize) -> Result<HttpResponse, BoxError> {
    let body = serde_json::to_string(body)?;
    let response = HttpResponse::builder().status(status);
    let response = response.header("content-type", "application/json; charset=utf-8");
    response.body(HttpBody::from(format!("{body}\n"))).map_err(Into::into)
}
