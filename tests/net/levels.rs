//! The four levels live: written at one server, read at another.

use crate::helpers::{PATIENCE, client, get, in_process, options, set, start, until, value};
use conlab::net::{ClusterOptions, Controller, Fate};
use conlab::process::{Op, Outcome, Timing};
use conlab::systems::System;
use std::time::Duration;
use tokio::time::{Instant, timeout};

#[tokio::test]
async fn every_level_carries_a_write_to_every_server() {
    for system in System::LEVELS {
        let controller = start(options(system)).await;
        client(&controller, 2).await.call(&set("x", "7")).await.expect("it is answered");
        for id in 1..=3 {
            until(&client(&controller, id).await, "x", "7").await;
        }
        let delete = Op::Delete { key: "x".into(), session: None };
        let deleted = client(&controller, 3).await.call(&delete).await;
        assert!(matches!(deleted, Ok(Outcome::Deleted { existed: true, .. })), "{deleted:?}");
        for id in 1..=3 {
            until(&client(&controller, id).await, "x", "-").await;
        }
        controller.stop().await;
    }
}

#[tokio::test]
async fn a_linearizable_write_is_seen_everywhere_at_once() {
    let controller = start(options(System::Linearizable)).await;
    let clients = [client(&controller, 1).await, client(&controller, 2).await];
    let third = client(&controller, 3).await;
    for number in 0..50 {
        let written = number.to_string();
        clients[number % 2].call(&set("x", &written)).await.expect("it is answered");
        assert_eq!(value(&third.call(&get("x")).await.expect("it is answered")), written);
    }
    controller.stop().await;
}

#[tokio::test]
async fn a_causal_read_waits_until_the_slow_broadcast_has_arrived() {
    let controller = start(in_process(System::Causal)).await;
    fault(&controller, "slow 1->3 300ms").await;
    let written = client(&controller, 2).await.call(&set("x", "7")).await.expect("it is answered");
    let Outcome::Set { session, .. } = written else { panic!("not a write: {written:?}") };
    let third = client(&controller, 3).await;
    let before = third.call(&get("x")).await.expect("it is answered");
    assert_eq!(value(&before), "-", "without its session a client is told what is there");
    let read = Op::Get { key: "x".into(), session };
    let (asked, answer) = (Instant::now(), third.call(&read).await.expect("it is answered"));
    assert_eq!(value(&answer), "7");
    assert!(asked.elapsed() > Duration::from_millis(100), "it waited {:?}", asked.elapsed());
    controller.stop().await;
}

#[tokio::test]
async fn link_delays_hold_from_the_start() {
    let slow = ("1->3".parse().expect("it is a link"), Duration::from_millis(150));
    let options = ClusterOptions { link_delays: vec![slow], ..in_process(System::Linearizable) };
    let controller = start(options).await;
    let asked = Instant::now();
    client(&controller, 2).await.call(&set("x", "7")).await.expect("it is answered");
    assert!(asked.elapsed() >= Duration::from_millis(150), "a round waits for every server");
    controller.stop().await;
}

#[tokio::test]
async fn a_primary_that_was_killed_comes_back_with_what_was_answered() {
    let controller = start(options(System::Linearizable)).await;
    let second = client(&controller, 2).await;
    second.call(&set("x", "7")).await.expect("it is answered");
    fault(&controller, "kill 1").await;
    fault(&controller, "restart 1").await;
    until(&second, "x", "7").await;
    let written = timeout(PATIENCE, second.call(&set("x", "8"))).await.expect("it ends");
    assert!(written.is_ok(), "{written:?}");
    controller.stop().await;
}

#[tokio::test]
async fn lossy_doubling_links_lose_and_double_nothing() {
    let timing = Timing { resend_after: Duration::from_millis(20), ..Timing::default() };
    let options = ClusterOptions { timing, ..in_process(System::Linearizable) };
    let controller = start(options).await;
    for line in ["lose all 10%", "duplicate all 20%"] {
        fault(&controller, line).await;
    }
    let (second, third) = (client(&controller, 2).await, client(&controller, 3).await);
    for number in 0..20 {
        let written = number.to_string();
        let failure = match second.call(&set("x", &written)).await {
            Ok(_) => {
                let read = third.call(&get("x")).await;
                assert!(read.as_ref().is_ok_and(|read| value(read) == written), "{read:?}");
                continue;
            }
            Err(failure) => failure,
        };
        assert_eq!(failure.fate, Fate::Unknown, "{failure}");
    }
    fault(&controller, "heal").await;
    second.call(&set("x", "last")).await.expect("the links are whole");
    until(&third, "x", "last").await;
    controller.stop().await;
}

async fn fault(controller: &Controller, line: &str) {
    let fault = line.parse().expect("it is a fault");
    controller.fault(fault).await.unwrap_or_else(|error| panic!("{line}: {error}"));
}
