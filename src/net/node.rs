//! The node loop: one task owns one machine, and performs what each step asks for.
//!
//! ```text
//!   wait for a call, a frame or a deadline
//!   handle all that has reached this process      calls of clients, frames of peers
//!   fire the timers that are due                  those with zero delay too: all that was there came first
//!   flush                                         one frame a peer, however many steps that was
//! ```
//!
//! So a burst of requests becomes one round, and a round's messages for one peer one wire message, without any waiting.
//! Nothing else touches the machine: there is no lock, and a client that goes away only closes the channel on which its
//! answer would have come.

use super::clock::Clock;
use super::links::Links;
use super::outbox::Outboxes;
use super::requests::Requests;
use super::steps;
use super::wire::Frame;
use crate::faults::Fault;
use crate::process::{Ctx, Effect, NodeId, Nothing, Op, Outcome, Process, Reason, Status};
use crate::timers::Timers;
use jsonrpsee::core::server::SubscriptionSink;
use serde_json::value::{RawValue, to_raw_value};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, Sleep, sleep_until};

/// So many calls may wait for the node loop; further requests are refused as overloaded.
pub(super) const MOST_CALLS: usize = 4_096;
/// So many frames may wait for the node loop; then their connections wait.
pub(super) const MOST_FRAMES: usize = 1_024;
/// So many events are handled before timers fire and messages leave, however many more have come.
const BATCH: usize = 1_024;
/// An idle node looks around after this long.
const IDLE: Duration = Duration::from_secs(3600);

/// What this server's own tasks ask of its node.
#[derive(Debug)]
pub(super) enum Call {
    /// A client's request.
    Request {
        /// What it asks for.
        op: Op,
        /// Where the answer goes.
        answer: oneshot::Sender<Outcome>,
    },
    /// Someone wants to know how the process is.
    Status(oneshot::Sender<Status>),
    /// A peer listens.
    Connected {
        /// The peer.
        to: NodeId,
        /// Which life of it.
        incarnation: u64,
        /// Where its messages go.
        sink: SubscriptionSink,
    },
    /// The links have these faults now, and no others.
    Faults(Vec<Fault>),
    /// The server stops.
    Stop,
}

/// One machine and all that it needs to run.
pub(super) struct Node<P: Process> {
    /// The machine.
    pub process: P,
    /// Its view of the world.
    pub ctx: Ctx<P>,
    /// The run's clock.
    pub clock: Clock,
    /// Its links to its peers.
    pub links: Links,
    /// What waits for its clients.
    pub requests: Requests,
    /// What its own tasks ask of it.
    pub calls: mpsc::Receiver<Call>,
    /// What its peers send.
    pub frames: mpsc::Receiver<Frame<P::Message>>,
}

/// What the loop keeps between two events.
struct Loop<P: Process> {
    node: Node<P>,
    timers: Timers<P::Timer>,
    outboxes: Outboxes,
    sleep: Pin<Box<Sleep>>,
    stopping: bool,
}

impl<P: Process<Record = Nothing>> Node<P> {
    /// Runs the machine until [`Call::Stop`], or until every sender of calls is gone.
    pub async fn run(self) {
        let (timers, outboxes) = (Timers::default(), Outboxes::new(self.ctx.id()));
        let sleep = Box::pin(sleep_until(Instant::now() + IDLE));
        let mut run = Loop { node: self, timers, outboxes, sleep, stopping: false };
        run.step(|process, ctx| process.on_start(ctx));
        loop {
            run.drain();
            run.fire_due();
            run.flush();
            if run.stopping {
                return run.stop();
            }
            run.wait().await;
        }
    }
}

impl<P: Process<Record = Nothing>> Loop<P> {
    /// Runs one handler of the machine, then does what it left on the context.
    fn step(&mut self, handler: impl FnOnce(&mut P, &mut Ctx<P>)) {
        let now = self.node.clock.now();
        self.node.ctx.begin(now);
        handler(&mut self.node.process, &mut self.node.ctx);
        let id = self.node.ctx.id();
        let (effects, notes) = self.node.ctx.finish();
        notes.for_each(|note| steps::noted(id, &note));
        for effect in effects {
            match effect {
                Effect::Send { to, message } => {
                    steps::sent(id, &to, &message);
                    let Some(encoded) = encode(&message) else { continue };
                    for peer in to {
                        self.node.links.send(peer, &encoded, now, &mut self.outboxes);
                    }
                }
                Effect::Reply { ticket, outcome } => self.node.requests.answer(ticket, outcome),
                Effect::Arm { timer, at } => self.timers.arm(timer, at),
                Effect::Disarm { timer } => self.timers.disarm(&timer),
                Effect::Persist { record } => match record {},
            }
        }
    }

    /// Handles what has already reached this process.
    fn drain(&mut self) {
        for _ in 0..BATCH {
            match self.node.calls.try_recv() {
                Ok(call) => self.on_call(call),
                Err(_) => break,
            }
        }
        for _ in 0..BATCH {
            match self.node.frames.try_recv() {
                Ok(frame) => self.on_frame(frame),
                Err(_) => break,
            }
        }
    }

    fn on_call(&mut self, call: Call) {
        match call {
            Call::Request { op, answer } => self.on_request(op, answer),
            Call::Status(answer) => drop(answer.send(self.node.process.status())),
            Call::Connected { to, incarnation, sink } => {
                self.outboxes.connect(to, incarnation, sink);
            }
            Call::Faults(faults) => self.node.links.set_faults(&faults),
            Call::Stop => self.stopping = true,
        }
    }

    fn on_request(&mut self, op: Op, answer: oneshot::Sender<Outcome>) {
        let now = self.node.clock.now();
        if let Some(ticket) = self.node.requests.open(&op, answer, now) {
            self.step(|process, ctx| process.on_request(ctx, ticket, op));
        }
    }

    fn on_frame(&mut self, frame: Frame<P::Message>) {
        let (id, from) = (self.node.ctx.id(), frame.from);
        for message in frame.messages {
            steps::received(id, from, &message);
            self.step(|process, ctx| process.on_message(ctx, from, message));
        }
    }

    /// Fires what is due now. A timer that a firing timer arms waits for the next time, after what has come by then.
    fn fire_due(&mut self) {
        let now = self.node.clock.now();
        while let Some(timer) = self.timers.pop_due(now) {
            self.step(|process, ctx| process.on_timer(ctx, timer));
        }
        self.node.requests.expire(now);
        self.node.links.release(now, &mut self.outboxes);
    }

    fn flush(&mut self) {
        let lost = self.outboxes.flush();
        if lost > 0 {
            steps::lost(self.node.ctx.id(), lost);
        }
    }

    /// Waits until something happens, and handles that.
    async fn wait(&mut self) {
        let deadlines = [self.timers.next(), self.node.links.next(), self.node.requests.next()];
        let next = deadlines.into_iter().flatten().min();
        let now = self.node.clock.now();
        if next.is_some_and(|next| next <= now) {
            // Due already: let the tasks that read and write first hand in what has come.
            return tokio::task::yield_now().await;
        }
        let deadline = self.node.clock.instant(next.unwrap_or(now + IDLE));
        if self.sleep.deadline() > deadline || self.sleep.is_elapsed() {
            self.sleep.as_mut().reset(deadline);
        }
        tokio::select! {
            biased;
            call = self.node.calls.recv() => match call {
                Some(call) => self.on_call(call),
                None => self.stopping = true,
            },
            Some(frame) = self.node.frames.recv() => self.on_frame(frame),
            () = self.sleep.as_mut() => {}
        }
    }

    /// Answers everyone who still waits: those whose request never reached the machine are refused.
    fn stop(mut self) {
        self.node.calls.close();
        while let Ok(call) = self.node.calls.try_recv() {
            if let Call::Request { answer, .. } = call {
                drop(answer.send(Outcome::Refused(Reason::Stopping)));
            }
        }
        self.node.requests.end();
    }
}

fn encode<M: serde::Serialize>(message: &M) -> Option<Arc<RawValue>> {
    match to_raw_value(message) {
        Ok(encoded) => Some(encoded.into()),
        Err(error) => {
            tracing::warn!(target: super::logs::TARGET, "a message cannot be written as JSON: {error}");
            None
        }
    }
}
