//! `latency`: one client, one request after the other. The reference's published table beside ours.

use super::bed::{Bed, BedOptions};
use super::block::Load;
use super::output::{caption, per_floor, repetitions};
use super::results::{Mode, Results, Row};
use super::run::Run;
use super::series::{self, Place, Series};
use super::simulate::{Plan, simulate};
use super::subject::{Operation, Subject};
use clap::Args;
use conlab::cli::Failure;
use conlab::plot::{Axis, BarSeries, Content, Figure, Panel, Point, Scale, Unit};
use conlab::sim::Settings;
use conlab::systems::System;
use std::time::Duration;

/// The mean latencies that the reference published, SET and GET, in milliseconds: ten servers, a hundred requests,
/// and by its own caption with its polls and its start-up in them.
pub const REFERENCE: [(System, f64, f64); 4] = [
    (System::Linearizable, 278.77, 158.36),
    (System::Sequential, 288.72, 62.62),
    (System::Causal, 234.40, 66.01),
    (System::Eventual, 63.96, 63.42),
];
/// The points of a cumulative curve.
const CURVE: u32 = 200;

/// Latency of SET and GET at each level: one client, one request after the other
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conlab-bench latency                          as the reference measured: 10 servers, 100 requests
  conlab-bench latency --servers 3 --requests 1000 --repetitions 10")]
pub struct Latency {
    /// Servers of each cluster, each a process
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub servers: u32,
    /// Requests in each repetition
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub requests: u32,
}

impl Latency {
    /// Measures all levels and both floors in turns.
    pub async fn measure(&self, run: &mut Run) -> Result<(), Failure> {
        let repetitions = run.common.repetitions.unwrap_or(7);
        run.show("starting servers");
        let bed = Bed::start(&BedOptions::of(run, self.servers)?, &System::LEVELS).await?;
        let mut series = all_series(1, Place::One, Load::Requests(self.requests));
        let measured = series::interleave(run, &bed, &mut series, repetitions).await;
        bed.stop().await;
        measured?;
        let mut rows = series::rows("latency", self.servers, &series);
        for (row, series) in rows.iter_mut().zip(&series) {
            row.curve = series.latencies.curve(CURVE);
            count(row, run.common.seed);
        }
        run.add(rows)
    }
}

/// Both floors, and SET and GET of each level, under the same load.
pub fn all_series(clients: u32, place: Place, load: Load) -> Vec<Series> {
    let series = |(subject, operation)| Series::new(subject, operation, clients, place, load);
    let floors = [(Subject::Echo, Operation::Call), (Subject::Chain, Operation::Call)];
    let both = |system| {
        [Operation::Set, Operation::Get].map(|operation| (Subject::Level(system), operation))
    };
    floors.into_iter().chain(System::LEVELS.into_iter().flat_map(both)).map(series).collect()
}

/// Counts messages and bytes for a row's operation in the simulator.
pub fn count(row: &mut Row, seed: u64) {
    let Subject::Level(system) = row.subject else { return };
    let plan = Plan {
        system,
        operation: row.operation,
        settings: Settings::new(row.servers, seed),
        faults: Vec::new(),
        clients: row.clients,
        place: match row.operation {
            Operation::Append(_) => Place::MASTER,
            _ if row.clients == 1 => Place::One,
            _ => Place::Spread,
        },
        requests: 20 + 180 / row.clients,
        pause: Duration::ZERO,
    };
    let simulated = simulate(&plan);
    (row.messages, row.bytes) = (Some(simulated.messages), Some(simulated.bytes));
}

/// The charts of this command.
pub fn figures(results: &Results) -> Vec<(&'static str, Figure)> {
    let rows: Vec<&Row> = results.of("latency").filter(|row| row.mode == Mode::Closed).collect();
    let Some(servers) = rows.first().map(|row| row.servers) else { return Vec::new() };
    let caption = caption(
        results,
        &format!(
            "{servers} server processes, one client at a backup, {} requests a bar, {}.",
            rows.iter().map(|row| row.latency.samples).max().unwrap_or_default(),
            repetitions(&rows)
        ),
    );
    vec![("latency", bars(&rows, &caption)), ("latency-curve", curves(&rows, &caption))]
}

fn find<'a>(rows: &[&'a Row], subject: Subject, operation: Operation) -> Option<&'a Row> {
    rows.iter().find(|row| (row.subject, row.operation) == (subject, operation)).copied()
}

fn bars(rows: &[&Row], caption: &str) -> Figure {
    let p50 = |subject, operation| find(rows, subject, operation).map(Row::p50);
    let floors = [Subject::Echo, Subject::Chain].map(|floor| BarSeries {
        name: floor.to_string(),
        values: match floor {
            Subject::Chain => vec![p50(floor, Operation::Call), None],
            _ => vec![None, p50(floor, Operation::Call)],
        },
    });
    let level = |(system, set, get): (System, f64, f64)| {
        let level = Subject::Level(system);
        let (ours_set, ours_get) = (p50(level, Operation::Set), p50(level, Operation::Get));
        BarSeries {
            name: system.name().to_string(),
            values: vec![ours_set, ours_get, Some(set * 1e3), Some(get * 1e3)],
        }
    };
    let groups = ["SET, p50", "GET, p50", "SET, reference's mean", "GET, reference's mean"];
    let levels = REFERENCE.map(level);
    Figure {
        title: finding(rows),
        caption: format!(
            "{caption} The reference's means are as published, with its polls and start-up in them."
        ),
        panels: vec![Panel {
            heading: String::new(),
            x: Axis::new("operation", Scale::Linear, Unit::Count),
            y: Axis::new("latency (log scale)", Scale::Log, Unit::Micros),
            content: Content::Bars(
                groups.map(str::to_string).to_vec(),
                floors.into_iter().chain(levels).collect(),
            ),
        }],
    }
}

fn finding(rows: &[&Row]) -> String {
    let of = |system, operation| find(rows, Subject::Level(system), operation);
    let told = |row: Option<&Row>| row.and_then(per_floor).unwrap_or_else(|| "?".to_string());
    format!(
        "A linearizable SET takes {} its bare chain of calls, an eventual one {} a bare echo; a sequential GET takes {} a bare echo",
        told(of(System::Linearizable, Operation::Set)),
        told(of(System::Eventual, Operation::Set)),
        told(of(System::Sequential, Operation::Get)),
    )
}

fn curves(rows: &[&Row], caption: &str) -> Figure {
    let panel = |operation: Operation, floor: Subject| {
        let shown = |row: &&&Row| row.operation == operation || row.subject == floor;
        let curve = |row: &&Row| conlab::plot::Series {
            name: row.subject.to_string(),
            points: row.curve.iter().map(|(us, share)| Point::at(*us, *share)).collect(),
        };
        Panel {
            heading: operation.to_string(),
            x: Axis::new("latency (log scale)", Scale::Log, Unit::Micros),
            y: Axis::new("share of requests answered by then", Scale::Linear, Unit::Share),
            content: Content::Curves(rows.iter().filter(shown).map(curve).collect()),
        }
    };
    let tail = rows.iter().filter(|row| {
        row.operation == Operation::Set && row.subject == Subject::Level(System::Linearizable)
    });
    let tail = tail.filter_map(|row| row.latency.highest()).next();
    let title = match tail {
        Some(tail) => format!(
            "{} % of linearizable SETs are answered within {}",
            tail.percent,
            Unit::Micros.shown(tail.us)
        ),
        None => "How soon requests are answered".to_string(),
    };
    Figure {
        title,
        caption: caption.to_string(),
        panels: vec![panel(Operation::Set, Subject::Chain), panel(Operation::Get, Subject::Echo)],
    }
}
