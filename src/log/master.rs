//! The master: what clients ask of it, and when they are answered.

use super::entries::Entry;
use super::ids::Ids;
use super::member::Member;
use super::memory::{Memory, Record};
use super::message::{Held, Message};
use super::recovery::Recovery;
use super::server::{Context, MASTER, Timer};
use super::waiting::{Append, Waiting};
use crate::process::{
    Defect, Health, Key, NodeId, Op, Outcome, Reason, Start, Status, Step, Ticket, Value,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The master of the log.
#[derive(Debug)]
pub(super) struct Master {
    pub start: Start,
    pub memory: Memory,
    ids: Ids,
    pub members: BTreeMap<NodeId, Member>,
    waiting: Waiting,
    /// For when the next end of an append's patience is armed.
    deadline: Option<Duration>,
    pub ship_armed: bool,
    pub batch_armed: bool,
    /// Only as long as it has no memory.
    pub recovery: Option<Recovery>,
    deposed: bool,
}

impl Master {
    /// The master that `start` names.
    pub fn new(start: &Start) -> Self {
        Master {
            start: start.clone(),
            memory: Memory::default(),
            ids: Ids::default(),
            members: BTreeMap::new(),
            waiting: Waiting::default(),
            deadline: None,
            ship_armed: false,
            batch_armed: false,
            recovery: None,
            deposed: false,
        }
    }

    /// It starts: with its memory, it leads at once.
    pub fn on_start(&mut self, ctx: &mut Context) {
        if self.start.blank || self.memory.blank {
            self.memory.save(ctx, Record::Blank);
            return self.recover(ctx);
        }
        self.lead(ctx);
    }

    /// It has its memory, and takes appends from now on.
    pub fn lead(&mut self, ctx: &mut Context) {
        let ids = (1..).zip(self.memory.log.behind(0));
        self.ids = ids.map(|(seq, entry)| (seq, &entry.id)).collect();
        let first = self.start.incarnation == 1;
        let member = |now| if first { Member::new(now) } else { Member::unknown(now) };
        let others = self.others().into_iter();
        self.members = others.map(|node| (node, member(ctx.now()))).collect();
        if first { self.watch_later(ctx) } else { self.beat(ctx) }
    }

    /// Every server but this one.
    pub fn others(&self) -> Vec<NodeId> {
        self.start.members().filter(|node| *node != MASTER).collect()
    }

    /// A client appends a message.
    pub fn on_append(&mut self, ctx: &mut Context, ticket: Ticket, op: Op) {
        if let Err(reason) = self.append(ctx, ticket, op) {
            ctx.reply(ticket, Outcome::Refused(reason));
        }
    }

    fn append(&mut self, ctx: &mut Context, ticket: Ticket, op: Op) -> Result<(), Reason> {
        let ends = ctx.now().saturating_add(op.patience(self.start.timing.request_timeout));
        let Op::Append { message, id, w, .. } = op else { return Ok(()) };
        if self.recovery.is_some() || self.deposed {
            return Err(Reason::NotCaughtUp);
        }
        let w = w.among(self.start.servers)?;
        self.must_not_be_read_only()?;
        if w > 1 && self.waiting.is_full() {
            return Err(Reason::Overloaded(self.waiting.len() as u64));
        }
        let (seq, id) = match id {
            None => {
                let id = self.fresh_id(ticket);
                (self.log(ctx, id.clone(), message), id)
            }
            Some(id) => (self.once(ctx, &id, message)?, id),
        };
        self.answer_when(ctx, Append { ticket, seq, id, w, ends });
        Ok(())
    }

    /// The place of the message with this id: the one that it has, or a new one at the end.
    fn once(&mut self, ctx: &mut Context, id: &Key, message: Value) -> Result<u64, Reason> {
        match self.known(id) {
            Some((seq, entry)) if entry.message != message => {
                Err(Reason::IdTaken { id: id.clone(), seq })
            }
            Some((seq, _)) => {
                ctx.note(Step::Known { seq });
                Ok(seq)
            }
            None => Ok(self.log(ctx, id.clone(), message)),
        }
    }

    fn must_not_be_read_only(&self) -> Result<(), Reason> {
        let (healthy, servers) = (self.healthy().count() as u32, self.start.servers);
        let guarded = self.start.replication.read_only_without_quorum;
        if guarded && healthy <= servers / 2 {
            return Err(Reason::ReadOnly { healthy, servers });
        }
        Ok(())
    }

    /// The servers that answer, this one first.
    fn healthy(&self) -> impl Iterator<Item = NodeId> {
        let others = self.members.iter().filter(|(_, member)| member.health == Health::Healthy);
        std::iter::once(MASTER).chain(others.map(|(node, _)| *node))
    }

    /// The ticket names a request for ever, so it makes an id; unless a client has thought of the same.
    fn fresh_id(&self, ticket: Ticket) -> Key {
        let mut id = ticket.to_string();
        while self.ids.get(&id).is_some() {
            id.push('\'');
        }
        id.into()
    }

    fn known(&self, id: &Key) -> Option<(u64, &Entry)> {
        if self.start.lacks(Defect::ResendWithoutDedup) {
            return None;
        }
        let seq = self.ids.get(id)?;
        self.memory.log.get(seq).map(|entry| (seq, entry.as_ref()))
    }

    /// Puts an entry at the end, to be sent once all that has reached this server is there too.
    fn log(&mut self, ctx: &mut Context, id: Key, message: Value) -> u64 {
        let seq = self.memory.log.head() + 1;
        self.ids.insert(&id, seq);
        ctx.note_with(|| Step::Logged { from: seq, to: seq, first: vec![message.clone()] });
        let entry = Entry { epoch: self.memory.joined, id, message };
        self.memory.save(ctx, Record::Entry(Arc::new(entry)));
        if !self.ship_armed && !self.members.is_empty() {
            self.ship_armed = true;
            ctx.arm(Timer::Ship, Duration::ZERO);
        }
        seq
    }

    /// Answers at once if enough servers have the message, else when they do.
    fn answer_when(&mut self, ctx: &mut Context, append: Append) {
        let acks = self.holders(append.seq);
        if acks >= append.w || self.start.lacks(Defect::AnswerBeforeDone) {
            let Append { ticket, seq, id, .. } = append;
            return ctx.reply(ticket, Outcome::Appended { seq, id, acks });
        }
        let Append { ticket, seq, w: want, .. } = append;
        ctx.note(Step::Awaiting { ticket, seq, want, have: acks });
        self.waiting.open(append);
        self.arm_deadline(ctx);
    }

    fn arm_deadline(&mut self, ctx: &mut Context) {
        let Some(first) = self.waiting.first_end() else { return };
        if self.deadline.is_none_or(|armed| first < armed) {
            self.deadline = Some(first);
            ctx.arm(Timer::Deadline, first.saturating_sub(ctx.now()));
        }
    }

    /// Up to which place each secondary counts. One that lacks some of what the epoch began with does not.
    fn counted(&self) -> impl Iterator<Item = u64> {
        let base = self.memory.base;
        let counts = move |member: &&Member| member.joined && member.have >= base;
        self.members.values().filter(counts).map(|member| member.have)
    }

    /// How many servers have everything up to this place, this one included.
    fn holders(&self, seq: u64) -> u32 {
        1 + self.counted().filter(|have| *have >= seq).count() as u32
    }

    /// Answers every append that has its servers by now.
    fn settle(&mut self, ctx: &mut Context) {
        if self.waiting.len() == 0 {
            return;
        }
        let mut reached: Vec<u64> = self.counted().collect();
        reached.sort_unstable_by(|a, b| b.cmp(a));
        for (w, up_to) in (2..).zip(reached) {
            while let Some(Append { ticket, seq, id, .. }) = self.waiting.reached(w, up_to) {
                let acks = self.holders(seq);
                ctx.reply(ticket, Outcome::Appended { seq, id, acks });
            }
        }
    }

    /// Tells those whose patience has ended how many servers have their message. It stays in the log.
    fn expire(&mut self, ctx: &mut Context) {
        self.deadline = None;
        while let Some(Append { ticket, seq, w: want, .. }) = self.waiting.late(ctx.now()) {
            let got = self.holders(seq);
            ctx.reply(ticket, Outcome::Unknown(Reason::TooFewAcks { want, got }));
        }
        self.arm_deadline(ctx);
    }

    /// A client reads the log.
    pub fn read(&self, from: u64, limit: Option<u64>) -> Outcome {
        if self.recovery.is_some() || self.deposed {
            return Outcome::Refused(Reason::NotCaughtUp);
        }
        self.memory.read(from, limit)
    }

    /// A secondary says something.
    pub fn on_message(&mut self, ctx: &mut Context, from: NodeId, message: Message) {
        if self.deposed {
            return ctx.note(Step::Ignored { why: "another master leads" });
        }
        match message {
            Message::Have(held) | Message::Alive(held) if self.recovery.is_none() => {
                self.on_held(ctx, from, held);
            }
            Message::Have(_) | Message::Alive(_) => self.recall_one(ctx, from),
            Message::Holding(holding) => self.on_holding(ctx, from, holding),
            Message::Fetched { epoch, incarnation, after, entries } => {
                self.on_fetched(ctx, from, (epoch, incarnation), after, entries);
            }
            _ => {} // what a master says, and no secondary
        }
    }

    /// A secondary says how much of the log it has.
    fn on_held(&mut self, ctx: &mut Context, from: NodeId, held: Held) {
        if held.epoch > self.memory.epoch {
            return self.depose(ctx, held.epoch);
        }
        let stale_acks = self.start.lacks(Defect::StaleAck);
        let (epoch, head) = (self.memory.joined, self.memory.log.head());
        let Some(member) = self.members.get_mut(&from) else { return };
        if held.incarnation < member.incarnation && !stale_acks {
            return ctx.note(Step::Ignored { why: "of an earlier life" });
        }
        if held.epoch == epoch && held.seq > head {
            return ctx.note(Step::Ignored { why: "has more than there is" });
        }
        if held.incarnation > member.incarnation {
            member.begin_life(held.incarnation);
        }
        self.heard(ctx, from);
        if held.epoch == epoch {
            self.on_progress(ctx, from, held.seq);
        } else {
            self.tell_epoch(ctx, from);
        }
    }

    /// A secondary that is of this epoch has everything up to `seq`.
    fn on_progress(&mut self, ctx: &mut Context, from: NodeId, seq: u64) {
        let Some(member) = self.members.get_mut(&from) else { return };
        let news = if member.joined { member.acknowledge(seq) } else { true };
        if !member.joined {
            member.join(seq);
        }
        if news {
            self.retry_later(ctx, from);
            self.settle(ctx);
        }
        self.ship(ctx);
    }

    /// Another master leads: what this one would say could be wrong.
    fn depose(&mut self, ctx: &mut Context, epoch: u64) {
        ctx.note(Step::Deposed { epoch });
        self.deposed = true;
        while let Some(append) = self.waiting.any() {
            ctx.reply(append.ticket, Outcome::Unknown(Reason::NotCaughtUp));
        }
    }

    /// A timer is due.
    pub fn on_timer(&mut self, ctx: &mut Context, timer: Timer) {
        match timer {
            _ if self.deposed => {}
            Timer::Recall => self.recall(ctx),
            Timer::Deadline => self.expire(ctx),
            Timer::Heartbeat => self.beat(ctx),
            Timer::Retry(node) => self.retry(ctx, node),
            Timer::Ship => {
                self.ship_armed = false;
                self.ship(ctx);
            }
            Timer::Batch => {
                self.batch_armed = false;
                self.ship(ctx);
            }
        }
    }

    /// What a person wants to know of it.
    pub fn status(&self) -> Status {
        let recovering = self.recovery.is_some();
        let state = match recovering {
            _ if self.deposed => "deposed",
            true => "recovering",
            false if self.must_not_be_read_only().is_err() => "read-only",
            false => "ready",
        };
        Status {
            role: "master".to_string(),
            state: state.to_string(),
            keys: self.memory.log.head(),
            version: self.memory.log.head(),
            rounds: 0,
            queue: 0,
            waiting: self.waiting.len() as u64,
            view: if recovering { Vec::new() } else { self.healthy().collect() },
            health: self.members.iter().map(|(node, member)| (*node, member.health)).collect(),
        }
    }
}
