//! What cluster to start, and where.

use crate::faults::Link;
use crate::net::{LogOptions, NetError};
use crate::process::{NodeId, Replication, Timing};
use crate::systems::System;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// So many servers a cluster may have: every two of them keep two connections.
const MOST_SERVERS: u32 = 100;

/// What cluster to start, and where.
#[derive(Debug, Clone)]
pub struct ClusterOptions {
    /// The replication protocol.
    pub system: System,
    /// How many servers, numbered from 1.
    pub servers: u32,
    /// The address on which the controller and all servers listen.
    pub host: IpAddr,
    /// The controller's port; 0 takes a free one.
    pub controller_port: u16,
    /// The first server's client port, the others follow; 0 takes free ones.
    pub client_port_start: u16,
    /// Where each server listens for clients; if empty, `host` and `client_port_start` say it.
    pub addresses: Vec<SocketAddr>,
    /// Whether servers are threads of this process instead of processes.
    pub in_process: bool,
    /// How long servers wait for what.
    pub timing: Timing,
    /// How a log is kept; whether on disk, `data` says.
    pub replication: Replication,
    /// The folder that the cluster keeps its log in; `None` keeps it in memory.
    pub data: Option<PathBuf>,
    /// Delays that links have from the start; later entries win.
    pub link_delays: Vec<(Link, Duration)>,
    /// How much longer a message may take on any link, by chance.
    pub link_jitter: Duration,
    /// Whether [`Controller::fault`](super::Controller::fault) may harm this cluster.
    pub faults_allowed: bool,
    /// What servers log.
    pub log: LogOptions,
    /// The cluster's token; `None` makes a random one.
    pub token: Option<String>,
    /// The program that is started for each server; `None` is this one.
    pub executable: Option<PathBuf>,
}

impl ClusterOptions {
    /// Three processes on free loopback ports, faults allowed.
    pub fn new(system: System) -> Self {
        ClusterOptions {
            system,
            servers: 3,
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            controller_port: 0,
            client_port_start: 0,
            addresses: Vec::new(),
            in_process: false,
            timing: Timing::default(),
            replication: Replication::default(),
            data: None,
            link_delays: Vec::new(),
            link_jitter: Duration::ZERO,
            faults_allowed: true,
            log: LogOptions::default(),
            token: None,
            executable: None,
        }
    }

    /// Where server `id` shall listen for clients; port 0 if any will do.
    pub(super) fn address_of(&self, id: NodeId) -> SocketAddr {
        if let Some(address) = self.addresses.get(id.0 as usize - 1) {
            return *address;
        }
        let port = match self.client_port_start {
            0 => 0,
            first => first.saturating_add(u16::try_from(id.0 - 1).unwrap_or(u16::MAX)),
        };
        SocketAddr::new(self.host, port)
    }

    /// Whether such a cluster can be.
    pub(super) fn check(&self) -> Result<(), NetError> {
        let (servers, first) = (self.servers, self.client_port_start);
        if !(1..=MOST_SERVERS).contains(&servers) {
            let text = format!("a cluster has 1 to {MOST_SERVERS} servers, not {servers}");
            return Err(NetError::Usage(text));
        }
        let asked = self.data.is_some() || self.replication != Replication::default();
        if asked && !self.system.is_log() {
            let text = format!(
                "{} keeps variables in memory; --data, --tolerate and --read-only-without-quorum are for {}",
                self.system,
                System::ReplicatedLog
            );
            return Err(NetError::Usage(text));
        }
        if let Some(f) = self.replication.tolerate.filter(|f| *f >= servers) {
            let most = servers - 1;
            let text = format!(
                "--tolerate {f}: of {servers} servers at most {most} may lack their memory"
            );
            return Err(NetError::Usage(text));
        }
        if first != 0 && u32::from(first) + servers - 1 > u32::from(u16::MAX) {
            let fix = u32::from(u16::MAX) + 1 - servers;
            let text = format!(
                "{servers} client ports do not fit from {first} on; start at {fix} or below"
            );
            return Err(NetError::Usage(text));
        }
        let clash = (1..=servers).map(NodeId).map(|id| self.address_of(id).port());
        if self.controller_port != 0 && clash.clone().any(|port| port == self.controller_port) {
            let port = self.controller_port;
            let text =
                format!("port {port} is meant for the controller and for a server; change one");
            return Err(NetError::Usage(text));
        }
        Ok(())
    }
}
