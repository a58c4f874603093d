//! The requests of clients that a server is working on.

use super::steps;
use crate::process::{NodeId, Op, Outcome, Reason, Ticket};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::oneshot;

/// So many requests may be under way at one server; further ones are refused as overloaded.
const MOST_OPEN: usize = 16_384;
/// The machine ends its requests itself; one that it does not end is unknown so long after it should have.
const GRACE: Duration = Duration::from_secs(1);

/// The requests of one life of a server, each until it is answered.
#[derive(Debug)]
pub(super) struct Requests {
    node: NodeId,
    incarnation: u64,
    timeout: Duration,
    counter: u64,
    open: BTreeMap<u64, Open>,
}

#[derive(Debug)]
struct Open {
    answer: oneshot::Sender<Outcome>,
    ends: Duration,
}

impl Requests {
    /// No requests yet, in this life of `node`; each is to be answered within `timeout`.
    pub fn new(node: NodeId, incarnation: u64, timeout: Duration) -> Self {
        Requests { node, incarnation, timeout, counter: 0, open: BTreeMap::new() }
    }

    /// Gives a request its ticket, or refuses it at once because too many are under way.
    pub fn open(
        &mut self,
        op: &Op,
        answer: oneshot::Sender<Outcome>,
        now: Duration,
    ) -> Option<Ticket> {
        if self.open.len() >= MOST_OPEN {
            drop(answer.send(Outcome::Refused(Reason::Overloaded(MOST_OPEN as u64))));
            return None;
        }
        self.counter += 1;
        let (node, incarnation, counter) = (self.node, self.incarnation, self.counter);
        let ticket = Ticket { node, incarnation, counter };
        steps::requested(ticket, op);
        self.open.insert(counter, Open { answer, ends: now + self.timeout + GRACE });
        Some(ticket)
    }

    /// Answers a request. The first answer counts; a client that has gone away gets none.
    pub fn answer(&mut self, ticket: Ticket, outcome: Outcome) {
        let own = (ticket.node, ticket.incarnation) == (self.node, self.incarnation);
        let Some(open) = own.then(|| self.open.remove(&ticket.counter)).flatten() else { return };
        steps::answered(ticket, &outcome);
        drop(open.answer.send(outcome));
    }

    /// When the oldest request ends as unknown, if there is one. They are opened in the order in which they end.
    pub fn next(&self) -> Option<Duration> {
        self.open.first_key_value().map(|(_, open)| open.ends)
    }

    /// Ends the requests that the machine has left unanswered for too long.
    pub fn expire(&mut self, now: Duration) {
        while self.next().is_some_and(|ends| ends <= now) {
            let Some((_, open)) = self.open.pop_first() else { return };
            let (what, after) = ("an answer of the process".to_string(), self.timeout + GRACE);
            drop(open.answer.send(Outcome::Unknown(Reason::TimedOut { what, after })));
        }
    }

    /// The server stops: what is under way may still happen.
    pub fn end(self) {
        for open in self.open.into_values() {
            drop(open.answer.send(Outcome::Unknown(Reason::Stopping)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: fn(u64) -> Duration = Duration::from_secs;
    const ALL: Op = Op::All { session: None };

    #[test]
    fn each_request_is_answered_once() {
        let mut requests = Requests::new(NodeId(1), 2, S(5));
        let (answer, mut outcome) = oneshot::channel();
        let ticket = requests.open(&ALL, answer, S(0)).expect("there is room");
        let done = Outcome::Set { version: None, session: None };
        requests.answer(Ticket { incarnation: 1, ..ticket }, Outcome::Refused(Reason::Stopping));
        requests.answer(ticket, done.clone());
        requests.answer(ticket, Outcome::Refused(Reason::Stopping));
        assert_eq!(outcome.try_recv(), Ok(done));
    }

    #[test]
    fn what_the_machine_forgets_ends_as_unknown() {
        let mut requests = Requests::new(NodeId(1), 1, S(5));
        let (answer, mut outcome) = oneshot::channel();
        requests.open(&ALL, answer, S(1)).expect("there is room");
        requests.expire(S(6));
        assert!(outcome.try_recv().is_err());
        requests.expire(S(7));
        assert!(matches!(outcome.try_recv(), Ok(Outcome::Unknown(Reason::TimedOut { .. }))));
        assert_eq!(requests.next(), None);
    }

    #[test]
    fn past_the_bound_requests_are_refused() {
        let mut requests = Requests::new(NodeId(1), 1, S(5));
        let mut open = || {
            let (answer, outcome) = oneshot::channel();
            (requests.open(&ALL, answer, S(0)).is_some(), outcome)
        };
        let kept: Vec<_> = (0..MOST_OPEN).map(|_| open()).collect();
        assert!(kept.iter().all(|(opened, _)| *opened));
        let (opened, mut outcome) = open();
        assert!(!opened);
        assert!(matches!(outcome.try_recv(), Ok(Outcome::Refused(Reason::Overloaded(_)))));
    }
}
