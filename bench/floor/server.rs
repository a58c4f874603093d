//! One bare server: it echoes, and as part of a chain it calls the next.

use super::Peers;
use conlab::cli::Failure;
use futures_util::future::try_join_all;
use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;
use jsonrpsee::core::client::{ClientT, Error};
use jsonrpsee::core::traits::ToRpcParams;
use jsonrpsee::server::Server;
use jsonrpsee::types::{ErrorObjectOwned, Params};
use jsonrpsee_ws_client::{WsClient, WsClientBuilder};
use serde_json::value::RawValue;
use std::fmt::Display;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};

/// Gives back what it gets.
pub const ECHO: &str = "echo";
/// Passes on to the primary, which asks all other servers.
pub const CHAIN: &str = "chain";

/// Whom this server calls.
#[derive(Debug, Default)]
struct Next {
    primary: Option<WsClient>,
    others: Vec<WsClient>,
}

type Context = OnceLock<Next>;

/// Runs one server of the floor until its stdin ends: it prints its address, reads its peers, and prints `ready`.
pub async fn serve() -> Result<(), Failure> {
    let server = Server::builder().build("127.0.0.1:0").await.map_err(failed)?;
    let address = server.local_addr().map_err(failed)?;
    let context = Arc::new(Context::new());
    // It serves before it knows its peers: they connect to it as it connects to them.
    let handle = server.start(methods(context.clone()).map_err(failed)?);
    say(address)?;
    let mut stdin = BufReader::new(tokio::io::stdin());
    let mut order = String::new();
    stdin.read_line(&mut order).await.map_err(failed)?;
    let peers: Peers = serde_json::from_str(&order).map_err(failed)?;
    let _ = context.set(Next::connect(&peers).await.map_err(failed)?);
    say("ready")?;
    let mut rest = [0; 64];
    while stdin.read(&mut rest).await.is_ok_and(|bytes| bytes > 0) {}
    let _ = handle.stop();
    Ok(())
}

impl Next {
    async fn connect(peers: &Peers) -> Result<Next, Error> {
        let others = try_join_all(peers.others.iter().map(|address| connect(*address))).await?;
        let primary = match peers.primary {
            Some(address) => Some(connect(address).await?),
            None => None,
        };
        Ok(Next { primary, others })
    }

    /// The calls of a replicated write from here on.
    async fn chain(&self, carried: Carried) -> Result<Box<RawValue>, Error> {
        if let Some(primary) = &self.primary {
            return primary.request(CHAIN, carried).await;
        }
        let calls = self
            .others
            .iter()
            .map(|other| other.request::<Box<RawValue>, _>(ECHO, carried.clone()));
        try_join_all(calls).await.map(|_| carried.0)
    }
}

async fn connect(address: SocketAddr) -> Result<WsClient, Error> {
    WsClientBuilder::default().build(format!("ws://{address}")).await
}

fn methods(context: Arc<Context>) -> Result<RpcModule<Context>, RegisterMethodError> {
    let mut module = RpcModule::from_arc(context);
    module.register_method(ECHO, |params, _, _| carried(&params).map(|carried| carried.0))?;
    module.register_async_method(CHAIN, |params, context, _| async move {
        let carried = carried(&params)?;
        let next = context.get().ok_or_else(|| told("not joined yet"))?;
        next.chain(carried).await.map_err(told)
    })?;
    Ok(module)
}

/// What a call carries, as it stands in JSON.
#[derive(Debug, Clone)]
pub struct Carried(pub Box<RawValue>);

impl ToRpcParams for Carried {
    fn to_rpc_params(self) -> Result<Option<Box<RawValue>>, serde_json::Error> {
        Ok(Some(self.0))
    }
}

fn carried(params: &Params<'_>) -> Result<Carried, ErrorObjectOwned> {
    let text = params.as_str().unwrap_or("null").to_string();
    RawValue::from_string(text).map(Carried).map_err(told)
}

fn told(error: impl Display) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(-32_000, error.to_string(), None::<()>)
}

fn say(word: impl Display) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{word}").and_then(|()| stdout.flush()).map_err(failed)
}

fn failed(cause: impl Display) -> Failure {
    Failure::internal(format!("a server of the floor ends: {cause}"))
}
