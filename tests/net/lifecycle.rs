//! Starting, stopping, killing and restarting, as processes and as threads.

use crate::helpers::{
    PATIENCE, address, alive, all_gone, client, in_process, options, pids, set, start, until,
};
use conlab::net::{
    Client, ClusterEvent, ClusterOptions, Controller, Fate, NetError, NetErrorKind, discover,
};
use conlab::process::NodeId;
use conlab::systems::System;
use std::net::TcpListener;
use std::time::Duration;
use tokio::time::timeout;

#[tokio::test]
async fn processes_start_answer_and_stop() {
    let controller = start(options(System::Sequential)).await;
    let info = controller.info();
    assert_eq!(info.servers[0].role, "primary");
    assert!(info.servers.iter().all(|server| server.state == "running"));
    assert_eq!(discover(&controller.address().to_string()).await, Ok(info));
    for id in 1..=3 {
        let client = client(&controller, id).await;
        client.call(&set("x", "7")).await.expect("it is answered");
        assert_eq!(client.status().await.expect("it is answered").id.0, id);
    }
    let pids = pids(&controller);
    controller.stop().await;
    assert_eq!(pids.len(), 3);
    assert!(!pids.into_iter().any(alive));
}

#[tokio::test]
async fn threads_start_answer_and_stop() {
    let controller = start(in_process(System::Sequential)).await;
    for id in 1..=3 {
        client(&controller, id).await.call(&set("x", "7")).await.expect("it is answered");
    }
    let address = address(&controller, 2).to_string();
    controller.stop().await;
    assert!(Client::connect(&address).await.is_err());
}

#[tokio::test]
async fn dropping_the_controller_ends_its_processes() {
    let controller = start(options(System::Causal)).await;
    let pids = pids(&controller);
    drop(controller);
    all_gone(&pids).await;
}

#[tokio::test]
async fn a_killed_process_is_reported_and_can_be_restarted() {
    killed_and_restarted(options(System::Sequential), "signal: 9 (SIGKILL)").await;
}

#[tokio::test]
async fn a_killed_thread_is_reported_and_can_be_restarted() {
    killed_and_restarted(in_process(System::Sequential), "killed").await;
}

async fn killed_and_restarted(options: ClusterOptions, how: &str) {
    let controller = start(options).await;
    let id = NodeId(3);
    let (mut events, before) = (controller.events(), address(&controller, 3));
    let third = client(&controller, 3).await;
    third.call(&set("x", "7")).await.expect("it is answered");

    fault(&controller, "kill 3").await.expect("it can be killed");
    let status = how.to_string();
    assert_eq!(events.recv().await, Ok(ClusterEvent::Exited { id, status }));
    assert_eq!(controller.info().servers[2].state, format!("exited ({how})"));
    assert_eq!(controller.info().servers[2].pid, None);
    third.call(&set("x", "8")).await.expect_err("nobody is there");
    let failure = third.call(&set("x", "8")).await.expect_err("nobody is there");
    assert_eq!(failure.fate, Fate::Refused, "{failure}");
    client(&controller, 2).await.call(&set("x", "9")).await.expect("the others go on");

    fault(&controller, "restart 3").await.expect("it can be restarted");
    assert_eq!(events.recv().await, Ok(ClusterEvent::Restarted { id, incarnation: 2 }));
    assert_eq!(address(&controller, 3), before);
    until(&third, "x", "9").await;
    assert_eq!(third.status().await.expect("it answers").incarnation, 2);
    controller.stop().await;
}

#[tokio::test]
async fn a_paused_process_stands_still_and_goes_on() {
    paused_and_resumed(options(System::Eventual)).await;
}

#[tokio::test]
async fn a_paused_thread_stands_still_and_goes_on() {
    paused_and_resumed(in_process(System::Eventual)).await;
}

async fn paused_and_resumed(options: ClusterOptions) {
    let controller = start(options).await;
    let second = client(&controller, 2).await;
    fault(&controller, "pause 2").await.expect("it can be paused");
    assert_eq!(controller.info().servers[1].state, "paused");
    let op = set("x", "7");
    let call = second.call(&op);
    tokio::pin!(call);
    assert!(timeout(Duration::from_millis(200), &mut call).await.is_err(), "it stands still");
    // Links are harmed and healed without it; it learns of that when it goes on.
    fault(&controller, "slow 1ms").await.expect("the others are told");
    fault(&controller, "resume 2").await.expect("it can be resumed");
    timeout(PATIENCE, call).await.expect("it goes on").expect("nothing was lost");
    until(&client(&controller, 3).await, "x", "7").await;
    controller.stop().await;
}

#[tokio::test]
async fn a_paused_server_does_not_keep_the_cluster_from_stopping() {
    for options in [options(System::Causal), in_process(System::Causal)] {
        let controller = start(options).await;
        let pids = pids(&controller);
        fault(&controller, "pause 2").await.expect("it can be paused");
        timeout(PATIENCE, controller.stop()).await.expect("it stops");
        assert!(!pids.into_iter().any(|pid| pid != std::process::id() && alive(pid)));
    }
}

#[tokio::test]
async fn impossible_faults_are_refused_with_the_reason() {
    let controller = start(in_process(System::Causal)).await;
    let cases = [
        ("kill 11", NetErrorKind::Usage, "there is no server 11 in a cluster of 3"),
        ("cut 1->4", NetErrorKind::Usage, "there is no server 4"),
        ("restart 2", NetErrorKind::Unavailable, "server 2 is running; kill it first"),
    ];
    for (line, kind, text) in cases {
        let error = fault(&controller, line).await.expect_err(line);
        assert_eq!(error.kind(), kind);
        assert!(error.to_string().contains(text), "{error}");
    }
    fault(&controller, "kill 2").await.expect("it can be killed");
    for line in ["kill 2", "pause 2", "resume 2"] {
        let error = fault(&controller, line).await.expect_err(line);
        assert!(error.to_string().contains("server 2 is not running"), "{error}");
    }
    controller.stop().await;
}

#[tokio::test]
async fn faults_can_be_forbidden() {
    let controller =
        start(ClusterOptions { faults_allowed: false, ..in_process(System::Causal) }).await;
    let error = fault(&controller, "cut 1-2").await.expect_err("it is forbidden");
    assert!(error.to_string().contains("without faults"), "{error}");
    controller.stop().await;
}

#[tokio::test]
async fn a_taken_client_port_is_named_and_nothing_is_left() {
    let (first, taken) = port_before_a_taken_one();
    let taken_port = taken.local_addr().expect("it is bound").port();
    let options = ClusterOptions { client_port_start: first, ..options(System::Causal) };
    let error = Controller::start(options).await.err().expect("a port is taken");
    assert_eq!(error.kind(), NetErrorKind::Unavailable);
    assert_eq!(error.to_string(), format!("port {taken_port} is in use"));
    assert!(error.hint().is_some_and(|hint| hint.contains("--port")));
}

/// A free port whose successor is held by a listener that is no conlab.
fn port_before_a_taken_one() -> (u16, TcpListener) {
    let pairs = std::iter::repeat_with(|| {
        let taken = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let port = taken.local_addr().expect("it is bound").port() - 1;
        TcpListener::bind(("127.0.0.1", port)).is_ok().then_some((port, taken))
    });
    pairs.take(100).flatten().next().expect("there are two free ports in a row")
}

#[tokio::test]
async fn a_port_held_by_a_conlab_is_named_with_system_and_pid() {
    let first = start(options(System::Causal)).await;
    let options = |controller_port, client_port_start| ClusterOptions {
        controller_port,
        client_port_start,
        servers: 1,
        ..options(System::Eventual)
    };
    let held = |id| address(&first, id).port();
    for (options, pid) in [
        (options(first.address().port(), 0), std::process::id()),
        (options(0, held(2)), pids(&first)[1]),
    ] {
        let error = Controller::start(options).await.err().expect("the port is taken");
        assert!(matches!(&error, NetError::PortTaken { holder: Some(_), .. }), "{error:?}");
        let holder = format!("held by another conlab (system causal, pid {pid})");
        assert!(error.to_string().contains(&holder.replace("held ", "")), "{error}");
    }
    first.stop().await;
}

#[tokio::test]
async fn a_server_that_cannot_start_ends_the_others() {
    let missing =
        ClusterOptions { executable: Some("/nowhere/conlab".into()), ..options(System::Causal) };
    let error = Controller::start(missing).await.err().expect("there is no such program");
    assert!(error.to_string().contains("/nowhere/conlab"), "{error}");
    let silent = ClusterOptions { executable: Some("/bin/true".into()), ..options(System::Causal) };
    let error = Controller::start(silent).await.err().expect("it is no server");
    assert!(error.to_string().contains("ended before it listened (exit status: 0)"), "{error}");
}

#[tokio::test]
async fn impossible_clusters_are_refused() {
    let start = |change: fn(&mut ClusterOptions)| {
        let mut options = in_process(System::Causal);
        change(&mut options);
        Controller::start(options)
    };
    let none = start(|options| options.servers = 0).await.err().expect("no servers");
    assert!(none.to_string().contains("1 to 100 servers, not 0"), "{none}");
    let high = start(|options| options.client_port_start = 65_535).await.err().expect("no ports");
    assert!(high.to_string().contains("start at 65533 or below"), "{high}");
    let same = start(|options| (options.controller_port, options.client_port_start) = (7001, 7000));
    let same = same.await.err().expect("one port twice");
    assert!(same.to_string().contains("port 7001"), "{same}");
}

#[tokio::test]
async fn where_nothing_listens_errors_say_so() {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let address = free.expect("there is a free port").to_string();
    let error = Client::connect(&address).await.expect_err("nobody is there");
    assert!(matches!(&error, NetError::Unreachable { .. }), "{error:?}");
    assert!(
        error.to_string().contains(&address) && error.to_string().contains("refused"),
        "{error}"
    );
    assert_eq!(discover(&address).await, Err(NetError::NoCluster(address)));
}

/// Does the fault that `line` describes.
async fn fault(controller: &Controller, line: &str) -> Result<(), NetError> {
    controller.fault(line.parse().expect("it is a fault")).await
}
