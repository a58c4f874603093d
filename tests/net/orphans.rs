//! However the controller dies, no server outlives it.

use crate::helpers::{all_gone, options, start};
use conlab::systems::System;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

/// Names the test that plays the controller, run in a process of its own.
const CONTROLLER: &str = "orphans::plays_the_controller";

#[tokio::test]
#[ignore = "started by the tests below, to be killed"]
async fn plays_the_controller() {
    let controller = start(options(System::Causal)).await;
    controller.fault("pause 2".parse().expect("it is a fault")).await.expect("it can be paused");
    let info = serde_json::to_string(&controller.info()).expect("it is plain data");
    println!("\ncluster {info}");
    std::io::stdout().flush().expect("someone reads");
    std::future::pending::<()>().await;
}

/// Starts a controller with three children, one of them paused, and ends it with `signal`.
async fn children_after(signal: &str) -> Vec<u32> {
    children_after_both(signal, false).await
}

/// The same; with `stopped`, all children are stopped from outside right before, so that none can notice anything.
async fn children_after_both(signal: &str, stopped: bool) -> Vec<u32> {
    let program = std::env::current_exe().expect("this test has a path");
    let mut controller = Command::new(program)
        .args(["--exact", CONTROLLER, "--ignored", "--nocapture"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("this test can be started");
    let lines = BufReader::new(controller.stdout.take().expect("it is piped")).lines();
    let mut lines = lines.map_while(Result::ok);
    let line = lines.find_map(|line| line.strip_prefix("cluster ").map(String::from));
    let info: conlab::net::ClusterInfo =
        serde_json::from_str(&line.expect("the cluster starts")).expect("it is plain data");
    assert_eq!(info.servers[1].state, "paused");
    let pids: Vec<u32> = info.servers.iter().filter_map(|server| server.pid).collect();
    let kill = |signal: &str, pids: &[u32]| {
        let pids = pids.iter().map(u32::to_string);
        let kill = Command::new("kill").arg(signal).args(pids).status();
        assert!(kill.is_ok_and(|status| status.success()));
    };
    if stopped {
        kill("-STOP", &pids);
    }
    kill(signal, &[controller.id()]);
    controller.wait().expect("it is our child");
    pids
}

#[tokio::test]
async fn a_controller_killed_with_9_leaves_no_child_not_even_a_paused_one() {
    let pids = children_after("-9").await;
    assert_eq!(pids.len(), 3);
    all_gone(&pids).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn children_stopped_in_the_moment_of_the_kill_end_too() {
    for _ in 0..5 {
        all_gone(&children_after_both("-9", true).await).await;
    }
}

#[tokio::test]
async fn a_controller_ended_by_sigterm_leaves_no_child() {
    all_gone(&children_after("-TERM").await).await;
}
