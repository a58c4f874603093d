//! Log lines: who writes what, and the switch that shows and hides them while the cluster runs.

use crate::helpers::{PATIENCE, client, get, in_process, options, set, start};
use conlab::net::{ClusterOptions, Controller, LogFormat, LogLevel, LogOptions, Shown};
use conlab::process::NodeId;
use conlab::systems::System;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// The lines of a cluster's servers, as they come. Those of different processes come in any order.
struct Lines {
    coming: mpsc::UnboundedReceiver<String>,
    seen: Vec<String>,
}

impl Lines {
    fn of(controller: &Controller) -> Lines {
        let (lines, coming) = mpsc::unbounded_channel();
        controller.logs().send_to(move |_, line| drop(lines.send(line.to_string())));
        Lines { coming, seen: Vec::new() }
    }

    /// Waits for a line that holds all these words; returns it.
    async fn with(&mut self, words: &[&str]) -> String {
        let fits = |line: &&String| words.iter().all(|word| line.contains(word));
        let found = async {
            while !self.seen.iter().any(|line| fits(&line)) {
                self.seen.push(self.coming.recv().await.expect("the sink stays"));
            }
            self.seen.iter().find(fits).expect("it was just seen").clone()
        };
        let found = timeout(PATIENCE, found).await;
        found.unwrap_or_else(|_| panic!("no line has {words:?}: {:#?}", self.seen))
    }

    /// All that has come.
    fn seen(&mut self) -> &[String] {
        self.seen.extend(std::iter::from_fn(|| self.coming.try_recv().ok()));
        &self.seen
    }
}

fn logging(level: LogLevel, format: LogFormat, shown: Shown) -> LogOptions {
    LogOptions { level, format, colour: false, shown }
}

#[tokio::test]
async fn a_request_can_be_followed_in_the_words_of_the_field() {
    let log = logging(LogLevel::Info, LogFormat::Text, Shown::All);
    for options in [options(System::Linearizable), in_process(System::Linearizable)] {
        let controller = start(ClusterOptions { log, ..options }).await;
        let mut lines = Lines::of(&controller);
        client(&controller, 2).await.call(&set("x", "7")).await.expect("it is answered");
        for words in [
            ["n2 received set x 7", "n2#1", ""],
            ["n1 lock taken", "round 1", "(SET, x, 7)"],
            ["n2 applied x=7 v1", "", ""],
            ["n2 answered ok", "n2#1", ""],
        ] {
            let line = lines.with(&words).await;
            assert!(line.starts_with('+') && line.contains(" s n"), "{line}");
        }
        controller.stop().await;
    }
}

#[tokio::test]
async fn json_lines_are_json() {
    let log = logging(LogLevel::Debug, LogFormat::Json, Shown::All);
    let controller = start(ClusterOptions { log, ..options(System::Linearizable) }).await;
    let mut lines = Lines::of(&controller);
    client(&controller, 2).await.call(&set("x", "7")).await.expect("it is answered");
    lines.with(&["answered ok"]).await;
    for line in lines.seen() {
        let line: Value = serde_json::from_str(line).expect("it is JSON");
        assert!(line["clock_s"].is_number() && line["server"].is_number(), "{line}");
    }
    controller.stop().await;
}

#[tokio::test]
async fn lines_can_be_switched_off_and_on_and_to_one_server() {
    let log = logging(LogLevel::Info, LogFormat::Text, Shown::Nobody);
    for options in [options(System::Sequential), in_process(System::Sequential)] {
        let controller = start(ClusterOptions { log, ..options }).await;
        let mut lines = Lines::of(&controller);
        let (second, third) = (client(&controller, 2).await, client(&controller, 3).await);
        third.call(&get("hidden")).await.expect("it is answered");
        assert!(lines.seen().is_empty(), "{:?}", lines.seen());
        controller.logs().show(Shown::Only(NodeId(3)));
        assert_eq!(controller.logs().shown(), Shown::Only(NodeId(3)));
        // The servers are told in the background: ask until the line comes.
        let shown = async {
            loop {
                second.call(&get("hidden")).await.expect("it is answered");
                third.call(&get("shown")).await.expect("it is answered");
                let seen = lines.seen();
                assert!(seen.iter().all(|line| line.contains(" n3 ")), "{seen:?}");
                if seen.iter().any(|line| line.contains("received get shown")) {
                    return;
                }
            }
        };
        timeout(PATIENCE, shown).await.expect("server 3 is shown");
        controller.stop().await;
    }
}
