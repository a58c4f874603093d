//! The replicated log live: the acceptance run, plain HTTP, and a log that outlives every server.

use crate::helpers::{address, client, in_process, options, post_with, start};
use conlab::net::{
    Client, ClusterEvent, ClusterOptions, Controller, Fate, JoinOptions, NetError, run_joined,
};
use conlab::process::{Concern, Health, NodeId, Op, Outcome};
use conlab::systems::System;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;

const LOG: System = System::ReplicatedLog;

fn append(text: &str, w: u32) -> Op {
    let (id, timeout) = (Some(format!("id-{text}").into()), None);
    Op::Append { message: text.into(), id, w: Concern::Count(w), timeout }
}

async fn seq(client: &Client, op: &Op) -> u64 {
    match client.call(op).await {
        Ok(Outcome::Appended { seq, .. }) => seq,
        other => panic!("{op}: {other:?}"),
    }
}

async fn messages(client: &Client) -> Option<Vec<String>> {
    match client.call(&Op::WHOLE_LOG).await {
        Ok(Outcome::Messages { messages, .. }) => {
            Some(messages.into_iter().map(|logged| logged.message.to_string()).collect())
        }
        _ => None,
    }
}

/// Waits until a server shows these messages.
async fn shows(controller: &Controller, id: u32, wanted: &[&str]) {
    let shown = async {
        loop {
            let connected = Client::connect(&address(controller, id).to_string()).await;
            if let Ok(client) = connected
                && messages(&client).await.is_some_and(|shown| shown == wanted)
            {
                return;
            }
            sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(crate::helpers::PATIENCE, shown).await.expect("the messages arrive");
}

async fn fault(controller: &Controller, text: &str) {
    controller.fault(text.parse().expect(text)).await.expect(text);
}

#[tokio::test]
async fn an_append_waits_for_a_server_that_comes_later_and_holds_up_no_other() {
    let controller = start(options(LOG)).await;
    fault(&controller, "kill 3").await;
    let master = Arc::new(client(&controller, 1).await);
    assert_eq!(seq(&master, &append("Msg1", 1)).await, 1);
    assert_eq!(seq(&master, &append("Msg2", 2)).await, 2);
    let waiting = tokio::spawn({
        let master = master.clone();
        async move { seq(&master, &append("Msg3", 3)).await }
    });
    shows(&controller, 1, &["Msg1", "Msg2", "Msg3"]).await;
    assert_eq!(seq(&master, &append("Msg4", 1)).await, 4);
    assert!(!waiting.is_finished(), "n3 is down");
    fault(&controller, "restart 3").await;
    assert_eq!(waiting.await.expect("nobody panics"), 3);
    shows(&controller, 3, &["Msg1", "Msg2", "Msg3", "Msg4"]).await;
    controller.stop().await;
}

#[tokio::test]
async fn an_error_says_what_became_of_the_message() {
    let controller = start(in_process(LOG)).await;
    fault(&controller, "cut 1-2").await;
    fault(&controller, "cut 1-3").await;
    let master = client(&controller, 1).await;
    let Op::Append { message, id, w, .. } = append("Msg1", 2) else { return };
    let timeout = Some(Duration::from_millis(100));
    let late = master.call(&Op::Append { message, id, w, timeout }).await.expect_err("too few");
    assert_eq!((late.fate, late.code), (Fate::Unknown, Some(5002)));
    assert_eq!(late.message, "timed out waiting for 2 acknowledgements, got 1");
    let beyond = master.call(&append("Msg2", 4)).await.expect_err("there are three");
    assert_eq!((beyond.fate, beyond.code), (Fate::Refused, Some(4006)));
    let second = client(&controller, 2).await;
    let elsewhere = second.call(&append("Msg2", 1)).await.expect_err("it is a secondary");
    assert_eq!((elsewhere.fate, elsewhere.code), (Fate::Refused, Some(4007)));
    fault(&controller, "heal").await;
    assert_eq!(seq(&master, &append("Msg1", 3)).await, 1);
    controller.stop().await;
}

#[tokio::test]
async fn the_master_says_how_each_secondary_is() {
    let controller = start(in_process(LOG)).await;
    let master = client(&controller, 1).await;
    fault(&controller, "kill 3").await;
    let down = async {
        loop {
            let status = master.status().await.expect("it runs").status;
            if status.health.get(&NodeId(3)) == Some(&Health::Down) {
                return status;
            }
            sleep(Duration::from_millis(50)).await;
        }
    };
    let status = tokio::time::timeout(crate::helpers::PATIENCE, down).await.expect("it is seen");
    assert_eq!((status.role.as_str(), status.state.as_str()), ("master", "ready"));
    assert_eq!(status.health.get(&NodeId(2)), Some(&Health::Healthy));
    controller.stop().await;
}

/// One plain HTTP request: the status, and the answer.
async fn http(
    controller: &Controller,
    id: u32,
    method: &str,
    path: &str,
    body: &str,
) -> (u16, Value) {
    let (status, text) = http_text(controller, id, method, path, body).await;
    (status, serde_json::from_str(&text).expect("it is JSON"))
}

async fn http_text(
    controller: &Controller,
    id: u32,
    method: &str,
    path: &str,
    body: &str,
) -> (u16, String) {
    let at = address(controller, id);
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {at}\r\nconnection: close\r\ncontent-length: {}\r\n\
         content-type: application/json\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(at).await.expect("the server listens");
    stream.write_all(head.as_bytes()).await.expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("it answers");
    let (head, body) = answer.split_once("\r\n\r\n").expect("it is HTTP");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.expect("it is HTTP"), body.to_string())
}

#[tokio::test]
async fn plain_http_does_the_same() {
    let controller = start(in_process(LOG)).await;
    let (status, answer) =
        http(&controller, 1, "POST", "/messages", r#"{"message":"Msg1","w":3,"id":"a"}"#).await;
    assert_eq!((status, answer), (200, json!({"seq": 1, "id": "a", "acks": 3})));
    let (status, answer) = http(&controller, 3, "GET", "/messages", "").await;
    let logged = json!({"seq": 1, "id": "a", "message": "Msg1"});
    assert_eq!((status, answer), (200, json!({"messages": [logged], "head": 1})));
    let (status, answer) = http(&controller, 3, "GET", "/messages?from=2&limit=5", "").await;
    assert_eq!((status, answer), (200, json!({"messages": [], "head": 1})));
    let (_, text) = http_text(&controller, 3, "GET", "/messages", "").await;
    assert_eq!(text, "{\"messages\":[{\"seq\":1,\"id\":\"a\",\"message\":\"Msg1\"}],\"head\":1}\n");
    for (method, path, body, status, code) in [
        ("POST", "/messages", r#"{"message":"Msg2","w":0}"#, 400, 4006),
        ("POST", "/messages", r#"{"text":"Msg2"}"#, 400, -32602),
        ("POST", "/messages", r#"{"message":"Other","id":"a"}"#, 409, 4009),
        ("GET", "/messages?from=x", "", 400, -32602),
        ("DELETE", "/messages", "", 405, -32602),
    ] {
        let (got, answer) = http(&controller, 1, method, path, body).await;
        assert_eq!((got, answer["error"]["code"].as_i64()), (status, Some(code)), "{answer}");
    }
    let (got, answer) = http(&controller, 2, "POST", "/messages", r#"{"message":"Msg2"}"#).await;
    assert_eq!((got, answer["error"]["data"]["outcome"].as_str()), (421, Some("refused")));
    // JSON-RPC on the same port is as it was.
    let (status, answer) = post_with(
        address(&controller, 2),
        "content-type: application/json\r\n",
        br#"{"jsonrpc":"2.0","id":1,"method":"messages","params":[1,1]}"#,
    )
    .await;
    assert!(status == 200 && answer.contains("Msg1"), "{answer}");
    controller.stop().await;
}

fn on_disk(folder: &Path) -> ClusterOptions {
    ClusterOptions { data: Some(folder.to_path_buf()), ..options(LOG) }
}

#[tokio::test]
async fn what_was_acknowledged_outlives_the_death_of_every_server_and_of_the_cluster() {
    let folder = tempfile::tempdir().expect("there is room");
    let controller = start(on_disk(folder.path())).await;
    let master = client(&controller, 1).await;
    assert_eq!(seq(&master, &append("Msg1", 3)).await, 1);
    fault(&controller, "cut 1-2").await;
    fault(&controller, "cut 1-3").await;
    assert_eq!(seq(&master, &append("Msg2", 1)).await, 2);
    for id in [1, 2, 3] {
        fault(&controller, &format!("kill {id}")).await;
    }
    fault(&controller, "heal").await;
    for id in [3, 1, 2] {
        fault(&controller, &format!("restart {id}")).await;
    }
    for id in 1..=3 {
        shows(&controller, id, &["Msg1", "Msg2"]).await;
    }
    drop(controller); // its servers are killed
    let controller = start(on_disk(folder.path())).await;
    let master = client(&controller, 1).await;
    assert_eq!(seq(&master, &append("Msg2", 2)).await, 2);
    assert_eq!(seq(&master, &append("Msg3", 3)).await, 3);
    controller.stop().await;
}

#[tokio::test]
async fn a_lost_disk_is_filled_again_and_a_damaged_one_is_named() {
    let folder = tempfile::tempdir().expect("there is room");
    let controller = start(on_disk(folder.path())).await;
    let master = client(&controller, 1).await;
    for text in ["Msg1", "Msg2", "Msg3"] {
        seq(&master, &append(text, 3)).await;
    }
    fault(&controller, "kill 3").await;
    fs::remove_file(folder.path().join("n3.log")).expect("it is there");
    fault(&controller, "restart 3").await;
    shows(&controller, 3, &["Msg1", "Msg2", "Msg3"]).await;
    fault(&controller, "kill 2").await;
    let path = folder.path().join("n2.log");
    let mut bytes = fs::read(&path).expect("it is there");
    let middle = bytes.len() / 3;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).expect("it can be written");
    let error = controller.fault("restart 2".parse().expect("it is a fault")).await;
    let error = error.expect_err("the file is bad").to_string();
    assert!(error.contains("n2.log: the record at byte"), "{error}");
    controller.stop().await;
}

/// What a server that is started by hand says when it cannot join.
async fn turned_away(controller: &Controller, data: Option<&Path>) -> String {
    run_joined(by_hand(controller, data)).await.expect_err("it cannot join").to_string()
}

fn by_hand(controller: &Controller, data: Option<&Path>) -> JoinOptions {
    let (join, token) = (controller.address().to_string(), controller.token().to_string());
    let data = data.map(Path::to_path_buf);
    JoinOptions { id: NodeId(3), join, token, address: None, data }
}

#[tokio::test]
async fn a_server_started_by_hand_keeps_its_log_in_a_folder_of_its_own() {
    let (folder, own) = (tempfile::tempdir(), tempfile::tempdir());
    let (folder, own) = (folder.expect("there is room"), own.expect("there is room"));
    let controller = start(on_disk(folder.path())).await;
    let master = client(&controller, 1).await;
    assert_eq!(seq(&master, &append("Msg1", 3)).await, 1);
    fault(&controller, "kill 3").await;
    assert!(turned_away(&controller, None).await.contains("--data DIR"));
    let mut events = controller.events();
    let joined = tokio::spawn(run_joined(by_hand(&controller, Some(own.path()))));
    let told = ClusterEvent::Joined { id: NodeId(3), pid: std::process::id() };
    let heard = async { while events.recv().await.expect("the controller lives") != told {} };
    tokio::time::timeout(crate::helpers::PATIENCE, heard).await.expect("it joins");
    assert_eq!(seq(&master, &append("Msg2", 3)).await, 2);
    assert!(own.path().join("n3.log").exists());
    controller.stop().await;
    joined.await.expect("no panic").expect("it was asked to stop");
    // The file that the first life of server 3 left in the cluster's folder does not have Msg2.
    let controller = start(on_disk(folder.path())).await;
    shows(&controller, 3, &["Msg1", "Msg2"]).await;
    controller.stop().await;
}

/// Asks the controller to take in server 3, as one does that is gone before the answer comes.
async fn join_and_leave(controller: &Controller, records: u64) {
    let gone = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
        listener.local_addr().expect("it listens")
    };
    let asked = json!({
        "jsonrpc": "2.0", "id": 1, "method": "join",
        "params": {"id": 3, "pid": 1, "address": gone, "peer_address": gone, "records": records},
    });
    let headers = format!(
        "content-type: application/json\r\nauthorization: Bearer {}\r\n",
        controller.token()
    );
    let body = asked.to_string();
    let mut events = controller.events();
    let (status, answer) = post_with(controller.address(), &headers, body.as_bytes()).await;
    assert!(status == 200 && answer.contains("incarnation"), "{answer}");
    let ended = async {
        while !matches!(events.recv().await, Ok(ClusterEvent::Exited { id: NodeId(3), .. })) {}
    };
    tokio::time::timeout(crate::helpers::PATIENCE, ended).await.expect("it is missed");
}

#[tokio::test]
async fn a_join_whose_answer_came_too_late_costs_no_memory() {
    let folder = tempfile::tempdir().expect("there is room");
    let controller = start(on_disk(folder.path())).await;
    let master = client(&controller, 1).await;
    assert_eq!(seq(&master, &append("Msg1", 3)).await, 1);
    fault(&controller, "kill 3").await;
    fault(&controller, "cut 1-3").await; // nobody tells it what it has forgotten
    join_and_leave(&controller, 0).await;
    fault(&controller, "restart 3").await;
    shows(&controller, 3, &["Msg1"]).await;
    assert!(!folder.path().join("n3.old").exists());
    controller.stop().await;
}

#[tokio::test]
async fn a_server_without_a_disk_has_no_folder() {
    let controller = start(in_process(LOG)).await;
    let own = tempfile::tempdir().expect("there is room");
    fault(&controller, "kill 3").await;
    assert!(turned_away(&controller, Some(own.path())).await.contains("leave out --data"));
    controller.stop().await;
}

#[tokio::test]
async fn flags_of_a_log_are_refused_where_there_is_none() {
    let folder = tempfile::tempdir().expect("there is room");
    let data = Some(folder.path().to_path_buf());
    let options = ClusterOptions { data, ..in_process(System::Causal) };
    let Err(NetError::Usage(text)) = Controller::start(options).await else {
        panic!("causal keeps no disk");
    };
    assert!(text.contains("--data") && text.contains("replicated-log"), "{text}");
}
