//! The view: which servers a round waits for.
//!
//! A server that makes no progress for long is dropped from the view, but never so that fewer than a majority of all
//! servers are left. It is probed, asks for what it lacks, and is let back once it lacks no more than the round under
//! way, or than what was broadcast a moment ago; the round under way then waits for it too. A server that was restarted without its memory begins again from nothing.

use super::catchup::Pull;
use super::primary::Primary;
use super::{Level, Message, Order, Timer};
use crate::process::{Ctx, Defect, NodeId, Step};
use std::time::Duration;

/// What the primary knows of another server.
#[derive(Debug, Clone)]
pub(super) struct Member {
    /// Which life of it counts: acknowledgements of others release nothing.
    pub incarnation: u64,
    pub in_view: bool,
    /// Whether the round under way waits for its acknowledgement.
    pub owes: bool,
    /// The last round that it has for sure.
    pub acked: u64,
    /// What it asked for last, to tell progress from repetition.
    pulled: Option<(u64, usize)>,
    /// When it last got further.
    pub progress: Duration,
    /// When the round under way, or a probe, was last sent to it.
    pub sent: Duration,
}

impl Member {
    /// A server of the view in this life, of which nothing is known yet.
    pub fn new(incarnation: u64, now: Duration) -> Self {
        let (in_view, owes) = (true, false);
        Member { incarnation, in_view, owes, acked: 0, pulled: None, progress: now, sent: now }
    }
}

impl Primary {
    /// The servers that rounds wait for, this one included.
    pub fn view(&self) -> impl Iterator<Item = NodeId> {
        let others =
            self.members.iter().filter(|(_, member)| member.in_view).map(|(node, _)| *node);
        std::iter::once(self.id).chain(others)
    }

    /// Takes a server out of the view, unless fewer than a majority would be left.
    pub(super) fn drop_from_view(&mut self, node: NodeId) -> bool {
        let servers = self.members.len() + 1;
        if self.view().count() <= servers / 2 + 1 {
            return false;
        }
        if let Some(member) = self.members.get_mut(&node) {
            member.in_view = false;
        }
        self.forgive(node);
        true
    }

    /// The round under way no longer waits for this server.
    fn forgive(&mut self, node: NodeId) {
        let (member, open) = (self.members.get_mut(&node), &mut self.open);
        if let (Some(member), Some(open)) = (member, open)
            && std::mem::take(&mut member.owes)
        {
            open.owed -= 1;
        }
    }

    /// The round under way waits for nobody.
    pub(super) fn forgive_all(&mut self) {
        let nodes: Vec<NodeId> = self.owing().collect();
        nodes.into_iter().for_each(|node| self.forgive(node));
    }

    /// The servers for which the round under way waits.
    fn owing(&self) -> impl Iterator<Item = NodeId> {
        self.members.iter().filter(|(_, member)| member.owes).map(|(node, _)| *node)
    }

    /// Whether a server that has all rounds up to `acked` may be let back: it lacks nothing that is older than the
    /// round under way or than `since`. Were it the former alone, a server a bit slower than the others would stay
    /// away for as long as there is load.
    fn keeps_up(&self, acked: u64, since: Duration) -> bool {
        // A round that is done is not sent again by itself, but the one under way is, and then the gap shows.
        if self.open.is_none() || acked >= self.head {
            return acked >= self.head;
        }
        let first_lacking = self.log.broadcast_at(acked + 1);
        acked + 1 == self.head || first_lacking.is_some_and(|at| at >= since)
    }

    /// A server that keeps up is in the view again. Returns whether it came back.
    fn let_back(&mut self, node: NodeId, now: Duration, recent: Duration) -> bool {
        let (head, since) = (self.head, now.saturating_sub(recent));
        let away = self.members.get(&node).filter(|member| !member.in_view);
        if !away.is_some_and(|member| self.keeps_up(member.acked, since)) {
            return false;
        }
        let Some(member) = self.members.get_mut(&node) else { return false };
        member.in_view = true;
        (member.progress, member.sent) = (now, now);
        if let Some(open) = self.open.as_mut().filter(|_| member.acked < head && !member.owes) {
            member.owes = true;
            open.owed += 1;
        }
        true
    }

    /// When to look again: at the next resend, probe or suspicion.
    fn next_watch(&self, resend: Duration, suspect: Duration, now: Duration) -> Option<Duration> {
        let owing = self.members.values().filter(|member| member.owes);
        let due = owing.flat_map(|member| [member.sent + resend, member.progress + suspect]);
        let away = self
            .members
            .values()
            .filter(|member| !member.in_view)
            .map(|member| member.sent + resend);
        due.chain(away).filter(|at| *at > now).min()
    }
}

impl Order {
    /// A server has delivered all rounds up to `number`.
    pub(super) fn on_ack<P: Level>(
        &mut self,
        ctx: &mut Ctx<P>,
        from: NodeId,
        number: u64,
        incarnation: u64,
    ) {
        let recent = self.timing().resend_after;
        let Some(primary) = &mut self.primary else { return };
        let Some(member) = primary.members.get_mut(&from) else { return };
        if incarnation != member.incarnation || number > primary.head {
            return ctx.note(Step::Ignored { why: "acknowledges nothing of this life" });
        }
        if number > member.acked {
            member.acked = number;
            member.progress = ctx.now();
        }
        if primary.let_back(from, ctx.now(), recent) {
            ctx.note(Step::Returned { node: from });
            self.send_round_again(ctx, from);
        }
        let Some(primary) = &mut self.primary else { return };
        let Some(open) = &primary.open else { return };
        if number >= open.round.number || self.start.lacks(Defect::StaleAck) {
            primary.forgive(from);
            self.advance(ctx);
        }
    }

    /// Looks who is silent: sends again, drops from the view, probes who was dropped.
    pub(super) fn watch<P: Level>(&mut self, ctx: &mut Ctx<P>) {
        let Some(primary) = &mut self.primary else { return };
        primary.watch_armed = false;
        let (now, timing) = (ctx.now(), self.start.timing);
        let owing: Vec<NodeId> = primary.owing().collect();
        let silent = |primary: &Primary, node: NodeId| {
            primary
                .members
                .get(&node)
                .is_some_and(|member| now >= member.progress + timing.suspect_after)
        };
        for node in owing {
            let Some(primary) = &mut self.primary else { return };
            if !silent(primary, node) {
                self.resend_if_due(ctx, node);
            } else if primary.drop_from_view(node) {
                self.catchup.sent(node);
                ctx.note(Step::Suspected { node });
            } else {
                self.stall(ctx, node);
                self.resend_if_due(ctx, node);
            }
        }
        self.probe(ctx);
        self.advance(ctx);
        self.keep_watch(ctx);
    }

    fn resend_if_due<P: Level>(&mut self, ctx: &mut Ctx<P>, node: NodeId) {
        let due = ctx.now().saturating_sub(self.timing().resend_after);
        let member = self.primary.as_ref().and_then(|primary| primary.members.get(&node));
        if member.is_some_and(|member| member.sent <= due) {
            self.send_round_again(ctx, node);
        }
    }

    fn send_round_again<P: Level>(&mut self, ctx: &mut Ctx<P>, node: NodeId) {
        let done = self.done;
        let Some(primary) = &mut self.primary else { return };
        let Some(open) = &primary.open else { return };
        let Some(member) = primary.members.get_mut(&node).filter(|member| member.owes) else {
            return;
        };
        member.sent = ctx.now();
        let round = open.round.clone();
        ctx.note(Step::Resent { what: format!("round {} to {node}", round.number) });
        ctx.send(node, Message::Broadcast { round, done });
    }

    /// Tells who was dropped how far the order is: whoever can hear it asks for the rest.
    fn probe<P: Level>(&mut self, ctx: &mut Ctx<P>) {
        let (now, resend, epoch) = (ctx.now(), self.timing().resend_after, self.epoch);
        let Some(primary) = &mut self.primary else { return };
        let head = primary.head;
        let away = primary
            .members
            .iter_mut()
            .filter(|(_, member)| !member.in_view && now >= member.sent + resend);
        let mut to = Vec::new();
        for (node, member) in away {
            member.sent = now;
            to.push(*node);
        }
        ctx.send_all(to, Message::Probe { epoch, head });
    }

    pub(super) fn keep_watch<P: Level>(&mut self, ctx: &mut Ctx<P>) {
        let (now, timing) = (ctx.now(), self.timing());
        let Some(primary) = &mut self.primary else { return };
        if primary.watch_armed {
            return;
        }
        if let Some(at) = primary.next_watch(timing.resend_after, timing.suspect_after, now) {
            primary.watch_armed = true;
            ctx.arm(Timer::Watch.into(), at - now);
        }
    }

    /// A server asks for rounds: whether it is to be answered. A new life of it has lost what the old one had.
    pub(super) fn on_progress<P: Level>(
        &mut self,
        ctx: &mut Ctx<P>,
        from: NodeId,
        pull: &Pull,
    ) -> bool {
        let now = ctx.now();
        let Some(primary) = &mut self.primary else { return false };
        let Some(member) = primary.members.get_mut(&from) else { return false };
        if pull.incarnation < member.incarnation {
            ctx.note(Step::Ignored { why: "of an earlier life" });
            return false;
        }
        if pull.incarnation > member.incarnation {
            let (in_view, owes) = (member.in_view, member.owes);
            *member = Member { in_view, owes, ..Member::new(pull.incarnation, now) };
            self.catchup.sent(from);
            if in_view && primary.head > 0 && primary.drop_from_view(from) {
                ctx.note(Step::Forgot { node: from });
            }
        }
        self.get_further(ctx, from, pull);
        self.advance(ctx);
        self.keep_watch(ctx);
        true
    }

    fn get_further<P: Level>(&mut self, ctx: &mut Ctx<P>, from: NodeId, pull: &Pull) {
        let recent = self.timing().resend_after;
        let Some(primary) = &mut self.primary else { return };
        let Some(member) = primary.members.get_mut(&from) else { return };
        if pull.after > member.acked || pull.snapshot > member.pulled {
            member.progress = ctx.now();
        }
        member.acked = member.acked.max(pull.after.min(primary.head));
        member.pulled = pull.snapshot;
        if primary.let_back(from, ctx.now(), recent) {
            ctx.note(Step::Returned { node: from });
        }
    }
}
