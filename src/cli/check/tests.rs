//! The report and the picture of a counterexample that is known.

use super::{report, svg};
use crate::check::{Counterexample, Edge, Ladder, Model, Rung, Verdict};
use crate::history::{Asked, Builder, Observed, Stamp};
use std::time::Duration;

/// A stale read, with names that try to be markup.
fn stale() -> Counterexample {
    let mut builder = Builder::new();
    let at = |time: u64, line: u32| Stamp::new(time * 1_000, line);
    let events = |builder: &mut Builder| {
        builder.invoke(at(0, 3), 0, "x<y>", Asked::Write("\"7\""))?;
        builder.ok(at(5, 4), 0, Observed::nothing())?;
        builder.invoke(at(7, 5), 2, "x<y>", Asked::Write("9"))?;
        builder.invoke(at(9, 6), 1, "x<y>", Asked::Read)?;
        builder.ok(at(20, 9), 1, Observed::nothing())
    };
    events(&mut builder).expect("it keeps the rules");
    let edge = |from, to, why: &str| Edge { from, to, why: why.to_string() };
    Counterexample {
        model: Model::Linearizable,
        summary: "a read returned nothing after a write had returned".to_string(),
        history: builder.finish(),
        edges: vec![
            edge(0, 2, "process 0's write had returned before process 1's read began"),
            edge(2, 0, "process 1 read x<y> as absent, so it comes before the first write"),
        ],
        still_hold: vec![Model::Sequential],
    }
}

#[test]
fn a_counterexample_is_told_operation_by_operation() {
    let found = stale();
    let rung = |model, verdict| Rung { model, verdict };
    let ladder = Ladder {
        rungs: vec![
            rung(Model::Linearizable, Verdict::Invalid(Box::new(found.clone()))),
            rung(Model::Sequential, Verdict::Valid),
            rung(Model::Eventual, Verdict::Unknown("no read is final".to_string())),
        ],
    };
    let reading = crate::history::Reading {
        history: found.history,
        format: crate::history::Format::JsonLines,
        left_out: 0,
    };
    let times = super::Times { read: Duration::from_millis(2), checked: Duration::ZERO };
    let text = report::of("h.jsonl", &reading, &ladder, times);
    let expected = "\
h.jsonl: 3 operations, 3 processes, 1 key, jsonl; read in 2.00 ms, checked in 0.00 ms

✗ linearizable         a read returned nothing after a write had returned
✓ sequential
? eventual             no read is final

strongest that hold: sequential
weakest that break:  linearizable

not linearizable: a read returned nothing after a write had returned

     process  operation          ended    from     to        lines
  a  0        write x<y> = \"7\"   ok       +0       +5.0 µs   3, 4
  b  2        write x<y> = 9     unknown  +7.0 µs  ?         5
  c  1        read x<y>: absent  ok       +9.0 µs  +20.0 µs  6, 9

  a → c  process 0's write had returned before process 1's read began
  c → a  process 1 read x<y> as absent, so it comes before the first write

  still hold: sequential
";
    assert_eq!(text, expected, "{text}");
    assert_eq!(super::exit_of(&ladder), crate::cli::Exit::No);
}

#[test]
fn the_picture_marks_what_breaks_and_holds_no_foreign_markup() {
    let picture = svg::of(&stale());
    if let Ok(path) = std::env::var("CONLAB_PICTURE") {
        std::fs::write(path, &picture).expect("it can be written");
    }
    assert!(picture.contains("x&lt;y&gt;") && !picture.contains("x<y>"), "{picture}");
    assert_eq!(picture.matches("class=\"marked").count(), 2, "a and c: {picture}");
    assert_eq!(picture.matches("class=\"bar open\"").count(), 1, "b: {picture}");
    assert_eq!(picture.matches("class=\"arrow\"").count(), 2, "{picture}");
    let words = ["process 0", "process 1", "process 2", "a → c", "not linearizable: a read"];
    assert!(words.iter().all(|word| picture.contains(word)), "{picture}");
}
