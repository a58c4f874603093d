//! What is ready to go to each peer, gathered into as few frames as fit.
//!
//! A step puts messages in; in the node's next turn [`Outboxes::flush`] sends everything
//! that waits for one peer as one frame. A peer that does not listen, or does not keep up, loses messages, as on any
//! lossy network: the protocols send again what is not acknowledged.

use super::wire::{FrameOut, PEER_MESSAGE};
use crate::process::NodeId;
use jsonrpsee::core::server::{SubscriptionMessage, SubscriptionSink};
use serde_json::value::RawValue;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// A frame is closed past so many bytes, to keep each wire message well below what a peer accepts.
const FRAME_BYTES: usize = 4 << 20;
/// So many bytes may wait in a peer's connection; a peer that lags further behind loses messages.
const MOST_WAITING_BYTES: usize = 128 << 20;

/// The outgoing messages of one server, by receiver.
#[derive(Debug)]
pub(super) struct Outboxes {
    from: NodeId,
    of: BTreeMap<NodeId, Outbox>,
    /// Whether any of them holds a message.
    ready: bool,
}

#[derive(Debug, Default)]
struct Outbox {
    ready: Vec<Arc<RawValue>>,
    connection: Option<Connection>,
}

/// A peer's subscription, and what still waits in it.
#[derive(Debug)]
struct Connection {
    incarnation: u64,
    sink: SubscriptionSink,
    waiting: VecDeque<usize>,
    waiting_bytes: usize,
}

impl Outboxes {
    /// Empty outboxes of the server `from`.
    pub fn new(from: NodeId) -> Self {
        Outboxes { from, of: BTreeMap::new(), ready: false }
    }

    /// Puts a message in the outbox for `to`.
    pub fn put(&mut self, to: NodeId, message: Arc<RawValue>) {
        self.of.entry(to).or_default().ready.push(message);
        self.ready = true;
    }

    /// Whether there is something to flush.
    pub fn are_ready(&self) -> bool {
        self.ready
    }

    /// From now on `to` listens through `sink`, unless a later life of it already does.
    pub fn connect(&mut self, to: NodeId, incarnation: u64, sink: SubscriptionSink) {
        let outbox = self.of.entry(to).or_default();
        let newer = outbox.connection.as_ref().is_some_and(|now| now.incarnation > incarnation);
        if !newer {
            let (waiting, waiting_bytes) = (VecDeque::new(), 0);
            outbox.connection = Some(Connection { incarnation, sink, waiting, waiting_bytes });
        }
    }

    /// Sends all that is ready; returns how many messages were lost because a peer does not listen or keep up.
    pub fn flush(&mut self) -> usize {
        if !std::mem::take(&mut self.ready) {
            return 0;
        }
        let from = self.from;
        let busy = self.of.values_mut().filter(|outbox| !outbox.ready.is_empty());
        busy.map(|outbox| outbox.flush(from)).sum()
    }

    /// Takes what is ready for `to`.
    #[cfg(test)]
    pub fn take(&mut self, to: NodeId) -> Vec<Arc<RawValue>> {
        std::mem::take(&mut self.of.entry(to).or_default().ready)
    }
}

impl Outbox {
    fn flush(&mut self, from: NodeId) -> usize {
        let mut lost = 0;
        for messages in frames(&self.ready) {
            let sent = self.connection.as_mut().is_some_and(|to| to.send(from, messages));
            lost += if sent { 0 } else { messages.len() };
        }
        self.ready.clear();
        if self.connection.as_ref().is_some_and(|connection| connection.sink.is_closed()) {
            self.connection = None;
        }
        lost
    }
}

impl Connection {
    fn send(&mut self, from: NodeId, messages: &[Arc<RawValue>]) -> bool {
        self.forget_sent();
        let bytes = messages.iter().map(|message| message.get().len()).sum::<usize>();
        if self.waiting_bytes + bytes > MOST_WAITING_BYTES {
            return false;
        }
        let id = self.sink.subscription_id();
        let frame = SubscriptionMessage::new(PEER_MESSAGE, id, &FrameOut { from, messages });
        let sent = frame.is_ok_and(|frame| self.sink.try_send(frame).is_ok());
        if sent {
            self.waiting.push_back(bytes);
            self.waiting_bytes += bytes;
        }
        sent
    }

    /// The connection says how many frames still wait in it; those before them are gone.
    fn forget_sent(&mut self) {
        let waiting = self.sink.max_capacity() - self.sink.capacity();
        while self.waiting.len() > waiting {
            self.waiting_bytes -= self.waiting.pop_front().unwrap_or_default();
        }
    }
}

/// The messages in runs of about [`FRAME_BYTES`], at least one message each.
fn frames(messages: &[Arc<RawValue>]) -> impl Iterator<Item = &[Arc<RawValue>]> {
    let mut rest = messages;
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let full = rest.iter().position(|message| {
            bytes += message.get().len();
            bytes > FRAME_BYTES
        });
        let (frame, later) = rest.split_at(full.unwrap_or(rest.len()).max(1).min(rest.len()));
        rest = later;
        (!frame.is_empty()).then_some(frame)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_bounded_and_lose_nothing() {
        let large: Arc<RawValue> = {
            let text = format!("\"{}\"", "x".repeat(FRAME_BYTES * 2 / 3));
            RawValue::from_string(text).expect("it is a JSON string").into()
        };
        let small: Arc<RawValue> = RawValue::NULL.to_owned().into();
        let messages = [&small, &large, &large, &small, &large].map(Arc::clone);
        let lengths: Vec<usize> = frames(&messages).map(<[_]>::len).collect();
        assert_eq!(lengths, [2, 2, 1]);
        assert_eq!(frames(&[]).count(), 0);
    }
}
