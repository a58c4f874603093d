use super::Trace;
use super::layout::{Lifeline, Line, Page, WIDTH};
use super::words::{filled, named};
use crate::process::{Ctx, NodeId, Op, Outcome, Process, Replication, Start, Status, Ticket};
use crate::sim::{Settings, Sim};
use proptest::prelude::*;
use std::time::Duration;

/// Makes every request durable, tells its neighbour, and answers.
#[derive(Debug)]
struct Notary(Start);

impl Process for Notary {
    type Message = String;
    type Timer = ();
    type Record = String;

    fn on_start(&mut self, _: &mut Ctx<Self>) {}
    fn on_recover(&mut self, _: String) {}
    fn on_request(&mut self, ctx: &mut Ctx<Self>, ticket: Ticket, op: Op) {
        ctx.persist(op.to_string());
        ctx.send(NodeId(self.0.id.0 % self.0.servers + 1), op.to_string());
        ctx.reply(ticket, Outcome::Set { version: None, session: None });
    }
    fn on_message(&mut self, _: &mut Ctx<Self>, _: NodeId, _: String) {}
    fn on_timer(&mut self, _: &mut Ctx<Self>, (): ()) {}
    fn status(&self) -> Status {
        Status {
            role: "notary".into(),
            state: "ready".into(),
            keys: 0,
            version: 0,
            rounds: 0,
            queue: 0,
            waiting: 0,
            view: Vec::new(),
            health: Default::default(),
        }
    }
}

#[test]
fn records_and_faults_are_seen() {
    let build = |start: &Start| Notary(start.clone());
    let replication = Replication { durable: true, ..Replication::default() };
    let settings = Settings { replication, ..Settings::new(2, 1) };
    let mut sim = Sim::new(settings, build, Trace::new(2));
    let ask = |sim: &mut Sim<Notary, Trace>, at, faults: &[&str]| {
        let op = Op::Set { key: "x".into(), value: "7".into(), session: None };
        let request = sim.request(NodeId(at), op);
        sim.observer().asked(request, "a", NodeId(at));
        sim.run_until(sim.now() + Duration::from_millis(2));
        for fault in faults {
            sim.fault(fault.parse().expect(fault)).expect(fault);
        }
    };
    ask(&mut sim, 1, &["kill 1", "restart 1", "cut 1->2"]);
    ask(&mut sim, 1, &["pause 2"]);
    ask(&mut sim, 2, &[]);
    let trace: String =
        sim.into_observer().finish().lines().skip(1).map(|line| format!("{line}\n")).collect();
    assert_eq!(
        trace,
        "\
────────────────────────────────────────────────────────────────────────────────
     0.00 a: set x 7 @1    ● ○ n1#1  ▤ saves set x 7
     0.50 a ◀ ok           ● ▤ saved  → n2 set x 7  ◆ ok
     1.50                  │       ● ← n1 set x 7
     2.00 ! kill 1         ×       │
     2.00 ! restart 1      ┬       │
     2.00                  ● ▤ recovers set x 7
     2.00 ! cut 1->2       │       │
     2.00 a: set x 7 @1    ● ○ n1.2#1  ▤ saves set x 7
     2.50 a ◀ ok           ● ▤ saved  → n2 set x 7  ✗ to n2, cut: set x 7  ◆ ok
     4.00 ! pause 2        │       ┴
────────────────────────────────────────────────────────────────────────────────
○ request   ◆ answer   → sent to   ← received from   ▤ to disk
! fault, warning   ✗ lost
"
    );
}

fn page(servers: u32, lines: &[(&str, &[u32], &[&str])]) -> String {
    let mut page = Page::new(servers);
    for (client, marks, items) in lines {
        let marks: Vec<NodeId> = marks.iter().copied().map(NodeId).collect();
        let items = items.iter().map(|item| (*item).to_string()).collect();
        page.write(&Line { time: "1.00", client, marks: &marks, mark: None, items });
    }
    page.finish().lines().skip(2).map(|line| format!("{line}\n")).collect()
}

#[test]
fn names_above_the_lifelines_never_touch() {
    let header = |servers| {
        let text = Page::new(servers).finish();
        let lines = text.lines().take_while(|line| !line.starts_with('─'));
        lines.map(|line| format!("{line}\n")).collect::<String>()
    };
    assert_eq!(
        header(10),
        "  time ms client           n1   n2   n3   n4   n5   n6   n7   n8   n9   n10\n"
    );
    assert_eq!(header(13), "  time ms client           1  2  3  4  5  6  7  8  9  10 11 12 13\n");
    assert_eq!(
        header(20),
        "  time ms client           n1  n3  n5  n7  n9  n11 n13 n15 n17 n19\n\
        \x20                            n2  n4  n6  n8  n10 n12 n14 n16 n18 n20\n"
    );
}

#[test]
fn text_stands_right_of_its_server_or_left_or_below() {
    let text = page(
        5,
        &[
            ("a: get x @1", &[1], &["right"]),
            ("", &[3], &["too long for the room that is left to its right"]),
            ("", &[4], &["too long for the room at its sides"]),
            ("", &[5], &["more room to the left"]),
        ],
    );
    assert_eq!(
        text,
        "\
1.00      a: get x @1      ● right │       │       │       │
1.00                       │       │       ● too long for the room that is left
                           │       │       │ to its right  │
1.00                       │       │       │       ●       │
                           too long for the room at its sides
1.00                       │       │ more room to the left ●
"
    );
}

#[test]
fn the_last_of_ten_servers_speaks_to_its_left() {
    let text = page(10, &[("", &[10], &["← n1 round 1 (SET, x, 7)"])]);
    assert!(text.ends_with("(SET, x, 7) ●\n"), "{text}");
}

#[test]
fn lifelines_show_who_is_paused_or_down() {
    let mut page = Page::new(3);
    page.turn(NodeId(1), Lifeline::Paused);
    page.turn(NodeId(2), Lifeline::Down);
    page.write(&Line { time: "", client: "", marks: &[], mark: None, items: Vec::new() });
    assert!(page.finish().ends_with("┊               │\n"));
}

#[test]
fn a_long_call_does_not_hide_who_acts() {
    let text = page(3, &[("a: set a-long-key 7 @1", &[1], &["○ n1#1"])]);
    assert_eq!(text.lines().count(), 2);
    assert!(text.contains("● ○ n1#1"), "{text}");
}

#[test]
fn servers_in_a_row_are_named_by_their_ends() {
    let nodes: Vec<NodeId> = [2, 3, 4, 7, 9, 10].map(NodeId).to_vec();
    assert_eq!(named(&nodes), "n2…n4 n7 n9 n10");
    assert_eq!(named(&[NodeId(3); 4]), "n3 4×");
}

proptest! {
    #[test]
    fn no_line_is_wider_than_the_page(
        servers in 1u32..=20,
        node in 1u32..=20,
        client in "[a-z ]{0,40}",
        items in prop::collection::vec("\\PC{1,120}", 0..4),
    ) {
        let marks = [node.min(servers)];
        let items: Vec<&str> = items.iter().map(String::as_str).collect();
        let text = page(servers, &[(&client, &marks, &items)]);
        for line in text.lines() {
            prop_assert!(line.chars().count() <= WIDTH, "{line}");
        }
    }

    #[test]
    fn every_word_of_a_text_is_written(words in prop::collection::vec("[a-z]{1,9}", 1..30)) {
        let item = words.join(" ");
        let text = page(10, &[("", &[10], &[&item])]);
        for word in words {
            prop_assert!(text.contains(&word), "{text}");
        }
    }
}

#[test]
fn the_legend_fills_its_lines() {
    let words = vec!["○ request".to_string(); 9];
    assert!(filled(words, 40).lines().all(|line| line.chars().count() <= 40));
}
