//! `compare`: two results files, row by row: has anything become slower?

use super::output;
use super::results::{Mode, Results, Row};
use super::table;
use clap::Args;
use conlab::cli::{Exit, Failure};
use conlab::stats::{Interval, ratio};
use serde::Serialize;
use std::path::PathBuf;

/// Compares two results files: ratios with confidence intervals, and a verdict
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conlab-bench compare before.json after.json
  conlab-bench compare before.json after.json --limit 1.2

Where both files have the floor beside a row, its cost in multiples of the floor is compared: so a run on a busier or
slower machine is no regression. A row has regressed if the whole 95 % interval of its ratio lies past the limit.")]
pub struct Compare {
    /// The results before
    before: PathBuf,
    /// The results after
    after: PathBuf,
    /// A row may cost so many times what it did before
    #[arg(long, value_name = "RATIO", default_value_t = 1.1, value_parser = limit)]
    limit: f64,
}

fn limit(text: &str) -> Result<f64, String> {
    let limit = text.parse::<f64>().ok().filter(|limit| (1.0..=1000.0).contains(limit));
    limit.ok_or_else(|| format!("expected a ratio from 1 to 1000, found {text:?}"))
}

/// One row, before and after.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Which row.
    pub name: String,
    /// What is compared: `time`, or `× floor`.
    pub of: &'static str,
    /// How many times it costs what it did before: above 1 is worse.
    pub ratio: f64,
    /// Where that ratio lies, in 95 of 100 runs; none where there was one repetition only.
    pub interval: Option<Interval>,
    /// Whether it is worse than before, past the limit.
    pub regressed: bool,
}

impl Compare {
    /// Prints the changes and the verdict.
    pub fn run(&self, json: bool) -> Result<Exit, Failure> {
        let (before, after) = (Results::read(&self.before)?, Results::read(&self.after)?);
        let changes = changes(&before, &after, self.limit);
        if changes.is_empty() {
            return Err(Failure::usage(format!(
                "{} and {} have no row in common; compare runs of the same command and sizes",
                self.before.display(),
                self.after.display()
            )));
        }
        let worse = changes.iter().filter(|change| change.regressed).count();
        if json {
            let text = serde_json::to_string_pretty(&changes);
            output::result(&text.map_err(|error| Failure::internal(error.to_string()))?)?;
        } else {
            output::result(&format!("{}\n{}", table::changes(&changes), self.verdict(&changes)))?;
        }
        Ok(if worse > 0 { Exit::No } else { Exit::Done })
    }

    fn verdict(&self, changes: &[Change]) -> String {
        let limit = self.limit;
        let (rows, worse) =
            (changes.len(), changes.iter().filter(|change| change.regressed).count());
        let better =
            changes.iter().filter(|c| c.interval.is_some_and(|range| range.high < 1.0)).count();
        match worse {
            0 => format!(
                "verdict: no regression past {limit} × in {rows} rows; {better} became cheaper"
            ),
            _ => format!(
                "verdict: {worse} of {rows} rows regressed past {limit} ×; {better} became cheaper"
            ),
        }
    }
}

/// All rows that both files have.
pub fn changes(before: &Results, after: &Results, limit: f64) -> Vec<Change> {
    let pairs = after.rows.iter().filter_map(|new| {
        let old = before.rows.iter().find(|old| old.name() == new.name())?;
        change(old, new, limit)
    });
    pairs.collect()
}

fn change(old: &Row, new: &Row, limit: f64) -> Option<Change> {
    let ((old_cost, of), (new_cost, new_of)) = (cost(old), cost(new));
    let (old_cost, new_cost) =
        if of == new_of { (old_cost, new_cost) } else { (time(old), time(new)) };
    let of = if of == new_of { of } else { "time" };
    let (ratio, interval) = ratio(&old_cost, &new_cost)?;
    // Without repetitions the ratio itself must do; virtual time has no noise.
    let sure = interval.map_or(ratio, |range| range.low);
    Some(Change { name: new.name(), of, ratio, interval, regressed: sure > limit })
}

/// What an operation costs in each repetition: of the floor, if that was measured, else in time.
fn cost(row: &Row) -> (Vec<f64>, &'static str) {
    if row.floor.is_none() || row.latency_ratio.is_empty() {
        return (time(row), "time");
    }
    let costs = match row.clients {
        1 if row.mode == Mode::Closed => row.latency_ratio.clone(),
        _ => row.throughput_ratio.iter().map(|ratio| 1.0 / ratio).collect(),
    };
    (costs, "× floor")
}

fn time(row: &Row) -> Vec<f64> {
    match row.mode {
        Mode::Simulated | Mode::Open => row.p50_us.clone(),
        Mode::Closed if row.clients == 1 => row.p50_us.clone(),
        Mode::Closed | Mode::Batch => row.per_second.iter().map(|rate| 1e6 / rate).collect(),
    }
}
