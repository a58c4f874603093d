//! A trial over its time, for a picture: what was broken when, and how the clients fared meanwhile.

use super::Trial;
use super::run::{Deed, Done};
use crate::faults::{Fault, Link};
use crate::history::{End, History};
use std::time::Duration;

/// The load is cut into so many pieces of equal length.
const PIECES: usize = 120;

/// A trial over its time.
#[derive(Debug, Clone, PartialEq)]
pub struct Timeline {
    /// How long the load lasted.
    pub length: Duration,
    /// What became of the requests, piece by piece, each as long as the others.
    pub pieces: Vec<Piece>,
    /// What was broken, in the order in which it broke.
    pub spans: Vec<Span>,
}

/// What became of the requests that began within a piece of the time.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Piece {
    /// How many began.
    pub asked: u64,
    /// How many of them were acknowledged.
    pub ok: u64,
    /// What half of the acknowledged took at most, in milliseconds; 0 where none was.
    pub median_ms: f64,
    /// What the slowest of them took, in milliseconds.
    pub most_ms: f64,
}

/// Something that was broken for a while.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// When it broke.
    pub from: Duration,
    /// When it was mended; what is over at once ends when it begins.
    pub until: Duration,
    /// What, in the words of a scenario: `cut 1-3`.
    pub fault: Fault,
}

impl Trial {
    /// The trial over its time.
    pub fn timeline(&self) -> Timeline {
        let length = self.done.quiet_from;
        Timeline { length, pieces: pieces(&self.history, length), spans: spans(&self.done) }
    }
}

fn pieces(history: &History, length: Duration) -> Vec<Piece> {
    let mut pieces = vec![(Piece::default(), Vec::new()); PIECES];
    let nanos = length.as_nanos().max(1);
    for one in history.operations().iter().filter(|one| !one.is_final()) {
        let place = u128::from(one.invoked_time()) * PIECES as u128 / nanos;
        let (piece, took) = &mut pieces[(place as usize).min(PIECES - 1)];
        piece.asked += 1;
        if let (End::Ok, Some(ended)) = (one.end(), one.ended_time()) {
            piece.ok += 1;
            took.push(ended - one.invoked_time());
        }
    }
    let told = |(piece, took)| {
        let (median_ms, most_ms) = half_and_all(took);
        Piece { median_ms, most_ms, ..piece }
    };
    pieces.into_iter().map(told).collect()
}

/// What half of these nanoseconds are at most, and all, in milliseconds; 0 where there are none.
fn half_and_all(mut nanos: Vec<u64>) -> (f64, f64) {
    nanos.sort_unstable();
    let ms = |nanos: Option<&u64>| nanos.map_or(0.0, |nanos| *nanos as f64 / 1e6);
    (ms(nanos.get(nanos.len().saturating_sub(1) / 2)), ms(nanos.last()))
}

fn spans(done: &Done) -> Vec<Span> {
    let (mut spans, mut open): (Vec<Span>, Vec<usize>) = (Vec::new(), Vec::new());
    for deed in &done.deeds {
        let Deed::Broke { at, fault } = deed else { continue };
        open.retain(|index| {
            let mended = mends(*fault, spans[*index].fault);
            if mended {
                spans[*index].until = *at;
            }
            !mended
        });
        if breaks(*fault) {
            let lasts = !matches!(fault, Fault::Jump(..));
            let until = if lasts { done.quiet_from.max(*at) } else { *at };
            open.extend(lasts.then_some(spans.len()));
            spans.push(Span { from: *at, until, fault: *fault });
        }
    }
    spans
}

fn breaks(fault: Fault) -> bool {
    !matches!(
        fault,
        Fault::Heal(_)
            | Fault::Restart(_)
            | Fault::Revive(_)
            | Fault::Resume(_)
            | Fault::Drift(_, 100.0)
    )
}

/// Whether `fault` ends what `earlier` began.
fn mends(fault: Fault, earlier: Fault) -> bool {
    match (fault, earlier) {
        (Fault::Heal(Link::All), _) => earlier.link().is_some(),
        (Fault::Heal(link), _) => earlier.link() == Some(link),
        (Fault::Restart(node) | Fault::Revive(node), Fault::Kill(down)) => node == down,
        (Fault::Resume(node) | Fault::Kill(node), Fault::Pause(paused)) => node == paused,
        (Fault::Drift(node, _), Fault::Drift(drifting, _)) => node == drifting,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_take_at_most_the_lower_median() {
        let told = |ms: &[u64]| half_and_all(ms.iter().map(|ms| ms * 1_000_000).collect());
        assert_eq!(told(&[]), (0.0, 0.0));
        assert_eq!(told(&[7]), (7.0, 7.0));
        assert_eq!(told(&[9, 2]), (2.0, 9.0));
        assert_eq!(told(&[9, 2, 5]), (5.0, 9.0));
    }

    #[test]
    fn a_span_ends_with_what_mends_it() {
        let broke = |(at, fault): &(u64, &str)| Deed::Broke {
            at: Duration::from_secs(*at),
            fault: fault.parse().expect(fault),
        };
        let deeds = [
            (1, "cut 1-2"),
            (2, "pause 3"),
            (3, "kill 3"),
            (4, "clock 2 +5s"),
            (5, "heal 1-2"),
            (6, "restart 3 with memory"),
            (7, "slow all 1s"),
        ];
        let deeds = deeds.iter().map(broke).collect();
        let quiet_from = Duration::from_secs(9);
        let spans = spans(&Done { deeds, quiet_from, ..Done::default() });
        let times: Vec<(u64, u64)> =
            spans.iter().map(|span| (span.from.as_secs(), span.until.as_secs())).collect();
        assert_eq!(times, [(1, 5), (2, 3), (3, 6), (4, 4), (7, 9)]);
    }
}
