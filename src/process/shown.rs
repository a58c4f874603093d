//! How traces and logs show what a line has several of: text of any length, versions, and many entries.

use super::op::Triple;
use crate::say::{Say, Text, display_as_said};
use crate::session::{Version, epoch_and_counter};

/// Says some triples: the first few and how many there are.
pub fn say_listed<'a, 't>(
    triples: impl Iterator<Item = &'a Triple>,
    entries: usize,
    text: &'t mut Text,
) -> &'t mut Text {
    if entries == 0 {
        text.push("(empty)");
    }
    for (number, triple) in triples.take(Triple::SHOWN).enumerate() {
        text.push(if number > 0 { ", " } else { "" }).say(triple);
    }
    if entries > Triple::SHOWN {
        text.push(", … (").number(entries as u64).push(" in all)");
    }
    text
}

/// Text as a trace shows it: on one line and of bounded width, however long or odd it is.
pub struct Short<'a>(pub &'a str);

impl Say for Short<'_> {
    fn say(&self, text: &mut Text) {
        const WIDTH: usize = 24;
        if self.0.len() <= WIDTH
            && self.0.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && !self.0.is_empty()
        {
            text.push(self.0);
            return;
        }
        let odd = self.0.is_empty()
            || self.0.chars().take(WIDTH).any(|c| c.is_control() || c == ' ' || c == '"');
        let cut: String = self.0.chars().take(WIDTH).collect();
        let more = if cut.len() < self.0.len() { "…" } else { "" };
        if odd { text.show(format_args!("{cut:?}")) } else { text.push(&cut) }.push(more);
    }
}

/// A version as a trace shows it: `7`, or `2.7` from the second epoch on.
pub struct ShortVersion(pub Version);

impl Say for ShortVersion {
    fn say(&self, text: &mut Text) {
        let (epoch, counter) = epoch_and_counter(self.0);
        if epoch != 1 {
            text.number(epoch).push(".");
        }
        text.number(counter);
    }
}

display_as_said!(Short<'_>, ShortVersion);
