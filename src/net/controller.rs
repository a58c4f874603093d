//! The controller: starts the servers of a cluster, tells them of each other, injects faults and ends them.

use super::{ClusterInfo, LogOptions, LogSwitch, NetError, NetErrorKind};
use crate::faults::{Fault, Link};
use crate::process::{NodeId, Timing};
use crate::systems::System;
use std::fmt::{self, Display};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::broadcast;

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
    /// Whether servers are threads of this process instead of processes.
    pub in_process: bool,
    /// How long servers wait for what.
    pub timing: Timing,
    /// Delays that links have from the start; later entries win.
    pub link_delays: Vec<(Link, Duration)>,
    /// Whether [`Controller::fault`] may harm this cluster.
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
            in_process: false,
            timing: Timing::default(),
            link_delays: Vec::new(),
            faults_allowed: true,
            log: LogOptions::default(),
            token: None,
            executable: None,
        }
    }
}

/// Something that happened to a server of the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClusterEvent {
    /// A server's process ended, asked for or not.
    Exited {
        /// The server.
        id: NodeId,
        /// How: `exit status: 1`, `signal: 9 (SIGKILL)`.
        status: String,
    },
    /// A server runs again, in a later life.
    Restarted {
        /// The server.
        id: NodeId,
        /// Which life it is.
        incarnation: u64,
    },
    /// A server that was started by hand has joined.
    Joined {
        /// The server.
        id: NodeId,
        /// Its process.
        pid: u32,
    },
}

impl Display for ClusterEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ClusterEvent::Exited { id, status } => write!(f, "server {} ended ({status})", id.0),
            ClusterEvent::Restarted { id, incarnation } => {
                write!(f, "server {} runs again (life {incarnation})", id.0)
            }
            ClusterEvent::Joined { id, pid } => write!(f, "server {} joined (pid {pid})", id.0),
        }
    }
}

/// A running cluster. Dropping it ends every server at once; [`Controller::stop`] ends them gently.
pub struct Controller {
    address: SocketAddr,
    info: ClusterInfo,
    events: broadcast::Sender<ClusterEvent>,
    logs: LogSwitch,
}

impl Controller {
    /// Starts the cluster and returns when every server answers. If one cannot start, all others end.
    pub async fn start(options: ClusterOptions) -> Result<Controller, NetError> {
        Err(NetError::CannotStart {
            id: options.servers,
            cause: "the driver is not built yet".into(),
        })
    }

    /// The cluster as it is now.
    pub fn info(&self) -> ClusterInfo {
        self.info.clone()
    }

    /// Where the controller listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The token that a server needs to join by hand.
    pub fn token(&self) -> &str {
        ""
    }

    /// Does the fault, or ends it; returns when it is done. Faults of a link hold for messages sent from then on.
    pub async fn fault(&self, fault: Fault) -> Result<(), NetError> {
        Err(NetError::Usage(format!("cannot do {fault}")))
    }

    /// What happens to servers from now on.
    pub fn events(&self) -> broadcast::Receiver<ClusterEvent> {
        self.events.subscribe()
    }

    /// Whose log lines are shown, and where.
    pub fn logs(&self) -> &LogSwitch {
        &self.logs
    }

    /// Ends every server: what is under way is answered, what does not end in time is killed.
    pub async fn stop(self) {
        let _ = NetErrorKind::Internal;
    }
}
