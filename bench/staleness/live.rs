//! Trials on server processes.

use super::simulated::session_of;
use super::{AFTER_US, BURST, SERVERS, Seen, WRITER, elsewhere, told};
use crate::bed::{Bed, BedOptions};
use crate::block::wait_until;
use crate::client::StoreClient;
use crate::run::Run;
use crate::subject::Subject;
use conlab::cli::Failure;
use conlab::faults::Link;
use conlab::net::Failure as CallFailure;
use conlab::process::{NodeId, Op, Outcome};
use conlab::random::Random;
use conlab::stats::Latencies;
use conlab::systems::System;
use std::time::{Duration, Instant};

/// Messages of one trial have arrived by then.
const OVER: Duration = Duration::from_millis(3);
/// Servers of the cluster with the slow link, and that link's delay.
const FEW: u32 = 3;
const SLOW: Duration = Duration::from_millis(20);
/// A GET that takes longer than this has waited: one that finds all takes a fraction of it.
const WAITED: Duration = Duration::from_millis(5);

/// Visibility at every level; then waiting, with one slow link.
pub async fn measure(run: &mut Run, reads: u32) -> Result<(), Failure> {
    let bed = Bed::start(&BedOptions::of(run, SERVERS)?, &System::LEVELS).await?;
    let measured = visibility(run, &bed, reads).await;
    bed.stop().await;
    measured?;
    let delays = vec![(Link::OneWay(NodeId(1), NodeId(3)), SLOW)];
    let options = BedOptions { delays, ..BedOptions::of(run, FEW)? };
    let bed = Bed::start(&options, &[System::Causal]).await?;
    let measured = waiting(run, &bed, reads).await;
    bed.stop().await;
    measured
}

async fn visibility(run: &mut Run, bed: &Bed, reads: u32) -> Result<(), Failure> {
    for system in System::LEVELS {
        run.show(&format!("{system}, live"));
        let clients = clients(bed, system).await?;
        let mut random = Random::new(run.common.seed).fork(3);
        let mut last = 0;
        for after_us in AFTER_US {
            let mut seen = Seen::default();
            for _ in 0..reads {
                let after = Duration::from_micros(after_us);
                let reader = elsewhere(&mut random, SERVERS);
                last = trial(&clients, reader, last, after, &mut seen).await.map_err(failed)?;
            }
            run.results.visibility.push(seen.told(system, "live", after_us));
        }
        run.save()?;
    }
    Ok(())
}

async fn trial(
    clients: &[StoreClient],
    reader: NodeId,
    before: u64,
    after: Duration,
    seen: &mut Seen,
) -> Result<u64, CallFailure> {
    let last = before + BURST;
    for number in before + 1..=last {
        let value = number.to_string().into();
        at(clients, WRITER).call(&Op::Set { key: "x".into(), value, session: None }).await?;
    }
    wait_until(Instant::now() + after).await;
    let get = Op::Get { key: "x".into(), session: None };
    seen.read(last, &at(clients, reader).call(&get).await?);
    tokio::time::sleep(OVER).await;
    Ok(last)
}

async fn waiting(run: &mut Run, bed: &Bed, reads: u32) -> Result<(), Failure> {
    run.show("causal reads that wait, live");
    let clients = clients(bed, System::Causal).await?;
    let mut random = Random::new(run.common.seed).fork(4);
    let mut waits = Latencies::default();
    for _ in 0..reads {
        let set = Op::Set { key: "x".into(), value: "7".into(), session: None };
        let answer: Outcome = at(&clients, WRITER).call(&set).await.map_err(failed)?;
        let get = Op::Get { key: "x".into(), session: session_of(answer) };
        let asked = Instant::now();
        at(&clients, elsewhere(&mut random, FEW)).call(&get).await.map_err(failed)?;
        if asked.elapsed() > WAITED {
            waits.record(asked.elapsed());
        }
        // The next write finds the lock free.
        tokio::time::sleep(SLOW + OVER).await;
    }
    run.results.waiting.push(told("live", FEW, u64::from(reads), &waits));
    run.save()
}

async fn clients(bed: &Bed, system: System) -> Result<Vec<StoreClient>, Failure> {
    let servers = bed.addresses(Subject::Level(system)).len() as u32;
    let mut clients = Vec::new();
    for server in 1..=servers {
        clients.push(bed.client(Subject::Level(system), NodeId(server)).await?);
    }
    Ok(clients)
}

fn at(clients: &[StoreClient], server: NodeId) -> &StoreClient {
    &clients[server.0 as usize - 1]
}

fn failed(failure: CallFailure) -> Failure {
    Failure::unavailable(failure.to_string())
}
