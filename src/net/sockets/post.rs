//! The same calls over HTTP: one message a request, answered as on a WebSocket.

use super::{Calls, Limits, message};
use crate::net::body::{JSON, is_json, whole};
use crate::net::rpc::codes::invalid_request;
use jsonrpsee::MethodResponse;
use jsonrpsee::core::BoxError;
use jsonrpsee::server::{HttpBody, HttpRequest, HttpResponse};
use jsonrpsee::types::Id;

/// Answers the message in the body of a request. A body that cannot be read as a whole is an error.
pub(super) async fn answer(
    request: HttpRequest,
    calls: Calls,
    limits: Limits,
) -> Result<HttpResponse, BoxError> {
    if !is_json(&request) {
        let why = format!("the body is to be JSON; send it with \"content-type: {JSON}\"");
        return told(415, &MethodResponse::error(Id::Null, invalid_request(&why)));
    }
    let body = whole(request.into_body()).await?;
    // What does not even begin as JSON-RPC is told so in the language of HTTP too.
    let status = if matches!(message::first(&body), Some(b'{' | b'[')) { 200 } else { 400 };
    let answer = message::answer(body, calls, limits.batch).await;
    if answer.is_notification() {
        return HttpResponse::builder().status(204).body(HttpBody::empty()).map_err(Into::into);
    }
    told(status, &answer)
}

fn told(status: u16, answer: &MethodResponse) -> Result<HttpResponse, BoxError> {
    let response = HttpResponse::builder().status(status);
    let response = response.header("content-type", "application/json; charset=utf-8");
    response.body(HttpBody::from(answer.as_json().get().to_string())).map_err(Into::into)
}
