//! One client with a connection of its own.

use super::asker::Asker;
use super::floor::{CHAIN, Carried, ECHO};
use super::subject::{Operation, Subject};
use conlab::cli::Failure;
use conlab::net::Client;
use conlab::process::Op;
use jsonrpsee::core::client::ClientT;
use jsonrpsee::core::params::BatchRequestBuilder;
use jsonrpsee_ws_client::{RpcServiceBuilder, WsClient, WsClientBuilder};
use serde_json::value::{RawValue, to_raw_value};
use std::time::Duration;

/// A call that takes longer than this has failed.
const PATIENCE: Duration = Duration::from_secs(10);

/// A client that calls one server, one request at a time.
pub enum Caller {
    /// A client of a store, as applications use it. A floor is called by the same client, with the same SETs under the
    /// floor's own method: what differs is the server alone.
    One(Client, Asker, Option<&'static str>),
    /// A bare JSON-RPC client that sends so many requests of a store as one batch.
    Batch(Bare, Asker, u32),
}

/// jsonrpsee's client, made as conlab makes its own.
type Bare = WsClient<jsonrpsee_ws_client::RpcService>;

impl Caller {
    /// Client `number` of `subject`, connected to `address`.
    pub async fn connect(
        subject: Subject,
        operation: Operation,
        number: u32,
        address: &str,
    ) -> Result<Caller, Failure> {
        let client = Client::connect_for(address, PATIENCE).await?;
        Ok(match subject {
            Subject::Level(system) => {
                Caller::One(client, Asker::of(system, operation, number), None)
            }
            Subject::Echo => Caller::One(client, Asker::new(operation, number), Some(ECHO)),
            Subject::Chain => Caller::One(client, Asker::new(operation, number), Some(CHAIN)),
        })
    }

    /// The same client, but its requests go in batches of `size`.
    pub async fn batching(self, size: u32) -> Result<Caller, Failure> {
        match self {
            Caller::One(client, asker, None) => {
                Ok(Caller::Batch(bare(client.address()).await?, asker, size))
            }
            other => Ok(other),
        }
    }

    /// Asks once, and waits for the answer. An error says what came instead.
    pub async fn call(&mut self) -> Result<(), String> {
        match self {
            Caller::One(client, asker, method) => {
                let op = asker.ask();
                let answer = match method {
                    Some(method) => client.call_as(method, &op).await,
                    None => client.call(&op).await,
                };
                asker.hear(answer.map_err(|failure| failure.to_string())?);
                Ok(())
            }
            Caller::Batch(client, asker, size) => batch(client, asker, *size).await,
        }
    }

    /// How many operations one call is.
    pub fn operations(&self) -> u64 {
        match self {
            Caller::Batch(_, _, size) => u64::from(*size),
            _ => 1,
        }
    }
}

async fn bare(address: &str) -> Result<Bare, Failure> {
    let client = WsClientBuilder::new()
        .set_rpc_middleware(RpcServiceBuilder::new())
        .request_timeout(PATIENCE);
    let client = client.build(format!("ws://{address}")).await;
    client.map_err(|error| Failure::unavailable(format!("cannot connect to {address}: {error}")))
}

async fn batch(client: &Bare, asker: &mut Asker, size: u32) -> Result<(), String> {
    let mut batch = BatchRequestBuilder::new();
    for _ in 0..size {
        let (method, params) = request(&asker.ask()).map_err(|error| error.to_string())?;
        batch.insert(method, params).map_err(|error| error.to_string())?;
    }
    let answers =
        client.batch_request::<Box<RawValue>>(batch).await.map_err(|error| error.to_string())?;
    match answers.num_failed_calls() {
        0 => Ok(()),
        failed => Err(format!("{failed} calls of a batch failed")),
    }
}

/// A request as it stands in JSON.
fn request(op: &Op) -> Result<(&'static str, Carried), serde_json::Error> {
    let (method, params) = match op {
        Op::Set { key, value, .. } => ("set", to_raw_value(&(key, value))?),
        Op::Get { key, .. } => ("get", to_raw_value(&(key,))?),
        Op::Delete { key, .. } => ("delete", to_raw_value(&(key,))?),
        Op::All { .. } => ("all", to_raw_value(&())?),
    };
    Ok((method, Carried(params)))
}
