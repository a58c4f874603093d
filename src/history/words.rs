//! Operations as a person reads them, for all that shows them: reports, pictures, tables and the reasons of counterexamples.

use super::{Act, End, History, Operation, ValueId};

/// The longest text of a history that is shown whole.
const LONGEST: usize = 48;

/// What an operation did: `write x = "7"`, `read x: absent`.
pub fn does(history: &History, operation: &Operation) -> String {
    let key = key(history, operation);
    match operation.act() {
        Act::Read | Act::ReadList if operation.end() != End::Ok => format!("read {key}"),
        Act::Read => format!("read {key}: {}", value(history, operation.value())),
        Act::ReadList => {
            format!("read {key}: [{}]", shown(&history.list_texts(operation.list()).join(", ")))
        }
        Act::Write => format!("write {key} = {}", value(history, operation.value())),
        Act::Cas => {
            let (old, new) = (operation.old(), operation.value());
            format!("cas {key}: {} → {}", value(history, old), value(history, new))
        }
        Act::Delete => format!("delete {key}"),
        Act::Append => format!("append {} to {key}", value(history, operation.value())),
    }
}

/// A key by its name; `the register` of a history without keys.
pub fn key(history: &History, operation: &Operation) -> String {
    match history.key_name(operation.key()) {
        "" => "the register".to_string(),
        name => shown(name),
    }
}

/// A value as JSON, and `absent` for none.
pub fn value(history: &History, value: ValueId) -> String {
    match value {
        ValueId::ABSENT => "absent".to_string(),
        value => shown(history.value_text(value)),
    }
}

/// How an operation ended, in a word.
pub fn ended(end: End) -> &'static str {
    match end {
        End::Ok => "ok",
        End::Fail => "failed",
        End::Mismatch => "failed: another value",
        End::Info => "unknown",
    }
}

/// Text of a history on one line and of bounded length; what could drive a terminal is escaped.
pub fn shown(text: &str) -> String {
    let plain: String = text.chars().flat_map(plain).collect();
    let length = plain.chars().count();
    if length <= LONGEST {
        return plain;
    }
    let start: String = plain.chars().take(LONGEST / 2).collect();
    let end: String = plain.chars().skip(length - LONGEST / 2).collect();
    format!("{start}…{end}")
}

fn plain(c: char) -> Vec<char> {
    if c.is_control() { c.escape_default().collect() } else { vec![c] }
}

/// A time: `0`, `250 ns`, `12.3 µs`, `1.20 ms`, `2.00 s`.
pub fn span(nanoseconds: u64) -> String {
    let time = nanoseconds as f64;
    match nanoseconds {
        0 => "0".to_string(),
        1..1_000 => format!("{nanoseconds} ns"),
        1_000..1_000_000 => format!("{:.1} µs", time / 1e3),
        1_000_000..10_000_000 => format!("{:.2} ms", time / 1e6),
        10_000_000..1_000_000_000 => format!("{:.1} ms", time / 1e6),
        _ => format!("{:.2} s", time / 1e9),
    }
}

/// A time since the first: `+1.20 ms`; of a history without a clock, `+3 events`.
pub fn since(history: &History, first: u64, time: u64) -> String {
    match time.saturating_sub(first) {
        after if history.timed() => format!("+{}", span(after)),
        0 => "+0".to_string(),
        1 => "+1 event".to_string(),
        after => format!("+{after} events"),
    }
}

/// Rows under each other, two spaces before each and between their columns.
pub fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let width =
        |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..N).map(width).collect();
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        format!("  {}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_their_units() {
        let times = [0, 999, 1_500, 2_000_000, 12_000_000, 90_000_000_000];
        assert_eq!(times.map(span), ["0", "999 ns", "1.5 µs", "2.00 ms", "12.0 ms", "90.00 s"]);
    }

    #[test]
    fn long_and_wild_texts_are_tamed() {
        assert_eq!(shown("a\u{1b}[m\n"), "a\\u{1b}[m\\n");
        assert_eq!(shown(&"é".repeat(100)).chars().count(), LONGEST + 1);
    }
}
