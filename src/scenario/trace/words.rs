//! The words of a trace: short names for times, servers, calls and answers.

use crate::process::{NodeId, Op, Outcome};
use crate::scenario::verdict::brief;
use std::time::Duration;

/// A time in milliseconds, as wide as its column.
pub(super) fn millis(at: Duration) -> String {
    format!("{:>9.2}", at.as_secs_f64() * 1e3)
}

/// Servers in a row: `n2 n3`, `n2…n10 n12`; one server several times: `n3 4×`.
pub(super) fn named(nodes: &[NodeId]) -> String {
    if let [first, others @ ..] = nodes
        && !others.is_empty()
        && others.iter().all(|node| node == first)
    {
        return format!("{first} {}×", nodes.len());
    }
    let mut runs: Vec<(NodeId, NodeId)> = Vec::new();
    for node in nodes {
        match runs.last_mut() {
            Some((_, last)) if last.0 + 1 == node.0 => *last = *node,
            _ => runs.push((*node, *node)),
        }
    }
    let name = |(first, last): &(NodeId, NodeId)| match last.0 - first.0 {
        0 => first.to_string(),
        1 => format!("{first} {last}"),
        _ => format!("{first}…{last}"),
    };
    runs.iter().map(name).collect::<Vec<_>>().join(" ")
}

/// What a client calls out: `a: set x 7 @2`.
pub(super) fn call(client: &str, op: &Op, at: NodeId) -> String {
    let colon = if client.is_empty() { "" } else { ": " };
    format!("{client}{colon}{op} @{}", at.0)
}

/// What a client is told, in a word: `a ◀ 7`.
pub(super) fn told(client: &str, outcome: &Outcome) -> String {
    let space = if client.is_empty() { "" } else { " " };
    format!("{client}{space}◀ {}", brief(outcome))
}

/// Words in lines of at most `width`.
pub(super) fn filled(words: Vec<String>, width: usize) -> String {
    let mut lines = vec![String::new()];
    for word in words {
        let fits = |line: &String| line.chars().count() + 3 + word.chars().count() <= width;
        match lines.last_mut().filter(|line| line.is_empty() || fits(line)) {
            Some(line) if line.is_empty() => line.push_str(&word),
            Some(line) => line.extend(["   ", &word]),
            None => lines.push(word),
        }
    }
    lines.into_iter().map(|line| line + "\n").collect()
}
