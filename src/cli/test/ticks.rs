//! Where the ticks of a time axis stand, and what they say: at round times, as on a clock that a person reads.

use std::time::Duration;

/// The most steps of an axis. Of steps of 1, 2 and 5 the smallest that fits leaves at least four ticks.
const MOST_STEPS: u64 = 8;
/// In nanoseconds.
const MILLISECOND: u64 = 1_000_000;
const SECOND: u64 = 1_000_000_000;

/// The ticks of an axis from 0 to `length`: when, and in which words, all with as many decimals.
pub fn of(length: Duration) -> Vec<(Duration, String)> {
    let nanos = u64::try_from(length.as_nanos()).unwrap_or(u64::MAX);
    let step = step(nanos);
    let (unit, name) = if nanos < SECOND { (MILLISECOND, "ms") } else { (SECOND, "s") };
    let decimals = decimals(step, unit);
    let tick = |number: u64| {
        let at = number * step;
        let label = format!("{:.decimals$} {name}", at as f64 / unit as f64);
        (Duration::from_nanos(at), label)
    };
    (0..=nanos / step).map(tick).collect()
}

/// The smallest of 1, 2, 5, 10, 20, 50, … nanoseconds of which no more than [`MOST_STEPS`] fill the axis.
fn step(nanos: u64) -> u64 {
    let powers = std::iter::successors(Some(1u64), |power| power.checked_mul(10));
    let mut steps = powers.flat_map(|power| [1, 2, 5].map(|lead| power.saturating_mul(lead)));
    steps.find(|step| nanos <= step.saturating_mul(MOST_STEPS)).unwrap_or(nanos.max(1))
}

/// How many decimals of `unit` it takes to write each multiple of `step`, which is 1, 2 or 5 times a power of ten.
fn decimals(step: u64, unit: u64) -> usize {
    let places = std::iter::successors(Some(unit), |place| Some(place / 10));
    places.take_while(|place| *place > step).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(length: Duration) -> Vec<String> {
        of(length).into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn ticks_stand_at_round_times() {
        let (ms, s) = (Duration::from_millis, Duration::from_secs);
        assert_eq!(labels(s(30)), ["0 s", "5 s", "10 s", "15 s", "20 s", "25 s", "30 s"]);
        assert_eq!(labels(ms(30_017)), labels(s(30)));
        assert_eq!(labels(ms(9_841)), ["0 s", "2 s", "4 s", "6 s", "8 s"]);
        assert_eq!(
            labels(ms(1_203)),
            ["0.0 s", "0.2 s", "0.4 s", "0.6 s", "0.8 s", "1.0 s", "1.2 s"]
        );
        assert_eq!(labels(ms(217)), ["0 ms", "50 ms", "100 ms", "150 ms", "200 ms"]);
        assert_eq!(of(ms(1_203))[3].0, ms(600));
        assert_eq!(of(Duration::ZERO).len(), 1);
    }

    #[test]
    fn an_axis_of_any_length_has_neither_few_ticks_nor_many() {
        for length in (1..100_000).step_by(7).map(Duration::from_millis) {
            let ticks = of(length);
            let step = ticks[1].0.as_nanos().to_string();
            assert!(matches!(step.trim_end_matches('0'), "1" | "2" | "5"), "{length:?}: {step}");
            assert!((4..=9).contains(&ticks.len()), "{length:?}: {} ticks", ticks.len());
            assert!(ticks.iter().all(|(at, _)| *at <= length), "{length:?}");
        }
        assert!(of(Duration::MAX).len() <= 9);
    }
}
