//! Sending the log on: to each secondary what it lacks, in batches, and again what it does not acknowledge.
//!
//! Secondaries that lack the same are sent the same message. What one lacks that has lost its memory may be a long log: batch after batch
//! of it goes out at a steady pace, so that new appends go on meanwhile. One that is silent for long is sent nothing but heartbeats; one
//! that answers again goes on from what it has.

use super::master::Master;
use super::member::pause;
use super::message::{Lead, Message};
use super::server::{Context, Timer};
use crate::process::{NodeId, Step};
use std::collections::BTreeMap;
use std::time::Duration;

impl Master {
    /// Sends every secondary what it lacks, as far as it may be under way.
    pub(super) fn ship(&mut self, ctx: &mut Context) {
        let epoch = self.memory.joined;
        loop {
            let lacking = self.lacking(ctx.now());
            if lacking.is_empty() {
                return self.ship_later(ctx);
            }
            for (after, to) in lacking {
                let entries = self.memory.log.chunk(after);
                let bytes = entries.iter().map(|entry| entry.message.len() + entry.id.len()).sum();
                let last = after + entries.len() as u64;
                to.iter().for_each(|node| self.is_under_way(ctx, *node, last, bytes));
                ctx.send_all(to, Message::Append { epoch, after, entries });
            }
        }
    }

    /// The secondaries that can be sent something now, by what they have been sent.
    fn lacking(&self, now: Duration) -> BTreeMap<u64, Vec<NodeId>> {
        let head = self.memory.log.head();
        let mut lacking: BTreeMap<u64, Vec<NodeId>> = BTreeMap::new();
        for (node, member) in &self.members {
            if member.has_room(head) && member.waits(now) == Duration::ZERO {
                lacking.entry(member.sent).or_default().push(*node);
            }
        }
        lacking
    }

    /// Goes on when the next batch is due that only waits for its time.
    fn ship_later(&mut self, ctx: &mut Context) {
        let (now, head) = (ctx.now(), self.memory.log.head());
        let waiting = self.members.values().filter(|member| member.has_room(head));
        if let Some(wait) = waiting.map(|member| member.waits(now)).min()
            && !self.batch_armed
        {
            self.batch_armed = true;
            ctx.arm(Timer::Batch, wait);
        }
    }

    fn is_under_way(&mut self, ctx: &mut Context, node: NodeId, last: u64, bytes: usize) {
        let (now, whole) = (ctx.now(), last == self.memory.log.head());
        let Some(member) = self.members.get_mut(&node) else { return };
        let first = !member.is_waiting();
        member.send(now, last, bytes, whole);
        if first {
            self.retry_later(ctx, node);
        }
    }

    /// What is under way to a secondary has its whole time again.
    pub(super) fn retry_later(&mut self, ctx: &mut Context, node: NodeId) {
        let Some(member) = self.members.get_mut(&node) else { return };
        member.retries = 0;
        self.arm_retry(ctx, node);
    }

    fn arm_retry(&mut self, ctx: &mut Context, node: NodeId) {
        let (now, first) = (ctx.now(), self.start.timing.resend_after);
        let Some(member) = self.members.get_mut(&node) else { return };
        let wait = pause(first, member.retries, ctx.random().share());
        member.retry_at = now + wait;
        if member.is_waiting() && !member.retry_armed {
            member.retry_armed = true;
            ctx.arm(Timer::Retry(node), wait);
        }
    }

    /// Looks whether what is under way to a secondary has been so for too long; then it is sent again.
    pub(super) fn retry(&mut self, ctx: &mut Context, node: NodeId) {
        let Some(member) = self.members.get_mut(&node) else { return };
        member.retry_armed = false;
        if !member.is_waiting() {
            return;
        }
        let left = member.retry_at.saturating_sub(ctx.now());
        if left > Duration::ZERO {
            member.retry_armed = true;
            return ctx.arm(Timer::Retry(node), left);
        }
        member.land();
        let tries = member.retries + 1;
        ctx.note(Step::Resent { what: format!("{} to {node}", member.have + 1) });
        self.ship(ctx);
        if let Some(member) = self.members.get_mut(&node) {
            member.retries = tries;
        }
        self.arm_retry(ctx, node);
    }

    /// Tells a secondary of another epoch what the log of this one is.
    pub(super) fn tell_epoch(&mut self, ctx: &mut Context, to: NodeId) {
        let Some(member) = self.members.get(&to) else { return };
        if member.joined {
            return ctx.note(Step::Ignored { why: "of an earlier epoch" });
        }
        let (memory, incarnation) = (&self.memory, member.incarnation);
        let (epoch, base) = (memory.joined, memory.base);
        let (runs, head) = (memory.log.runs().to_vec(), memory.log.head());
        ctx.send(to, Message::Lead(Lead { epoch, incarnation, base, runs, head }));
    }
}
