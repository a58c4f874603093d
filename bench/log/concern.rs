//! What an append costs for each write concern: one client and many, all at the master, beside both floors.

use super::Log;
use crate::bed::{Bed, BedOptions};
use crate::block::Load;
use crate::judge::{Goal, ratios};
use crate::latency::count;
use crate::run::Run;
use crate::series::{self, Place, Series};
use crate::subject::{LOGS, Operation, Subject};
use conlab::cli::Failure;
use std::time::Duration;

/// Many clients.
pub const MANY: u32 = 64;
/// The goals are those of a cluster of so many.
const SERVERS: u32 = 3;
/// The goals, by place in [`LOGS`]: the write concern, the share of an echo's throughput, and what would be better still.
const GOALS: [(u32, f64, Option<f64>); 2] = [(3, 0.5, Some(0.65)), (2, 0.3, None)];

/// Measures both logs in turns with both floors.
pub async fn measure(log: &Log, run: &mut Run) -> Result<(), Failure> {
    run.show("starting servers");
    let folder = run.scratch("log-data")?;
    let data = Some(folder.path().to_path_buf());
    let options = BedOptions { data, ..BedOptions::of(run, log.servers)? };
    let bed = Bed::with(&options, &LOGS).await?;
    let measured = on(&bed, log, run).await;
    bed.stop().await;
    measured
}

async fn on(bed: &Bed, log: &Log, run: &mut Run) -> Result<(), Failure> {
    let repetitions = run.common.repetitions.unwrap_or(7);
    let time = Duration::from_secs_f64(log.seconds);
    for (clients, load) in [(1, Load::Requests(log.requests)), (MANY, Load::Closed(time))] {
        let mut series = all_series(log.servers, clients, load);
        series::interleave(run, bed, &mut series, repetitions).await?;
        let mut rows = series::rows("log", log.servers, &series);
        rows.iter_mut().for_each(|row| count(row, run.common.seed));
        if clients == MANY && log.servers == SERVERS {
            run.results.goals.extend(goals(&series));
        }
        run.add(rows)?;
    }
    Ok(())
}

/// Both floors, and appends to both logs with each write concern.
fn all_series(servers: u32, clients: u32, load: Load) -> Vec<Series> {
    let floors = [(Subject::Echo, Operation::Call), (Subject::Chain, Operation::Call)];
    let appends = LOGS
        .into_iter()
        .flat_map(|subject| (1..=servers).map(move |w| (subject, Operation::Append(w))));
    let series =
        |(subject, operation)| Series::new(subject, operation, clients, Place::MASTER, load);
    floors.into_iter().chain(appends).map(series).collect()
}

fn goals(series: &[Series]) -> Vec<Goal> {
    let find = |subject, operation| {
        series.iter().find(|one| (one.subject, one.operation) == (subject, operation))
    };
    let goal = |(subject, (w, limit, stretch)): (Subject, (u32, f64, Option<f64>))| {
        let (echo, append) =
            (find(Subject::Echo, Operation::Call)?, find(subject, Operation::Append(w))?);
        let work = format!("{subject}: append w={w}, {MANY} clients, N = {SERVERS}");
        let values = ratios(&append.per_second, &echo.per_second);
        Some(Goal::at_least(&work, "× echo, throughput", &values, limit, stretch))
    };
    LOGS.into_iter().zip(GOALS).filter_map(goal).collect()
}
