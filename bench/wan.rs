//! `wan`: a server in each of five regions, a client beside each. In the simulator to the microsecond, and live with
//! delayed links for a short check that the two agree.

use super::bed::{Bed, BedOptions};
use super::block::{self, Load};
use super::output::caption;
use super::regions::Regions;
use super::results::{Mode, Results, Row};
use super::run::Run;
use super::series::{Place, Series};
use super::simulate::{Plan, simulate};
use super::subject::{Operation, Subject};
use clap::Args;
use conlab::cli::Failure;
use conlab::plot::{Axis, BarSeries, Content, Figure, Panel, Scale, Unit};
use conlab::process::Timing;
use conlab::sim::Settings;
use conlab::systems::System;
use futures_util::future::join_all;
use std::time::Duration;

/// What clients ask for.
const OPERATIONS: [Operation; 2] = [Operation::Set, Operation::Get];
/// A client waits so long after an answer: its next request finds the lock free, as that of a person does.
const PAUSE: Duration = Duration::from_millis(400);
/// Live and simulated agree within this: each live hop waits for a timer that is exact to a millisecond.
const AGREE_MS: f64 = 12.0;

/// Latency at each level and region under the published delays of five regions
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conlab-bench wan                              in virtual time, and a short check on real servers
  conlab-bench wan --requests 1000 --seed 7")]
pub struct Wan {
    /// Requests of each client in the simulator
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub requests: u32,
    /// Requests of each client for the live check; 0 leaves it out
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub live_requests: u32,
}

impl Wan {
    /// Simulates, then checks live.
    pub async fn measure(&self, run: &mut Run) -> Result<(), Failure> {
        let regions = Regions::published()?;
        let mut rows = Vec::new();
        for system in System::LEVELS {
            for operation in OPERATIONS {
                for (at, region) in (0..).zip(&regions.names) {
                    run.show(&format!("{system} {operation} in {region}, simulated"));
                    let plan = self.plan(&regions, system, operation, at, run.common.seed);
                    rows.push(Row::simulated("wan", &plan, &simulate(&plan), Some(region.clone())));
                }
            }
        }
        run.add(rows)?;
        if self.live_requests > 0 { self.check(run, &regions).await } else { Ok(()) }
    }

    fn plan(
        &self,
        regions: &Regions,
        system: System,
        operation: Operation,
        at: u32,
        seed: u64,
    ) -> Plan {
        let slowest = regions.links().into_iter().map(|(_, delay)| delay).max().unwrap_or_default();
        let timing = Timing::for_links(slowest, Duration::from_secs(10));
        Plan {
            system,
            operation,
            settings: Settings { timing, ..Settings::new(regions.servers(), seed) },
            faults: regions.faults(),
            clients: 1,
            place: Place::At(at),
            requests: self.requests,
            pause: PAUSE,
        }
    }

    /// The same on real servers with delayed links, all levels at once and one region after the other.
    async fn check(&self, run: &mut Run, regions: &Regions) -> Result<(), Failure> {
        run.show("SET and GET in each region, live");
        let delays = regions.links();
        let options = BedOptions { delays, ..BedOptions::of(run, regions.servers())? };
        let bed = Bed::start(&options, &System::LEVELS).await?;
        let measured =
            join_all(System::LEVELS.map(|system| self.level(&bed, regions, system))).await;
        bed.stop().await;
        for rows in measured {
            let rows = rows?;
            rows.iter().for_each(|row| compare(run, row));
            run.add(rows)?;
        }
        Ok(())
    }

    async fn level(
        &self,
        bed: &Bed,
        regions: &Regions,
        system: System,
    ) -> Result<Vec<Row>, Failure> {
        let mut rows = Vec::new();
        for operation in OPERATIONS {
            for (at, region) in (0..).zip(&regions.names) {
                let series = self.series(bed, system, operation, at).await?;
                let row = Row::of("wan", regions.servers(), &series, None);
                rows.push(Row { condition: Some(region.clone()), ..row });
            }
        }
        Ok(rows)
    }

    /// One client at the server number `at`, counted from 0.
    async fn series(
        &self,
        bed: &Bed,
        system: System,
        operation: Operation,
        at: u32,
    ) -> Result<Series, Failure> {
        let (subject, place) = (Subject::Level(system), Place::At(at));
        let load = Load::Requests(self.live_requests);
        let mut series = Series::new(subject, operation, 1, place, load);
        let mut callers = vec![bed.caller(subject, operation, place, at).await?];
        for _ in 0..self.live_requests {
            let (block, back) = block::run(callers, Load::Requests(1)).await;
            callers = back;
            series.latencies.merge(&block.latencies);
            series.failed += block.failed;
            tokio::time::sleep(PAUSE).await;
        }
        series.p50_us.push(series.latencies.percentile_us(50.0));
        Ok(series)
    }
}

/// Warns where a live row does not agree with the simulated one.
fn compare(run: &mut Run, live: &Row) {
    let same = |row: &&Row| {
        row.mode == Mode::Simulated
            && (row.subject, row.operation, &row.condition)
                == (live.subject, live.operation, &live.condition)
    };
    let Some(simulated) = run.results.of("wan").find(same).map(Row::p50) else { return };
    let apart_ms = (live.p50() - simulated).abs() / 1e3;
    if apart_ms > AGREE_MS || live.failed > 0 {
        run.warn(format!(
            "{}: live {} and simulated {} do not agree; the machine was busy, or give it more --live-requests",
            live.name(),
            Unit::Micros.shown(live.p50()),
            Unit::Micros.shown(simulated)
        ));
    }
}

/// The charts of this command.
pub fn figures(results: &Results) -> Vec<(&'static str, Figure)> {
    let rows: Vec<&Row> = results.of("wan").filter(|row| row.mode == Mode::Simulated).collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let mut regions: Vec<String> = Vec::new();
    for region in rows.iter().filter_map(|row| row.condition.clone()) {
        if !regions.contains(&region) {
            regions.push(region);
        }
    }
    let panel = |operation| Panel {
        heading: format!("{operation}, one client at the server of its region"),
        x: Axis::new("client's region; the primary is in virginia", Scale::Linear, Unit::Count),
        y: Axis::new("median latency", Scale::Linear, Unit::Micros),
        content: Content::Bars(regions.clone(), bars(&rows, &regions, operation)),
    };
    let words = format!(
        "Simulated, virtual time, 400 ms between requests; round trips as published, see bench/regions.csv.{}",
        agreement(results)
    );
    let title = finding(&rows);
    let panels = vec![panel(Operation::Set), panel(Operation::Get)];
    vec![("wan", Figure { title, caption: caption(results, &words), panels })]
}

fn bars(rows: &[&Row], regions: &[String], operation: Operation) -> Vec<BarSeries> {
    let value = |system, region: &String| {
        let mine = |row: &&&Row| {
            (row.subject, row.operation, row.condition.as_ref())
                == (Subject::Level(system), operation, Some(region))
        };
        // A local answer takes no virtual time; the histogram's least value is a nanosecond.
        rows.iter().find(mine).map(|row| row.p50().round())
    };
    let level = |system: System| BarSeries {
        name: system.name().to_string(),
        values: regions.iter().map(|region| value(system, region)).collect(),
    };
    System::LEVELS.map(level).to_vec()
}

fn agreement(results: &Results) -> String {
    let live = results.of("wan").filter(|row| row.mode == Mode::Closed);
    let apart = live.filter_map(|live| {
        let same = |row: &&Row| {
            row.mode == Mode::Simulated
                && (row.subject, row.operation, &row.condition)
                    == (live.subject, live.operation, &live.condition)
        };
        Some((live.p50() - results.of("wan").find(same)?.p50()).abs())
    });
    let worst = apart.fold(None, |worst: Option<f64>, apart| {
        Some(worst.map_or(apart, |worst| worst.max(apart)))
    });
    worst.map_or(String::new(), |worst| {
        format!(" Live servers with delayed links agree within {}.", Unit::Micros.shown(worst))
    })
}

fn finding(rows: &[&Row]) -> String {
    let worst = |system, operation| {
        let mine = rows
            .iter()
            .filter(|row| (row.subject, row.operation) == (Subject::Level(system), operation));
        mine.map(|row| row.p50().round()).fold(0.0, f64::max)
    };
    format!(
        "Across five regions a linearizable GET takes up to {}, a sequential one none; a causal SET up to {}, an eventual one none",
        Unit::Micros.shown(worst(System::Linearizable, Operation::Get)),
        Unit::Micros.shown(worst(System::Causal, Operation::Set)),
    )
}
