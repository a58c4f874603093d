use super::layout::{Lifeline, Line, Page, WIDTH};
use super::words::{filled, named};
use crate::process::NodeId;
use proptest::prelude::*;

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
fn text_stands_right_of_its_server_or_left_or_below() {
    let text = page(
        3,
        &[
            ("a: get x @1", &[1], &["right"]),
            ("", &[3], &["a text that does not fit at all to the right"]),
            ("", &[2, 3], &["as wide as the room"]),
        ],
    );
    assert_eq!(
        text,
        "\
1.00      a: get x @1      ● right │       │
1.00                       │       │       ●
                           a text that does not fit at all to the right
1.00                       │       ●       ● as wide as the room
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
