//! Words that the report, the picture and the table share.

use crate::cli::exit::Exit;
use crate::history::{Act, End, History, Operation};
use std::time::Duration;

/// The worse of two ends: a file that cannot be read, then invalid, then unknown, then valid.
pub fn worse(one: Exit, other: Exit) -> Exit {
    let rank = |exit: Exit| match exit {
        Exit::Done => 0,
        Exit::Unknown => 1,
        Exit::No => 2,
        _ => 3,
    };
    if rank(other) > rank(one) { other } else { one }
}

/// A size in bytes: `2GiB`, `512MiB`, `1000`.
pub fn size(text: &str) -> Result<usize, String> {
    let wrong = || format!("{text:?} is no size; give one such as 512MiB or 2GiB");
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number: usize = number.parse().map_err(|_| wrong())?;
    let shift = match unit {
        "" | "B" => 0,
        "KiB" => 10,
        "MiB" => 20,
        "GiB" => 30,
        "TiB" => 40,
        _ => return Err(wrong()),
    };
    number.checked_mul(1 << shift).ok_or_else(wrong)
}

/// A number with its thousands apart: `1,000,000`.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// What an operation did, in words: `writes x = "7"`, `reads x: absent`.
pub fn does(history: &History, operation: &Operation) -> String {
    let name = history.key_name(operation.key());
    let key = if name.is_empty() { "the register".to_string() } else { shown(name) };
    let value = || match history.value_text(operation.value()) {
        "null" => "absent".to_string(),
        text => shown(text),
    };
    let done = operation.end() == End::Ok;
    match operation.act() {
        Act::Read | Act::ReadList if !done => format!("read {key}"),
        Act::Read => format!("read {key}: {}", value()),
        Act::ReadList => {
            format!("read {key}: [{}]", shown(&history.list_texts(operation.list()).join(", ")))
        }
        Act::Write => format!("write {key} = {}", value()),
        Act::Cas => {
            let old = match history.value_text(operation.old()) {
                "null" => "absent".to_string(),
                text => shown(text),
            };
            format!("cas {key}: {old} → {}", value())
        }
        Act::Delete => format!("delete {key}"),
        Act::Append => format!("append {} to {key}", value()),
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
    const LONGEST: usize = 48;
    let plain: String = text.chars().flat_map(plain).collect();
    if plain.chars().count() <= LONGEST {
        return plain;
    }
    let half = LONGEST / 2;
    let start: String = plain.chars().take(half).collect();
    let end: String = plain.chars().skip(plain.chars().count() - half).collect();
    format!("{start}…{end}")
}

fn plain(c: char) -> Vec<char> {
    if c.is_control() { c.escape_default().collect() } else { vec![c] }
}

/// A time since another: `+0`, `+250 ns`, `+1.20 ms`.
pub fn after(nanoseconds: u64) -> String {
    format!("+{}", span(nanoseconds))
}

/// A time: `0`, `250 ns`, `12.3 µs`, `1.20 ms`, `2.00 s`.
pub fn span(nanoseconds: u64) -> String {
    let time = Duration::from_nanos(nanoseconds);
    match nanoseconds {
        0 => "0".to_string(),
        1..1_000 => format!("{nanoseconds} ns"),
        1_000..1_000_000 => format!("{:.1} µs", nanoseconds as f64 / 1e3),
        _ => crate::cli::console::took(time),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_numbers() {
        assert_eq!((size("2GiB"), size("1000"), size("3KiB")), (Ok(2 << 30), Ok(1000), Ok(3072)));
        for wrong in ["", "GiB", "2GB", "-1", "99999999999999999999", "99999999999TiB"] {
            assert!(size(wrong).is_err_and(|error| error.contains("512MiB")), "{wrong}");
        }
        assert_eq!([grouped(0), grouped(999), grouped(1_000_000)], ["0", "999", "1,000,000"]);
        assert_eq!(
            [span(0), span(999), span(1_500), span(2_000_000)],
            ["0", "999 ns", "1.5 µs", "2.00 ms"]
        );
    }

    #[test]
    fn long_and_wild_texts_are_tamed() {
        assert_eq!(shown("a\u{1b}[m\n"), "a\\u{1b}[m\\n");
        assert_eq!(shown(&"é".repeat(100)).chars().count(), 49);
    }

    #[test]
    fn what_cannot_be_read_is_worst_then_invalid() {
        assert_eq!(worse(Exit::Unknown, Exit::No), Exit::No);
        assert_eq!(worse(Exit::No, Exit::Unknown), Exit::No);
        assert_eq!(worse(Exit::Usage, Exit::No), Exit::Usage);
    }
}
