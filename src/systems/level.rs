//! What the four levels have in common: words for the order, and reads of the local state.

use crate::order::{self, Level, Order, State};
use crate::process::{Action, Ctx, Defect, Op, Outcome, Ticket, Triple};

/// What the broadcast of a request says that was admitted; what only a log takes never is.
pub(super) fn triple(op: Op) -> Triple {
    match op {
        Op::Set { key, value, .. } => {
            Triple { action: Action::Set, key: Some(key), value: Some(value) }
        }
        Op::Delete { key, .. } => Triple { action: Action::Delete, key: Some(key), value: None },
        Op::Get { key, .. } => Triple { action: Action::Get, key: Some(key), value: None },
        Op::All { .. } | Op::Append { .. } | Op::Messages { .. } => {
            Triple { action: Action::All, key: None, value: None }
        }
    }
}

/// The answer to a read from this server's own state, such as it is.
pub(super) fn read_locally(state: &State, op: &Op) -> Outcome {
    match op {
        Op::Get { key, .. } => {
            let variable = state.store.get(key);
            let value = variable.and_then(|variable| variable.value.clone());
            Outcome::Got {
                value,
                version: variable.map_or(0, |variable| variable.version),
                session: None,
            }
        }
        _ => Outcome::All { values: state.store.values(), session: None },
    }
}

/// The defect of a level that answers a write before it is done. Its later answer reaches nobody.
pub(super) fn answer_early<P: Level>(order: &Order, ctx: &mut Ctx<P>, ticket: Ticket, op: &Op) {
    if order.lacks(Defect::AnswerBeforeDone) && matches!(op, Op::Set { .. }) {
        ctx.reply(ticket, Outcome::Set { version: None, session: None });
    }
}

/// Answers what the last step has settled, for levels without sessions.
pub(super) fn answer<P: Level>(order: &mut Order, ctx: &mut Ctx<P>) {
    while let Some(settled) = order.settled() {
        let (ticket, outcome) = order::outcome(settled);
        ctx.reply(ticket, outcome);
    }
}
