//! The end of a recorded session: when all is quiet, each key is read once more at each server. So the record tells whether the
//! servers came to agree, and `conlab check latest` knows of every model.
//!
//! What the session broke would keep the servers apart for no reason of their own, so links are healed and paused servers go
//! on first. What others broke, on a cluster that the shell only found, stays as it is. A killed server stays away: nobody can read
//! there.

use super::cluster::Cluster;
use crate::cli::console;
use crate::cli::tape::Tape;
use crate::faults::{Fault, Link};
use crate::net::{ClusterInfo, Controller, ServerInfo};
use crate::process::{Key, NodeId, Op, Status};
use futures_util::future::join_all;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// Servers that have not settled by then are not waited for.
const MOST_TO_SETTLE: Duration = Duration::from_secs(4);
/// How often to look whether they have. Twice in a row counts: what was given up may still be on its way at the first look.
const LOOK: Duration = Duration::from_millis(20);
/// All reads end by then: longer than the others take to drop a server that was killed, for which an ordered read waits.
const MOST_TO_READ: Duration = Duration::from_secs(4);
/// A session on more keys gets no last reads: they would take longer than a person waits.
const MOST_KEYS: usize = 500;

/// Reads everything everywhere; says so where that is not possible.
pub async fn read_everything(cluster: &Cluster) {
    let Some(tape) = cluster.tape() else { return };
    let keys = tape.keys();
    if keys.is_empty() {
        return;
    }
    if let Err(reason) = quietly(cluster, tape, &keys).await {
        console::remark(&format!("no last reads for the record, {reason}: eventual is unknown"));
    }
}

async fn quietly(cluster: &Cluster, tape: &Tape, keys: &[Key]) -> Result<(), String> {
    if keys.len() > MOST_KEYS {
        return Err(format!("as the session used more than {MOST_KEYS} keys"));
    }
    if let Some(controller) = cluster.own() {
        mend(controller).await;
    }
    let info = cluster.info().await.map_err(|error| format!("as {error}"))?;
    if let Some(paused) = info.servers.iter().find(|server| server.state == "paused") {
        return Err(format!("as server {} is paused", paused.id.0));
    }
    let running: Vec<&ServerInfo> =
        info.servers.iter().filter(|server| server.state == "running").collect();
    if !settle(cluster, &info, &running).await {
        let seconds = MOST_TO_SETTLE.as_secs();
        return Err(format!("as the servers had not settled after {seconds} s"));
    }
    let reads = running.iter().map(|server| read_all(cluster, &info, server, tape, keys));
    let read = timeout(MOST_TO_READ, join_all(reads)).await;
    read.map(drop).map_err(|_| format!("as they took longer than {} s", MOST_TO_READ.as_secs()))
}

/// What is broken and can be mended. What cannot shows when the servers do not settle.
async fn mend(controller: &Controller) {
    let paused = controller.info().servers.into_iter().filter(|server| server.state == "paused");
    for fault in paused.map(|server| Fault::Resume(server.id)).chain([Fault::Heal(Link::All)]) {
        let _ = controller.fault(fault).await;
    }
}

/// Waits until all that run are equally far, with nothing left to do.
async fn settle(cluster: &Cluster, info: &ClusterInfo, running: &[&ServerInfo]) -> bool {
    let start = Instant::now();
    let servers: Vec<NodeId> = running.iter().map(|server| server.id).collect();
    let mut before = false;
    while start.elapsed() < MOST_TO_SETTLE {
        let asked = running.iter().map(|server| cluster.status(info, server));
        let statuses: Vec<Option<Status>> = join_all(asked).await;
        let settled = Status::are_settled(&servers, &statuses);
        if settled && before {
            return true;
        }
        before = settled;
        sleep(LOOK).await;
    }
    false
}

/// Each key at one server, one after another.
async fn read_all(
    cluster: &Cluster,
    info: &ClusterInfo,
    server: &ServerInfo,
    tape: &Tape,
    keys: &[Key],
) {
    let client = format!("last reads at {}", server.id.0);
    for key in keys {
        let op = Op::Get { key: key.clone(), session: None };
        let call = cluster.call(info, server, &op);
        // Refused or not: the record says it.
        let _ = tape.last_call(&client, &op, server.id, call).await;
    }
}
