//! What bad input gets: a clear answer, never a panic, never a hang, nothing lost.

use crate::helpers::{
    address, alive, ask, client, get, in_process, options, pids, post, post_with, set, start, value,
};
use conlab::net::{Client, ClusterOptions, Controller, Fate};
use conlab::process::{Op, Timing};
use conlab::session::Session;
use conlab::systems::System;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The cluster still does what it is there for.
async fn still_works(controller: &Controller) {
    let (second, third) = (client(controller, 2).await, client(controller, 3).await);
    second.call(&set("still", "works")).await.expect("it is answered");
    let read = third.call(&get("still")).await.expect("it is answered");
    assert_eq!(value(&read), "works");
}

#[tokio::test]
async fn malformed_requests_get_an_error_each() {
    let controller = start(in_process(System::Linearizable)).await;
    let at = address(&controller, 2);
    for (body, status) in [
        ("{\"jsonrpc\":", 200),
        ("{}", 200),
        ("[]", 200),
        ("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}", 200),
        ("{\"id\":1,\"method\":\"all\"}", 200),
        ("7", 400),
        ("", 400),
    ] {
        let (got, answer) = post(at, body.as_bytes()).await;
        let answer: Value = serde_json::from_str(&answer).expect("the answer is JSON");
        let code = answer["error"]["code"].as_i64();
        assert_eq!(got, status, "{body:?}: {answer}");
        assert!(matches!(code, Some(-32700 | -32600)), "{body:?}: {answer}");
    }
    let (status, answer) = post(at, &[0, 159, 146, 150, 255]).await;
    assert_eq!(status, 400, "{answer}");
    let (status, answer) = post_with(at, "content-type: text/plain\r\n", b"{}").await;
    assert!(status == 415 && answer.contains("content-type: application/json"), "{answer}");
    let (status, answer) =
        post(at, b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\xfe\"}").await;
    assert!(status == 200 && answer.contains("\"error\":{\"code\":-32"), "{answer}");
    still_works(&controller).await;
    controller.stop().await;
}

#[tokio::test]
async fn bodies_and_values_have_their_limits() {
    // An unoptimized build on a busy machine takes its time over megabytes.
    let timing = Timing::for_links(Duration::from_secs(5), Duration::from_secs(60));
    let options = ClusterOptions { timing, ..in_process(System::Linearizable) };
    let controller = start(options).await;
    let at = address(&controller, 2);
    let (status, answer) = post(at, &vec![b' '; 9 << 20]).await;
    assert!(status == 413 || status == 0, "{status} {answer}");
    let request = |value: &str| {
        json!({"jsonrpc": "2.0", "id": 1, "method": "set", "params": ["x", value]}).to_string()
    };
    let over = ask(at, &request(&"v".repeat((1 << 20) + 1))).await;
    assert_eq!(over["error"]["code"], 4001);
    // The worst that fits: every character needs six bytes in JSON.
    let worst = "\u{1}".repeat(1 << 20);
    let answer = ask(at, &request(&worst)).await;
    assert_eq!(answer["result"]["version"], 1, "{answer}");
    let third = address(&controller, 3).to_string();
    let third = Client::connect_for(&third, timing.request_timeout).await;
    let read = third.expect("it listens").call(&get("x")).await.expect("it is answered");
    assert!(value(&read) == worst);
    still_works(&controller).await;
    controller.stop().await;
}

#[tokio::test]
async fn an_oversized_body_is_refused_whether_or_not_it_tells_its_length() {
    let controller = start(in_process(System::Linearizable)).await;
    let at = address(&controller, 2);
    let head = "POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    let chunk =
        format!("transfer-encoding: chunked\r\n\r\n900000\r\n{}", "[".repeat((8 << 20) + 1));
    for rest in ["content-length: 9437184\r\n\r\n", &chunk] {
        let mut stream = half_sent(at, &format!("{head}{rest}")).await;
        let mut answer = vec![0; 4_096];
        let read = stream.read(&mut answer).await;
        let answer = String::from_utf8_lossy(&answer[..read.expect("it is answered")]).into_owned();
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
        for part in ["more than 8388608 bytes", "-32007", "\"outcome\":\"refused\"", "hint"] {
            assert!(answer.contains(part), "{answer}");
        }
    }
    still_works(&controller).await;
    controller.stop().await;
}

#[tokio::test]
async fn a_request_too_large_to_send_leaves_the_other_calls_of_its_connection_alone() {
    let controller = start(in_process(System::Linearizable)).await;
    controller.fault("slow 100ms".parse().expect("it is a fault")).await.expect("it can be slow");
    let client = client(&controller, 2).await;
    let (other, oversized) = (set("x", "7"), set("y", &"v".repeat(9 << 20)));
    // Within every limit of its own, but with more clocks than a request can carry.
    let mut session = Session::of("c");
    session.versions.clocks = (0..10_000).map(|n| (format!("{n:01000}").into(), 1)).collect();
    let laden = Op::Get { key: "x".into(), session: Some(session) };
    let (other, oversized, laden) =
        tokio::join!(client.call(&other), client.call(&oversized), client.call(&laden));
    other.expect("the connection stays");
    for (answer, text) in [(oversized, "value has 9437184 bytes"), (laden, "request has")] {
        let failure = answer.expect_err("it is too large");
        assert_eq!((failure.fate, failure.code), (Fate::Refused, Some(4001)), "{failure}");
        assert!(failure.message.contains(text), "{failure}");
    }
    controller.stop().await;
}

#[tokio::test]
async fn batches_have_their_limit() {
    let controller = start(in_process(System::Eventual)).await;
    let one = json!({"jsonrpc": "2.0", "id": 1, "method": "get", "params": ["x"]});
    let answer = ask(address(&controller, 2), &json!(vec![one; 1_025]).to_string()).await;
    assert_eq!(answer["error"]["code"], -32010);
    controller.stop().await;
}

#[tokio::test]
async fn half_a_request_holds_up_nobody() {
    let controller = start(in_process(System::Linearizable)).await;
    let at = address(&controller, 2);
    let mut halves = Vec::new();
    for half in [
        "POST / HT",
        "POST / HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{",
    ] {
        for _ in 0..20 {
            halves.push(half_sent(at, half).await);
        }
    }
    still_works(&controller).await;
    drop(halves);
    still_works(&controller).await;
    controller.stop().await;
}

#[tokio::test]
async fn a_body_that_breaks_off_is_refused() {
    let controller = start(in_process(System::Linearizable)).await;
    let at = address(&controller, 2);
    let half = "POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{";
    let mut stream = half_sent(at, half).await;
    stream.shutdown().await.expect("it is open");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("it is answered");
    assert!(
        answer.starts_with("HTTP/1.1 400") && answer.contains(r#""outcome":"refused""#),
        "{answer}"
    );
    still_works(&controller).await;
    controller.stop().await;
}

#[tokio::test]
async fn a_page_from_elsewhere_opens_no_websocket() {
    let controller = start(in_process(System::Linearizable)).await;
    let at = address(&controller, 2);
    for (origin, status) in [("https://example.org", "403"), ("http://localhost:8080", "101")] {
        let mut stream = TcpStream::connect(at).await.expect("it listens");
        let request = format!(
            "GET / HTTP/1.1\r\nhost: {at}\r\norigin: {origin}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.expect("it is taken");
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.expect("it is answered");
        assert_eq!(String::from_utf8_lossy(&answer), format!("HTTP/1.1 {status}"), "{origin}");
    }
    controller.stop().await;
}

async fn half_sent(at: SocketAddr, half: &str) -> TcpStream {
    let mut stream = TcpStream::connect(at).await.expect("the server listens");
    stream.write_all(half.as_bytes()).await.expect("it is taken");
    stream
}

#[tokio::test]
async fn a_thousand_idle_connections_hold_up_nobody() {
    let controller = start(options(System::Linearizable)).await;
    let at = address(&controller, 2);
    let mut idle = Vec::new();
    for number in 0..1_000 {
        // Half of them are silent TCP connections, half are WebSockets.
        idle.push(if number % 2 == 0 { half_sent(at, "").await } else { websocket(at).await });
    }
    still_works(&controller).await;
    assert!(pids(&controller).into_iter().all(alive));
    drop(idle);
    controller.stop().await;
}

async fn websocket(at: SocketAddr) -> TcpStream {
    let handshake = format!(
        "GET / HTTP/1.1\r\nhost: {at}\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n\r\n"
    );
    let mut stream = half_sent(at, &handshake).await;
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.expect("the server answers");
    assert_eq!(&answer, b"HTTP/1.1 101");
    stream
}

#[tokio::test]
async fn a_client_that_goes_away_takes_nothing_with_it() {
    let controller = start(in_process(System::Linearizable)).await;
    let fault = |line: &str| controller.fault(line.parse().expect("it is a fault"));
    fault("slow 100ms").await.expect("links can be slowed");
    let body =
        json!({"jsonrpc": "2.0", "id": 1, "method": "set", "params": ["x", "7"]}).to_string();
    let request = format!(
        "POST / HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let second = client(&controller, 2).await;
    let connection = half_sent(address(&controller, 2), &request).await;
    // Only what the server has read is under way: it waits there for its slow round.
    while second.status().await.expect("it answers").status.waiting == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    drop(connection);
    fault("heal").await.expect("links can be healed");
    crate::helpers::until(&client(&controller, 3).await, "x", "7").await;
    controller.stop().await;
}
