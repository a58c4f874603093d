//! config.json: the file in the repository says the defaults, and every kind of mistake names line, value and fix.

use conlab::config::Config;
use conlab::net::{LogFormat, LogLevel};
use std::time::Duration;

fn error(text: &str) -> String {
    Config::parse("config.json", text).expect_err(text).to_string()
}

#[test]
fn the_file_of_the_repository_says_the_defaults() {
    let text = include_str!("../config.json");
    assert_eq!(Config::parse("config.json", text).expect("it is valid"), Config::default());
}

#[test]
fn understands_the_reference_systems_keys() {
    let text = r#"{ "MASTER_ADDRESS": "localhost", "MASTER_PORT": 4000, "NO_OF_SERVERS": 10,
                    "PORT_START_RANGE": 5000 }"#;
    let config = Config::parse("config.json", text).expect("the keys are known");
    assert_eq!(config.controller().to_string(), "127.0.0.1:4000");
    assert_eq!(config.server_addresses()[9].to_string(), "127.0.0.1:5009");
}

#[test]
fn reads_links_timeouts_addresses_and_log() {
    let text = r#"{ "links": { "all": "5ms", "1->2": "700ms" }, "request_timeout_ms": 1500,
                    "addresses": ["127.0.0.1:7001", "[::1]:7002"], "log": "debug,json" }"#;
    let config = Config::parse("config.json", text).expect("it is valid");
    assert_eq!(config.servers, 2);
    assert_eq!(config.timing().suspect_after, Duration::from_millis(2800));
    assert_eq!(config.timing().request_timeout, Duration::from_millis(1500));
    assert_eq!((config.log.level, config.log.format), (LogLevel::Debug, LogFormat::Json));
    assert_eq!(config.link_faults()[1].to_string(), "slow 1->2 700ms");
}

#[test]
fn reads_how_a_log_is_kept() {
    let text = r#"{ "servers": 5, "tolerate": 4, "read_only_without_quorum": true }"#;
    let config = Config::parse("config.json", text).expect("it is valid");
    assert_eq!((config.tolerate, config.read_only_without_quorum), (Some(4), true));
}

#[test]
fn every_mistake_names_line_value_and_fix() {
    let cases = [
        ("{\n\"servers\": 0 }", "config.json:2: \"servers\" is 0; expected a whole number from 1"),
        ("{ \"servers\": \"ten\" }", "\"servers\" is \"ten\"; expected a whole number"),
        ("{ \"system\": \"strong\" }", "expected one of linearizable, sequential"),
        ("{ \"system\": 1 }", "\"system\" is 1; expected one of"),
        ("{\n\n\"port\": 1 }", "config.json:3: unknown key \"port\"; "),
        ("{ \"controler_port\": 1 }", "did you mean \"controller_port\"?"),
        ("{ \"xyzzy\": 1 }", "one of system, servers, host"),
        ("{ \"servers\": 3,\n\"servers\": 3 }", "config.json:2: \"servers\" stands on line 1"),
        ("{ \"servers\": 3, \"NO_OF_SERVERS\": 3 }", "\"NO_OF_SERVERS\" means \"servers\""),
        ("{\n\"controller_port\": 6486 }", "config.json:2: \"controller_port\": 6486 is the port"),
        ("{ \"client_port_start\": 65535 }", "no ports for 3 servers; choose at most 65533"),
        ("{ \"client_port_start\": 70000 }", "expected a port: a whole number from 0 to 65535"),
        ("{ \"addresses\": [\"127.0.0.1:1\",\n\"127.0.0.1:1\"] }", "listed for server 1 and for"),
        (
            "{ \"addresses\": [\"127.0.0.1:1\",\n\"nowhere\"] }",
            "config.json:2: address \"nowhere\"",
        ),
        ("{ \"addresses\": [\"127.0.0.1:1\"], \"servers\": 2 }", "1 addresses for 2 servers"),
        ("{ \"host\": \"a b\" }", "\"host\" is \"a b\"; expected an IP address"),
        ("{ \"links\": { \"1>3\": \"3ms\" } }", "\"links\": expected a link A->B"),
        ("{ \"links\": { \"1->3\": 3 } }", "\"links\""),
        ("{ \"links\": { \"1->3\": \"2h\" } }", "more than"),
        ("{ \"request_timeout_ms\": 0 }", "expected milliseconds: a whole number from 1"),
        ("{ \"suspect_after_ms\": 50 }", "50 is shorter than 2000"),
        ("{ \"tolerate\": -1 }", "\"tolerate\" is -1; expected a whole number from 0"),
        ("{ \"servers\": 3,\n\"tolerate\": 3 }", "config.json:2: \"tolerate\": 3: of 3 servers"),
        ("{ \"read_only_without_quorum\": 1 }", "is 1; expected true or false"),
        ("{ \"log\": \"loud\" }", "expected off, warn, info"),
        ("{ \"token\": \"\" }", "\"token\" is \"\"; expected letters"),
        ("{\n \"servers\": 3,\n}", "config.json:3: not valid JSON: trailing comma"),
        ("[]", "config.json:1: not valid JSON: invalid type: sequence, expected an object"),
        ("", "config.json:1: not valid JSON: EOF while parsing"),
    ];
    for (text, expected) in cases {
        let found = error(text);
        assert!(found.contains(expected), "{text}\n  says  {found}\n  not   {expected}");
    }
}

#[test]
fn an_unreadable_file_is_named() {
    let error = Config::find(Some("/no/such/file.json".as_ref())).expect_err("no such file");
    assert!(error.to_string().starts_with("cannot read /no/such/file.json: "), "{error}");
}

#[test]
fn a_link_of_a_server_that_is_not_there_is_an_error() {
    let text = "{\n  \"servers\": 3,\n  \"links\": { \"1->9\": \"5ms\" }\n}";
    let error = Config::parse("config.json", text).expect_err("there is no server 9").to_string();
    assert_eq!(error, "config.json:3: \"links\": \"1->9\" names server 9; the servers are 1 to 3");
}
