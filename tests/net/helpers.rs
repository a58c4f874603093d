//! What the tests of the live driver share.

use conlab::net::{Client, ClusterOptions, Controller, LogLevel, LogOptions};
use conlab::process::{NodeId, Op};
use conlab::systems::System;

/// A small cluster on free ports, silent, of this build's own binary.
pub fn options(system: System) -> ClusterOptions {
    ClusterOptions {
        executable: Some(env!("CARGO_BIN_EXE_conlab").into()),
        log: LogOptions { level: LogLevel::Warn, ..LogOptions::default() },
        ..ClusterOptions::new(system)
    }
}

/// The same with servers as threads.
pub fn in_process(system: System) -> ClusterOptions {
    ClusterOptions { in_process: true, ..options(system) }
}

/// Starts a cluster that must start.
pub async fn start(options: ClusterOptions) -> Controller {
    Controller::start(options).await.expect("the cluster starts")
}

/// A client of server `id`.
pub async fn client(controller: &Controller, id: u32) -> Client {
    let info = controller.info();
    let server = info.server(NodeId(id)).expect("the cluster has this server");
    Client::connect(&server.address.to_string()).await.expect("the server listens")
}

/// `set key value`
pub fn set(key: &str, value: &str) -> Op {
    Op::Set { key: key.into(), value: value.into(), session: None }
}

/// `get key`
pub fn get(key: &str) -> Op {
    Op::Get { key: key.into(), session: None }
}

/// Whether a process is there and is no zombie.
pub fn alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit(") ").next().and_then(|rest| rest.chars().next());
    state.is_some_and(|state| state != 'Z')
}
