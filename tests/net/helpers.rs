//! What the tests of the live driver share.

use conlab::net::{Client, ClusterOptions, Controller, LogLevel, LogOptions};
use conlab::process::{NodeId, Op, Outcome};
use conlab::systems::System;
use serde_json::Value;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What takes longer than this hangs.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A small cluster of this build's own program on free ports, without logs.
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

/// Where clients reach server `id`.
pub fn address(controller: &Controller, id: u32) -> SocketAddr {
    controller.info().server(NodeId(id)).expect("the cluster has this server").address
}

/// A client of server `id`.
pub async fn client(controller: &Controller, id: u32) -> Client {
    let address = address(controller, id).to_string();
    Client::connect(&address).await.expect("the server listens")
}

/// `set key value`
pub fn set(key: &str, value: &str) -> Op {
    Op::Set { key: key.into(), value: value.into(), session: None }
}

/// `get key`
pub fn get(key: &str) -> Op {
    Op::Get { key: key.into(), session: None }
}

/// What a read gave: the value, or `-`.
pub fn value(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Got { value, .. } => value.as_deref().unwrap_or("-"),
        other => panic!("not the outcome of a read: {other:?}"),
    }
}

/// Reads `key` until it has `wanted`.
pub async fn until(client: &Client, key: &str, wanted: &str) {
    let wait = async {
        loop {
            let outcome = client.call(&get(key)).await;
            if outcome.as_ref().is_ok_and(|outcome| value(outcome) == wanted) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.expect("the value arrives");
}

/// Sends `body` as one HTTP request, as curl would; returns the status and the answer.
pub async fn post(address: SocketAddr, body: &[u8]) -> (u16, String) {
    post_with(address, "content-type: application/json\r\n", body).await
}

/// The same with these header lines.
pub async fn post_with(address: SocketAddr, headers: &str, body: &[u8]) -> (u16, String) {
    let head = format!(
        "POST / HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    // A server that refuses a large body may close before it has read all of it.
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(body).await;
    let mut answer = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    let _ = read.expect("the server answers");
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.unwrap_or(0), body.to_string())
}

/// Sends a JSON-RPC request over HTTP; returns the answer.
pub async fn ask(address: SocketAddr, body: &str) -> Value {
    let (status, answer) = post(address, body.as_bytes()).await;
    assert_eq!(status, 200, "{answer}");
    serde_json::from_str(&answer).expect("the answer is JSON")
}

/// Whether a process is there and is no zombie.
pub fn alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit(") ").next().and_then(|rest| rest.chars().next());
    state.is_some_and(|state| state != 'Z')
}

/// The processes that carry the servers.
pub fn pids(controller: &Controller) -> Vec<u32> {
    controller.info().servers.iter().filter_map(|server| server.pid).collect()
}

/// Waits until none of these processes is alive.
pub async fn all_gone(pids: &[u32]) {
    let wait = async {
        while pids.iter().any(|pid| alive(*pid)) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.expect("the processes end");
}
