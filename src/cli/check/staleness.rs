//! `--staleness`: how far each client's reads lagged behind what was acknowledged.

use super::read_as;
use super::words::grouped;
use crate::cli::console;
use crate::cli::exit::{Exit, Failure};
use crate::history::words::{self, table};
use crate::history::{History, Lag, ProcessId, Reading, staleness};
use serde_json::json;
use std::collections::BTreeMap;

/// So many of the stalest reads are shown one by one.
const SHOWN: usize = 10;

/// Prints the table; unknown where no read has a version.
pub fn show(name: &str, reading: &Reading, as_json: bool) -> Result<Exit, Failure> {
    let history = &reading.history;
    let lags = staleness(history);
    if lags.is_empty() {
        let text = format!(
            "{name}: no read has a version, so nobody can say how old it was; record versions on ok"
        );
        return Err(Failure { exit: Exit::Unknown, text });
    }
    if as_json {
        let reads: Vec<_> = lags.iter().map(|lag| one_as_json(history, lag)).collect();
        console::result(&json!({ "file": name, "reads": reads }).to_string())?;
        return Ok(Exit::Done);
    }
    let mut text = format!("{name}: {}\n\n{}", read_as(reading), per_client(history, &lags));
    let stalest = stalest(&lags);
    if !stalest.is_empty() {
        text.push_str("\nthe stalest reads\n\n");
        text.push_str(&one_by_one(history, &stalest));
    }
    console::result(text.trim_end())?;
    Ok(Exit::Done)
}

/// A row for each client, and one for all.
fn per_client(history: &History, lags: &[Lag]) -> String {
    let mut clients: BTreeMap<i64, Vec<Lag>> = BTreeMap::new();
    for lag in lags {
        let process: ProcessId = history.operation(lag.read).process();
        clients.entry(history.process_name(process)).or_default().push(*lag);
    }
    let heads =
        ["process", "reads", "stale", "versions p50", "p99", "most", "time p50", "p99", "most"];
    let mut rows = vec![heads.map(str::to_string)];
    if clients.len() > 1 {
        rows.push(row("all".to_string(), lags));
    }
    rows.extend(clients.iter().map(|(process, lags)| row(process.to_string(), lags)));
    table(&rows)
}

fn row(name: String, lags: &[Lag]) -> [String; 9] {
    let stale = lags.iter().filter(|lag| lag.versions > 0).count();
    let versions = Sorted::of(lags.iter().map(|lag| lag.versions));
    let times = Sorted::of(lags.iter().map(|lag| lag.time));
    let share = 100.0 * stale as f64 / lags.len().max(1) as f64;
    [
        name,
        grouped(lags.len()),
        format!("{} ({share:.1} %)", grouped(stale)),
        versions.at(50).to_string(),
        versions.at(99).to_string(),
        versions.at(100).to_string(),
        words::span(times.at(50)),
        words::span(times.at(99)),
        words::span(times.at(100)),
    ]
}

/// The stale reads that lag by the most versions, then by the most time.
fn stalest(lags: &[Lag]) -> Vec<Lag> {
    let mut stale: Vec<Lag> = lags.iter().filter(|lag| lag.versions > 0).copied().collect();
    stale.sort_by_key(|lag| (std::cmp::Reverse((lag.versions, lag.time)), lag.read));
    stale.truncate(SHOWN);
    stale
}

fn one_by_one(history: &History, lags: &[Lag]) -> String {
    let heads = ["line", "process", "operation", "version", "versions behind", "for"];
    let mut rows = vec![heads.map(str::to_string)];
    for lag in lags {
        let read = history.operation(lag.read);
        rows.push([
            read.ended_line().unwrap_or_default().to_string(),
            history.process_name(read.process()).to_string(),
            words::does(history, read),
            read.version().unwrap_or_default().to_string(),
            lag.versions.to_string(),
            words::span(lag.time),
        ]);
    }
    table(&rows)
}

fn one_as_json(history: &History, lag: &Lag) -> serde_json::Value {
    let read = history.operation(lag.read);
    json!({
        "line": read.ended_line(),
        "process": history.process_name(read.process()),
        "key": history.key_name(read.key()),
        "version": read.version(),
        "versions_behind": lag.versions,
        "behind_ns": lag.time,
    })
}

/// Numbers in order.
struct Sorted(Vec<u64>);

impl Sorted {
    fn of(numbers: impl Iterator<Item = u64>) -> Self {
        let mut numbers: Vec<u64> = numbers.collect();
        numbers.sort_unstable();
        Sorted(numbers)
    }

    /// The number that so many of a hundred do not exceed.
    fn at(&self, percent: usize) -> u64 {
        let place = (self.0.len() * percent).div_ceil(100).saturating_sub(1);
        self.0.get(place).copied().unwrap_or_default()
    }
}
