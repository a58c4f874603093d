//! How fast it must be: each line of the table, and whether the measured value reaches it.

use conlab::stats::{Interval, mean_interval, median};
use serde::{Deserialize, Serialize};

/// One line of the table, judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Goal {
    /// What is done.
    pub work: String,
    /// What is measured, as the value's unit: `× echo, p50`.
    pub measure: String,
    /// The median over the repetitions.
    pub value: f64,
    /// Where the mean over the repetitions lies, in 95 of 100 runs.
    pub interval: Option<Interval>,
    /// Whether less is better.
    pub less_is_better: bool,
    /// What it must reach.
    pub limit: f64,
    /// What would be better still.
    pub stretch: Option<f64>,
    /// Whether it reaches the limit.
    pub verdict: Verdict,
}

/// Whether a goal is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It is.
    Pass,
    /// It is not.
    Short,
}

impl Goal {
    /// The median of `values` is to be at most `limit`; short if nothing was measured.
    pub fn at_most(
        work: &str,
        measure: &str,
        values: &[f64],
        limit: f64,
        stretch: Option<f64>,
    ) -> Goal {
        Goal::judged(work, measure, values, (true, limit, stretch))
    }

    /// The median of `values` is to be at least `limit`; short if nothing was measured.
    pub fn at_least(
        work: &str,
        measure: &str,
        values: &[f64],
        limit: f64,
        stretch: Option<f64>,
    ) -> Goal {
        Goal::judged(work, measure, values, (false, limit, stretch))
    }

    fn judged(
        work: &str,
        measure: &str,
        values: &[f64],
        (less_is_better, limit, stretch): (bool, f64, Option<f64>),
    ) -> Goal {
        let value = median(values);
        let reached =
            value.is_some_and(|value| if less_is_better { value <= limit } else { value >= limit });
        Goal {
            work: work.to_string(),
            measure: measure.to_string(),
            value: value.unwrap_or_default(),
            interval: mean_interval(values),
            less_is_better,
            limit,
            stretch,
            verdict: if reached { Verdict::Pass } else { Verdict::Short },
        }
    }

    /// Whether it reaches even what would be better still.
    pub fn stretched(&self) -> bool {
        self.stretch.is_some_and(|stretch| {
            if self.less_is_better { self.value <= stretch } else { self.value >= stretch }
        })
    }
}

/// In each repetition, how many times `under` the value of `over` is.
pub fn ratios(over: &[f64], under: &[f64]) -> Vec<f64> {
    over.iter().zip(under).map(|(over, under)| over / under).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_judged_by_its_median() {
        let goal = Goal::at_most("work", "× echo", &[1.0, 1.1, 9.0], 1.15, Some(1.1));
        assert_eq!((goal.verdict, goal.stretched()), (Verdict::Pass, true));
        let goal = Goal::at_least("work", "× echo", &[0.8, 0.85], 0.9, None);
        assert_eq!((goal.verdict, goal.stretched()), (Verdict::Short, false));
        assert_eq!(Goal::at_most("work", "", &[], 1.0, None).verdict, Verdict::Short);
    }
}
