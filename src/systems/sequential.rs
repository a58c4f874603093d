//! Sequential: there is one order of all operations that every client's own order fits; it need not be the order in time.
//!
//! Lamport (1979). Writes take their place in the one order and are answered when every server of the view has them;
//! reads are local and answered at once. A client that is bound to one server reads a growing prefix of the one order.
//! A client that roams can read new at one server and then old at another.

use super::level::{answer, answer_early, read_locally, triple};
use super::{About, Clients};
use crate::order::{Message, Order, Style, Timer, Until};
use crate::process::{Ctx, NodeId, Nothing, Op, Outcome, Process, Start, Status, Ticket};

pub(super) const ABOUT: About = About {
    name: "sequential",
    title: "Sequential",
    model: "sequential",
    clients: Clients::Bound,
    how: "writes are ordered and answered when every server has them; reads are local",
    faults: "lossy, slow or cut links; pauses; kills while a majority is left and one server at a time lacks its memory",
    durable: true,
    not: "linearizable: a local read can be old while a write is under way, or for as long as its server is dropped",
};

/// One server of the sequentially consistent store.
#[derive(Debug)]
pub struct Sequential {
    order: Order,
}

impl Sequential {
    /// The server that `start` names.
    pub fn new(start: &Start) -> Self {
        Sequential { order: Order::new(start, Style { tell_done: true, patient: false }) }
    }
}

impl Process for Sequential {
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
        match op {
            Op::Set { .. } | Op::Delete { .. } => {
                answer_early(&self.order, ctx, ticket, &op);
                self.order.submit(ctx, ticket, triple(op), None, Until::Done);
            }
            _ => ctx.reply(ticket, read_locally(self.order.state(), &op)),
        }
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
