//! The command line without a cluster: help with examples on each command, and what wrong words get.

mod common;

use common::{code, conlab, conlab_in, conlab_with_input, directory, err, error_line, out};

const COMMANDS: [&str; 12] = [
    "up",
    "set",
    "get",
    "delete",
    "all",
    "shell",
    "status",
    "run",
    "check",
    "history",
    "server",
    "completions",
];

#[test]
fn every_command_has_help_with_examples() {
    for command in COMMANDS {
        let output = conlab(&[command, "--help"]);
        assert_eq!((code(&output), err(&output)), (0, String::new()), "{command}");
        let text = out(&output);
        let (_, examples) = text.split_once("Examples:").expect("help ends with examples");
        assert!(examples.contains(&format!("conlab {command}")), "{command}: {examples}");
    }
    let whole = out(&conlab(&["--help"]));
    assert!(COMMANDS.iter().all(|command| whole.contains(command)), "{whole}");
}

#[test]
fn wrong_words_are_usage_errors() {
    let cases: [&[&str]; 8] = [
        &["frobnicate"],
        &["set", "x"],
        &["get"],
        &["up", "strong"],
        &["up", "causal", "--servers", "many"],
        &["up", "causal", "--port", "70000"],
        &["get", "x", "--log", "loud"],
        &["run"],
    ];
    for words in cases {
        let output = conlab(words);
        assert_eq!((code(&output), out(&output)), (64, String::new()), "{words:?}");
        assert!(err(&output).starts_with("error: "), "{words:?}: {}", err(&output));
    }
    assert!(err(&conlab(&["up", "strong"])).contains("linearizable, sequential, causal, eventual"));
}

#[test]
fn wrong_values_say_the_value_and_the_fix() {
    let cases: [(&[&str], &str); 10] = [
        (&["up", "causal", "--servers", "0"], "--servers: 0 servers; a cluster has 1 to 100"),
        (&["up", "causal", "--port", "65535"], "--port: "),
        (&["--servers", "3", "up", "causal"], "stand after the command"),
        (&["get", "x", "2"], "expected @2 or @HOST:PORT after the request, found \"2\""),
        (&["set", "x", "7", "&"], "expected @2 or @HOST:PORT after the request, found \"&\""),
        (&["server", "--id", "3", "--join", "nowhere"], "no token; set CONLAB_TOKEN"),
        (&["get", "@2"], "expected a key, found \"@2\""),
        (&["get", "x", "@0"], "server's number from 1"),
        (&["get", "x", "--controller", "nowhere"], "HOST:PORT, as in 127.0.0.1:3896"),
        (&["server", "--id", "3"], "no token; set CONLAB_TOKEN"),
    ];
    for (words, expected) in cases {
        let output = conlab(words);
        assert_eq!(code(&output), 64, "{words:?}: {}", err(&output));
        let line = error_line(&output);
        assert!(line.contains(expected), "{words:?} says {line}");
    }
}

#[test]
fn without_a_cluster_every_client_command_says_how_to_start_one() {
    let commands: [&[&str]; 7] = [
        &["set", "x", "7"],
        &["get", "x"],
        &["delete", "x"],
        &["all"],
        &["append", "a line"],
        &["status"],
        &["shell"],
    ];
    for words in commands {
        // Port 9 is kept for `discard`, which nothing here runs.
        let output = conlab(&[words, &["--controller", "127.0.0.1:9"]].concat());
        assert_eq!((code(&output), out(&output)), (69, String::new()), "{words:?}");
        let expected = "error: no cluster answers at 127.0.0.1:9; \
            start one with \"conlab up causal\", or a log with \"conlab up replicated-log\"";
        assert_eq!(error_line(&output), expected);
    }
}

#[test]
fn a_broken_config_is_named_with_its_line() {
    let directory = directory();
    let file = directory.path().join("config.json");
    std::fs::write(&file, "{\n  \"serverz\": 5\n}").expect("it can be written");
    let output = conlab_in(directory.path()).args(["up", "causal"]).output().expect("it runs");
    assert_eq!(code(&output), 64);
    let expected = "error: config.json:2: unknown key \"serverz\"; did you mean \"servers\"?";
    assert_eq!(error_line(&output), expected);
    let output = conlab(&["up", "causal", "--config", "/no/such/file"]);
    assert_eq!(code(&output), 64);
    assert!(error_line(&output).contains("cannot read /no/such/file"));
}

#[test]
fn completions_are_scripts_for_each_shell() {
    for (shell, sign) in
        [("bash", "complete -F"), ("zsh", "#compdef conlab"), ("fish", "complete -c conlab")]
    {
        let output = conlab(&["completions", shell]);
        assert_eq!(code(&output), 0);
        assert!(out(&output).contains(sign), "{shell}");
    }
    assert_eq!(code(&conlab(&["completions", "tcsh"])), 64);
}

#[test]
fn the_piped_menu_refuses_what_is_no_level() {
    let output = conlab_with_input(&["--port", "0"], "9\nget x\n");
    assert_eq!((code(&output), out(&output)), (64, String::new()));
    assert!(error_line(&output).contains("no level \"9\""));
    let output = conlab_with_input(&["--port", "0"], "");
    assert_eq!(code(&output), 64);
    assert!(error_line(&output).contains("stdin is empty"));
}

#[test]
fn a_malformed_session_file_is_refused_before_anything_is_asked() {
    let directory = directory();
    let file = directory.path().join("s.json");
    std::fs::write(&file, "{\"cluster\":").expect("it can be written");
    let mut command = conlab_in(directory.path());
    let output = command.args(["set", "x", "7", "--session", "s.json"]).output().expect("it runs");
    assert_eq!(code(&output), 64);
    assert!(error_line(&output).contains("s.json holds no session"), "{}", err(&output));
    assert!(error_line(&output).contains("delete it"));
}
