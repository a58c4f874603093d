//! `scale`: what one SET costs as servers are added: live as long as processes fit, and far beyond in the simulator.

use super::args::seconds;
use super::bed::{Bed, BedOptions};
use super::block::Load;
use super::latency::count;
use super::output::{caption, repetitions};
use super::results::{Mode, Results, Row};
use super::run::Run;
use super::series::{self, Place, Series};
use super::simulate::{Plan, Simulated, simulate};
use super::subject::{Operation, Subject};
use clap::Args;
use conlab::cli::Failure;
use conlab::plot::{Axis, Content, Figure, Panel, Point, Scale as Growth, Unit};
use conlab::sim::Settings;
use conlab::systems::System;
use std::time::Duration;

/// Many clients.
const MANY: u32 = 64;

/// Cost of a SET against the number of servers: live, and to 1,000 in the simulator
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conlab-bench scale                            1 to 20 servers, and to 1,000 in the simulator
  conlab-bench scale --servers 3,10 --out /tmp/plots")]
pub struct Scale {
    /// Numbers of servers, each a process
    #[arg(long, value_name = "N,…", value_delimiter = ',', default_values_t = [1, 3, 5, 10, 20], value_parser = clap::value_parser!(u32).range(1..=100))]
    pub live: Vec<u32>,
    /// Numbers of simulated servers
    #[arg(long, value_name = "N,…", value_delimiter = ',', default_values_t = [1, 3, 10, 30, 100, 300, 1000], value_parser = clap::value_parser!(u32).range(1..=5000))]
    pub simulated: Vec<u32>,
    /// Requests in each repetition, where one client asks
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub requests: u32,
    /// Seconds of each block of load, where 64 clients ask
    #[arg(long, value_name = "S", default_value_t = 0.3, value_parser = seconds)]
    pub seconds: f64,
}

impl Scale {
    /// Measures live, then simulates.
    pub async fn measure(&self, run: &mut Run) -> Result<(), Failure> {
        for servers in &self.live {
            run.show(&format!("starting {servers} servers of each level"));
            let bed = Bed::start(&BedOptions::of(run, *servers)?, &System::LEVELS).await?;
            let measured = self.on(&bed, run, *servers).await;
            bed.stop().await;
            measured?;
        }
        for servers in &self.simulated {
            run.show(&format!("{servers} simulated servers"));
            let rows = System::LEVELS.map(|system| simulated(system, *servers, run.common.seed));
            run.add(rows.to_vec())?;
        }
        Ok(())
    }

    async fn on(&self, bed: &Bed, run: &mut Run, servers: u32) -> Result<(), Failure> {
        let repetitions = run.common.repetitions.unwrap_or(5);
        let time = Duration::from_secs_f64(self.seconds);
        let loads = [
            (1, Place::One, Load::Requests(self.requests)),
            (MANY, Place::Spread, Load::Closed(time)),
        ];
        for (clients, place, load) in loads {
            let floors = [(Subject::Echo, Operation::Call), (Subject::Chain, Operation::Call)];
            let levels = System::LEVELS.map(|system| (Subject::Level(system), Operation::Set));
            let subjects = floors.into_iter().chain(levels);
            let series = subjects
                .map(|(subject, operation)| Series::new(subject, operation, clients, place, load));
            let mut series: Vec<Series> = series.collect();
            series::interleave(run, bed, &mut series, repetitions).await?;
            let mut rows = series::rows("scale", servers, &series);
            rows.iter_mut().for_each(|row| count(row, run.common.seed));
            run.add(rows)?;
        }
        Ok(())
    }
}

fn simulated(system: System, servers: u32, seed: u64) -> Row {
    let plan = Plan {
        system,
        operation: Operation::Set,
        settings: Settings::new(servers, seed),
        faults: Vec::new(),
        clients: 1,
        place: Place::One,
        requests: 100,
        pause: Duration::ZERO,
    };
    Row::simulated("scale", &plan, &simulate(&plan), None)
}

impl Row {
    /// What a simulated plan gave. Time is virtual: there is no throughput, and no floor.
    pub fn simulated(
        command: &str,
        plan: &Plan,
        simulated: &Simulated,
        condition: Option<String>,
    ) -> Row {
        Row {
            command: command.to_string(),
            subject: Subject::Level(plan.system),
            operation: plan.operation,
            servers: plan.settings.servers,
            clients: plan.clients,
            mode: Mode::Simulated,
            condition: Some(condition.unwrap_or_else(|| "simulated".to_string())),
            latency: simulated.latencies.summary(),
            p50_us: vec![simulated.latencies.percentile_us(50.0)],
            per_second: Vec::new(),
            floor: None,
            latency_ratio: Vec::new(),
            throughput_ratio: Vec::new(),
            messages: Some(simulated.messages),
            bytes: Some(simulated.bytes),
            failed: simulated.failed,
            curve: Vec::new(),
        }
    }
}

/// The charts of this command.
pub fn figures(results: &Results) -> Vec<(&'static str, Figure)> {
    let rows: Vec<&Row> = results.of("scale").collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let live = |clients| move |row: &Row| row.mode == Mode::Closed && row.clients == clients;
    let panel = |heading: &str, y: Axis, shown: &dyn Fn(&Row) -> bool, value: fn(&Row) -> f64| {
        let mut ticks: Vec<f64> =
            rows.iter().filter(|row| shown(row)).map(|row| f64::from(row.servers)).collect();
        ticks.sort_by(f64::total_cmp);
        ticks.dedup();
        Panel {
            heading: heading.to_string(),
            x: Axis::new("servers (log scale)", Growth::Log, Unit::Count).with_ticks(ticks),
            y,
            content: Content::Lines(lines(&rows, shown, value)),
        }
    };
    let time = |title| Axis::new(title, Growth::Log, Unit::Micros);
    let panels = vec![
        panel("One client, live", time("median latency (log scale)"), &live(1), Row::p50),
        panel("64 clients, live", time("time per operation (log scale)"), &live(MANY), |row| {
            1e6 / row.throughput().max(1e-9)
        }),
        panel(
            "One client, simulated",
            Axis::new("messages per operation (log scale)", Growth::Log, Unit::Count),
            &|row| {
                row.mode == Mode::Simulated && row.messages.is_some_and(|messages| messages > 0.0)
            },
            |row| row.messages.unwrap_or_default(),
        ),
    ];
    let words = format!(
        "SET; a process for each server, clients on the same machine, {}.",
        repetitions(&rows)
    );
    let caption = caption(results, &words);
    vec![("scale", Figure { title: finding(&rows), caption, panels })]
}

fn lines(
    rows: &[&Row],
    shown: &dyn Fn(&Row) -> bool,
    value: fn(&Row) -> f64,
) -> Vec<conlab::plot::Series> {
    let subjects =
        [Subject::Echo, Subject::Chain].into_iter().chain(System::LEVELS.map(Subject::Level));
    let line = |subject: Subject| {
        let mine = rows.iter().filter(|row| row.subject == subject && shown(row));
        let points = mine.map(|row| Point::at(f64::from(row.servers), value(row)));
        conlab::plot::Series { name: subject.to_string(), points: points.collect() }
    };
    subjects.map(line).filter(|line| !line.points.is_empty()).collect()
}

fn finding(rows: &[&Row]) -> String {
    let level = Subject::Level(System::Linearizable);
    let mine = |row: &&&Row| row.subject == level && row.mode == Mode::Closed && row.clients == 1;
    let live: Vec<&&Row> = rows.iter().filter(mine).collect();
    match (live.first(), live.last()) {
        (Some(few), Some(many)) if few.servers < many.servers => format!(
            "From {} to {} servers a linearizable SET of one client grows from {} to {}",
            few.servers,
            many.servers,
            Unit::Micros.shown(few.p50()),
            Unit::Micros.shown(many.p50())
        ),
        _ => "What a SET costs as servers are added".to_string(),
    }
}
