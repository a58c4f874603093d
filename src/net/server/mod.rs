//! One server: its two ports, its node, its start and its end.
//!
//! ```text
//!   bind both ports ─▶ report where ─▶ learn the peers, link with them ─▶ run the machine, serve clients ─▶ stop
//! ```
//!
//! The machine starts only when the links are up, so nothing of its first words is lost; until then clients' connections
//! wait in the listener. There are three ways here: as a child of the controller ([`run_child`]), by hand
//! ([`run_joined`]), and as a thread of the controller.

mod child;
mod joined;
mod peer_port;

pub use child::{CHILD_ARGUMENTS, run_child};
pub use joined::{JoinOptions, run_joined};

use super::NetError;
use super::clock::Clock;
use super::disk::{DiskFile, DiskQueue, Opened};
use super::links::Links;
use super::listen::{self, ClientPort};
use super::logs::{self, LineSink};
use super::node::{Node, Parts, Serve as _};
use super::peers::Peers;
use super::requests::Requests;
use super::rpc::{Edge, client_methods};
use super::wire::{Peer, Report, StartOrder};
use crate::process::{Ctx, Process, Start};
use crate::random::Random;
use crate::systems::Visitor;
use jsonrpsee::core::RegisterMethodError;
use jsonrpsee::server::ServerHandle;
use peer_port::{PeerPort, peer_methods};
use std::future::Future;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

/// Answers under way have so long to be written when the server stops.
const FAREWELL: Duration = Duration::from_millis(500);

/// A server that listens, and has not started yet.
pub(super) struct Bound {
    clients: TcpListener,
    peers: TcpListener,
    /// Where it listens.
    pub report: Report,
    /// Its disk, if it has one.
    disk: Option<Opened>,
}

impl Bound {
    /// Listens where `order` says, and opens the file that it names.
    pub async fn to(order: &StartOrder) -> Result<Bound, NetError> {
        let disk = match &order.data {
            Some(path) => Some(Opened::at(path).await?),
            None => None,
        };
        Ok(Bound { disk, ..Bound::at(order.address).await? })
    }

    /// Listens for clients at `address`, and for peers at a free port of the same host.
    pub async fn at(address: SocketAddr) -> Result<Bound, NetError> {
        let clients = listen::bind(address).await?;
        let peers = listen::bind(SocketAddr::new(address.ip(), 0)).await?;
        let (address, peer_address) = (listen::address_of(&clients)?, listen::address_of(&peers)?);
        let report = Report { pid: std::process::id(), address, peer_address };
        Ok(Bound { clients, peers, report, disk: None })
    }

    /// The same, with the records in this file for its disk.
    pub async fn with_disk(self, file: &Path) -> Result<Bound, NetError> {
        Ok(Bound { disk: Some(Opened::at(file).await?), ..self })
    }

    /// Runs the server that `order` describes until `stop` ends. The thread's runtime is this server's alone: one server is one thread.
    pub async fn serve(
        self,
        order: StartOrder,
        sink: LineSink,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), NetError> {
        let clock = Clock::since(order.run_start);
        let (dispatch, level) = logs::dispatch(order.log, clock, sink);
        let _logs = tracing::dispatcher::set_default(&dispatch);
        let system = order.system;
        system.visit(Serve { bound: self, order, clock, level, stop: Box::pin(stop) }).await
    }
}

/// Runs `work` on a thread of its own with a runtime of its own, so that one server is one thread.
pub(super) fn on_own_thread<F>(
    work: impl FnOnce() -> F + Send + 'static,
) -> tokio::sync::oneshot::Receiver<Result<(), NetError>>
where
    F: Future<Output = Result<(), NetError>>,
{
    let (ended, end) = tokio::sync::oneshot::channel();
    let run = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let result = match runtime {
            Ok(runtime) => runtime.block_on(work()),
            Err(error) => Err(NetError::Internal(format!("no runtime: {error}"))),
        };
        drop(ended.send(result));
    };
    // Where no thread can be started `ended` is dropped, and the receiver says so.
    let _ = std::thread::Builder::new().name("server".to_string()).spawn(run);
    end
}

/// The way from a system's name to its running machine.
struct Serve {
    bound: Bound,
    order: StartOrder,
    clock: Clock,
    level: logs::LevelHandle,
    stop: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl Visitor for Serve {
    type Output = Pin<Box<dyn Future<Output = Result<(), NetError>>>>;

    fn visit<P>(self, build: fn(&Start) -> P) -> Self::Output
    where
        P: Process + Send + 'static,
    {
        Box::pin(self.run(build))
    }
}

impl Serve {
    async fn run<P>(self, build: fn(&Start) -> P) -> Result<(), NetError>
    where
        P: Process + Send + 'static,
    {
        let Serve { bound, order, clock, level, stop } = self;
        let Bound { clients, peers, report, disk } = bound;
        let (disk, file) = opened(disk)?;
        let node = Node::new(parts(build(&order.start), &order, clock, disk));
        let (role, started) = watch::channel(None);
        let (go, asked_to_stop) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let port = PeerPort {
            node: node.clone(),
            peers: Peers::new(me(&order, &report), order.token.clone(), node.clone()),
            via: order.via,
            level,
            go: go.clone(),
            role: started,
            stop: asked_to_stop.clone(),
        };
        let methods = peer_methods(port, order.faults_allowed).map_err(twice)?;
        let peer_port = listen::serve_peers(peers, methods, &order.token)?;
        let ended = async {
            tokio::select! { () = stop => {}, () = asked_to_stop.notified() => {} }
        };
        tokio::pin!(ended);
        tokio::select! {
            () = go.notified() => {}
            () = &mut ended => return Ok(()),
        }
        let first_role = node.status().map(|status| status.role);
        let edge = Edge { node: node.clone(), order, report, started: Instant::now() };
        let edge = Arc::new(edge);
        let methods = client_methods(edge.clone()).map_err(twice)?;
        let client_port = listen::serve_clients(clients, methods, edge)?;
        let running = node.run(file);
        tokio::pin!(running);
        role.send_replace(first_role);
        tokio::select! {
            failed = &mut running => return failed,
            () = &mut ended => {
                node.stop();
                running.await?;
            }
        }
        farewell(client_port, peer_port).await;
        Ok(())
    }
}

fn me(order: &StartOrder, report: &Report) -> Peer {
    let Start { id, incarnation, .. } = order.start;
    Peer { id, incarnation, address: report.peer_address, awaited: false }
}

/// What a process remembers, and what waits for its disk.
type Disk<P> = Option<(Vec<<P as Process>::Record>, DiskQueue<P>)>;

/// What the disk holds, and the file that more goes to.
fn opened<P: Process>(disk: Option<Opened>) -> Result<(Disk<P>, Option<DiskFile>), NetError> {
    let Some(opened) = disk else { return Ok((None, None)) };
    let (records, file) = opened.read()?;
    Ok((Some((records, DiskQueue::default())), Some(file)))
}

fn parts<P: Process>(process: P, order: &StartOrder, clock: Clock, disk: Disk<P>) -> Parts<P> {
    let (ctx, links, requests) = (context(order), links(order), requests(order));
    Parts { process, ctx, clock, links, requests, disk }
}

fn context<P: Process>(order: &StartOrder) -> Ctx<P> {
    let Start { id, incarnation, .. } = order.start;
    Ctx::new(id, incarnation, Random::new(seed(order)))
}

fn links(order: &StartOrder) -> Links {
    let Start { id, servers, .. } = order.start;
    let random = Random::new(seed(order)).fork(1);
    let links = Links::new(id, servers, order.link_delays.clone(), random);
    let mut links = links.with_jitter(order.link_jitter);
    links.set_faults(&order.faults);
    links
}

fn requests(order: &StartOrder) -> Requests {
    let Start { id, incarnation, timing, .. } = order.start;
    Requests::new(id, incarnation, timing.request_timeout)
}

/// Live runs are not replayed: any seed that differs between servers and runs will do.
fn seed(order: &StartOrder) -> u64 {
    let nanos = order.run_start.as_nanos() as u64;
    Random::new(nanos).fork(u64::from(order.start.id.0)).fork(order.start.incarnation).next()
}

/// Lets what is answered already reach its clients, and closes the ports.
async fn farewell(clients: ClientPort, peers: ServerHandle) {
    clients.stop();
    let _ = peers.stop();
    let _ = tokio::time::timeout(FAREWELL, clients.stopped()).await;
    let _ = tokio::time::timeout(FAREWELL, peers.stopped()).await;
}

fn twice(error: RegisterMethodError) -> NetError {
    NetError::Internal(format!("the table of methods is wrong: {error}"))
}
