//! One row of a trace, and which rows read as one.

use super::glyph::Glyph;
use super::words;
use crate::process::NodeId;
use crate::sim::RequestId;
use std::time::Duration;

/// What a row says: when, which client calls or is answered, which servers act, what came and what they made of it.
#[derive(Debug, Default)]
pub(super) struct Row {
    pub at: Duration,
    pub client: String,
    /// The request that reached the server in this row.
    pub request: Option<RequestId>,
    pub marks: Vec<NodeId>,
    /// What stands on the lifelines, if it is not the usual mark.
    pub mark: Option<char>,
    pub received: Option<(Vec<NodeId>, String)>,
    pub items: Vec<(Glyph, String)>,
}

impl Row {
    pub fn of(at: Duration, node: NodeId, glyph: Glyph, text: String) -> Self {
        Row { at, marks: vec![node], items: vec![(glyph, text)], ..Row::default() }
    }

    pub fn is_empty(&self) -> bool {
        self.received.is_none() && self.items.is_empty() && self.client.is_empty()
    }

    /// Takes `next` over if the two read as one: the same at another server, or the same message from another peer.
    pub fn takes_over(&mut self, next: &Row) -> bool {
        let alike = self.at == next.at
            && self.client.is_empty()
            && next.client.is_empty()
            && self.items == next.items;
        let elsewhere = next.marks.iter().all(|node| !self.marks.contains(node));
        if alike && elsewhere && self.received == next.received {
            self.marks.extend(&next.marks);
            return true;
        }
        match (&mut self.received, &next.received) {
            (Some((from, text)), Some((others, same)))
                if alike && text == same && self.marks == next.marks && self.items.is_empty() =>
            {
                from.extend(others);
                true
            }
            _ => false,
        }
    }

    pub fn all_items(&self) -> Vec<(Glyph, String)> {
        let received = self.received.iter();
        let received = received
            .map(|(from, text)| (Glyph::Received, format!("{} {text}", words::named(from))));
        received.chain(self.items.iter().cloned()).collect()
    }
}
