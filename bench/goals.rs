//! `goals`: how fast it must be, line by line: each measured beside what it is compared with, and judged.

use super::args::seconds;
use super::bed::{Bed, BedOptions};
use super::block::Load;
use super::judge::{Goal, ratios};
use super::latency::count;
use super::run::Run;
use super::series::{self, Place, Series};
use super::simulate::{Plan, speed};
use super::subject::{Operation, Subject};
use clap::Args;
use conlab::cli::Failure;
use conlab::sim::Settings;
use conlab::stats::median;
use conlab::systems::System;
use std::time::Duration;

/// Many clients.
const MANY: u32 = 64;
/// Requests in a batch.
const BATCH: u32 = 64;
/// Blocks are short and so many times as many as the repetitions: the machine changes its pace within a second.
const OFTEN: u32 = 4;
/// At these numbers of clients the cost of a linearizable SET is measured.
const CLIENTS: [u32; 5] = [1, 4, 16, 64, 256];
/// A cost that grows by no more than this is level: more than this is not noise.
const LEVEL: f64 = 1.1;
/// Operations that need nobody but the server that was asked.
const LOCAL: [(System, Operation); 4] = [
    (System::Eventual, Operation::Set),
    (System::Sequential, Operation::Get),
    (System::Causal, Operation::Get),
    (System::Eventual, Operation::Get),
];

/// How fast it must be: each line measured beside its floor, and judged pass or short
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conlab-bench goals
  conlab-bench goals --repetitions 15 --json")]
pub struct Goals {
    /// Requests in each block, where one client asks; a repetition has four
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub requests: u32,
    /// Seconds of load in each repetition, in four blocks; twice that, in two, for the cost of a SET
    #[arg(long, value_name = "S", default_value_t = 0.5, value_parser = seconds)]
    pub seconds: f64,
}

impl Goals {
    /// Measures and judges all lines.
    pub async fn measure(&self, run: &mut Run) -> Result<(), Failure> {
        let repetitions = run.common.repetitions.unwrap_or(7);
        let levels = [System::Linearizable, System::Sequential, System::Causal, System::Eventual];
        let bed = Bed::start(&BedOptions::of(run, 3)?, &levels).await?;
        let measured = self.on_three(&bed, run, repetitions).await;
        bed.stop().await;
        measured?;
        let bed = Bed::start(&BedOptions::of(run, 10)?, &[System::Linearizable]).await?;
        let measured = self.on_ten(&bed, run, repetitions).await;
        bed.stop().await;
        measured?;
        self.simulator(run, repetitions)
    }

    async fn on_three(&self, bed: &Bed, run: &mut Run, repetitions: u32) -> Result<(), Failure> {
        let single = self.single(bed, run, repetitions, &LOCAL, 3).await?;
        for (one, (system, operation)) in single[2..].iter().zip(LOCAL) {
            let work = format!("{system} {operation}, one client");
            let values = ratios(&one.p50_us, &single[0].p50_us);
            run.results.goals.push(Goal::at_most(&work, "× echo, p50", &values, 1.15, None));
        }
        run.results.goals.push(write_goal(3, &single[single.len() - 1], &single[1]));
        let many = self.many(bed, run, repetitions, &LOCAL, 3).await?;
        for (one, (system, operation)) in many[1..].iter().zip(LOCAL) {
            let work = format!("{system} {operation}, {MANY} clients");
            let values = ratios(&one.per_second, &many[0].per_second);
            run.results.goals.push(Goal::at_least(&work, "× echo, throughput", &values, 0.9, None));
        }
        run.results.goals.extend(load_goals(3, &many, (0.5, 0.65)));
        self.batches(bed, run, repetitions).await?;
        self.cost(bed, run, repetitions).await
    }

    async fn on_ten(&self, bed: &Bed, run: &mut Run, repetitions: u32) -> Result<(), Failure> {
        let single = self.single(bed, run, repetitions, &[], 10).await?;
        run.results.goals.push(write_goal(10, &single[2], &single[1]));
        let many = self.many(bed, run, repetitions, &[], 10).await?;
        run.results.goals.extend(load_goals(10, &many, (0.25, 0.4)));
        run.save()
    }

    /// One client: echo, chain, the local operations, and last the linearizable SET.
    async fn single(
        &self,
        bed: &Bed,
        run: &mut Run,
        repetitions: u32,
        local: &[(System, Operation)],
        servers: u32,
    ) -> Result<Vec<Series>, Failure> {
        let load = Load::Requests(self.requests);
        let floors = [Subject::Echo, Subject::Chain].map(|floor| (floor, Operation::Call));
        let subjects = floors.into_iter().chain(levels(local));
        let series = subjects
            .map(|(subject, operation)| Series::new(subject, operation, 1, Place::One, load));
        measured(run, bed, series.collect(), repetitions * OFTEN, servers, None).await
    }

    /// Many clients: echo, the local operations and the linearizable SET, all at one server; last, the linearizable SET with
    /// the clients at all servers.
    async fn many(
        &self,
        bed: &Bed,
        run: &mut Run,
        repetitions: u32,
        local: &[(System, Operation)],
        servers: u32,
    ) -> Result<Vec<Series>, Failure> {
        let load = self.block();
        let subjects = std::iter::once((Subject::Echo, Operation::Call)).chain(levels(local));
        let placed =
            |(subject, operation), place| Series::new(subject, operation, MANY, place, load);
        let spread = placed((Subject::Level(System::Linearizable), Operation::Set), Place::Spread);
        let series = subjects.map(|what| placed(what, Place::One)).chain([spread]);
        measured(run, bed, series.collect(), repetitions * OFTEN, servers, None).await
    }

    async fn batches(&self, bed: &Bed, run: &mut Run, repetitions: u32) -> Result<(), Failure> {
        let load = self.block();
        let works = [
            (System::Sequential, Operation::Get),
            (System::Eventual, Operation::Set),
            (System::Linearizable, Operation::Set),
        ];
        let both = |(system, operation)| {
            let single = Series::new(Subject::Level(system), operation, 1, Place::One, load);
            [single.clone(), single.batched(BATCH)]
        };
        let series = works.into_iter().flat_map(both).collect();
        let series =
            measured(run, bed, series, repetitions * OFTEN, 3, Some("for the batches")).await?;
        for (pair, (system, operation)) in series.chunks(2).zip(works) {
            let work = format!("{system} {operation}, batches of {BATCH}");
            let values = ratios(&pair[1].per_second, &pair[0].per_second);
            run.results.goals.push(Goal::at_least(
                &work,
                "× unbatched, throughput",
                &values,
                5.0,
                None,
            ));
        }
        Ok(())
    }

    /// The cost of an operation is the time that passes for each: it must not grow with the clients. The worst step is told, the one
    /// whose median is: the worst of each repetition would be that of its noise. Here blocks are whole, for many clients take their
    /// time to begin, and twice as many.
    async fn cost(&self, bed: &Bed, run: &mut Run, repetitions: u32) -> Result<(), Failure> {
        let load = Load::Closed(Duration::from_secs_f64(self.seconds));
        let level = Subject::Level(System::Linearizable);
        let series = |clients| Series::new(level, Operation::Set, clients, Place::Spread, load);
        let series = CLIENTS.map(series).to_vec();
        let series = measured(run, bed, series, repetitions * 2, 3, Some("for the cost")).await?;
        let steps = series.windows(2).map(|pair| ratios(&pair[0].per_second, &pair[1].per_second));
        let typical = |step: &Vec<f64>| median(step).unwrap_or(f64::INFINITY);
        let worst = steps.max_by(|one, other| typical(one).total_cmp(&typical(other)));
        let values = worst.unwrap_or_default();
        let work = "cost of a linearizable SET, 1 to 256 clients";
        run.results.goals.push(Goal::at_most(
            work,
            "× at the step before, worst step",
            &values,
            LEVEL,
            None,
        ));
        Ok(())
    }

    /// One short block of load.
    fn block(&self) -> Load {
        Load::Closed(Duration::from_secs_f64(self.seconds / f64::from(OFTEN)))
    }

    fn simulator(&self, run: &mut Run, repetitions: u32) -> Result<(), Failure> {
        run.show("the simulator");
        let plan = Plan {
            system: System::Linearizable,
            operation: Operation::Set,
            settings: Settings::new(10, run.common.seed),
            faults: Vec::new(),
            clients: 10,
            place: Place::Spread,
            requests: 100,
            pause: Duration::ZERO,
        };
        let time = Duration::from_secs_f64(self.seconds);
        let values: Vec<f64> = (0..repetitions).map(|_| speed(&plan, time)).collect();
        run.results.goals.push(Goal::at_least(
            "simulator, one core",
            "messages delivered per second",
            &values,
            1e6,
            None,
        ));
        run.results.simulator_per_second = values;
        run.save()
    }
}

fn levels(local: &[(System, Operation)]) -> impl Iterator<Item = (Subject, Operation)> {
    let last = (System::Linearizable, Operation::Set);
    local
        .iter()
        .copied()
        .chain([last])
        .map(|(system, operation)| (Subject::Level(system), operation))
}

/// Measures, each with so many blocks. What is measured a second time, otherwise, is told apart by what it is `meant` for.
async fn measured(
    run: &mut Run,
    bed: &Bed,
    mut series: Vec<Series>,
    blocks: u32,
    servers: u32,
    meant: Option<&str>,
) -> Result<Vec<Series>, Failure> {
    series::interleave(run, bed, &mut series, blocks).await?;
    let mut rows = series::rows("goals", servers, &series);
    for (row, one) in rows.iter_mut().zip(&series) {
        count(row, run.common.seed);
        let place = (one.place == Place::Spread).then(|| "at all servers".to_string());
        let words = row.condition.take().into_iter().chain(place).chain(meant.map(str::to_string));
        let words: Vec<String> = words.collect();
        row.condition = (!words.is_empty()).then(|| words.join(", "));
    }
    run.add(rows)?;
    Ok(series)
}

fn write_goal(servers: u32, set: &Series, chain: &Series) -> Goal {
    let work = format!("linearizable SET, one client, N = {servers}");
    Goal::at_most(&work, "× chain, p50", &ratios(&set.p50_us, &chain.p50_us), 1.2, Some(1.1))
}

/// The linearizable SETs of many clients, at one server and at all: the last two of `many`, beside the echo, its first.
fn load_goals(servers: u32, many: &[Series], (limit, stretch): (f64, f64)) -> Vec<Goal> {
    let (echo, sets) = (&many[0], &many[many.len() - 2..]);
    let goal = |(set, place): (&Series, _)| {
        let work = format!("linearizable SET, {MANY} clients at {place}, N = {servers}");
        let values = ratios(&set.per_second, &echo.per_second);
        Goal::at_least(&work, "× echo, throughput", &values, limit, Some(stretch))
    };
    sets.iter().zip(["one", "all"]).map(goal).collect()
}
