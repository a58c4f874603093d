//! One client with a connection of its own.

use super::asker::Asker;
use super::client::StoreClient;
use super::floor::{CHAIN, Carried, ECHO};
use super::subject::{Operation, Subject};
use conlab::cli::Failure;
use conlab::net::Client;
use conlab::process::{Op, Value};
use jsonrpsee::core::client::ClientT;
use jsonrpsee::core::params::BatchRequestBuilder;
use jsonrpsee_ws_client::{RpcServiceBuilder, WsClient, WsClientBuilder};
use serde_json::value::{RawValue, to_raw_value};
use std::time::Duration;

/// A call that takes longer than this has failed.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// A client that calls one server, one request at a time.
pub enum Caller {
    /// A client of a store, as applications use it.
    Store(StoreClient, Asker),
    /// The same client of a floor's server, with the same SETs under the floor's method: what differs is the server alone.
    Floor(Client, Asker, &'static str),
    /// A bare JSON-RPC client that sends so many requests of a store as one batch.
    Batch(Bare, Asker, u32),
}

/// jsonrpsee's client, made as conlab makes its own.
type Bare = WsClient<jsonrpsee_ws_client::RpcService>;

impl Caller {
    /// Client `number` of a store.
    pub fn of_store(
        client: StoreClient,
        carries_session: bool,
        operation: Operation,
        number: u32,
    ) -> Caller {
        let asker = Asker::of(carries_session, operation, number);
        let asker = match client.name() {
            Some(name) => asker.with_distinct_values(name),
            None => asker,
        };
        Caller::Store(client, asker)
    }

    /// Client `number` of a floor's server.
    pub async fn of_floor(subject: Subject, number: u32, address: &str) -> Result<Caller, Failure> {
        let method = if subject == Subject::Echo { ECHO } else { CHAIN };
        let client = Client::connect_for(address, PATIENCE).await?;
        Ok(Caller::Floor(client, Asker::new(Operation::Set, number), method))
    }

    /// The same client, but this is what it writes.
    pub fn saying(self, value: Value) -> Caller {
        match self {
            Caller::Store(client, asker) => Caller::Store(client, asker.saying(value)),
            Caller::Floor(client, asker, method) => {
                Caller::Floor(client, asker.saying(value), method)
            }
            Caller::Batch(client, asker, size) => Caller::Batch(client, asker.saying(value), size),
        }
    }

    /// The same client, but its requests go in batches of `size`.
    pub async fn batching(self, size: u32) -> Result<Caller, Failure> {
        match self {
            Caller::Store(client, asker) => {
                // What a batch sees is not recorded, so it stays away from the variables of those that are.
                Ok(Caller::Batch(bare(client.address()).await?, asker.on_other_keys(), size))
            }
            other => Ok(other),
        }
    }

    /// Asks once, and waits for the answer. An error says what came instead.
    pub async fn call(&mut self) -> Result<(), String> {
        match self {
            Caller::Store(client, asker) => {
                let answer = client.call(&asker.ask()).await;
                asker.hear(answer.map_err(|failure| failure.to_string())?);
                Ok(())
            }
            Caller::Floor(client, asker, method) => {
                let answer = client.call_as(method, &asker.ask()).await;
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
    let params = match op {
        Op::Set { key, value, .. } => to_raw_value(&(key, value))?,
        Op::Get { key, .. } => to_raw_value(&(key,))?,
        Op::Delete { key, .. } => to_raw_value(&(key,))?,
        Op::All { .. } => to_raw_value(&())?,
        Op::Append { message, id, w, .. } => to_raw_value(&(message, w, id))?,
        Op::Messages { from, limit } => to_raw_value(&(from, limit))?,
    };
    Ok((op.verb(), Carried(params)))
}
