//! `up` and one request at a time, against real server processes on free ports.

mod common;

use common::{
    Up, code, conlab, conlab_in, directory, err, error_line, kill, lives, out, pause, signal,
    wait_until,
};
use nix::sys::signal::Signal;
use serde_json::Value as Json;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

#[test]
fn up_says_where_everything_is_and_leaves_nothing_behind() {
    let up = Up::start(&["causal"]);
    assert_eq!(up.lines.len(), 5, "{:?}", up.lines);
    assert!(up.lines[0].starts_with("server 1 127.0.0.1:"), "{:?}", up.lines);
    assert!(up.lines[0].contains(" primary pid "), "{:?}", up.lines);
    assert!(up.lines[1].contains(" backup pid "), "{:?}", up.lines);
    let pids = [1, 2, 3].map(|id| up.pid(id));
    assert!(pids.iter().all(|pid| lives(*pid)));
    let (status, rest) = up.stop();
    assert_eq!((status.code(), rest.as_str()), (Some(0), ""));
    assert!(!pids.iter().any(|pid| lives(*pid)), "no server outlives its controller");
}

#[test]
fn servers_end_with_a_controller_that_is_killed() {
    let mut up = Up::start(&["linearizable"]);
    let pids = [1, 2, 3].map(|id| up.pid(id));
    pause(pids[2]);
    signal(up.child.id() as i32, Signal::SIGKILL);
    up.child.wait().expect("it was killed");
    wait_until("every server has ended", || !pids.iter().any(|pid| lives(*pid)));
}

#[test]
fn requests_reach_the_server_that_they_name() {
    let up = Up::start(&["linearizable"]);
    let set = up.conlab(&["set", "x", "7", "@2"]);
    assert_eq!((code(&set), out(&set)), (0, "ok\n".to_string()), "{}", err(&set));
    assert!(err(&set).contains(" s  server 2 answered in "), "{}", err(&set));
    for place in ["@1", "@2", "@3", &format!("@{}", up.server(3))] {
        assert_eq!(out(&up.conlab(&["get", "x", place])), "7\n", "{place}");
    }
    assert_eq!(out(&up.conlab(&["set", "y", "-5"])), "ok\n");
    assert_eq!(out(&up.conlab(&["all", "@3"])), "x\t7\ny\t-5\n");
    assert_eq!(out(&up.conlab(&["delete", "x"])), "ok\n");
    for words in [["get", "x"], ["delete", "x"]] {
        let absent = up.conlab(&words);
        assert_eq!((code(&absent), out(&absent)), (1, String::new()), "{words:?}");
    }
}

#[test]
fn a_log_takes_messages_and_shows_them_everywhere() {
    let up = Up::start(&["replicated-log"]);
    assert!(up.lines[0].contains(" master pid ") && up.lines[1].contains(" secondary pid "));
    let append = up.conlab(&["append", "Msg1", "-w", "all"]);
    assert_eq!((code(&append), out(&append)), (0, "1\n".to_string()), "{}", err(&append));
    let json = up.conlab(&["append", "two\nlines", "-w", "3", "--id", "a", "--json"]);
    let json: Json = serde_json::from_str(&out(&json)).expect("it is JSON");
    assert_eq!((&json["seq"], &json["id"], &json["acks"]), (&2.into(), &"a".into(), &3.into()));
    assert_eq!(out(&up.conlab(&["messages", "@3"])), "Msg1\ntwo\\nlines\n");
    assert_eq!(out(&up.conlab(&["messages", "--from", "2", "--limit", "1"])), "two\\nlines\n");
    kill(up.pid(3));
    let late = up.conlab(&["append", "Msg3", "-w", "3", "--timeout", "200ms"]);
    assert_eq!((code(&late), out(&late)), (2, String::new()));
    let line = error_line(&late);
    assert!(line.contains("unknown: timed out waiting for 3 acknowledgements, got 2"), "{line}");
    for (words, told) in [
        (&["append", "Msg4", "-w", "4"][..], "w is 4, and there are 3 servers"),
        (&["append", "Msg4", "@2"], "append at the master, server 1"),
        (&["get", "x"], "does not support get"),
    ] {
        let refused = up.conlab(words);
        assert_eq!(code(&refused), 69, "{words:?}");
        assert!(error_line(&refused).contains(told), "{}", error_line(&refused));
    }
    let status = up.conlab(&["status", "--json"]);
    let status: Json = serde_json::from_str(&out(&status)).expect("it is JSON");
    assert_eq!(status["servers"][1]["health"], "healthy");
}

#[test]
fn a_server_that_the_cluster_lacks_is_a_usage_error() {
    let up = Up::start(&["eventual", "--servers", "10"]);
    let output = up.conlab(&["get", "x", "@11"]);
    assert_eq!((code(&output), out(&output)), (64, String::new()));
    let expected = "error: there is no server 11; this cluster has servers 1 to 10";
    assert_eq!(error_line(&output), expected);
}

#[test]
fn a_server_that_is_gone_is_named() {
    let up = Up::start(&["sequential"]);
    kill(up.pid(3));
    let output = up.conlab(&["get", "x", "@3"]);
    assert_eq!((code(&output), out(&output)), (69, String::new()));
    let line = error_line(&output);
    assert!(line.contains(&format!("nothing answers at {}", up.server(3))), "{line}");
    assert!(line.contains("conlab status"), "{line}");
}

#[test]
fn a_port_that_is_taken_says_by_whom() {
    let up = Up::start(&["causal"]);
    let (_, port) = up.controller().rsplit_once(':').expect("it is HOST:PORT");
    let output = conlab(&["up", "causal", "--port", port]);
    assert_eq!((code(&output), out(&output)), (69, String::new()));
    let line = error_line(&output);
    assert!(line.contains(&format!("port {port} is in use")), "{line}");
    assert!(line.contains("causal") && line.contains(&up.child.id().to_string()), "{line}");
    assert!(line.contains("--port"), "{line}");
}

#[test]
fn json_is_what_programs_read() {
    let up = Up::start(&["causal"]);
    let json = |words: &[&str]| -> Json {
        serde_json::from_str(&out(&up.conlab(words))).expect("one line of JSON")
    };
    let set = json(&["set", "x", "7", "--json"]);
    assert_eq!((&set["outcome"], &set["version"]), (&"ok".into(), &1.into()), "{set}");
    let get = json(&["get", "x", "--json"]);
    assert_eq!((&get["value"], &get["version"]), (&"7".into(), &1.into()), "{get}");
    assert_eq!(json(&["get", "y", "--json"])["value"], Json::Null);
    assert_eq!(json(&["all", "--json"])["values"]["x"]["value"], "7");
}

#[test]
fn status_shows_every_server_also_one_that_is_gone() {
    let up = Up::start(&["linearizable"]);
    up.conlab(&["set", "x", "7"]);
    pause(up.pid(3));
    let status: Json =
        serde_json::from_str(&out(&up.conlab(&["status", "--json"]))).expect("it is JSON");
    signal(up.pid(3), Signal::SIGCONT);
    assert_eq!(status["system"], "linearizable");
    let servers = status["servers"].as_array().expect("a list");
    assert_eq!(servers.len(), 3);
    let first = &servers[0];
    assert_eq!((&first["id"], &first["role"]), (&1.into(), &"primary".into()));
    assert_eq!((&first["keys"], &first["version"]), (&1.into(), &1.into()), "{first}");
    assert_eq!((&first["lag"], &first["pid"]), (&0.into(), &up.pid(1).into()));
    assert_eq!((&servers[2]["state"], &servers[2]["keys"]), (&"unreachable".into(), &Json::Null));
    let table = out(&up.conlab(&["status"]));
    assert!(table.contains("state") && table.contains("primary"), "{table}");
    assert!(!table.contains('\u{1b}'), "no colours in a pipe");
}

#[test]
fn a_session_file_carries_what_the_client_has_seen() {
    let up = Up::start(&["causal"]);
    let set = up.conlab(&["set", "x", "7", "@2", "--session", "s.json"]);
    assert_eq!(code(&set), 0, "{}", err(&set));
    let get = up.conlab(&["get", "x", "@3", "--session", "s.json"]);
    assert_eq!(out(&get), "7\n", "{}", err(&get));

    let other = Up::start(&["causal"]);
    let directory = directory();
    let file = directory.path().join("s.json");
    let path = file.to_str().expect("it is text");
    up.conlab(&["set", "y", "1", "--session", path]);
    let session: Json = serde_json::from_slice(&std::fs::read(&file).expect("it was made"))
        .expect("it is the session's form");
    assert!(session["versions"]["y"].is_u64() && session["cluster"].is_string(), "{session}");
    let refused = other.conlab(&["get", "y", "--session", path]);
    assert_eq!((code(&refused), out(&refused)), (69, String::new()));
    assert!(error_line(&refused).contains("its versions mean nothing here"));
    assert!(error_line(&refused).contains("delete it"));
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let up = Up::start(&["linearizable"]);
    up.conlab(&["set", "x", "7"]);
    // A cluster whose announcement nobody can read stops again.
    let commands: [&[&str]; 3] = [
        &["all", "--controller", up.controller()],
        &["up", "causal", "--port", "0", "--log", "off"],
        &["help"],
    ];
    for words in commands {
        let (reader, writer) = std::io::pipe().expect("a pipe can be made");
        drop(reader);
        let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin!("conlab"));
        let child = command.args(words).stdout(writer).stderr(Stdio::piped()).spawn();
        drop(command); // it holds the pipe's other end
        let output = child.and_then(|child| child.wait_with_output()).expect("the program runs");
        assert_eq!(code(&output), 0, "{words:?}: {}", err(&output));
        let text = err(&output);
        assert!(!text.contains("error") && !text.contains("panic"), "{words:?}: {text}");
    }
}

#[test]
fn a_server_by_hand_takes_the_place_of_one_that_was_killed() {
    let directory = directory();
    let config = directory.path().join("config.json");
    std::fs::write(&config, "{ \"token\": \"secret\" }").expect("it can be written");
    let up = Up::start(&["linearizable", "--config", config.to_str().expect("it is text")]);
    up.conlab(&["set", "x", "7"]);
    kill(up.pid(3));
    let mut wrong = conlab_in(directory.path());
    wrong.args(["server", "--id", "3", "--join", up.controller()]).env("CONLAB_TOKEN", "wrong");
    let refused = wrong.output().expect("it runs");
    assert_eq!(code(&refused), 69, "{}", err(&refused));

    let mut server = std::process::Command::new(assert_cmd::cargo::cargo_bin!("conlab"))
        .args(["server", "--id", "3", "--join", up.controller()])
        .current_dir(directory.path())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let told = BufReader::new(server.stderr.take().expect("it is a pipe")).lines();
    let joined = told.map_while(Result::ok).find(|line| line.contains(" joined "));
    let expected =
        format!("server 3 of linearizable at {}, joined {}", up.server(3), up.controller());
    assert!(joined.as_ref().is_some_and(|line| line.ends_with(&expected)), "{joined:?}");
    let answer = loop {
        let output = up.conlab(&["get", "x", "@3"]);
        if code(&output) == 0 || server.try_wait().expect("it is a child").is_some() {
            break output;
        }
    };
    signal(server.id() as i32, Signal::SIGTERM);
    let ended = server.wait().expect("it ends");
    assert_eq!((out(&answer).as_str(), ended.code()), ("7\n", Some(0)), "{}", err(&answer));
}
