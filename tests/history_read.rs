//! Every form of history is read, and every bad input is told with its line, the reason and the fix.

use conlab::check::{Budget, Model, Verdict, check};
use conlab::history::{Act, Format, History, read};
use proptest::prelude::*;

/// One line for each operation: `0 write x 7 ok`.
fn told(history: &History) -> Vec<String> {
    let tell = |operation: &conlab::history::Operation| {
        let value = match operation.act() {
            Act::Cas => format!(
                "{}->{}",
                history.value_text(operation.old()),
                history.value_text(operation.value())
            ),
            Act::ReadList => format!("[{}]", history.list_texts(operation.list()).join(",")),
            _ => history.value_text(operation.value()).to_string(),
        };
        format!(
            "{} {:?} {} {value} {:?}",
            history.process_name(operation.process()),
            operation.act(),
            history.key_name(operation.key()),
            operation.end()
        )
    };
    history.operations().iter().map(tell).collect()
}

fn reads(text: &str, format: Format) -> Vec<String> {
    let named = read("h", text.as_bytes(), Some(format)).expect(text);
    let detected = read("h", text.as_bytes(), None).expect(text);
    assert_eq!(detected.format, format, "{text}");
    assert_eq!(told(&named.history), told(&detected.history));
    told(&named.history)
}

fn error(text: &[u8], format: Option<Format>) -> String {
    let shown = String::from_utf8_lossy(text);
    read("h", text, format).expect_err(&shown).to_string()
}

const JSONL: &str = r#"{"index":0,"time":1,"process":0,"type":"invoke","f":"write","key":"x","value":"7"}
{"index":1,"time":2,"process":1,"type":"invoke","f":"read","key":"x","value":null,"session":{"a":[1,{}]}}
{"index":2,"time":2,"process":0,"type":"ok","f":"write","key":"x","value":"7","version":1}

{"index":3,"time":3,"process":1,"type":"ok","f":"read","key":"x","value":"7","version":1,"node":3,"final":true}
{"index":4,"time":3,"process":1,"type":"invoke","f":"cas","key":"x","value":["7",8.5]}
{"index":5,"time":4,"process":1,"type":"fail","f":"cas","key":"x","value":null,"error":"mismatch"}
{"index":6,"time":4,"process":1,"type":"invoke","f":"append","key":"l","value":"a\u00e9\"\n"}
{"index":7,"time":4,"process":0,"type":"invoke","f":"read","key":"l"}
{"index":8,"time":4,"process":1,"type":"info","f":"append","key":"l"}
{"index":9,"time":5,"process":0,"type":"ok","f":"read","key":"l","value":["a\u00e9\"\n", 1]}
{"index":10,"time":5,"process":0,"type":"invoke","f":"delete","key":"x","value":null}
"#;

const TOLD: [&str; 6] = [
    "0 Write x \"7\" Ok",
    "1 Read x \"7\" Ok",
    "1 Cas x \"7\"->8.5 Mismatch",
    "1 Append l \"aé\\\"\\n\" Info",
    "0 ReadList l [\"aé\\\"\\n\",1] Ok",
    "0 Delete x null Info",
];

#[test]
fn a_byte_order_mark_is_passed_over() {
    let edn = "{:process 0, :type :invoke, :f :write, :value 7}\n";
    let log = "INFO  jepsen.util - 0\t:invoke\t:write\t7\n";
    let kv = "{:process 0, :type :invoke, :f :put, :key \"x\", :value \"7\"}\n";
    for (text, format) in [
        (JSONL, Format::JsonLines),
        (edn, Format::Edn),
        (log, Format::JepsenLog),
        (kv, Format::PorcupineKv),
    ] {
        let marked = format!("\u{feff}{text}");
        assert_eq!(reads(&marked, format), reads(text, format));
        let detected = read("h", marked.as_bytes(), None).expect("it is well formed");
        assert_eq!(detected.format, format);
    }
    let wrong = "\u{feff}{}\n";
    let error = read("h", wrong.as_bytes(), None).expect_err("fields are missing").to_string();
    assert!(error.starts_with("h:1: the field \"time\" is missing"), "{error}");
}

#[test]
fn json_lines_are_read() {
    assert_eq!(reads(JSONL, Format::JsonLines), TOLD);
    let history = read("h", JSONL.as_bytes(), None).expect("it is well formed").history;
    let read = history.operation(1);
    assert_eq!((read.version(), read.node(), read.is_final()), (Some(1), Some(3), true));
    assert_eq!((read.invoked_line(), read.ended_line()), (2, Some(5)));
    assert_eq!((read.invoked_time(), read.ended_time()), (2, Some(3)));
}

#[test]
fn edn_is_read_as_a_vector_or_a_map_a_line() {
    let lines = "{:process 0 :type :invoke :f :write :value 3 :time 5}
{:process :nemesis :type :info :f :kill :value nil}
{:process 0, :type :ok, :f :write, :value 3, :time 6, :index 2}
{:process 1, :type :invoke, :f :cas, :value [3 4]}
{:process 1, :type :fail, :f :cas, :value [3 4], :error :mismatch}
";
    let lines = lines.replace(" :time 5", "").replace(", :time 6", "");
    let expected = ["0 Write  3 Ok", "1 Cas  3->4 Mismatch"];
    assert_eq!(reads(&lines, Format::Edn), expected);
    assert_eq!(reads(&format!("[{lines}]"), Format::Edn), expected);
    let reading = read("h", lines.as_bytes(), None).expect("it is well formed");
    assert_eq!(reading.left_out, 1);
}

#[test]
fn independent_tuples_are_keys() {
    let text = "{:process 0 :type :invoke :f :write :value [:x 3]}
{:process 0 :type :ok :f :write :value [:x 3]}
{:process 0 :type :invoke :f :read :value [:x nil]}
{:process 0 :type :ok :f :read :value [:x 3]}
{:process 0 :type :invoke :f :cas :value [:x [3 4]]}
{:process 0 :type :info :f :cas :value [:x [3 4]] :error :timeout}
{:process 1 :type :invoke :f :append :value [9 \"a\"]}
{:process 1 :type :ok :f :append :value [9 \"a\"]}
{:process 1 :type :invoke :f :read :value [9 nil]}
{:process 1 :type :ok :f :read :value [9 [\"a\"]]}
{:process 2 :type :invoke :f :read :value nil}
{:process 2 :type :ok :f :read :value [\"a\" 2]}
";
    let expected = [
        "0 Write x 3 Ok",
        "0 Read x 3 Ok",
        "0 Cas x 3->4 Info",
        "1 Append 9 \"a\" Ok",
        "1 ReadList 9 [\"a\"] Ok",
        "2 ReadList  [\"a\",2] Ok",
    ];
    assert_eq!(reads(text, Format::Edn), expected);
}

#[test]
fn the_jepsen_log_is_read() {
    let text = "INFO  jepsen.core - starting
INFO  jepsen.util - 0\t:invoke\t:read\tnil
INFO  jepsen.util - :nemesis\t:info\t:start\tnil
INFO  jepsen.util - 0\t:fail\t:read\t:timed-out
INFO  jepsen.util - 0\t:invoke\t:cas\t[3 0]
INFO  jepsen.util - 0\t:fail\t:cas\t[3 0]
INFO  jepsen.util - 1\t:invoke\t:write\t4
INFO  jepsen.util - 1\t:info\t:write\t:timed-out
";
    let expected = ["0 Read  null Fail", "0 Cas  3->0 Mismatch", "1 Write  4 Info"];
    assert_eq!(reads(text, Format::JepsenLog), expected);
    assert_eq!(read("h", text.as_bytes(), None).expect("it is well formed").left_out, 2);
}

#[test]
fn appends_of_strings_become_what_they_did() {
    let line = |process: u8, kind: &str, f: &str, value: &str| {
        format!("{{:process {process}, :type :{kind}, :f :{f}, :key \"k\", :value {value}}}\n")
    };
    let mut text = String::new();
    for (f, asked, answer) in [
        ("get", "nil", "\"\""),
        ("append", "\"b\"", "\"b\""),
        ("append", "\"c\"", "\"c\""),
        ("get", "nil", "\"bc\""),
        ("append", "\"d\"", "\"d\""),
        ("put", "\"e\"", "\"e\""),
        ("append", "\"b\"", "\"b\""),
        ("get", "nil", "\"eb\""),
        ("get", "nil", "\"ez\""),
        ("put", "\"\"", "\"\""),
    ] {
        text += &line(0, "invoke", f, asked);
        text += &line(0, "ok", f, answer);
    }
    let expected = [
        "0 Read k null Ok",
        "0 Cas k null->\"b\" Ok",
        "0 Cas k \"b\"->\"bc\" Ok",
        "0 Read k \"bc\" Ok",
        "0 Write k \"…d (line 9)\" Ok",
        "0 Write k \"e\" Ok",
        "0 Cas k \"e\"->\"eb\" Ok",
        "0 Read k \"eb\" Ok",
        "0 Read k \"ez\" Ok",
        "0 Delete k null Ok",
    ];
    assert_eq!(reads(&text, Format::PorcupineKv), expected);
}

#[test]
fn appends_that_cannot_be_told_apart_are_refused() {
    let both = |between: &str| {
        format!(
            "{{:process 0 :type :invoke :f :append :key \"k\" :value \"b\"}}
{{:process 1 :type :invoke :f :append :key \"k\" :value \"b\"}}
{between}{{:process 2 :type :invoke :f :get :key \"k\" :value nil}}
{{:process 2 :type :ok :f :get :key \"k\" :value \"bb\"}}\n"
        )
    };
    let text = both("");
    let line = error(text.as_bytes(), Some(Format::PorcupineKv));
    assert!(line.starts_with("h:1: \"b\" is appended to key \"k\" more than once"), "{line}");
    let turn = both("").replace(":process 1", ":process 0").replacen(
        "\n",
        "\n{:process 0 :type :ok :f :append :key \"k\" :value \"b\"}\n",
        1,
    );
    assert!(read("h", turn.as_bytes(), Some(Format::PorcupineKv)).is_ok(), "{turn}");
}

#[test]
fn a_text_that_was_put_and_appended_is_told_by_what_was_asked_for() {
    let step = |f: &str, asked: &str, answer: &str| {
        let line = |kind: &str, value: &str| {
            format!("{{:process 0 :type :{kind} :f :{f} :key \"k\" :value {value}}}\n")
        };
        line("invoke", asked) + &line("ok", answer)
    };
    let (put, append) = (step("put", "\"b\"", "\"b\""), step("append", "\"b\"", "\"b\""));
    let get = |text: &str| step("get", "nil", &format!("{text:?}"));
    let later = format!("{put}{}{append}{}", get("b"), get("bb"));
    let expected = [
        "0 Write k \"b\" Ok",
        "0 Read k \"b\" Ok",
        "0 Cas k \"b\"->\"bb\" Ok",
        "0 Read k \"bb\" Ok",
    ];
    assert_eq!(reads(&later, Format::PorcupineKv), expected);
    let other = step("put", "\"a\"", "\"a\"");
    let elsewhere = format!("{other}{append}{}{put}{}", get("ab"), get("b"));
    let told = reads(&elsewhere, Format::PorcupineKv);
    assert_eq!(
        told[1..4],
        ["0 Cas k \"a\"->\"ab\" Ok", "0 Read k \"ab\" Ok", "0 Write k \"b\" Ok"]
    );
    let line = error(format!("{put}{append}{}", get("b")).as_bytes(), None);
    assert!(line.starts_with("h:6: \"b\" is put and appended"), "{line}");
}

/// A history line with one field replaced.
fn with(field: &str, value: &str) -> Vec<u8> {
    let line =
        r#"{"index":0,"time":1,"process":0,"type":"invoke","f":"write","key":"x","value":"7"}"#;
    let fields = line.trim_matches(['{', '}']).split(',');
    let replaced = fields.map(|one| match one.starts_with(&format!("\"{field}\":")) {
        true => format!("\"{field}\":{value}"),
        false => one.to_string(),
    });
    format!("{{{}}}", replaced.collect::<Vec<_>>().join(",")).into_bytes()
}

#[test]
fn every_wrong_field_is_told() {
    let jsonl = Some(Format::JsonLines);
    for (field, value, expected) in [
        ("index", "1", "the index is 1, expected 0"),
        ("index", "-1", "\"index\" is -1; give its position"),
        ("time", "\"1\"", "\"time\" is \"1\"; give the nanoseconds"),
        ("time", "-1", "\"time\" is -1"),
        ("time", "null", "\"time\" is null"),
        ("process", "\"a\"", "\"process\" is \"a\"; give the number of the client"),
        ("process", "0.5", "\"process\" is 0.5"),
        ("type", "\"done\"", "\"type\" is \"done\"; use invoke, ok, fail or info"),
        ("type", "7", "\"type\" is 7"),
        ("f", "\"put\"", "\"f\" is \"put\"; use read, write, cas, delete or append"),
        ("key", "7", "\"key\" is 7; give a string"),
        ("value", "null", "null cannot be written; use delete"),
        ("value", "[1]", "[1] is no scalar"),
        ("value", "{\"a\":1}", "is no scalar"),
        ("value", "x", "the line is not an event in JSON: column 79: expected a value"),
    ] {
        let text = with(field, value);
        let line = error(&text, jsonl);
        assert!(line.starts_with("h:1: ") && line.contains(expected), "{field} {value}: {line}");
    }
}

#[test]
fn every_broken_rule_is_told_with_its_line() {
    let invoke = r#"{"time":5,"process":0,"type":"invoke","f":"write","key":"x","value":"7"}"#;
    for (second, expected) in [
        (invoke, "process 0 invokes while its operation of line 1 is open"),
        (&invoke.replace(":5", ":4").replace("s\":0", "s\":1"), "time falls from 5 to 4"),
        (
            &invoke.replace("invoke", "ok").replace("s\":0", "s\":1"),
            "process 1 completes an operation that it did not",
        ),
        (
            &invoke.replace("invoke", "ok").replace("write", "read"),
            "process 0 completes a read, but line 1 invoked a write",
        ),
        (
            &invoke.replace("invoke", "ok").replace("\"x\"", "\"y\""),
            "the key is \"y\", but line 1 invoked on \"x\"",
        ),
        (
            &invoke.replace("invoke", "ok").replace("\"7\"", "\"8\""),
            "the value is \"8\", but line 1 invoked with another",
        ),
        (
            &invoke.replace("invoke", "ok").replace("\"7\"", "\"7\",\"final\":1"),
            "\"final\" is 1; give true or false",
        ),
        (
            &invoke.replace("invoke", "ok").replace("\"7\"", "\"7\",\"version\":\"a\""),
            "\"version\" is \"a\"; give a whole number",
        ),
        (&invoke.replace("\"7\"", "\"7\",\"f\":\"read\""), "the field \"f\" stands there twice"),
        (&invoke.replace("\"time\":5,", ""), "the field \"time\" is missing"),
        ("7", "expected `{`"),
        ("{\"a\":}", "expected a value"),
        ("{} {}", "expected the end of the line"),
        (&invoke.replace("invoke", "info"), "h:3: process 0 speaks after its info of line 2"),
    ] {
        let text = format!("{invoke}\n{second}\n{invoke}\n");
        let line = error(text.as_bytes(), Some(Format::JsonLines));
        let start = if expected.starts_with("h:") { "" } else { "h:2: " };
        assert!(line.starts_with(start) && line.contains(expected), "{second}: {line}");
    }
    let mixed =
        format!("{invoke}\n{}", invoke.replace("s\":0", "s\":1").replace("write", "append"));
    let line = error(mixed.as_bytes(), None);
    assert!(line.contains("key \"x\" is used as a register and as a list"), "{line}");
}

#[test]
fn wrong_edn_is_told_with_its_line() {
    let edn = Some(Format::Edn);
    for (text, expected) in [
        ("\n:a", "h:2: expected a map of an operation"),
        ("[", "h:1: expected `]` at the end of the file"),
        ("\n{:a", "h:2: the map that begins here never ends"),
        ("{:a}", "h:1: the map is not EDN: expected a value, found '}'"),
        ("{:type :ok}", "h:1: :process is missing"),
        ("{:process 1.5}", "h:1: :process is 1.5"),
        ("{:process 0}", "h:1: :type is missing"),
        ("{:process 0 :type :done}", "h:1: :type is \":done\"; use :invoke, :ok, :fail or :info"),
        ("{:process 0 :type :invoke :f :get}", "--format porcupine-kv"),
        ("{:process 0 :type :invoke :f :txn}", "transactions are not read here"),
        ("{:process 0 :type :invoke :f :cas :value 3}", "write it as [old, new]"),
        ("{:process 0 :process 1}", "stands there twice"),
        ("{:process 0 :type :invoke :f :read :time -5}", ":time is -5; give a whole number"),
        ("{:process 0 :type :invoke :f :write :value [[1] 2]}", "the key is [1]"),
    ] {
        let line = error(text.as_bytes(), edn);
        assert!(line.contains(expected), "{text}: {line}");
    }
    let deep = format!("{{:process 0 :type :invoke :f :write :value {}", "[".repeat(1_000_000));
    assert!(error(format!("{deep}{}}}", "]".repeat(1_000_000)).as_bytes(), edn).contains("128"));
}

#[test]
fn what_is_no_history_is_told() {
    for (text, expected) in [
        (&b"hello\n"[..], "h: its form cannot be told; name it: --format jsonl"),
        (b"{\"time\":0}\xff", "h:1: byte 11 is not UTF-8"),
    ] {
        let line = error(text, None);
        assert!(line.contains(expected), "{line}");
    }
    let line = error(b"hello\n", Some(Format::JepsenLog));
    assert!(line.contains("none of its lines is an operation"), "{line}");
    let line = error(b"x jepsen.util - a :ok", None);
    assert!(line.contains("\"a\" is no process"), "{line}");
    assert!(read("h", &b""[..], None).expect("it is empty").history.is_empty());
}

/// Lines that are nearly right.
fn lines() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "{\"time\":0,\"process\":0,\"type\":\"invoke\",\"f\":\"write\",\"value\":1}",
        "{\"time\":0,\"process\":0,\"type\":\"ok\",\"f\":\"read\",\"value\":[1,2]}",
        "{:process 0 :type :invoke :f :cas :value [1 2]}",
        "{:process 0, :type :ok, :f :get, :key \"0\", :value \"ab\"}",
        "{:process 0, :type :invoke, :f :append, :key \"0\", :value \"a\"}",
        "INFO  jepsen.util - 0\t:invoke\t:cas\t[3 0]",
        "[",
        "]",
        "{",
        "}",
        "\"",
        "\\",
        ":",
        "#",
        ";",
        ",",
        "\n",
        "é",
        "\u{0}",
    ]);
    prop::collection::vec(words, 0..8).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), text in lines()) {
        for format in [None].into_iter().chain(Format::ALL.map(Some)) {
            let _ = read("h", &bytes[..], format);
            if let Err(error) = read("h", text.as_bytes(), format) {
                prop_assert!(error.to_string().starts_with("h:"), "{}", error);
            }
        }
    }
}

/// A folder of histories with known verdicts, if there is one: beside this package, or where `CONLAB_HISTORIES` says.
#[test]
fn the_shared_histories_give_the_known_verdicts() {
    let beside = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/histories");
    let root = std::env::var_os("CONLAB_HISTORIES").map_or(beside, std::path::PathBuf::from);
    for (folder, format) in [("etcd", Format::JepsenLog), ("kv", Format::PorcupineKv)] {
        let folder = root.join(folder);
        let Ok(expected) = std::fs::read_to_string(folder.join("expected.csv")) else { continue };
        for line in expected.lines().skip(1) {
            let (name, verdict) = line.split_once(',').expect("it has two columns");
            let file = std::fs::File::open(folder.join(name)).expect("it can be opened");
            let reading = read(name, file, None).expect("it is well formed");
            assert_eq!(reading.format, format);
            let found = check(&reading.history, Model::Linearizable, &Budget::default());
            let known = match &found {
                Verdict::Valid => "true",
                Verdict::Invalid(_) => "false",
                Verdict::Unknown(_) => "unknown",
            };
            assert_eq!(known, verdict, "{name}: {found:?}");
        }
    }
}
