//! `conlab status`: how every server of a cluster is now.

use super::args::Globals;
use super::console;
use super::exit::{Exit, Failure};
use crate::net::{Client, ClusterInfo, ServerInfo, ServerStatus, discover};
use crate::process::{Health, NodeId, ShortVersion};
use crate::session::{Version, epoch_and_counter};
use clap::Args;
use comfy_table::{Cell, CellAlignment, Color, LineStyle, Table, TableStyle};
use futures_util::future::join_all;
use serde::Serialize;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::timeout;

/// A server that has not answered by then is shown as unreachable: people look at this when something hangs.
const PATIENCE: Duration = Duration::from_secs(1);

/// A line under the header, and no other.
const RULED: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// Short, because all of it shall fit a terminal of 80 columns.
const HEADER: [&str; 10] =
    ["id", "role", "address", "pid", "state", "keys", "ver", "rounds", "queue", "lag"];

/// Show how every server of a cluster is now
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conlab status
  conlab status --json
  conlab status --controller 10.0.0.1:3896

ver is the highest version applied; queue counts what waits for the lock at the
primary; lag is how many versions a server is behind the primary. Of a log, keys
counts the messages, and a secondary of which the master hears nothing is shown
as suspected or down.")]
pub struct Status {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Status {
    /// Asks all servers at once and prints what they say.
    pub async fn run(self, globals: &Globals) -> Result<Exit, Failure> {
        let report = Report::gather(&discover(&globals.controller()?).await?).await;
        let text = match self.json {
            true => serde_json::to_string(&report)
                .map_err(|error| Failure::internal(format!("cannot write JSON: {error}")))?,
            false => report.table(console::results_coloured()),
        };
        console::result(&text)?;
        Ok(Exit::Done)
    }
}

/// How a cluster is now.
#[derive(Debug, Serialize)]
pub struct Report {
    system: String,
    cluster: String,
    servers: Vec<Row>,
}

/// How one server is now; what only it could say is missing where it does not answer.
#[derive(Debug, Serialize)]
struct Row {
    id: u32,
    address: SocketAddr,
    pid: Option<u32>,
    role: String,
    state: String,
    keys: Option<u64>,
    version: Option<Version>,
    rounds: Option<u64>,
    queue: Option<u64>,
    waiting: Option<u64>,
    lag: Option<u64>,
    /// How it is by what the master of a log hears of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    health: Option<Health>,
}

impl Report {
    /// Asks every server of the cluster, all at once.
    pub async fn gather(info: &ClusterInfo) -> Report {
        let answers = join_all(info.servers.iter().map(ask)).await;
        let watched = answers.iter().flatten().find(|answer| !answer.status.health.is_empty());
        let health = watched.map(|answer| answer.status.health.clone()).unwrap_or_default();
        let mut servers: Vec<Row> = info
            .servers
            .iter()
            .zip(answers)
            .map(|(server, answer)| Row::of(server, answer))
            .collect();
        let leads = |row: &&Row| row.role == "primary" || row.role == "master";
        let primary = servers.iter().find(leads).and_then(|row| row.version);
        for row in &mut servers {
            row.health = health.get(&NodeId(row.id)).copied();
            row.lag = primary.zip(row.version).and_then(|(primary, own)| lag(primary, own));
        }
        Report { system: info.system.to_string(), cluster: info.cluster.clone(), servers }
    }

    /// The report for people.
    pub fn table(&self, coloured: bool) -> String {
        let mut table = Table::new();
        table.load_style(RULED);
        table.set_header(HEADER);
        for row in &self.servers {
            table.add_row(row.cells(coloured));
        }
        for column in table.column_iter_mut() {
            column.set_padding((0, 0)); // the blank between two is enough; more does not fit 80 columns
        }
        format!("{}, cluster {}\n{}", self.system, self.cluster, table.trim_fmt())
    }
}

impl Row {
    fn of(server: &ServerInfo, answer: Option<ServerStatus>) -> Row {
        let own = answer.map(|answer| answer.status);
        let state = match &own {
            Some(own) => own.state.clone(),
            None if server.state == "running" => "unreachable".to_string(),
            None => server.state.clone(),
        };
        Row {
            id: server.id.0,
            address: server.address,
            pid: server.pid,
            role: own.as_ref().map_or(server.role.clone(), |own| own.role.clone()),
            state,
            keys: own.as_ref().map(|own| own.keys),
            version: own.as_ref().map(|own| own.version),
            rounds: own.as_ref().map(|own| own.rounds),
            queue: own.as_ref().map(|own| own.queue),
            waiting: own.as_ref().map(|own| own.waiting),
            lag: None,
            health: None,
        }
    }

    fn cells(&self, coloured: bool) -> Vec<Cell> {
        let number = |text: Option<String>| {
            Cell::new(text.unwrap_or("-".into())).set_alignment(CellAlignment::Right)
        };
        let count = |count: Option<u64>| number(count.map(|count| count.to_string()));
        vec![
            number(Some(self.id.to_string())).set_alignment(CellAlignment::Right),
            Cell::new(&self.role),
            Cell::new(self.address),
            number(self.pid.map(|pid| pid.to_string())),
            self.state_cell(coloured),
            count(self.keys),
            number(self.version.map(|version| ShortVersion(version).to_string())),
            count(self.rounds),
            count(self.queue),
            count(self.lag),
        ]
    }

    /// The state with a glyph, so that it reads without colour too.
    fn state_cell(&self, coloured: bool) -> Cell {
        // A server may find itself ready while the master of its log hears nothing of it.
        let state = match (self.state.as_str(), self.health) {
            ("ready", Some(health)) if health != Health::Healthy => health.to_string(),
            (state, _) => brief(state),
        };
        let (glyph, colour) = match self.state.as_str() {
            _ if state == "suspected" || state == "down" => ("○", Color::Yellow),
            "ready" => ("●", Color::Green),
            "unreachable" => ("✗", Color::Red),
            state if state.starts_with("exited") => ("✗", Color::Red),
            _ => ("○", Color::Yellow),
        };
        let cell = Cell::new(format!("{glyph} {state}"));
        if coloured { cell.fg(colour) } else { cell }
    }
}

/// A state in the table: of the system's words for an end, such as `exited (signal: 9 (SIGKILL))`, only `killed (9)`.
fn brief(state: &str) -> String {
    let Some(end) = state.strip_prefix("exited (").and_then(|end| end.strip_suffix(')')) else {
        return state.to_string();
    };
    let number = |text: &str| text.split(' ').next().unwrap_or_default().to_string();
    if let Some(signal) = end.strip_prefix("signal: ") {
        return format!("killed ({})", number(signal));
    }
    match end.strip_prefix("exit status: ") {
        Some(code) => format!("exited ({})", number(code)),
        None if end.contains(' ') => "exited".to_string(), // an error's text: --json has all of it
        None => end.to_string(),
    }
}

async fn ask(server: &ServerInfo) -> Option<ServerStatus> {
    server.pid?;
    let asked = async { Client::connect(&server.address.to_string()).await?.status().await };
    timeout(PATIENCE, asked).await.ok()?.ok()
}

/// How many versions `own` is behind `primary`; unknown where they are of different epochs.
fn lag(primary: Version, own: Version) -> Option<u64> {
    let same = epoch_and_counter(primary).0 == epoch_and_counter(own).0;
    same.then(|| primary.saturating_sub(own))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::version;
    use crate::systems::System;

    /// A server whose columns are as wide as they get in a long run.
    fn row(id: u32, state: &str) -> Row {
        Row {
            id,
            address: "127.0.0.1:6487".parse().expect("it is an address"),
            pid: Some(4_194_304),
            role: "primary".into(),
            state: state.into(),
            keys: Some(10_000),
            version: Some(version(2, 12_345)),
            rounds: Some(123_456),
            queue: Some(10_000),
            waiting: None,
            lag: Some(1_234),
            health: None,
        }
    }

    #[test]
    fn the_table_fits_a_terminal_of_80_columns() {
        let states = ["ready", "unreachable", "exited (signal: 9 (SIGKILL))", "exited (boom)"];
        let servers = (1..).zip(states).map(|(id, state)| row(id, state)).collect();
        let report = Report { system: System::Causal.to_string(), cluster: "c1".into(), servers };
        let table = report.table(false);
        for line in table.lines() {
            assert!(line.chars().count() <= 80, "{table}");
        }
        for word in ["✗ killed (9)", " 2.12345 "].iter().chain(&HEADER) {
            assert!(table.contains(word), "{word}: {table}");
        }
    }

    #[test]
    fn how_a_server_ended_is_brief() {
        let cases = [
            ("ready", "ready"),
            ("exited (signal: 9 (SIGKILL))", "killed (9)"),
            ("exited (signal: 6 (SIGABRT) (core dumped))", "killed (6)"),
            ("exited (exit status: 70)", "exited (70)"),
            ("exited (killed)", "killed"),
            ("exited (its connection was closed)", "exited"),
        ];
        for (state, expected) in cases {
            assert_eq!(brief(state), expected);
        }
    }

    #[test]
    fn lag_counts_versions_of_one_epoch() {
        assert_eq!(lag(7, 5), Some(2));
        assert_eq!(lag(5, 7), Some(0));
        assert_eq!(lag(version(2, 1), 5), None);
    }
}
