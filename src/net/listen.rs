//! The ports: how they are bound, and what jsonrpsee may do on each. Every default of its is set on purpose.

use super::client;
use super::guard::Guard;
use super::plain::PlainHttp;
use super::rpc::Edge;
use super::sockets::{Limits, Sockets};
use super::wire::{CLIENT_BODY, PEER_BODY};
use super::{NetError, body::BodyLimits};
use jsonrpsee::Methods;
use jsonrpsee::server::{
    BatchRequestConfig, Server, ServerConfig, ServerConfigBuilder, ServerHandle,
};
use socket2::{SockRef, TcpKeepalive};
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpSocket;
use tower::ServiceBuilder;

/// So many WebSockets may be open on a client port at once, and so many HTTP requests under way.
const CLIENT_CONNECTIONS: u32 = 8_192;
/// So many on a peer port: each peer has one, the controller has one, and a reconnection overlaps.
const PEER_CONNECTIONS: u32 = 1_024;
/// So many calls may stand in one batch.
const BATCH: u32 = 1_024;
/// So many answers, or frames for a peer, may wait to be written to one connection.
const QUEUE: u32 = 1_024;
/// So many connections may wait to be accepted.
const BACKLOG: u32 = 4_096;
/// A connection that has sent no request by then is closed.
const FIRST_REQUEST: Duration = Duration::from_secs(30);

/// Binds a listener; if its port is taken, the error says by which conlab, if it is one.
pub(super) async fn bind(address: SocketAddr) -> Result<TcpListener, NetError> {
    match try_bind(address) {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            let holder = client::holder(address).await;
            Err(NetError::PortTaken { address, holder })
        }
        Err(error) => Err(NetError::CannotListen { address, cause: error.to_string() }),
    }
}

fn try_bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A server that is started again takes its address back while old connections linger.
    socket.set_reuseaddr(true)?;
    // Connections inherit it.
    keep_alive(SockRef::from(&socket))?;
    socket.bind(address)?;
    socket.listen(BACKLOG)?.into_std()
}

/// A connection whose other end has gone without a word is closed within a minute.
pub(super) fn keep_alive(socket: SockRef<'_>) -> io::Result<()> {
    let idle = TcpKeepalive::new().with_time(Duration::from_secs(20));
    #[cfg(unix)]
    let idle = idle.with_interval(Duration::from_secs(10)).with_retries(3);
    socket.set_tcp_keepalive(&idle)
}

/// The address that a listener has got.
pub(super) fn address_of(listener: &TcpListener) -> Result<SocketAddr, NetError> {
    listener.local_addr().map_err(|error| NetError::Internal(format!("no local address: {error}")))
}

/// A client port that serves.
pub(super) struct ClientPort {
    http: ServerHandle,
    sockets: Sockets,
}

impl ClientPort {
    /// Nothing more is read; what is under way is answered.
    pub fn stop(&self) {
        let _ = self.http.stop();
        self.sockets.stop();
    }

    /// All connections have ended.
    pub async fn stopped(self) {
        self.sockets.stopped().await;
        self.http.stopped().await;
    }
}

/// Serves clients: HTTP and WebSocket on one port.
pub(super) fn serve_clients(
    listener: TcpListener,
    methods: Methods,
    edge: Arc<Edge>,
) -> Result<ClientPort, NetError> {
    let limits = Limits {
        connections: CLIENT_CONNECTIONS,
        message: CLIENT_BODY,
        batch: BATCH,
        waiting: QUEUE as usize,
    };
    let sockets = Sockets::new(edge.clone(), methods, limits);
    let middleware = ServiceBuilder::new()
        .layer(BodyLimits::of(CLIENT_BODY, CLIENT_CONNECTIONS))
        .layer(PlainHttp::of(edge))
        .layer(sockets.clone());
    // Calls are answered in front of jsonrpsee, which accepts connections and turns away what is no call.
    let config = config(CLIENT_BODY, CLIENT_CONNECTIONS).build();
    let server = Server::builder().set_config(config).set_http_middleware(middleware);
    let http = server.build_from_tcp(listener).map(|server| server.start(Methods::new()));
    http.map(|http| ClientPort { http, sockets }).map_err(internal)
}

/// Serves peers and the controller, who hold the token.
pub(super) fn serve_peers(
    listener: TcpListener,
    methods: Methods,
    token: &str,
) -> Result<ServerHandle, NetError> {
    serve_guarded(listener, methods, Guard::required(token))
}

/// Serves everyone who looks for the cluster, and those who hold the token and join it.
pub(super) fn serve_controller(
    listener: TcpListener,
    methods: Methods,
    token: &str,
) -> Result<ServerHandle, NetError> {
    serve_guarded(listener, methods, Guard::optional(token))
}

fn serve_guarded(
    listener: TcpListener,
    methods: Methods,
    guard: Guard,
) -> Result<ServerHandle, NetError> {
    let config = config(PEER_BODY, PEER_CONNECTIONS)
        .max_response_body_size(PEER_BODY)
        .max_subscriptions_per_connection(1)
        .build();
    let middleware =
        ServiceBuilder::new().layer(guard).layer(BodyLimits::of(PEER_BODY, PEER_CONNECTIONS));
    let server = Server::builder().set_config(config).set_http_middleware(middleware);
    server.build_from_tcp(listener).map(|server| server.start(methods)).map_err(internal)
}

fn config(body: u32, connections: u32) -> ServerConfigBuilder {
    ServerConfig::builder()
        .max_request_body_size(body)
        .max_connections(connections)
        .set_batch_request_config(BatchRequestConfig::Limit(BATCH))
        .set_message_buffer_capacity(QUEUE)
        // The kernel finds out who has gone: jsonrpsee's pings cost a timer for each message that arrives.
        .disable_ws_ping()
        .set_tcp_no_delay(true)
        .set_keep_alive(None)
        .set_first_request_timeout(Some(FIRST_REQUEST))
}

fn internal(error: io::Error) -> NetError {
    NetError::Internal(format!("a listener cannot be used: {error}"))
}

/// Raises this process's limit of open files as far as it may go: each connection is one.
#[cfg(unix)]
pub(super) fn raise_open_files() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    const ENOUGH: u64 = 65_536;
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
        let raised = hard.min(ENOUGH);
        if soft < raised {
            // Refused where the system's own limit is lower: then fewer connections fit, and that is all.
            let _ = setrlimit(Resource::RLIMIT_NOFILE, raised, hard);
        }
    }
}

/// There is nothing to raise here.
#[cfg(not(unix))]
pub(super) fn raise_open_files() {}
