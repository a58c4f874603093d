//! What operations do to the state of a key.

use crate::history::{Act, End, ListId, Lists, Operation, ValueId};

/// A state: the number of a value or of a list.
pub type State = u32;

/// The state of a list that no read ever saw: only further appends fit it.
pub const UNSEEN: State = u32::MAX;

/// What an operation does. Values and lists are given by their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Move {
    /// Finds this state: a read of a register or of a list.
    Read(State),
    /// Finds any state but this: a cas that failed.
    Not(State),
    /// Leaves this state, whatever it finds: a write or a delete.
    Write(State),
    /// Finds one state and leaves another.
    Cas(State, State),
    /// Adds an element.
    Append(ValueId),
}

impl Move {
    /// The move of an operation; none where it surely had no effect, or where a read of unknown outcome tells nothing.
    pub fn of(operation: &Operation) -> Option<Move> {
        let value = operation.value().0;
        match (operation.act(), operation.end()) {
            (_, End::Fail) | (Act::Read | Act::ReadList, End::Info | End::Mismatch) => None,
            (_, End::Mismatch) => Some(Move::Not(operation.old().0)),
            (Act::Read | Act::ReadList, End::Ok) => Some(Move::Read(value)),
            (Act::Write, _) => Some(Move::Write(value)),
            (Act::Delete, _) => Some(Move::Write(ValueId::ABSENT.0)),
            (Act::Cas, _) => Some(Move::Cas(operation.old().0, value)),
            (Act::Append, _) => Some(Move::Append(operation.value())),
        }
    }

    /// The state after it; none where it does not fit the state before.
    pub fn apply(self, state: State, lists: &Lists) -> Option<State> {
        match self {
            Move::Read(seen) => (seen == state).then_some(state),
            Move::Not(old) => (old != state).then_some(state),
            Move::Write(value) => Some(value),
            Move::Cas(old, new) => (old == state).then_some(new),
            Move::Append(_) if state == UNSEEN => Some(UNSEEN),
            Move::Append(element) => {
                Some(lists.child(ListId(state), element).map_or(UNSEEN, |list| list.0))
            }
        }
    }

    /// True of what leaves the state as it is.
    pub fn looks(self) -> bool {
        matches!(self, Move::Read(_) | Move::Not(_))
    }

    /// True of what does not care for the state before it.
    pub fn is_blind(self) -> bool {
        matches!(self, Move::Write(_))
    }
}
