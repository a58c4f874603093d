//! A call as nearly all clients send it, and its answer, each read and written once.
//!
//! jsonrpsee reads an id by trying one kind after the other, and makes an error with a text for each kind that it is not;
//! its answers grow through a writer that counts. Beside an operation that takes a few microseconds both can be seen.
//! What cannot be read here is read, or refused, by jsonrpsee's types: see [`super::message`].

use crate::net::rpc::results;
use crate::process::Outcome;
use jsonrpsee::MethodResponse;
use jsonrpsee::types::{Id, TwoPointZero};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// One call.
#[derive(Deserialize)]
pub(super) struct Call<'a> {
    #[serde(rename = "jsonrpc")]
    _version: TwoPointZero,
    /// What its answer is known by.
    #[serde(borrow, deserialize_with = "id")]
    pub id: Id<'a>,
    /// What is called.
    pub method: &'a str,
    /// With what.
    #[serde(borrow, default)]
    pub params: Option<&'a RawValue>,
}

fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Id<'de>, D::Error> {
    deserializer.deserialize_any(AnyId)
}

struct AnyId;

impl<'de> Visitor<'de> for AnyId {
    type Value = Id<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, a whole number or null")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Id<'de>, E> {
        Ok(Id::Number(number))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Id<'de>, E> {
        Ok(Id::Str(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Id<'de>, E> {
        Ok(Id::Str(Cow::Owned(text.to_string())))
    }

    fn visit_unit<E: Error>(self) -> Result<Id<'de>, E> {
        Ok(Id::Null)
    }
}

#[derive(Serialize)]
struct Response<'a> {
    jsonrpc: &'static str,
    id: &'a Id<'a>,
    result: results::Success,
}

/// How the operation of a call ended, as its answer stands on the wire.
pub(super) fn told(id: Id<'_>, outcome: Outcome) -> String {
    let error = match results::told(outcome) {
        Ok(result) => match serde_json::to_string(&Response { jsonrpc: "2.0", id: &id, result }) {
            Ok(text) => return text,
            Err(_) => jsonrpsee::types::ErrorCode::InternalError.into(),
        },
        Err(error) => error,
    };
    text(MethodResponse::error(id, error))
}

/// The text of an answer that jsonrpsee has made.
pub(super) fn text(answer: MethodResponse) -> String {
    let text: Box<str> = answer.into_json().into();
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::rpc::operations;
    use crate::process::Reason;
    use jsonrpsee::types::Request;

    #[test]
    fn a_call_is_read_as_jsonrpsee_reads_it() {
        for text in [
            r#"{"jsonrpc":"2.0","id":7,"method":"get","params":["x"]}"#,
            r#"{"params":{"key":"x"},"method":"get","id":"a\"b","jsonrpc":"2.0","more":1}"#,
            r#"{"jsonrpc":"2.0","id":null,"method":"all"}"#,
            r#"{"jsonrpc":"2.0","id":"","method":"all","params":null}"#,
        ] {
            let call: Call<'_> = serde_json::from_str(text).expect(text);
            let request: Request<'_> = serde_json::from_str(text).expect(text);
            assert_eq!((&call.id, call.method), (&request.id, &*request.method));
            let params = request.params.as_ref().map(|params| params.get());
            assert_eq!(call.params.map(RawValue::get), params);
        }
        for text in [
            r#"{"jsonrpc":"1.0","id":7,"method":"get"}"#,
            r#"{"jsonrpc":"2.0","id":-7,"method":"get"}"#,
            r#"{"jsonrpc":"2.0","id":7,"id":8,"method":"get"}"#,
            r#"{"jsonrpc":"2.0","method":"get"}"#,
        ] {
            assert!(serde_json::from_str::<Call<'_>>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_answer_is_written_as_jsonrpsee_writes_it() {
        let outcomes = [
            Outcome::Got { value: Some("a\"b\n".into()), version: 3, session: None },
            Outcome::Set { version: None, session: None },
            Outcome::Refused(Reason::NotCaughtUp),
        ];
        for outcome in outcomes {
            for id in [Id::Number(7), Id::Null, Id::Str("a\"".into())] {
                let theirs = text(operations::told(id.clone(), outcome.clone()));
                assert_eq!(told(id, outcome.clone()), theirs);
            }
        }
    }
}
