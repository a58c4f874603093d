//! One client of one server: calls it over one WebSocket, and says of each call what became of it.
//!
//! | what happens | fate |
//! | --- | --- |
//! | its key, its value or the whole request is too large: it is not sent | refused |
//! | the connection is gone before the call is sent | refused |
//! | the server answers with an error | as the error's `data.outcome` says |
//! | the connection breaks, or time runs out, after it was sent | unknown |
//!
//! Nothing is ever tried twice: an unknown call may have happened.

use super::rpc::codes::{self, failure};
use super::rpc::{params, results};
use super::wire::CLIENT_BODY;
use super::{ClusterInfo, NetError, dial};
use crate::process::{LONGEST_WAIT, NodeId, Op, Outcome, Reason, Status, Timing};
use crate::systems::System;
use jsonrpsee::core::client::{ClientT, Error};
use jsonrpsee::core::params::ArrayParams;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::timeout;

/// A server ends its requests itself; a client waits so much longer.
const GRACE: Duration = Duration::from_secs(2);
/// No call waits longer, whatever it asks for.
const LONGEST_CALL: Duration = Duration::from_secs(LONGEST_WAIT.as_secs() + 60);
/// Questions that need no agreement are answered by then.
pub(super) const QUESTION: Duration = Duration::from_secs(2);

/// What stands around the parameters of a request takes fewer bytes: version, id, method.
const ENVELOPE: usize = 128;

/// How a call ended. `Ok` is never [`Outcome::Refused`] or [`Outcome::Unknown`]; these are the [`Failure`]s.
pub type Answer = Result<Outcome, Failure>;

/// What surely, or perhaps, became of a call that was not answered with a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Surely nothing happened.
    Refused,
    /// It may have happened, or may happen later.
    Unknown,
}

/// A call that was not answered with a result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What became of the call.
    pub fate: Fate,
    /// The JSON-RPC error code; `None` where the connection failed.
    pub code: Option<i32>,
    /// What went wrong, as a lower-case fragment.
    pub message: String,
    /// What to do about it; may be empty.
    pub hint: String,
}

/// What a server says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerStatus {
    /// The server's number.
    pub id: NodeId,
    /// Where clients reach it.
    pub address: SocketAddr,
    /// Its operating-system process.
    pub pid: u32,
    /// The replication protocol that it runs.
    pub system: System,
    /// The cluster's name.
    pub cluster: String,
    /// Which life of this server it is, from 1.
    pub incarnation: u64,
    /// How long it has been running, in milliseconds.
    pub uptime_ms: u64,
    /// What the process itself says: role, state, keys, version, rounds, queue, waiting, view.
    #[serde(flatten)]
    pub status: Status,
}

/// A connection to one server. Calls may overlap. A connection that broke is opened again by the next call.
#[derive(Debug)]
pub struct Client {
    address: String,
    request_timeout: Duration,
    connection: Mutex<Arc<dial::Connection>>,
}

impl Client {
    /// Connects to the server at `HOST:PORT`, or fails after 2 s.
    pub async fn connect(address: &str) -> Result<Client, NetError> {
        Client::connect_for(address, Timing::default().request_timeout).await
    }

    /// Connects to a server that works on each request for `request_timeout`, see [`ClusterInfo::request_timeout`]; each
    /// call waits a little longer than that.
    pub async fn connect_for(address: &str, request_timeout: Duration) -> Result<Client, NetError> {
        let connection = Mutex::new(Arc::new(dial::open(address, LONGEST_CALL).await?));
        Ok(Client { address: address.to_string(), request_timeout, connection })
    }

    /// Where the server is.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Calls the server.
    pub async fn call(&self, op: &Op) -> Answer {
        self.call_as(op.verb(), op).await
    }

    /// Calls a method that takes and gives what the one of `op` does under another name, as a bare server may that is
    /// measured beside a store with the same client.
    pub async fn call_as(&self, method: &str, op: &Op) -> Answer {
        let params = sendable(op).map_err(|reason| too_large(&reason))?;
        let connection = self.connected().await.map_err(|error| unreached(&error))?;
        let patience = op.patience(self.request_timeout) + GRACE;
        let call = timeout(patience, connection.request(method, params)).await;
        let result: Result<Box<RawValue>, Error> = call.unwrap_or(Err(Error::RequestTimeout));
        match result {
            Ok(result) => results::read(op, result.get()).map_err(|error| unreadable(&error)),
            Err(Error::Call(error)) => Err(failure(&error)),
            Err(error) => Err(self.broken(error, patience)),
        }
    }

    /// Asks the server how it is.
    pub async fn status(&self) -> Result<ServerStatus, NetError> {
        let connection = self.connected().await?;
        ask(&connection, "status", &self.address).await
    }

    /// The connection, opened again if it has broken.
    async fn connected(&self) -> Result<Arc<dial::Connection>, NetError> {
        let last = self.connection.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if last.is_connected() {
            return Ok(last);
        }
        let new = Arc::new(dial::open(&self.address, LONGEST_CALL).await?);
        *self.connection.lock().unwrap_or_else(PoisonError::into_inner) = new.clone();
        Ok(new)
    }

    fn broken(&self, error: Error, patience: Duration) -> Failure {
        let message = match error {
            Error::RequestTimeout => {
                format!("{} did not answer within {} ms", self.address, patience.as_millis())
            }
            _ => format!("the connection to {} broke before the answer came", self.address),
        };
        let hint = "it may have happened; read the variable before trying again".to_string();
        Failure { fate: Fate::Unknown, code: None, message, hint }
    }
}

/// The request for `op`, within the server's limits. One past them would end the connection, and make every other call
/// under way on it unknown.
fn sendable(op: &Op) -> Result<params::Named, Reason> {
    op.check()?;
    let params = params::of(op);
    let (bytes, limit) = (params.bytes() + ENVELOPE, CLIENT_BODY as usize);
    if bytes <= limit {
        return Ok(params);
    }
    Err(Reason::TooLarge { what: "request".into(), bytes: bytes as u64, limit: limit as u64 })
}

/// The call is not sent; the server would answer the same.
fn too_large(reason: &Reason) -> Failure {
    failure(&codes::error(Fate::Refused, reason))
}

/// The call was never sent.
fn unreached(error: &NetError) -> Failure {
    let hint = error.hint().unwrap_or_default().to_string();
    Failure { fate: Fate::Refused, code: None, message: error.to_string(), hint }
}

/// The call was answered with something that is no result of it.
fn unreadable(error: &serde_json::Error) -> Failure {
    let message = format!("the answer cannot be read: {error}");
    Failure { fate: Fate::Unknown, code: None, message, hint: String::new() }
}

/// Asks whoever listens at `address` whether it is a conlab: `system causal, pid 4711`.
pub(super) async fn holder(address: SocketAddr) -> Option<String> {
    /// How long a foreign program may keep this one waiting.
    const PATIENCE: Duration = Duration::from_millis(500);
    let text = address.to_string();
    let asked = async {
        let connection = dial::open(&text, PATIENCE).await.ok()?;
        if let Ok(info) = ask::<ClusterInfo>(&connection, "cluster", &text).await {
            return Some(format!("system {}, pid {}", info.system, info.pid));
        }
        let status = ask::<ServerStatus>(&connection, "status", &text).await.ok()?;
        Some(format!("system {}, pid {}", status.system, status.pid))
    };
    timeout(PATIENCE * 2, asked).await.ok().flatten()
}

pub(super) async fn ask<T: DeserializeOwned>(
    connection: &dial::Connection,
    method: &str,
    who: &str,
) -> Result<T, NetError> {
    let silent = || NetError::Silent {
        who: who.to_string(),
        after_ms: u64::try_from(QUESTION.as_millis()).unwrap_or(u64::MAX),
    };
    match timeout(QUESTION, connection.request(method, ArrayParams::new())).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(Error::Call(error))) => Err(NetError::Refused(error.message().to_string())),
        Ok(Err(Error::RequestTimeout)) | Err(_) => Err(silent()),
        Ok(Err(error)) => {
            Err(NetError::Unreachable { address: who.to_string(), cause: error.to_string() })
        }
    }
}
