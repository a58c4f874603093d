//! JSON-RPC as any client would speak it: raw requests over HTTP and WebSocket.

use crate::helpers::{address, ask, in_process, post, post_with, start};
use conlab::systems::System;
use jsonrpsee::core::client::ClientT;
use jsonrpsee::core::params::{BatchRequestBuilder, ObjectParams};
use jsonrpsee::rpc_params;
use jsonrpsee_ws_client::WsClientBuilder;
use serde_json::{Value, json};

#[tokio::test]
async fn named_and_positional_parameters_and_batches_over_http() {
    let controller = start(in_process(System::Linearizable)).await;
    let (first, second) = (address(&controller, 1), address(&controller, 2));
    let named = r#"{"jsonrpc":"2.0","id":1,"method":"set","params":{"key":"x","value":"7"}}"#;
    let answer = ask(first, named).await;
    assert_eq!(answer, json!({"jsonrpc":"2.0","id":1,"result":{"version":1,"session":null}}));
    let positional = r#"{"jsonrpc":"2.0","id":"a","method":"get","params":["x"]}"#;
    let answer = ask(second, positional).await;
    assert_eq!(answer["result"], json!({"value":"7","version":1,"session":null}));
    assert_eq!(answer["id"], "a");
    let batch = r#"[
        {"jsonrpc":"2.0","id":1,"method":"delete","params":["x"]},
        {"jsonrpc":"2.0","id":2,"method":"get","params":{"key":"x"}},
        {"jsonrpc":"2.0","id":3,"method":"all"},
        {"jsonrpc":"2.0","id":4,"method":"nothing"}
    ]"#;
    let answers = ask(second, batch).await;
    assert_eq!(answers[0]["result"], json!({"existed":true,"version":2,"session":null}));
    assert_eq!(answers[1]["result"]["value"], Value::Null);
    assert_eq!(answers[2]["result"], json!({"values":{},"session":null}));
    assert_eq!(answers[3]["error"]["code"], -32601);
    controller.stop().await;
}

#[tokio::test]
async fn named_and_positional_parameters_and_batches_over_websocket() {
    let controller = start(in_process(System::Linearizable)).await;
    let url = format!("ws://{}", address(&controller, 3));
    let client = WsClientBuilder::new().build(url).await.expect("the server listens");
    let mut named = ObjectParams::new();
    named.insert("key", "x").expect("it is a string");
    named.insert("value", "7").expect("it is a string");
    let set: Value = client.request("set", named).await.expect("it is answered");
    assert_eq!(set["version"], 1);
    let get: Value = client.request("get", rpc_params!["x"]).await.expect("it is answered");
    assert_eq!(get["value"], "7");
    let mut batch = BatchRequestBuilder::new();
    batch.insert("set", rpc_params!["y", "8"]).expect("they are strings");
    batch.insert("all", rpc_params![]).expect("there are none");
    let answers = client.batch_request::<Value>(batch).await.expect("it is answered");
    let answers: Vec<Value> = answers.into_ok().expect("all went well").collect();
    assert_eq!(answers[1]["values"]["y"], json!({"value":"8","version":2}));
    controller.stop().await;
}

#[tokio::test]
async fn the_session_comes_back_in_the_documented_form() {
    let controller = start(in_process(System::Causal)).await;
    let set = r#"{"jsonrpc":"2.0","id":1,"method":"set","params":["x","7"]}"#;
    let session = ask(address(&controller, 2), set).await["result"]["session"].clone();
    assert_eq!(session["cluster"], controller.info().cluster.as_str());
    assert_eq!(session["versions"], json!({"x": 1}));
    let get = json!({"jsonrpc":"2.0","id":2,"method":"get","params":{"key":"x","session":session}});
    let read = ask(address(&controller, 3), &get.to_string()).await;
    assert_eq!(read["result"]["value"], "7");
    controller.stop().await;
}

#[tokio::test]
async fn status_and_discover_describe_the_server() {
    let controller = start(in_process(System::Causal)).await;
    let status = ask(address(&controller, 1), &call("status")).await["result"].clone();
    assert_eq!((&status["id"], &status["role"]), (&json!(1), &json!("primary")));
    assert_eq!(status["cluster"], controller.info().cluster.as_str());
    let document = ask(address(&controller, 1), &call("rpc.discover")).await["result"].clone();
    assert!(document["openrpc"].as_str().is_some_and(|version| version.starts_with("1.")));
    let listed = |name: &str| {
        let methods = document["methods"].as_array().expect("it is a list");
        methods.iter().find(|method| method["name"] == name).cloned()
    };
    let fields = listed("status").expect("it is listed")["result"]["schema"]["required"].clone();
    let told = status.as_object().expect("it is an object").keys().cloned();
    assert_eq!(sorted(fields), told.collect::<Vec<_>>());
    assert_eq!(listed("set").expect("it is listed")["params"].as_array().map(Vec::len), Some(3));
    for secret in ["peer_listen", "control_peers", "control_fault", "join"] {
        assert!(listed(secret).is_none(), "{secret} is not for clients");
    }
    controller.stop().await;
}

#[tokio::test]
async fn errors_say_what_became_of_the_call() {
    let controller = start(in_process(System::Causal)).await;
    let cases = [
        (json!({"key": "x", "value": 7}), -32602, "7 is not a string; quote it: \"7\""),
        (json!({"key": "", "value": "7"}), -32602, "the key is empty"),
        (
            json!({"key": "x"}),
            -32602,
            "set takes key, value and optionally session; value is missing",
        ),
        (json!("x"), -32602, "invalid params"),
        (
            json!({"key": "k".repeat(1025), "value": "7"}),
            4001,
            "key has 1025 bytes, more than 1024",
        ),
        (json!({"key": "x", "value": "7", "session": {"cluster": "other"}}), 4003, "other"),
    ];
    for (params, code, text) in cases {
        let request = json!({"jsonrpc": "2.0", "id": 1, "method": "set", "params": params});
        let error = ask(address(&controller, 2), &request.to_string()).await["error"].clone();
        assert_eq!(error["code"], code, "{error}");
        assert!(error["message"].as_str().is_some_and(|message| message.contains(text)), "{error}");
        assert_eq!(error["data"]["outcome"], "refused", "{error}");
        assert!(error["data"]["hint"].is_string(), "{error}");
    }
    controller.stop().await;
}

#[tokio::test]
async fn a_notification_is_not_executed() {
    let controller = start(in_process(System::Linearizable)).await;
    let at = address(&controller, 1);
    let notification = r#"{"jsonrpc":"2.0","method":"set","params":["x","7"]}"#;
    let (status, answer) = post(at, notification.as_bytes()).await;
    assert_eq!((status, answer.as_str()), (204, ""));
    assert_eq!(ask(at, &call("all")).await["result"]["values"], json!({}));
    controller.stop().await;
}

#[tokio::test]
async fn without_its_content_type_a_request_is_told_so() {
    let controller = start(in_process(System::Causal)).await;
    let (status, text) = post_with(address(&controller, 1), "", call("all").as_bytes()).await;
    assert_eq!(status, 415);
    assert!(text.contains("application/json"), "{text}");
    controller.stop().await;
}

fn call(method: &str) -> String {
    json!({"jsonrpc": "2.0", "id": 1, "method": method}).to_string()
}

fn sorted(names: Value) -> Vec<String> {
    let mut names: Vec<String> = serde_json::from_value(names).expect("they are names");
    names.sort();
    names
}
