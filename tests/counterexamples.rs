//! What a counterexample says: its sentence, and the circle of reasons below it.

#[path = "check/cases.rs"]
mod cases;

use cases::{Shape, history, text};
use conlab::check::{Budget, Counterexample, Model, Verdict, check};
use conlab::history::read;

/// The counterexample of a history given as `PROCESS TYPE F VALUE` lines in EDN.
fn broken(events: &str, model: Model) -> Counterexample {
    let maps = events.lines().map(|line| {
        let words: Vec<&str> = line.trim().splitn(4, ' ').collect();
        let [process, kind, function, rest] = words[..] else { panic!("four words: {line}") };
        format!("{{:process {process}, :type :{kind}, :f :{function}, :value {rest}}}\n")
    });
    let edn: String = maps.collect();
    let history = read("events", edn.as_bytes(), None).expect("it is well formed").history;
    match check(&history, model, &Budget::default()) {
        Verdict::Invalid(found) => *found,
        other => panic!("{model}: {other:?}"),
    }
}

fn told(events: &str, model: Model) -> String {
    broken(events, model).to_string()
}

#[test]
fn a_stale_read_is_told_with_what_overwrote_it() {
    let events = "2 invoke write 2\n2 ok write 2\n0 invoke write 1\n0 ok write 1\n1 invoke read nil\n1 ok read 2";
    let expected = "\
not linearizable: process 1 read 2, although process 0 had overwritten it with 1

     process  operation               ended  from       to         lines
  a  2        write the register = 2  ok     +0         +1 event   1, 2
  b  0        write the register = 1  ok     +2 events  +3 events  3, 4
  c  1        read the register: 2    ok     +4 events  +5 events  5, 6

  a → b  process 2's write had ended before process 0's write began
  b → c  process 0's write had ended before process 1's read began
  c → b  process 1 read 2, which process 2 wrote before process 0 wrote 1
";
    assert_eq!(told(events, Model::Linearizable), expected);
}

#[test]
fn an_effect_without_its_cause_is_told_along_the_causal_order() {
    let events = "\
        0 invoke write [x 1]\n0 ok write [x 1]\n0 invoke write [y 2]\n0 ok write [y 2]\n\
        1 invoke read [y nil]\n1 ok read [y 2]\n1 invoke read [x nil]\n1 ok read [x nil]";
    let found = told(events, Model::Causal);
    let expected = "\
not causal: process 1 read x as absent, although process 0 had written x = 1

     process  operation       ended  from       to         lines
  a  0        write x = 1     ok     +0         +1 event   1, 2
  b  0        write y = 2     ok     +2 events  +3 events  3, 4
  c  1        read y: 2       ok     +4 events  +5 events  5, 6
  d  1        read x: absent  ok     +6 events  +7 events  7, 8

  a → b  process 0's first write came before its second
  b → c  process 1 read y = 2, which process 0 had written
  c → d  process 1's first read came before its second
  d → a  process 1 read x as absent, so before process 0 wrote x = 1
";
    assert_eq!(found, expected);
}

#[test]
fn reads_that_disagree_two_cas_and_odd_values_have_their_sentences() {
    let both = "0 invoke write 1\n1 invoke write 2\n0 ok write 1\n1 ok write 2\n";
    let opposite =
        format!("{both}0 invoke read nil\n0 ok read 2\n1 invoke read nil\n1 ok read 1\n");
    let cas = "0 invoke write 1\n0 ok write 1\n0 invoke cas [1 2]\n1 invoke cas [1 3]\n0 ok cas [1 2]\n1 ok cas [1 3]";
    let early = "0 invoke read nil\n0 ok read 7\n1 invoke write 7\n1 ok write 7";
    let lists = "0 invoke append 1\n0 ok append 1\n1 invoke read nil\n1 ok read []";
    let mismatch =
        "0 invoke write 1\n0 ok write 1\n0 invoke cas [1 2]\n0 fail cas [1 2], :error :mismatch";
    for (events, model, expected) in [
        (opposite.as_str(), Model::Linearizable, "reads disagree on which came last, 1 or 2"),
        (cas, Model::Linearizable, "process 0 and process 1 both found and replaced 1"),
        (early, Model::Linearizable, "process 0 read 7 before process 1 wrote it"),
        ("0 invoke read nil\n0 ok read 7", Model::Causal, "process 0 read 7, which nobody wrote"),
        (
            lists,
            Model::Linearizable,
            "process 1 read the register as [], although process 0 had appended 1 to the register",
        ),
        (
            mismatch,
            Model::Linearizable,
            "process 0's cas found something else than 1, but nothing else can have been there",
        ),
    ] {
        let found = broken(events, model);
        assert_eq!(found.summary, expected, "{found}");
    }
}

#[test]
fn final_reads_that_differ_are_told_by_server() {
    let line = |node: u32, value: u32, process: u32| {
        format!(
            "{{\"time\":1,\"process\":{process},\"type\":\"invoke\",\"f\":\"read\",\"key\":\"x\",\"value\":null}}\n\
             {{\"time\":1,\"process\":{process},\"type\":\"ok\",\"f\":\"read\",\"key\":\"x\",\"value\":{value},\"node\":{node},\"final\":true}}\n"
        )
    };
    let write = |value: u32| {
        format!(
            "{{\"time\":0,\"process\":0,\"type\":\"invoke\",\"f\":\"write\",\"key\":\"x\",\"value\":{value}}}\n\
             {{\"time\":0,\"process\":0,\"type\":\"ok\",\"f\":\"write\",\"key\":\"x\",\"value\":{value}}}\n"
        )
    };
    let text = [write(1), write(2), line(1, 1, 1), line(2, 2, 2)].concat();
    let history = read("h", text.as_bytes(), None).expect("it is well formed").history;
    let verdict = check(&history, Model::Eventual, &Budget::default());
    let found = verdict.counterexample().expect("the servers disagree");
    assert_eq!(
        found.summary,
        "when all was quiet server 1 answered x = 1, but server 2 answered x = 2"
    );
}

#[test]
fn a_write_that_was_answered_before_its_version_was_known_may_have_any() {
    let text = "\
        {\"time\":0,\"process\":0,\"type\":\"invoke\",\"f\":\"delete\",\"key\":\"x\",\"value\":null}\n\
        {\"time\":1,\"process\":0,\"type\":\"ok\",\"f\":\"delete\",\"key\":\"x\",\"value\":null}\n\
        {\"time\":2,\"process\":1,\"type\":\"invoke\",\"f\":\"read\",\"key\":\"x\",\"value\":null}\n\
        {\"time\":3,\"process\":1,\"type\":\"ok\",\"f\":\"read\",\"key\":\"x\",\"value\":null,\"version\":1}\n";
    let history = read("h", text.as_bytes(), None).expect("it is well formed").history;
    for model in Model::ALL.into_iter().filter(|model| *model != Model::Eventual) {
        assert_eq!(check(&history, model, &Budget::default()), Verdict::Valid, "{model}");
    }
}

/// Families of small histories.
fn shapes() -> [Shape; 7] {
    [
        Shape::PLAIN,
        Shape { values: 2, ..Shape::PLAIN },
        Shape { cas: true, delete: true, ..Shape::PLAIN },
        Shape { lists: true, ..Shape::PLAIN },
        Shape { versions: true, disorder: 2, ..Shape::PLAIN },
        Shape { keys: 2, operations: 9, ..Shape::PLAIN },
        Shape { keys: 2, operations: 9, versions: true, disorder: 2, delete: true, ..Shape::PLAIN },
    ]
}

/// Nearly every counterexample has a sentence of its own; its reasons are about its own operations, and where they lead from one to
/// another and back, they close a circle.
#[test]
fn counterexamples_are_explained() {
    let (mut all, mut bare) = (0, 0);
    for shape in shapes() {
        for seed in 0..600 {
            let history = history(shape, seed);
            for model in Model::ALL {
                let verdict = check(&history, model, &Budget::default());
                let Some(found) = verdict.counterexample() else { continue };
                all += 1;
                let explained = !found.summary.contains("explains all");
                bare += usize::from(!explained);
                let known = |id: u32| (id as usize) < found.history.len();
                let about = found.edges.iter().all(|edge| known(edge.from) && known(edge.to));
                let one_cas = found.summary.contains("nothing else can have been there");
                let circle = found.edges.is_empty() || !explained || one_cas || closes(found);
                assert!(about && circle, "seed {seed}: {found}\nof\n{}", text(&history));
            }
        }
    }
    assert!(all > 800, "{all} are enough to say something");
    assert!(bare * 50 < all, "{bare} of {all} have no sentence of their own");
}

/// Whether the last step told lies on a circle.
fn closes(found: &Counterexample) -> bool {
    let Some(last) = found.edges.last() else { return false };
    let mut reached = vec![last.to];
    let mut at = 0;
    while let Some(&from) = reached.get(at) {
        at += 1;
        for edge in found.edges.iter().filter(|edge| edge.from == from) {
            if !reached.contains(&edge.to) {
                reached.push(edge.to);
            }
        }
    }
    reached.contains(&last.from)
}
