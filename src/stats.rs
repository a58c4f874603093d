//! What a set of measurements says, and how sure one may be of it.
//!
//! Latencies go into a histogram whose buckets are exact to three digits, so any number of them takes the same memory.
//! A percentile is told only where at least [`TAIL`] samples lie beyond it; intervals cover the true value in 95 of 100
//! runs: Student (1908) for means, Welch (1947) for ratios, Wilson (1927) for shares.
//!
//! ```
//! use conlab::stats::{Latencies, median};
//! use std::time::Duration;
//!
//! let mut latencies = Latencies::default();
//! (1..=100).for_each(|micros| latencies.record(Duration::from_micros(micros)));
//! let told: Vec<f64> = latencies.summary().percentiles.iter().map(|p| p.percent).collect();
//! assert_eq!(told, [50.0, 90.0]); // beyond the 95th lie only five samples
//! assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
//! ```

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// So many samples must lie beyond a percentile before it is told: with fewer it is chance.
pub const TAIL: f64 = 10.0;
/// The percentiles that are told where the samples suffice.
const LADDER: [f64; 7] = [50.0, 90.0, 95.0, 99.0, 99.9, 99.99, 99.999];
/// Latencies are kept in nanoseconds up to a minute; longer ones count as a minute.
const LONGEST: u64 = 60_000_000_000;
/// How far a normal value lies from its mean in 95 of 100 cases, in standard deviations.
const NORMAL: f64 = 1.959_964;

/// Any number of latencies.
#[derive(Debug, Clone)]
pub struct Latencies {
    histogram: Histogram<u64>,
}

impl Default for Latencies {
    fn default() -> Self {
        let histogram = Histogram::new_with_bounds(1, LONGEST, 3);
        Latencies { histogram: histogram.expect("the bounds are in order and three digits exist") }
    }
}

impl Latencies {
    /// Adds one.
    pub fn record(&mut self, latency: Duration) {
        let nanos = u64::try_from(latency.as_nanos()).unwrap_or(LONGEST);
        self.histogram.saturating_record(nanos.clamp(1, LONGEST));
    }

    /// Adds all of `other`.
    pub fn merge(&mut self, other: &Latencies) {
        // Histograms of equal bounds always fit together.
        let _ = self.histogram.add(&other.histogram);
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        self.histogram.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.histogram.is_empty()
    }

    /// The latency below which `percent` of them lie, in microseconds.
    pub fn percentile_us(&self, percent: f64) -> f64 {
        micros(self.histogram.value_at_quantile(percent / 100.0))
    }

    /// What they say together.
    pub fn summary(&self) -> Summary {
        let told = supported(self.len()).into_iter();
        Summary {
            samples: self.len(),
            mean_us: self.histogram.mean() / 1e3,
            deviation_us: self.histogram.stdev() / 1e3,
            most_us: micros(self.histogram.max()),
            percentiles: told
                .map(|percent| Percentile { percent, us: self.percentile_us(percent) })
                .collect(),
        }
    }

    /// Points of the cumulative curve: a latency in microseconds, and the share at or below it; the last is 1.
    pub fn curve(&self, points: u32) -> Vec<(f64, f64)> {
        let share = |step: u32| f64::from(step) / f64::from(points.max(1));
        let steps = (1..=points).map(share);
        steps.map(|share| (micros(self.histogram.value_at_quantile(share)), share)).collect()
    }
}

fn micros(nanos: u64) -> f64 {
    nanos as f64 / 1e3
}

/// What a set of latencies says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// How many there are.
    pub samples: u64,
    /// Their mean, in microseconds.
    pub mean_us: f64,
    /// Their standard deviation, in microseconds.
    pub deviation_us: f64,
    /// The longest, in microseconds.
    pub most_us: f64,
    /// Those percentiles that so many samples support.
    pub percentiles: Vec<Percentile>,
}

impl Summary {
    /// The percentile, if the samples support it, in microseconds.
    pub fn at(&self, percent: f64) -> Option<f64> {
        self.percentiles.iter().find(|told| told.percent == percent).map(|told| told.us)
    }

    /// The highest percentile that the samples support.
    pub fn highest(&self) -> Option<Percentile> {
        self.percentiles.last().copied()
    }
}

/// One percentile.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Percentile {
    /// Which: 50 is the median.
    pub percent: f64,
    /// Its latency, in microseconds.
    pub us: f64,
}

/// The percentiles that so many samples support; the median always.
pub fn supported(samples: u64) -> Vec<f64> {
    let beyond = |percent: f64| samples as f64 * (100.0 - percent) / 100.0 + 1e-9;
    LADDER.into_iter().filter(|percent| *percent <= 50.0 || beyond(*percent) >= TAIL).collect()
}

/// Between these two lies the true value, in 95 of 100 runs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The lower bound.
    pub low: f64,
    /// The upper bound.
    pub high: f64,
}

/// The middle value; `None` of nothing.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (upper, lower) = (sorted.len() / 2, sorted.len().saturating_sub(1) / 2);
    Some((sorted.get(lower)? + sorted.get(upper)?) / 2.0)
}

/// The mean; `None` of nothing.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// How far the values lie around their median, as a share of it: the width of the middle half.
pub fn spread(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |share: f64| sorted.get(((sorted.len() - 1) as f64 * share).round() as usize).copied();
    let middle = median(&sorted).filter(|middle| *middle > 0.0)?;
    Some((at(0.75)? - at(0.25)?) / middle)
}

/// The interval of the mean; `None` of fewer than two values.
pub fn mean_interval(values: &[f64]) -> Option<Interval> {
    let (middle, error) = (mean(values)?, error_of_mean(values)?);
    let half = student(values.len() as f64 - 1.0) * error;
    Some(Interval { low: middle - half, high: middle + half })
}

/// How many times `before` the values `after` are, and the interval of that ratio; `None` unless all values are above
/// zero. Ratios are compared by their logarithms, so that twice and half weigh the same. Of fewer than two values on
/// either side there is a ratio and no interval.
pub fn ratio(before: &[f64], after: &[f64]) -> Option<(f64, Option<Interval>)> {
    if before.iter().chain(after).any(|value| *value <= 0.0) {
        return None;
    }
    let logs = |values: &[f64]| values.iter().map(|value| value.ln()).collect::<Vec<_>>();
    let (before, after) = (logs(before), logs(after));
    let middle = mean(&after)? - mean(&before)?;
    let interval = welch(&before, &after)
        .map(|half| Interval { low: (middle - half).exp(), high: (middle + half).exp() });
    Some((middle.exp(), interval))
}

/// Half the width of the interval of the difference of two means.
fn welch(a: &[f64], b: &[f64]) -> Option<f64> {
    let (a_error, b_error) = (error_of_mean(a)?.powi(2), error_of_mean(b)?.powi(2));
    let (a_free, b_free) = (a.len() as f64 - 1.0, b.len() as f64 - 1.0);
    let both = a_error + b_error;
    let free = both.powi(2) / (a_error.powi(2) / a_free + b_error.powi(2) / b_free);
    Some(if both == 0.0 { 0.0 } else { student(free) * both.sqrt() })
}

fn error_of_mean(values: &[f64]) -> Option<f64> {
    let (middle, count) = (mean(values)?, values.len() as f64);
    let squares: f64 = values.iter().map(|value| (value - middle).powi(2)).sum();
    (count > 1.0).then(|| (squares / (count - 1.0) / count).sqrt())
}

/// Student's t for 95 of 100 and so many degrees of freedom, rounded up where the table has a gap.
fn student(free: f64) -> f64 {
    const TABLE: [(f64, f64); 15] = [
        (1.0, 12.706),
        (2.0, 4.303),
        (3.0, 3.182),
        (4.0, 2.776),
        (5.0, 2.571),
        (6.0, 2.447),
        (7.0, 2.365),
        (8.0, 2.306),
        (9.0, 2.262),
        (10.0, 2.228),
        (12.0, 2.179),
        (15.0, 2.131),
        (20.0, 2.086),
        (30.0, 2.042),
        (60.0, 2.000),
    ];
    let fits = TABLE.iter().rev().find(|(degrees, _)| *degrees <= free + 1e-9);
    fits.map_or(TABLE[0].1, |(_, t)| *t)
}

/// The interval of a share, of which `successes` in `trials` were seen; everything is possible of no trials.
pub fn wilson(successes: u64, trials: u64) -> Interval {
    if trials == 0 {
        return Interval { low: 0.0, high: 1.0 };
    }
    let (count, share) = (trials as f64, successes as f64 / trials as f64);
    let square = NORMAL * NORMAL;
    let centre = share + square / (2.0 * count);
    let half = NORMAL * (share * (1.0 - share) / count + square / (4.0 * count * count)).sqrt();
    let scale = 1.0 + square / count;
    Interval { low: ((centre - half) / scale).max(0.0), high: ((centre + half) / scale).min(1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 5e-4
    }

    #[test]
    fn only_supported_percentiles_are_told() {
        assert_eq!(supported(1), [50.0]);
        assert_eq!(supported(100), [50.0, 90.0]);
        assert_eq!(supported(1_000), [50.0, 90.0, 95.0, 99.0]);
        assert_eq!(supported(10_000).last(), Some(&99.9));
    }

    #[test]
    fn latencies_merge_and_have_a_curve() {
        let (mut low, mut high) = (Latencies::default(), Latencies::default());
        (1..=500).for_each(|micros| low.record(Duration::from_micros(micros)));
        (501..=1000).for_each(|micros| high.record(Duration::from_micros(micros)));
        low.merge(&high);
        let summary = low.summary();
        assert_eq!(summary.samples, 1_000);
        assert!((summary.at(50.0).expect("always told") - 500.0).abs() < 1.0);
        assert!((summary.mean_us - 500.5).abs() < 1.0 && summary.at(99.9).is_none());
        let curve = low.curve(4);
        assert_eq!(curve.iter().map(|point| point.1).collect::<Vec<_>>(), [0.25, 0.5, 0.75, 1.0]);
        assert!(curve.is_sorted_by(|a, b| a.0 <= b.0));
        assert!(Latencies::default().is_empty());
    }

    #[test]
    fn medians_and_spreads() {
        assert_eq!((median(&[]), mean(&[]), spread(&[])), (None, None, None));
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), Some(2.5));
        assert_eq!(spread(&[1.0, 2.0, 3.0, 4.0, 5.0]), Some(2.0 / 3.0));
    }

    #[test]
    fn intervals_are_those_of_the_textbooks() {
        let interval = mean_interval(&[1.0, 2.0, 3.0, 4.0, 5.0]).expect("five values");
        assert!(near(interval.low, 1.037) && near(interval.high, 4.963));
        assert_eq!(mean_interval(&[1.0]), None);
        let none = wilson(0, 10);
        assert!(near(none.low, 0.0) && near(none.high, 0.2775));
        let half = wilson(50, 100);
        assert!(near(half.low, 0.4038) && near(half.high, 0.5962));
        assert_eq!(wilson(0, 0), Interval { low: 0.0, high: 1.0 });
    }

    #[test]
    fn a_ratio_of_noise_includes_one_and_a_ratio_of_two_does_not() {
        let before = [100.0, 104.0, 96.0, 101.0, 99.0];
        let twice: Vec<f64> = before.iter().map(|value| value * 2.0).collect();
        let (same, interval) = ratio(&before, &before).expect("all above zero");
        let interval = interval.expect("five values");
        assert!(near(same, 1.0) && interval.low < 1.0 && interval.high > 1.0);
        let (double, interval) = ratio(&before, &twice).expect("all above zero");
        assert!(near(double, 2.0) && interval.expect("five values").low > 1.9);
        assert_eq!(ratio(&[0.0], &[1.0]), None);
        assert_eq!(ratio(&[2.0], &[1.0]), Some((0.5, None)));
    }
}
