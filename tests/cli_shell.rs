//! The shell without a terminal: one line of stdout per command, jobs, faults, and the worst exit code.

mod common;

use common::{Up, code, conlab_with_input, err, out};

const MENU: [&str; 4] = ["--port", "0", "--log", "off"];

#[test]
fn the_first_line_chooses_and_the_rest_are_commands() {
    let output = conlab_with_input(&MENU, "1\nset x 7 @2\nget x @3\n");
    assert_eq!((code(&output), out(&output)), (0, "ok\n7\n".to_string()), "{}", err(&output));
}

#[test]
fn a_level_can_be_named_and_servers_can_be_tasks() {
    let words = [&MENU[..], &["--in-process", "--servers", "5"]].concat();
    let output = conlab_with_input(&words, "causal\nset x 7 @2\nget x @5\nget y\n");
    assert_eq!((code(&output), out(&output)), (1, "ok\n7\n(absent)\n".into()), "{}", err(&output));
}

#[test]
fn jobs_are_named_when_they_end_and_waited_for_at_the_end() {
    let input = "linearizable\nslow 1->3 300ms\nset x 7 @2 &\nget z @2 &\n";
    let output = conlab_with_input(&MENU, input);
    let mut lines: Vec<_> = out(&output).lines().map(str::to_string).collect();
    lines.sort();
    let text = err(&output);
    assert_eq!(lines, ["(absent)", "ok", "ok"], "{text}");
    assert!(
        text.contains("[1] set x 7 @2: ok") && text.contains("[2] get z @2: (absent)"),
        "{text}"
    );
}

#[test]
fn clients_carry_what_they_have_seen() {
    let input = "3\nslow 1->3 400ms\na: set x 7 @2\na: get x @3\n";
    let output = conlab_with_input(&MENU, input);
    assert_eq!((code(&output), out(&output)), (0, "ok\nok\n7\n".into()), "{}", err(&output));
}

#[test]
fn wrong_lines_are_told_and_the_shell_goes_on() {
    let output = conlab_with_input(&MENU, "4\ngett x\nset x 7\nget x @11\nkill 9\n\n# a remark\n");
    assert_eq!((code(&output), out(&output)), (64, "ok\n".to_string()), "{}", err(&output));
    let text = err(&output);
    assert!(text.contains("error: unknown command \"gett\"; did you mean get?"), "{text}");
    assert!(text.contains("there is no server 11; this cluster has servers 1 to 3"), "{text}");
}

#[test]
fn a_killed_server_is_reported_and_comes_back() {
    let input = "1\nset x 7\nkill 3\nrestart 3\nset y 8\nget x @3\n";
    let output = conlab_with_input(&MENU, input);
    assert_eq!(out(&output), "ok\nok\nok\nok\n7\n", "{}", err(&output));
    assert!(err(&output).contains("server 3 ended"), "{}", err(&output));
}

#[test]
fn a_shell_on_a_running_cluster_asks_but_does_not_break() {
    let up = Up::start(&["sequential"]);
    let output = up.conlab_with_input(&["shell"], "set x 7 @2\nget x\nstatus\nquit\nget y\n");
    assert_eq!((code(&output), out(&output)), (0, "ok\n7\n".to_string()), "{}", err(&output));
    assert!(err(&output).contains("primary"), "status goes to stderr: {}", err(&output));
    let output = up.conlab_with_input(&["shell"], "kill 3\n");
    assert_eq!((code(&output), out(&output)), (64, String::new()));
    assert!(err(&output).contains("only the shell that started a cluster breaks it"));
}

#[test]
fn a_shell_on_a_running_cluster_asks_as_much_at_once_as_it_is_told() {
    let up = Up::start(&["causal"]);
    let lines: String = (0..3_000).map(|number| format!("set k{number} v &\n")).collect();
    let output = up.conlab_with_input(&["shell"], &lines);
    assert_eq!((code(&output), out(&output)), (0, "ok\n".repeat(3_000)), "{}", err(&output));
}

#[test]
fn with_a_json_log_all_of_stderr_is_json() {
    let output = conlab_with_input(&["--port", "0", "--log", "json"], "1\nset x 7\ngett\n");
    let text = err(&output);
    let shell = text.lines().skip_while(|line| !line.starts_with('{')); // the menu is before
    let broken: Vec<_> = shell.filter(|line| !line.starts_with('{')).collect();
    assert!(broken.is_empty() && text.contains("unknown command"), "{broken:?} in {text}");
}

#[test]
fn lines_may_say_what_they_want() {
    let output = conlab_with_input(&MENU, "1\nget x => absent\nset x 7 => ok\nget x => 7|8\n");
    assert_eq!((code(&output), out(&output)), (0, "(absent)\nok\n7\n".into()), "{}", err(&output));
    let output = conlab_with_input(&MENU, "1\nget x => 7\n");
    assert_eq!((code(&output), out(&output)), (1, "(absent)\n".into()));
    assert!(err(&output).contains("error: wanted 7, got absent after "), "{}", err(&output));
}

#[test]
fn the_demo_plays_the_test_case_on_the_running_cluster() {
    let output = conlab_with_input(&MENU, "causal\nset x old\ndemo\nget x @3\n");
    assert_eq!((code(&output), out(&output)), (0, "ok\nok\n7\n".into()), "{}", err(&output));
    assert!(err(&output).contains("a: get x @3: 7"), "{}", err(&output));
    assert!(err(&output).contains("demo uses x: what it holds is lost"), "{}", err(&output));
    let words = [&MENU[..], &["--servers", "2"]].concat();
    let output = conlab_with_input(&words, "1\ndemo\n");
    assert_eq!((code(&output), out(&output)), (64, String::new()));
    assert!(err(&output).contains("the demo needs 3 servers"), "{}", err(&output));
}

#[test]
fn the_demo_wants_every_server() {
    for (fault, mend) in [("kill 2", "restart 2"), ("pause 3", "resume 3")] {
        let input = format!("causal\nset x old\n{fault}\ndemo\n{mend}\nget x\n");
        let output = conlab_with_input(&MENU, &input);
        assert_eq!((code(&output), out(&output)), (69, "ok\nok\nok\nold\n".into()));
        let expected = format!("error: {mend} first; demo needs every server");
        assert!(err(&output).contains(&expected), "{}", err(&output));
    }
}
