//! `conlab test`, `replay`, `ls` and `systems` from the command line: exit codes, kept runs, and no process left behind.

mod common;

use common::{conlab_in, directory as folder};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;

fn conlab(folder: &TempDir, words: &str) -> (i32, String, String) {
    let output = conlab_in(folder.path()).args(words.split(' ')).output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it is text");
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

fn runs(folder: &TempDir, name: &str) -> Vec<PathBuf> {
    let runs = fs::read_dir(folder.path().join("store").join(name)).expect("a run was kept");
    runs.map(|run| run.expect("it can be read").path()).collect()
}

#[test]
fn a_run_is_kept_replayed_and_listed() {
    let folder = folder();
    let (code, out, _) = conlab(&folder, "test causal --ops 100 --seed 5");
    let line = "seed 5: conlab test causal --ops 100 --seed 5";
    assert_eq!(code, 0, "{out}");
    assert_eq!((out.lines().next(), out.lines().last()), (Some(line), Some(line)));
    let run = &runs(&folder, "causal")[0];
    let files = "run.json history.jsonl messages.jsonl faults.jsonl results.json report.html";
    for file in files.split(' ').chain(["nodes/n1.log", "nodes/n5.log"]) {
        assert!(run.join(file).is_file(), "{file} is missing");
    }
    let log = fs::read_to_string(run.join("nodes/n1.log")).expect("it is text");
    assert!(log.contains("s n1 lock taken for round 1, broadcast (SET, "), "{log}");
    let (code, out, _) = conlab(&folder, "replay latest");
    assert_eq!(code, 0, "{out}");
    assert_eq!(out.matches("byte-identical").count(), 7, "{out}");
    assert!(conlab(&folder, "ls").1.contains("valid    conlab test causal --ops 100 --seed 5"));
    assert_eq!(conlab(&folder, "check latest --model causal").0, 0);

    let history = run.join("history.jsonl");
    let changed = fs::read_to_string(&history).expect("it is text").replacen("x", "y", 1);
    fs::write(&history, changed).expect("it can be written");
    let (code, _, error) = conlab(&folder, "replay latest");
    assert!(code == 70 && error.contains("line 1 differs"), "{error}");

    let about = run.join("run.json");
    let other = fs::read_to_string(&about).expect("it is text").replace("\"0.", "\"99.");
    fs::write(&about, other).expect("it can be written");
    let (code, _, error) = conlab(&folder, &format!("replay {}", run.display()));
    assert!(code == 64 && error.contains("use that version"), "{error}");

    fs::write(&about, "{").expect("it can be written");
    let (code, _, error) = conlab(&folder, "replay latest");
    let named = error.contains("run.json is not of a run") && error.contains("cannot be run again");
    assert!(code == 64 && named, "{error}");
}

#[test]
fn a_violation_is_kept_as_a_scenario_that_plays() {
    let folder = folder();
    let words = "test sequential --model linearizable --faults none --ops 300 --runs 100 --seed 1";
    let (code, out, _) = conlab(&folder, words);
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("not linearizable") && out.contains("the claim does not cover"), "{out}");
    let run = &runs(&folder, "sequential")[0];
    let page = fs::read_to_string(run.join("report.html")).expect("it is text");
    for part in [
        "✗ sequential: invalid",
        "not linearizable",
        "class=\"arrow\"",
        "class=\"median\"",
        "<th>p50</th>",
        "seed=",
        "href=\"violation.scn\"",
        "--model linearizable",
    ] {
        assert!(page.contains(part), "the page lacks {part}");
    }
    assert!(!page.contains("src=") && !page.contains("href=\"http"), "the page needs the network");
    let scenario = run.join("violation.scn");
    let (code, out, _) = conlab(&folder, &format!("run {}", scenario.display()));
    assert!(code == 0 && out.contains("passed: 1 of 1"), "{out}");
    let (code, out, _) = conlab(&folder, "replay latest");
    assert!(code == 1 && out.contains("byte-identical"), "{out}");
}

#[test]
fn a_sweep_is_replayed_and_compared() {
    let folder = folder();
    assert_eq!(conlab(&folder, "test causal --ops 50 --runs 5 --seed 1").0, 0);
    assert!(runs(&folder, "causal")[0].join("report.html").is_file());
    let (code, out, _) = conlab(&folder, "replay latest");
    assert!(code == 0 && out.contains("same     seeds: 5"), "{out}");
    assert!(!out.contains("differs"), "{out}");
}

#[test]
fn what_only_simulated_servers_can_is_refused_live() {
    let folder = folder();
    let text = "cluster causal\nkill 2\nrestart 2 with memory\n";
    fs::write(folder.path().join("kept.scn"), text).expect("it can be written");
    assert_eq!(conlab(&folder, "run kept.scn").0, 0);
    let (code, _, error) = conlab(&folder, "run kept.scn --live");
    assert!(code == 64 && error.contains("kept.scn:3: restart 2 with memory is for"), "{error}");
}

#[test]
fn json_is_one_object_with_the_command() {
    let folder = folder();
    let (code, out, _) = conlab(&folder, "test eventual --ops 100 --seed 1 --json --name mine");
    let json: serde_json::Value = serde_json::from_str(&out).expect("it is JSON alone");
    assert_eq!((code, json["verdict"].as_str()), (0, Some("valid")));
    assert_eq!(json["replay"], "conlab test eventual --ops 100 --seed 1 --name mine");
    assert_eq!(runs(&folder, "mine").len(), 1);
}

#[test]
fn every_seed_runs_twice_the_same() {
    let (code, out, _) =
        conlab(&folder(), "test linearizable --ops 100 --runs 5 --seed 1 --check-determinism");
    assert!(code == 0 && out.contains("the same messages and the same history twice"), "{out}");
}

#[test]
fn bad_words_are_refused_with_a_reason() {
    let folder = folder();
    for (words, reason) in [
        ("test strong", "unknown system"),
        ("test casual", "did you mean causal?"),
        ("test causal --faults partitoin", "did you mean partition?"),
        ("test causal --break stale-akc", "did you mean stale-ack?"),
        ("test causal --model seqential", "did you mean sequential?"),
        (
            "test causal --live --faults kill-keep",
            "kill-keep: a real server that is killed keeps no more",
        ),
        ("test causal --faults explode", "unknown fault"),
        ("test causal --faults partition=1-9", "there is no server 9"),
        ("test causal --faults partition=bridge --servers 2", "cuts nothing among 2"),
        ("test causal --mix read=1,read=2", "two weights"),
        ("test causal --live --faults clock", "simulator only"),
        ("test causal --live --break stale-ack", "cannot be used with"),
        ("test causal --break nothing", "unknown defect"),
        ("test causal --servers 21", "expected 1 to 20"),
        ("test causal --mix read=0", "all weights are 0"),
        ("test causal --name ../up", "expected a name"),
        ("test causal --links slow", "lan"),
        ("test causal --keep-going", "--runs"),
        ("test causal --jobs 2", "--runs"),
        ("test causal --live --data", "keeps its variables in memory"),
        ("test replicated-log --keys 3", "a log has none"),
        ("test replicated-log --ops 20001", "expected 1 to 20000"),
        ("test replicated-log --break release-early", "replicated-log has no such rule"),
        ("test eventual --break answer-before-done", "eventual has no such rule"),
        ("test linearizable --break leave-out-dependencies", "linearizable has no such rule"),
        ("replay nowhere", "cannot read"),
        ("replay latest", "no run"),
    ] {
        let (code, _, error) = conlab(&folder, words);
        assert!(code == 64 && error.contains(reason), "{words}: {code} {error}");
    }
    fs::write(folder.path().join("store"), "").expect("it can be written");
    let (code, _, error) = conlab(&folder, "test causal --ops 10");
    assert!(code == 64 && error.contains("cannot write into store/"), "{error}");
}

/// Reads of what nobody wrote prove nothing.
#[test]
fn a_run_in_which_nobody_asked_is_not_valid() {
    let (code, out, _) = conlab(&folder(), "test eventual --time 1ms --seed 1");
    assert!(code == 2 && out.contains("? eventual           nothing was asked"), "{code} {out}");
}

#[test]
fn the_table_of_systems_is_the_readmes() {
    let (code, table, _) = conlab(&folder(), "systems");
    let readme = fs::read_to_string("README.md").expect("it is there");
    assert_eq!(code, 0);
    assert!(readme.contains(&table), "README.md lacks what conlab systems prints:\n{table}");
}

/// The processes whose parent is `parent`.
#[cfg(target_os = "linux")]
fn children(parent: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").expect("this is Linux").flatten();
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let is_child = |number: &u32| {
        let stat = fs::read_to_string(format!("/proc/{number}/stat")).unwrap_or_default();
        let after_name = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
        after_name.split(' ').nth(1) == Some(&parent.to_string())
    };
    numbers.filter(is_child).collect()
}

#[cfg(target_os = "linux")]
fn until(what: &str, holds: impl Fn() -> bool) {
    let came = (0..1_000).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        holds()
    });
    assert!(came, "{what} never came");
}

#[cfg(target_os = "linux")]
fn live(folder: &Path, how: &str) -> std::process::Child {
    std::process::Command::new(env!("CARGO_BIN_EXE_conlab"))
        .current_dir(folder)
        .args(format!("test linearizable --live --servers 3 --time 60s --seed 1 {how}").split(' '))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts")
}

#[cfg(target_os = "linux")]
#[test]
fn no_server_outlives_a_live_run_that_is_interrupted_or_killed() {
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;
    for signal in [Signal::SIGINT, Signal::SIGKILL] {
        let folder = folder();
        let mut run = live(folder.path(), "--fault-every 300ms");
        until("three servers", || children(run.id()).len() >= 3);
        std::thread::sleep(Duration::from_secs(2)); // some of them are paused or killed by now
        let servers = children(run.id());
        kill(Pid::from_raw(run.id() as i32), signal).expect("it runs");
        run.wait().expect("it ends");
        let gone = |server: &u32| !Path::new(&format!("/proc/{server}")).exists();
        until(&format!("the end of all servers after {signal}"), || servers.iter().all(gone));
    }
}

/// A server that has little to say shall not keep it to itself until it has more.
#[cfg(target_os = "linux")]
#[test]
fn what_quiet_servers_said_is_kept_though_the_run_is_killed() {
    let folder = folder();
    let mut run = live(folder.path(), "--faults none --rate 1");
    let begun = |store: &str| {
        fs::read_dir(folder.path().join(store)).is_ok_and(|mut all| all.next().is_some())
    };
    until("a run", || begun("store/linearizable"));
    let kept = &runs(&folder, "linearizable")[0];
    let files = ["nodes/n1.log", "nodes/n2.log", "nodes/n3.log", "messages.jsonl"];
    let length = |file: &str| fs::metadata(kept.join(file)).map_or(0, |file| file.len());
    until("the first words of all servers", || files.iter().all(|file| length(file) > 0));
    run.kill().expect("it runs");
    run.wait().expect("it ends");
    let (lines, whole) = files.iter().fold((0, true), |(lines, whole), file| {
        let text = fs::read_to_string(kept.join(file)).expect("it is text");
        (lines + text.lines().count(), whole && text.ends_with('\n'))
    });
    assert!(whole && lines < 64, "{lines} lines: so many are handed on by their number alone");
}

/// Links so slow that writes are under way whenever the load ends: who read at once would find servers that differ.
#[cfg(target_os = "linux")]
#[test]
fn a_live_run_that_is_interrupted_settles_before_it_is_judged() {
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;
    let folder = folder();
    let words =
        "test causal --live --servers 3 --time 60s --links 300ms+0ms --faults none --seed 1";
    let run = std::process::Command::new(env!("CARGO_BIN_EXE_conlab"))
        .current_dir(folder.path())
        .args(words.split(' '))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    until("three servers", || children(run.id()).len() >= 3);
    std::thread::sleep(Duration::from_secs(2)); // the first rounds are done by now, and others under way
    kill(Pid::from_raw(run.id() as i32), Signal::SIGINT).expect("it runs");
    let run = run.wait_with_output().expect("it ends");
    let out = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.code() == Some(0) && out.contains("✓ convergence"), "{out}");
    assert!(!out.contains("none of 0 acknowledged"), "{out}");
}

#[test]
fn a_live_run_holds_its_claim_and_is_kept() {
    let folder = folder();
    let words = "test causal --live --servers 3 --time 3s --fault-every 400ms --seed 2";
    let (code, out, error) = conlab(&folder, words);
    assert_eq!(code, 0, "{out}{error}");
    assert!(out.contains("✓ causal-convergent") && out.contains("✓ convergence"), "{out}");
    let run = &runs(&folder, "causal")[0];
    assert!(fs::metadata(run.join("history.jsonl")).expect("it is kept").len() > 1_000);
    assert!(fs::metadata(run.join("faults.jsonl")).expect("it is kept").len() > 0);
    for server in 1..=3 {
        let log = run.join(format!("nodes/n{server}.log"));
        let log = fs::read_to_string(log).expect("it is kept");
        assert!(log.contains(&format!("s n{server} ")) && log.contains("answered"), "{log}");
    }
    let messages = fs::read_to_string(run.join("messages.jsonl")).expect("it is kept");
    for line in messages.lines() {
        let line: serde_json::Value = serde_json::from_str(line).expect(line);
        let ends = [&line["from"], &line["to"]].map(|end| end.as_u64().expect("it is a server"));
        assert!(ends.iter().all(|end| (1..=3).contains(end)) && ends[0] != ends[1], "{line}");
        assert!(line["time"].is_u64() && line["message"].is_string(), "{line}");
    }
    assert!(out.contains(&format!("messages     {},", messages.lines().count())), "{out}");
    let (code, out, error) = conlab(&folder, "replay latest");
    assert_eq!(code, 0, "{out}{error}");
    assert!(out.contains("same     verdict: valid") && out.contains("faults: "), "{out}");
    fs::remove_file(run.join("results.json")).expect("it can be removed"); // as after kill -9
    let (code, _, error) = conlab(&folder, &format!("replay {}", run.display()));
    assert!(code == 0 && error.contains("was ended before its verdict"), "{error}");
}

#[test]
fn a_live_log_on_disk_outlives_its_kills() {
    let folder = folder();
    let words = "test replicated-log --live --data --servers 3 --time 3s --faults kill-any --fault-every 400ms --seed 3";
    let (code, out, error) = conlab(&folder, words);
    assert_eq!(code, 0, "{out}{error}");
    assert!(out.contains("✓ lost writes") && !out.contains("does not cover"), "{out}");
    assert!(runs(&folder, "replicated-log")[0].join("data/n1.log").is_file());
}
