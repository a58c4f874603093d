//! A trial on real servers: the same load and faults, in real time.

use super::plan::Plan;
use super::run::{Done, Ground, run};
use crate::faults::{Fault, Link};
use crate::history::Recorder;
use crate::net::{ClusterOptions, Controller, LogOptions, NetError};
use crate::process::{NodeId, Op, Status};
use crate::scenario::{Answered, Live, Stage};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::task;

/// Runs a plan on server processes of its own, on free ports. What the clients see goes to `recorder`, and what the servers
/// log, and whose it is, to the sink beside the options. A log that is kept on disk is kept in `data`. Once `stopped` is true the load ends. No server outlives the run.
///
/// # Errors
/// If the cluster cannot start.
pub async fn run_live(
    plan: Plan,
    data: Option<PathBuf>,
    (log, keep): (LogOptions, impl Fn(NodeId, &str) + Send + Sync + 'static),
    recorder: Arc<Recorder>,
    stopped: Arc<AtomicBool>,
) -> Result<Done, NetError> {
    let cluster = plan.cluster();
    let options = ClusterOptions {
        servers: cluster.servers,
        timing: plan.timing(),
        link_delays: vec![(Link::All, cluster.link)],
        link_jitter: cluster.jitter,
        data,
        log,
        ..ClusterOptions::new(cluster.system)
    };
    let controller = Arc::new(Controller::start_telling(options, keep).await?);
    let live = Live::on(controller.clone(), cluster.timeout, Box::new(|_| {})).await;
    let mut ground = OnServers { live, stopped };
    let played = task::spawn_blocking(move || run(&plan, &mut ground, &recorder));
    let played = played.await;
    if let Some(controller) = Arc::into_inner(controller) {
        controller.stop().await;
    }
    match played {
        Ok(done) => Ok(done),
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// Real servers, and somebody who may end the run early.
struct OnServers {
    live: Live,
    stopped: Arc<AtomicBool>,
}

impl Stage for OnServers {
    fn now(&self) -> Duration {
        self.live.now()
    }

    fn request(&mut self, client: &str, at: NodeId, op: Op) -> u64 {
        self.live.request(client, at, op)
    }

    fn fault(&mut self, fault: Fault) -> Result<(), String> {
        self.live.fault(fault)
    }

    fn next_answer(&mut self, until: Option<Duration>) -> Option<Answered> {
        self.live.next_answer(until)
    }
}

impl Ground for OnServers {
    fn statuses(&mut self) -> Vec<Option<Status>> {
        self.live.statuses()
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }
}
