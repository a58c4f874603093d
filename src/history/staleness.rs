//! How far behind reads were: for each read with a version, how many newer writes of its key had been acknowledged before
//! it was asked for, and for how long the oldest of them had been.

use super::{End, History, OpId};
use std::collections::BTreeMap;

/// How far behind one read was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lag {
    /// The read.
    pub read: OpId,
    /// How many acknowledged writes were newer than what it returned.
    pub versions: u64,
    /// For how long what it returned had been overwritten, in nanoseconds, when it was asked for.
    pub time: u64,
}

/// The lag of each read that has a version, in the order of their invocations. A fresh read has a lag of 0 versions.
pub fn staleness(history: &History) -> Vec<Lag> {
    let operations = history.operations();
    let mut writes: Vec<OpId> =
        (0..).zip(operations).filter(|(_, one)| acknowledged(one)).map(|(id, _)| id).collect();
    writes.sort_unstable_by_key(|&id| history.operation(id).returned());
    let mut writes = writes.into_iter().peekable();
    let mut keys: BTreeMap<u32, Known> = BTreeMap::new();
    let mut lags = Vec::new();
    for (id, read) in (0..).zip(operations) {
        while let Some(write) =
            writes.next_if(|&write| history.operation(write).returned() < read.invoked())
        {
            let write = history.operation(write);
            if let (Some(version), Some(time)) = (write.version(), write.ended_time()) {
                keys.entry(write.key().0).or_default().learn(version, time);
            }
        }
        let Some(version) =
            read.version().filter(|_| read.act().is_read() && read.end() == End::Ok)
        else {
            continue;
        };
        let (versions, since) = keys.entry(read.key().0).or_default().newer_than(version);
        let time = since.map_or(0, |since| read.invoked_time().saturating_sub(since));
        lags.push(Lag { read: id, versions, time });
    }
    lags
}

fn acknowledged(operation: &super::Operation) -> bool {
    !operation.act().is_read() && operation.end() == End::Ok && operation.version().is_some()
}

/// The acknowledged writes of a key.
#[derive(Debug, Default)]
struct Known {
    /// Their versions, ascending, each with the earliest time at which it or a newer one was acknowledged.
    writes: Vec<(u64, u64)>,
}

impl Known {
    fn learn(&mut self, version: u64, time: u64) {
        let place = self.writes.partition_point(|(known, _)| *known < version);
        let since = self.writes.get(place).map_or(time, |(_, since)| *since); // learnt in the order of time
        self.writes.insert(place, (version, since));
    }

    /// How many are newer than `version`, and since when the first of them was known.
    fn newer_than(&self, version: u64) -> (u64, Option<u64>) {
        let newer = &self.writes[self.writes.partition_point(|(known, _)| *known <= version)..];
        (newer.len() as u64, newer.first().map(|(_, since)| *since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Asked, Builder, HistoryError, Observed, Stamp};

    #[test]
    fn lags_count_acknowledged_writes_alone() -> Result<(), HistoryError> {
        let mut builder = Builder::new();
        let at = |time| Stamp::new(time, 1);
        for version in 1..=3 {
            builder.invoke(at(version * 10), 0, "x", Asked::Write("7"))?;
            builder.ok(at(version * 10 + 5), 0, Observed::nothing().at_version(version))?;
        }
        builder.invoke(at(40), 0, "x", Asked::Write("8"))?;
        for (process, version) in [(1, 1), (2, 3), (3, 4), (4, 0)] {
            builder.invoke(at(50), process, "x", Asked::Read)?;
            builder.ok(at(50), process, Observed::scalar("7").at_version(version))?;
        }
        let lags = staleness(&builder.finish());
        let found: Vec<(u64, u64)> = lags.iter().map(|lag| (lag.versions, lag.time)).collect();
        assert_eq!(found, [(2, 25), (0, 0), (0, 0), (3, 35)]);
        Ok(())
    }
}
