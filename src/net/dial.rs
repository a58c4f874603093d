//! Opening a WebSocket, with the limits and timeouts that fit each kind of connection.

use super::NetError;
use super::guard::bearer;
use super::listen::keep_alive;
use super::wire::{PEER_BODY, PEER_PUSH};
use jsonrpsee::client_transport::ws::{self, WsTransportClientBuilder};
use jsonrpsee::core::client::Error;
use jsonrpsee_ws_client::{PingConfig, RpcServiceBuilder, WsClient, WsClientBuilder};
use socket2::SockRef;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_util::compat::Compat;

/// A connection that is not there by then is given up.
pub(super) const CONNECT: Duration = Duration::from_secs(2);
/// So many calls of one client may wait for their answers at once.
const CALLS: usize = 4_096;

/// jsonrpsee's client without its own logging.
pub(super) type Connection = WsClient<jsonrpsee_ws_client::RpcService>;

/// Connects to a client port or a controller. `call` bounds each call.
pub(super) async fn open(address: &str, call: Duration) -> Result<Connection, NetError> {
    // An answer to `all` has no bound but the memory of the server.
    let builder = builder(call).max_request_size(PEER_BODY).max_response_size(u32::MAX);
    connect(builder, address).await
}

/// Connects to a server's peer port to control it, or to a controller that one wants to join, with the token.
pub(super) async fn open_trusted(
    address: &str,
    token: &str,
    call: Duration,
) -> Result<Connection, NetError> {
    // A peer whose machine has gone without a word is noticed within half a minute.
    let pings = PingConfig::new()
        .ping_interval(Duration::from_secs(10))
        .inactive_limit(Duration::from_secs(30));
    let builder = builder(call)
        .max_request_size(PEER_BODY)
        .max_response_size(PEER_BODY)
        .enable_ws_ping(pings)
        .set_headers(bearer(token));
    connect(builder, address).await
}

/// The two halves of a bare WebSocket.
pub(super) type Halves = (ws::Sender<Compat<TcpStream>>, ws::Receiver<Compat<TcpStream>>);

/// Opens a WebSocket to a peer port, with the token and without jsonrpsee's client.
pub(super) async fn open_bare(address: SocketAddr, token: &str) -> Result<Halves, String> {
    let stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
    let set = keep_alive(SockRef::from(&stream)).and_then(|()| stream.set_nodelay(true));
    set.map_err(|error| error.to_string())?;
    let builder = WsTransportClientBuilder::default()
        .max_request_size(PEER_BODY)
        .max_response_size(PEER_PUSH)
        .set_headers(bearer(token));
    let url = format!("ws://{address}").parse();
    let url = url.map_err(|error| format!("{address} is no address of a WebSocket: {error}"))?;
    builder.build_with_stream(url, stream).await.map_err(|error| error.to_string())
}

type Builder = WsClientBuilder<tower::layer::util::Identity>;

fn builder(call: Duration) -> Builder {
    WsClientBuilder::new()
        .set_rpc_middleware(RpcServiceBuilder::new())
        .connection_timeout(CONNECT)
        .request_timeout(call)
        .max_concurrent_requests(CALLS)
}

async fn connect(builder: Builder, address: &str) -> Result<Connection, NetError> {
    let url = format!("ws://{address}");
    let unreachable = |cause: String| NetError::Unreachable { address: address.to_string(), cause };
    match tokio::time::timeout(CONNECT, builder.build(url)).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(error)) => Err(unreachable(cause_of(error))),
        Err(_) => Err(unreachable(format!("no answer within {} ms", CONNECT.as_millis()))),
    }
}

/// The address of the host in `HOST:PORT`.
pub(super) async fn host_of(address: &str) -> Option<IpAddr> {
    let mut found = tokio::net::lookup_host(address).await.ok()?;
    found.next().map(|address| address.ip())
}

/// What went wrong in the fewest words: the innermost cause.
fn cause_of(error: Error) -> String {
    let Error::Transport(error) = error else { return error.to_string() };
    let mut cause: &dyn std::error::Error = error.as_ref();
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string().to_lowercase()
}
