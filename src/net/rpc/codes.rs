//! Error codes: how a [`Reason`] is told, and what a code means to a client.

use crate::net::client::{Failure, Fate};
use crate::process::{Reason, Short};
use jsonrpsee::types::ErrorObjectOwned;
use jsonrpsee::types::error::{
    INVALID_PARAMS_CODE, INVALID_REQUEST_CODE, METHOD_NOT_FOUND_CODE, PARSE_ERROR_CODE,
};
use serde::{Deserialize, Serialize};

/// The peer port or `join` was called without the cluster's token.
pub(in crate::net) const NO_TOKEN: i32 = 4011;

/// What each code of this program means, for the OpenRPC document.
pub(super) const CODES: [(i32, &str); 17] = [
    (INVALID_PARAMS_CODE, "the parameters are wrong"),
    (4001, "a key or value is too large"),
    (4003, "the session is of another cluster"),
    (4004, "this system does not support the operation"),
    (4005, "what the session has seen was never written in this cluster"),
    (4006, "the write concern is 0, or more than there are servers"),
    (4007, "appends go to the master"),
    (4009, "the id is that of another message"),
    (NO_TOKEN, "the call needs the cluster's token"),
    (5001, "the primary cannot be reached"),
    (5002, "timed out"),
    (5003, "the server is stopping"),
    (5004, "too many requests wait here"),
    (5005, "the server has not caught up yet"),
    (5006, "fewer than a majority of the servers answer"),
    (5007, "what the session has seen was lost with a server's memory"),
    (5008, "the log is read-only while too few servers are healthy"),
];

/// jsonrpsee's own codes after which the call may have happened: internal error, execution failed, unknown error, and
/// an answer or batch of answers that was too big to send.
const UNKNOWN_CODES: [i32; 5] = [-32603, -32000, -32001, -32008, -32011];

/// The `data` of every error of this program.
#[derive(Debug, Serialize, Deserialize)]
struct Data {
    outcome: String,
    hint: String,
}

/// The error that tells a client that its call was refused, or that its outcome is unknown, and why.
pub(in crate::net) fn error(fate: Fate, reason: &Reason) -> ErrorObjectOwned {
    let (code, hint) = code_and_hint(reason);
    told(fate, code, reason.to_string(), hint)
}

/// The error for parameters that are not what the method takes; surely nothing happened.
pub(in crate::net) fn invalid_params(what: impl std::fmt::Display) -> ErrorObjectOwned {
    let hint = "rpc.discover lists each method's parameters";
    told(Fate::Refused, INVALID_PARAMS_CODE, format!("invalid params: {what}"), hint)
}

/// The error for what is no JSON.
pub(in crate::net) fn unparsed(cause: &serde_json::Error) -> ErrorObjectOwned {
    let hint = "send one JSON-RPC 2.0 call as a JSON object, or a list of them";
    told(Fate::Refused, PARSE_ERROR_CODE, format!("parse error: {cause}"), hint)
}

/// The error for JSON that is no call.
pub(in crate::net) fn invalid_request(why: &str) -> ErrorObjectOwned {
    let hint = r#"a call is {"jsonrpc": "2.0", "id": 1, "method": NAME, "params": {…}}"#;
    told(Fate::Refused, INVALID_REQUEST_CODE, format!("invalid request: {why}"), hint)
}

/// The error for a method that there is none of.
pub(in crate::net) fn no_method(name: &str) -> ErrorObjectOwned {
    let text = format!("method not found: {}", Short(name));
    told(Fate::Refused, METHOD_NOT_FOUND_CODE, text, "rpc.discover lists the methods")
}

/// An error with the `data` that every error of this program carries.
pub(in crate::net) fn told(
    fate: Fate,
    code: i32,
    message: impl Into<String>,
    hint: &str,
) -> ErrorObjectOwned {
    let outcome = match fate {
        Fate::Refused => "refused",
        Fate::Unknown => "unknown",
    };
    let data = Data { outcome: outcome.to_string(), hint: hint.to_string() };
    ErrorObjectOwned::owned(code, message, Some(data))
}

fn code_and_hint(reason: &Reason) -> (i32, &'static str) {
    match reason {
        Reason::TooLarge { .. } => (4001, "split it into smaller ones"),
        Reason::EmptyKey => (INVALID_PARAMS_CODE, "give the variable a name"),
        Reason::EmptyId => (INVALID_PARAMS_CODE, "leave it out, and the master makes one"),
        Reason::BadConcern { .. } => (4006, "majority and all are understood too"),
        Reason::NotMaster(_) => (4007, "messages can be read here"),
        Reason::IdTaken { .. } => (4009, "give each message an id of its own"),
        Reason::TooFewAcks { .. } => {
            (5002, "the message stays, and they still get it; the same id asks again")
        }
        Reason::ReadOnly { .. } => (5008, "restart servers, or heal their links"),
        Reason::WrongCluster { .. } => (4003, "start a new session"),
        Reason::NotSupported(_) => (4004, "rpc.discover lists what there is"),
        Reason::PrimaryUnreachable(_) => (5001, "restart the primary, or heal its links"),
        Reason::TimedOut { .. } => (5002, "see which servers answer with status"),
        Reason::Stopping => (5003, "ask another server"),
        Reason::Overloaded(_) => (5004, "send less at once, and try again"),
        Reason::NotCaughtUp => (5005, "try again soon, or ask another server"),
        Reason::NoMajority => (5006, "restart servers until a majority runs"),
        Reason::VersionUnknown(_) => (4005, "start a new session"),
        Reason::VersionLost(_) => (5007, "start a new session"),
        // What a client finds out for itself: no server says it of its own.
        Reason::ConnectionRefused(_) | Reason::ConnectionLost | Reason::Told(_) => {
            (5001, "look whether the server is up")
        }
    }
}

/// What an error from a server means to the client that got it.
pub(in crate::net) fn failure(error: &ErrorObjectOwned) -> Failure {
    let data = error.data().and_then(|data| serde_json::from_str::<Data>(data.get()).ok());
    let unknown = match &data {
        Some(data) => data.outcome != "refused",
        None => UNKNOWN_CODES.contains(&error.code()),
    };
    Failure {
        fate: if unknown { Fate::Unknown } else { Fate::Refused },
        code: Some(error.code()),
        message: error.message().to_string(),
        hint: data.map(|data| data.hint).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_reads_back_as_it_was_told() {
        for fate in [Fate::Refused, Fate::Unknown] {
            let failure = failure(&error(fate, &Reason::Overloaded(7)));
            assert_eq!((failure.fate, failure.code), (fate, Some(5004)));
            assert!(failure.message.contains('7') && !failure.hint.is_empty());
        }
    }

    #[test]
    fn foreign_codes_are_refused_but_for_a_few() {
        let fate = |code| failure(&ErrorObjectOwned::owned(code, "text", None::<()>)).fate;
        assert_eq!([-32700, -32601, -32007, -32009].map(fate), [Fate::Refused; 4]);
        assert_eq!(UNKNOWN_CODES.map(fate), [Fate::Unknown; 5]);
    }
}
