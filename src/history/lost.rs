//! Which acknowledged writes are gone in the end.
//!
//! A write is lost if its place in the order is above the final one of its key, or if it never took a place at all. An
//! epoch that began without it lost it too, even where its key was written again later. An element of a list is lost if it is
//! not in every list in the end.

use super::{Act, End, History, KeyId, OpId, Operation, ValueId};
use crate::process::Value;
use crate::session::{Version, epoch_and_counter};
use std::collections::{BTreeMap, BTreeSet};

/// The acknowledged writes of a history that are lost, in the order of their invocations. `None` where that cannot be
/// told: no read of a quiet period at the end has a version.
///
/// `placed` says where in the order each value is, as seen from within: for writes that were answered without a version.
/// Without it nobody knows of those, and they are counted as lost only where their key has no version at all in the end.
pub fn lost_writes(
    history: &History,
    placed: Option<&BTreeMap<Value, Version>>,
) -> Option<Vec<OpId>> {
    let finals = finals(history);
    let within = placed.into_iter().flat_map(|placed| placed.values().copied());
    let bases = bases(history.operations().iter().filter_map(Operation::version).chain(within));
    let listed = listed(history);
    let lost = |write: &Operation| {
        if write.act() == Act::Append {
            return listed.as_ref().is_some_and(|listed| !listed.contains(&write.value()));
        }
        let Some(last) = finals.get(&write.key()) else { return false };
        match version_of(history, write, placed) {
            Some(version) => version > *last || is_cut_off(version, &bases),
            // Where its key has never been written in the end, it is lost for sure. A delete has no value by which it could be found.
            None => write.act() == Act::Write && (placed.is_some() || *last == 0),
        }
    };
    let writes = (0..).zip(history.operations()).filter(|(_, one)| is_acknowledged(one));
    let lost = writes.filter(|(_, write)| lost(write)).map(|(id, _)| id).collect();
    (!finals.is_empty() || listed.is_some()).then_some(lost)
}

/// Whether it is a write whose client was told that it is done.
pub fn is_acknowledged(operation: &Operation) -> bool {
    matches!(operation.act(), Act::Write | Act::Delete | Act::Append) && operation.end() == End::Ok
}

/// The place of a write: as answered, or as seen from within.
fn version_of(
    history: &History,
    write: &Operation,
    placed: Option<&BTreeMap<Value, Version>>,
) -> Option<Version> {
    let text = history.value_text(write.value()).trim_matches('"');
    write.version().or_else(|| placed?.get(text).copied())
}

/// What stands in every list in the end; `None` where no list was read then.
fn listed(history: &History) -> Option<BTreeSet<ValueId>> {
    let last =
        |one: &&Operation| one.is_final() && one.act() == Act::ReadList && one.end() == End::Ok;
    let elements = |one: &Operation| history.lists().elements(one.list()).into_iter().collect();
    let lists = history.operations().iter().filter(last).map(elements);
    lists.reduce(|all: BTreeSet<ValueId>, list| all.intersection(&list).copied().collect())
}

/// The version that each key has in the end, where a server tells it.
fn finals(history: &History) -> BTreeMap<KeyId, Version> {
    let mut finals: BTreeMap<KeyId, Version> = BTreeMap::new();
    for read in history.operations().iter().filter(|one| one.is_final() && one.end() == End::Ok) {
        if let Some(version) = read.version() {
            let last = finals.entry(read.key()).or_default();
            *last = version.max(*last);
        }
    }
    finals
}

/// For each epoch, how many writes came before it at most.
fn bases(versions: impl Iterator<Item = Version>) -> BTreeMap<u64, u64> {
    let mut bases: BTreeMap<u64, u64> = BTreeMap::new();
    for version in versions.filter(|version| *version > 0) {
        let (epoch, counter) = epoch_and_counter(version);
        let base = bases.entry(epoch).or_insert(u64::MAX);
        *base = (*base).min(counter.saturating_sub(1));
    }
    bases
}

/// Whether a later epoch began without this version.
fn is_cut_off(version: Version, bases: &BTreeMap<u64, u64>) -> bool {
    let (epoch, counter) = epoch_and_counter(version);
    bases.range(epoch + 1..).any(|(_, base)| counter > *base)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Asked, Builder, HistoryError, Observed, Stamp};
    use crate::session::version;

    /// Writes that were answered with these versions, and a final read of x with this one.
    fn history(writes: &[Option<Version>], last: Version) -> Result<History, HistoryError> {
        let mut builder = Builder::new();
        for (number, version) in (1..).zip(writes) {
            let at = Stamp::new(number * 10, 1);
            builder.invoke(at, 0, "x", Asked::Write(&number.to_string()))?;
            let seen = Observed::nothing();
            builder.ok(at, 0, version.map_or(seen, |version| seen.at_version(version)))?;
        }
        let at = Stamp::new(900, 1);
        builder.invoke(at, 1, "x", Asked::Read)?;
        builder.ok(at, 1, Observed::scalar("1").at_version(last).finally(1))?;
        Ok(builder.finish())
    }

    #[test]
    fn what_is_above_the_final_version_is_lost() -> Result<(), HistoryError> {
        let lost = |writes: &[_], last| history(writes, last).map(|all| lost_writes(&all, None));
        assert_eq!(lost(&[Some(1), Some(2)], 2)?, Some(vec![]));
        assert_eq!(lost(&[Some(1), Some(2)], 1)?, Some(vec![1]));
        assert_eq!(lost(&[Some(1), Some(9), Some(version(2, 3))], version(2, 3))?, Some(vec![1]));
        assert_eq!(lost(&[None], 1)?, Some(vec![]), "nobody knows where it is");
        assert_eq!(lost(&[None], 0)?, Some(vec![0]), "its key was never written");
        Ok(())
    }

    #[test]
    fn what_took_no_place_is_lost_where_somebody_knows_the_places() -> Result<(), HistoryError> {
        let history = history(&[None, None], 1)?;
        let placed = BTreeMap::from([("1".into(), 1)]);
        assert_eq!(lost_writes(&history, Some(&placed)), Some(vec![1]));
        Ok(())
    }

    #[test]
    fn an_element_that_is_in_no_list_in_the_end_is_lost() -> Result<(), HistoryError> {
        let mut builder = Builder::new();
        for (number, element) in (1..).zip(["a", "b"]) {
            builder.invoke(Stamp::new(number * 10, 1), 0, "log", Asked::Append(element))?;
            builder.ok(Stamp::new(number * 10, 1), 0, Observed::nothing())?;
        }
        builder.invoke(Stamp::new(900, 1), 1, "log", Asked::Read)?;
        let list = builder.list(["b"]);
        builder.ok(Stamp::new(900, 1), 1, Observed::list(list).finally(1))?;
        assert_eq!(lost_writes(&builder.finish(), None), Some(vec![0]));
        Ok(())
    }

    #[test]
    fn without_final_reads_nobody_can_tell() {
        assert_eq!(lost_writes(&Builder::new().finish(), None), None);
    }
}
