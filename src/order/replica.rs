//! The replica: delivery, gap-free and exactly once, and the acknowledgements.

use super::round::Round;
use super::tickets::Written;
use super::{Level, Message, Order, PRIMARY};
use crate::process::{Action, Ctx, Defect, Step};
use std::sync::Arc;

impl Order {
    /// The primary broadcast a round.
    pub(super) fn on_broadcast<P: Level>(
        &mut self,
        ctx: &mut Ctx<P>,
        round: Arc<Round>,
        done: u64,
    ) {
        self.edge.heard(ctx.now());
        self.catchup.thaw_all();
        if self.catchup.waits_for_its_first_answer() {
            return ctx.note(Step::Ignored { why: "blank: knows no round before it" });
        }
        self.accept(ctx, round);
        self.remember(ctx);
        self.on_done(done);
        self.acknowledge(ctx);
    }

    /// Delivers a round if its turn has come, and what waited for it; keeps it if there is a gap before it.
    pub(super) fn accept<P: Level>(&mut self, ctx: &mut Ctx<P>, round: Arc<Round>) {
        let next = self.state.number + 1;
        if round.number < next {
            return ctx.note(Step::Ignored { why: "delivered already" });
        }
        if self.start.lacks(Defect::SkipReorderBuffer) {
            return self.deliver(ctx, &round);
        }
        if round.number > next {
            ctx.note(Step::Gap { round: round.number, missing: next });
            self.catchup.keep(round);
            return self.pull(ctx, PRIMARY);
        }
        if round.base != self.state.counter {
            return ctx.note(Step::Ignored { why: "does not follow what was delivered" });
        }
        self.deliver(ctx, &round);
        while let Some(round) = self.catchup.take(self.state.number + 1) {
            self.deliver(ctx, &round);
        }
    }

    /// The round takes its place in this server's state, and its own requests are answered.
    pub(super) fn deliver<P: Level>(&mut self, ctx: &mut Ctx<P>, round: &Round) {
        self.state.begin(round);
        for entry in &round.entries {
            let mine =
                entry.ticket.node == self.id() && entry.ticket.incarnation == ctx.incarnation();
            let written = self.state.apply(entry);
            match (written, &entry.triple.key) {
                (Some(Written { version, .. }), Some(key)) => ctx.note_with(|| {
                    let value = entry.triple.value.clone();
                    Step::Applied { key: key.clone(), value, version }
                }),
                (_, key) if mine && entry.triple.action != Action::Set => {
                    ctx.note_with(|| Step::Read { key: key.clone() })
                }
                _ => {}
            }
            if mine {
                let answer = self.state.answer(entry, written);
                self.edge.delivered(entry.ticket, round.number, self.done, answer);
            }
        }
    }

    /// Tells the primary how far this server is: one acknowledgement covers all rounds before it.
    pub(super) fn acknowledge<P: Level>(&mut self, ctx: &mut Ctx<P>) {
        let (epoch, number, incarnation) = (self.epoch, self.state.number, ctx.incarnation());
        ctx.send(PRIMARY, Message::Ack { epoch, number, incarnation });
    }
}
