//! The links from one server to its peers, as configured delays and faults make them.
//!
//! Faults act at the sender: a message is lost, doubled, held back or passed before it is put on the wire, so the wire
//! itself stays plain. Messages with equal delay keep their order; only where a fault reorders them do they not.

use super::outbox::Outboxes;
use crate::faults::{Conducts, Fault, Link};
use crate::process::NodeId;
use crate::random::Random;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// So many bytes of messages may be on slow links at once; further messages are lost, as on a real link's full queue.
const MOST_DELAYED_BYTES: usize = 128 << 20;

/// One server's outgoing links.
#[derive(Debug)]
pub(super) struct Links {
    from: NodeId,
    servers: u32,
    delays: Vec<(Link, Duration)>,
    jitter: Duration,
    conducts: Conducts,
    random: Random,
    delayed: BTreeMap<(Duration, u64), (NodeId, Arc<RawValue>)>,
    delayed_bytes: usize,
    count: u64,
}

impl Links {
    /// The links of server `from` among `servers`; `delays` hold from the start, later entries win.
    pub fn new(from: NodeId, servers: u32, delays: Vec<(Link, Duration)>, random: Random) -> Self {
        Links {
            from,
            servers,
            delays,
            jitter: Duration::ZERO,
            conducts: Conducts::default(),
            random,
            delayed: BTreeMap::new(),
            delayed_bytes: 0,
            count: 0,
        }
    }

    /// The same, but messages take up to `jitter` longer, by chance: whatever faults begin and end.
    pub fn with_jitter(self, jitter: Duration) -> Self {
        Links { jitter, ..self }
    }

    /// From now on the links have these faults, applied in order, and no others.
    pub fn set_faults(&mut self, faults: &[Fault]) {
        self.conducts = Conducts::default();
        faults.iter().for_each(|fault| self.conducts.apply(*fault, self.servers));
    }

    /// Puts a message on the link to `to`: into its outbox, back for later, or nowhere.
    pub fn send(
        &mut self,
        to: NodeId,
        message: &Arc<RawValue>,
        now: Duration,
        outboxes: &mut Outboxes,
    ) {
        let conduct = self.conducts.on(self.from, to);
        if conduct.cut || (conduct.lose > 0.0 && self.random.percent(conduct.lose)) {
            return;
        }
        let twice = conduct.duplicate > 0.0 && self.random.percent(conduct.duplicate);
        let delay = conduct.delay.unwrap_or_else(|| self.own_delay(to));
        for _ in 0..=u8::from(twice) {
            match delay + self.by_chance(self.jitter + conduct.reorder) {
                Duration::ZERO => outboxes.put(to, message.clone()),
                delay => self.hold_back(to, message.clone(), now + delay),
            }
        }
    }

    /// When the next message leaves its slow link, if one is held back.
    pub fn next(&self) -> Option<Duration> {
        self.delayed.keys().next().map(|(due, _)| *due)
    }

    /// Passes on what was held back until `now`.
    pub fn release(&mut self, now: Duration, outboxes: &mut Outboxes) {
        while self.next().is_some_and(|due| due <= now) {
            let Some((_, (to, message))) = self.delayed.pop_first() else { return };
            self.delayed_bytes -= message.get().len();
            outboxes.put(to, message);
        }
    }

    fn by_chance(&mut self, most: Duration) -> Duration {
        if most.is_zero() { most } else { most.mul_f64(self.random.share()) }
    }

    fn own_delay(&self, to: NodeId) -> Duration {
        let last = self.delays.iter().rev().find(|(link, _)| link.covers(self.from, to));
        last.map(|(_, delay)| *delay).unwrap_or_default()
    }

    fn hold_back(&mut self, to: NodeId, message: Arc<RawValue>, due: Duration) {
        let bytes = self.delayed_bytes + message.get().len();
        if bytes <= MOST_DELAYED_BYTES {
            self.delayed_bytes = bytes;
            self.count += 1;
            self.delayed.insert((due, self.count), (to, message));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    fn message(text: &str) -> Arc<RawValue> {
        RawValue::from_string(format!("{text:?}")).expect("it is a JSON string").into()
    }

    fn waiting(outboxes: &mut Outboxes) -> Vec<String> {
        outboxes.take(NodeId(2)).iter().map(|message| message.get().to_string()).collect()
    }

    #[test]
    fn slow_links_hold_messages_back_in_order() {
        let mut outboxes = Outboxes::new(NodeId(1));
        let slow = vec![(Link::All, MS(9)), (Link::OneWay(NodeId(1), NodeId(2)), MS(5))];
        let mut links = Links::new(NodeId(1), 3, slow, Random::new(1));
        for text in ["a", "b"] {
            links.send(NodeId(2), &message(text), MS(10), &mut outboxes);
        }
        links.release(MS(14), &mut outboxes);
        assert_eq!((waiting(&mut outboxes).len(), links.next()), (0, Some(MS(15))));
        links.release(MS(15), &mut outboxes);
        assert_eq!(
            (waiting(&mut outboxes), links.next()),
            (vec!["\"a\"".into(), "\"b\"".into()], None)
        );
    }

    #[test]
    fn a_healed_link_has_its_jitter_again() {
        let mut outboxes = Outboxes::new(NodeId(1));
        let mut links = Links::new(NodeId(1), 3, Vec::new(), Random::new(1)).with_jitter(MS(50));
        links.set_faults(&[Fault::Slow(Link::All, MS(5)), Fault::Heal(Link::All)]);
        (0..100).for_each(|_| links.send(NodeId(2), &message("a"), MS(0), &mut outboxes));
        links.release(MS(20), &mut outboxes);
        let early = waiting(&mut outboxes).len();
        links.release(MS(50), &mut outboxes);
        assert!(early > 0 && early < 100 && waiting(&mut outboxes).len() == 100 - early);
    }

    #[test]
    fn faults_cut_double_and_end() {
        let mut outboxes = Outboxes::new(NodeId(1));
        let mut links = Links::new(NodeId(1), 3, Vec::new(), Random::new(1));
        let mut sent = |faults: &[Fault]| {
            links.set_faults(faults);
            links.send(NodeId(2), &message("a"), MS(0), &mut outboxes);
            waiting(&mut outboxes).len()
        };
        assert_eq!(sent(&[Fault::Cut(Link::All)]), 0);
        assert_eq!(sent(&[Fault::Lose(Link::All, 100.0)]), 0);
        assert_eq!(sent(&[Fault::Duplicate(Link::All, 100.0)]), 2);
        assert_eq!(sent(&[Fault::Cut(Link::All), Fault::Heal(Link::All)]), 1);
        assert_eq!(sent(&[]), 1);
    }
}
