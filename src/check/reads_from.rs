//! Which write each read returns.
//!
//! By value where one write only made it; by version where versions are recorded. Where neither tells, nobody knows, and the models
//! that need it all answer `unknown`; sequential consistency goes on with what is known.

use super::keys::Keys;
use crate::history::{Act, End, History, OpId, Operation, ValueId};
use std::collections::HashMap;

/// The source of what returns the initial absence, or of what returns nothing.
pub const INITIAL: OpId = OpId::MAX;
/// The source of what may have returned several writes.
pub const UNCLEAR: OpId = OpId::MAX - 2;
const NOBODY: OpId = OpId::MAX - 1;

/// For each operation, the write that it read from.
#[derive(Debug)]
pub struct ReadsFrom {
    /// By operation: a write, or [`INITIAL`]. Of a read of a list: the append of its last element. [`UNCLEAR`] only where sources
    /// were found in part.
    pub source: Vec<OpId>,
    /// By operation: true where it takes part in the orders. Acknowledged operations do, and unknown ones that were seen, or may have
    /// been.
    pub live: Vec<bool>,
    /// The append of each element of each list.
    pub appends: HashMap<(u32, ValueId), OpId>,
}

impl ReadsFrom {
    /// The write that an operation found, if it found one and it is known which.
    pub fn write(&self, id: OpId) -> Option<OpId> {
        let source = self.source[id as usize];
        (source != INITIAL && source != UNCLEAR).then_some(source)
    }
}

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub enum Unresolved {
    /// Something was read that no write can explain, in any order: these operations show it.
    Wrong(Vec<OpId>),
    /// It cannot be told which write was read.
    Unclear(String),
}

/// Finds the source of each read and each cas.
pub fn resolve(history: &History) -> Result<ReadsFrom, Unresolved> {
    let resolver = by(history, true)?;
    match resolver.unclear {
        Some(reason) => Err(Unresolved::Unclear(reason)),
        None => Ok(resolver.found),
    }
}

/// The same by values alone, as if no version had been recorded, and as far as they tell; not where an element was appended to a
/// list twice.
pub fn resolve_in_part(history: &History) -> Result<ReadsFrom, Unresolved> {
    let resolver = by(history, false)?;
    match resolver.unclear.filter(|_| resolver.repeated) {
        Some(reason) => Err(Unresolved::Unclear(reason)),
        None => Ok(resolver.found),
    }
}

fn by(history: &History, stamped: bool) -> Result<Resolver<'_>, Unresolved> {
    let mut resolver = Resolver::new(history, stamped);
    if resolver.distinct() {
        resolver.all_at_once()?;
        return Ok(resolver);
    }
    let mut resolver = Resolver::new(history, stamped);
    let keys = Keys::of(history);
    for key in 0..keys.len() {
        match keys.is_list(key) {
            true => resolver.list(&keys.operations(key))?,
            false => resolver.register(&keys.operations(key))?,
        }
    }
    Ok(resolver)
}

struct Resolver<'a> {
    history: &'a History,
    stamped: bool,
    found: ReadsFrom,
    /// By value: the key it was last met under, and its write there.
    slots: Vec<(u32, OpId)>,
    epoch: u32,
    unclear: Option<String>,
    /// True where an element was appended to a list twice.
    repeated: bool,
}

impl<'a> Resolver<'a> {
    fn new(history: &'a History, stamped: bool) -> Self {
        let found = ReadsFrom {
            source: vec![INITIAL; history.len()],
            live: vec![false; history.len()],
            appends: HashMap::new(),
        };
        let slots = vec![(0, NOBODY); history.values()];
        Resolver { history, stamped, found, slots, epoch: 0, unclear: None, repeated: false }
    }

    /// Notes the one write of each value, where there are only registers, no deletes and no value twice: false elsewhere. Then the
    /// operations can be met in their order, which is faster than key by key.
    fn distinct(&mut self) -> bool {
        for (id, operation) in self.history.operations().iter().enumerate() {
            let counts = matches!(operation.end(), End::Ok | End::Info);
            match operation.act() {
                Act::Read => {}
                Act::Write | Act::Cas if counts => {
                    let slot = &mut self.slots[operation.value().0 as usize];
                    if slot.0 != 0 {
                        return false;
                    }
                    *slot = (operation.key().0 + 1, id as OpId);
                }
                Act::Write | Act::Cas => {}
                Act::Delete | Act::Append | Act::ReadList => return false,
            }
            self.found.live[id] = operation.end() == End::Ok;
        }
        true
    }

    fn all_at_once(&mut self) -> Result<(), Unresolved> {
        let mut ahead: Vec<OpId> = Vec::new();
        for id in 0..self.history.len() as OpId {
            let mut next = Some(id).filter(|&id| self.found.live[id as usize]);
            while let Some(id) = next {
                self.epoch = self.history.operation(id).key().0 + 1;
                self.source(id, &[], NOBODY, &mut None, &mut ahead)?;
                next = ahead.pop();
            }
        }
        Ok(())
    }

    fn register(&mut self, ids: &[OpId]) -> Result<(), Unresolved> {
        self.epoch += 1;
        let mut deletes = NOBODY;
        for &id in ids {
            let operation = self.history.operation(id);
            if !matches!(operation.end(), End::Ok | End::Info) {
                continue;
            }
            match operation.act() {
                Act::Write | Act::Cas | Act::Append => {
                    let slot = &mut self.slots[operation.value().0 as usize];
                    let again = slot.0 == self.epoch;
                    *slot = (self.epoch, if again { UNCLEAR } else { id });
                }
                Act::Delete => deletes = if deletes == NOBODY { id } else { UNCLEAR },
                Act::Read | Act::ReadList => {}
            }
            self.found.live[id as usize] = operation.end() == End::Ok;
        }
        let mut versions = None;
        let mut ahead: Vec<OpId> = Vec::new();
        for &id in ids {
            if self.found.live[id as usize] {
                self.source(id, ids, deletes, &mut versions, &mut ahead)?;
            }
        }
        while let Some(id) = ahead.pop() {
            self.source(id, ids, deletes, &mut versions, &mut ahead)?;
        }
        if ids.iter().any(|&id| self.found.source[id as usize] == UNCLEAR) {
            self.bring_to_life_what_may_be_seen(ids, deletes);
        }
        Ok(())
    }

    /// Where it is unclear what was read of a key, an unknown change may have been read that leaves what several do. So may every
    /// other where there is an unknown cas: it may have found it.
    fn bring_to_life_what_may_be_seen(&mut self, ids: &[OpId], deletes: OpId) {
        let open = |found: &ReadsFrom, id: OpId| {
            self.history.operation(id).end() == End::Info && !found.live[id as usize]
        };
        let open: Vec<OpId> = ids.iter().copied().filter(|&id| open(&self.found, id)).collect();
        let is_cas = |id: OpId| self.history.operation(id).act() == Act::Cas;
        let has_cas = open.iter().any(|&id| is_cas(id));
        for id in open {
            let operation = self.history.operation(id);
            let left = match operation.act() {
                Act::Read | Act::ReadList => continue,
                Act::Delete => ValueId::ABSENT,
                _ => operation.value(),
            };
            if has_cas || self.by_value(left, None, deletes) == UNCLEAR {
                self.found.live[id as usize] = true;
                self.found.source[id as usize] = if is_cas(id) { UNCLEAR } else { INITIAL };
            }
        }
    }

    /// Finds the source of one operation, and brings it to life if its outcome was unknown.
    fn source(
        &mut self,
        id: OpId,
        ids: &[OpId],
        deletes: OpId,
        versions: &mut Option<HashMap<u64, OpId>>,
        ahead: &mut Vec<OpId>,
    ) -> Result<(), Unresolved> {
        let operation = self.history.operation(id);
        let (value, version) = match operation.act() {
            Act::Read => (operation.value(), operation.version()),
            Act::Cas => (operation.old(), None),
            _ => return Ok(()),
        };
        let version = version.filter(|_| self.stamped);
        let source = match self.by_value(value, version, deletes) {
            UNCLEAR => match version {
                Some(version) => {
                    let history = self.history;
                    let versions = versions.get_or_insert_with(|| by_version(history, ids));
                    self.by_version(value, version, ids, versions)
                }
                None => UNCLEAR,
            },
            found => found,
        };
        match source {
            INITIAL if version.is_some_and(|version| version != 0) => {
                return Err(Unresolved::Wrong(vec![id]));
            }
            INITIAL => return Ok(()),
            NOBODY => return Err(Unresolved::Wrong(vec![id])),
            UNCLEAR => {
                self.found.source[id as usize] = UNCLEAR;
                self.unclear.get_or_insert_with(|| unclear(self.history, operation, value));
                return Ok(());
            }
            _ => {}
        }
        let write = self.history.operation(source);
        let differ = |(read, made): (u64, u64)| read != made;
        let written = if write.act() == Act::Delete { ValueId::ABSENT } else { write.value() };
        if written != value
            || version.zip(write.version()).is_some_and(differ)
            || version == Some(0)
        {
            return Err(Unresolved::Wrong(vec![source, id]));
        }
        self.found.source[id as usize] = source;
        if !self.found.live[source as usize] {
            self.found.live[source as usize] = true;
            ahead.push(source);
        }
        Ok(())
    }

    fn by_value(&self, value: ValueId, version: Option<u64>, deletes: OpId) -> OpId {
        if value == ValueId::ABSENT {
            let initial = deletes == NOBODY || version == Some(0);
            return if initial { INITIAL } else { UNCLEAR };
        }
        let (epoch, write) = self.slots[value.0 as usize];
        if epoch == self.epoch { write } else { NOBODY }
    }

    /// The write that is known to have made a version; else the one write of the value of which no version is known.
    fn by_version(
        &self,
        value: ValueId,
        version: u64,
        ids: &[OpId],
        versions: &HashMap<u64, OpId>,
    ) -> OpId {
        if version == 0 {
            return NOBODY;
        }
        if let Some(&write) = versions.get(&version) {
            return write;
        }
        let mut unknown = ids.iter().copied().filter(|&id| {
            let operation = self.history.operation(id);
            operation.version().is_none()
                && matches!(operation.end(), End::Ok | End::Info)
                && match operation.act() {
                    Act::Write | Act::Cas => operation.value() == value,
                    Act::Delete => value == ValueId::ABSENT,
                    _ => false,
                }
        });
        match (unknown.next(), unknown.next()) {
            (None, _) => NOBODY,
            (Some(only), None) => only,
            _ => UNCLEAR,
        }
    }

    fn list(&mut self, ids: &[OpId]) -> Result<(), Unresolved> {
        let mut repeated = None;
        for &id in ids {
            let operation = self.history.operation(id);
            let counts = matches!(operation.end(), End::Ok | End::Info);
            self.found.live[id as usize] = operation.end() == End::Ok;
            if counts && operation.act() == Act::Append {
                let element = (operation.key().0, operation.value());
                if self.found.appends.insert(element, id).is_some() {
                    repeated = Some(id);
                }
            }
        }
        self.repeated |= repeated.is_some();
        if let Some(id) = repeated {
            let operation = self.history.operation(id);
            self.unclear.get_or_insert_with(|| unclear(self.history, operation, operation.value()));
        }
        let mut known = HashMap::new();
        for &id in ids {
            let operation = self.history.operation(id);
            if self.found.live[id as usize] && operation.act() == Act::ReadList {
                self.elements(id, repeated.is_some(), &mut known)?;
            }
        }
        Ok(())
    }

    /// Each element of a list must have been appended, and stand in it once.
    fn elements(
        &mut self,
        id: OpId,
        repeated: bool,
        known: &mut HashMap<u32, ()>,
    ) -> Result<(), Unresolved> {
        let operation = self.history.operation(id);
        let key = operation.key().0;
        let mut rest = operation.list();
        if let Some((_, last)) = self.history.lists().pop(rest) {
            let append = self.found.appends.get(&(key, last));
            self.found.source[id as usize] = append.copied().unwrap_or(INITIAL);
        }
        let mut met = HashMap::new();
        let whole = known.insert(rest.0, ()).is_none();
        while let Some((shorter, element)) = self.history.lists().pop(rest).filter(|_| whole) {
            let Some(&append) = self.found.appends.get(&(key, element)) else {
                return Err(Unresolved::Wrong(vec![id]));
            };
            if met.insert(element, ()).is_some() && !repeated {
                return Err(Unresolved::Wrong(vec![append, id]));
            }
            self.found.live[append as usize] = true;
            rest = shorter;
        }
        Ok(())
    }
}

fn by_version(history: &History, ids: &[OpId]) -> HashMap<u64, OpId> {
    let writes = ids.iter().copied().filter(|&id| !history.operation(id).act().is_read());
    writes.filter_map(|id| Some((history.operation(id).version()?, id))).collect()
}

fn unclear(history: &History, operation: &Operation, value: ValueId) -> String {
    let key = history.key_name(operation.key());
    let key = if key.is_empty() { String::new() } else { format!(" of key {key}") };
    let value = history.value_text(value);
    let line = operation.invoked_line();
    format!(
        "several writes{key} leave the value {value} (line {line}), so it cannot be told which one was read; \
         write distinct values or record versions"
    )
}
