//! What stands in one message of a client: a call, several, or none.

use super::Calls;
use crate::net::rpc::codes::{invalid_request, unparsed};
use crate::process::Short;
use jsonrpsee::MethodResponse;
use jsonrpsee::core::middleware::{Batch, BatchEntry, BatchEntryErr};
use jsonrpsee::server::middleware::rpc::RpcServiceT;
use jsonrpsee::types::error::reject_too_big_batch_request;
use jsonrpsee::types::{ErrorObjectOwned, Id, InvalidRequest, Notification, Request};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::value::RawValue;

/// A notification with any parameters.
type Note<'a> = Notification<'a, Option<std::borrow::Cow<'a, RawValue>>>;

/// What tells a call from a batch.
pub(super) fn first(message: &[u8]) -> Option<u8> {
    message.iter().copied().find(|byte| !byte.is_ascii_whitespace())
}

/// Answers a message that is more, or less, than one operation.
pub(super) async fn answer(message: Vec<u8>, calls: Calls, most_calls: u32) -> MethodResponse {
    match first(&message) {
        Some(b'{') => match read(&message) {
            Ok(BatchEntry::Call(request)) => calls.call(request).await,
            Ok(BatchEntry::Notification(_)) => MethodResponse::notification(),
            Err((id, error)) => MethodResponse::error(id, error),
        },
        Some(b'[') => batch(&message, calls, most_calls as usize).await,
        _ => MethodResponse::error(Id::Null, neither(&message)),
    }
}

async fn batch(message: &[u8], calls: Calls, most_calls: usize) -> MethodResponse {
    let entries = match serde_json::from_slice::<Vec<&RawValue>>(message) {
        Ok(entries) => entries,
        Err(error) => return MethodResponse::error(Id::Null, unparsed(&error)),
    };
    if entries.is_empty() {
        return MethodResponse::error(Id::Null, invalid_request("the batch holds no call"));
    }
    if entries.len() > most_calls {
        return MethodResponse::error(Id::Null, reject_too_big_batch_request(most_calls));
    }
    let invalid = |(id, error)| BatchEntryErr::new(id, error);
    let entries = entries.into_iter().map(|entry| read(entry.get().as_bytes()).map_err(invalid));
    calls.batch(Batch::from(entries.collect())).await
}

/// A call or a notification; else the id of what is neither, and what is wrong with it.
fn read(text: &[u8]) -> Result<BatchEntry<'_>, (Id<'_>, ErrorObjectOwned)> {
    if let Ok(request) = serde_json::from_slice::<Request<'_>>(text) {
        return Ok(BatchEntry::Call(request));
    }
    // What has an id of whatever kind waits for an answer.
    let unnamed = matches!(serde_json::from_slice(text), Ok(Named { id: None }));
    if let (true, Ok(notification)) = (unnamed, serde_json::from_slice::<Note<'_>>(text)) {
        return Ok(BatchEntry::Notification(notification));
    }
    let id = serde_json::from_slice::<InvalidRequest<'_>>(text).map_or(Id::Null, |wrong| wrong.id);
    Err((id, neither(text)))
}

/// Whether a message has an id.
#[derive(Deserialize)]
struct Named {
    id: Option<IgnoredAny>,
}

/// Why a message is neither a call nor a notification.
fn neither(text: &[u8]) -> ErrorObjectOwned {
    match serde_json::from_slice::<Value>(text) {
        Err(error) => unparsed(&error),
        Ok(message) => invalid_request(&wrong(&message)),
    }
}

fn wrong(message: &Value) -> String {
    let Some(fields) = message.as_object() else {
        return format!("{} is no object", short(message));
    };
    let id = fields.get("id").unwrap_or(&Value::Null);
    match (fields.get("jsonrpc"), fields.get("method")) {
        (None, _) => "\"jsonrpc\": \"2.0\" is missing".to_string(),
        (Some(version), _) if version != "2.0" => {
            format!("jsonrpc is {}, not \"2.0\"", short(version))
        }
        (_, None) => "the method is missing".to_string(),
        (_, Some(method)) if !method.is_string() => {
            format!("the method {} is no string", short(method))
        }
        _ if !(id.is_null() || id.is_string() || id.is_u64()) => {
            format!(
                "the id {} is neither a string nor a whole number from 0 to {}",
                short(id),
                u64::MAX
            )
        }
        _ => "a field is there twice".to_string(),
    }
}

/// A value as an error shows it.
fn short(value: &Value) -> String {
    Short(&value.to_string()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_call_is_told_why() {
        for (text, why) in [
            (r#"{"method":"status","id":1}"#, "\"2.0\" is missing"),
            (r#"{"jsonrpc":"1.0","method":"status","id":1}"#, "not \"2.0\""),
            (r#"{"jsonrpc":"2.0","id":1}"#, "the method is missing"),
            (r#"{"jsonrpc":"2.0","method":7,"id":1}"#, "the method 7 is no string"),
            (r#"{"jsonrpc":"2.0","method":"status","id":-1}"#, "the id -1 is neither"),
            (r#"{"jsonrpc":"2.0","method":"status","id":1.5}"#, "the id 1.5 is neither"),
            (r#"{"jsonrpc":"2.0","method":"status","id":true}"#, "the id true is neither"),
            (r#"{"jsonrpc":"2.0","method":"status","id":1,"id":2}"#, "a field is there twice"),
            ("7", "7 is no object"),
            ("{", "parse error"),
        ] {
            let Err((_, error)) = read(text.as_bytes()) else {
                panic!("{text} is taken for a call")
            };
            assert!(error.message().contains(why), "{text}: {}", error.message());
        }
        let note = read(br#"{"jsonrpc":"2.0","method":"status"}"#);
        assert!(matches!(note, Ok(BatchEntry::Notification(_))));
    }
}
