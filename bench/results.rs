//! What a run has measured, as it is written to JSON. `docs/bench.md` documents each field.

use super::block::Load;
use super::judge::Goal;
use super::log::{CatchingUp, Losses};
use super::machine::{Machine, Versions};
use super::series::Series;
use super::subject::{Operation, Subject};
use conlab::cli::Failure;
use conlab::stats::{Summary, median};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The version of this format. Results of another version are not read.
pub const SCHEMA: u32 = 1;

/// All that one run has measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// The version of the format.
    pub schema: u32,
    /// The command.
    pub command: String,
    /// All its arguments.
    pub arguments: Vec<String>,
    /// When it started, in UTC: `20260102T030405Z`.
    pub started: String,
    /// The seed of all that is simulated.
    pub seed: u64,
    /// Where it ran.
    pub machine: Machine,
    /// What ran.
    pub versions: Versions,
    /// One row for each thing that was measured under load.
    pub rows: Vec<Row>,
    /// How soon reads see writes.
    pub visibility: Vec<Visibility>,
    /// How long causal reads wait.
    pub waiting: Vec<Waiting>,
    /// What kills took of what was acknowledged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub losses: Vec<Losses>,
    /// How fast a server of the log caught up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub catching_up: Vec<CatchingUp>,
    /// Delivered messages a second in the simulator, on one core, one value a repetition.
    pub simulator_per_second: Vec<f64>,
    /// How fast it must be, and is.
    pub goals: Vec<Goal>,
    /// What whoever reads this should know.
    pub warnings: Vec<String>,
}

/// One subject under one load.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The command that measured it.
    pub command: String,
    /// Who answered.
    pub subject: Subject,
    /// What was asked for.
    pub operation: Operation,
    /// How many servers there were.
    pub servers: u32,
    /// How many clients asked.
    pub clients: u32,
    /// How they asked.
    pub mode: Mode,
    /// What else distinguishes this row: a region, a rate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// The latencies of all repetitions together.
    pub latency: Summary,
    /// The median latency of each repetition, in microseconds.
    pub p50_us: Vec<f64>,
    /// Operations a second in each repetition; empty where time is virtual.
    pub per_second: Vec<f64>,
    /// The floor under it, if there is one.
    pub floor: Option<Subject>,
    /// In each repetition, its median latency as a multiple of the floor's.
    pub latency_ratio: Vec<f64>,
    /// In each repetition, its throughput as a multiple of the floor's.
    pub throughput_ratio: Vec<f64>,
    /// Messages between servers for one operation, counted in the simulator.
    pub messages: Option<f64>,
    /// Their bytes as JSON.
    pub bytes: Option<f64>,
    /// How many calls failed.
    pub failed: u64,
    /// The cumulative curve of latencies: microseconds, and the share at or below.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub curve: Vec<(f64, f64)>,
}

/// How clients ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Each client asks again when it has its answer.
    Closed,
    /// Requests come at their times.
    Open,
    /// As closed, but each call is a batch of requests.
    Batch,
    /// As closed, in the simulator: time is virtual.
    Simulated,
}

/// How often a read that starts so long after the answer of a write sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Visibility {
    /// The level.
    pub subject: Subject,
    /// `live` or `simulated`.
    pub how: String,
    /// How many servers there were.
    pub servers: u32,
    /// How long after the write's answer the read started, in microseconds.
    pub after_us: f64,
    /// How many reads there were.
    pub reads: u64,
    /// How many of them returned the last write or a newer one.
    pub fresh: u64,
    /// How many versions behind the others were, on average over all reads.
    pub mean_behind: f64,
    /// The most versions that one was behind.
    pub most_behind: u64,
}

/// How long causal reads wait for what their session has seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Waiting {
    /// `live` or `simulated`.
    pub how: String,
    /// How many servers there were.
    pub servers: u32,
    /// How many reads there were.
    pub reads: u64,
    /// How many of them had to wait.
    pub waited: u64,
    /// For how long those waited.
    pub latency: Summary,
    /// The cumulative curve of the waits: microseconds, and the share at or below.
    pub curve: Vec<(f64, f64)>,
}

impl Row {
    /// What `series` has measured, beside the `floor` under it.
    pub fn of(command: &str, servers: u32, series: &Series, floor: Option<&Series>) -> Row {
        let (mode, condition) = match series.load {
            Load::Open(rate, _) => (Mode::Open, Some(format!("{rate:.0}/s"))),
            _ if series.batch > 1 => (Mode::Batch, Some(format!("batches of {}", series.batch))),
            _ => (Mode::Closed, None),
        };
        let over = |ours: &[f64], floors: Option<&Vec<f64>>| {
            let floors = floors.map(Vec::as_slice).unwrap_or_default();
            ours.iter().zip(floors).map(|(ours, floor)| ours / floor).collect()
        };
        Row {
            command: command.to_string(),
            subject: series.subject,
            operation: series.operation,
            servers,
            clients: series.clients,
            mode,
            condition,
            latency: series.latencies.summary(),
            p50_us: series.p50_us.clone(),
            per_second: series.per_second.clone(),
            floor: floor.map(|floor| floor.subject),
            latency_ratio: over(&series.p50_us, floor.map(|floor| &floor.p50_us)),
            throughput_ratio: over(&series.per_second, floor.map(|floor| &floor.per_second)),
            messages: None,
            bytes: None,
            failed: series.failed,
            curve: Vec::new(),
        }
    }

    /// The median over the repetitions of the median latency, in microseconds.
    pub fn p50(&self) -> f64 {
        median(&self.p50_us).unwrap_or_default()
    }

    /// The median over the repetitions of operations a second.
    pub fn throughput(&self) -> f64 {
        median(&self.per_second).unwrap_or_default()
    }

    /// What tells it from every other row of its run: `latency linearizable SET, 10 servers, 1 client`.
    pub fn name(&self) -> String {
        let Row { command, subject, operation, servers, clients, .. } = self;
        let condition = self.condition.iter().map(|words| format!(", {words}")).collect::<String>();
        let mode = if self.mode == Mode::Simulated { ", simulated" } else { "" };
        format!(
            "{command} {subject} {operation}, servers {servers}, clients {clients}{condition}{mode}"
        )
    }
}

impl Results {
    /// Reads results back.
    ///
    /// # Errors
    /// If the file cannot be read, is not JSON, or is of another version.
    pub fn read(path: &Path) -> Result<Results, Failure> {
        let shown = path.display();
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::usage(format!("cannot read {shown}: {error}")))?;
        let value: serde_json::Value = serde_json::from_str(&text).map_err(|error| {
            Failure::usage(format!(
                "{shown} is not JSON: {error}; name a results file of conlab-bench"
            ))
        })?;
        match value.get("schema").and_then(serde_json::Value::as_u64) {
            Some(schema) if schema == u64::from(SCHEMA) => {}
            Some(schema) => {
                return Err(Failure::usage(format!(
                    "{shown} has schema {schema}, this program reads {SCHEMA}; measure again, or compare with the program that wrote it"
                )));
            }
            None => {
                return Err(Failure::usage(format!(
                    "{shown} has no \"schema\"; name a results file of conlab-bench"
                )));
            }
        }
        serde_json::from_value(value)
            .map_err(|error| Failure::usage(format!("{shown} is damaged: {error}")))
    }

    /// The rows that a command has measured.
    pub fn of<'a>(&'a self, command: &'a str) -> impl Iterator<Item = &'a Row> {
        self.rows.iter().filter(move |row| row.command == command)
    }
}
