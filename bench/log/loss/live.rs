//! Kills of server processes.

use super::{CLIENTS, Losses, MASTER, slow_links, survivor, victims};
use crate::bed::{Bed, BedOptions};
use crate::caller::PATIENCE;
use crate::client::StoreClient;
use crate::log::Log;
use crate::run::Run;
use crate::subject::{LOGS, Subject};
use conlab::cli::Failure;
use conlab::faults::Fault;
use conlab::process::{Concern, Key, Logged, NodeId, Op, Outcome};
use conlab::random::Random;
use futures_util::future::try_join_all;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// So many appends are acknowledged before each kill, and the clients append for at least so long: the slowest link takes less.
const ENOUGH: usize = 200;
const LOAD: Duration = Duration::from_millis(150);
/// Between two looks whether they are, or whether the master is back.
const LOOK: Duration = Duration::from_millis(1);
/// The cluster is back by then.
const BACK: Duration = Duration::from_secs(30);

/// What was acknowledged: the places and the ids.
type Acknowledged = Arc<Mutex<Vec<(u64, Key)>>>;

/// Kills, for each write concern and both logs.
pub async fn measure(log: &Log, run: &mut Run) -> Result<(), Failure> {
    let folder = run.scratch("log-kills")?;
    let options = BedOptions {
        delays: slow_links(log.servers),
        tolerate: Some(log.servers - 1),
        data: Some(folder.path().to_path_buf()),
        ..BedOptions::of(run, log.servers)?
    };
    let bed = Bed::with(&options, &LOGS).await?;
    let measured = on(&bed, log, run).await;
    bed.stop().await;
    measured
}

async fn on(bed: &Bed, log: &Log, run: &mut Run) -> Result<(), Failure> {
    let mut random = Random::new(run.common.seed).fork(7);
    for subject in LOGS {
        for w in 1..=log.servers {
            run.show(&format!("kills, {subject}, w={w}, live"));
            let mut losses = Losses::none(subject, "live", log.servers, w);
            for _ in 0..log.kills {
                let survivor = survivor(&mut random, log.servers);
                trial(bed, survivor, &mut losses).await?;
            }
            run.results.losses.push(losses);
            run.save()?;
        }
    }
    Ok(())
}

async fn trial(bed: &Bed, survivor: NodeId, losses: &mut Losses) -> Result<(), Failure> {
    let (subject, servers) = (losses.subject, losses.servers);
    // Each has what the last trial left: only what is appended from here on can be lost.
    bed.quiet(subject).await;
    let first = read(bed, subject, u64::MAX).await?.1 + 1;
    let acknowledged = append_until_killed(bed, survivor, losses).await?;
    let all = victims(survivor, servers).map(|id| bed.fault(subject, Fault::Restart(id)));
    try_join_all(all).await?;
    let (log, _) = read(bed, subject, first).await?;
    losses.add(&acknowledged, first, &log);
    Ok(())
}

/// Clients append; when enough is acknowledged, all servers but one are killed.
async fn append_until_killed(
    bed: &Bed,
    survivor: NodeId,
    losses: &Losses,
) -> Result<Vec<(u64, Key)>, Failure> {
    let acknowledged = Acknowledged::default();
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let client = bed.client(losses.subject, MASTER).await?;
        clients.spawn(append(client, losses.w, acknowledged.clone()));
    }
    let start = Instant::now();
    while (count(&acknowledged) < ENOUGH || start.elapsed() < LOAD) && !clients.is_empty() {
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            _ = clients.join_next() => {}
        }
    }
    let all =
        victims(survivor, losses.servers).map(|id| bed.fault(losses.subject, Fault::Kill(id)));
    try_join_all(all).await?;
    // What was answered before the master died is read to its end.
    while clients.join_next().await.is_some() {}
    let acknowledged = acknowledged.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(acknowledged.clone())
}

/// One client appends until it is answered with an error: the master is dead.
async fn append(client: StoreClient, w: u32, acknowledged: Acknowledged) {
    let w = Concern::Count(w);
    let op = Op::Append { message: "m".into(), id: None, w, timeout: Some(PATIENCE) };
    while let Ok(outcome) = client.call(&op).await {
        if let Outcome::Appended { seq, id, .. } = outcome {
            acknowledged.lock().unwrap_or_else(PoisonError::into_inner).push((seq, id));
        }
    }
}

fn count(acknowledged: &Acknowledged) -> usize {
    acknowledged.lock().unwrap_or_else(PoisonError::into_inner).len()
}

/// The master's log from this place on, and where it ends, once it has its memory back.
async fn read(bed: &Bed, subject: Subject, from: u64) -> Result<(Vec<Logged>, u64), Failure> {
    let end = Instant::now() + BACK;
    loop {
        let client = bed.client(subject, MASTER).await?;
        match client.call(&Op::Messages { from, limit: None }).await {
            Ok(Outcome::Messages { messages, head }) => return Ok((messages, head)),
            Err(failure) if Instant::now() > end => {
                return Err(Failure::unavailable(format!(
                    "{subject} does not come back: {failure}"
                )));
            }
            _ => tokio::time::sleep(LOOK).await,
        }
    }
}
