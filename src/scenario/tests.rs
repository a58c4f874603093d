//! The runner, on a stage that answers after as many milliseconds as the value says; and whole files on the simulator.

use super::*;
use crate::faults::Fault;
use crate::process::{NodeId, Op, Outcome};
use crate::session::Session;
use std::path::PathBuf;
use std::time::Duration;

/// Answers `set K N` after N ms, everything else at once. Writes down what was asked and when.
#[derive(Default)]
struct Clockwork {
    now: Duration,
    asked: u64,
    due: Vec<(Duration, u64, Outcome)>,
    log: Vec<String>,
}

impl Stage for Clockwork {
    fn now(&self) -> Duration {
        self.now
    }

    fn request(&mut self, client: &str, at: NodeId, op: Op) -> u64 {
        self.asked += 1;
        let (millis, session) = match &op {
            Op::Set { value, session, .. } => (value.parse().unwrap_or(0), session),
            Op::Get { session, .. } | Op::Delete { session, .. } | Op::All { session } => {
                (0, session)
            }
            Op::Append { .. } | Op::Messages { .. } => (0, &None),
        };
        let seen = session.as_ref().map_or(0, |session| session.versions.wanted("x"));
        self.log.push(format!("{} {client}:{op} {at} seen {seen}", self.now.as_millis()));
        let mut session = Session::of("c");
        session.versions.see("x", self.asked);
        let outcome = Outcome::Set { version: Some(self.asked), session: Some(session) };
        self.due.push((self.now + Duration::from_millis(millis), self.asked, outcome));
        self.asked
    }

    fn fault(&mut self, fault: Fault) -> Result<(), String> {
        self.log.push(format!("{} {fault}", self.now.as_millis()));
        match fault {
            Fault::Restart(_) => Err("server 1 is running; kill it first".to_string()),
            _ => Ok(()),
        }
    }

    fn next_answer(&mut self, until: Option<Duration>) -> Option<Answered> {
        self.due.sort_by_key(|(at, request, _)| (*at, *request));
        let due = self.due.first().is_some_and(|(at, ..)| until.is_none_or(|until| *at <= until));
        if !due {
            self.now = self.now.max(until.unwrap_or_default());
            return None;
        }
        let (at, request, outcome) = self.due.remove(0);
        self.now = self.now.max(at);
        Some(Answered { request, at, outcome })
    }
}

fn log(lines: &str) -> Vec<String> {
    let scenario = Scenario::parse("x.scn", &format!("cluster causal\n{lines}")).expect(lines);
    let mut stage = Clockwork::default();
    play(&scenario, &mut stage, None).expect("no fault fails");
    stage.log
}

#[test]
fn a_line_starts_when_those_above_have_ended_or_at_its_time() {
    let log = log("set x 5\nset y 20 @2 &\nset z 3\nat 12ms cut 1-2\nset w 1\nwait 30ms\nall");
    assert_eq!(
        log,
        [
            "0 :set x 5 n1 seen 0",
            "5 :set y 20 n2 seen 1",
            "5 :set z 3 n1 seen 1",
            "12 cut 1-2",
            "12 :set w 1 n1 seen 3",
            "43 :all n1 seen 4",
        ]
    );
}

#[test]
fn lines_below_wait_for_the_times_above() {
    let log = log("at 3ms cut 1-2\nat 9ms heal\nset x 1 &");
    assert_eq!(log, ["3 cut 1-2", "9 heal", "9 :set x 1 n1 seen 0"]);
}

#[test]
fn sessions_are_of_one_client_and_can_be_off() {
    let log = log("client b session=off\na: set x 1\na: get x\nb: set x 1\nb: get x\nget x");
    let seen: Vec<_> = log.iter().filter_map(|line| line.rsplit(' ').next()).collect();
    assert_eq!(seen, ["0", "1", "0", "0", "0"]);
}

#[test]
fn a_fault_that_fails_ends_the_run_with_its_line() {
    let scenario =
        Scenario::parse("x.scn", "cluster causal\n\nrestart 1").expect("it is well formed");
    let error = play(&scenario, &mut Clockwork::default(), None).expect_err("server 1 is running");
    assert_eq!(error.to_string(), "x.scn:3: server 1 is running; kill it first");
}

#[test]
fn expectations_are_judged_on_answer_and_time() {
    let text = "cluster causal\nset x 5 => ok after 5ms within 5ms\nset x 5 => ok after 6ms\n\
                set x 5 => refused|unknown\nset x 5 => ok within 4ms";
    let scenario = Scenario::parse("x.scn", text).expect("it is well formed");
    let played = play(&scenario, &mut Clockwork::default(), None).expect("no fault fails");
    let judged = judge(&scenario, &played, true);
    assert_eq!(judged.expectations, 4);
    assert_eq!(
        judged.failed,
        [
            "x.scn:3: wanted ok after 6ms, got ok after 5.00ms",
            "x.scn:4: wanted refused|unknown, got ok after 5.00ms",
            "x.scn:5: wanted ok within 4ms, got ok after 5.00ms",
        ]
    );
    assert_eq!(judge(&scenario, &played, false).failed.len(), 2);
}

fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("x.scn");
    std::fs::write(&path, text).expect("it can be written");
    (folder, path)
}

fn recorder(seed: Option<u64>) -> RunOptions {
    RunOptions { seed, record: true, ..RunOptions::default() }
}

const SIMPLE: &str =
    "# Linearizable.\ncluster linearizable\na: set x 7 @2 => ok\nb: get x @3 => 7\n";

#[test]
fn a_recording_is_written_compared_and_shown_as_a_diff_when_it_differs() {
    let (_folder, path) = file(SIMPLE);
    let plain = run(&path, &RunOptions::default()).expect("it runs");
    let recorded = run(&path, &recorder(None)).expect("it runs");
    let again = run(&path, &RunOptions::default()).expect("it runs");
    assert!(plain.passed && recorded.passed && again.passed);
    assert_eq!(plain, again);
    let text = std::fs::read_to_string(&path).expect("it is there");
    assert!(text.starts_with(SIMPLE) && text.contains("\n---\nlinearizable, 3 servers"));
    std::fs::write(&path, text.replace("lock taken", "lock stolen")).expect("it can be written");
    let changed = run(&path, &RunOptions::default()).expect("it runs");
    assert!(!changed.passed);
    assert!(changed.text.contains("\n-") && changed.text.contains("conlab run --record"));
    let verdict = "\nfailed: the output is not the recorded one; 2 of 2 expectations held\n";
    assert!(changed.text.contains(verdict), "{}", changed.text);
    let other_seed =
        run(&path, &RunOptions { seed: Some(9), ..RunOptions::default() }).expect("it runs");
    assert!(other_seed.passed);
    assert!(run(&path, &recorder(Some(9))).is_err());
}

#[test]
fn a_failed_expectation_fails_the_run() {
    let (_folder, path) = file("cluster causal\nget x => 7\n");
    let report = run(&path, &RunOptions::default()).expect("it runs");
    assert!(!report.passed && report.text.contains("x.scn:2: wanted 7, got absent"));
    assert!(report.text.contains("\nfailed: 0 of 1 expectations held\n"), "{}", report.text);
}

#[test]
fn checks_judge_what_the_clients_saw_above_them() {
    let text = "cluster sequential\na: set x 7 @2\nslow 1->3 50ms\na: set x 8 @2 &\nwait 10ms\n\
                b: get x @2 => 8\ncheck linearizable => valid\nc: get x @3 => 7\ncheck linearizable => invalid\n\
                check sequential => valid\ncheck eventual => unknown\n";
    let (_folder, path) = file(text);
    let report = run(&path, &RunOptions::default()).expect("it runs");
    assert!(
        !report.passed,
        "the check above waits for the write, so the read below it is new: {}",
        report.text
    );
    let (_folder, path) = file(&text.replacen("check linearizable => valid\n", "", 1));
    let report = run(&path, &RunOptions::default()).expect("it runs");
    assert!(report.passed, "{}", report.text);
    let expected = "   8  check linearizable                         ✓ invalid\n";
    assert!(report.text.contains(expected), "{}", report.text);
    assert!(report.text.contains("not linearizable: process "), "{}", report.text);
}

#[test]
fn a_check_that_says_otherwise_fails_the_run_and_shows_why() {
    let (_folder, path) =
        file("cluster eventual\na: set x 7\na: get x\ncheck read-your-writes => valid\n");
    let report = run(&path, &RunOptions::default()).expect("it runs");
    assert!(!report.passed, "{}", report.text);
    for expected in [
        "x.scn:4: wanted read-your-writes valid, got invalid: process 0 ",
        "✗ invalid (wanted valid)",
        "not read-your-writes: ",
        "  a  0        write x = \"7\"   ok     +0    +0  2\n",
    ] {
        assert!(report.text.contains(expected), "{expected} in {}", report.text);
    }
}

#[test]
fn reads_of_a_quiet_period_show_whether_the_servers_agree() {
    let text = "cluster eventual\na: set x 7 @2\nwait 1s\nb: get x @1\nb: get x @2\nb: get x @3\ncheck eventual => valid\n";
    let (_folder, path) = file(text);
    let report = run(&path, &RunOptions::default()).expect("it runs");
    assert!(report.passed, "{}", report.text);
    let (_folder, path) =
        file(&text.replace("wait 1s", "cut 1-3\nwait 1s").replace("valid", "invalid"));
    let report = run(&path, &RunOptions::default()).expect("it runs");
    assert!(
        report.passed && report.text.contains("when all was quiet server 3 answered x as absent"),
        "{}",
        report.text
    );
}

#[test]
fn under_another_system_nothing_is_judged() {
    let (_folder, path) = file("cluster linearizable\nset x 7 => refused\n");
    let options = RunOptions { system: Some(System::Eventual), ..RunOptions::default() };
    let report = run(&path, &options).expect("it runs");
    assert!(report.passed && report.text.starts_with("eventual, 3 servers"));
    assert!(report.text.contains("--system eventual"));
}

#[test]
fn one_file_under_all_systems_is_one_table() {
    let (_folder, path) = file("cluster causal\na: set x 7 @2\nb: get x @3\n");
    let table = compare_systems(&path, None).expect("it runs");
    assert!(table.contains("linearizable") && table.contains("eventual"));
    assert!(table.contains("a: set x 7 @2") && table.contains("absent"));
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let error = run("/nowhere/x.scn".as_ref(), &RunOptions::default()).expect_err("there is none");
    assert!(error.to_string().contains("/nowhere/x.scn"));
}
