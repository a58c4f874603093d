//! A secondary: its log is a prefix of the master's, without gaps, each entry once.

use super::entries::Entry;
use super::memory::{Memory, Record};
use super::message::{Held, Holding, Lead, Message};
use super::server::{Context, MASTER};
use crate::process::{Defect, Outcome, Reason, Start, Status, Step, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The most entries that wait behind a gap; what does not fit is sent again.
const MOST_KEPT: usize = 4_096;
/// The most bytes of text that wait behind a gap.
const MOST_KEPT_BYTES: usize = 8 << 20;
/// So many messages does a remark name.
const NAMED: usize = 3;

/// A secondary of the log.
#[derive(Debug)]
pub(super) struct Secondary {
    pub start: Start,
    pub memory: Memory,
    /// Entries of the epoch behind a gap, by place.
    kept: BTreeMap<u64, Arc<Entry>>,
    kept_bytes: usize,
    /// Once it has everything up to here, one that lost its memory has it back.
    target: Option<u64>,
}

impl Secondary {
    /// The secondary that `start` names.
    pub fn new(start: &Start) -> Self {
        let (start, memory) = (start.clone(), Memory::default());
        Secondary { start, memory, kept: BTreeMap::new(), kept_bytes: 0, target: None }
    }

    /// It starts. One that has lived before tells the master, for it may lack something.
    pub fn on_start(&mut self, ctx: &mut Context) {
        if self.start.blank || self.memory.blank {
            self.memory.save(ctx, Record::Blank);
        }
        if self.start.incarnation > 1 {
            ctx.note(Step::Asking { head: self.memory.log.head() });
            self.say(ctx, Message::Have);
        }
    }

    /// A client reads the log.
    pub fn read(&self, from: u64, limit: Option<u64>) -> Outcome {
        if self.memory.blank && !self.start.lacks(Defect::BlankReads) {
            return Outcome::Refused(Reason::NotCaughtUp);
        }
        self.memory.read(from, limit)
    }

    /// The master says something.
    pub fn on_message(&mut self, ctx: &mut Context, message: Message) {
        match message {
            Message::Append { epoch, after, entries } => self.on_append(ctx, epoch, after, entries),
            Message::Heartbeat { epoch, .. } if epoch >= self.memory.epoch => {
                self.say(ctx, Message::Alive);
            }
            Message::Lead(lead) => self.on_lead(ctx, &lead),
            Message::Recall { epoch } => self.on_recall(ctx, epoch),
            Message::Fetch { epoch, after } => self.on_fetch(ctx, epoch, after),
            _ => ctx.note(Step::Ignored { why: "of an earlier epoch" }),
        }
    }

    /// Says how much it has.
    fn say(&self, ctx: &mut Context, how: fn(Held) -> Message) {
        let (epoch, incarnation) = (self.memory.joined, ctx.incarnation());
        ctx.send(MASTER, how(Held { epoch, incarnation, seq: self.memory.log.head() }));
    }

    fn on_append(&mut self, ctx: &mut Context, epoch: u64, after: u64, entries: Vec<Arc<Entry>>) {
        if epoch < self.memory.epoch {
            return ctx.note(Step::Ignored { why: "of an earlier epoch" });
        }
        if after.checked_add(entries.len() as u64 + 1).is_none() {
            return ctx.note(Step::Ignored { why: "beyond all places" });
        }
        if epoch == self.memory.joined {
            self.take(ctx, after, entries);
            self.remember(ctx);
        }
        // One of another epoch, or of none, is told by the master what to do.
        self.say(ctx, Message::Have);
    }

    /// Takes the entries in that come next, and keeps those that come later.
    fn take(&mut self, ctx: &mut Context, after: u64, entries: Vec<Arc<Entry>>) {
        let before = self.memory.log.head();
        let gap = after > before && !self.start.lacks(Defect::SkipReorderBuffer);
        for (entry, seq) in entries.into_iter().zip(after + 1..) {
            if gap {
                self.keep(seq, entry);
            } else if seq > before {
                self.log(ctx, entry);
            }
        }
        while let Some(entry) = self.unkeep(self.memory.log.head() + 1) {
            self.log(ctx, entry);
        }
        let head = self.memory.log.head();
        if gap {
            ctx.note(Step::Kept { from: after + 1, missing: head + 1 });
        } else if head > before {
            ctx.note_with(|| Step::Logged {
                from: before + 1,
                to: head,
                first: self.named(before),
            });
        }
    }

    fn log(&mut self, ctx: &mut Context, entry: Arc<Entry>) {
        let runs = self.memory.log.runs();
        let fits = runs.last().is_none_or(|last| last.epoch <= entry.epoch);
        if fits && entry.epoch <= self.memory.joined {
            self.memory.save(ctx, Record::Entry(entry));
        } else {
            ctx.note(Step::Ignored { why: "an entry of no epoch that fits" });
        }
    }

    fn named(&self, before: u64) -> Vec<Value> {
        let entries = self.memory.log.behind(before).iter().take(NAMED);
        entries.map(|entry| entry.message.clone()).collect()
    }

    fn keep(&mut self, seq: u64, entry: Arc<Entry>) {
        let bytes = entry.message.len();
        if self.kept.len() < MOST_KEPT && self.kept_bytes + bytes <= MOST_KEPT_BYTES {
            let known = self.kept.insert(seq, entry);
            self.kept_bytes += bytes - known.map_or(0, |known| known.message.len());
        }
    }

    /// Takes the kept entry of this place; what is before it is of no use any more.
    fn unkeep(&mut self, seq: u64) -> Option<Arc<Entry>> {
        while let Some(first) = self.kept.first_entry().filter(|first| *first.key() <= seq) {
            let (place, entry) = first.remove_entry();
            self.kept_bytes -= entry.message.len();
            if place == seq {
                return Some(entry);
            }
        }
        None
    }

    /// One that lost its memory has it back once it has everything that there was when it asked.
    fn remember(&mut self, ctx: &mut Context) {
        let head = self.memory.log.head();
        if self.memory.blank && self.target.is_some_and(|target| head >= target) {
            self.memory.save(ctx, Record::CaughtUp);
            ctx.note(Step::Remembered { head });
        }
    }

    /// An epoch that this log is not of: what is not in the epoch's log is forgotten.
    fn on_lead(&mut self, ctx: &mut Context, lead: &Lead) {
        let known = lead.epoch == self.memory.joined;
        if lead.epoch < self.memory.epoch || lead.incarnation != ctx.incarnation() || known {
            return ctx.note(Step::Ignored { why: "of an earlier epoch or life" });
        }
        let head = self.memory.log.head();
        let keep = self.memory.log.shared_with(&lead.runs, lead.head);
        if keep < head {
            ctx.note(Step::Retracted { from: keep + 1, to: head });
        }
        let (epoch, base) = (lead.epoch, lead.base);
        self.memory.save(ctx, Record::Joined { epoch, base, keep });
        (self.kept, self.kept_bytes) = (BTreeMap::new(), 0);
        self.target = Some(lead.head);
        self.remember(ctx);
        self.say(ctx, Message::Have);
    }

    /// A master without memory asks what there is here. Earlier epochs are over.
    fn on_recall(&mut self, ctx: &mut Context, epoch: u64) {
        if epoch < self.memory.epoch {
            return ctx.note(Step::Ignored { why: "of an earlier epoch" });
        }
        if epoch > self.memory.epoch {
            self.memory.save(ctx, Record::Promised(epoch));
        }
        let Memory { complete, blank, .. } = self.memory;
        let (incarnation, seq) = (ctx.incarnation(), self.memory.log.head());
        let holding = Holding { epoch, incarnation, complete, seq, blank };
        ctx.send(MASTER, Message::Holding(holding));
    }

    /// A master without memory takes over this log.
    fn on_fetch(&mut self, ctx: &mut Context, epoch: u64, after: u64) {
        if epoch != self.memory.epoch || self.memory.blank {
            return ctx.note(Step::Ignored { why: "asks for no log of this server" });
        }
        let (incarnation, entries) = (ctx.incarnation(), self.memory.log.chunk(after));
        ctx.send(MASTER, Message::Fetched { epoch, incarnation, after, entries });
    }

    /// What a person wants to know of it.
    pub fn status(&self) -> Status {
        Status {
            role: "secondary".to_string(),
            state: if self.memory.blank { "blank" } else { "ready" }.to_string(),
            keys: self.memory.log.head(),
            version: self.memory.log.head(),
            rounds: 0,
            queue: 0,
            waiting: 0,
            view: Vec::new(),
            health: BTreeMap::new(),
        }
    }
}
