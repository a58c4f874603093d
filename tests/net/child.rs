//! A server as a child, without its controller: its start order, its signals, its end.

use crate::helpers::{PATIENCE, address, alive, client, options, pids, set, start};
use conlab::net::{ClusterEvent, NetError};
use conlab::process::NodeId;
use conlab::systems::System;
use std::io::Write;
use std::net::TcpListener;
use std::process::{Command, Output, Stdio};
use std::time::Duration;
use tokio::time::timeout;

/// Runs a child with this as its stdin.
fn child(stdin: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_conlab"))
        .args(conlab::net::CHILD_ARGUMENTS)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it can be started");
    let mut input = child.stdin.take().expect("it is piped");
    // A child that has ended already does not read.
    let _ = input.write_all(stdin);
    drop(input);
    child.wait_with_output().expect("it ends")
}

#[test]
fn a_child_without_a_start_order_says_so() {
    for stdin in [&b""[..], b"\n", b"not json\n", b"{}\n", b"\xff\xfe\n", b"{\"start\":"] {
        let output = child(stdin);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{text}");
        assert!(text.contains("start order") && !text.contains("panicked"), "{text}");
    }
}

#[tokio::test]
async fn sigterm_answers_what_is_under_way_and_ends_with_0() {
    let controller = start(options(System::Linearizable)).await;
    let mut events = controller.events();
    let second = client(&controller, 2).await;
    // The write cannot end, for its round waits for server 3.
    controller.fault("cut 1-3".parse().expect("it is a fault")).await.expect("it can be cut");
    let op = set("x", "7");
    let call = second.call(&op);
    tokio::pin!(call);
    assert!(timeout(Duration::from_millis(100), &mut call).await.is_err(), "the round is open");
    let pid = pids(&controller)[1];
    let kill = Command::new("kill").args(["-TERM", &pid.to_string()]).status();
    assert!(kill.is_ok_and(|status| status.success()));
    let failure = timeout(PATIENCE, call).await.expect("it ends").expect_err("it was not done");
    assert_eq!((failure.code, failure.fate), (Some(5003), conlab::net::Fate::Unknown));
    let status = "exit status: 0".to_string();
    assert_eq!(events.recv().await, Ok(ClusterEvent::Exited { id: NodeId(2), status }));
    assert!(!alive(pid));
    controller.stop().await;
}

#[tokio::test]
async fn a_port_that_was_taken_meanwhile_is_named_by_the_child() {
    let controller = start(options(System::Sequential)).await;
    let fault = |line: &str| controller.fault(line.parse().expect("it is a fault"));
    fault("kill 3").await.expect("it can be killed");
    let held = address(&controller, 3);
    let holder = TcpListener::bind(held).expect("nobody listens there");
    let error = fault("restart 3").await.expect_err("its port is taken");
    assert_eq!(error, NetError::PortTaken { address: held, holder: None });
    assert!(controller.info().servers[2].state.contains("is in use"));
    drop(holder);
    fault("restart 3").await.expect("its port is free again");
    let third = client(&controller, 3).await;
    assert_eq!(third.status().await.expect("it answers").incarnation, 3);
    controller.stop().await;
}
