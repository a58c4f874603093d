//! What may be cut off a key's operations, before and after, so that the rest is linearizable wherever the whole is.

use super::sources::Sources;
use crate::history::{Act, End, OpId, Operation, ValueId};
use rustc_hash::FxHashSet as HashSet;

/// What took part up to a return: everything invoked before it, but no look that returns later.
///
/// Take an order of the whole. Whatever an operation that had returned rests on was invoked before that return, so it is kept. A known cas
/// that returns later is kept with all that it may rest on; an unknown one need not have taken effect.
pub fn until(sources: &Sources, ids: &[OpId], last: OpId) -> Vec<OpId> {
    let end = sources.operation(last).returned();
    let took_part = |id: &OpId| {
        let operation = sources.operation(*id);
        operation.invoked() < end && !(looks(operation) && operation.returned() > end)
    };
    let kept: Vec<OpId> = ids.iter().copied().filter(took_part).collect();
    let late =
        |id: &OpId| is_known_cas(sources.operation(*id)) && sources.operation(*id).returned() > end;
    let late: Vec<OpId> = kept.iter().copied().filter(late).collect();
    sources.close(&kept, &late)
}

/// True of an operation of a register that surely took place: from then on the state is what it read, or left.
pub fn is_anchor(sources: &Sources, id: OpId) -> bool {
    let operation = sources.operation(id);
    let of_lists = matches!(operation.act(), Act::Append | Act::ReadList);
    matches!(operation.end(), End::Ok | End::Mismatch) && !of_lists
}

/// What is left when the past of an [anchor](is_anchor) is cut off: all that did not return before it was invoked, but no look
/// that overlaps it; and what it and the known cas that overlap it may rest on.
///
/// Take an order of the whole, and what comes in it before the anchor, A, and after, B. The anchor rests on what is kept, so it holds without
/// the rest of A, and B follows it as before. Of A there are left, beside what the anchor rests on: writes of known outcome, which may stand
/// anywhere; known cas, with what they rest on; and unknown operations, which need not have taken effect. A reader in B that finds no write
/// of its value there keeps one out of `values`, those of all that is `kept`, with what that rests on, so that nobody thinks that it was never written.
pub fn since(
    sources: &Sources,
    kept: &[OpId],
    values: &HashSet<ValueId>,
    anchor: OpId,
) -> Vec<OpId> {
    let fixed = sources.operation(anchor);
    let overlaps = |operation: &Operation| {
        operation.invoked() < fixed.returned() && operation.returned() > fixed.invoked()
    };
    let stays = |id: &OpId| {
        let operation = sources.operation(*id);
        let idle = looks(operation) && overlaps(operation);
        *id == anchor || operation.returned() > fixed.invoked() && !idle
    };
    let rest: Vec<OpId> = kept.iter().copied().filter(stays).collect();
    let left = sources.values(&rest);
    let reader = |id: &OpId| {
        let operation = sources.operation(*id);
        let orphan = operation.end() != End::Info && sources.is_orphan(*id, &left, values);
        *id == anchor || is_known_cas(operation) && overlaps(operation) || orphan
    };
    let readers: Vec<OpId> = rest.iter().copied().filter(reader).collect();
    let mut closed = sources.close(&rest, &readers);
    closed.retain(|id| kept.binary_search(id).is_ok());
    closed
}

fn looks(operation: &Operation) -> bool {
    operation.act().is_read() || operation.end() == End::Mismatch
}

fn is_known_cas(operation: &Operation) -> bool {
    operation.act() == Act::Cas && operation.end() == End::Ok
}
