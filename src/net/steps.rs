//! What a server logs of its steps, in the field's words. Where a level is off nothing is formatted.

use super::logs::{FROM, GOT, TARGET};
use crate::process::{NodeId, Op, Outcome, Step, Ticket};
use std::fmt::Display;
use tracing::{debug, enabled, info, warn};

/// A client's request arrived.
pub(super) fn requested(ticket: Ticket, op: &Op) {
    info!(target: TARGET, server = ticket.node.0, request = %ticket, "received {op}");
}

/// A client's request was answered.
pub(super) fn answered(ticket: Ticket, outcome: &Outcome) {
    info!(target: TARGET, server = ticket.node.0, request = %ticket, "answered {outcome}");
}

/// Whether the remarks of the machine are wanted at all.
pub(super) fn are_logged() -> bool {
    enabled!(target: TARGET, tracing::Level::INFO)
}

/// The machine made a remark.
pub(super) fn noted(server: NodeId, step: &Step) {
    match step {
        Step::Forwarded { ticket, .. }
        | Step::Blocked { ticket, .. }
        | Step::Unblocked { ticket } => {
            info!(target: TARGET, server = server.0, request = %ticket, "{step}");
        }
        // Under faults these come with every late or repeated message.
        Step::Ignored { .. } => debug!(target: TARGET, server = server.0, "{step}"),
        _ => info!(target: TARGET, server = server.0, "{step}"),
    }
}

/// The machine sent a message.
pub(super) fn sent(server: NodeId, to: &[NodeId], message: &impl Display) {
    if enabled!(target: TARGET, tracing::Level::DEBUG) {
        let to = to.iter().map(NodeId::to_string).collect::<Vec<_>>().join(", ");
        debug!(target: TARGET, server = server.0, "sent {message} to {to}");
    }
}

/// A peer's message arrived.
pub(super) fn received(server: NodeId, from: NodeId, message: &impl Display) {
    debug!(target: TARGET, server = server.0, "{GOT}{message}{FROM}{}", from.0);
}

/// Messages were lost because their receivers do not listen or do not keep up.
pub(super) fn lost(server: NodeId, messages: usize) {
    debug!(target: TARGET, server = server.0, "lost {messages} messages: a peer does not listen");
}

/// What a peer sent cannot be read.
pub(super) fn unreadable(server: NodeId, from: NodeId, error: &impl Display) {
    warn!(target: TARGET, server = server.0, "a frame of {from} cannot be read: {error}");
}
