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

mod concern;
mod ctx;
mod defect;
mod op;
mod outcome;
mod shown;
mod start;
mod step;
mod text;

pub use concern::Concern;
pub use ctx::{Ctx, Effect, EffectOf, Nodes};
pub use defect::Defect;
pub(crate) use op::within_limits;
pub use op::{Action, Key, LONGEST_WAIT, MAX_KEY, MAX_VALUE, Op, Triple, Value};
pub use outcome::{Brief, Logged, Outcome, Reason, Versioned};
pub use shown::{Short, ShortVersion, say_listed};
pub use start::{Health, Replication, Start, Status, Timing};
pub use step::Step;
pub(crate) use text::{maybe_shared, shared};

use crate::say::{Say, Text, display_as_said};
use serde::{Deserialize, Serialize, Serializer, de::DeserializeOwned};
use std::fmt::{self, Debug, Display};

/// One participant in a distributed system. Between calls nothing happens; within a call nothing waits.
///
/// Whatever arrives from a peer or a client is input: a message that makes no sense is dropped with a note, never a
/// panic. The order of effects is behaviour, so a process keeps ordered collections only.
pub trait Process: Sized {
    /// What peers say to each other, named as in the paper. What it says is its short form in traces: `ack 3`.
    type Message: Clone + Debug + Say + Serialize + DeserializeOwned + Send + 'static;
    /// The timers that this algorithm owns, by name.
    type Timer: Clone + Ord + Debug + Send + 'static;
    /// What must survive a crash ([`Nothing`] where nothing must). `Display` is its short form in traces.
    type Record: Clone + Debug + Display + Serialize + DeserializeOwned + Send + 'static;

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
    /// Whether a message says no more than that its sender lives: traces leave such messages out.
    fn is_routine(_message: &Self::Message) -> bool {
        false
    }
}

/// A record or message of which there is none: the type has no values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Nothing {}

impl Display for Nothing {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

/// A server's number, from 1. Shown as `n3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeId(pub u32);

impl Say for NodeId {
    fn say(&self, text: &mut Text) {
        text.push("n").number(self.0.into());
    }
}

/// Names one client request for ever: the edge it reached, that edge's life, and a counter within it.
///
/// The driver gives a fresh, higher incarnation at each start, so a restarted server's tickets are never taken for
/// repeats, and two clients at one server can never release each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
pub struct Ticket {
    /// The edge that the request reached.
    pub node: NodeId,
    /// Which life of the edge, from 1.
    pub incarnation: u64,
    /// Which request in that life, from 1.
    pub counter: u64,
}

/// `[node, incarnation, counter]`: every entry of every round carries one.
impl Serialize for Ticket {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.node, self.incarnation, self.counter).serialize(serializer)
    }
}

impl Say for Ticket {
    fn say(&self, text: &mut Text) {
        text.say(&self.node);
        if self.incarnation != 1 {
            text.push(".").number(self.incarnation);
        }
        text.push("#").number(self.counter);
    }
}

display_as_said!(NodeId, Ticket);
