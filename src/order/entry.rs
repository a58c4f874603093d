//! One client request in the order.

use crate::process::{Action, Ticket, Triple};
use crate::session::Versions;
use std::sync::Arc;

/// One client request in the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The request; ordered once, however often it is submitted.
    pub ticket: Ticket,
    /// The epoch in which it was submitted first: only that epoch's primary can refuse it for sure.
    pub epoch: u64,
    /// Every request of the same life of the same edge with a lower counter has ended.
    pub settled: u64,
    /// What it does.
    pub triple: Triple,
    /// What its writer had seen, where the system carries dependencies.
    pub seen: Option<Arc<Versions>>,
}

impl Entry {
    /// Whether it takes a version.
    pub fn writes(&self) -> bool {
        matches!(self.triple.action, Action::Set | Action::Delete)
    }

    /// About how many bytes it takes as JSON, with what stands before the entries of its source; never less than it does.
    pub fn cost(&self) -> usize {
        const FRAME: usize = 192;
        let triple = [&self.triple.key, &self.triple.value];
        let words: usize = triple.into_iter().flatten().map(|word| escaped(word)).sum();
        let seen = self.seen.iter().flat_map(|seen| seen.clocks.keys());
        FRAME + words + seen.map(|key| escaped(key) + 24).sum::<usize>()
    }
}

/// How many bytes `text` takes inside a JSON string.
pub(super) fn escaped(text: &str) -> usize {
    let cost = |byte: u8| match byte {
        b'"' | b'\\' => 2,
        0..0x20 => 6,
        _ => 1,
    };
    text.bytes().map(cost).sum()
}
