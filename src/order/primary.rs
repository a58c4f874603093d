//! The primary: a queue, a lock, and one round at a time.
//!
//! The lock is taken when a round starts and freed when every server of the view has acknowledged it. If a server that
//! is silent cannot be dropped from the view, the round stays open, and new requests are refused until somebody answers.

use super::catchup::Log;
use super::entry::Entry;
use super::message::first_triples;
use super::queued::Queued;
use super::round::Round;
use super::view::Member;
use super::{Level, MAX_ROUND_BYTES, MAX_ROUND_ENTRIES, Message, Order, Timer};
use crate::process::{Action, Ctx, Defect, NodeId, Nodes, Reason, Start, Step, within_limits};
use crate::session::{Version, version};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// The most entries that wait for the lock: sixteen full rounds.
const MOST_QUEUED: usize = 16 * MAX_ROUND_ENTRIES;
/// The most bytes that wait for the lock: thirty-two full rounds.
const MOST_QUEUED_BYTES: usize = 32 * MAX_ROUND_BYTES;

/// The round that holds the lock.
#[derive(Debug)]
pub(super) struct Open {
    pub round: Arc<Round>,
    /// How many members owe its acknowledgement.
    pub owed: usize,
}

/// The queue, the lock and the view.
#[derive(Debug)]
pub(super) struct Primary {
    pub(super) id: NodeId,
    pub(super) members: BTreeMap<NodeId, Member>,
    queue: VecDeque<(usize, Entry)>,
    queue_bytes: usize,
    /// The tickets in the queue and in the round under way.
    queued: Queued,
    pub(super) open: Option<Open>,
    pub(super) log: Log,
    pub(super) head: u64,
    counter: u64,
    pub(super) stalled: bool,
    round_armed: bool,
    pub(super) watch_armed: bool,
}

impl Primary {
    /// The primary of a new cluster: every server is in its first life and in the view.
    pub fn new(start: &Start) -> Self {
        let lives = start.members().filter(|node| *node != start.id).map(|node| (node, 1));
        Primary::after(start.id, lives.collect(), (0, 0), Duration::ZERO)
    }

    /// A primary that goes on after round `head` with `counter` writes; every server is in the view.
    fn after(
        id: NodeId,
        lives: BTreeMap<NodeId, u64>,
        (head, counter): (u64, u64),
        now: Duration,
    ) -> Self {
        let member = |incarnation| Member::new(incarnation, now);
        Primary {
            id,
            members: lives
                .into_iter()
                .map(|(node, incarnation)| (node, member(incarnation)))
                .collect(),
            queue: VecDeque::new(),
            queue_bytes: 0,
            queued: Queued::default(),
            open: None,
            log: Log::default(),
            head,
            counter,
            stalled: false,
            round_armed: false,
            watch_armed: false,
        }
    }

    /// How many entries wait for the lock.
    pub fn queue_len(&self) -> usize {
        self.queue.len()
    }

    /// Whether a round cannot end for want of a majority.
    pub fn is_stalled(&self) -> bool {
        self.stalled
    }

    /// The last round broadcast.
    pub fn head(&self) -> u64 {
        self.head
    }

    /// The version of the last write that was ordered, in this epoch.
    pub fn version(&self, epoch: u64) -> Version {
        version(epoch, self.counter)
    }

    /// The rounds after `number`, where they are kept.
    pub fn missing(&self, number: u64) -> Option<Vec<Arc<Round>>> {
        if number >= self.head { Some(Vec::new()) } else { self.log.after(number) }
    }

    /// A round begins: every other server of the view is to get it and owes its acknowledgement. Those whose clients wait
    /// come first.
    fn receivers(&mut self, round: &Round, now: Duration) -> Nodes {
        let origins = origins(round.entries.iter());
        let (mut to, mut others) = (Nodes::new(), Nodes::new());
        for (node, member) in self.members.iter_mut().filter(|(_, member)| member.in_view) {
            (member.owes, member.progress, member.sent) = (true, now, now);
            let list = if origins.binary_search(node).is_ok() { &mut to } else { &mut others };
            list.push(*node);
        }
        to.append(&mut others);
        to
    }

    /// Whether the round under way is in another memory, or there is no other in the view.
    fn is_held(&self) -> bool {
        let mut others = self.members.values().filter(|member| member.in_view).peekable();
        others.peek().is_none() || others.any(|member| !member.owes)
    }

    fn is_full(&self, cost: usize) -> bool {
        self.queue.len() >= MOST_QUEUED || self.queue_bytes + cost > MOST_QUEUED_BYTES
    }

    fn push(&mut self, entry: Entry, cost: usize) {
        self.queued.insert(entry.ticket);
        self.queue_bytes += cost;
        self.queue.push_back((cost, entry));
    }

    /// Everything that queued up while the lock was held, as far as one round can carry it.
    fn next_entries(&mut self) -> (usize, Vec<Entry>) {
        let (mut bytes, mut entries) = (0, Vec::new());
        while let Some((cost, _)) = self.queue.front()
            && entries.len() < MAX_ROUND_ENTRIES
            && (bytes + cost <= MAX_ROUND_BYTES || entries.is_empty())
            && let Some((cost, entry)) = self.queue.pop_front()
        {
            bytes += cost;
            entries.push(entry);
        }
        self.queue_bytes -= bytes;
        (bytes, entries)
    }
}

impl Order {
    /// An entry was submitted: it is queued, unless it was ordered, queued or refused before.
    pub(super) fn enqueue<P: Level>(&mut self, ctx: &mut Ctx<P>, entry: Entry) {
        let ticket = entry.ticket;
        if self.start.lacks(Defect::ResendWithoutDedup) {
            return self.queue(ctx, entry);
        }
        let queued = self.primary.as_ref().is_some_and(|primary| primary.queued.contains(ticket));
        if queued || self.state.tickets.is_settled(ticket) {
            return ctx.note(Step::Ignored { why: "submitted before" });
        }
        if let Some(written) = self.state.find(ticket) {
            return self.say_again(ctx, ticket.node, written.round);
        }
        self.queue(ctx, entry);
    }

    fn queue<P: Level>(&mut self, ctx: &mut Ctx<P>, entry: Entry) {
        let cost = entry.cost();
        if let Err(reason) = self.vet(&entry, cost) {
            return self.refuse(ctx, &entry, reason);
        }
        if let Some(primary) = &mut self.primary {
            primary.push(entry, cost);
            self.ask_for_round(ctx);
        }
    }

    /// Whether an entry may join the queue now.
    fn vet(&mut self, entry: &Entry, cost: usize) -> Result<(), Reason> {
        let patient = self.style.patient;
        let Some(primary) = &mut self.primary else { return Err(Reason::NotCaughtUp) };
        if self.refusals.cover(entry) || (primary.stalled && !patient) {
            return Err(Reason::NoMajority);
        }
        if primary.is_full(cost) {
            return Err(Reason::Overloaded(primary.queue_len() as u64));
        }
        self.makes_sense(entry, cost as u64)
    }

    /// What can be ordered: an action with the words it needs, from a writer that has seen only what exists.
    fn makes_sense(&self, entry: &Entry, bytes: u64) -> Result<(), Reason> {
        let triple = &entry.triple;
        let fits = triple.key.is_some() != (triple.action == Action::All)
            && triple.value.is_some() == (triple.action == Action::Set);
        if !fits {
            return Err(Reason::NotSupported(format!("{triple}")));
        }
        within_limits(triple.key.as_deref(), triple.value.as_deref())?;
        let limit = MAX_ROUND_BYTES as u64;
        if bytes > limit {
            return Err(Reason::TooLarge { what: "the request".to_string(), bytes, limit });
        }
        let seen = entry.seen.as_ref().map_or(0, |seen| seen.wanted_of_all());
        if self.has_not_ordered(seen) {
            return Err(Reason::VersionUnknown(seen));
        }
        if self.is_lost(seen) { Err(Reason::VersionLost(seen)) } else { Ok(()) }
    }

    /// An edge asks about a request that was ordered: tell it what it may have missed.
    fn say_again<P: Level>(&mut self, ctx: &mut Ctx<P>, node: NodeId, round: u64) {
        let Some(primary) = self.primary.as_ref().filter(|_| node != self.id()) else { return };
        if round <= self.done {
            ctx.send(node, Message::Done { epoch: self.epoch, number: self.done });
        }
        ctx.send(node, Message::Probe { epoch: self.epoch, head: primary.head });
    }

    /// Refuses a request for as long as this epoch lasts. One that an earlier epoch may have ordered cannot be refused,
    /// and one whose edge is patient need not be: both are left to be sent again.
    fn refuse<P: Level>(&mut self, ctx: &mut Ctx<P>, entry: &Entry, reason: Reason) {
        let (ticket, epoch) = (entry.ticket, self.epoch);
        let bad_request =
            matches!(reason, Reason::NotSupported(_) | Reason::TooLarge { .. } | Reason::EmptyKey);
        if entry.epoch != epoch || (self.style.patient && !bad_request) {
            return ctx.note(Step::Ignored { why: "cannot be ordered now" });
        }
        self.refusals.add(ticket);
        if ticket.node == self.id() {
            self.edge.refused(epoch, ticket, reason);
        } else {
            ctx.send(ticket.node, Message::Refused { epoch, ticket, reason });
        }
    }

    /// Starts a round once all that has reached this server is in the queue.
    fn ask_for_round<P: Level>(&mut self, ctx: &mut Ctx<P>) {
        let Some(primary) = &mut self.primary else { return };
        if primary.open.is_none() && !primary.round_armed && !primary.queue.is_empty() {
            primary.round_armed = true;
            ctx.arm(Timer::Round.into(), Duration::ZERO);
        }
    }

    /// The lock is taken: a round carries everything that queued up.
    pub(super) fn start_round<P: Level>(&mut self, ctx: &mut Ctx<P>) {
        let Some(primary) = &mut self.primary else { return };
        primary.round_armed = false;
        if primary.open.is_some() || primary.queue.is_empty() {
            return;
        }
        let (cost, entries) = primary.next_entries();
        self.broadcast(ctx, entries, cost);
    }

    fn broadcast<P: Level>(&mut self, ctx: &mut Ctx<P>, entries: Vec<Entry>, cost: usize) {
        let (epoch, done) = (self.epoch, self.done);
        let Some(primary) = &mut self.primary else { return };
        let round =
            Arc::new(Round { epoch, number: primary.head + 1, base: primary.counter, entries });
        primary.head = round.number;
        primary.counter += round.writes();
        primary.log.push(round.clone(), cost, ctx.now());
        ctx.note_with(|| {
            let first = first_triples(&round.entries);
            Step::LockTaken { round: round.number, entries: round.entries.len(), first }
        });
        let to = primary.receivers(&round, ctx.now());
        primary.open = Some(Open { round: round.clone(), owed: to.len() });
        ctx.send_all(to, Message::Broadcast { round, done });
        self.keep_watch(ctx);
        self.advance(ctx);
    }

    /// The round got further: deliver it here once another memory holds it, and free the lock once all do.
    pub(super) fn advance<P: Level>(&mut self, ctx: &mut Ctx<P>) {
        let Some(primary) = &mut self.primary else { return };
        if self.start.lacks(Defect::ReleaseEarly) {
            primary.forgive_all();
        }
        let Some(open) = &primary.open else { return };
        let (round, over) = (open.round.clone(), open.owed == 0);
        if self.state.number < round.number && primary.is_held() {
            self.deliver(ctx, &round);
        }
        if over {
            self.release(ctx, &round);
        }
    }

    fn release<P: Level>(&mut self, ctx: &mut Ctx<P>, round: &Round) {
        let Some(primary) = &mut self.primary else { return };
        primary.open = None;
        primary.stalled = false;
        round.entries.iter().for_each(|entry| primary.queued.remove(entry.ticket));
        ctx.note(Step::LockReleased { round: round.number });
        let (epoch, number) = (self.epoch, round.number);
        if self.style.tell_done {
            // An empty round opens an epoch: whoever waited for a round of an earlier one learns here that it is done.
            let mut to = match round.entries.as_slice() {
                [] => primary.members.keys().copied().collect(),
                entries => origins(entries.iter().filter(|entry| entry.writes())),
            };
            to.retain(|node| *node != self.start.id);
            ctx.send_all(to, Message::Done { epoch, number });
        }
        self.on_done(number);
        self.ask_for_round(ctx);
    }

    /// The round cannot end: what waits for the lock is refused, so that clients know at once.
    pub(super) fn stall<P: Level>(&mut self, ctx: &mut Ctx<P>, node: NodeId) {
        let Some(primary) = &mut self.primary else { return };
        if !primary.stalled {
            primary.stalled = true;
            ctx.note(Step::NoMajority { node });
        }
        if self.style.patient {
            return;
        }
        primary.queue_bytes = 0;
        for (_, entry) in std::mem::take(&mut primary.queue) {
            if let Some(primary) = &mut self.primary {
                primary.queued.remove(entry.ticket);
            }
            self.refuse(ctx, &entry, Reason::NoMajority);
        }
    }

    /// This server leads again, with the state it has just taken over.
    pub(super) fn lead<P: Level>(&mut self, ctx: &mut Ctx<P>, lives: BTreeMap<NodeId, u64>) {
        let place = (self.state.number, self.state.counter);
        self.primary = Some(Primary::after(self.id(), lives, place, ctx.now()));
        self.broadcast(ctx, Vec::new(), 64);
    }
}

/// The servers whose requests these are, each once, in order.
fn origins<'a>(entries: impl Iterator<Item = &'a Entry>) -> Nodes {
    let mut nodes: Nodes = entries.map(|entry| entry.ticket.node).collect();
    nodes.sort_unstable();
    nodes.dedup();
    nodes
}
