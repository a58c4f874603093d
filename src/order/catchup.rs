//! How a server that fell behind, or lost its memory, gets what it lacks.
//!
//! It pulls: "I have all up to round 7". The primary answers with the rounds that follow, or, where it no longer keeps
//! those, with a snapshot in parts. A server that lost its memory may answer nothing until it has everything up to the
//! round that was under way when its *own* first pull was answered: no earlier life of it can have shown more.

use super::round::Round;
use super::state::{Item, Place, State};
use super::{Level, MAX_ROUND_BYTES, Message, Order, PRIMARY, Timer};
use crate::process::{Ctx, NodeId, Step};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// The most rounds that wait behind a gap: one lock means one round under way, the rest is asked for again.
const MOST_KEPT: usize = 16;
/// The most rounds that the primary keeps for servers that fell behind.
const MOST_LOGGED: usize = 1_024;
/// The most bytes of rounds that the primary keeps.
const MOST_LOGGED_BYTES: usize = 64 << 20;

/// A server asks for what it lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pull {
    /// Which life of the server asks; the answer names it.
    pub incarnation: u64,
    /// It has all rounds up to this one.
    pub after: u64,
    /// It is receiving the snapshot of this round, and has so many items of it.
    pub snapshot: Option<(u64, usize)>,
}

/// The rounds that a server lacks, or the first of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rounds {
    /// The primary's epoch.
    pub epoch: u64,
    /// The life of the server that asked.
    pub incarnation: u64,
    /// Rounds in order, without gaps.
    pub rounds: Vec<Arc<Round>>,
    /// The last round broadcast.
    pub head: u64,
    /// The highest round that is done.
    pub done: u64,
}

/// A part of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The sender's epoch.
    pub epoch: u64,
    /// The life of the server that asked.
    pub incarnation: u64,
    /// Where the snapshot was taken.
    pub place: Place,
    /// How many items come before this part.
    pub from: usize,
    /// The items of this part.
    pub items: Vec<Item>,
    /// Whether it is the last part.
    pub last: bool,
    /// The last round broadcast.
    pub head: u64,
}

/// How far a server is: the last round delivered, and how much it has of which snapshot.
type Stand = (u64, Option<(u64, usize)>);

/// What a server knows of its own lack, and what it is sending to others that lack something.
#[derive(Debug, Default)]
pub(super) struct CatchUp {
    blank: bool,
    /// Once this round is delivered, a blank server has its memory back.
    target: Option<u64>,
    /// Whom this server is asking, if it is.
    asking: Option<NodeId>,
    /// Where it stood when it asked last.
    asked: Option<Stand>,
    /// Rounds behind a gap.
    kept: BTreeMap<u64, Arc<Round>>,
    incoming: Option<(Place, Vec<Item>)>,
    outgoing: BTreeMap<NodeId, (Place, Vec<Item>)>,
}

impl CatchUp {
    /// What a server knows at its start.
    pub fn new(blank: bool) -> Self {
        CatchUp { blank, ..CatchUp::default() }
    }

    /// Whether this server lost its memory and does not have it back.
    pub fn is_blank(&self) -> bool {
        self.blank
    }

    /// Whether this server is blank and knows of no round that it lacks.
    pub fn waits_for_its_first_answer(&self) -> bool {
        self.blank && self.target.is_none()
    }

    /// Keeps a round behind a gap.
    pub fn keep(&mut self, round: Arc<Round>) {
        if self.kept.len() < MOST_KEPT {
            self.kept.insert(round.number, round);
        }
    }

    /// The kept round of this number; older ones are dropped.
    pub fn take(&mut self, number: u64) -> Option<Arc<Round>> {
        self.kept = self.kept.split_off(&number);
        self.kept.remove(&number)
    }

    /// A new epoch is open: rounds behind a gap and half a snapshot are of an earlier one.
    pub fn forget_undelivered(&mut self) {
        self.kept.clear();
        self.incoming = None;
    }

    /// A primary whose recovery was helped is back: the frozen snapshots have served.
    pub fn thaw_all(&mut self) {
        self.outgoing.clear();
    }

    /// The primary has its memory back.
    pub fn recovered(&mut self) {
        *self = CatchUp::default();
    }

    /// A server has what it asked for, or lives anew: a half-sent snapshot is of no use.
    pub fn sent(&mut self, to: NodeId) {
        self.outgoing.remove(&to);
    }

    /// The part of this server's snapshot that `pull` asks for; the snapshot is frozen at the first part.
    fn part(&mut self, to: NodeId, pull: &Pull, state: &State, (epoch, head): (u64, u64)) -> Part {
        let kept = self.outgoing.get(&to).map(|(place, _)| place.number);
        let wanted = pull.snapshot.filter(|(number, _)| Some(*number) == kept);
        if wanted.is_none() {
            self.outgoing.insert(to, state.freeze());
        }
        let from = wanted.map_or(0, |(_, from)| from);
        let (place, items) = self.outgoing.entry(to).or_insert_with(|| state.freeze());
        let from = from.min(items.len());
        let until = from + fitting(&items[from..], Item::cost);
        let last = until == items.len();
        let (place, items) = (place.clone(), items[from..until].to_vec());
        Part { epoch, incarnation: pull.incarnation, place, from, items, last, head }
    }

    /// Adds a part; the whole snapshot once it is complete. A part out of turn is dropped: it is asked for again.
    fn receive(&mut self, part: Part) -> Option<(Place, Vec<Item>)> {
        let newer = |(place, _): &(Place, _)| part.place.number > place.number;
        if part.from == 0 && self.incoming.as_ref().is_none_or(newer) {
            self.incoming = Some((part.place.clone(), Vec::new()));
        }
        let (place, items) = self.incoming.as_mut()?;
        if *place == part.place && items.len() == part.from {
            items.extend(part.items);
            if part.last {
                return self.incoming.take();
            }
        }
        None
    }

    /// A snapshot of what was delivered by now is of no use any more.
    fn forget_outdated(&mut self, number: u64) {
        self.incoming.take_if(|(place, _)| place.number <= number);
    }

    fn has_of_snapshot(&self) -> Option<(u64, usize)> {
        self.incoming.as_ref().map(|(place, items)| (place.number, items.len()))
    }
}

/// How many of `items` fit into one message: at least one.
fn fitting<T>(items: &[T], cost: impl Fn(&T) -> usize) -> usize {
    let mut bytes = 0;
    let within = |item: &&T| {
        bytes += cost(item);
        bytes <= MAX_ROUND_BYTES
    };
    items.iter().take_while(within).count().max(1).min(items.len())
}

/// A round that is kept: when it was broadcast first, and its size.
#[derive(Debug)]
struct Logged {
    at: Duration,
    cost: usize,
    round: Arc<Round>,
}

/// The last rounds broadcast.
#[derive(Debug, Default)]
pub(super) struct Log {
    rounds: VecDeque<Logged>,
    bytes: usize,
}

impl Log {
    /// Keeps a round, and forgets the oldest past the bounds.
    pub fn push(&mut self, round: Arc<Round>, cost: usize, at: Duration) {
        self.bytes += cost;
        self.rounds.push_back(Logged { at, cost, round });
        while self.rounds.len() > MOST_LOGGED
            || (self.bytes > MOST_LOGGED_BYTES && self.rounds.len() > 1)
        {
            self.bytes -= self.rounds.pop_front().map_or(0, |logged| logged.cost);
        }
    }

    /// The rounds after `number`, as many as fit into one message; `None` where the first of them is not kept.
    pub fn after(&self, number: u64) -> Option<Vec<Arc<Round>>> {
        let missing: Vec<_> = self.rounds.iter().skip(self.index(number + 1)?).collect();
        let fit = fitting(&missing, |logged| logged.cost);
        Some(missing.into_iter().take(fit).map(|logged| logged.round.clone()).collect())
    }

    /// When the round of this number was broadcast first, if it is kept.
    pub fn broadcast_at(&self, number: u64) -> Option<Duration> {
        self.rounds.get(self.index(number)?).map(|logged| logged.at)
    }

    fn index(&self, number: u64) -> Option<usize> {
        number.checked_sub(self.rounds.front()?.round.number).map(|index| index as usize)
    }
}

impl Order {
    /// Asks `whom` for what is missing, unless it was asked and has time left to answer.
    pub(super) fn pull<P: Level>(&mut self, ctx: &mut Ctx<P>, whom: NodeId) {
        if self.catchup.asking != Some(whom) {
            self.catchup.asking = Some(whom);
            ctx.note(Step::CatchingUp { have: self.state.number });
            self.pull_again(ctx);
        }
    }

    /// Asks, and asks again later if no answer comes.
    pub(super) fn pull_again<P: Level>(&mut self, ctx: &mut Ctx<P>) {
        let Some(whom) = self.catchup.asking else { return };
        let (after, snapshot) = self.stand();
        self.catchup.asked = Some((after, snapshot));
        let pull = Pull { incarnation: ctx.incarnation(), after, snapshot };
        ctx.send(whom, Message::Pull(pull));
        ctx.arm(Timer::Pull.into(), self.timing().resend_after);
    }

    fn stand(&self) -> Stand {
        (self.state.number, self.catchup.has_of_snapshot())
    }

    /// A server asks for what it lacks: rounds where they are kept, else a snapshot.
    pub(super) fn on_pull<P: Level>(&mut self, ctx: &mut Ctx<P>, from: NodeId, pull: Pull) {
        if self.catchup.is_blank() && self.recovery.is_none() {
            return ctx.note(Step::Ignored { why: "has no memory itself" });
        }
        let (mut rounds, mut head) = (None, self.state.number);
        if self.leads() {
            if !self.note_pull(ctx, from, &pull) {
                return;
            }
            let Some(primary) = &self.primary else { return };
            head = primary.head();
            rounds = primary.missing(pull.after);
        }
        match rounds {
            Some(rounds) => {
                self.catchup.sent(from);
                let (epoch, incarnation, done) = (self.epoch, pull.incarnation, self.done);
                ctx.send(from, Message::Rounds(Rounds { epoch, incarnation, rounds, head, done }));
            }
            None => {
                let part = self.catchup.part(from, &pull, &self.state, (self.epoch, head));
                ctx.send(from, Message::Snapshot(part));
            }
        }
    }

    /// Some of the rounds that this server lacks.
    pub(super) fn on_rounds<P: Level>(&mut self, ctx: &mut Ctx<P>, from: NodeId, rounds: Rounds) {
        if !self.answers_me(ctx, from, rounds.incarnation) {
            return;
        }
        self.catchup.target.get_or_insert(rounds.head);
        for round in rounds.rounds {
            if round.number == self.state.number + 1 {
                self.accept(ctx, round);
            }
        }
        self.on_done(rounds.done);
        self.go_on(ctx, rounds.head);
    }

    /// A part of a snapshot of what this server lacks.
    pub(super) fn on_snapshot<P: Level>(&mut self, ctx: &mut Ctx<P>, from: NodeId, part: Part) {
        if !self.answers_me(ctx, from, part.incarnation) || !part.place.is_possible() {
            return;
        }
        let head = part.head;
        self.catchup.target.get_or_insert(head);
        if let Some((place, items)) = self.catchup.receive(part) {
            if place.number > self.state.number {
                self.state = State::thaw(place, items);
                self.edge.restored(&self.state, self.done);
            }
            if self.recovery.is_some() {
                return self.open_epoch(ctx);
            }
        }
        self.go_on(ctx, head);
    }

    fn answers_me<P: Level>(&self, ctx: &mut Ctx<P>, from: NodeId, incarnation: u64) -> bool {
        let fits = self.catchup.asking == Some(from) && incarnation == ctx.incarnation();
        if !fits {
            ctx.note(Step::Ignored { why: "answers no question of this life" });
        }
        fits
    }

    /// After an answer: ask on, or be done with it.
    fn go_on<P: Level>(&mut self, ctx: &mut Ctx<P>, head: u64) {
        self.remember(ctx);
        if self.recovery.is_none() {
            self.edge.heard(ctx.now());
            self.acknowledge(ctx);
        }
        self.catchup.forget_outdated(self.state.number);
        // A late answer may speak of less than an earlier one: a blank server asks until it has its memory.
        let lacks = self.state.number < head || self.catchup.blank;
        if lacks || self.catchup.incoming.is_some() {
            // One question from each place: were a repeated answer answered too, every repetition would double the rest.
            if self.catchup.asked != Some(self.stand()) {
                self.pull_again(ctx);
            }
            return;
        }
        self.catchup.asking = None;
        ctx.disarm(Timer::Pull.into());
    }

    /// A blank server that has all it must have is blank no more.
    pub(super) fn remember<P: Level>(&mut self, ctx: &mut Ctx<P>) {
        let number = self.state.number;
        if self.catchup.blank && self.catchup.target.is_some_and(|target| number >= target) {
            self.catchup.blank = false;
            ctx.note(Step::CaughtUp { round: number });
        }
    }

    /// The primary says how far the order is.
    pub(super) fn on_probe<P: Level>(&mut self, ctx: &mut Ctx<P>, head: u64) {
        self.edge.heard(ctx.now());
        if head > self.state.number {
            self.pull(ctx, PRIMARY);
        } else {
            self.acknowledge(ctx);
        }
    }
}
