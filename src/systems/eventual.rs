//! Eventual: when the writes stop and the messages have arrived, all servers agree. Nothing is promised before that.
//!
//! Terry et al. (1994), Vogels (2009). A write is answered at once and broadcast later; a read is local. A client may
//! not see its own write, and two servers may answer differently for a while. The broadcast goes through the same lock
//! as everywhere, so that the servers agree on who wrote last. A server that loses its memory before its broadcast
//! loses what it has answered.

use super::level::{read_locally, triple};
use super::{About, Clients};
use crate::order::{Message, Order, Style, Timer, Until};
use crate::process::{Ctx, NodeId, Nothing, Op, Outcome, Process, Start, Status, Ticket};

pub(super) const ABOUT: About = About {
    name: "eventual",
    title: "Eventual",
    model: "eventual",
    clients: Clients::Any,
    how: "writes are answered at once and broadcast later; reads are local",
    faults: "lossy, slow or cut links; pauses; kills while one server at a time lacks its memory: it may lose writes that it answered and had not broadcast",
    durable: false,
    not: "read-your-writes: a client may read what was there before its own write",
};

/// One server of the eventually consistent store.
#[derive(Debug)]
pub struct Eventual {
    order: Order,
}

impl Eventual {
    /// The server that `start` names.
    pub fn new(start: &Start) -> Self {
        Eventual { order: Order::new(start, Style { tell_done: false, patient: true }) }
    }

    /// Answers a write before anybody else hears of it, unless too many wait already to be broadcast.
    fn write(&mut self, ctx: &mut Ctx<Self>, ticket: Ticket, op: Op) {
        let answer = match &op {
            Op::Delete { key, .. } => {
                let existed = self.order.state().variable(key).value.is_some();
                Outcome::Deleted { existed, version: None, session: None }
            }
            _ => Outcome::Set { version: None, session: None },
        };
        self.order.submit(ctx, ticket, triple(op), None, Until::Delivered);
        let failed = self.settle().into_iter().find(|(failed, _)| *failed == ticket);
        ctx.reply(ticket, failed.map_or(answer, |(_, failure)| failure));
    }

    /// What ended: it was answered long ago, unless it failed at once.
    fn settle(&mut self) -> Vec<(Ticket, Outcome)> {
        let mut failed = Vec::new();
        while let Some(settled) = self.order.settled() {
            if let Err(failure) = settled.result {
                failed.push((settled.entry.ticket, failure));
            }
        }
        failed
    }
}

impl Process for Eventual {
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
            Op::Set { .. } | Op::Delete { .. } => self.write(ctx, ticket, op),
            _ => ctx.reply(ticket, read_locally(self.order.state(), &op)),
        }
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, from: NodeId, message: Message) {
        self.order.on_message(ctx, from, message);
        self.settle();
    }

    fn on_timer(&mut self, ctx: &mut Ctx<Self>, timer: Timer) {
        self.order.on_timer(ctx, timer);
        self.settle();
    }

    fn status(&self) -> Status {
        self.order.status()
    }
}
