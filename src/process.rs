//! The one idea that carries everything: a participant is a deterministic state machine.
//!
//! A [`Process`] holds no socket, clock, thread, lock, log or randomness of its own. Something happens (a call, a
//! message, a timer), one handler runs, and what the process wants done stands on [`Ctx`] as a list of [`Effect`]s:
//!
//! ```text
//!                 on_request / on_message / on_timer
//!     driver ───────────────────────────────────────▶ process
//!        ▲                                               │
//!        └──── effects: send, reply, arm, persist ◀──────┘      (and notes: what a person wants to know)
//! ```
//!
//! Two drivers run the very same machine: [`crate::sim`] with virtual time and seeded faults, and [`crate::net`] with
//! JSON-RPC between real processes. **Between calls nothing happens; within a call nothing waits.** One step is one
//! list of effects and notes, and that is one place to trace, to count and to inject faults.

use crate::random::Random;
use crate::session::{Session, Version};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::BTreeMap;
use std::fmt::{self, Debug, Display};
use std::sync::Arc;
use std::time::Duration;

/// The name of a variable: UTF-8, 1 byte to 1 KiB.
pub type Key = Arc<str>;
/// The value of a variable: UTF-8, at most 1 MiB.
pub type Value = Arc<str>;

/// The longest key, in bytes: keys live in every index, trace and session.
pub const MAX_KEY: usize = 1 << 10;
/// The longest value, in bytes: eight of the largest still fit into one round.
pub const MAX_VALUE: usize = 1 << 20;

/// One participant in a distributed system. Between calls nothing happens; within a call nothing waits.
///
/// Whatever arrives from a peer or a client is input: a message that makes no sense is dropped with a note, never a
/// panic. The order of effects is behaviour, so a process keeps ordered collections only.
pub trait Process: Sized {
    /// What peers say to each other, named as in the paper. `Display` is its short form in traces: `ack 3`.
    type Message: Clone + Debug + Display + Serialize + DeserializeOwned + Send + 'static;
    /// The timers that this algorithm owns, by name.
    type Timer: Clone + Ord + Debug + Send + 'static;
    /// What must survive a crash ([`Nothing`] where nothing must).
    type Record: Clone + Debug + Serialize + DeserializeOwned + Send + 'static;

    /// The process starts or, after [`Process::on_recover`], starts again.
    fn on_start(&mut self, ctx: &mut Ctx<Self>);
    /// A record that survived is replayed, in order, before the start.
    fn on_recover(&mut self, record: Self::Record);
    /// An application call reached this edge. It is answered once, now or later, by [`Ctx::reply`] with its ticket.
    fn on_request(&mut self, ctx: &mut Ctx<Self>, ticket: Ticket, op: Op);
    /// A peer's message arrived. It may be late, repeated, out of order, or from a peer's earlier life.
    fn on_message(&mut self, ctx: &mut Ctx<Self>, from: NodeId, message: Self::Message);
    /// An armed timer is due.
    fn on_timer(&mut self, ctx: &mut Ctx<Self>, timer: Self::Timer);
    /// What a person wants to know of this process now.
    fn status(&self) -> Status;
}

/// A record or message of which there is none: the type has no values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Nothing {}

/// A server's number, from 1. Shown as `n3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeId(pub u32);

impl Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("n{}", self.0))
    }
}

/// Names one client request for ever: the edge it reached, that edge's life, and a counter within it.
///
/// The driver gives a fresh, higher incarnation at each start, so a restarted server's tickets are never taken for
/// repeats, and two clients at one server can never release each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Ticket {
    /// The edge that the request reached.
    pub node: NodeId,
    /// Which life of the edge, from 1.
    pub incarnation: u64,
    /// Which request in that life, from 1.
    pub counter: u64,
}

impl Display for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.incarnation {
            1 => write!(f, "{}#{}", self.node, self.counter),
            life => write!(f, "{}.{life}#{}", self.node, self.counter),
        }
    }
}

/// What an application asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Op {
    /// Give a variable a value.
    Set {
        /// The variable.
        key: Key,
        /// Its new value.
        value: Value,
        /// What the client has seen, if it carries a session.
        session: Option<Session>,
    },
    /// Remove a variable: a versioned write that leaves a tombstone.
    Delete {
        /// The variable.
        key: Key,
        /// What the client has seen, if it carries a session.
        session: Option<Session>,
    },
    /// Read a variable.
    Get {
        /// The variable.
        key: Key,
        /// What the client has seen, if it carries a session.
        session: Option<Session>,
    },
    /// Read all variables at once.
    All {
        /// What the client has seen, if it carries a session.
        session: Option<Session>,
    },
}

impl Op {
    /// Whether its key and value are within their limits.
    ///
    /// # Errors
    /// [`Reason::EmptyKey`] or [`Reason::TooLarge`].
    pub fn check(&self) -> Result<(), Reason> {
        let (key, value, session) = match self {
            Op::Set { key, value, session } => (Some(key), Some(value), session),
            Op::Delete { key, session } | Op::Get { key, session } => (Some(key), None, session),
            Op::All { session } => (None, None, session),
        };
        if key.is_some_and(|key| key.is_empty()) {
            return Err(Reason::EmptyKey);
        }
        let seen = session.iter().flat_map(|session| session.versions.clocks.keys());
        seen.chain(key).try_for_each(|key| limited("key", key, MAX_KEY))?;
        value.map_or(Ok(()), |value| limited("value", value, MAX_VALUE))
    }
}

fn limited(what: &str, text: &str, limit: usize) -> Result<(), Reason> {
    if text.len() <= limit {
        return Ok(());
    }
    Err(Reason::TooLarge { what: what.to_string(), bytes: text.len() as u64, limit: limit as u64 })
}

impl Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Op::Set { key, value, .. } => write!(f, "set {} {}", Short(key), Short(value)),
            Op::Delete { key, .. } => write!(f, "delete {}", Short(key)),
            Op::Get { key, .. } => write!(f, "get {}", Short(key)),
            Op::All { .. } => f.write_str("all"),
        }
    }
}

/// What an entry of a round does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Give the variable a value.
    Set,
    /// Remove the variable.
    Delete,
    /// Read the variable at this place of the order.
    Get,
    /// Read everything at this place of the order.
    All,
}

/// What a broadcast says: (ACTION, VAR, VALUE). Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Triple {
    /// What to do.
    pub action: Action,
    /// The variable; `None` for [`Action::All`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Key>,
    /// The value; only for [`Action::Set`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

impl Triple {
    /// How many triples of a round a trace shows.
    pub const SHOWN: usize = 3;
}

impl Display for Triple {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.action {
            Action::Set => "(SET",
            Action::Delete => "(DELETE",
            Action::Get => "(GET",
            Action::All => "(ALL",
        })?;
        let mut words = [&self.key, &self.value].into_iter().flatten();
        words.try_for_each(|word| write!(f, ", {}", Short(word)))?;
        f.write_str(")")
    }
}

/// A variable's value in an answer to [`Op::All`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versioned {
    /// The value.
    pub value: Value,
    /// The version of the write that made it.
    pub version: Version,
}

/// How a request ended. The line between [`Outcome::Refused`] and [`Outcome::Unknown`] is never blurred: checkers
/// depend on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// The write is done.
    Set {
        /// Its place in the one order; `None` where the system answers before it is known.
        version: Option<Version>,
        /// The client's session with this write in it, where the system keeps sessions.
        session: Option<Session>,
    },
    /// The delete is done.
    Deleted {
        /// Whether the variable had a value.
        existed: bool,
        /// Its place in the one order; `None` where the system answers before it is known.
        version: Option<Version>,
        /// The client's session with this write in it, where the system keeps sessions.
        session: Option<Session>,
    },
    /// The read is done.
    Got {
        /// The value; `None` where the variable has none.
        value: Option<Value>,
        /// The version of the write that was read; 0 where the variable was never written.
        version: Version,
        /// The client's session with this read in it, where the system keeps sessions.
        session: Option<Session>,
    },
    /// The read of everything is done.
    All {
        /// Every variable that has a value.
        values: BTreeMap<Key, Versioned>,
        /// The client's session with these reads in it, where the system keeps sessions.
        session: Option<Session>,
    },
    /// Surely nothing happened.
    Refused(Reason),
    /// It may have happened, or may happen later.
    Unknown(Reason),
}

impl Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Set { .. } | Outcome::Deleted { existed: true, .. } => f.write_str("ok"),
            Outcome::Deleted { existed: false, .. } | Outcome::Got { value: None, .. } => {
                f.write_str("absent")
            }
            Outcome::Got { value: Some(value), .. } => write!(f, "{}", Short(value)),
            Outcome::All { values, .. } => {
                let pairs = values.iter().map(|(k, v)| format!("{}={}", Short(k), Short(&v.value)));
                f.write_str(&pairs.collect::<Vec<_>>().join(" "))
            }
            Outcome::Refused(reason) => write!(f, "refused: {reason}"),
            Outcome::Unknown(reason) => write!(f, "unknown: {reason}"),
        }
    }
}

/// Why a request was refused, or why its outcome is unknown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Reason {
    /// A key or value past its limit.
    #[error("{what} has {bytes} bytes, more than {limit}")]
    TooLarge {
        /// `key` or `value`.
        what: String,
        /// How many bytes it has.
        bytes: u64,
        /// How many it may have.
        limit: u64,
    },
    /// An empty key.
    #[error("the key is empty")]
    EmptyKey,
    /// The session's versions mean nothing here.
    #[error("the session is of cluster {session}, this is {cluster}")]
    WrongCluster {
        /// The cluster that the session names.
        session: String,
        /// The cluster that was asked.
        cluster: String,
    },
    /// The system has no such operation.
    #[error("this system does not support {0}")]
    NotSupported(String),
    /// The edge cannot reach the primary.
    #[error("the primary n{0} cannot be reached")]
    PrimaryUnreachable(u32),
    /// Time ran out.
    #[error("timed out after {} ms waiting for {what}", after.as_millis())]
    TimedOut {
        /// What was waited for.
        what: String,
        /// For how long.
        after: Duration,
    },
    /// The server is shutting down.
    #[error("the server is stopping")]
    Stopping,
    /// Nothing listens at the server's address: it is down.
    #[error("server {0} is down: it refuses connections")]
    ConnectionRefused(u32),
    /// The server died, or its connection did, before the answer came.
    #[error("the connection broke before the answer came")]
    ConnectionLost,
    /// A queue is at its bound.
    #[error("too many requests wait here ({0}); try again later")]
    Overloaded(u64),
    /// The server was restarted without its memory and does not have it back yet.
    #[error("the server has not caught up yet")]
    NotCaughtUp,
    /// Too few servers answer the primary to go on.
    #[error("fewer than a majority of the servers answer")]
    NoMajority,
    /// What the session has seen was lost together with the primary's memory.
    #[error("version {} of epoch {} that the session has seen was lost", epoch_counter(*.0).1, epoch_counter(*.0).0)]
    VersionLost(Version),
    /// The session claims to have seen what was never written.
    #[error("version {} that the session has seen was never written here", ShortVersion(*.0))]
    VersionUnknown(Version),
    /// Only the words are known: a server's, or those of a connection to one.
    #[error("{0}")]
    Told(String),
}

fn epoch_counter(version: Version) -> (u64, u64) {
    crate::session::epoch_and_counter(version)
}

/// What a process wants done; the driver performs effects, in order, after the handler returns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect<M, T, R> {
    /// Send one message to each of these peers, in this order; encoded once.
    Send {
        /// The receivers.
        to: Vec<NodeId>,
        /// What they get.
        message: M,
    },
    /// Answer a request.
    Reply {
        /// The request.
        ticket: Ticket,
        /// How it ended.
        outcome: Outcome,
    },
    /// Call [`Process::on_timer`] at this moment of the process's clock; moves the timer if it is armed.
    Arm {
        /// Which timer.
        timer: T,
        /// When, on the process's clock.
        at: Duration,
    },
    /// Forget a timer.
    Disarm {
        /// Which timer.
        timer: T,
    },
    /// Make this record durable. Effects after it, in this step or any later one, wait until it is.
    Persist {
        /// What must survive.
        record: R,
    },
}

/// The effects of one process.
pub type EffectOf<P> =
    Effect<<P as Process>::Message, <P as Process>::Timer, <P as Process>::Record>;

/// A handler's view of the world, and where it leaves what it wants done. A driver keeps one for each life of a
/// process, sets the clock before each call with [`Ctx::begin`] and takes what was left with [`Ctx::finish`].
#[derive(Debug)]
pub struct Ctx<P: Process> {
    id: NodeId,
    incarnation: u64,
    now: Duration,
    random: Random,
    effects: Vec<EffectOf<P>>,
    notes: Vec<Step>,
}

impl<P: Process> Ctx<P> {
    /// A context for one life of the process `id`.
    pub fn new(id: NodeId, incarnation: u64, random: Random) -> Self {
        Ctx { id, incarnation, now: Duration::ZERO, random, effects: Vec::new(), notes: Vec::new() }
    }

    /// Driver: the next step happens at `now`.
    pub fn begin(&mut self, now: Duration) {
        self.now = now;
    }

    /// Driver: what the step left, oldest first. The lists are drained; their memory is kept.
    pub fn finish(&mut self) -> (std::vec::Drain<'_, EffectOf<P>>, std::vec::Drain<'_, Step>) {
        (self.effects.drain(..), self.notes.drain(..))
    }

    /// This process's number.
    pub fn id(&self) -> NodeId {
        self.id
    }

    /// Which life of this process it is, from 1.
    pub fn incarnation(&self) -> u64 {
        self.incarnation
    }

    /// The time on this process's own clock.
    pub fn now(&self) -> Duration {
        self.now
    }

    /// Seeded randomness of this process's own.
    pub fn random(&mut self) -> &mut Random {
        &mut self.random
    }

    /// Sends `message` to one peer. It may be lost, late or repeated.
    pub fn send(&mut self, to: NodeId, message: P::Message) {
        self.effects.push(Effect::Send { to: vec![to], message });
    }

    /// Sends `message` to each peer, in this order.
    pub fn send_all(&mut self, to: Vec<NodeId>, message: P::Message) {
        if !to.is_empty() {
            self.effects.push(Effect::Send { to, message });
        }
    }

    /// Answers the request `ticket`.
    pub fn reply(&mut self, ticket: Ticket, outcome: Outcome) {
        self.effects.push(Effect::Reply { ticket, outcome });
    }

    /// Arms `timer` to fire `after` from now, moving it if it was armed. With zero it fires once all that has already
    /// reached this process is handled.
    pub fn arm(&mut self, timer: P::Timer, after: Duration) {
        self.effects.push(Effect::Arm { timer, at: self.now.saturating_add(after) });
    }

    /// Forgets `timer`.
    pub fn disarm(&mut self, timer: P::Timer) {
        self.effects.push(Effect::Disarm { timer });
    }

    /// Makes `record` durable before any effect that follows it.
    pub fn persist(&mut self, record: P::Record) {
        self.effects.push(Effect::Persist { record });
    }

    /// A remark without effect, for the trace and the log.
    pub fn note(&mut self, step: Step) {
        self.notes.push(step);
    }
}

/// What the driver tells a process about the cluster when it builds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// This server's number.
    pub id: NodeId,
    /// How many servers the cluster has; they are numbered from 1.
    pub servers: u32,
    /// Which life of this server it is, from 1: fresh and higher at each start.
    pub incarnation: u64,
    /// True if an earlier life's memory is gone: the server must catch up before it may answer.
    pub blank: bool,
    /// The cluster's name, unlike any other cluster's.
    pub cluster: String,
    /// How long to wait for what.
    pub timing: Timing,
}

impl Start {
    /// All servers, in order.
    pub fn members(&self) -> impl Iterator<Item = NodeId> + use<> {
        (1..=self.servers).map(NodeId)
    }
}

/// How long a process waits for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timing {
    /// A request that is not answered by then ends `refused` or `unknown`.
    pub request_timeout: Duration,
    /// A server that stays silent for so long is dropped from the view.
    pub suspect_after: Duration,
    /// What was not acknowledged is sent again after this long.
    pub resend_after: Duration,
}

impl Timing {
    /// Timing for links whose slowest direction takes `slowest`: suspicion after max(2 s, four times that), resending
    /// three times before it.
    pub fn for_links(slowest: Duration, request_timeout: Duration) -> Self {
        let suspect_after = Duration::from_secs(2).max(slowest * 4);
        Timing { request_timeout, suspect_after, resend_after: suspect_after * 3 / 10 }
    }
}

impl Default for Timing {
    fn default() -> Self {
        Timing::for_links(Duration::ZERO, Duration::from_secs(5))
    }
}

/// What a person wants to know of a server now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// `primary`, `backup`, …
    pub role: String,
    /// `ready`, `blank`, `recovering`, `stalled`, `deposed`: what it can do now.
    pub state: String,
    /// How many variables have a value.
    pub keys: u64,
    /// The highest version applied.
    pub version: Version,
    /// How many rounds were applied.
    pub rounds: u64,
    /// How many entries wait for the lock.
    pub queue: u64,
    /// How many requests of clients wait here.
    pub waiting: u64,
    /// The servers that rounds now wait for (the view); empty where this server does not know.
    pub view: Vec<NodeId>,
}

/// A remark on what happened inside a step, in the field's words. It has no effect on the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The edge passed a request on to the primary.
    Forwarded {
        /// The request.
        ticket: Ticket,
        /// The primary.
        to: NodeId,
    },
    /// The primary took the lock for a round.
    LockTaken {
        /// The round's number.
        round: u64,
        /// How many entries it carries.
        entries: usize,
        /// The first few of them.
        first: Vec<Triple>,
    },
    /// Every server of the view has acknowledged: the lock is free.
    LockReleased {
        /// The round's number.
        round: u64,
    },
    /// A write took its place in this server's state.
    Applied {
        /// The variable.
        key: Key,
        /// Its new value; `None` for a delete.
        value: Option<Value>,
        /// The write's version.
        version: Version,
    },
    /// An ordered read took its place.
    Read {
        /// The variable; `None` for a read of everything.
        key: Option<Key>,
    },
    /// A read waits until this server has what its session has seen.
    Blocked {
        /// The request.
        ticket: Ticket,
        /// The variable; `None` for a read of everything.
        key: Option<Key>,
        /// The version that this server has.
        have: Version,
        /// The version that the session asks for.
        want: Version,
    },
    /// A blocked read may go on.
    Unblocked {
        /// The request.
        ticket: Ticket,
    },
    /// A round arrived before its predecessor.
    Gap {
        /// The round that arrived.
        round: u64,
        /// The one that is missing.
        missing: u64,
    },
    /// A message was ignored.
    Ignored {
        /// Why.
        why: &'static str,
    },
    /// A message was sent again for want of an answer.
    Resent {
        /// What.
        what: String,
    },
    /// A silent server was dropped from the view.
    Suspected {
        /// The server.
        node: NodeId,
    },
    /// A silent server cannot be dropped, for fewer than a majority would be left.
    NoMajority {
        /// The server.
        node: NodeId,
    },
    /// A server was restarted without its memory: it is out of the view until it has caught up.
    Forgot {
        /// The server.
        node: NodeId,
    },
    /// A server is in the view again.
    Returned {
        /// The server.
        node: NodeId,
    },
    /// This server asks for what it lacks.
    CatchingUp {
        /// The last round it has.
        have: u64,
    },
    /// This server has all that was under way when it asked.
    CaughtUp {
        /// The last round it has.
        round: u64,
    },
    /// A primary without memory asks every server what it holds.
    Recalling,
    /// A primary has its memory back and opens an epoch.
    EpochOpened {
        /// The epoch.
        epoch: u64,
        /// The last round it took over.
        round: u64,
    },
    /// A primary saw a later epoch than its own and stopped.
    Deposed {
        /// The later epoch.
        epoch: u64,
    },
}

impl Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Forwarded { ticket, to } => write!(f, "forwarded {ticket} to {to}"),
            Step::LockTaken { round, entries, first } => {
                write!(f, "lock taken for round {round}, broadcast {}", listed(first, *entries))
            }
            Step::LockReleased { round } => write!(f, "lock released, round {round} done"),
            Step::Applied { key, value: Some(value), version } => {
                write!(f, "applied {}={} v{}", Short(key), Short(value), ShortVersion(*version))
            }
            Step::Applied { key, value: None, version } => {
                write!(f, "applied {} deleted v{}", Short(key), ShortVersion(*version))
            }
            Step::Read { key: Some(key) } => write!(f, "read {}", Short(key)),
            Step::Read { key: None } => f.write_str("read all"),
            Step::Blocked { key, have, want, .. } => {
                let (want, have) = (ShortVersion(*want), ShortVersion(*have));
                let key = key.as_deref().unwrap_or("all");
                write!(f, "{} blocked on version {want} while at {have}", Short(key))
            }
            Step::Unblocked { .. } => f.write_str("unblocked"),
            Step::Gap { round, missing } => write!(f, "gap: round {round} before {missing}"),
            Step::Ignored { why } => write!(f, "ignored: {why}"),
            Step::Resent { what } => write!(f, "resent {what}"),
            Step::Suspected { node } => write!(f, "{node} is silent: dropped"),
            Step::NoMajority { node } => write!(f, "{node} is silent, no majority without it"),
            Step::Forgot { node } => write!(f, "{node} lost its memory: dropped"),
            Step::Returned { node } => write!(f, "{node} is back in the view"),
            Step::CatchingUp { have } => write!(f, "catching up from round {have}"),
            Step::CaughtUp { round } => write!(f, "caught up at round {round}"),
            Step::Recalling => f.write_str("no memory: asks all what they hold"),
            Step::EpochOpened { epoch, round } => {
                write!(f, "opens epoch {epoch} after round {round}")
            }
            Step::Deposed { epoch } => write!(f, "stops: epoch {epoch} is open"),
        }
    }
}

/// Some triples as a trace shows them: the first few and how many there are.
pub fn listed(first: &[Triple], entries: usize) -> String {
    let shown =
        first.iter().take(Triple::SHOWN).map(Triple::to_string).collect::<Vec<_>>().join(", ");
    match entries {
        0 => "nothing".to_string(),
        few if few <= first.len() => shown,
        many => format!("{shown}, … ({many} in all)"),
    }
}

/// Text as a trace shows it: on one line and of bounded width, however long or odd it is.
pub struct Short<'a>(pub &'a str);

impl Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const WIDTH: usize = 24;
        let odd = self.0.is_empty()
            || self.0.chars().take(WIDTH).any(|c| c.is_control() || c == ' ' || c == '"');
        let cut: String = self.0.chars().take(WIDTH).collect();
        let more = if cut.len() < self.0.len() { "…" } else { "" };
        if odd { write!(f, "{cut:?}{more}") } else { write!(f, "{cut}{more}") }
    }
}

/// A version as a trace shows it: `7`, or `e2:7` from the second epoch on.
pub struct ShortVersion(pub Version);

impl Display for ShortVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match epoch_counter(self.0) {
            (1, counter) => write!(f, "{counter}"),
            (epoch, counter) => write!(f, "e{epoch}:{counter}"),
        }
    }
}
