//! `throughput`: many clients at once, each asking again when it has its answer; and at a given rate.

use super::args::{rate, seconds};
use super::bed::{Bed, BedOptions};
use super::block::Load;
use super::latency::{all_series, count};
use super::output::{caption, repetitions};
use super::results::{Mode, Results, Row};
use super::run::Run;
use super::series::{self, Place, Series};
use super::subject::{Operation, Subject};
use clap::Args;
use conlab::cli::Failure;
use conlab::plot::{Axis, Content, Figure, Panel, Point, Scale, Unit};
use conlab::systems::System;
use std::time::Duration;

/// So many clients share the requests of an open loop.
const OPEN_CLIENTS: u32 = 32;

/// Operations a second and latency against the number of clients, or at a given rate
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conlab-bench throughput                       1 to 256 clients on 3 servers
  conlab-bench throughput --clients 1,64 --servers 10
  conlab-bench throughput --clients 64 --rate 1000,5000,20000")]
pub struct Throughput {
    /// Servers of each cluster, each a process
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub servers: u32,
    /// Numbers of clients, spread over the servers
    #[arg(long, value_name = "N,…", value_delimiter = ',', default_values_t = [1, 2, 4, 8, 16, 32, 64, 128, 256], value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub clients: Vec<u32>,
    /// Seconds of each block of load
    #[arg(long, value_name = "S", default_value_t = 0.5, value_parser = seconds)]
    pub seconds: f64,
    /// Also ask at these rates, each request at its time (an open loop), and measure from that time on
    #[arg(long, value_name = "PER_SECOND,…", value_delimiter = ',', value_parser = rate)]
    pub rate: Vec<f64>,
}

impl Throughput {
    /// Measures all levels and both floors in turns, at each number of clients and each rate.
    pub async fn measure(&self, run: &mut Run) -> Result<(), Failure> {
        run.show("starting servers");
        let bed = Bed::start(&BedOptions::of(run, self.servers)?, &System::LEVELS).await?;
        let measured = self.measure_on(&bed, run).await;
        bed.stop().await;
        measured
    }

    async fn measure_on(&self, bed: &Bed, run: &mut Run) -> Result<(), Failure> {
        let time = Duration::from_secs_f64(self.seconds);
        for clients in &self.clients {
            let place = if *clients == 1 { Place::One } else { Place::Spread };
            self.measure_all(bed, run, all_series(*clients, place, Load::Closed(time))).await?;
        }
        for rate in &self.rate {
            let load = Load::Open(*rate, time);
            self.measure_all(bed, run, all_series(OPEN_CLIENTS, Place::Spread, load)).await?;
        }
        Ok(())
    }

    async fn measure_all(
        &self,
        bed: &Bed,
        run: &mut Run,
        mut series: Vec<Series>,
    ) -> Result<(), Failure> {
        let repetitions = run.common.repetitions.unwrap_or(3);
        series::interleave(run, bed, &mut series, repetitions).await?;
        let mut rows = series::rows("throughput", self.servers, &series);
        rows.iter_mut().for_each(|row| count(row, run.common.seed));
        run.add(rows)
    }
}

/// The charts of this command.
pub fn figures(results: &Results) -> Vec<(&'static str, Figure)> {
    let rows: Vec<&Row> = results.of("throughput").filter(|row| row.mode == Mode::Closed).collect();
    let Some(first) = rows.first() else { return Vec::new() };
    let words = format!(
        "{} server processes, closed loop, {}; the thin lines reach from the median to the 99th percentile.",
        first.servers,
        repetitions(&rows)
    );
    let caption = caption(results, &words);
    let figure = |operation| figure(&rows, operation, &caption);
    vec![("throughput-set", figure(Operation::Set)), ("throughput-get", figure(Operation::Get))]
}

fn figure(rows: &[&Row], operation: Operation, caption: &str) -> Figure {
    let mut clients: Vec<f64> = rows.iter().map(|row| f64::from(row.clients)).collect();
    clients.sort_by(f64::total_cmp);
    clients.dedup();
    let x =
        || Axis::new("clients (log scale)", Scale::Log, Unit::Count).with_ticks(clients.clone());
    let panel = |heading: &str, y: Axis, point: fn(&Row) -> Point| Panel {
        heading: heading.to_string(),
        x: x(),
        y,
        content: Content::Lines(lines(rows, operation, point)),
    };
    Figure {
        title: finding(rows, operation),
        caption: caption.to_string(),
        panels: vec![
            panel(
                &format!("{operation}: throughput"),
                Axis::new("operations per second", Scale::Linear, Unit::Count),
                |row| Point::at(f64::from(row.clients), row.throughput()),
            ),
            panel(
                &format!("{operation}: latency"),
                Axis::new("latency, median (log scale)", Scale::Log, Unit::Micros),
                |row| Point {
                    x: f64::from(row.clients),
                    y: row.p50(),
                    range: row.latency.at(99.0).map(|high| (row.p50().min(high), high)),
                },
            ),
        ],
    }
}

fn lines(
    rows: &[&Row],
    operation: Operation,
    point: fn(&Row) -> Point,
) -> Vec<conlab::plot::Series> {
    let subjects =
        [Subject::Echo, Subject::Chain].into_iter().chain(System::LEVELS.map(Subject::Level));
    let line = |subject: Subject| {
        let mine = rows.iter().filter(|row| row.subject == subject);
        let mine = mine.filter(|row| row.operation == operation || row.floor.is_none());
        conlab::plot::Series {
            name: subject.to_string(),
            points: mine.map(|row| point(row)).collect(),
        }
    };
    subjects.map(line).collect()
}

fn finding(rows: &[&Row], operation: Operation) -> String {
    let most = rows.iter().map(|row| row.clients).max().unwrap_or(1);
    let of = |system| {
        let mine = |row: &&&Row| {
            (row.subject, row.operation, row.clients) == (Subject::Level(system), operation, most)
        };
        rows.iter().find(mine).map_or("?".to_string(), |row| Unit::Count.shown(row.throughput()))
    };
    format!(
        "With {most} clients: {} linearizable {operation}s a second, {} sequential, {} causal, {} eventual",
        of(System::Linearizable),
        of(System::Sequential),
        of(System::Causal),
        of(System::Eventual)
    )
}
