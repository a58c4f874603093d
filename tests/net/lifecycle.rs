//! Starting, stopping, killing and restarting, as processes and as threads.

use crate::helpers::{alive, client, in_process, options, set, start};
use conlab::systems::System;

#[tokio::test]
async fn processes_start_answer_and_stop() {
    let controller = start(options(System::Sequential)).await;
    let info = controller.info();
    assert!(info.servers.iter().all(|server| server.state == "running"));
    for id in 1..=3 {
        let client = client(&controller, id).await;
        client.call(&set("x", "7")).await.expect("it is answered");
        assert_eq!(client.status().await.expect("it is answered").id.0, id);
    }
    controller.stop().await;
    let pids: Vec<u32> = info.servers.iter().filter_map(|server| server.pid).collect();
    assert_eq!(pids.len(), 3);
    assert!(!pids.into_iter().any(alive));
}

#[tokio::test]
async fn threads_start_answer_and_stop() {
    let controller = start(in_process(System::Sequential)).await;
    for id in 1..=3 {
        client(&controller, id).await.call(&set("x", "7")).await.expect("it is answered");
    }
    controller.stop().await;
}
