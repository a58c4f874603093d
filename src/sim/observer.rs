//! Who watches a simulated run. Watching changes nothing, and not watching (`()`) costs nothing.

use super::{Loss, Places, RequestId};
use crate::faults::Fault;
use crate::process::{EffectOf, NodeId, Op, Outcome, Process, Step, Ticket};
use std::time::Duration;

/// Why a process takes a step.
#[derive(Debug)]
pub enum Cause<'a, P: Process> {
    /// It starts.
    Start,
    /// A record that survived is replayed.
    Recover(&'a P::Record),
    /// A client asks for something.
    Request {
        /// The request, as the simulation numbers it.
        request: RequestId,
        /// The request, as the process knows it.
        ticket: Ticket,
        /// What is asked for.
        op: &'a Op,
    },
    /// A message arrived.
    Message {
        /// Who sent it.
        from: NodeId,
        /// What it says.
        message: &'a P::Message,
    },
    /// A timer is due.
    Timer(&'a P::Timer),
    /// Records became durable: no handler runs, but effects that waited for them happen now.
    Durable,
}

/// What a step left behind.
#[derive(Debug)]
pub struct Left<'a, P: Process> {
    /// Its remarks.
    pub notes: &'a [Step],
    /// Its effects that happen now.
    pub effects: &'a [EffectOf<P>],
    /// Its effects that wait until a record is durable; the first may be that record.
    pub held: &'a [EffectOf<P>],
}

/// Watches a run. Each step is one call of [`Observer::begins`] and then one of [`Observer::ends`].
#[allow(unused_variables)] // the names are the documentation
pub trait Observer<P: Process> {
    /// `node` takes a step.
    fn begins(&mut self, at: Duration, node: NodeId, cause: Cause<'_, P>) {}
    /// `node`'s step is over. Its effects happen next.
    fn ends(&mut self, at: Duration, node: NodeId, left: Left<'_, P>) {}
    /// A message will not arrive, or did not.
    fn lost(&mut self, at: Duration, from: NodeId, to: NodeId, message: &P::Message, loss: Loss) {}
    /// A message will arrive twice.
    fn duplicated(&mut self, at: Duration, from: NodeId, to: NodeId, message: &P::Message) {}
    /// A client's request ended.
    fn answered(&mut self, at: Duration, request: RequestId, outcome: &Outcome) {}
    /// A fault begins, or ends.
    fn fault(&mut self, at: Duration, fault: Fault) {}
    /// Whether it reads what steps remark; where not, nothing is remarked.
    fn heeds_notes(&self) -> bool {
        true
    }
    /// Which write took which place in the order, if it has kept that.
    fn places(&self) -> Option<&Places> {
        None
    }
}

/// Nobody watches.
impl<P: Process> Observer<P> for () {
    fn heeds_notes(&self) -> bool {
        false
    }
}

/// Watches for the order alone.
impl<P: Process> Observer<P> for Places {
    fn ends(&mut self, _: Duration, _: NodeId, left: Left<'_, P>) {
        self.note(left.notes);
    }

    fn places(&self) -> Option<&Places> {
        Some(self)
    }
}
