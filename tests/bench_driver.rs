//! The bench driver from outside: tiny runs into a folder of their own, and what it says to bad input.

use assert_cmd::Command;
use conlab::check::{Budget, Model, Verdict, check};
use conlab::history::read;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use serde_json::Value;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// The driver, with charts and results in `folder`.
fn bench(folder: &Path) -> Command {
    let mut command = Command::cargo_bin("conlab-bench").expect("it is built with the tests");
    command.arg("--out").arg(folder.join("plots"));
    command.arg("--results").arg(folder.join("results.json"));
    command
}

fn results(folder: &Path) -> Value {
    let text = fs::read_to_string(folder.join("results.json")).expect("results were written");
    serde_json::from_str(&text).expect("they are JSON")
}

#[test]
fn latency_prints_tables_writes_results_and_draws_charts() {
    let folder = TempDir::new().expect("a folder");
    let run = ["--repetitions", "2", "latency", "--servers", "2", "--requests", "5"];
    let run = bench(folder.path()).args(run).assert().success();
    run.stdout(contains("linearizable").and(contains("278.77 ms")).and(contains("chain")));
    let results = results(folder.path());
    assert_eq!((&results["schema"], &results["command"]), (&1.into(), &"latency".into()));
    assert!(results["machine"]["cores"].as_u64().is_some_and(|cores| cores > 0));
    let rows = results["rows"].as_array().expect("a list");
    assert_eq!(rows.len(), 10); // two floors, SET and GET at four levels
    for row in rows {
        assert_eq!(row["p50_us"].as_array().map(Vec::len), Some(2), "{row}");
        assert_eq!(row["failed"], 0, "{row}");
    }
    let levels = rows.iter().filter(|row| row["operation"] != "call");
    assert!(levels.into_iter().all(|row| row["messages"].is_number() && !row["floor"].is_null()));
    let chart = fs::read_to_string(folder.path().join("plots/latency.svg")).expect("it was drawn");
    assert!(chart.starts_with("<svg") && chart.contains("A linearizable SET takes"));
}

#[test]
fn throughput_measures_closed_and_open_loops_and_prints_json() {
    let folder = TempDir::new().expect("a folder");
    let run = ["--repetitions", "1", "--json", "throughput", "--servers", "1"];
    let load = ["--clients", "2", "--seconds", "0.02", "--rate", "200"];
    let run = bench(folder.path()).args(run).args(load).assert().success();
    let printed: Value = serde_json::from_slice(&run.get_output().stdout).expect("JSON alone");
    assert_eq!(printed, results(folder.path()));
    let modes: Vec<&str> = printed["rows"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|row| row["mode"].as_str())
        .collect();
    assert!(modes.contains(&"closed") && modes.contains(&"open"));
}

#[test]
fn appends_are_measured_for_each_concern_and_kills_take_nothing_that_is_safe() {
    let folder = TempDir::new().expect("a folder");
    let run =
        ["--repetitions", "2", "log", "--servers", "2", "--requests", "3", "--seconds", "0.02"];
    let small = ["--kills", "1", "--simulated-kills", "3", "--behind", "500"];
    let run = bench(folder.path()).args(run).args(small).assert().success();
    run.stdout(contains("append w=2").and(contains("durable-log")).and(contains("meanwhile")));
    let results = results(folder.path());
    let rows = results["rows"].as_array().expect("a list");
    assert_eq!(rows.len(), 12); // two floors, two logs with w=1 and w=2; one client and many
    for row in rows.iter().filter(|row| row["operation"] != "call") {
        let floor = if row["operation"] == "append w=1" { "echo" } else { "chain" };
        assert!(row["floor"] == floor && row["failed"] == 0, "{row}");
        assert_eq!(row["throughput_ratio"].as_array().map(Vec::len), Some(2), "{row}");
    }
    let losses = results["losses"].as_array().expect("a list");
    assert_eq!(losses.len(), 8); // two logs, w=1 and w=2, simulated and live
    let safe = |one: &&Value| one["w"] == 2 || one["subject"] == "durable-log";
    assert!(losses.iter().filter(safe).all(|one| one["lost"] == 0), "{losses:?}");
    assert!(losses.iter().all(|one| one["acknowledged"].as_u64() > Some(0)), "{losses:?}");
    let caught_up = &results["catching_up"][0];
    assert!(caught_up["messages"].as_u64() >= Some(500), "{caught_up}");
    assert_eq!(caught_up["seconds"].as_array().map(Vec::len), Some(2), "{caught_up}");
    for name in ["log-concern", "log-loss"] {
        let chart = folder.path().join("plots").join(format!("{name}.svg"));
        assert!(fs::read_to_string(chart).expect("it was drawn").starts_with("<svg"));
    }
    let left = fs::read_dir(folder.path()).expect("it is there").count();
    assert_eq!(left, 2, "only plots/ and results.json: what servers wrote is gone");
}

#[test]
fn what_the_clients_see_is_recorded_for_each_cluster() {
    let folder = TempDir::new().expect("a folder");
    let histories = folder.path().join("histories");
    let run = ["--repetitions", "1", "latency", "--servers", "2", "--requests", "5", "--history"];
    bench(folder.path()).args(run).arg(&histories).assert().success();
    for (level, model) in [
        ("linearizable", Model::Linearizable),
        ("sequential", Model::Sequential),
        ("causal", Model::CausalConvergent),
    ] {
        let path = histories.join(format!("{level}.jsonl"));
        let file = fs::File::open(&path).expect("it was recorded");
        let history = read(level, file, None).expect("it is well formed").history;
        assert!(history.len() >= 10, "SETs and GETs, warm-up included: {}", history.len());
        assert_eq!(check(&history, model, &Budget::default()), Verdict::Valid, "{level}");
    }
    bench(folder.path()).args(run).arg(&histories).assert().success();
    assert!(histories.join("eventual-2.jsonl").exists(), "nothing is overwritten");
}

#[test]
fn long_histories_are_made_from_a_seed() {
    let folder = TempDir::new().expect("a folder");
    let made = |words: &[&str]| {
        let run =
            bench(folder.path()).args(["history", "-", "--operations", "500"]).args(words).assert();
        let text = run.success().get_output().stdout.clone();
        read("made", &text[..], None).expect("it is well formed").history
    };
    let whole = made(&["--keys", "3", "--clients", "4"]);
    assert_eq!((whole.len(), whole.keys(), whole.processes()), (500, 3, 4));
    let verdict = |history| check(&history, Model::Linearizable, &Budget::default());
    assert_eq!(verdict(whole), Verdict::Valid);
    assert!(verdict(made(&["--stale", "--keys", "2", "--seed", "3"])).counterexample().is_some());
    assert_eq!(verdict(made(&["--values", "3", "--cas", "--seed", "2"])), Verdict::Valid);
}

#[test]
fn all_fills_every_part_and_makes_a_page() {
    let folder = TempDir::new().expect("a folder");
    let run = bench(folder.path()).args(["--repetitions", "1", "all", "--tiny"]).assert().success();
    run.stdout(contains("How fast").and(contains("verdict")));
    let results = results(folder.path());
    let commands = ["latency", "throughput", "scale", "wan", "log", "goals"];
    let rows = results["rows"].as_array().expect("a list");
    assert!(commands.iter().all(|command| rows.iter().any(|row| row["command"] == *command)));
    let parts = ["visibility", "waiting", "losses", "catching_up", "goals", "simulator_per_second"];
    for part in parts {
        assert!(results[part].as_array().is_some_and(|part| !part.is_empty()), "{part}");
    }
    let page = fs::read_to_string(folder.path().join("plots/index.html")).expect("it was made");
    for chart in page.split("src=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(folder.path().join("plots").join(chart).exists(), "{chart}");
    }
    assert_eq!(page.matches("<figure>").count(), 10);
}

#[test]
fn simulated_results_repeat_and_compare_as_equal() {
    let folder = TempDir::new().expect("a folder");
    let wan = ["wan", "--requests", "2", "--live-requests", "0"];
    bench(folder.path()).args(wan).assert().success();
    let first = results(folder.path());
    let before = folder.path().join("before.json");
    fs::copy(folder.path().join("results.json"), &before).expect("it is there");
    bench(folder.path()).args(wan).assert().success();
    assert_eq!(first["rows"], results(folder.path())["rows"]);
    let after = folder.path().join("results.json");
    let compare = |limit: &str| {
        let mut command = bench(folder.path());
        command.arg("compare").args([&before, &after]).args(["--limit", limit]);
        command
    };
    compare("1.0").assert().success().stdout(contains("verdict: no regression"));
    let mut slower = first;
    for row in slower["rows"].as_array_mut().expect("a list") {
        let p50 = row["p50_us"][0].as_f64().expect("a number");
        row["p50_us"] = vec![p50 * 2.0].into();
    }
    fs::write(&after, slower.to_string()).expect("it can be written");
    compare("1.5").assert().code(1).stdout(contains("regressed"));
    compare("2.5").assert().success();
}

#[test]
fn wrong_flags_are_named() {
    let folder = TempDir::new().expect("a folder");
    for (words, told) in [
        (vec!["latency", "--requests", "0"], "--requests"),
        (vec!["latency", "--servers", "0"], "--servers"),
        (vec!["throughput", "--clients", "0"], "--clients"),
        (vec!["throughput", "--seconds", "0"], "seconds from"),
        (vec!["throughput", "--rate", "fast"], "operations a second"),
        (vec!["--repetitions", "0", "latency"], "--repetitions"),
        (vec!["log", "--servers", "1"], "--servers"),
        (vec!["log", "--requests", "0"], "--requests"),
        (vec!["log", "--seconds", "0"], "seconds from"),
        (vec!["log", "--kills", "some"], "--kills"),
        (vec!["log", "--behind", "many"], "--behind"),
        (vec!["compare", "a.json", "b.json", "--limit", "0.5"], "ratio from 1"),
        (vec!["fast"], "fast"),
    ] {
        bench(folder.path()).args(&words).assert().code(64).stderr(contains(told));
    }
}

#[test]
fn a_missing_server_program_is_named_and_what_was_measured_is_kept() {
    let folder = TempDir::new().expect("a folder");
    let run =
        ["--executable", "/no/such/program", "staleness", "--reads", "2", "--live-reads", "1"];
    let run = bench(folder.path()).args(run).assert().code(69);
    run.stderr(contains("/no/such/program").and(contains("what was measured before is in")));
    let seen = results(folder.path())["visibility"].as_array().map(Vec::len);
    assert_eq!(seen, Some(32)); // the simulated part came first
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("file");
    fs::write(&file, "not a folder").expect("it can be written");
    let command = || Command::cargo_bin("conlab-bench").expect("it is built with the tests");
    let goes = folder.path().join("fine.json");
    let run = |out: &Path, results: &Path| {
        let mut command = command();
        command
            .arg("wan")
            .args(["--live-requests", "0"])
            .arg("--out")
            .arg(out)
            .arg("--results")
            .arg(results);
        command.assert().code(64)
    };
    run(&file, &goes).stderr(contains("--out"));
    run(&folder.path().join("plots"), &file.join("results.json")).stderr(contains("--results"));
}

#[test]
fn results_that_are_none_are_refused() {
    let folder = TempDir::new().expect("a folder");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).expect("it can be written");
        path
    };
    let other = file("other.json", "{\"schema\": 99}");
    let cases = [
        (other.clone(), "schema 99"),
        (file("empty.json", "{}"), "no \"schema\""),
        (file("text.json", "hello"), "not JSON"),
        (file("damaged.json", "{\"schema\": 1}"), "damaged"),
        (folder.path().join("none.json"), "cannot read"),
    ];
    for (path, told) in cases {
        bench(folder.path())
            .arg("compare")
            .args([&path, &other])
            .assert()
            .code(64)
            .stderr(contains(told));
    }
}
