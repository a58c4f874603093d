//! The edge: what this server's clients wait for.
//!
//! A submission is sent to the primary, sent again until the primary has answered it or its time is up, and settled
//! once: when it is delivered here, when its round is done, or when it failed.

use super::entry::Entry;
use super::state::{Answer, State};
use super::{Level, Message, Order, PRIMARY, Timer};
use crate::process::{Ctx, Outcome, Reason, Step, Ticket};
use crate::window::Window;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// The most requests that wait at one edge: a client's burst fits, a runaway does not take all memory.
const MOST_WAITING: usize = 16_384;
/// The most bytes of requests that wait at one edge.
const MOST_WAITING_BYTES: usize = 256 << 20;

/// How often an edge sends again, at the most, in the time after which a request is sent again.
const RESENDS_AT_MOST: u32 = 10;

/// How long requests are gathered that nobody waits for: long beside the time that a request takes, so that a busy
/// client's writes share a round, and short beside anything that a person notices.
const GATHER: Duration = Duration::from_millis(5);

/// What a request waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// Its delivery at this server.
    Delivered,
    /// Its delivery at every server of the view.
    Done,
}

/// A request that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// What was submitted.
    pub entry: Entry,
    /// How it ended; an error is [`Outcome::Refused`] or [`Outcome::Unknown`].
    pub result: Result<Answer, Outcome>,
}

/// A request that waits. It is still in `Edge::waiting` as long as it is not settled.
#[derive(Debug)]
struct Waiting {
    entry: Entry,
    cost: usize,
    until: Until,
    deadline: Option<Duration>,
    /// When it was submitted first, and last.
    since: Duration,
    sent: Duration,
    answer: Option<Answer>,
}

/// The requests of one life of one edge, by counter.
#[derive(Debug, Default)]
pub(super) struct Edge {
    waiting: Window<Waiting>,
    bytes: usize,
    /// Delivered, and waiting for this round to be done.
    undone: BTreeMap<u64, Vec<u64>>,
    ended: VecDeque<Settled>,
    /// When the primary was last heard.
    heard: Duration,
    /// Requests that are about to be brought to the primary together.
    gathered: Vec<Entry>,
    gathered_bytes: usize,
    /// Whether requests were brought to the primary since it was last heard.
    under_way: bool,
    /// Whether the primary of this epoch has yet to hear of what waits.
    unheard: bool,
    resend_armed: bool,
    deadline_armed: bool,
}

impl Edge {
    /// How many requests wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// The counter below which no request waits, given that `counter` is about to.
    pub fn settled_below(&self, counter: u64) -> u64 {
        self.waiting.first().map_or(counter, |(first, _)| first)
    }

    /// The primary was heard.
    pub fn heard(&mut self, now: Duration) {
        self.heard = now;
    }

    /// Takes a request in. An error means that it was refused and settled.
    pub fn open<P: Level>(
        &mut self,
        ctx: &mut Ctx<P>,
        entry: Entry,
        cost: usize,
        until: Until,
        deadline: Option<Duration>,
    ) -> Result<(), ()> {
        if self.waiting.len() >= MOST_WAITING || self.bytes + cost > MOST_WAITING_BYTES {
            let refused = Outcome::Refused(Reason::Overloaded(self.waiting.len() as u64));
            self.ended.push_back(Settled { entry, result: Err(refused) });
            return Err(());
        }
        self.bytes += cost;
        let (since, sent) = (ctx.now(), ctx.now());
        let counter = entry.ticket.counter;
        self.waiting
            .insert(counter, Waiting { entry, cost, until, deadline, since, sent, answer: None });
        if let Some(deadline) = deadline.filter(|_| !self.deadline_armed) {
            self.deadline_armed = true;
            ctx.arm(Timer::Deadline.into(), deadline.saturating_sub(ctx.now()));
        }
        Ok(())
    }

    /// The request was delivered here, in this round.
    pub fn delivered(&mut self, ticket: Ticket, round: u64, done: u64, answer: Answer) {
        let Some(waiting) = self.waiting.get_mut(ticket.counter) else { return };
        if waiting.until == Until::Delivered || round <= done {
            return self.settle(ticket.counter, Ok(answer));
        }
        if waiting.answer.replace(answer).is_none() {
            self.undone.entry(round).or_default().push(ticket.counter);
        }
    }

    /// All rounds up to this one are done.
    pub fn done(&mut self, round: u64) {
        while let Some(first) = self.undone.first_entry().filter(|first| *first.key() <= round) {
            for counter in first.remove() {
                if let Some(answer) =
                    self.waiting.get_mut(counter).and_then(|waiting| waiting.answer.take())
                {
                    self.settle(counter, Ok(answer));
                }
            }
        }
    }

    /// The primary refused the request. That is sure only if no other epoch's primary ever had it.
    pub fn refused(&mut self, epoch: u64, ticket: Ticket, reason: Reason) {
        let Some(waiting) = self.waiting.get(ticket.counter) else { return };
        if waiting.entry.ticket == ticket && waiting.entry.epoch == epoch {
            self.settle(ticket.counter, Err(Outcome::Refused(reason)));
        }
    }

    /// A snapshot took the place of rounds that were never delivered here: what it covers is answered from it.
    pub fn restored(&mut self, state: &State, done: u64) {
        let covered = |waiting: &Waiting| {
            let written = state.find(waiting.entry.ticket)?;
            Some((waiting.entry.ticket, written.round, state.answer(&waiting.entry, Some(written))))
        };
        let covered: Vec<_> =
            self.waiting.iter().filter_map(|(_, waiting)| covered(waiting)).collect();
        for (ticket, round, answer) in covered {
            self.delivered(ticket, round, done, answer);
        }
    }

    /// Gives up on every request whose time is up.
    pub fn expire<P: Level>(&mut self, ctx: &mut Ctx<P>) {
        self.deadline_armed = false;
        while let Some((counter, deadline)) = self.first_deadline() {
            if deadline > ctx.now() {
                self.deadline_armed = true;
                return ctx.arm(Timer::Deadline.into(), deadline - ctx.now());
            }
            let reason = self.why_late(counter, deadline);
            self.settle(counter, Err(Outcome::Unknown(reason)));
        }
    }

    /// Requests wait equally long, so the oldest is the next to give up on.
    fn first_deadline(&self) -> Option<(u64, Duration)> {
        let (counter, waiting) = self.waiting.first()?;
        waiting.deadline.map(|deadline| (counter, deadline))
    }

    fn why_late(&self, counter: u64, deadline: Duration) -> Reason {
        let Some(waiting) = self.waiting.get(counter) else { return Reason::Stopping };
        let own = waiting.entry.ticket.node == PRIMARY;
        if !own && self.heard <= waiting.since {
            return Reason::PrimaryUnreachable(PRIMARY.0);
        }
        Reason::TimedOut {
            what: "the round to be done".to_string(),
            after: deadline.saturating_sub(waiting.since),
        }
    }

    /// An epoch ended: whatever waits must be sent to the next primary, once that leads.
    pub fn new_epoch(&mut self) {
        self.unheard = true;
    }

    /// The primary leads: in a new epoch it must hear of every request.
    pub fn send_all_again<P: Level>(&mut self, ctx: &mut Ctx<P>) {
        if !std::mem::take(&mut self.unheard) {
            return;
        }
        self.waiting.values_mut().for_each(|waiting| waiting.sent = Duration::ZERO);
        (self.gathered, self.gathered_bytes) = (Vec::new(), 0);
        if !self.waiting.is_empty() {
            self.resend_armed = true;
            ctx.arm(Timer::Resend.into(), Duration::ZERO);
        }
    }

    /// Requests that were last sent at or before `before`, marked as sent now, in chunks that fit a round.
    fn overdue(&mut self, before: Duration, now: Duration) -> Vec<Vec<Entry>> {
        let mut chunks: Vec<Vec<Entry>> = Vec::new();
        let mut room = 0;
        for waiting in self.waiting.values_mut().filter(|waiting| waiting.sent <= before) {
            waiting.sent = now;
            if waiting.cost > room
                || chunks.last().is_none_or(|chunk| chunk.len() >= super::MAX_ROUND_ENTRIES)
            {
                chunks.push(Vec::new());
                room = super::MAX_ROUND_BYTES;
            }
            room = room.saturating_sub(waiting.cost);
            if let Some(chunk) = chunks.last_mut() {
                chunk.push(waiting.entry.clone());
            }
        }
        chunks
    }

    fn settle(&mut self, counter: u64, result: Result<Answer, Outcome>) {
        if let Some(waiting) = self.waiting.remove(counter) {
            self.bytes -= waiting.cost;
            self.ended.push_back(Settled { entry: waiting.entry, result });
        }
    }

    /// The next request that has ended.
    pub fn take_settled(&mut self) -> Option<Settled> {
        self.ended.pop_front()
    }
}

impl Order {
    /// Brings a request to the primary: by message, or at once where this server is the primary.
    ///
    /// Requests are gathered and brought together: where nobody waits for the order, those of a moment; else those that
    /// come while others are under way. These lose no time: a round holds the lock until this server's acknowledgement, and
    /// they travel with that.
    pub(super) fn forward<P: Level>(&mut self, ctx: &mut Ctx<P>, entry: Entry, cost: usize) {
        if self.leads() && !self.style.patient {
            return self.forward_all(ctx, vec![entry]);
        }
        if self.edge.gathered_bytes + cost > super::MAX_ROUND_BYTES {
            self.forward_gathered(ctx);
        }
        let first = self.edge.gathered.is_empty();
        self.edge.gathered_bytes += cost;
        self.edge.gathered.push(entry);
        if self.style.patient && first {
            ctx.arm(Timer::Gather.into(), GATHER);
        } else if !self.style.patient && first && !self.edge.under_way {
            ctx.arm(Timer::Gather.into(), Duration::ZERO);
        }
    }

    /// Brings what was gathered to the primary, if it still waits.
    pub(super) fn forward_gathered<P: Level>(&mut self, ctx: &mut Ctx<P>) {
        self.edge.gathered_bytes = 0;
        let mut gathered = std::mem::take(&mut self.edge.gathered);
        gathered.retain(|entry| self.edge.waiting.contains(entry.ticket.counter));
        if !gathered.is_empty() {
            self.edge.under_way = true;
            self.forward_all(ctx, gathered);
        }
    }

    /// The primary was heard, and what it said is handled: what was gathered meanwhile need not wait longer.
    pub(super) fn primary_heard<P: Level>(&mut self, ctx: &mut Ctx<P>) {
        self.edge.under_way = false;
        if !self.style.patient {
            self.forward_gathered(ctx);
        }
    }

    fn forward_all<P: Level>(&mut self, ctx: &mut Ctx<P>, entries: Vec<Entry>) {
        if self.leads() {
            entries.into_iter().for_each(|entry| self.enqueue(ctx, entry));
        } else {
            let forwarded = |entry: &Entry| Step::Forwarded { ticket: entry.ticket, to: PRIMARY };
            entries.iter().for_each(|entry| ctx.note_with(|| forwarded(entry)));
            ctx.send(PRIMARY, Message::Submit { epoch: self.epoch, entries });
        }
        // What waits at the primary itself is in its queue already, unless it is patient and there was no room.
        if !self.edge.resend_armed && (self.style.patient || !self.leads()) {
            self.edge.resend_armed = true;
            ctx.arm(Timer::Resend.into(), self.timing().resend_after);
        }
    }

    /// Sends again what the primary has not answered for a while.
    pub(super) fn resend<P: Level>(&mut self, ctx: &mut Ctx<P>) {
        let (now, after) = (ctx.now(), self.timing().resend_after);
        self.edge.resend_armed = false;
        let overdue = self.edge.overdue(now.saturating_sub(after), now);
        // Each look goes through all that waits: after a resend, what falls due soon waits for the rest.
        let pause = if overdue.is_empty() { Duration::ZERO } else { after / RESENDS_AT_MOST };
        for entries in overdue {
            if self.leads() {
                entries.into_iter().for_each(|entry| self.enqueue(ctx, entry));
                continue;
            }
            ctx.note(Step::Resent {
                what: format!("{} to {PRIMARY}", super::message::requests(&entries)),
            });
            ctx.send(PRIMARY, Message::Submit { epoch: self.epoch, entries });
        }
        if let Some(oldest) = self.edge.waiting.iter().map(|(_, waiting)| waiting.sent).min() {
            self.edge.resend_armed = true;
            ctx.arm(Timer::Resend.into(), (oldest + after).saturating_sub(now).max(pause));
        }
    }

    /// All rounds up to this one are done.
    pub(super) fn on_done(&mut self, round: u64) {
        self.done = self.done.max(round);
        self.edge.done(self.done);
    }
}
