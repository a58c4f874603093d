//! Linearizability of a list whose elements are distinct.
//!
//! The longest read fixes the order of what it shows, and every other read must be a prefix of it. So the operations fall into groups
//! that follow each other: reads of nothing, the append of the first element, reads of one element, the append of the second, … What
//! was acknowledged and never read comes last. The list is linearizable exactly when no operation of a later group returns before one
//! of an earlier group is invoked.

use crate::history::{Act, End, History, ListId, OpId, ValueId};
use std::collections::HashMap;

/// What the longest read says.
#[derive(Debug, PartialEq, Eq)]
pub enum Appended {
    /// The list is linearizable.
    Holds,
    /// It is not, and these operations alone show it, with the appends of what they name.
    Breaks(Vec<OpId>),
    /// An element is appended twice: this needs a search.
    NotDistinct,
}

/// The first return and the last invocation in a group, and whose they are.
#[derive(Debug, Clone, Copy)]
struct Group {
    first_return: (u32, OpId),
    last_invocation: (u32, OpId),
}

impl Group {
    const EMPTY: Group = Group { first_return: (u32::MAX, 0), last_invocation: (0, 0) };

    fn include(&mut self, history: &History, id: OpId) {
        let operation = history.operation(id);
        self.first_return = self.first_return.min((operation.returned().saturating_add(1), id));
        self.last_invocation = self.last_invocation.max((operation.invoked() + 1, id));
    }
}

/// Checks the operations of one list, given in the order of their invocations.
pub fn lists(history: &History, ids: &[OpId]) -> Appended {
    let mut appends: HashMap<ValueId, OpId> = HashMap::new();
    let mut reads = Vec::new();
    let mut repeated = false;
    for &id in ids {
        let operation = history.operation(id);
        match (operation.act(), operation.end()) {
            (Act::Append, End::Ok | End::Info) => {
                repeated |= appends.insert(operation.value(), id).is_some();
            }
            (Act::ReadList, End::Ok) => reads.push(id),
            _ => {}
        }
    }
    if repeated {
        return Appended::NotDistinct;
    }
    let length = |id: OpId| history.lists().length(history.operation(id).list());
    let Some(&longest) = reads.iter().max_by_key(|&&id| length(id)) else {
        return Appended::Holds;
    };
    match order(history, longest, &appends) {
        Ok(order) => groups(history, ids, &reads, longest, &order, &appends),
        Err(few) => Appended::Breaks(few),
    }
}

/// The place of each element in the longest read; or an element that is read twice or that nobody appended.
fn order(
    history: &History,
    longest: OpId,
    appends: &HashMap<ValueId, OpId>,
) -> Result<HashMap<ValueId, usize>, Vec<OpId>> {
    let mut order = HashMap::new();
    let elements = history.lists().elements(history.operation(longest).list());
    for (place, element) in elements.into_iter().enumerate() {
        let Some(&append) = appends.get(&element) else { return Err(vec![longest]) };
        if order.insert(element, place + 1).is_some() {
            return Err(vec![append, longest]);
        }
    }
    Ok(order)
}

fn groups(
    history: &History,
    ids: &[OpId],
    reads: &[OpId],
    longest: OpId,
    order: &HashMap<ValueId, usize>,
    appends: &HashMap<ValueId, OpId>,
) -> Appended {
    let mut prefixes: Vec<ListId> = vec![history.operation(longest).list()];
    while let Some((shorter, _)) = prefixes.last().and_then(|&list| history.lists().pop(list)) {
        prefixes.push(shorter);
    }
    prefixes.reverse();
    // Reads of n elements stand at 2n, the append of element n at 2n - 1, appends that nobody read at the end.
    let mut groups = vec![Group::EMPTY; 2 * prefixes.len()];
    for &id in reads {
        let list = history.operation(id).list();
        let length = history.lists().length(list) as usize;
        if prefixes[length] != list {
            return Appended::Breaks(vec![id, longest]);
        }
        groups[2 * length].include(history, id);
    }
    for &id in ids {
        let operation = history.operation(id);
        if operation.act() != Act::Append || appends.get(&operation.value()) != Some(&id) {
            continue;
        }
        match (order.get(&operation.value()), operation.end()) {
            (Some(&place), _) => groups[2 * place - 1].include(history, id),
            (None, End::Ok) => groups[2 * prefixes.len() - 1].include(history, id),
            (None, _) => {}
        }
    }
    let mut last = (0, 0);
    for group in groups {
        if group.first_return.0 < last.0 {
            return Appended::Breaks(vec![group.first_return.1, last.1, longest]);
        }
        last = last.max(group.last_invocation);
    }
    Appended::Holds
}
