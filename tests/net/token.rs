//! Nobody who can merely reach a port can write as a peer, control a server or join the cluster.

use crate::helpers::{address, all_gone, ask, client, options, pids, post_with, set, start, until};
use conlab::net::{ClusterEvent, Controller, Fate, JoinOptions, NetError, run_joined};
use conlab::process::NodeId;
use conlab::systems::System;
use jsonrpsee::core::client::{ClientT, SubscriptionClientT};
use jsonrpsee::rpc_params;
use jsonrpsee_ws_client::{HeaderMap, HeaderValue, WsClient, WsClientBuilder};
use serde_json::{Value, json};
use std::net::SocketAddr;

const PRIVATE: [&str; 5] =
    ["peer_listen", "control_peers", "control_fault", "control_logs", "control_stop"];

/// The peer port of server `id`: the one on which its process listens beside its client port.
fn peer_port(controller: &Controller, id: u32) -> SocketAddr {
    let client_port = address(controller, id);
    let pid = pids(controller)[id as usize - 1];
    let peers = listening(pid).into_iter().find(|address| *address != client_port);
    peers.expect("it has two ports")
}

/// Where a process listens, as Linux tells it.
fn listening(pid: u32) -> Vec<SocketAddr> {
    let read_link = |entry: std::io::Result<std::fs::DirEntry>| {
        let target = std::fs::read_link(entry.ok()?.path()).ok()?;
        let inode = target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_string();
        Some(inode)
    };
    let files = std::fs::read_dir(format!("/proc/{pid}/fd")).expect("it is our child");
    let inodes: Vec<String> = files.filter_map(read_link).collect();
    let table = std::fs::read_to_string("/proc/net/tcp").expect("this is Linux");
    let address = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let listens = fields.get(3) == Some(&"0A") && inodes.iter().any(|i| i == fields[9]);
        let port = u16::from_str_radix(fields.get(1)?.split_once(':')?.1, 16).ok()?;
        listens.then(|| SocketAddr::from(([127, 0, 0, 1], port)))
    };
    table.lines().filter_map(address).collect()
}

async fn connect(address: SocketAddr, token: &str) -> Result<WsClient, String> {
    let mut headers = HeaderMap::new();
    let value = HeaderValue::from_str(&format!("Bearer {token}")).expect("it is plain text");
    headers.insert("authorization", value);
    let client = WsClientBuilder::new().set_headers(headers).build(format!("ws://{address}")).await;
    client.map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_peer_port_opens_to_the_token_only() {
    let controller = start(options(System::Causal)).await;
    let port = peer_port(&controller, 2);
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "control_stop"}).to_string();
    let json = "content-type: application/json\r\n";
    for wrong in ["", "authorization: Bearer wrong\r\n", "authorization: Basic wrong\r\n"] {
        let (status, answer) = post_with(port, &format!("{json}{wrong}"), call.as_bytes()).await;
        let answer: Value = serde_json::from_str(&answer).expect("the answer is JSON");
        assert_eq!((status, &answer["error"]["code"]), (401, &json!(4011)));
        assert_eq!(answer["error"]["data"]["outcome"], "refused");
    }
    let error = WsClientBuilder::new().build(format!("ws://{port}")).await.err();
    assert!(error.is_some_and(|error| error.to_string().contains("401")));
    assert!(connect(port, &controller.token()[1..]).await.is_err());
    let peer = connect(port, controller.token()).await.expect("the token opens it");
    let listen = rpc_params![3, 9, "127.0.0.1:1"];
    peer.subscribe::<Value, _>("peer_listen", listen, "peer_leave").await.expect("it is a peer");
    controller.stop().await;
}

#[tokio::test]
async fn the_client_port_knows_no_private_method() {
    let controller = start(options(System::Causal)).await;
    let calls: Vec<Value> = PRIVATE
        .iter()
        .map(|method| json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": [[]]}))
        .collect();
    let answers = ask(address(&controller, 2), &json!(calls).to_string()).await;
    let answers = answers.as_array().expect("it is a batch");
    assert_eq!(answers.len(), PRIVATE.len());
    assert!(answers.iter().all(|answer| answer["error"]["code"] == -32601), "{answers:?}");
    controller.stop().await;
}

#[tokio::test]
async fn where_faults_are_forbidden_the_token_does_not_help() {
    let options = conlab::net::ClusterOptions { faults_allowed: false, ..options(System::Causal) };
    let controller = start(options).await;
    let peer = connect(peer_port(&controller, 2), controller.token()).await.expect("it opens");
    let error = peer.request::<(), _>("control_fault", rpc_params![[0; 0]]).await.err();
    assert!(error.is_some_and(|error| error.to_string().contains("Method not found")));
    controller.stop().await;
}

fn join(controller: &Controller, id: u32, token: &str) -> JoinOptions {
    let (join, token) = (controller.address().to_string(), token.to_string());
    JoinOptions { id: NodeId(id), join, token, address: None, data: None }
}

#[tokio::test]
async fn joining_needs_the_token_and_a_place() {
    let controller = start(options(System::Sequential)).await;
    let taken = run_joined(join(&controller, 2, controller.token())).await;
    assert!(matches!(&taken, Err(NetError::PortTaken { .. })), "{taken:?}");
    let options = join(&controller, 2, controller.token());
    let elsewhere = JoinOptions { address: Some(([127, 0, 0, 1], 0).into()), ..options };
    let running = run_joined(elsewhere).await.expect_err("server 2 runs");
    assert!(running.to_string().contains("server 2 is running"), "{running}");
    let beyond = run_joined(join(&controller, 4, controller.token())).await.expect_err("no place");
    assert!(beyond.to_string().contains("no server 4"), "{beyond}");
    controller.fault("kill 2".parse().expect("it is a fault")).await.expect("it can be killed");
    let stranger = run_joined(join(&controller, 2, "wrong")).await.expect_err("no token");
    assert!(stranger.to_string().contains("token"), "{stranger}");
    controller.stop().await;
}

#[tokio::test]
async fn a_server_that_joins_by_hand_catches_up_and_leaves_with_its_controller() {
    let controller = start(options(System::Sequential)).await;
    client(&controller, 3).await.call(&set("x", "7")).await.expect("it is answered");
    controller.fault("kill 2".parse().expect("it is a fault")).await.expect("it can be killed");
    let mut events = controller.events();
    let by_hand = tokio::spawn(run_joined(join(&controller, 2, controller.token())));
    let joined = ClusterEvent::Joined { id: NodeId(2), pid: std::process::id() };
    assert_eq!(events.recv().await, Ok(joined));
    let second = client(&controller, 2).await;
    until(&second, "x", "7").await;
    second.call(&set("x", "8")).await.expect("it takes part");
    let refused = controller.fault("kill 2".parse().expect("it is a fault")).await;
    assert!(refused.is_err_and(|error| error.to_string().contains("started by hand")));
    let children: Vec<u32> =
        pids(&controller).into_iter().filter(|pid| *pid != std::process::id()).collect();
    controller.stop().await;
    by_hand.await.expect("no panic").expect("it was asked to stop");
    let failure = second.call(&set("x", "9")).await.expect_err("it is gone");
    assert_eq!(failure.fate, Fate::Refused);
    all_gone(&children).await;
}
