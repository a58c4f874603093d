//! Causal: nobody sees an effect before its cause. What is unrelated may be seen late.
//!
//! Ahamad et al. (1995), Lloyd et al. (2011). A client carries a session: for each variable the newest version that it
//! has written or read. A write is answered as soon as its own server has it. A read waits until its server has what
//! the session asks for. Each value carries what its writer had seen, and whoever reads it takes that over: so causality
//! reaches across variables and clients.
//!
//! ```text
//!   a: set x 7 @2   ─▶ version 1          session {x: 1}
//!   a: get x @10    ─▶ blocked on version 1 while at 0 … delivered … 7
//! ```

use super::level::{read_locally, triple};
use super::{About, Clients};
use crate::order::{Answer, Message, Order, Settled, Style, Timer as OrderTimer, Until};
use crate::process::{
    Ctx, Defect, Key, NodeId, Nothing, Op, Outcome, Process, Reason, Start, Status, Step, Ticket,
};
use crate::session::{Session, Version, Versions};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

pub(super) const ABOUT: About = About {
    name: "causal",
    title: "Causal",
    model: "causal-convergent",
    clients: Clients::WithSession,
    how: "a write is answered when its own server has it; a read waits until its server has what the session has seen",
    faults: "lossy, slow or cut links; pauses; kills while a majority is left and one server at a time lacks its memory",
    durable: true,
    not: "sequential: two clients may see two unrelated writes at different times",
};

/// The most reads that wait at one server: as many as requests may wait in the order.
const MOST_BLOCKED: usize = 16_384;

/// The timers of a causal server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// One of the order's.
    Order(OrderTimer),
    /// The oldest blocked read has waited long enough.
    Blocked,
}

impl From<OrderTimer> for Timer {
    fn from(timer: OrderTimer) -> Self {
        Timer::Order(timer)
    }
}

/// One server of the causally consistent store.
#[derive(Debug)]
pub struct Causal {
    order: Order,
    cluster: Arc<str>,
    /// Reads that wait for a version, the lowest first.
    blocked: BTreeMap<(Version, Ticket), Op>,
    /// When each blocked read is given up, oldest first. Reads that were answered are skipped.
    deadlines: VecDeque<(Duration, (Version, Ticket))>,
}

impl Causal {
    /// The server that `start` names.
    pub fn new(start: &Start) -> Self {
        let order = Order::new(start, Style { tell_done: false, patient: false });
        let cluster = start.cluster.as_str().into();
        Causal { order, cluster, blocked: BTreeMap::new(), deadlines: VecDeque::new() }
    }

    /// Whether the request may go on here: admitted, and its session is of this cluster.
    fn admit(&self, op: &Op) -> Result<(), Reason> {
        self.order.admit(op)?;
        let cluster = self.order.cluster();
        match session_of(op) {
            Some(session) if !session.cluster.is_empty() && *session.cluster != *cluster => {
                let (session, cluster) = (session.cluster.to_string(), cluster.to_string());
                Err(Reason::WrongCluster { session, cluster })
            }
            _ => Ok(()),
        }
    }

    fn write(&mut self, ctx: &mut Ctx<Self>, ticket: Ticket, mut op: Op) {
        let seen = seen_by(&mut op);
        let lost = self.order.lacks(Defect::LeaveOutDependencies);
        let seen = (!seen.is_empty() && !lost).then(|| Arc::new(seen));
        self.order.submit(ctx, ticket, triple(op), seen, Until::Delivered);
    }

    /// Reads now, or waits for what the session has seen.
    fn read(&mut self, ctx: &mut Ctx<Self>, ticket: Ticket, op: Op) {
        let want = wanted(&op);
        if self.order.is_lost(want) {
            return ctx.reply(ticket, Outcome::Refused(Reason::VersionLost(want)));
        }
        if want <= self.order.state().version() {
            return ctx.reply(ticket, self.read_now(op));
        }
        if self.order.has_not_ordered(want) {
            return ctx.reply(ticket, Outcome::Refused(Reason::VersionUnknown(want)));
        }
        if self.blocked.len() >= MOST_BLOCKED {
            return ctx
                .reply(ticket, Outcome::Refused(Reason::Overloaded(self.blocked.len() as u64)));
        }
        self.block(ctx, ticket, op, want);
    }

    fn block(&mut self, ctx: &mut Ctx<Self>, ticket: Ticket, op: Op, want: Version) {
        let (key, have) = match &op {
            Op::Get { key, .. } => (Some(key.clone()), self.order.state().variable(key).version),
            _ => (None, self.order.state().version()),
        };
        ctx.note(Step::Blocked { ticket, key, have, want });
        if self.deadlines.is_empty() {
            ctx.arm(Timer::Blocked, self.order.timing().request_timeout);
        }
        self.deadlines.push_back((ctx.now() + self.order.timing().request_timeout, (want, ticket)));
        self.blocked.insert((want, ticket), op);
    }

    /// The answer from this server's state, with a session that has seen it.
    fn read_now(&self, mut op: Op) -> Outcome {
        let mut seen = seen_by(&mut op);
        let mut answer = read_locally(self.order.state(), &op);
        match (&mut answer, op) {
            (Outcome::Got { version, session, .. }, Op::Get { key, .. }) => {
                if let Some(writer) =
                    self.order.state().store.get(&key).and_then(|variable| variable.seen.as_ref())
                {
                    seen.merge(writer);
                }
                seen.see(key, *version);
                *session = Some(self.session(seen));
            }
            (Outcome::All { session, .. }, _) => {
                // A snapshot of the order: all of it, and so all that its writers had seen.
                seen.floor = seen.floor.max(self.order.state().version());
                *session = Some(self.session(seen));
            }
            _ => {}
        }
        answer
    }

    fn session(&self, versions: Versions) -> Session {
        Session { cluster: self.cluster.clone(), versions }
    }

    /// Answers what the last step has settled: writes that were delivered, reads whose version has come.
    fn answer(&mut self, ctx: &mut Ctx<Self>) {
        while let Some(settled) = self.order.settled() {
            let ticket = settled.entry.ticket;
            let outcome = self.written(settled);
            ctx.reply(ticket, outcome);
        }
        let version = self.order.state().version();
        while let Some(first) = self.blocked.first_entry().filter(|first| first.key().0 <= version)
        {
            let ((want, ticket), op) = first.remove_entry();
            ctx.note(Step::Unblocked { ticket });
            let lost = self.order.is_lost(want);
            let answer =
                if lost { Outcome::Refused(Reason::VersionLost(want)) } else { self.read_now(op) };
            ctx.reply(ticket, answer);
        }
    }

    fn written(&self, settled: Settled) -> Outcome {
        let mut seen = settled.entry.seen.as_deref().cloned().unwrap_or_default();
        let key: Key = settled.entry.triple.key.clone().unwrap_or_default();
        match settled.result {
            Ok(Answer::Set { version }) => {
                seen.see(key, version);
                Outcome::Set { version: Some(version), session: Some(self.session(seen)) }
            }
            Ok(Answer::Deleted { existed, version }) => {
                seen.see(key, version);
                Outcome::Deleted {
                    existed,
                    version: Some(version),
                    session: Some(self.session(seen)),
                }
            }
            Ok(_) => Outcome::Unknown(Reason::NotSupported("ordered reads".to_string())),
            Err(failure) => failure,
        }
    }

    /// Gives up on reads that have waited too long.
    fn give_up(&mut self, ctx: &mut Ctx<Self>) {
        while let Some((deadline, key)) = self.deadlines.front().copied() {
            let still_blocked = self.blocked.contains_key(&key);
            if still_blocked && deadline > ctx.now() {
                return ctx.arm(Timer::Blocked, deadline - ctx.now());
            }
            self.deadlines.pop_front();
            if self.blocked.remove(&key).is_some() {
                let after = self.order.timing().request_timeout;
                let what = format!("version {}", crate::process::ShortVersion(key.0));
                ctx.reply(key.1, Outcome::Refused(Reason::TimedOut { what, after }));
            }
        }
    }
}

fn session_of(op: &Op) -> Option<&Session> {
    match op {
        Op::Set { session, .. } | Op::Delete { session, .. } => session.as_ref(),
        Op::Get { session, .. } | Op::All { session } => session.as_ref(),
        Op::Append { .. } | Op::Messages { .. } => None,
    }
}

fn session_of_mut(op: &mut Op) -> Option<&mut Session> {
    match op {
        Op::Set { session, .. } | Op::Delete { session, .. } => session.as_mut(),
        Op::Get { session, .. } | Op::All { session } => session.as_mut(),
        Op::Append { .. } | Op::Messages { .. } => None,
    }
}

/// Takes what the client has seen.
fn seen_by(op: &mut Op) -> Versions {
    session_of_mut(op).map(|session| std::mem::take(&mut session.versions)).unwrap_or_default()
}

/// The version that this server must have before it may answer.
fn wanted(op: &Op) -> Version {
    let Some(session) = session_of(op) else { return 0 };
    match op {
        Op::Get { key, .. } => session.versions.wanted(key),
        _ => session.versions.wanted_of_all(),
    }
}

impl Process for Causal {
    type Message = Message;
    type Timer = Timer;
    type Record = Nothing;

    fn on_start(&mut self, ctx: &mut Ctx<Self>) {
        self.order.on_start(ctx);
    }

    fn on_recover(&mut self, record: Nothing) {
        match record {}
    }

    fn on_request(&mut self, ctx: &mut Ctx<Self>, ticket: Ticket, mut op: Op) {
        // A blocked read keeps its session, and a body has room for a hundred thousand clocks.
        if let Some(session) = session_of_mut(&mut op) {
            session.versions.collapse();
        }
        if let Err(reason) = self.admit(&op) {
            return ctx.reply(ticket, Outcome::Refused(reason));
        }
        match op {
            Op::Set { .. } | Op::Delete { .. } => self.write(ctx, ticket, op),
            _ => self.read(ctx, ticket, op),
        }
        self.answer(ctx);
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, from: NodeId, message: Message) {
        self.order.on_message(ctx, from, message);
        self.answer(ctx);
    }

    fn on_timer(&mut self, ctx: &mut Ctx<Self>, timer: Timer) {
        match timer {
            Timer::Order(timer) => self.order.on_timer(ctx, timer),
            Timer::Blocked => self.give_up(ctx),
        }
        self.answer(ctx);
    }

    fn status(&self) -> Status {
        let status = self.order.status();
        Status { waiting: status.waiting + self.blocked.len() as u64, ..status }
    }
}
