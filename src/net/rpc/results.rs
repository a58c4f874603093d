//! Results of the methods, as they stand in JSON.

use super::codes;
use crate::net::client::Fate;
use crate::process::{Key, Logged, Op, Outcome, Value, Versioned};
use crate::session::{Session, Version};
use jsonrpsee::types::ErrorObjectOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A successful outcome in its JSON form.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(in crate::net) enum Success {
    Set(Set),
    Deleted(Deleted),
    Got(Got),
    All(All),
    Appended(Appended),
    Messages(Messages),
}

/// `set` → `{version, session}`
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::net) struct Set {
    version: Option<Version>,
    session: Option<Session>,
}

/// `delete` → `{existed, version, session}`
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::net) struct Deleted {
    existed: bool,
    version: Option<Version>,
    session: Option<Session>,
}

/// `get` → `{value, version, session}`
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::net) struct Got {
    value: Option<Value>,
    version: Version,
    session: Option<Session>,
}

/// `all` → `{values: {KEY: {value, version}}, session}`
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::net) struct All {
    values: BTreeMap<Key, Versioned>,
    session: Option<Session>,
}

/// `append` → `{seq, id, acks}`
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::net) struct Appended {
    seq: u64,
    id: Key,
    acks: u32,
}

/// `messages` → `{messages: [{seq, id, message}], head}`
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::net) struct Messages {
    messages: Vec<Logged>,
    head: u64,
}

/// An outcome as a server tells it.
pub(in crate::net) fn told(outcome: Outcome) -> Result<Success, ErrorObjectOwned> {
    Ok(match outcome {
        Outcome::Set { version, session } => Success::Set(Set { version, session }),
        Outcome::Deleted { existed, version, session } => {
            Success::Deleted(Deleted { existed, version, session })
        }
        Outcome::Got { value, version, session } => Success::Got(Got { value, version, session }),
        Outcome::All { values, session } => Success::All(All { values, session }),
        Outcome::Appended { seq, id, acks } => Success::Appended(Appended { seq, id, acks }),
        Outcome::Messages { messages, head } => Success::Messages(Messages { messages, head }),
        Outcome::Refused(reason) => return Err(codes::error(Fate::Refused, &reason)),
        Outcome::Unknown(reason) => return Err(codes::error(Fate::Unknown, &reason)),
    })
}

/// Reads the result of `op` back.
pub(in crate::net) fn read(op: &Op, result: &str) -> Result<Outcome, serde_json::Error> {
    Ok(match op {
        Op::Set { .. } => {
            let Set { version, session } = serde_json::from_str(result)?;
            Outcome::Set { version, session }
        }
        Op::Delete { .. } => {
            let Deleted { existed, version, session } = serde_json::from_str(result)?;
            Outcome::Deleted { existed, version, session }
        }
        Op::Get { .. } => {
            let Got { value, version, session } = serde_json::from_str(result)?;
            Outcome::Got { value, version, session }
        }
        Op::All { .. } => {
            let All { values, session } = serde_json::from_str(result)?;
            Outcome::All { values, session }
        }
        Op::Append { .. } => {
            let Appended { seq, id, acks } = serde_json::from_str(result)?;
            Outcome::Appended { seq, id, acks }
        }
        Op::Messages { .. } => {
            let Messages { messages, head } = serde_json::from_str(result)?;
            Outcome::Messages { messages, head }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::Concern;

    #[test]
    fn results_have_the_documented_form_and_read_back() {
        let session = Some(Session::of("c1"));
        let values = BTreeMap::from([("x".into(), Versioned { value: "7".into(), version: 3 })]);
        let key = || "x".into();
        let logged = Logged { seq: 3, id: "a".into(), message: "m".into() };
        let cases = [
            (
                Op::Set { key: key(), value: "7".into(), session: None },
                Outcome::Set { version: Some(3), session: None },
                r#"{"version":3,"session":null}"#,
            ),
            (
                Op::Delete { key: key(), session: None },
                Outcome::Deleted { existed: true, version: None, session: None },
                r#"{"existed":true,"version":null,"session":null}"#,
            ),
            (
                Op::Get { key: key(), session: None },
                Outcome::Got { value: None, version: 0, session },
                r#"{"value":null,"version":0,"session":{"cluster":"c1","versions":{},"floor":0}}"#,
            ),
            (
                Op::All { session: None },
                Outcome::All { values, session: None },
                r#"{"values":{"x":{"value":"7","version":3}},"session":null}"#,
            ),
            (
                Op::Append { message: "m".into(), id: None, w: Concern::Majority, timeout: None },
                Outcome::Appended { seq: 3, id: "n1#3".into(), acks: 2 },
                r#"{"seq":3,"id":"n1#3","acks":2}"#,
            ),
            (
                Op::WHOLE_LOG,
                Outcome::Messages { messages: vec![logged], head: 3 },
                r#"{"messages":[{"seq":3,"id":"a","message":"m"}],"head":3}"#,
            ),
        ];
        for (op, outcome, text) in cases {
            let success = told(outcome.clone()).expect("it is a success");
            assert_eq!(serde_json::to_string(&success).expect("it is plain data"), text);
            assert_eq!(read(&op, text).expect("it is the documented form"), outcome);
        }
    }
}
