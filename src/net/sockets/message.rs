//! What stands in one message of a client: a call, several, or none.

use super::Calls;
use jsonrpsee::MethodResponse;
use jsonrpsee::core::middleware::{Batch, BatchEntry, BatchEntryErr};
use jsonrpsee::server::middleware::rpc::RpcServiceT;
use jsonrpsee::types::error::reject_too_big_batch_request;
use jsonrpsee::types::{ErrorCode, ErrorObject, Id, InvalidRequest, Notification, Request};
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
            Err(Some(id)) => {
                MethodResponse::error(id, ErrorObject::from(ErrorCode::InvalidRequest))
            }
            Err(None) => MethodResponse::error(Id::Null, ErrorObject::from(ErrorCode::ParseError)),
        },
        Some(b'[') => batch(&message, calls, most_calls as usize).await,
        _ => MethodResponse::error(Id::Null, ErrorObject::from(ErrorCode::ParseError)),
    }
}

async fn batch(message: &[u8], calls: Calls, most_calls: usize) -> MethodResponse {
    let Ok(entries) = serde_json::from_slice::<Vec<&RawValue>>(message) else {
        return MethodResponse::error(Id::Null, ErrorObject::from(ErrorCode::ParseError));
    };
    if entries.len() > most_calls {
        return MethodResponse::error(Id::Null, reject_too_big_batch_request(most_calls));
    }
    // An entry is a JSON value already: one that is no call is an invalid request, whatever else it is.
    let invalid = |id: Option<_>| {
        BatchEntryErr::new(id.unwrap_or(Id::Null), ErrorObject::from(ErrorCode::InvalidRequest))
    };
    let entries = entries.into_iter().map(|entry| read(entry.get().as_bytes()).map_err(invalid));
    calls.batch(Batch::from(entries.collect())).await
}

/// A call or a notification; else the id of what is neither, if it has one.
fn read(text: &[u8]) -> Result<BatchEntry<'_>, Option<Id<'_>>> {
    if let Ok(request) = serde_json::from_slice::<Request<'_>>(text) {
        return Ok(BatchEntry::Call(request));
    }
    if let Ok(notification) = serde_json::from_slice::<Note<'_>>(text) {
        return Ok(BatchEntry::Notification(notification));
    }
    Err(serde_json::from_slice::<InvalidRequest<'_>>(text).ok().map(|invalid| invalid.id))
}
