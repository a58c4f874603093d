//! What lies between the processes and around them: the clock, messages under way, and clients that wait for answers.

use super::network::{Fate, Network};
use super::queue::Queue;
use super::{Answer, Loss, Observer, RequestId};
use crate::process::{NodeId, Op, Outcome, Process, Reason};
use crate::window::Window;
use std::collections::VecDeque;
use std::time::Duration;

/// What reaches a process.
pub(super) enum Input<P: Process> {
    Request(RequestId, Op),
    Message(NodeId, P::Message),
    /// A timer is due, unless it was armed again since: then its token is another.
    Timer(P::Timer, Token),
    /// A sync has ended, unless the life that began it is over.
    Durable(Token),
}

/// Tells one arming of a timer, or one sync, from every other.
pub(super) type Token = u64;

/// What can happen.
pub(super) enum Event<P: Process> {
    Reaches(NodeId, Input<P>),
    /// A client has waited long enough.
    GivesUp(RequestId),
}

/// Everything outside the processes.
pub(super) struct World<P: Process> {
    pub now: Duration,
    pub queue: Queue<Event<P>>,
    pub network: Network,
    pub answers: VecDeque<Answer>,
    /// How many messages processes have handled.
    pub delivered: u64,
    /// How many messages, requests and syncs have not reached their process yet.
    pub under_way: u64,
    /// How long a sync takes.
    pub sync: Duration,
    /// The requests whose clients wait.
    open: Window<()>,
    requests: u64,
    tokens: Token,
}

impl<P: Process> World<P> {
    pub fn new(network: Network, sync: Duration) -> Self {
        World {
            now: Duration::ZERO,
            queue: Queue::default(),
            network,
            answers: VecDeque::new(),
            delivered: 0,
            under_way: 0,
            sync,
            open: Window::default(),
            requests: 0,
            tokens: 0,
        }
    }

    pub fn fresh_token(&mut self) -> Token {
        self.tokens += 1;
        self.tokens
    }

    pub fn schedule(&mut self, at: Duration, node: NodeId, input: Input<P>) {
        if !matches!(input, Input::Timer(..)) {
            self.under_way += 1;
        }
        self.queue.push(at.max(self.now), Event::Reaches(node, input));
    }

    /// Counts an input that has reached its process, or never will.
    pub fn settle(&mut self, input: &Input<P>) {
        if !matches!(input, Input::Timer(..)) {
            self.under_way -= 1;
        }
    }

    /// A client asks `node` for something, and waits for `patience` at most.
    pub fn request(&mut self, node: NodeId, op: Op, patience: Duration) -> RequestId {
        self.requests += 1;
        let request = RequestId(self.requests);
        self.open.insert(request.0, ());
        self.schedule(self.now, node, Input::Request(request, op));
        self.queue.push_in_line(self.now.saturating_add(patience), Event::GivesUp(request));
        request
    }

    /// Ends a request, once: what comes after its end reaches nobody.
    pub fn answer<O: Observer<P>>(&mut self, request: RequestId, outcome: Outcome, watch: &mut O) {
        if self.open.remove(request.0).is_some() {
            watch.answered(self.now, request, &outcome);
            self.answers.push_back(Answer { request, at: self.now, outcome });
        }
    }

    /// Whether no client waits for an answer.
    pub fn all_answered(&self) -> bool {
        self.open.is_empty()
    }

    pub fn send<O: Observer<P>>(
        &mut self,
        from: NodeId,
        to: &[NodeId],
        message: P::Message,
        watch: &mut O,
    ) {
        let Some((last, others)) = to.split_last() else { return };
        for to in others {
            self.send_one(from, *to, message.clone(), watch);
        }
        self.send_one(from, *last, message, watch);
    }

    fn send_one<O: Observer<P>>(
        &mut self,
        from: NodeId,
        to: NodeId,
        message: P::Message,
        watch: &mut O,
    ) {
        match self.network.fate(from, to) {
            Fate::Lost(loss) => watch.lost(self.now, from, to, &message, loss),
            Fate::Arrives(delay, again) => {
                if let Some(again) = again {
                    watch.duplicated(self.now, from, to, &message);
                    self.schedule(self.now + again, to, Input::Message(from, message.clone()));
                }
                self.schedule(self.now + delay, to, Input::Message(from, message));
            }
        }
    }

    /// What reached `node` finds nobody there.
    pub fn turn_away<O: Observer<P>>(&mut self, node: NodeId, input: Input<P>, watch: &mut O) {
        self.settle(&input);
        match input {
            Input::Message(from, message) => {
                watch.lost(self.now, from, node, &message, Loss::Down);
            }
            Input::Request(request, _) => {
                self.answer(request, Outcome::Refused(Reason::ConnectionRefused(node.0)), watch);
            }
            Input::Timer(..) | Input::Durable(_) => {}
        }
    }
}
