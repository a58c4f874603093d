//! The lock-ordered primary broadcast of (ACTION, VAR, VALUE): "broadcast in, deliver out".
//!
//! Server 1 is the primary. It queues what the servers submit, takes the lock, broadcasts, and frees the lock when
//! every server has acknowledged. So all servers deliver the same entries in the same order, without gaps, exactly once.
//!
//! ```text
//!  client      n2 (edge)         n1 (primary)              n3
//!    │ set x 7    │                   │                     │
//!    ├───────────▶│── Submit ────────▶│ lock taken          │
//!    │            │◀── Broadcast 1 ───┤──── Broadcast 1 ───▶│ delivered
//!    │  delivered │─── Ack 1 ────────▶│◀─── Ack 1 ──────────│
//!    │            │◀── Done 1 ────────┤ lock released       │
//!    │◀───────────│                   │                     │
//! ```
//!
//! **A round carries everything that queued up while the previous one held the lock**: the semantics of the lock stay,
//! the cost of an operation falls with load.
//!
//! Where the pieces are:
//!
//! - `edge`: what this server's clients wait for; submissions, resending, deadlines.
//! - `primary`: the queue and the lock.
//! - `view`: whom a round waits for; who is silent, who is back.
//! - `replica`: delivery, gap-free and once; acknowledgements.
//! - `state`: what a snapshot holds: variables, answered tickets, the place in the order.
//! - `catchup`: how a server that fell behind or lost its memory gets what it lacks.
//! - `recovery`: how a primary that lost its memory gets it back and opens an epoch.
//!
//! Rules that hold everywhere: what carries an epoch below ours is ignored, and a primary that sees one above its own
//! stops. An epoch is the incarnation of the primary that opened it. **Nothing is visible that only one memory holds**:
//! the primary delivers a round to itself once another server has acknowledged it.

mod catchup;
mod edge;
mod entry;
mod listed;
mod message;
mod primary;
mod queued;
mod recovery;
mod refusals;
mod replica;
mod round;
mod state;
mod tickets;
mod view;

pub use edge::{Settled, Until};
pub use entry::Entry;
pub use message::Message;
pub use round::{MAX_ROUND_BYTES, MAX_ROUND_ENTRIES, Round};
pub use state::{Answer, State};

use crate::process::{
    Ctx, Defect, NodeId, Op, Outcome, Process, Reason, Start, Status, Step, Ticket, Timing, Triple,
};
use crate::session::{Version, Versions, epoch_and_counter};
use catchup::CatchUp;
use edge::Edge;
use primary::Primary;
use recovery::Recovery;
use refusals::Refusals;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The server that orders.
pub const PRIMARY: NodeId = NodeId(1);

/// The timers of the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// The primary has read all that had reached it: start a round.
    Round,
    /// The primary looks who is silent, resends, and probes who was dropped.
    Watch,
    /// The edge has gathered requests for a moment: bring them to the primary.
    Gather,
    /// The edge sends again what the primary has not answered.
    Resend,
    /// The edge gives up on what waited too long.
    Deadline,
    /// A server that lacks something asks again.
    Pull,
}

/// A process that sits on the order: it speaks the order's messages and has the order's timers among its own.
pub trait Level: Process<Message = Message, Timer: From<Timer>> {}

impl<P: Process<Message = Message, Timer: From<Timer>>> Level for P {}

/// How a level uses the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether origins are told when a round is done.
    pub tell_done: bool,
    /// Whether submissions wait for the primary however long it takes, instead of ending `refused` or `unknown`.
    pub patient: bool,
}

/// One server's part in the order: edge and replica, and on server 1 the primary.
#[derive(Debug)]
pub struct Order {
    start: Start,
    style: Style,
    /// The highest epoch seen: whatever carries a lower one is ignored.
    epoch: u64,
    /// The highest round known to be done.
    done: u64,
    state: State,
    edge: Edge,
    catchup: CatchUp,
    /// The lock and its queue; only on an active primary.
    primary: Option<Primary>,
    /// Only on a primary without memory.
    recovery: Option<Recovery>,
    /// What this primary will never order.
    refusals: Refusals,
    deposed: bool,
}

impl Order {
    /// The part of the server that `start` names.
    pub fn new(start: &Start, style: Style) -> Self {
        let leads = start.id == PRIMARY;
        Order {
            style,
            epoch: if leads { start.incarnation } else { 1 },
            done: 0,
            state: State::default(),
            edge: Edge::default(),
            catchup: CatchUp::new(start.blank),
            primary: (leads && !start.blank).then(|| Primary::new(start)),
            recovery: (leads && start.blank).then(Recovery::default),
            refusals: Refusals::default(),
            deposed: false,
            start: start.clone(),
        }
    }

    /// The server starts: one without its memory asks for it.
    pub fn on_start<P: Level>(&mut self, ctx: &mut Ctx<P>) {
        if self.recovery.is_some() {
            ctx.note(Step::Recalling);
            self.recall(ctx);
        } else if self.catchup.is_blank() {
            self.pull(ctx, PRIMARY);
        }
    }

    /// Whether a request may go on here: it fits the limits, and this server has its memory.
    ///
    /// # Errors
    /// The reason for which the request is refused.
    pub fn admit(&self, op: &Op) -> Result<(), Reason> {
        op.check()?;
        if matches!(op, Op::Append { .. } | Op::Messages { .. }) {
            return Err(Reason::NotSupported(format!("{}; it keeps variables", op.verb())));
        }
        let blank = self.catchup.is_blank() && !self.start.lacks(Defect::BlankReads);
        if blank || self.deposed { Err(Reason::NotCaughtUp) } else { Ok(()) }
    }

    /// Submits a client's request to the order. It ends as one [`Settled`], at the latest after the request timeout
    /// where the level is not patient.
    pub fn submit<P: Level>(
        &mut self,
        ctx: &mut Ctx<P>,
        ticket: Ticket,
        triple: Triple,
        seen: Option<Arc<Versions>>,
        until: Until,
    ) {
        let settled = self.edge.settled_below(ticket.counter);
        let entry = Entry { ticket, epoch: self.epoch, settled, triple, seen };
        let deadline = (!self.style.patient).then(|| ctx.now() + self.timing().request_timeout);
        let cost = entry.cost();
        if self.edge.open(ctx, entry.clone(), cost, until, deadline).is_ok() {
            self.forward(ctx, entry, cost);
        }
    }

    /// A peer's message arrived.
    pub fn on_message<P: Level>(&mut self, ctx: &mut Ctx<P>, from: NodeId, message: Message) {
        if from == self.id() || from.0 == 0 || from.0 > self.start.servers {
            return ctx.note(Step::Ignored { why: "from no server of this cluster" });
        }
        // A deposed primary no longer knows what it has ordered: any word of it could be wrong.
        if self.deposed || !message.suits(from, self.leads()) {
            return ctx.note(Step::Ignored { why: "not for this server from that one" });
        }
        if !self.epoch_fits(ctx, from, &message) {
            return;
        }
        if from == PRIMARY && !matches!(message, Message::Recall { .. }) {
            self.edge.send_all_again(ctx);
        }
        match message {
            Message::Submit { entries, .. } => {
                let own = entries.into_iter().filter(|entry| entry.ticket.node == from);
                own.for_each(|entry| self.enqueue(ctx, entry));
            }
            Message::Refused { epoch, ticket, reason } => self.edge.refused(epoch, ticket, reason),
            Message::Broadcast { round, done } => self.on_broadcast(ctx, round, done),
            Message::Ack { number, incarnation, .. } => self.on_ack(ctx, from, number, incarnation),
            Message::Done { number, .. } => self.on_done(number),
            Message::Probe { head, .. } => self.on_probe(ctx, head),
            Message::Pull(pull) => self.on_pull(ctx, from, pull),
            Message::Rounds(rounds) => self.on_rounds(ctx, from, rounds),
            Message::Snapshot(part) => self.on_snapshot(ctx, from, part),
            Message::Recall { epoch } => self.on_recall(ctx, epoch),
            Message::Holding { number, blank, incarnation, .. } => {
                self.on_holding(ctx, from, recovery::Holding { number, blank, incarnation });
            }
        }
        if from == PRIMARY {
            self.primary_heard(ctx);
        }
    }

    /// A timer of the order is due.
    pub fn on_timer<P: Level>(&mut self, ctx: &mut Ctx<P>, timer: Timer) {
        match timer {
            Timer::Round => self.start_round(ctx),
            Timer::Watch => self.watch(ctx),
            Timer::Gather => self.forward_gathered(ctx),
            Timer::Resend => self.resend(ctx),
            Timer::Deadline => self.edge.expire(ctx),
            Timer::Pull if self.recovery.is_some() => self.recall(ctx),
            Timer::Pull => self.pull_again(ctx),
        }
    }

    /// The next request that has ended, oldest first.
    pub fn settled(&mut self) -> Option<Settled> {
        self.edge.take_settled()
    }

    /// What this server has delivered.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Whether `version` was lost with the memory of an earlier primary.
    pub fn is_lost(&self, version: Version) -> bool {
        self.ended_without(version) || self.state.is_lost(version)
    }

    /// Whether this server has opened an epoch that goes on without `version`. The state says so once the first round
    /// of the epoch is delivered; what is asked before must not be ordered as if the version could still come.
    fn ended_without(&self, version: Version) -> bool {
        let (epoch, counter) = epoch_and_counter(version);
        let opening = self.primary.is_some() && self.state.epoch < self.epoch;
        opening && epoch < self.epoch && counter > self.state.counter
    }

    /// Whether this server orders, and has given this version to no write: nobody can have seen it.
    pub fn has_not_ordered(&self, version: Version) -> bool {
        self.primary.as_ref().is_some_and(|primary| version > primary.version(self.epoch))
    }

    /// Whether this rule of the protocol is left out.
    pub fn lacks(&self, defect: Defect) -> bool {
        self.start.lacks(defect)
    }

    /// The cluster's name.
    pub fn cluster(&self) -> &str {
        &self.start.cluster
    }

    /// How long to wait for what.
    pub fn timing(&self) -> Timing {
        self.start.timing
    }

    /// What a person wants to know of this server.
    pub fn status(&self) -> Status {
        let primary = self.primary.as_ref();
        Status {
            role: if self.id() == PRIMARY { "primary" } else { "backup" }.to_string(),
            state: self.condition().to_string(),
            keys: self.state.store.len(),
            version: self.state.version(),
            rounds: self.state.number,
            queue: primary.map_or(0, |primary| primary.queue_len() as u64),
            waiting: self.edge.len() as u64,
            view: primary.map(|primary| primary.view().collect()).unwrap_or_default(),
            health: BTreeMap::new(),
        }
    }

    fn condition(&self) -> &'static str {
        match &self.primary {
            _ if self.deposed => "deposed",
            _ if self.recovery.is_some() => "recovering",
            _ if self.catchup.is_blank() => "blank",
            Some(primary) if primary.is_stalled() => "stalled",
            _ => "ready",
        }
    }

    fn id(&self) -> NodeId {
        self.start.id
    }

    fn leads(&self) -> bool {
        self.id() == PRIMARY
    }

    fn others(&self) -> Vec<NodeId> {
        self.start.members().filter(|node| *node != self.id()).collect()
    }

    /// Sorts out messages of other epochs; true if the message is to be handled.
    fn epoch_fits<P: Level>(&mut self, ctx: &mut Ctx<P>, from: NodeId, message: &Message) -> bool {
        let Some(epoch) = message.epoch() else { return true };
        if epoch < self.epoch {
            ctx.note(Step::Ignored { why: "of an earlier epoch" });
            // The sender may not know that a new epoch is open.
            if let Some(primary) = &self.primary {
                ctx.send(from, Message::Probe { epoch: self.epoch, head: primary.head() });
            }
            return false;
        }
        if epoch > self.epoch && self.leads() {
            self.depose(ctx, epoch);
            return false;
        }
        if epoch > self.epoch {
            self.enter(epoch);
        }
        true
    }

    /// A new epoch: what an earlier primary broadcast and we did not deliver is void.
    fn enter(&mut self, epoch: u64) {
        self.epoch = epoch;
        self.catchup.forget_undelivered();
        self.edge.new_epoch();
    }

    fn depose<P: Level>(&mut self, ctx: &mut Ctx<P>, epoch: u64) {
        ctx.note(Step::Deposed { epoch });
        self.deposed = true;
        self.primary = None;
        self.recovery = None;
    }
}

/// How a settled request is answered by a level that keeps no sessions.
pub fn outcome(settled: Settled) -> (Ticket, Outcome) {
    let outcome = match settled.result {
        Ok(Answer::Set { version }) => Outcome::Set { version: Some(version), session: None },
        Ok(Answer::Deleted { existed, version }) => {
            Outcome::Deleted { existed, version: Some(version), session: None }
        }
        Ok(Answer::Got { variable }) => {
            Outcome::Got { value: variable.value, version: variable.version, session: None }
        }
        Ok(Answer::All { values }) => Outcome::All { values, session: None },
        Err(failure) => failure,
    };
    (settled.entry.ticket, outcome)
}
