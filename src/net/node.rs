//! The node: one machine, and how its steps are performed.
//!
//! Whoever has something for the machine runs the step at once, on the spot: the task that read a client's request, the one that
//! heard a peer's frame. All tasks of a server share one thread, so the lock is never waited for, and it is not held
//! across an await. What a step leaves to do later is done by one more task, the turn:
//!
//! ```text
//!   wait for a deadline, or for a step that left something
//!   fire the timers that are due                  those with zero delay too: all that was there came first
//!   flush                                         one frame a peer, however many steps that was
//! ```
//!
//! A frame's messages are flushed with its last step, unless a timer is due: what that sends goes along.
//!
//! So a read that needs nobody else is answered where it was read, a burst of requests becomes one round, and a round's
//! messages for one peer one wire message, without any waiting. A client that goes away only closes the channel on which
//! its answer would have come.

use super::NetError;
use super::clock::Clock;
use super::disk::{DiskFile, DiskQueue};
use super::links::Links;
use super::outbox::Outboxes;
use super::requests::{Answer, Requests};
use super::steps;
use super::wire::Frame;
use crate::faults::Fault;
use crate::process::{Ctx, Effect, EffectOf, NodeId, Op, Outcome, Process, Reason, Status};
use crate::timers::Timers;
use jsonrpsee::core::server::SubscriptionSink;
use serde_json::value::{RawValue, to_raw_value};
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Instant, Sleep, sleep_until};

/// So many frames that came before the start are kept; further ones are lost, as on any lossy network.
const MOST_EARLY: usize = 1_024;
/// An idle node looks around after this long.
const IDLE: Duration = Duration::from_secs(3600);

/// What clients can ask of a node.
pub(super) trait Serve: Send + Sync {
    /// A client's request, and its answer if that is known at once.
    fn request(&self, op: Op) -> Answer;
    /// How the process is; nothing once the node has stopped.
    fn status(&self) -> Option<Status>;
}

/// What reaches a node over its links.
pub(super) trait Hear<M>: Send + Sync {
    /// A peer's frame came. False once the node has stopped.
    fn heard(&self, frame: Frame<M>) -> bool;
    /// This life of a peer listens now, and its messages go to `sink`. False once the node has stopped.
    fn connected(&self, to: NodeId, incarnation: u64, sink: SubscriptionSink) -> bool;
    /// The links have these faults now, and no others.
    fn set_faults(&self, faults: &[Fault]);
}

/// What a machine needs to run.
pub(super) struct Parts<P: Process> {
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
    /// What it remembers of its earlier lives, oldest first; and what goes to its disk. `None` where it has no disk.
    pub disk: Option<(Vec<P::Record>, DiskQueue<P>)>,
}

/// One machine, shared by the tasks of its server.
pub(super) struct Node<P: Process> {
    machine: Mutex<Machine<P>>,
    turn: Notify,
}

/// Where a node is in its life.
enum Life<M> {
    /// Not started: what has come already.
    Early(Vec<Frame<M>>),
    Running,
    Stopped,
}

struct Machine<P: Process> {
    parts: Parts<P>,
    timers: Timers<P::Timer>,
    outboxes: Outboxes,
    life: Life<P::Message>,
    /// When the next turn comes at the latest.
    planned: Duration,
}

/// The sync under way, if there is one.
#[derive(Default)]
struct Writing(Option<JoinHandle<Result<DiskFile, NetError>>>);

impl Writing {
    /// Its end, with the file; never, where there is none.
    async fn ended(&mut self) -> Result<DiskFile, NetError> {
        let Some(sync) = &mut self.0 else { return std::future::pending().await };
        let written = sync.await;
        self.0 = None;
        written.unwrap_or_else(|_| Err(NetError::Internal("a write to disk broke off".to_string())))
    }
}

/// What a turn waits for.
enum Next {
    /// Something is due already.
    Now,
    /// A deadline, or a step.
    At(Duration),
}

/// The machine, held for one step; what the step leaves is for the turn, which is told at the end.
struct Held<'a, P: Process> {
    machine: MutexGuard<'a, Machine<P>>,
    turn: &'a Notify,
}

impl<P: Process> Deref for Held<'_, P> {
    type Target = Machine<P>;

    fn deref(&self) -> &Machine<P> {
        &self.machine
    }
}

impl<P: Process> DerefMut for Held<'_, P> {
    fn deref_mut(&mut self) -> &mut Machine<P> {
        &mut self.machine
    }
}

impl<P: Process> Drop for Held<'_, P> {
    fn drop(&mut self) {
        // A step that broke off has left a machine that nobody may use: the turn ends the server.
        if std::thread::panicking() || self.machine.has_left_something() {
            self.turn.notify_one();
        }
    }
}

impl<P: Process> Node<P> {
    /// A node that keeps what comes until [`Node::run`] starts its machine.
    pub fn new(parts: Parts<P>) -> Arc<Self> {
        let outboxes = Outboxes::new(parts.ctx.id());
        let (timers, life) = (Timers::default(), Life::Early(Vec::new()));
        let machine = Machine { parts, timers, outboxes, life, planned: Duration::MAX };
        Arc::new(Node { machine: Mutex::new(machine), turn: Notify::new() })
    }

    /// Starts the machine, and takes its turns until it is stopped. Its records go to `file`.
    pub async fn run(&self, mut file: Option<DiskFile>) -> Result<(), NetError> {
        if let Some(mut machine) = self.hold() {
            machine.start();
        }
        let mut sleep = Box::pin(sleep_until(Instant::now() + IDLE));
        let mut sync = Writing::default();
        while let Some((next, clock)) = self.take_turn()? {
            if file.is_some()
                && let Some(batch) = self.hold().and_then(|mut machine| machine.begin_sync())
                && let Some(file) = file.take()
            {
                sync.0 = Some(spawn_blocking(move || file.add(&batch)));
            }
            tokio::select! {
                biased;
                written = sync.ended() => {
                    file = Some(written?);
                    if let Some(mut machine) = self.hold() {
                        machine.end_sync();
                    }
                }
                () = self.wait(next, clock, &mut sleep) => {}
            }
        }
        Ok(())
    }

    /// Takes a turn; says what the next one waits for, unless the node has stopped.
    fn take_turn(&self) -> Result<Option<(Next, Clock)>, NetError> {
        match self.machine.lock() {
            Ok(mut machine) => Ok(machine.turn().map(|next| (next, machine.parts.clock))),
            Err(_) => Err(NetError::Internal("a step of the machine broke off".to_string())),
        }
    }

    async fn wait(&self, next: Next, clock: Clock, sleep: &mut Pin<Box<Sleep>>) {
        let Next::At(next) = next else {
            // Due already: let the tasks that read and write first hand in what has come.
            return tokio::task::yield_now().await;
        };
        let deadline = clock.instant(next);
        if sleep.deadline() > deadline || sleep.is_elapsed() {
            sleep.as_mut().reset(deadline);
        }
        tokio::select! {
            biased;
            () = self.turn.notified() => {}
            () = sleep.as_mut() => {}
        }
    }

    /// Answers everyone who still waits: what is under way may still happen. Later requests are refused.
    pub fn stop(&self) {
        if let Some(mut machine) = self.hold() {
            machine.life = Life::Stopped;
            machine.parts.requests.end();
            machine.planned = Duration::ZERO;
        }
        self.turn.notify_one();
    }

    fn hold(&self) -> Option<Held<'_, P>> {
        let machine = self.machine.lock().ok()?;
        Some(Held { machine, turn: &self.turn })
    }

    /// As long as the node has not stopped.
    fn hold_living(&self) -> Option<Held<'_, P>> {
        self.hold().filter(|machine| !matches!(machine.life, Life::Stopped))
    }
}

impl<P> Serve for Node<P>
where
    P: Process + Send,
{
    fn request(&self, op: Op) -> Answer {
        match self.hold_living() {
            Some(mut machine) => machine.on_request(op),
            None => Answer::Now(Outcome::Refused(Reason::Stopping)),
        }
    }

    fn status(&self) -> Option<Status> {
        self.hold_living().map(|machine| machine.parts.process.status())
    }
}

impl<P> Hear<P::Message> for Node<P>
where
    P: Process + Send,
{
    fn heard(&self, frame: Frame<P::Message>) -> bool {
        self.hold_living().map(|mut machine| machine.on_frame(frame)).is_some()
    }

    fn connected(&self, to: NodeId, incarnation: u64, sink: SubscriptionSink) -> bool {
        let living = self.hold_living();
        living.map(|mut machine| machine.outboxes.connect(to, incarnation, sink)).is_some()
    }

    fn set_faults(&self, faults: &[Fault]) {
        if let Some(mut machine) = self.hold_living() {
            machine.parts.links.set_faults(faults);
        }
    }
}

impl<P: Process> Machine<P> {
    fn start(&mut self) {
        let Life::Early(frames) = std::mem::replace(&mut self.life, Life::Running) else { return };
        if let Some((records, _)) = &mut self.parts.disk {
            let process = &mut self.parts.process;
            std::mem::take(records).into_iter().for_each(|record| process.on_recover(record));
        }
        self.step(|process, ctx| process.on_start(ctx));
        frames.into_iter().for_each(|frame| self.on_frame(frame));
    }

    /// Runs one handler of the machine, then does what it left on the context.
    fn step(&mut self, handler: impl FnOnce(&mut P, &mut Ctx<P>)) {
        let Parts { process, ctx, clock, links, requests, disk } = &mut self.parts;
        let now = clock.now();
        ctx.begin(now);
        ctx.heed_notes(steps::are_logged());
        handler(process, ctx);
        let id = ctx.id();
        let (effects, notes) = ctx.finish();
        notes.for_each(|note| steps::noted(id, &note));
        let mut hands = Hands {
            id,
            now,
            links,
            requests,
            outboxes: &mut self.outboxes,
            timers: &mut self.timers,
        };
        for effect in effects {
            let effect = match disk {
                Some((_, queue)) => queue.pass(effect),
                None => Some(effect),
            };
            effect.into_iter().for_each(|effect| hands.perform::<P>(effect));
        }
    }

    /// The records of a sync that begins now, if one shall.
    fn begin_sync(&mut self) -> Option<Vec<u8>> {
        self.parts.disk.as_mut().and_then(|(_, queue)| queue.begin_sync())
    }

    /// Records are on disk: what waited for them happens.
    fn end_sync(&mut self) {
        let Parts { ctx, clock, links, requests, disk, .. } = &mut self.parts;
        let (id, now) = (ctx.id(), clock.now());
        let Some((_, queue)) = disk else { return };
        let mut hands = Hands {
            id,
            now,
            links,
            requests,
            outboxes: &mut self.outboxes,
            timers: &mut self.timers,
        };
        queue.end_sync().into_iter().for_each(|effect| hands.perform::<P>(effect));
        self.flush();
    }

    fn on_request(&mut self, op: Op) -> Answer {
        let ticket = match self.parts.requests.open(&op) {
            Ok(ticket) => ticket,
            Err(reason) => return Answer::Now(Outcome::Refused(reason)),
        };
        self.step(|process, ctx| process.on_request(ctx, ticket, op));
        self.parts.requests.release();
        self.parts.requests.opened(self.parts.ctx.now())
    }

    fn on_frame(&mut self, frame: Frame<P::Message>) {
        if let Life::Early(frames) = &mut self.life {
            if frames.len() < MOST_EARLY {
                frames.push(frame);
            }
            return;
        }
        let (id, from) = (self.parts.ctx.id(), frame.from);
        for message in frame.messages {
            steps::received(id, from, &message);
            self.step(|process, ctx| process.on_message(ctx, from, message));
        }
        let due = self.timers.next().is_some_and(|next| next <= self.parts.ctx.now());
        if due {
            // The turn that fires it flushes too; clients need not wait for that.
            self.parts.requests.release();
        } else {
            self.flush();
        }
    }

    /// Sends what is ready: to peers first, for others wait for their next steps, then to clients.
    fn flush(&mut self) {
        let lost = self.outboxes.flush();
        if lost > 0 {
            steps::lost(self.parts.ctx.id(), lost);
        }
        self.parts.requests.release();
    }

    /// Fires what is due now and sends what is ready; nothing once the node has stopped.
    fn turn(&mut self) -> Option<Next> {
        if matches!(self.life, Life::Stopped) {
            return None;
        }
        let now = self.parts.clock.now();
        // A timer that a firing timer arms waits for the next turn, after what has come by then.
        while let Some(timer) = self.timers.pop_due(now) {
            self.step(|process, ctx| process.on_timer(ctx, timer));
        }
        self.parts.requests.expire(now);
        self.parts.links.release(now, &mut self.outboxes);
        self.flush();
        let now = self.parts.clock.now();
        self.planned = self.deadline().unwrap_or(now + IDLE);
        Some(if self.planned <= now { Next::Now } else { Next::At(self.planned) })
    }

    fn deadline(&self) -> Option<Duration> {
        let deadlines = [self.timers.next(), self.parts.links.next(), self.parts.requests.next()];
        deadlines.into_iter().flatten().min()
    }

    /// Whether the turn must look before it has planned to.
    fn has_left_something(&self) -> bool {
        self.outboxes.are_ready()
            || self.parts.disk.as_ref().is_some_and(|(_, queue)| queue.wants_sync())
            || self.deadline().is_some_and(|next| next < self.planned)
    }
}

/// What carries out the effects of a process.
struct Hands<'a, T> {
    id: NodeId,
    now: Duration,
    links: &'a mut Links,
    requests: &'a mut Requests,
    outboxes: &'a mut Outboxes,
    timers: &'a mut Timers<T>,
}

impl<T: Ord + Clone> Hands<'_, T> {
    fn perform<P: Process<Timer = T>>(&mut self, effect: EffectOf<P>) {
        match effect {
            Effect::Send { to, message } => {
                steps::sent(self.id, &to, &message);
                let Some(encoded) = encode(&message) else { return };
                for peer in to {
                    self.links.send(peer, &encoded, self.now, self.outboxes);
                }
            }
            Effect::Reply { ticket, outcome } => self.requests.answer(ticket, outcome),
            Effect::Arm { timer, at } => self.timers.arm(timer, at),
            Effect::Disarm { timer } => self.timers.disarm(&timer),
            Effect::Persist { .. } => {} // there is no disk: the record is gone with its process
        }
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
