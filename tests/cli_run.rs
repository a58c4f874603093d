//! `conlab run`: scenarios in the simulator and on real servers, and what wrong ones get.

mod common;

use common::{code, conlab_in, directory, err, error_line, out};
use std::path::{Path, PathBuf};
use std::process::Output;

/// A claim that holds under causal, and not under eventual.
const BLOCKED: &str = "\
# A read waits until its server has what the client has seen.
cluster causal servers=3
slow 1->3 300ms
a: set x 7 @2 => ok
a: get x @3 => 7 after 200ms
";

/// Runs `conlab run x.scn …` on a file with this text; gives the file's text after it too.
fn run(text: &str, words: &[&str]) -> (Output, String) {
    let directory = directory();
    let file = directory.path().join("x.scn");
    std::fs::write(&file, text).expect("it can be written");
    let mut command = conlab_in(directory.path());
    let output = command.args(["run", "x.scn"]).args(words).output().expect("it runs");
    (output, std::fs::read_to_string(&file).expect("it is still there"))
}

fn test_case(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("test-cases").join(name)
}

#[test]
fn what_holds_passes_and_what_does_not_fails() {
    let (passed, _) = run(BLOCKED, &[]);
    assert_eq!((code(&passed), err(&passed)), (0, String::new()));
    assert!(out(&passed).contains("passed: 2 of 2 expectations held"), "{}", out(&passed));
    assert!(out(&passed).contains("replay: conlab run x.scn --seed 1"), "{}", out(&passed));
    let (failed, _) = run(&BLOCKED.replace("causal", "eventual"), &[]);
    assert_eq!(code(&failed), 1);
    assert!(out(&failed).contains("x.scn:5: wanted 7 after 200ms, got absent"), "{}", out(&failed));
    let (other, _) = run(BLOCKED, &["--system", "eventual"]);
    assert_eq!(code(&other), 0, "another system is shown, not judged: {}", out(&other));
    assert!(out(&other).contains("--system eventual --seed 1"), "{}", out(&other));
}

#[test]
fn a_recording_is_kept_and_compared() {
    let (output, recorded) = run(BLOCKED, &["--record"]);
    assert_eq!(code(&output), 0);
    assert!(recorded.starts_with(BLOCKED) && recorded.contains("\n---\ncausal, 3 servers"));
    assert_eq!(code(&run(&recorded, &[]).0), 0);
    let (changed, text) = run(&recorded.replace("300ms", "301ms"), &[]);
    assert_eq!(code(&changed), 1);
    assert!(out(&changed).contains("conlab run --record x.scn"), "{}", out(&changed));
    assert!(text.contains("301ms"), "a run without --record leaves the file alone");
    let (other, text) = run(&recorded, &["--record", "--seed", "7"]);
    assert_eq!((code(&other), text), (64, recorded));
    assert!(error_line(&other).contains("seed=7"), "{}", err(&other));
}

#[test]
fn all_systems_stand_side_by_side() {
    let (output, _) = run(BLOCKED, &["--system", "all"]);
    assert_eq!((code(&output), err(&output)), (0, String::new()));
    for word in ["linearizable", "sequential", "causal", "eventual", "a: get x @3"] {
        assert!(out(&output).contains(word), "{word}: {}", out(&output));
    }
}

#[test]
fn wrong_scenarios_say_file_line_and_what_was_expected() {
    let cases = [
        ("cluster causal\nget x\nfrobnicate x\n", "x.scn:3:1: expected "),
        ("cluster strong\n", "x.scn:1:9: unknown system \"strong\""),
        ("cluster causal servers=3\nget x @11\n", "x.scn:2:1: expected a server from 1 to 3"),
        ("cluster causal\nslow 1>3 2s\n", "x.scn:2:6: expected a link A->B"),
        ("cluster causal\nrestart 1\n", "x.scn:2: "),
        ("", "x.scn:1:1: expected `cluster SYSTEM`"),
    ];
    for (text, expected) in cases {
        let (output, _) = run(text, &[]);
        assert_eq!((code(&output), out(&output)), (64, String::new()), "{text}");
        assert!(error_line(&output).contains(expected), "{text} says {}", error_line(&output));
    }
}

#[test]
fn files_are_all_played_and_the_worst_counts() {
    let directory = directory();
    let good = test_case("causal/blocked_read.scn");
    let mut command = conlab_in(directory.path());
    let output = command.arg("run").args([Path::new("no.scn"), &good]).output().expect("it runs");
    assert_eq!(code(&output), 64);
    assert!(error_line(&output).contains("cannot read no.scn: "), "{}", err(&output));
    assert!(out(&output).contains("passed: "), "{}", out(&output));
}

#[test]
fn the_same_file_plays_on_real_servers() {
    let directory = directory();
    let files =
        [test_case("causal/blocked_read.scn"), test_case("causal/blank_primary_recovers.scn")];
    let mut command = conlab_in(directory.path());
    let output = command.args(["run", "--live"]).args(&files).output().expect("it runs");
    assert_eq!(code(&output), 0, "{}\n{}", out(&output), err(&output));
    assert_eq!(out(&output).matches("passed: ").count(), 2, "{}", out(&output));
    assert!(err(&output).contains(" s  a: get x @10: 7"), "{}", err(&output));
    let (wrong, _) = run("cluster causal\nget x => 7\n", &["--live"]);
    assert_eq!(code(&wrong), 1);
    assert!(out(&wrong).contains("x.scn:2: wanted 7, got absent"), "{}", out(&wrong));
}
