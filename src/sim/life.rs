//! One life of a process, from its start until it is killed, and how its effects come about.

use super::clock::Clock;
use super::world::{Input, Token, World};
use super::{Cause, Left, Observer, RequestId};
use crate::process::{
    Ctx, Effect, EffectOf, NodeId, Op, Outcome, Process, Reason, Start, Status, Ticket,
};
use crate::random::Random;
use crate::window::Window;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// A running process with all that dies with it.
pub(super) struct Life<P: Process> {
    process: P,
    ctx: Ctx<P>,
    desk: Desk<P>,
}

/// What the driver keeps for one life.
struct Desk<P: Process> {
    id: NodeId,
    incarnation: u64,
    requests: u64,
    open: Window<RequestId>,
    clock: Clock,
    /// What is armed, and for when on this server's clock.
    timers: BTreeMap<P::Timer, (Token, Duration)>,
    /// Whether there is a disk. Without one a record is gone with its process, and nothing waits for it.
    has_disk: bool,
    /// Effects that wait for records to become durable, with those records in their places.
    held: VecDeque<EffectOf<P>>,
    /// The sync under way, and how many of the held records it makes durable.
    sync: Option<(Token, usize)>,
}

impl<P: Process> Life<P> {
    pub fn new(process: P, start: &Start, clock: Clock, random: Random) -> Self {
        let ctx = Ctx::new(start.id, start.incarnation, random);
        Life { process, ctx, desk: Desk::new(start, clock) }
    }

    /// The clock changed: what is armed falls due at another true time.
    pub fn set_clock(&mut self, clock: Clock, world: &mut World<P>) {
        self.desk.clock = clock;
        for (timer, at) in self.desk.armed() {
            self.desk.arm(timer, at, world);
        }
    }

    /// Replays what survived, then starts.
    pub fn start<O: Observer<P>>(
        &mut self,
        records: &[P::Record],
        world: &mut World<P>,
        watch: &mut O,
    ) {
        let id = self.desk.id;
        self.ctx.heed_notes(watch.heeds_notes());
        for record in records {
            watch.begins(world.now, id, Cause::Recover(record));
            self.process.on_recover(record.clone());
            watch.ends(world.now, id, Left { notes: &[], effects: &[], held: &[] });
        }
        watch.begins(world.now, id, Cause::Start);
        self.ctx.begin(self.desk.clock.shows(world.now));
        self.process.on_start(&mut self.ctx);
        self.finish(world, watch);
    }

    /// Takes one step, on what reached the process. Records that a sync completes go to `durable`.
    pub fn step<O: Observer<P>>(
        &mut self,
        input: Input<P>,
        durable: &mut Vec<P::Record>,
        world: &mut World<P>,
        watch: &mut O,
    ) {
        world.settle(&input);
        self.ctx.begin(self.desk.clock.shows(world.now));
        match input {
            Input::Request(request, op) => self.request(request, op, world, watch),
            Input::Message(from, message) => self.message(from, message, world, watch),
            Input::Timer(timer, token) if self.desk.is_armed(&timer, token) => {
                self.timer(timer, world, watch);
            }
            Input::Durable(token) if self.desk.sync.is_some_and(|(sync, _)| sync == token) => {
                self.desk.durable(durable, world, watch);
            }
            Input::Timer(..) | Input::Durable(_) => {}
        }
    }

    /// What a person wants to know of the process now.
    pub fn status(&self) -> Status {
        self.process.status()
    }

    /// The process is gone, and with it every connection: nobody can tell what its open requests did. Of a sync under way
    /// the first records are written, by chance so many of them, although nobody was told: these are returned.
    pub fn end<O: Observer<P>>(&mut self, world: &mut World<P>, watch: &mut O) -> Vec<P::Record> {
        let written = self
            .desk
            .sync
            .map_or(0, |(_, records)| self.ctx.random().below(records as u64 + 1) as usize);
        let records = self.desk.held.iter().filter_map(|effect| match effect {
            Effect::Persist { record } => Some(record.clone()),
            _ => None,
        });
        let torn = records.take(written).collect();
        for (_, request) in std::mem::take(&mut self.desk.open).iter() {
            world.answer(*request, Outcome::Unknown(Reason::ConnectionLost), watch);
        }
        torn
    }

    /// The process goes on after its end, with all its memory. What fell due meanwhile is due now, and a sync that was
    /// cut short begins again.
    pub fn revive(&mut self, clock: Clock, world: &mut World<P>) {
        self.set_clock(clock, world);
        self.desk.sync = None;
        self.desk.begin_sync(world);
    }

    fn request<O: Observer<P>>(
        &mut self,
        request: RequestId,
        op: Op,
        world: &mut World<P>,
        watch: &mut O,
    ) {
        let ticket = self.desk.ticket(request);
        watch.begins(world.now, self.desk.id, Cause::Request { request, ticket, op: &op });
        self.process.on_request(&mut self.ctx, ticket, op);
        self.finish(world, watch);
    }

    fn message<O: Observer<P>>(
        &mut self,
        from: NodeId,
        message: P::Message,
        world: &mut World<P>,
        watch: &mut O,
    ) {
        world.delivered += 1;
        watch.begins(world.now, self.desk.id, Cause::Message { from, message: &message });
        self.process.on_message(&mut self.ctx, from, message);
        self.finish(world, watch);
    }

    fn timer<O: Observer<P>>(&mut self, timer: P::Timer, world: &mut World<P>, watch: &mut O) {
        self.desk.timers.remove(&timer);
        watch.begins(world.now, self.desk.id, Cause::Timer(&timer));
        self.process.on_timer(&mut self.ctx, timer);
        self.finish(world, watch);
    }

    /// Performs the effects of the handler that has just returned, or holds them behind a record.
    fn finish<O: Observer<P>>(&mut self, world: &mut World<P>, watch: &mut O) {
        let Life { ctx, desk, .. } = self;
        let (effects, notes) = ctx.finish();
        let (now, held) = effects.as_slice().split_at(desk.how_many_now(effects.as_slice()));
        watch.ends(world.now, desk.id, Left { notes: notes.as_slice(), effects: now, held });
        for effect in effects {
            desk.take(effect, world, watch);
        }
        desk.begin_sync(world);
    }
}

impl<P: Process> Desk<P> {
    fn new(start: &Start, clock: Clock) -> Self {
        Desk {
            id: start.id,
            incarnation: start.incarnation,
            clock,
            has_disk: start.replication.durable,
            requests: 0,
            open: Window::default(),
            timers: BTreeMap::new(),
            held: VecDeque::new(),
            sync: None,
        }
    }

    fn ticket(&mut self, request: RequestId) -> Ticket {
        self.requests += 1;
        self.open.insert(self.requests, request);
        Ticket { node: self.id, incarnation: self.incarnation, counter: self.requests }
    }

    fn how_many_now(&self, effects: &[EffectOf<P>]) -> usize {
        if !self.held.is_empty() {
            return 0;
        }
        let record = effects.iter().position(|effect| self.waits_for_disk(effect));
        record.unwrap_or(effects.len())
    }

    fn take<O: Observer<P>>(&mut self, effect: EffectOf<P>, world: &mut World<P>, watch: &mut O) {
        if self.held.is_empty() && !self.waits_for_disk(&effect) {
            self.perform(effect, world, watch);
        } else {
            self.held.push_back(effect);
        }
    }

    fn waits_for_disk(&self, effect: &EffectOf<P>) -> bool {
        self.has_disk && matches!(effect, Effect::Persist { .. })
    }

    fn perform<O: Observer<P>>(
        &mut self,
        effect: EffectOf<P>,
        world: &mut World<P>,
        watch: &mut O,
    ) {
        match effect {
            Effect::Send { to, message } => world.send(self.id, &to, message, watch),
            Effect::Reply { ticket, outcome } => self.reply(ticket, outcome, world, watch),
            Effect::Arm { timer, at } => self.arm(timer, at, world),
            Effect::Disarm { timer } => {
                self.timers.remove(&timer);
            }
            Effect::Persist { .. } => {} // there is no disk; else it is held until it is durable
        }
    }

    fn arm(&mut self, timer: P::Timer, at: Duration, world: &mut World<P>) {
        let token = world.fresh_token();
        self.timers.insert(timer.clone(), (token, at));
        world.schedule(self.clock.when(at), self.id, Input::Timer(timer, token));
    }

    fn armed(&self) -> Vec<(P::Timer, Duration)> {
        self.timers.iter().map(|(timer, (_, at))| (timer.clone(), *at)).collect()
    }

    fn is_armed(&self, timer: &P::Timer, token: Token) -> bool {
        self.timers.get(timer).is_some_and(|(armed, _)| *armed == token)
    }

    fn reply<O: Observer<P>>(
        &mut self,
        ticket: Ticket,
        outcome: Outcome,
        world: &mut World<P>,
        watch: &mut O,
    ) {
        if (ticket.node, ticket.incarnation) == (self.id, self.incarnation)
            && let Some(request) = self.open.remove(ticket.counter)
        {
            world.answer(request, outcome, watch);
        }
    }

    /// Begins a sync of all records that wait, unless one is under way: what comes meanwhile shares the next.
    fn begin_sync(&mut self, world: &mut World<P>) {
        let records = self.held.iter().filter(|e| matches!(e, Effect::Persist { .. })).count();
        if self.sync.is_none() && records > 0 {
            let token = world.fresh_token();
            self.sync = Some((token, records));
            world.schedule(world.now + world.sync, self.id, Input::Durable(token));
        }
    }

    /// The sync under way has ended: its records are durable, and what waited for them happens.
    fn durable<O: Observer<P>>(
        &mut self,
        durable: &mut Vec<P::Record>,
        world: &mut World<P>,
        watch: &mut O,
    ) {
        let (_, records) = self.sync.take().unwrap_or_default();
        let released = self.release(records, durable);
        watch.begins(world.now, self.id, Cause::Durable);
        watch.ends(world.now, self.id, Left { notes: &[], effects: &released, held: &[] });
        for effect in released {
            self.perform(effect, world, watch);
        }
        self.begin_sync(world);
    }

    /// Moves the first `records` held records to `durable` and returns the effects that stood behind them.
    fn release(&mut self, records: usize, durable: &mut Vec<P::Record>) -> Vec<EffectOf<P>> {
        let mut left = records;
        let mut released = Vec::new();
        while let Some(effect) = self.held.pop_front() {
            match effect {
                Effect::Persist { record } if left > 0 => {
                    durable.push(record);
                    left -= 1;
                }
                Effect::Persist { .. } => {
                    self.held.push_front(effect);
                    break;
                }
                other => released.push(other),
            }
        }
        released
    }
}
