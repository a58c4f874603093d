//! Which writes a read may have seen, whatever the order was.

use super::Model;
use crate::history::{Act, End, History, KeyId, OpId, Operation, ValueId};
use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};
use std::collections::BTreeSet;

/// The writes of a history, by key and by value.
#[derive(Debug)]
pub struct Sources<'a> {
    history: &'a History,
    /// Versions tell which write was read.
    stamped: bool,
    by_value: HashMap<(KeyId, ValueId), Vec<OpId>>,
    by_key: HashMap<KeyId, Vec<OpId>>,
    /// Where real time counts: the returns of the acknowledged writes of each key, ascending, each with the latest
    /// invocation of those that returned by then.
    overwritten: HashMap<KeyId, Vec<(u32, u32)>>,
}

impl<'a> Sources<'a> {
    /// Of these operations, under a model: only linearizability knows real time.
    pub fn of(history: &'a History, ids: &[OpId], model: Model) -> Self {
        let mut sources = Sources {
            history,
            stamped: !matches!(model, Model::Linearizable | Model::Sequential),
            by_value: HashMap::default(),
            by_key: HashMap::default(),
            overwritten: HashMap::default(),
        };
        for &id in ids {
            let operation = history.operation(id);
            let Some(value) = sources.written(operation) else { continue };
            sources.by_value.entry((operation.key(), value)).or_default().push(id);
            sources.by_key.entry(operation.key()).or_default().push(id);
            if model == Model::Linearizable && operation.end() == End::Ok {
                let interval = (operation.returned(), operation.invoked());
                sources.overwritten.entry(operation.key()).or_default().push(interval);
            }
        }
        for writes in sources.overwritten.values_mut() {
            writes.sort_unstable();
            let mut latest = 0;
            for write in writes {
                latest = latest.max(write.1);
                write.1 = latest;
            }
        }
        sources
    }

    /// These operations with all the writes on which those of `readers` may rest, and on which those may rest. Who can have seen
    /// none keeps the last write of its value, so that it is clear why.
    pub fn close(&self, kept: &[OpId], readers: &[OpId]) -> Vec<OpId> {
        let mut closed: BTreeSet<OpId> = kept.iter().copied().collect();
        let mut ahead: Vec<OpId> = readers.to_vec();
        while let Some(reader) = ahead.pop() {
            let new = self.chain(reader).into_iter().filter(|&write| closed.insert(write));
            ahead.extend(new.filter(|&write| !self.is_unknown(write)));
        }
        closed.into_iter().collect()
    }

    /// The writes that a reader may have seen, and what unknown cas among them may have seen, as long as nothing known lies between.
    fn chain(&self, reader: OpId) -> Vec<OpId> {
        let mut chain = BTreeSet::new();
        let mut ahead = vec![reader];
        while let Some(link) = ahead.pop() {
            let candidates = self.candidates(link);
            let mut seen = candidates.clone();
            seen.retain(|&write| self.may_see(reader, write));
            if seen.is_empty() && link == reader {
                let before = |write: &&OpId| {
                    let (read, made) = (self.history.operation(reader), **write);
                    self.history.operation(made).invoked() < read.returned()
                };
                seen.extend(candidates.iter().rfind(before).or(candidates.last()));
            }
            let new = seen.into_iter().filter(|&write| chain.insert(write));
            ahead.extend(new.filter(|&write| self.is_unknown(write)));
        }
        chain.into_iter().collect()
    }

    /// What is left of `kept`, ascending, when these leave, together with all that may rest on them, or that would be left without
    /// any write of their value. Unknown operations stay: if what they rest on is gone, they need not have taken effect.
    /// All of `kept`, once time is `over`.
    pub fn without(&self, kept: &[OpId], leave: &[OpId], over: impl Fn() -> bool) -> Vec<OpId> {
        let gone = |id: &OpId| kept.binary_search(id).unwrap_or_default();
        let mut stays = vec![true; kept.len()];
        leave.iter().for_each(|id| stays[gone(id)] = false);
        let mut ahead = leave.to_vec();
        let unknown: Vec<OpId> = kept.iter().copied().filter(|&id| self.is_unknown(id)).collect();
        while let Some(write) = ahead.pop() {
            if over() {
                return kept.to_vec();
            }
            if self.written(self.history.operation(write)).is_none() {
                continue;
            }
            let passed_on = self.passed_on(&unknown, write);
            for (place, &reader) in kept.iter().enumerate() {
                if !stays[place] || self.is_unknown(reader) {
                    continue;
                }
                let rests = || passed_on.iter().any(|&link| self.wants(reader, link));
                let others = || kept.iter().zip(&stays).filter(|(_, stays)| **stays);
                let alone = || !others().any(|(&id, _)| self.wants(reader, id));
                if self.may_see(reader, write) && rests() || self.wants(reader, write) && alone() {
                    stays[place] = false;
                    ahead.push(reader);
                }
            }
        }
        kept.iter().zip(stays).filter(|(_, stays)| *stays).map(|(&id, _)| id).collect()
    }

    /// A write, and the unknown cas that may have found what it left, one after another.
    fn passed_on(&self, unknown: &[OpId], write: OpId) -> Vec<OpId> {
        let mut links = vec![write];
        let mut at = 0;
        while let Some(&link) = links.get(at) {
            at += 1;
            for &id in unknown {
                if self.wants(id, link) && !links.contains(&id) {
                    links.push(id);
                }
            }
        }
        links
    }

    /// What it may have left for others to see. A cas of unknown outcome from a value to itself need not have taken effect: who saw
    /// it saw the same before it. Only where versions tell writes apart it counts.
    fn written(&self, operation: &Operation) -> Option<ValueId> {
        let idle = operation.end() == End::Info
            && operation.act() == Act::Cas
            && operation.old() == operation.value();
        written(operation).filter(|_| self.stamped || !idle)
    }

    /// The values that are written among these.
    pub fn values(&self, ids: &[OpId]) -> HashSet<ValueId> {
        ids.iter().filter_map(|&id| self.written(self.operation(id))).collect()
    }

    /// True of a reader of a register whose value is one of `kept`, but none of `rest`.
    pub fn is_orphan(
        &self,
        reader: OpId,
        rest: &HashSet<ValueId>,
        kept: &HashSet<ValueId>,
    ) -> bool {
        let found = |values: &HashSet<ValueId>| match wanted(self.operation(reader)) {
            Some(Want::Value(value)) => values.contains(&value),
            Some(Want::Not(not)) => values.len() > usize::from(values.contains(&not)),
            Some(Want::Elements) | None => false,
        };
        !found(rest) && found(kept)
    }

    /// An operation by its number.
    pub fn operation(&self, id: OpId) -> &'a Operation {
        self.history.operation(id)
    }

    fn is_unknown(&self, id: OpId) -> bool {
        self.history.operation(id).end() == End::Info
    }

    /// The writes of what a reader wants.
    fn candidates(&self, reader: OpId) -> Vec<OpId> {
        let operation = self.history.operation(reader);
        let key = operation.key();
        let of = |value| self.by_value.get(&(key, value)).cloned().unwrap_or_default();
        match wanted(operation) {
            Some(Want::Value(value)) => {
                let mut all = of(value);
                all.retain(|&write| self.wants(reader, write));
                all
            }
            Some(Want::Not(_)) => {
                let all = self.by_key.get(&key).map_or(&[][..], |all| all);
                all.iter().copied().filter(|&write| self.wants(reader, write)).collect()
            }
            Some(Want::Elements) => {
                let elements = self.history.lists().elements(operation.list());
                elements.into_iter().flat_map(of).collect()
            }
            None => Vec::new(),
        }
    }

    fn wants(&self, reader: OpId, write: OpId) -> bool {
        let (reader, write) = (self.history.operation(reader), self.history.operation(write));
        let Some(value) = self.written(write).filter(|_| reader.key() == write.key()) else {
            return false;
        };
        let versions = reader.version().filter(|_| reader.act().is_read()).zip(write.version());
        if self.stamped && versions.is_some_and(|(read, made)| read != made) {
            return false;
        }
        match wanted(reader) {
            Some(Want::Value(wanted)) => wanted == value,
            Some(Want::Not(not)) => not != value,
            Some(Want::Elements) => {
                let mut rest = reader.list();
                while let Some((shorter, element)) = self.history.lists().pop(rest) {
                    if element == value {
                        return true;
                    }
                    rest = shorter;
                }
                false
            }
            None => false,
        }
    }

    /// False where the write surely began after the read ended, or was surely overwritten before the read began.
    fn may_see(&self, reader: OpId, write: OpId) -> bool {
        let (read, made) = (self.history.operation(reader), self.history.operation(write));
        let Some(overwritten) = self.overwritten.get(&read.key()) else { return true };
        if reader == write || made.invoked() > read.returned() {
            return false;
        }
        if read.act() == Act::ReadList {
            return true;
        }
        let before = overwritten.partition_point(|write| write.0 < read.invoked());
        before == 0 || made.returned() >= overwritten[before - 1].1
    }
}

enum Want {
    Value(ValueId),
    Not(ValueId),
    Elements,
}

fn wanted(operation: &Operation) -> Option<Want> {
    match (operation.act(), operation.end()) {
        (Act::Read, End::Ok) => Some(Want::Value(operation.value())),
        (Act::Cas, End::Ok | End::Info) => Some(Want::Value(operation.old())),
        (Act::Cas, End::Mismatch) => Some(Want::Not(operation.old())),
        (Act::ReadList, End::Ok) => Some(Want::Elements),
        _ => None,
    }
}

fn written(operation: &Operation) -> Option<ValueId> {
    let wrote = matches!(operation.end(), End::Ok | End::Info);
    match operation.act() {
        Act::Write | Act::Cas | Act::Append if wrote => Some(operation.value()),
        Act::Delete if wrote => Some(ValueId::ABSENT),
        _ => None,
    }
}
