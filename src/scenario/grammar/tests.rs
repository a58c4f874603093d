use super::*;
use proptest::prelude::*;

fn line(text: &str) -> Line {
    parse_line(text).expect(text).expect("it is not blank")
}

fn request(text: &str) -> Request {
    match line(text) {
        Line::Act { action: Action::Request(request), .. } => request,
        other => panic!("{text} is read as {other:?}"),
    }
}

fn error(text: &str) -> String {
    parse_line(text).expect_err(text).to_string()
}

#[test]
fn reads_every_form_of_a_request() {
    let full = request("a: set x 'a b' @3 => ok after 5ms within 1.5s &");
    assert_eq!(full.client.as_deref(), Some("a"));
    assert_eq!(full.op, Verb::Set { key: "x".into(), value: "a b".into() });
    assert_eq!(full.at, Where::Server(NodeId(3)));
    let want = full.want.expect("it has one");
    assert_eq!(want.answers, [Answer::Ok]);
    assert_eq!(want.after, Some(Duration::from_millis(5)));
    assert_eq!(want.within, Some(Duration::from_millis(1500)));
    assert!(full.background);
    assert_eq!(request("get x @localhost:6485").at, Where::Address("localhost:6485".into()));
    assert_eq!(request("all").op, Verb::All);
    assert_eq!(request("delete x => absent").op, Verb::Delete { key: "x".into() });
}

#[test]
fn quoted_words_are_never_keywords() {
    let answers = |text: &str| request(text).want.expect("it has one").answers;
    assert_eq!(answers("get x => absent"), [Answer::Absent]);
    assert_eq!(
        answers("get x => 'absent'|\"a|b\""),
        [Answer::Value("absent".into()), Answer::Value("a|b".into())]
    );
    assert_eq!(request("set x '@2' @1").op, Verb::Set { key: "x".into(), value: "@2".into() });
    assert_eq!(request("set x '&'").op, Verb::Set { key: "x".into(), value: "&".into() });
    assert_eq!(request("get '#'").op, Verb::Get { key: "#".into() });
}

#[test]
fn reads_checks() {
    let check = |property, want| Line::Check(Check { property, want: Some(want) });
    let of = Property::Model;
    assert_eq!(line("check sequential => valid"), check(of(Model::Sequential), Judgement::Valid));
    assert_eq!(
        line("check read-your-writes => invalid # so"),
        check(of(Model::ReadYourWrites), Judgement::Invalid)
    );
    assert_eq!(line("check durable => invalid"), check(Property::Durable, Judgement::Invalid));
    assert_eq!(
        error("check"),
        "expected a model, as in check sequential => valid, found the end of the line"
    );
    assert!(
        error("check strong => valid")
            .starts_with("there is no model \"strong\"; use one of linearizable, ")
    );
    assert_eq!(
        error("check causal"),
        "expected => valid, => invalid or => unknown, found the end of the line"
    );
    assert_eq!(error("check causal => ok"), "expected valid, invalid or unknown, found \"ok\"");
    assert!(error("check causal => valid &").contains("expected the end of the line"));
    assert!(error("at 1s check causal => valid").starts_with("expected a request or a fault"));
}

#[test]
fn reads_clusters_clients_faults_and_times() {
    let Line::Cluster(cluster) = line("cluster causal servers=10 link=2ms jitter=1ms seed=7")
    else {
        panic!("it is a cluster");
    };
    assert_eq!((cluster.servers, cluster.seed), (10, Some(7)));
    assert_eq!(cluster.link, Duration::from_millis(2));
    assert_eq!(line("client b session=off"), Line::Client { name: "b".into(), session: false });
    assert_eq!(line("wait 2s"), Line::Wait(Duration::from_secs(2)));
    let at = Some(Duration::from_millis(300));
    let cut = "cut 1-3".parse().expect("it is a fault");
    assert_eq!(line("at 300ms cut 1-3  # now"), Line::Act { at, action: Action::Fault(cut) });
    assert_eq!((parse_line("   "), parse_line("  # x")), (Ok(None), Ok(None)));
}

#[test]
fn errors_say_what_was_expected_and_found() {
    let cases = [
        ("get", "expected a key, found the end of the line"),
        ("set x @2", "expected a value, found \"@2\""),
        ("get x @0", "expected a server's number from 1 or HOST:PORT after @, found \"@0\""),
        ("get x => ok", "expected a value, absent, refused or unknown, found \"ok\""),
        ("set x 1 => 7", "expected ok, refused or unknown, found \"7\""),
        ("get x => 7||8", "expected a value, absent, refused or unknown, found \"\""),
        ("get x @2 now", "expected the end of the line, found \"now\""),
        ("cluster causal servers=99", "expected a number from 1 to 20, found \"99\""),
        ("cluster causal size=3", "expected servers=, link=, jitter=, timeout=, seed=, data="),
        ("cluster strong", "unknown system \"strong\""),
        ("client a session=no", "expected session=off, found \"session=no\""),
        ("wait 5", "expected a time with a unit"),
        ("at 2h get x", "expected a time of at most 3600s"),
        ("at 2s wait 1s", "expected a request or a fault, found \"wait\""),
        (
            "get x => 7 after 1s within 1ms",
            "no answer comes after 1s and within 1ms; say after 1ms within 1s",
        ),
        ("kill", "expected kill SERVER"),
        ("lose all 200%", "expected a share from 0% to 100%"),
        ("explode 3", "expected cluster, client, wait, check, at, a request or a fault"),
        ("a!: get x", "expected a client's name"),
        ("get 'x", "expected a closing '"),
    ];
    for (text, expected) in cases {
        assert!(error(text).contains(expected), "{text}: {}", error(text));
    }
    assert_eq!(parse_line("set x 7 @").expect_err("no number").column(), 9);
    let never = parse_line("get x => 7 after 1s within 1ms").expect_err("it cannot hold");
    assert_eq!(never.column(), 12);
    assert_eq!(parse_line("lose all 200%").expect_err("too much").column(), 10);
}

#[test]
fn arguments_of_a_command_are_taken_as_they_are() {
    let request = parse_request_words(&["set", "x", "a 'b"], Some("@2")).expect("it is a request");
    assert_eq!(request.op, Verb::Set { key: "x".into(), value: "a 'b".into() });
    assert_eq!(request.at, Where::Server(NodeId(2)));
    assert!(parse_request_words(&["set", "x", "@2"], None).is_err());
    for value in ["@2", "&", "=>", "'7'"] {
        let request = parse_request_words(&["set", "x", value], Some("@1")).expect(value);
        assert_eq!(request.op, Verb::Set { key: "x".into(), value: value.into() });
    }
    let append = parse_request_words(&["append", "@2", "w=2"], Some("@1")).expect("it is one");
    assert!(matches!(append.op, Verb::Append { w: Concern::Count(2), .. }));
    assert!(parse_request_words::<&str>(&[], None).is_err());
    assert!(parse_request_words(&["kill", "2"], None).is_err());
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_without_a_panic(text in "\\PC{0,60}") {
        let _ = parse_line(&text);
    }

    #[test]
    fn any_words_are_read_or_refused_without_a_panic(
        words in prop::collection::vec(
            prop_oneof![
                Just("set".to_string()), Just("=>".to_string()), Just("a:".to_string()),
                Just("at".to_string()), Just("@2".to_string()), Just("after".to_string()),
                Just("slow".to_string()), Just("cluster".to_string()), "\\PC{0,8}",
            ],
            0..8,
        )
    ) {
        let _ = parse_line(&words.join(" "));
        let _ = parse_request_words(&words, None);
        let _ = parse_request_words(&words, Some("@2"));
    }

    #[test]
    fn a_quoted_value_reads_back(value in "[^'\\n]{0,20}") {
        let read = request(&format!("set x '{value}'"));
        prop_assert_eq!(read.op, Verb::Set { key: "x".into(), value: value.as_str().into() });
    }
}
