//! What a trial cost: outcomes, availability, latency, messages, and how long nothing went on.

use super::run::Done;
use crate::history::{End, History, Operation};
use crate::stats::{Latencies, Summary};
use std::time::Duration;

/// What a trial cost. The reads of the quiet period at the end do not count.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// Acknowledged operations.
    pub ok: u64,
    /// Those that surely had no effect.
    pub failed: u64,
    /// Those of which nobody knows.
    pub unknown: u64,
    /// Of the operations that began while nothing was broken: how many were acknowledged, of how many.
    pub calm: (u64, u64),
    /// Of those that began while something was.
    pub troubled: (u64, u64),
    /// How many times something was broken, and for how long in all.
    pub windows: (u64, Duration),
    /// How long the load lasted.
    pub length: Duration,
    /// What acknowledged reads took.
    pub reads: Summary,
    /// What acknowledged writes and deletes took.
    pub writes: Summary,
    /// How many messages servers handled; 0 where nobody counts them.
    pub messages: u64,
    /// How many came when every client was waiting for an answer, and so were never asked.
    pub turned_away: u64,
    /// How long one core of this machine worked to simulate and to record it; zero where time is real.
    pub took: Duration,
    /// The longest time without an acknowledgement, and when it began.
    pub standstill: (Duration, Duration),
}

impl Figures {
    /// All operations.
    pub fn operations(&self) -> u64 {
        self.ok + self.failed + self.unknown
    }

    /// How many were asked a second, while the load lasted.
    pub fn rate(&self) -> f64 {
        let seconds = self.length.as_secs_f64();
        if seconds > 0.0 { self.operations() as f64 / seconds } else { 0.0 }
    }

    /// How many messages a second of work of one core the simulator delivered, recording included.
    pub fn messages_per_second(&self) -> Option<f64> {
        let seconds = self.took.as_secs_f64();
        (seconds > 0.0 && self.messages > 0).then(|| self.messages as f64 / seconds)
    }

    /// How many messages an acknowledged operation took.
    pub fn messages_per_operation(&self) -> Option<f64> {
        (self.messages > 0 && self.ok > 0).then(|| self.messages as f64 / self.ok as f64)
    }
}

/// Measures a trial.
pub(super) fn measure(history: &History, done: &Done) -> Figures {
    let (mut reads, mut writes) = (Latencies::default(), Latencies::default());
    let (mut calm, mut troubled) = ((0, 0), (0, 0));
    let mut count = [0; 3];
    let mut answers = Vec::new();
    for one in history.operations().iter().filter(|one| !one.is_final()) {
        let ok = one.end() == End::Ok;
        count[match one.end() {
            End::Ok => 0,
            End::Fail | End::Mismatch => 1,
            End::Info => 2,
        }] += 1;
        let share = if in_window(done, one) { &mut troubled } else { &mut calm };
        *share = (share.0 + u64::from(ok), share.1 + 1);
        if let (true, Some(ended)) = (ok, one.ended_time()) {
            answers.push(ended);
            let took = Duration::from_nanos(ended - one.invoked_time());
            if one.act().is_read() { reads.record(took) } else { writes.record(took) }
        }
    }
    let broken = done.windows.iter().map(|(from, until)| until.saturating_sub(*from)).sum();
    Figures {
        ok: count[0],
        failed: count[1],
        unknown: count[2],
        calm,
        troubled,
        windows: (done.windows.len() as u64, broken),
        length: done.quiet_from,
        reads: reads.summary(),
        writes: writes.summary(),
        messages: done.messages,
        turned_away: done.turned_away,
        took: done.took,
        standstill: standstill(answers, done.quiet_from),
    }
}

fn in_window(done: &Done, one: &Operation) -> bool {
    let at = Duration::from_nanos(one.invoked_time());
    let next = done.windows.partition_point(|(_, until)| *until <= at);
    done.windows.get(next).is_some_and(|(from, _)| *from <= at)
}

fn standstill(mut answers: Vec<u64>, until: Duration) -> (Duration, Duration) {
    answers.sort_unstable();
    let last = Duration::from_nanos(answers.last().copied().unwrap_or(0)).max(until);
    let ends = answers.into_iter().map(Duration::from_nanos).chain([last]);
    let (mut before, mut longest) = (Duration::ZERO, (Duration::ZERO, Duration::ZERO));
    for at in ends {
        if at - before > longest.0 {
            longest = (at - before, before);
        }
        before = at;
    }
    longest
}
