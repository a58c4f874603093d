//! Eventual consistency (Vogels, *Eventually consistent*, CACM 52(1), 2009): when all is quiet, all servers agree.
//!
//! Only the reads marked `final` count: at least one of each key at each server. All must be equal, and show what an acknowledged
//! or unknown write left; nothing is right only where a delete may have taken effect or no write was acknowledged.

use super::{Budget, Model, Verdict, shrink};
use crate::history::{Act, End, History, OpId, Operation};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Checks the final reads.
pub fn check(history: &History, budget: &Budget) -> Verdict {
    if let Some(few) = fault(history) {
        let ids: Vec<OpId> = (0..history.len() as OpId).collect();
        return shrink::counterexample(history, &ids, &few, Model::Eventual, budget);
    }
    match missing(history) {
        Some(reason) => Verdict::Unknown(reason),
        None => Verdict::Valid,
    }
}

/// True where the final reads surely do not agree, or show what nobody wrote.
pub fn breaks(history: &History) -> bool {
    fault(history).is_some()
}

fn is_final(operation: &Operation) -> bool {
    operation.is_final() && operation.act().is_read() && operation.end() == End::Ok
}

/// Which servers and keys lack a final read.
fn missing(history: &History) -> Option<String> {
    let mut keys = BTreeSet::new();
    let mut read: BTreeMap<Option<u32>, BTreeSet<_>> = BTreeMap::new();
    for operation in history.operations() {
        if operation.end() != End::Fail {
            keys.insert(operation.key());
        }
        if is_final(operation) {
            read.entry(operation.node()).or_default().insert(operation.key());
        }
    }
    if read.is_empty() {
        return Some(
            "no read is marked final; read each key at each server when all is quiet".into(),
        );
    }
    read.iter().find_map(|(node, seen)| {
        let key = history.key_name(*keys.difference(seen).next()?);
        let node = node.map_or("the server".to_string(), |node| format!("server {node}"));
        Some(format!("{node} has no final read of key {key:?}; read each key at each server"))
    })
}

/// What was done to a key.
#[derive(Debug, Default)]
struct Writes {
    acknowledged: Option<OpId>,
    deleted: bool,
    first_read: Option<OpId>,
}

fn fault(history: &History) -> Option<Vec<OpId>> {
    let mut keys: HashMap<u32, Writes> = HashMap::new();
    let mut written = HashSet::new();
    if !history.operations().iter().any(is_final) {
        return None;
    }
    for (id, operation) in history.operations().iter().enumerate() {
        let key = keys.entry(operation.key().0).or_default();
        match (operation.act(), operation.end()) {
            (_, End::Fail | End::Mismatch) | (Act::Read | Act::ReadList, _) => {}
            (Act::Delete, _) => key.deleted = true,
            (Act::Write | Act::Cas | Act::Append, end) => {
                written.insert((operation.key(), operation.value()));
                if end == End::Ok {
                    key.acknowledged = Some(id as OpId);
                }
            }
        }
    }
    for (id, operation) in history.operations().iter().enumerate() {
        let id = id as OpId;
        if !is_final(operation) {
            continue;
        }
        let key = keys.entry(operation.key().0).or_default();
        let first = *key.first_read.get_or_insert(id);
        if history.operation(first).value() != operation.value() {
            return Some(vec![first, id]);
        }
        let shown = match operation.act() {
            Act::ReadList => history.lists().elements(operation.list()),
            _ if operation.value().0 == 0 => Vec::new(),
            _ => vec![operation.value()],
        };
        if shown.iter().any(|&value| !written.contains(&(operation.key(), value))) {
            return Some(vec![id]);
        }
        if let Some(lost) = key.acknowledged.filter(|_| shown.is_empty() && !key.deleted) {
            return Some(vec![lost, id]);
        }
    }
    None
}
