//! What a handler sees of the world, and the effects that it leaves behind.

use super::{NodeId, Outcome, Process, Step, Ticket};
use crate::random::Random;
use smallvec::SmallVec;
use std::time::Duration;

/// Some servers, in order. Few need no memory of their own: most messages go to one or to a handful.
pub type Nodes = SmallVec<[NodeId; 4]>;

/// What a process wants done; the driver performs effects, in order, after the handler returns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect<M, T, R> {
    /// Send one message to each of these peers, in this order; encoded once.
    Send {
        /// The receivers.
        to: Nodes,
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
    /// Whether anybody reads the notes of the next step.
    heeded: bool,
}

impl<P: Process> Ctx<P> {
    /// A context for one life of the process `id`.
    pub fn new(id: NodeId, incarnation: u64, random: Random) -> Self {
        Ctx {
            id,
            incarnation,
            now: Duration::ZERO,
            random,
            effects: Vec::new(),
            notes: Vec::new(),
            heeded: true,
        }
    }

    /// Driver: the next step happens at `now`.
    pub fn begin(&mut self, now: Duration) {
        self.now = now;
    }

    /// Driver: whether anybody reads the notes of the next steps; at first somebody does.
    pub fn heed_notes(&mut self, heeded: bool) {
        self.heeded = heeded;
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
        self.send_all([to], message);
    }

    /// Sends `message` to each peer, in this order.
    pub fn send_all(&mut self, to: impl IntoIterator<Item = NodeId>, message: P::Message) {
        let to = Nodes::from_iter(to);
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
        self.note_with(|| step);
    }

    /// The same, made only where somebody reads it: for what is noted of each of many entries.
    pub fn note_with(&mut self, step: impl FnOnce() -> Step) {
        if self.heeded {
            self.notes.push(step());
        }
    }
}
