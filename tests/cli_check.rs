//! `conlab check` and `conlab history convert` on files, on stdin, on the last session, and on what is no history.

mod common;

use assert_cmd::Command;
use common::{Up, code, conlab, conlab_in, directory, err, error_line, out};
use std::path::Path;
use std::process::Output;
use tempfile::TempDir;

/// A write and a read of it, one after the other.
const FRESH: &str = r#"{"index":0,"time":0,"process":0,"type":"invoke","f":"write","key":"x","value":"7"}
{"index":1,"time":5000,"process":0,"type":"ok","f":"write","key":"x","value":"7","version":1}
{"index":2,"time":7000,"process":1,"type":"invoke","f":"read","key":"x","value":null}
{"index":3,"time":9000,"process":1,"type":"ok","f":"read","key":"x","value":"7","version":1}
"#;

/// The read comes from before the write.
fn stale() -> String {
    FRESH.replace(
        r#""f":"read","key":"x","value":"7","version":1"#,
        r#""f":"read","key":"x","value":null,"version":0"#,
    )
}

fn with(files: &[(&str, &str)]) -> TempDir {
    let directory = directory();
    for (name, text) in files {
        std::fs::write(directory.path().join(name), text).expect("it can be written");
    }
    directory
}

fn run(directory: &Path, words: &[&str]) -> Output {
    conlab_in(directory).args(words).output().expect("it runs")
}

fn verdicts(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", err(output)))
}

#[test]
fn files_stdin_and_formats_are_read() {
    let log = "INFO  jepsen.util - 0\t:invoke\t:write\t7\nINFO  jepsen.util - 0\t:ok\t:write\t7\n";
    let edn = "[{:process 0 :type :invoke :f :write :value 7}\n{:process 0 :type :ok :f :write :value 7}]";
    let directory = with(&[("a.jsonl", FRESH), ("b.log", log), ("c.edn", edn)]);
    for (words, format) in [
        (["check", "a.jsonl", "--json"], "jsonl"),
        (["check", "b.log", "--json"], "jepsen-log"),
        (["check", "c.edn", "--json"], "edn"),
    ] {
        let output = run(directory.path(), &words);
        assert_eq!(verdicts(&output)["format"], format, "{}", err(&output));
    }
    let mut command: Command = conlab_in(directory.path());
    let output =
        command.args(["check", "-", "--json"]).write_stdin(FRESH).output().expect("it runs");
    let found = verdicts(&output);
    assert_eq!((found["file"].as_str(), found["operations"].as_u64()), (Some("-"), Some(2)));
    let output = run(directory.path(), &["check", "a.jsonl", "b.log"]);
    assert!(
        out(&output).contains("a.jsonl: 2 operations, 2 processes, 1 key, jsonl"),
        "{}",
        out(&output)
    );
    assert!(
        out(&output).contains("b.log: 1 operation, 1 process, 1 key, jepsen-log"),
        "{}",
        out(&output)
    );
}

#[test]
fn one_model_or_several_can_be_asked_for() {
    let directory = with(&[("a.jsonl", FRESH)]);
    let asked = |words: &[&str]| {
        let words = [&["check", "a.jsonl", "--json"], words].concat();
        let found = verdicts(&run(directory.path(), &words));
        let models = found["models"].as_array().cloned().unwrap_or_default();
        let name =
            |model: serde_json::Value| model["model"].as_str().unwrap_or_default().to_string();
        models.into_iter().map(name).collect::<Vec<_>>()
    };
    assert_eq!(asked(&[]).len(), 9);
    assert_eq!(asked(&["--model", "causal"]), ["causal"]);
    assert_eq!(asked(&["--model", "causal,linearizable"]), ["linearizable", "causal"]);
    assert_eq!(asked(&["--model", "all", "--jobs", "2"]).len(), 9);
}

#[test]
fn what_cannot_be_read_is_64_and_the_rest_is_still_checked() {
    let directory = with(&[("a.jsonl", FRESH), ("bad.jsonl", "{\"time\":}\n"), ("odd", "hello")]);
    let output = run(directory.path(), &["check", "bad.jsonl", "a.jsonl"]);
    assert_eq!(code(&output), 64);
    assert!(
        error_line(&output).contains("bad.jsonl:1: the line is not an event in JSON: column 9"),
        "{}",
        err(&output)
    );
    assert!(out(&output).starts_with("a.jsonl: 2 operations"), "{}", out(&output));
    for (words, expected) in [
        (&["check", "no.jsonl"][..], "cannot read no.jsonl: "),
        (&["check", "."], "it is a directory; name the history.jsonl in it"),
        (&["check", "odd"], "odd: its form cannot be told; name it: --format"),
        (&["check", "a.jsonl", "--format", "edn"], "a.jsonl:1: "),
        (&["check", "latest"], "there is no run in store/ yet"),
    ] {
        let output = run(directory.path(), words);
        assert_eq!((code(&output), out(&output)), (64, String::new()), "{words:?}");
        assert!(error_line(&output).contains(expected), "{words:?} says {}", err(&output));
    }
    for words in [
        &["check"][..],
        &["check", "a.jsonl", "--model", "strong"],
        &["check", "a.jsonl", "--format", "xml"],
        &["check", "a.jsonl", "--budget-memory", "2GB"],
        &["check", "a.jsonl", "--budget-time", "soon"],
        &["check", "a.jsonl", "--jobs", "0"],
        &["check", "a.jsonl", "--staleness", "--svg", "x.svg"],
        &["history"],
        &["history", "convert", "a.jsonl", "b.edn", "--to", "jepsen-log"],
    ] {
        let output = run(directory.path(), words);
        assert_eq!((code(&output), out(&output)), (64, String::new()), "{words:?}");
    }
}

#[test]
fn an_empty_history_is_never_valid() {
    let directory = with(&[("empty.jsonl", "")]);
    let output = run(directory.path(), &["check", "empty.jsonl"]);
    assert_eq!(code(&output), 2, "{}", out(&output));
    assert!(out(&output).contains("the history holds no operation"), "{}", out(&output));
}

#[test]
fn histories_are_converted_both_ways() {
    let directory = with(&[("a.jsonl", FRESH)]);
    let output = run(directory.path(), &["history", "convert", "a.jsonl", "a.edn"]);
    assert_eq!((code(&output), out(&output)), (0, String::new()), "{}", err(&output));
    let edn = std::fs::read_to_string(directory.path().join("a.edn")).expect("it was written");
    assert!(
        edn.starts_with(
            "{:index 0, :time 0, :process 0, :type :invoke, :f :write, :value [\"x\" \"7\"]}\n"
        ),
        "{edn}"
    );
    let output = run(directory.path(), &["history", "convert", "a.edn", "-", "--to", "jsonl"]);
    assert_eq!((code(&output), out(&output)), (0, FRESH.to_string()), "{}", err(&output));
    let output = run(directory.path(), &["history", "convert", "a.edn", "b.txt"]);
    assert_eq!(code(&output), 64);
    assert!(error_line(&output).contains("name the form: --to jsonl"), "{}", err(&output));
    let output = run(directory.path(), &["history", "convert", "a.edn", "no/b.edn"]);
    assert_eq!(code(&output), 64);
    assert!(error_line(&output).contains("cannot write no/b.edn: "), "{}", err(&output));
}

#[test]
fn a_broken_model_is_1_with_its_operations_and_a_picture() {
    let text = stale();
    let directory = with(&[("a.jsonl", FRESH), ("b.jsonl", &text)]);
    let check = |words: &[&str]| {
        run(directory.path(), &[&["check", "--model", "linearizable"], words].concat())
    };
    let output = check(&["a.jsonl"]);
    assert_eq!(code(&output), 0, "{}", out(&output));
    assert!(out(&output).contains("✓ linearizable"), "{}", out(&output));
    let output = check(&["a.jsonl", "b.jsonl", "--svg", "why.svg"]);
    assert_eq!((code(&output), err(&output)), (1, String::new()), "{}", out(&output));
    assert!(out(&output).contains("✗ linearizable"), "{}", out(&output));
    assert!(
        out(&output).contains("write x = \"7\"") && out(&output).contains("read x: absent"),
        "{}",
        out(&output)
    );
    let picture = std::fs::read_to_string(directory.path().join("why.svg")).expect("it was drawn");
    assert!(picture.starts_with("<svg ") && picture.contains("class=\"marked"), "{picture}");
    let found = verdicts(&check(&["b.jsonl", "--json"]));
    let model = &found["models"][0];
    assert_eq!(
        (&model["verdict"], &model["lines"]),
        (&"invalid".into(), &serde_json::json!([1, 2, 3, 4]))
    );
    let output = check(&["a.jsonl", "--svg", "none.svg"]);
    assert_eq!(code(&output), 0);
    assert!(err(&output).contains("none.svg was not drawn"), "{}", err(&output));
    let output = check(&["b.jsonl", "--svg", "no/why.svg"]);
    assert_eq!(code(&output), 64);
}

#[test]
fn staleness_is_a_table() {
    let text = stale();
    let bare = FRESH.replace(",\"version\":1", "");
    let directory = with(&[("a.jsonl", FRESH), ("b.jsonl", &text), ("c.jsonl", &bare)]);
    let output = run(directory.path(), &["check", "b.jsonl", "--staleness"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    assert!(out(&output).contains("  1        1      1 (100.0 %)"), "{}", out(&output));
    assert!(
        out(&output).contains("2.0 µs") && out(&output).contains("the stalest reads"),
        "{}",
        out(&output)
    );
    let output = run(directory.path(), &["check", "a.jsonl", "--staleness", "--json"]);
    assert_eq!(verdicts(&output)["reads"][0]["versions_behind"], 0);
    let output = run(directory.path(), &["check", "c.jsonl", "--staleness"]);
    assert_eq!(code(&output), 2);
    assert!(err(&output).contains("no read has a version"), "{}", err(&output));
}

#[test]
fn a_session_is_recorded_and_can_be_checked() {
    let directory = directory();
    let menu = ["--port", "0", "--log", "off", "--in-process"];
    let mut command = conlab_in(directory.path());
    let input = "1\na: set x 7 @2\nb: get x @3\nall\ndelete x\nget x\nquit\n";
    let output = command.args(menu).write_stdin(input).output().expect("it runs");
    assert!(err(&output).contains("recorded in store/linearizable/"), "{}", err(&output));
    let output = run(directory.path(), &["check", "latest", "--json"]);
    let found = verdicts(&output);
    // Four operations of three clients, and a last read at each of three servers.
    assert_eq!((found["operations"].as_u64(), found["processes"].as_u64()), (Some(7), Some(6)));
    assert_eq!(code(&output), 0, "{found}");
    let history = found["file"].as_str().expect("it is named");
    let run = Path::new(history).with_file_name("run.json");
    let about = std::fs::read_to_string(directory.path().join(run)).expect("it is beside it");
    assert!(about.contains("\"system\": \"linearizable\""), "{about}");
    let text = std::fs::read_to_string(directory.path().join(history)).expect("it is there");
    assert!(text.contains("\"f\":\"read\",\"key\":\"x\",\"value\":\"7\",\"version\":"), "{text}");
}

/// What was broken is mended before the last reads: no verdict is unknown, and all servers have come to agree.
#[test]
fn a_session_of_any_level_ends_with_reads_of_everything_everywhere() {
    for (expected, input) in [
        (0, "linearizable\nset x 7 @2\nget y @3\nkill 3\n"),
        (0, "sequential\nslow all 100ms\na: set x 7 @2\na: get x @2\npause 3\n"),
        (0, "causal\nslow 1->3 200ms\na: set x 7 @2\na: get x @3\n"),
        // Not linearizable: the cut link kept the value from server 3.
        (1, "eventual\ncut 1-3\na: set x 7 @2\nb: set y 8 @3\nget x @3\n"),
    ] {
        let directory = directory();
        let mut command = conlab_in(directory.path());
        command.args(["--port", "0", "--log", "off"]);
        let session = command.write_stdin(input).output().expect("it runs");
        let output = run(directory.path(), &["check", "latest", "--json"]);
        let found = verdicts(&output);
        let of = |model: &str| {
            let mut models = found["models"].as_array().into_iter().flatten();
            let rung = models.find(|rung| rung["model"] == model);
            rung.map(|rung| rung["verdict"].clone()).unwrap_or_default()
        };
        assert_eq!(of("eventual"), "valid", "{input}: {found}\n{}", err(&session));
        assert_eq!(code(&output), expected, "{input}: {found}\n{}", err(&session));
    }
}

#[test]
fn a_session_goes_where_it_is_told() {
    let directory = directory();
    let mut command = conlab_in(directory.path());
    command.args(["--port", "0", "--log", "off", "--in-process", "--history", "h.jsonl"]);
    let output = command.write_stdin("causal\nset x 7\ndemo\nget x\n").output().expect("it runs");
    assert!(err(&output).contains("recorded in h.jsonl"), "{}", err(&output));
    assert!(!directory.path().join("store").exists());
    let text = std::fs::read_to_string(directory.path().join("h.jsonl")).expect("it is there");
    assert!(text.contains("\"f\":\"delete\""), "the demo is recorded too: {text}");
    let output = run(directory.path(), &["--history", "no/h.jsonl", "get", "x"]);
    assert_eq!(code(&output), 64);
    let output = run(directory.path(), &["run", "x.scn", "--history", "no/h.jsonl"]);
    assert!(error_line(&output).contains("cannot write no/h.jsonl: "), "{}", err(&output));
}

#[test]
fn a_shell_on_a_running_cluster_records_where_it_is_told() {
    let up = Up::start(&["sequential", "--in-process"]);
    let directory = directory();
    let file = directory.path().join("h.jsonl");
    let words = ["shell", "--history", file.to_str().expect("it is text")];
    let output = up.conlab_with_input(&words, "set x 7\nget x\n");
    assert_eq!(code(&output), 0, "{}", err(&output));
    let text = std::fs::read_to_string(&file).expect("it is there");
    // Two requests, and a last read at each of three servers.
    assert_eq!(text.lines().count(), 10, "{text}");
    let output = run(directory.path(), &["check", "h.jsonl", "--model", "eventual"]);
    assert_eq!(code(&output), 0, "{}", out(&output));
}

#[test]
fn scenarios_are_recorded_in_virtual_time() {
    let scenario =
        "# One claim.\ncluster causal servers=3\na: set x 7 @2 => ok\na: get x @3 => 7\nall\n";
    let directory = with(&[("x.scn", scenario), ("y.scn", scenario)]);
    let recorded = |words: &[&str]| {
        let output =
            run(directory.path(), &[&["run", "x.scn", "--history", "h.jsonl"], words].concat());
        assert_eq!(code(&output), 0, "{}", err(&output));
        std::fs::read_to_string(directory.path().join("h.jsonl")).expect("it is there")
    };
    let first = recorded(&[]);
    assert_eq!(first.lines().count(), 4, "{first}");
    assert_eq!(recorded(&[]), first, "the same seed gives the same history");
    assert_eq!(recorded(&["--live"]).lines().count(), 4);
    for words in [&["run", "x.scn", "y.scn"][..], &["run", "x.scn", "--system", "all"]] {
        let output = run(directory.path(), &[words, &["--history", "h.jsonl"]].concat());
        assert_eq!(code(&output), 64, "{words:?}");
        assert!(error_line(&output).contains("--history keeps one run"), "{}", err(&output));
    }
}

#[test]
fn help_shows_examples() {
    for words in
        [&["check", "--help"][..], &["history", "--help"], &["history", "convert", "--help"]]
    {
        let output = conlab(words);
        assert_eq!((code(&output), err(&output)), (0, String::new()), "{words:?}");
    }
    assert!(out(&conlab(&["check", "--help"])).contains("conlab check latest"));
}
