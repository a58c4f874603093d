//! What controller, servers and peers say to each other, and the bounds on it.

use super::NetError;
use super::logs::LogOptions;
use crate::faults::{Fault, Link};
use crate::process::{NodeId, Start};
use crate::systems::System;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The longest request of a client, in bytes: the largest value with every character escaped still fits.
pub(super) const CLIENT_BODY: u32 = 8 << 20;
/// The longest request on a peer port, in bytes.
pub(super) const PEER_BODY: u32 = 16 << 20;
/// The longest frame that a peer accepts, in bytes: 8 MiB of values take at most six times that when escaped.
pub(super) const PEER_PUSH: u32 = 64 << 20;

/// The subscription by which a server asks a peer for its messages.
pub(super) const PEER_LISTEN: &str = "peer_listen";
/// The end of that subscription.
pub(super) const PEER_LEAVE: &str = "peer_leave";
/// Under this name the messages arrive.
pub(super) const PEER_MESSAGE: &str = "peer_message";
/// Tells a server where its peers are, and lets it start.
pub(super) const CONTROL_PEERS: &str = "control_peers";
/// Sets which faults the server's links have now.
pub(super) const CONTROL_FAULT: &str = "control_fault";
/// Sets how much the server logs.
pub(super) const CONTROL_LOGS: &str = "control_logs";
/// Ends the server gently.
pub(super) const CONTROL_STOP: &str = "control_stop";

/// How long the start of one of `servers` waits for its links: two seconds, and more where many servers make each other
/// wait for the processor.
pub(super) fn linking(servers: usize) -> Duration {
    Duration::from_secs(2) + Duration::from_millis(200) * u32::try_from(servers).unwrap_or(u32::MAX)
}

/// All that a server needs to know to start; the first line of a child's stdin.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct StartOrder {
    /// What the process itself is told.
    pub start: Start,
    /// The replication protocol.
    pub system: System,
    /// Where to listen for clients; port 0 takes a free one. The peer port is a free one of the same address.
    pub address: SocketAddr,
    /// Where the controller's host is reached from here, if that is another host.
    #[serde(default)]
    pub via: Option<IpAddr>,
    /// What peers and the controller must show.
    pub token: String,
    /// Whether links can be harmed.
    pub faults_allowed: bool,
    /// Delays that links have from the start; later entries win.
    pub link_delays: Vec<(Link, Duration)>,
    /// How much longer a message may take on any link, by chance.
    #[serde(default)]
    pub link_jitter: Duration,
    /// The faults of links now, oldest first.
    pub faults: Vec<Fault>,
    /// What to log.
    pub log: LogOptions,
    /// The file that the server keeps its records in, if it has a disk.
    #[serde(default)]
    pub data: Option<PathBuf>,
    /// When the run began, since the Unix epoch.
    pub run_start: Duration,
}

/// Where a server listens, once it does; with [`Started`] the only line of a child's stdout.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Report {
    /// The server's process.
    pub pid: u32,
    /// Where clients reach it.
    pub address: SocketAddr,
    /// Where peers and the controller reach it.
    pub peer_address: SocketAddr,
}

/// How a child's start went.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Started {
    /// It listens.
    Listening(Report),
    /// It cannot.
    Failed(NetError),
}

/// Where one life of a peer is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Peer {
    /// The peer's number.
    pub id: NodeId,
    /// Which life of it.
    pub incarnation: u64,
    /// Its peer port.
    pub address: SocketAddr,
    /// Whether a start waits until this peer is linked; not for one that is paused.
    #[serde(default)]
    pub awaited: bool,
}

/// What a server answers once it has started.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Ready {
    /// What it is in the system: `primary`, `backup`.
    pub role: String,
    /// The awaited peers that it is not linked with.
    pub missing: Vec<NodeId>,
}

/// A server that is started by hand says where it listens.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Join {
    /// Which server it wants to be.
    pub id: NodeId,
    /// Where it listens.
    #[serde(flatten)]
    pub report: Report,
    /// Of which of its lives the records on its disk are, 0 where there are none; `None` where it keeps no disk.
    #[serde(default)]
    pub records: Option<u64>,
}

/// Messages for one peer, oldest first, encoded each on its own.
#[derive(Debug, Serialize)]
pub(super) struct FrameOut<'a> {
    /// Who sends them.
    pub from: NodeId,
    /// The messages.
    pub messages: &'a [Arc<RawValue>],
}

/// Messages from one peer, oldest first.
#[derive(Debug, Deserialize)]
pub(super) struct Frame<M> {
    /// Who sent them.
    pub from: NodeId,
    /// The messages.
    pub messages: Vec<M>,
}
