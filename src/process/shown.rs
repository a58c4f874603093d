//! How traces and logs show what a line has several of: numbers, text of any length, versions, and many entries.

use super::op::Triple;
use crate::session::{Version, epoch_and_counter};
use std::fmt::{self, Display};

/// A number, as traces and logs show it. The standard way looks for a sign, a width and a fill first, which takes longer than the
/// digits; of these there are several in every line of every log.
pub struct Number(pub u64);

impl Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut digits, mut first, mut left) = ([0; 20], 20, self.0);
        loop {
            first -= 1;
            digits[first] = b'0' + (left % 10) as u8;
            left /= 10;
            if left == 0 {
                break;
            }
        }
        f.write_str(std::str::from_utf8(&digits[first..]).unwrap_or_default())
    }
}

/// Some triples as a trace shows them: the first few and how many there are.
pub fn listed<'a>(
    triples: impl Iterator<Item = &'a Triple> + Clone,
    entries: usize,
) -> impl Display {
    std::fmt::from_fn(move |f| {
        if entries == 0 {
            return f.write_str("(empty)");
        }
        for (number, triple) in triples.clone().take(Triple::SHOWN).enumerate() {
            f.write_str(if number > 0 { ", " } else { "" })?;
            triple.fmt(f)?;
        }
        if entries > Triple::SHOWN { write!(f, ", … ({entries} in all)") } else { Ok(()) }
    })
}

/// Text as a trace shows it: on one line and of bounded width, however long or odd it is.
pub struct Short<'a>(pub &'a str);

impl Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const WIDTH: usize = 24;
        if self.0.len() <= WIDTH
            && self.0.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && !self.0.is_empty()
        {
            return f.write_str(self.0);
        }
        let odd = self.0.is_empty()
            || self.0.chars().take(WIDTH).any(|c| c.is_control() || c == ' ' || c == '"');
        let cut: String = self.0.chars().take(WIDTH).collect();
        let more = if cut.len() < self.0.len() { "…" } else { "" };
        if odd { write!(f, "{cut:?}{more}") } else { write!(f, "{cut}{more}") }
    }
}

/// A version as a trace shows it: `7`, or `2.7` from the second epoch on.
pub struct ShortVersion(pub Version);

impl Display for ShortVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match epoch_and_counter(self.0) {
            (1, counter) => Number(counter).fmt(f),
            (epoch, counter) => write!(f, "{epoch}.{counter}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_shown_as_others_show_it() {
        for number in [0, 9, 10, 1_000_000_000_007, u64::MAX] {
            assert_eq!(Number(number).to_string(), number.to_string());
        }
    }
}
