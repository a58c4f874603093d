//! Catching up: a server that has lost its memory is started again while clients go on appending.

use super::Log;
use super::concern::MANY;
use crate::bed::{Bed, BedOptions};
use crate::block::{self, Load};
use crate::caller::Caller;
use crate::judge::{Goal, ratios};
use crate::run::Run;
use crate::series::Place;
use crate::subject::{LOGS, Operation, Subject};
use conlab::cli::Failure;
use conlab::faults::Fault;
use conlab::net::Client;
use conlab::process::{NodeId, Value};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The log that is measured: the one in memory, for only it forgets everything.
const LOG: Subject = LOGS[0];
/// The length of each message, in bytes.
const BYTES: usize = 100;
/// So many clients fill the log beforehand, each with batches of at most so many messages.
const FILLERS: u32 = 4;
const MOST_BATCH: u32 = 500;
/// Clients append in slices of this length until the server has caught up.
const SLICE: Duration = Duration::from_millis(100);
/// Between two looks at how far it is.
const LOOK: Duration = Duration::from_millis(5);
/// A server that has not caught up by then will not.
const MOST: Duration = Duration::from_secs(120);
/// It is repeated no more often than this: each time takes seconds.
const MOST_REPETITIONS: u32 = 3;
/// The goals: caught up within so many seconds, appends at this share of their pace.
const SECONDS: f64 = 10.0;
const SHARE: f64 = 0.5;

/// How fast a server caught up that had nothing, and what became of appends meanwhile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CatchingUp {
    /// How many servers there were.
    pub servers: u32,
    /// How many messages it lacked, at least.
    pub messages: u64,
    /// The length of each, in bytes.
    pub bytes: u64,
    /// The write concern of the appends.
    pub w: u32,
    /// How long it took in each repetition, from the order to start it, in seconds.
    pub seconds: Vec<f64>,
    /// Appends a second of many clients, just before.
    pub before: Vec<f64>,
    /// Appends a second of the same clients, meanwhile.
    pub during: Vec<f64>,
}

/// Fills a log, and lets its last server catch up.
pub async fn measure(log: &Log, run: &mut Run) -> Result<(), Failure> {
    run.show("filling a log");
    let bed = Bed::with(&BedOptions::of(run, log.servers)?, &[LOG]).await?;
    let measured = on(&bed, log, run).await;
    bed.stop().await;
    let measured = measured?;
    let work = format!("catching up {} messages of {BYTES} bytes", measured.messages);
    let shares = ratios(&measured.during, &measured.before);
    run.results.goals.extend([
        Goal::at_most(&work, "seconds", &measured.seconds, SECONDS, None),
        Goal::at_least(&format!("{work}: appends meanwhile"), "× before", &shares, SHARE, None),
    ]);
    run.results.catching_up.push(measured);
    run.save()
}

async fn on(bed: &Bed, log: &Log, run: &mut Run) -> Result<CatchingUp, Failure> {
    let last = NodeId(log.servers);
    // The server that catches up is not there at first.
    let w = (log.servers / 2 + 1).min(log.servers - 1);
    bed.fault(LOG, Fault::Kill(last)).await?;
    fill(bed, log.behind).await?;
    let messages = head(bed, NodeId(1)).await?;
    let mut callers = Vec::new();
    for number in 0..MANY {
        let caller = bed.caller(LOG, Operation::Append(w), Place::MASTER, number).await?;
        callers.push(caller.saying(text()));
    }
    let (seconds, before, during) = (Vec::new(), Vec::new(), Vec::new());
    let (servers, bytes) = (log.servers, BYTES as u64);
    let mut told = CatchingUp { servers, messages, bytes, w, seconds, before, during };
    let time = Duration::from_secs_f64(log.seconds) * 2;
    for _ in 0..run.common.repetitions.unwrap_or(3).min(MOST_REPETITIONS) {
        run.show("catching up");
        let (block, back) = block::run(callers, Load::Closed(time)).await;
        told.before.push(block.per_second());
        let (seconds, during, back) = meanwhile(bed, last, back).await?;
        told.seconds.push(seconds);
        told.during.push(during);
        callers = back;
        bed.fault(LOG, Fault::Kill(last)).await?;
    }
    Ok(told)
}

/// Starts the server and lets the clients append until it has caught up: how long that takes, and how many appends a second.
async fn meanwhile(
    bed: &Bed,
    id: NodeId,
    mut callers: Vec<Caller>,
) -> Result<(f64, f64, Vec<Caller>), Failure> {
    let done = AtomicBool::new(false);
    let caught_up = async {
        let seconds = catch_up(bed, id).await;
        done.store(true, Ordering::Relaxed);
        seconds
    };
    let appends = async {
        let (mut operations, mut time) = (0, 0.0);
        while !done.load(Ordering::Relaxed) {
            let (block, back) = block::run(callers, Load::Closed(SLICE)).await;
            (operations, time) = (operations + block.operations, time + block.seconds);
            callers = back;
        }
        (operations as f64 / f64::max(time, 1e-9), callers)
    };
    let (seconds, (during, callers)) = tokio::join!(caught_up, appends);
    Ok((seconds?, during, callers))
}

/// Starts a server, and waits until it has all that there is now; how long that takes, in seconds.
async fn catch_up(bed: &Bed, id: NodeId) -> Result<f64, Failure> {
    let (wanted, start) = (head(bed, NodeId(1)).await?, Instant::now());
    bed.fault(LOG, Fault::Restart(id)).await?;
    let client = Client::connect(server(bed, id)?).await?;
    while client.status().await?.status.version < wanted {
        if start.elapsed() > MOST {
            let text = format!("server {} has not caught up in {} s", id.0, MOST.as_secs());
            return Err(Failure::unavailable(text));
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(start.elapsed().as_secs_f64())
}

/// Appends so many messages, in batches.
async fn fill(bed: &Bed, messages: u32) -> Result<(), Failure> {
    let batch = (messages / FILLERS).clamp(1, MOST_BATCH);
    let mut callers = Vec::new();
    for number in 0..FILLERS {
        let caller = bed.caller(LOG, Operation::Append(1), Place::MASTER, number).await?;
        callers.push(caller.saying(text()).batching(batch).await?);
    }
    let load = Load::Requests(messages.div_ceil(FILLERS * batch));
    let (block, _) = block::run(callers, load).await;
    match block.failure {
        Some(failure) => Err(Failure::unavailable(format!("the log cannot be filled: {failure}"))),
        None => Ok(()),
    }
}

async fn head(bed: &Bed, id: NodeId) -> Result<u64, Failure> {
    Ok(Client::connect(server(bed, id)?).await?.status().await?.status.version)
}

fn server(bed: &Bed, id: NodeId) -> Result<&str, Failure> {
    let address = bed.addresses(LOG).get(id.0 as usize - 1);
    address.map(String::as_str).ok_or_else(|| Failure::internal("a server is missing".to_string()))
}

fn text() -> Value {
    "m".repeat(BYTES).into()
}
