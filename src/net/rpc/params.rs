//! Parameters of the methods: by name or by position, keys and values always strings. What is wrong with them, [`wrong`]
//! tells.
//!
//! [`wrong`]: super::wrong

use super::codes::invalid_params;
use crate::process::{Concern, Key, Op, Value, shared};
use crate::session::Session;
use jsonrpsee::core::traits::ToRpcParams;
use jsonrpsee::types::{ErrorObjectOwned, Params};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Error;
use serde_json::value::{RawValue, to_raw_value};
use std::time::Duration;

/// `set{key, value, session?}`
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Set {
    #[serde(deserialize_with = "shared")]
    key: Key,
    #[serde(deserialize_with = "shared")]
    value: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session: Option<Session>,
}

/// `get{key, session?}` and `delete{key, session?}`
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Keyed {
    #[serde(deserialize_with = "shared")]
    key: Key,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session: Option<Session>,
}

/// `all{session?}`
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unkeyed {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session: Option<Session>,
}

/// `append{message, w?, id?, timeout_ms?}`
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Append {
    #[serde(deserialize_with = "shared")]
    message: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    w: Option<Concern>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<Key>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timeout_ms: Option<u64>,
}

/// `messages{from?, limit?}`
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Messages {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    limit: Option<u64>,
}

/// Reads the parameters of `set`.
pub(super) fn set(params: &Params<'_>) -> Result<Op, Error> {
    parse(params).map(|Set { key, value, session }| Op::Set { key, value, session })
}

/// Reads the parameters of `delete`.
pub(super) fn delete(params: &Params<'_>) -> Result<Op, Error> {
    parse(params).map(|Keyed { key, session }| Op::Delete { key, session })
}

/// Reads the parameters of `get`.
pub(super) fn get(params: &Params<'_>) -> Result<Op, Error> {
    parse(params).map(|Keyed { key, session }| Op::Get { key, session })
}

/// Reads the parameters of `all`, which may be left out.
pub(super) fn all(params: &Params<'_>) -> Result<Op, Error> {
    let Unkeyed { session } =
        if params.as_str().is_some() { parse(params)? } else { Unkeyed::default() };
    Ok(Op::All { session })
}

/// Reads the parameters of `append`.
pub(in crate::net) fn append(params: &Params<'_>) -> Result<Op, Error> {
    let Append { message, w, id, timeout_ms } = parse(params)?;
    let (w, timeout) = (w.unwrap_or_default(), timeout_ms.map(Duration::from_millis));
    Ok(Op::Append { message, id, w, timeout })
}

/// Reads the parameters of `messages`, which may be left out.
pub(in crate::net) fn messages(params: &Params<'_>) -> Result<Op, Error> {
    let Messages { from, limit } =
        if params.as_str().is_some() { parse(params)? } else { Messages::default() };
    Ok(Op::Messages { from: from.unwrap_or(1), limit })
}

/// Reads parameters of any shape; what is wrong is told as the parameters show it.
pub(in crate::net) fn read<T: DeserializeOwned>(
    params: &Params<'_>,
) -> Result<T, ErrorObjectOwned> {
    parse(params).map_err(invalid_params)
}

fn parse<T: DeserializeOwned>(params: &Params<'_>) -> Result<T, Error> {
    serde_json::from_str(params.as_str().unwrap_or("[]"))
}

/// The parameters that ask for `op`.
pub(in crate::net) fn of(op: &Op) -> Named {
    match op.clone() {
        Op::Set { key, value, session } => Named::of(&Set { key, value, session }),
        Op::Delete { key, session } | Op::Get { key, session } => {
            Named::of(&Keyed { key, session })
        }
        Op::All { session } => Named::of(&Unkeyed { session }),
        Op::Append { message, id, w, timeout } => {
            let timeout_ms =
                timeout.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
            Named::of(&Append { message, w: Some(w), id, timeout_ms })
        }
        Op::Messages { from, limit } => Named::of(&Messages { from: Some(from), limit }),
    }
}

/// Parameters by name, ready to be sent.
pub(in crate::net) struct Named(Result<Box<RawValue>, Error>);

impl Named {
    /// The fields of `params` by name.
    pub fn of(params: &impl Serialize) -> Self {
        Named(to_raw_value(params))
    }

    /// How long they are on the wire.
    pub fn bytes(&self) -> usize {
        self.0.as_ref().map_or(0, |params| params.get().len())
    }
}

impl ToRpcParams for Named {
    fn to_rpc_params(self) -> Result<Option<Box<RawValue>>, Error> {
        self.0.map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set_of(params: &str) -> Result<Op, String> {
        set(&Params::new(Some(params))).map_err(|error| error.to_string())
    }

    #[test]
    fn names_and_positions_read_alike() {
        let op = Op::Set { key: "x".into(), value: "7".into(), session: None };
        assert_eq!(set_of(r#"{"key":"x","value":"7"}"#), Ok(op.clone()));
        assert_eq!(set_of(r#"["x","7"]"#), Ok(op.clone()));
        assert_eq!(set_of(r#"["x","7",null]"#), Ok(op));
        assert_eq!(all(&Params::new(None)).ok(), Some(Op::All { session: None }));
        let append = Op::Append {
            message: "Msg1".into(),
            id: None,
            w: Concern::Count(2),
            timeout: Some(Duration::from_secs(3)),
        };
        let read = |params: &str| super::append(&Params::new(Some(params))).ok();
        assert_eq!(read(r#"["Msg1",2,null,3000]"#), Some(append.clone()));
        assert_eq!(read(r#"{"message":"Msg1","w":2,"timeout_ms":3000}"#), Some(append));
        assert_eq!(messages(&Params::new(None)).ok(), Some(Op::WHOLE_LOG));
        let session = r#"[{"cluster":"c","versions":{"x":3}}]"#;
        assert!(matches!(all(&Params::new(Some(session))), Ok(Op::All { session: Some(_) })));
    }
}
