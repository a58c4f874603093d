//! WebSockets of clients, frame by frame: what comes is answered, late answers do not hold up early ones, and what waits
//! is answered before the end.

use crate::helpers::{
    PATIENCE, address, ask, client, in_process, options, pids, set, start, until,
};
use conlab::net::Controller;
use conlab::systems::System;
use futures_util::io::BufWriter;
use serde_json::{Value, json};
use soketto::data::ByteSlice125;
use soketto::handshake::{Client as Handshake, ServerResponse};
use soketto::{Incoming, Receiver, Sender};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_util::compat::{Compat, TokioAsyncReadCompatExt};

/// What is written goes out when it is flushed, in as few pieces as may be.
type Bytes = BufWriter<Compat<TcpStream>>;

/// A WebSocket without a JSON-RPC client.
struct Socket {
    sender: Sender<Bytes>,
    receiver: Receiver<Bytes>,
}

impl Socket {
    async fn open(at: SocketAddr) -> Socket {
        let stream = TcpStream::connect(at).await.expect("the server listens");
        let host = at.to_string();
        let mut handshake = Handshake::new(BufWriter::new(stream.compat()), &host, "/");
        let answer = handshake.handshake().await.expect("it is answered");
        assert!(matches!(answer, ServerResponse::Accepted { .. }), "{answer:?}");
        let (sender, receiver) = handshake.into_builder().finish();
        Socket { sender, receiver }
    }

    /// Sends these messages in one piece.
    async fn say(&mut self, messages: &[String]) {
        for message in messages {
            self.sender.send_text(message).await.expect("it is taken");
        }
        self.sender.flush().await.expect("it is sent");
    }

    /// The next message.
    async fn hear(&mut self) -> Value {
        let mut message = Vec::new();
        let heard = timeout(PATIENCE, self.receiver.receive_data(&mut message)).await;
        heard.expect("the server answers").expect("the socket is open");
        serde_json::from_slice(&message).expect("the answer is JSON")
    }
}

fn call(id: impl Into<Value>, method: &str, params: Value) -> String {
    let id = id.into();
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string()
}

async fn fault(controller: &Controller, line: &str) {
    let fault = line.parse().expect("it is a fault");
    controller.fault(fault).await.expect("links can be harmed");
}

#[tokio::test]
async fn what_comes_over_a_websocket_is_answered_as_over_http() {
    let controller = start(in_process(System::Sequential)).await;
    let at = address(&controller, 2);
    let mut socket = Socket::open(at).await;
    let too_many = format!("[{}]", vec![call(1, "get", json!(["x"])); 1_025].join(","));
    let messages = [
        "no JSON".to_string(),
        "7".to_string(),
        "{}".to_string(),
        "{\"id\": 3}".to_string(),
        "{\"jsonrpc\": \"2.0\", \"id\": 4, \"method\": \"get\"".to_string(),
        "[]".to_string(),
        "[\"2.0\", 1, \"set\", [\"x\", \"7\"]]".to_string(),
        "[7, {\"id\": 5}]".to_string(),
        call(-1, "get", json!(["x"])),
        call(1.5, "get", json!(["x"])),
        call(json!({}), "get", json!(["x"])),
        format!("[{}]", call(true, "get", json!(["x"]))),
        format!("  \n{}", call(6, "get", json!({"key": "x"}))),
        call(7, "get", json!([7])),
        call(8, "nothing", json!([])),
        call(9, "rpc.discover", json!(null)),
        format!("[{}, {}, 8]", call(10, "get", json!(["x"])), call(11, "nothing", json!([]))),
        too_many,
    ];
    for message in messages {
        socket.say(std::slice::from_ref(&message)).await;
        let (status, over_http) = crate::helpers::post(at, message.as_bytes()).await;
        let told = || format!("{message:.80}: {status} {over_http:.200}");
        let over_http: Value =
            serde_json::from_str(&over_http).unwrap_or_else(|_| panic!("{}", told()));
        assert_eq!(socket.hear().await, over_http, "{}", told());
    }
    controller.stop().await;
}

#[tokio::test]
async fn what_asks_for_nothing_gets_no_answer_and_what_is_too_long_is_skipped() {
    let controller = start(in_process(System::Sequential)).await;
    let mut socket = Socket::open(address(&controller, 2)).await;
    let notification = json!({"jsonrpc": "2.0", "method": "set", "params": ["x", "7"]});
    let alone = format!("[{notification}]");
    socket.say(&[notification.to_string(), alone, call(1, "get", json!(["x"]))]).await;
    assert_eq!(socket.hear().await["result"]["value"], Value::Null, "notifications do nothing");
    let long = call(2, "set", json!(["x", "7".repeat(9 << 20)]));
    socket.say(&[long, call(3, "get", json!(["x"]))]).await;
    let (refused, answered) = (socket.hear().await, socket.hear().await);
    assert_eq!((&refused["id"], &refused["error"]["code"]), (&Value::Null, &json!(-32007)));
    assert_eq!(answered["id"], 3);
    controller.stop().await;
}

#[tokio::test]
async fn an_answer_that_is_ready_does_not_wait_for_an_earlier_one() {
    let controller = start(in_process(System::Sequential)).await;
    fault(&controller, "slow 1s").await;
    let mut socket = Socket::open(address(&controller, 3)).await;
    socket.say(&[call(1, "set", json!(["x", "7"])), call(2, "get", json!(["x"]))]).await;
    let (first, second) = (socket.hear().await, socket.hear().await);
    assert_eq!((&first["id"], &first["result"]["value"]), (&json!(2), &Value::Null));
    assert_eq!((&second["id"], &second["result"]["version"]), (&json!(1), &json!(1)));
    controller.stop().await;
}

#[tokio::test]
async fn more_calls_than_may_wait_are_all_answered() {
    let controller = start(in_process(System::Linearizable)).await;
    fault(&controller, "slow 50ms").await;
    let mut socket = Socket::open(address(&controller, 2)).await;
    let calls: Vec<String> = (0..3_000).map(|id| call(id, "set", json!(["x", "7"]))).collect();
    socket.say(&calls).await;
    let mut answered = BTreeSet::new();
    while answered.len() < calls.len() {
        let answer = socket.hear().await;
        assert!(answered.insert(answer["id"].as_u64()), "answered once: {answer}");
    }
    controller.stop().await;
}

#[tokio::test]
async fn pings_of_a_client_that_does_not_read_block_nobody_for_ever() {
    const PINGS: usize = 200_000; // with their answers more than all buffers on the way hold
    let controller = start(in_process(System::Sequential)).await;
    fault(&controller, "slow 100ms").await;
    let mut socket = Socket::open(address(&controller, 2)).await;
    socket.say(&[call(1, "set", json!(["x", "7"]))]).await;
    let Socket { mut sender, mut receiver } = socket;
    let ping = async move {
        let payload = [0; 125];
        for _ in 0..PINGS {
            let payload = ByteSlice125::try_from(&payload[..]).expect("it is short");
            sender.send_ping(payload).await.expect("it is taken");
        }
        sender.flush().await.expect("it is sent");
        sender
    };
    let hear = async move {
        // The set is answered while pongs wait to be written.
        tokio::time::sleep(Duration::from_millis(500)).await;
        let (mut message, mut answered) = (Vec::new(), false);
        let mut pongs = 0;
        while !answered || pongs < PINGS {
            match receiver.receive(&mut message).await.expect("the socket is open") {
                Incoming::Pong(_) => pongs += 1,
                Incoming::Data(_) => answered = true,
                Incoming::Closed(_) => panic!("it was closed"),
            }
        }
    };
    let both = async { tokio::join!(ping, hear) };
    timeout(PATIENCE, both).await.expect("all is answered");
    controller.stop().await;
}

#[tokio::test]
async fn a_server_that_ends_says_what_became_of_the_calls_that_wait() {
    let controller = start(options(System::Linearizable)).await;
    fault(&controller, "slow 10s").await;
    let mut socket = Socket::open(address(&controller, 2)).await;
    socket.say(&[call(1, "set", json!(["x", "7"]))]).await;
    let second = client(&controller, 2).await;
    while second.status().await.expect("it answers").status.waiting == 0 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let children = pids(&controller);
    let ((), answer) = tokio::join!(controller.stop(), socket.hear());
    assert_eq!(answer["error"]["data"]["outcome"], "unknown", "{answer}");
    crate::helpers::all_gone(&children).await;
}

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_harms_nobody() {
    let controller = start(in_process(System::Linearizable)).await;
    fault(&controller, "slow 50ms").await;
    for round in 0..20 {
        let mut socket = Socket::open(address(&controller, 2)).await;
        socket.say(&[call(1, "set", json!(["x", round.to_string()]))]).await;
        drop(socket);
    }
    fault(&controller, "heal").await;
    let other = client(&controller, 3).await;
    other.call(&set("y", "8")).await.expect("it is answered");
    until(&other, "y", "8").await;
    let status = ask(address(&controller, 2), &call(1, "status", json!(null))).await;
    assert_eq!(status["result"]["state"], "ready");
    controller.stop().await;
}
