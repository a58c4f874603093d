//! How a master that lost its memory gets it back.
//!
//! It asks every secondary what it holds; whoever answers ignores earlier epochs from then on, so nothing can be added behind its
//! back. Once n − f servers with memory have answered it takes over the log of the latest epoch among them, the longest of these,
//! and opens an epoch of its own, numbered by its own life. Until then it refuses. Where more than f servers lack their memory it
//! refuses for good, rather than say something false.

use super::entries::{Entry, Log};
use super::master::Master;
use super::memory::Record;
use super::message::{Holding, Message};
use super::server::{Context, Timer};
use crate::process::{NodeId, Step};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is known so far.
#[derive(Debug, Default)]
pub(super) struct Recovery {
    holdings: BTreeMap<NodeId, Holding>,
    /// Whose log is taken over.
    source: Option<NodeId>,
    /// What has come of it.
    fetched: Vec<Arc<Entry>>,
}

impl Recovery {
    /// Takes down what a server holds. A source that has lost what it held is no source any more.
    fn heard(&mut self, from: NodeId, holding: Holding) {
        let before = self.holdings.insert(from, holding);
        let same = before.is_some_and(|before| before.incarnation == holding.incarnation);
        if self.source == Some(from) && (!same || holding.blank) {
            (self.source, self.fetched) = (None, Vec::new());
        }
    }

    /// The log to take over, once `needed` servers with memory have answered.
    fn choose(&mut self, needed: usize) -> Option<(NodeId, u64)> {
        let with_memory = self.holdings.iter().filter(|(_, holding)| !holding.blank);
        if with_memory.clone().count() < needed {
            return None;
        }
        let latest = |(node, holding): &(&NodeId, &Holding)| {
            (holding.complete, holding.seq, Reverse(**node))
        };
        let (node, holding) = with_memory.max_by_key(latest)?;
        if self.source.replace(*node) != Some(*node) {
            self.fetched.clear();
        }
        Some((*node, holding.seq))
    }
}

impl Master {
    /// It has no memory.
    pub(super) fn recover(&mut self, ctx: &mut Context) {
        ctx.note(Step::Recalling);
        self.recovery = Some(Recovery::default());
        self.recall(ctx);
    }

    /// Of so many servers with memory at least one has each message that more than f have acknowledged.
    fn needed(&self) -> usize {
        let servers = self.start.servers;
        servers.saturating_sub(self.start.replication.tolerated(servers)) as usize
    }

    /// Asks every secondary what it holds, and the source again for what has not come.
    pub(super) fn recall(&mut self, ctx: &mut Context) {
        if self.recovery.is_none() {
            return;
        }
        ctx.send_all(self.others(), Message::Recall { epoch: ctx.incarnation() });
        self.fetch(ctx);
        ctx.arm(Timer::Recall, self.start.timing.resend_after);
    }

    /// A secondary is there: it is asked at once.
    pub(super) fn recall_one(&mut self, ctx: &mut Context, node: NodeId) {
        ctx.send(node, Message::Recall { epoch: ctx.incarnation() });
    }

    fn fetch(&mut self, ctx: &mut Context) {
        let Some(recovery) = &self.recovery else { return };
        let Some(source) = recovery.source else { return };
        let (epoch, after) = (ctx.incarnation(), recovery.fetched.len() as u64);
        ctx.send(source, Message::Fetch { epoch, after });
    }

    /// A secondary says what it holds.
    pub(super) fn on_holding(&mut self, ctx: &mut Context, from: NodeId, holding: Holding) {
        let needed = self.needed();
        let Some(recovery) = &mut self.recovery else { return };
        let last = recovery.holdings.get(&from).map_or(0, |last| last.incarnation);
        if holding.epoch != ctx.incarnation() || holding.incarnation < last {
            return ctx.note(Step::Ignored { why: "answers no question of this life" });
        }
        let had = recovery.source;
        recovery.heard(from, holding);
        match recovery.choose(needed) {
            Some((_, 0)) => self.open_epoch(ctx),
            Some((source, _)) if had != Some(source) => self.fetch(ctx),
            _ => {}
        }
    }

    /// Some of the log that is taken over.
    pub(super) fn on_fetched(
        &mut self,
        ctx: &mut Context,
        from: NodeId,
        (epoch, incarnation): (u64, u64),
        after: u64,
        entries: Vec<Arc<Entry>>,
    ) {
        let Some(recovery) = &mut self.recovery else { return };
        let holding = recovery.holdings.get(&from).filter(|_| recovery.source == Some(from));
        let Some(holding) = holding.filter(|holding| holding.incarnation == incarnation) else {
            return ctx.note(Step::Ignored { why: "answers no question of this life" });
        };
        if epoch != ctx.incarnation() || after != recovery.fetched.len() as u64 {
            return ctx.note(Step::Ignored { why: "fetched already" });
        }
        let seq = holding.seq;
        recovery.fetched.extend(entries);
        if recovery.fetched.len() as u64 >= seq {
            self.open_epoch(ctx);
        } else {
            self.fetch(ctx);
        }
    }

    /// It has its memory back: the log that it took over is what the epoch begins with.
    fn open_epoch(&mut self, ctx: &mut Context) {
        let Some(recovery) = self.recovery.take() else { return };
        let log = Log::of(recovery.fetched);
        log.behind(0).iter().for_each(|entry| {
            self.memory.save(ctx, Record::Entry(entry.clone()));
        });
        let (epoch, base) = (ctx.incarnation(), log.head());
        self.memory.save(ctx, Record::Joined { epoch, base, keep: base });
        self.memory.save(ctx, Record::CaughtUp);
        ctx.disarm(Timer::Recall);
        ctx.note(Step::Opened { epoch, head: base });
        self.lead(ctx);
    }
}
