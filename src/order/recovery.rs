//! How a primary that lost its memory gets it back.
//!
//! It asks every server what it holds and waits for all of them; each that answers ignores the old epoch from then on,
//! so nothing can be added behind its back. It takes over the furthest state, which holds whatever was shown or
//! acknowledged, and opens an epoch of its own with an empty round. Until then it refuses. If another server is blank
//! too, what was acknowledged may be gone: it goes on refusing rather than say something false. A primary without other
//! servers has nobody to ask, and refuses for good.

use super::catchup::Pull;
use super::{Level, Message, Order, Timer};
use crate::process::{Ctx, NodeId, Step};
use std::collections::BTreeMap;

/// What one server said that it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Holding {
    /// The last round delivered there.
    pub number: u64,
    /// Whether that server lost its memory too.
    pub blank: bool,
    /// Which life of that server answered.
    pub incarnation: u64,
}

/// What the servers have said so far.
#[derive(Debug, Default)]
pub(super) struct Recovery {
    holdings: BTreeMap<NodeId, Holding>,
}

impl Recovery {
    /// The server that holds most, once all `others` have answered and none of them is blank.
    fn furthest(&self, others: &[NodeId]) -> Option<(NodeId, Holding)> {
        let complete =
            others.iter().all(|node| self.holdings.get(node).is_some_and(|holding| !holding.blank));
        let furthest = self
            .holdings
            .iter()
            .max_by_key(|(node, holding)| (holding.number, std::cmp::Reverse(**node)));
        furthest.filter(|_| complete).map(|(node, holding)| (*node, *holding))
    }
}

impl Order {
    /// Asks every server that has not answered, or was blank; or the furthest for its state.
    pub(super) fn recall<P: Level>(&mut self, ctx: &mut Ctx<P>) {
        let others = self.others();
        let Some(recovery) = &self.recovery else { return };
        if recovery.furthest(&others).is_some() {
            return self.pull_again(ctx);
        }
        let unclear =
            |node: &NodeId| recovery.holdings.get(node).is_none_or(|holding| holding.blank);
        let ask = others.into_iter().filter(unclear);
        ctx.send_all(ask, Message::Recall { epoch: self.epoch });
        ctx.arm(Timer::Pull.into(), self.timing().resend_after);
    }

    /// A primary without memory asks what this server holds. The old epoch is over.
    pub(super) fn on_recall<P: Level>(&mut self, ctx: &mut Ctx<P>, epoch: u64) {
        let (number, blank) = (self.state.number, self.catchup.is_blank());
        let holding = Message::Holding { epoch, number, blank, incarnation: ctx.incarnation() };
        ctx.send(super::PRIMARY, holding);
    }

    /// A server says what it holds.
    pub(super) fn on_holding<P: Level>(
        &mut self,
        ctx: &mut Ctx<P>,
        from: NodeId,
        holding: Holding,
    ) {
        let others = self.others();
        let Some(recovery) = &mut self.recovery else { return };
        if recovery.furthest(&others).is_some() {
            return;
        }
        recovery.holdings.insert(from, holding);
        match recovery.furthest(&others) {
            Some((_, Holding { number: 0, .. })) => self.open_epoch(ctx),
            Some((furthest, _)) => self.pull(ctx, furthest),
            None => {}
        }
    }

    /// The primary has its memory back: it opens an epoch with an empty round, which every server acknowledges.
    pub(super) fn open_epoch<P: Level>(&mut self, ctx: &mut Ctx<P>) {
        let Some(recovery) = self.recovery.take() else { return };
        ctx.disarm(Timer::Pull.into());
        ctx.note(Step::EpochOpened { epoch: self.epoch, round: self.state.number });
        self.catchup.recovered();
        let lives = recovery.holdings.iter().map(|(node, holding)| (*node, holding.incarnation));
        self.lead(ctx, lives.collect());
    }

    /// Whether `pull` is of a life of its sender that this server should listen to.
    pub(super) fn note_pull<P: Level>(
        &mut self,
        ctx: &mut Ctx<P>,
        from: NodeId,
        pull: &Pull,
    ) -> bool {
        if self.recovery.is_some() {
            ctx.note(Step::Ignored { why: "has no memory itself" });
            return false;
        }
        self.on_progress(ctx, from, pull)
    }
}
