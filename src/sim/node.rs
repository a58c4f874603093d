//! One server: running, paused or down, and what it keeps over its lives.

use super::Observer;
use super::clock::Clock;
use super::life::Life;
use super::world::{Input, World};
use crate::faults::Fault;
use crate::process::{NodeId, Outcome, Process, Reason, Start, Status};
use crate::random::Random;
use std::collections::VecDeque;

/// A server. It is down while it has no life.
pub(super) struct Node<P: Process> {
    id: NodeId,
    /// Which life it is in, or was in last.
    incarnation: u64,
    life: Option<Life<P>>,
    /// The life that ended last, as it was: for a restart with memory.
    ended: Option<Life<P>>,
    /// What survives a crash, oldest first.
    durable: Vec<P::Record>,
    /// What was written when the last life ended, and nobody was told: it is there after a restart.
    torn: Vec<P::Record>,
    clock: Clock,
    /// While it is paused: what has reached it, oldest first.
    paused: Option<VecDeque<Input<P>>>,
}

impl<P: Process> Node<P> {
    pub fn new(id: NodeId) -> Self {
        let clock = Clock::default();
        Node {
            id,
            incarnation: 0,
            life: None,
            ended: None,
            durable: Vec::new(),
            torn: Vec::new(),
            clock,
            paused: None,
        }
    }

    pub fn is_down(&self) -> bool {
        self.life.is_none()
    }

    pub fn next_incarnation(&self) -> u64 {
        self.incarnation + 1
    }

    pub fn status(&self) -> Option<Status> {
        self.life.as_ref().map(Life::status)
    }

    /// Begins a new life with `process`.
    pub fn start<O: Observer<P>>(
        &mut self,
        process: P,
        start: &Start,
        random: Random,
        world: &mut World<P>,
        watch: &mut O,
    ) {
        self.incarnation = start.incarnation;
        self.ended = None;
        self.durable.append(&mut self.torn);
        let life = self.life.insert(Life::new(process, start, self.clock, random));
        life.start(&self.durable, world, watch);
    }

    /// The last life goes on.
    pub fn revive(&mut self, world: &mut World<P>) {
        if let Some(mut life) = self.ended.take() {
            self.torn.clear(); // it is written again
            life.revive(self.clock, world);
            self.life = Some(life);
        }
    }

    /// Something reaches the server.
    pub fn take<O: Observer<P>>(&mut self, input: Input<P>, world: &mut World<P>, watch: &mut O) {
        match (&mut self.life, &mut self.paused) {
            (Some(_), Some(waiting)) => waiting.push_back(input),
            (Some(life), None) => life.step(input, &mut self.durable, world, watch),
            (None, _) => world.turn_away(self.id, input, watch),
        }
    }

    /// The server's clock jumps, or changes its speed.
    pub fn change_clock(&mut self, fault: Fault, world: &mut World<P>) {
        self.clock.change(world.now, fault);
        if let Some(life) = &mut self.life {
            life.set_clock(self.clock, world);
        }
    }

    pub fn pause(&mut self) {
        self.paused.get_or_insert_default();
    }

    /// Goes on: first with all that has reached the server meanwhile, in order.
    pub fn resume<O: Observer<P>>(&mut self, world: &mut World<P>, watch: &mut O) {
        for input in self.paused.take().unwrap_or_default() {
            self.take(input, world, watch);
        }
    }

    /// Ends the life at once. What waits at a paused server ends with it.
    pub fn kill<O: Observer<P>>(&mut self, world: &mut World<P>, watch: &mut O) {
        if let Some(mut life) = self.life.take() {
            self.torn = life.end(world, watch);
            self.ended = Some(life);
        }
        for input in self.paused.take().unwrap_or_default() {
            if let Input::Request(request, _) = input {
                world.answer(request, Outcome::Unknown(Reason::ConnectionLost), watch);
            }
            world.turn_away(self.id, input, watch);
        }
    }
}
