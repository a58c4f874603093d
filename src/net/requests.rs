//! The requests of clients that a server is working on.

use super::steps;
use crate::process::{NodeId, Op, Outcome, Reason, Ticket};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::sync::oneshot;

/// So many requests may be under way at one server; further ones are refused as overloaded.
const MOST_OPEN: usize = 16_384;
/// The machine ends its requests itself; one that it does not end is unknown so long after it should have.
const GRACE: Duration = Duration::from_secs(1);

/// The answer to a request, now or later.
#[derive(Debug)]
pub(super) enum Answer {
    /// The step that took the request in has answered it.
    Now(Outcome),
    /// It comes on this channel.
    Later(oneshot::Receiver<Outcome>),
}

/// The requests of one life of a server, each until it is answered.
#[derive(Debug)]
pub(super) struct Requests {
    node: NodeId,
    incarnation: u64,
    timeout: Duration,
    counter: u64,
    /// The request that is being taken in.
    current: Option<Current>,
    open: BTreeMap<u64, Open>,
    /// Answered, and not told yet.
    answered: Vec<(oneshot::Sender<Outcome>, Outcome)>,
    /// When each of them ends at the latest.
    ends: BTreeSet<(Duration, u64)>,
}

/// A request that is being taken in.
#[derive(Debug)]
struct Current {
    ticket: Ticket,
    /// How long the machine works on it at most.
    patience: Duration,
    /// Its answer, if it has one already.
    answer: Option<Outcome>,
}

#[derive(Debug)]
struct Open {
    answer: oneshot::Sender<Outcome>,
    patience: Duration,
    ends: Duration,
}

impl Requests {
    /// No requests yet, in this life of `node`; each is to be answered within `timeout`, unless it says otherwise itself.
    pub fn new(node: NodeId, incarnation: u64, timeout: Duration) -> Self {
        Requests {
            node,
            incarnation,
            timeout,
            counter: 0,
            current: None,
            open: BTreeMap::new(),
            answered: Vec::new(),
            ends: BTreeSet::new(),
        }
    }

    /// Gives a request its ticket, unless too many are under way. The machine takes the request in now; after that step
    /// comes [`Requests::opened`].
    pub fn open(&mut self, op: &Op) -> Result<Ticket, Reason> {
        if self.open.len() >= MOST_OPEN {
            return Err(Reason::Overloaded(MOST_OPEN as u64));
        }
        self.counter += 1;
        let (node, incarnation, counter) = (self.node, self.incarnation, self.counter);
        let ticket = Ticket { node, incarnation, counter };
        steps::requested(ticket, op);
        let patience = op.patience(self.timeout);
        self.current = Some(Current { ticket, patience, answer: None });
        Ok(ticket)
    }

    /// The step that took the request in has ended: the answer, or where it will come.
    pub fn opened(&mut self, now: Duration) -> Answer {
        let current = self.current.take();
        if let Some(Current { answer: Some(outcome), .. }) = current {
            return Answer::Now(outcome);
        }
        let (answer, outcome) = oneshot::channel();
        if let Some(Current { ticket, patience, .. }) = current {
            let ends = now.saturating_add(patience + GRACE);
            self.ends.insert((ends, ticket.counter));
            self.open.insert(ticket.counter, Open { answer, patience, ends });
        }
        Answer::Later(outcome)
    }

    /// Answers a request; its client is told at the next [`Requests::release`]. The first answer counts; a client that has
    /// gone away gets none.
    pub fn answer(&mut self, ticket: Ticket, outcome: Outcome) {
        if let Some(Current { ticket: current, answer: answer @ None, .. }) = &mut self.current
            && *current == ticket
        {
            steps::answered(ticket, &outcome);
            return *answer = Some(outcome);
        }
        let own = (ticket.node, ticket.incarnation) == (self.node, self.incarnation);
        let Some(open) = own.then(|| self.close(ticket.counter)).flatten() else { return };
        steps::answered(ticket, &outcome);
        self.answered.push((open.answer, outcome));
    }

    /// Tells those who wait what was answered.
    pub fn release(&mut self) {
        for (answer, outcome) in self.answered.drain(..) {
            drop(answer.send(outcome));
        }
    }

    fn close(&mut self, counter: u64) -> Option<Open> {
        let open = self.open.remove(&counter)?;
        self.ends.remove(&(open.ends, counter));
        Some(open)
    }

    /// When the next request ends as unknown, if there is one.
    pub fn next(&self) -> Option<Duration> {
        self.ends.first().map(|(ends, _)| *ends)
    }

    /// Ends the requests that the machine has left unanswered for too long.
    pub fn expire(&mut self, now: Duration) {
        while let Some((_, counter)) = self.ends.first().copied().filter(|(ends, _)| *ends <= now) {
            let Some(open) = self.close(counter) else { return };
            let (what, after) = ("an answer of the process".to_string(), open.patience + GRACE);
            drop(open.answer.send(Outcome::Unknown(Reason::TimedOut { what, after })));
        }
    }

    /// The server stops: what is under way may still happen.
    pub fn end(&mut self) {
        self.release();
        self.ends.clear();
        for open in std::mem::take(&mut self.open).into_values() {
            drop(open.answer.send(Outcome::Unknown(Reason::Stopping)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: fn(u64) -> Duration = Duration::from_secs;
    const ALL: Op = Op::All { session: None };

    /// Takes a request in, which `during` may answer in the step that takes it in.
    fn taken_in(
        requests: &mut Requests,
        now: Duration,
        during: Option<Outcome>,
    ) -> (Ticket, Answer) {
        let ticket = requests.open(&ALL).expect("there is room");
        during.into_iter().for_each(|outcome| requests.answer(ticket, outcome));
        (ticket, requests.opened(now))
    }

    fn later(answer: Answer) -> oneshot::Receiver<Outcome> {
        match answer {
            Answer::Later(outcome) => outcome,
            Answer::Now(outcome) => panic!("answered already: {outcome:?}"),
        }
    }

    #[test]
    fn each_request_is_answered_once() {
        let mut requests = Requests::new(NodeId(1), 2, S(5));
        let (ticket, answer) = taken_in(&mut requests, S(0), None);
        let done = Outcome::Set { version: None, session: None };
        requests.answer(Ticket { incarnation: 1, ..ticket }, Outcome::Refused(Reason::Stopping));
        requests.answer(ticket, done.clone());
        requests.answer(ticket, Outcome::Refused(Reason::Stopping));
        requests.release();
        assert_eq!(later(answer).try_recv(), Ok(done));
    }

    #[test]
    fn what_is_answered_at_once_waits_nowhere() {
        let mut requests = Requests::new(NodeId(1), 1, S(5));
        let done = Outcome::Set { version: None, session: None };
        let (ticket, answer) = taken_in(&mut requests, S(0), Some(done.clone()));
        assert!(matches!(answer, Answer::Now(outcome) if outcome == done));
        requests.answer(ticket, Outcome::Refused(Reason::Stopping));
        assert_eq!(requests.next(), None);
    }

    #[test]
    fn what_the_machine_forgets_ends_as_unknown() {
        let mut requests = Requests::new(NodeId(1), 1, S(5));
        let mut outcome = later(taken_in(&mut requests, S(1), None).1);
        requests.expire(S(6));
        assert!(outcome.try_recv().is_err());
        requests.expire(S(7));
        assert!(matches!(outcome.try_recv(), Ok(Outcome::Unknown(Reason::TimedOut { .. }))));
        assert_eq!(requests.next(), None);
    }

    #[test]
    fn past_the_bound_requests_are_refused() {
        let mut requests = Requests::new(NodeId(1), 1, S(5));
        let kept: Vec<_> = (0..MOST_OPEN).map(|_| taken_in(&mut requests, S(0), None)).collect();
        assert_eq!(kept.len(), MOST_OPEN);
        assert!(matches!(requests.open(&ALL), Err(Reason::Overloaded(_))));
    }
}
