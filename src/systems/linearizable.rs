//! Linearizable: every operation seems to happen at one moment between its call and its answer, for all clients alike.
//!
//! Herlihy and Wing (1990). Reads take their place in the one order like writes do. A write is answered when every
//! server of the view has it; a read at its own delivery: whatever was answered before the read was called has a lower
//! place, and so is in the state that it reads.
//!
//! ```text
//!   set: submit ─▶ ordered ─▶ delivered here ─▶ done everywhere ─▶ answer
//!   get: submit ─▶ ordered ─▶ delivered here ─▶ answer
//! ```

use super::level::{answer, answer_early, triple};
use super::{About, Clients};
use crate::order::{Message, Order, Style, Timer, Until};
use crate::process::{Ctx, NodeId, Nothing, Op, Outcome, Process, Start, Status, Ticket};

pub(super) const ABOUT: About = About {
    name: "linearizable",
    title: "Linearizability",
    model: "linearizable",
    clients: Clients::Any,
    how: "writes and reads are ordered; a write is answered when every server has it",
    faults: "lossy, slow or cut links; pauses; kills while a majority is left and one server at a time lacks its memory",
    durable: true,
    not: "no stronger model here",
};

/// One server of the linearizable store.
#[derive(Debug)]
pub struct Linearizable {
    order: Order,
}

impl Linearizable {
    /// The server that `start` names.
    pub fn new(start: &Start) -> Self {
        Linearizable { order: Order::new(start, Style { tell_done: true, patient: false }) }
    }
}

impl Process for Linearizable {
    type Message = Message;
    type Timer = Timer;
    type Record = Nothing;

    fn on_start(&mut self, ctx: &mut Ctx<Self>) {
        self.order.on_start(ctx);
    }

    fn on_recover(&mut self, record: Nothing) {
        match record {}
    }

    fn on_request(&mut self, ctx: &mut Ctx<Self>, ticket: Ticket, op: Op) {
        if let Err(reason) = self.order.admit(&op) {
            return ctx.reply(ticket, Outcome::Refused(reason));
        }
        let until = match op {
            Op::Set { .. } | Op::Delete { .. } => Until::Done,
            _ => Until::Delivered,
        };
        answer_early(&self.order, ctx, ticket, &op);
        self.order.submit(ctx, ticket, triple(op), None, until);
        answer(&mut self.order, ctx);
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, from: NodeId, message: Message) {
        self.order.on_message(ctx, from, message);
        answer(&mut self.order, ctx);
    }

    fn on_timer(&mut self, ctx: &mut Ctx<Self>, timer: Timer) {
        self.order.on_timer(ctx, timer);
        answer(&mut self.order, ctx);
    }

    fn status(&self) -> Status {
        self.order.status()
    }
}
