//! What waits for the disk: records in their places among the effects that stand behind them.

use super::frame;
use crate::process::{Effect, EffectOf, Process};
use serde::Serialize;
use std::collections::VecDeque;

/// Effects that wait until records are on disk.
#[derive(Debug)]
pub(in crate::net) struct DiskQueue<P: Process> {
    /// `None` stands for a record.
    held: VecDeque<Option<EffectOf<P>>>,
    /// The records for which no sync has begun.
    next: Vec<u8>,
    next_records: usize,
    /// How many of the held records the sync under way covers.
    syncing: usize,
}

impl<P: Process> Default for DiskQueue<P> {
    fn default() -> Self {
        DiskQueue { held: VecDeque::new(), next: Vec::new(), next_records: 0, syncing: 0 }
    }
}

impl<P: Process> DiskQueue<P> {
    /// Returns an effect that may happen now; one that may not is kept.
    pub fn pass(&mut self, effect: EffectOf<P>) -> Option<EffectOf<P>> {
        match effect {
            Effect::Persist { record } => {
                self.write(&record);
                self.held.push_back(None);
                None
            }
            effect if self.held.is_empty() => Some(effect),
            effect => {
                self.held.push_back(Some(effect));
                None
            }
        }
    }

    fn write(&mut self, record: &impl Serialize) {
        let text = serde_json::to_vec(record).expect("a record is plain data");
        frame::put(&text, &mut self.next);
        self.next_records += 1;
    }

    /// Whether records wait and no sync is under way.
    pub fn wants_sync(&self) -> bool {
        self.syncing == 0 && self.next_records > 0
    }

    /// The records of a sync that begins now, as they stand in the file, if one shall begin.
    pub fn begin_sync(&mut self) -> Option<Vec<u8>> {
        if !self.wants_sync() {
            return None;
        }
        self.syncing = std::mem::take(&mut self.next_records);
        Some(std::mem::take(&mut self.next))
    }

    /// The sync under way has ended: the effects that need wait no longer, in order.
    pub fn end_sync(&mut self) -> Vec<EffectOf<P>> {
        let mut released = Vec::new();
        while let Some(effect) = self.held.front() {
            match (effect, self.syncing) {
                (None, 0) => break,
                (None, _) => self.syncing -= 1,
                (Some(_), _) => {}
            }
            released.extend(self.held.pop_front().flatten());
        }
        released
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::systems::ReplicatedLog;

    type Queue = DiskQueue<ReplicatedLog>;
    type Record = <ReplicatedLog as Process>::Record;
    type Timer = <ReplicatedLog as Process>::Timer;

    fn record(queue: &mut Queue) {
        assert!(queue.pass(Effect::Persist { record: Record::Blank }).is_none());
    }

    fn disarm(queue: &mut Queue, timer: Timer) -> bool {
        queue.pass(Effect::Disarm { timer }).is_some()
    }

    fn released(queue: &mut Queue) -> usize {
        queue.end_sync().len()
    }

    #[test]
    fn effects_wait_for_the_records_before_them_and_for_no_others() {
        let mut queue = Queue::default();
        assert!(disarm(&mut queue, Timer::Ship) && queue.begin_sync().is_none());
        record(&mut queue);
        assert!(!disarm(&mut queue, Timer::Ship));
        let one = queue.begin_sync().expect("a record waits").len();
        record(&mut queue);
        record(&mut queue);
        assert!(!disarm(&mut queue, Timer::Recall) && queue.begin_sync().is_none());
        assert_eq!(released(&mut queue), 1);
        assert_eq!(queue.begin_sync().map(|batch| batch.len()), Some(2 * one));
        assert_eq!(released(&mut queue), 1);
        assert!(disarm(&mut queue, Timer::Ship));
    }
}
