//! Real servers as a stage: the same scenario in real time, over JSON-RPC.
//!
//! What a request takes is what its client measures, so `within` does not count here: the machine may be busy.

use super::{
    Answered, Played, Record, Report, Scenario, ScenarioError, Stage, What, judge, load, play,
    report,
};
use crate::faults::{Fault, Link};
use crate::net::{ClusterOptions, Connections, Controller, LogOptions, NetError};
use crate::process::{NodeId, Op, Outcome, Status};
use futures_util::future::join_all;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;
use thiserror::Error;
use tokio::runtime::Handle;
use tokio::task;
use tokio::time::{Instant, timeout};

/// Why a scenario could not be played on real servers.
#[derive(Debug, Error)]
pub enum LiveError {
    /// The scenario is wrong.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// The cluster could not be started.
    #[error(transparent)]
    Cluster(#[from] NetError),
}

/// Is told of each request as it starts and as it ends.
pub type Listener = Box<dyn FnMut(&str) + Send>;

/// Plays a scenario file on server processes of its own, on free ports. Its recording and `within` are ignored.
///
/// # Errors
/// If the file cannot be read, a line is wrong, the cluster cannot start, or a fault makes no sense.
pub async fn run_live(
    path: &Path,
    log: LogOptions,
    tell: Listener,
    record: Option<Record>,
) -> Result<Report, LiveError> {
    let mut scenario = load(path)?;
    scenario.recording = None; // of virtual time
    can_be_live(&scenario)?;
    let scenario = Arc::new(scenario);
    let disk = scenario.cluster.replication.durable.then(Scratch::new).transpose()?;
    let data = disk.as_ref().map(|disk| disk.0.clone());
    let options = ClusterOptions { data, ..options(&scenario, log) };
    let controller = Arc::new(Controller::start(options).await?);
    let played = play_live(scenario.clone(), controller.clone(), tell, record).await;
    if let Some(controller) = Arc::into_inner(controller) {
        controller.stop().await;
    }
    Ok(report(&scenario, &played?))
}

/// Whether real servers can have all that breaks in a scenario.
fn can_be_live(scenario: &Scenario) -> Result<(), ScenarioError> {
    let path = scenario.path.clone();
    if let Some(defect) = scenario.cluster.defect {
        return Err(ScenarioError::DefectLive { path, defect });
    }
    let only_simulated = scenario.lines.iter().find_map(|line| match line.what {
        What::Fault(fault) => Some((line.number, fault, fault.only_simulated()?)),
        _ => None,
    });
    match only_simulated {
        Some((line, fault, why)) => Err(ScenarioError::OnlySimulated { path, line, fault, why }),
        None => Ok(()),
    }
}

/// Plays a scenario on a cluster that runs already and has servers enough; what its clients see may be recorded.
///
/// # Errors
/// [`ScenarioError::Fault`] if a fault makes no sense when its line starts.
pub async fn play_live(
    scenario: Arc<Scenario>,
    controller: Arc<Controller>,
    tell: Listener,
    record: Option<Record>,
) -> Result<Played, ScenarioError> {
    let mut stage = Live::on(controller, scenario.cluster.timeout, tell).await;
    let played = task::spawn_blocking(move || play(&scenario, &mut stage, record));
    match played.await {
        Ok(played) => played,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// A folder for as long as a scenario is played.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Self, NetError> {
        let no_name = |error| NetError::Internal(format!("no randomness: {error}"));
        let name = format!("conlab-{:016x}", getrandom::u64().map_err(no_name)?);
        Ok(Scratch(std::env::temp_dir().join(name))) // the cluster makes it
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0); // what cannot be removed is left to the system
    }
}

fn options(scenario: &Scenario, log: LogOptions) -> ClusterOptions {
    let cluster = &scenario.cluster;
    ClusterOptions {
        servers: cluster.servers,
        timing: scenario.timing(),
        replication: cluster.replication,
        link_delays: vec![(Link::All, cluster.link)],
        link_jitter: cluster.jitter,
        log,
        ..ClusterOptions::new(cluster.system)
    }
}

fn report(scenario: &Scenario, played: &Played) -> Report {
    let judged = judge(scenario, played, false);
    let cluster = &scenario.cluster;
    let output = format!("{}, {} servers, live\n\n{judged}", cluster.system, cluster.servers);
    report::report(scenario, &report::replay(&scenario.path, " --live"), output, &judged)
}

/// A server that has not said by then how it is says nothing.
const PATIENCE: Duration = Duration::from_millis(300);

/// A cluster, and a scenario's requests to it.
pub struct Live {
    controller: Arc<Controller>,
    connections: Arc<Connections>,
    request_timeout: Duration,
    runtime: Handle,
    start: Instant,
    /// What is under way, as a person reads it.
    asked: BTreeMap<u64, String>,
    last: u64,
    answers: (Sender<Answered>, Receiver<Answered>),
    tell: Listener,
}

impl Live {
    /// Clients of a cluster that runs, connected to all its servers; `tell` hears of each request.
    pub async fn on(
        controller: Arc<Controller>,
        request_timeout: Duration,
        tell: Listener,
    ) -> Self {
        let connections = connect(&controller, request_timeout).await;
        Live {
            controller,
            connections,
            request_timeout,
            runtime: Handle::current(),
            start: Instant::now(),
            asked: BTreeMap::new(),
            last: 0,
            answers: channel(),
            tell,
        }
    }

    /// What each server says of itself; `None` where it says nothing.
    pub fn statuses(&self) -> Vec<Option<Status>> {
        let addresses =
            self.controller.info().servers.into_iter().map(|one| one.address.to_string());
        let asked = addresses.map(|address| async move {
            let status = async {
                let client = self.connections.client(&address, self.request_timeout).await.ok()?;
                client.status().await.ok()
            };
            timeout(PATIENCE, status).await.ok().flatten().map(|server| server.status)
        });
        self.runtime.block_on(join_all(asked))
    }
}

/// Connections to all servers that can be reached now, so that no request takes the time to connect.
async fn connect(controller: &Controller, request_timeout: Duration) -> Arc<Connections> {
    let connections = Arc::new(Connections::default());
    let addresses = controller.info().servers.into_iter().map(|server| server.address.to_string());
    let connected = addresses.map(|address| {
        let connections = &connections;
        async move { connections.client(&address, request_timeout).await }
    });
    join_all(connected).await; // one that is down is tried again when it is asked
    connections
}

impl Stage for Live {
    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    fn request(&mut self, client: &str, at: NodeId, op: Op) -> u64 {
        self.last += 1;
        let (request, start, timeout) = (self.last, self.start, self.request_timeout);
        let name = if client.is_empty() { String::new() } else { format!("{client}: ") };
        let label = format!("{name}{op} @{}", at.0);
        (self.tell)(&label);
        self.asked.insert(request, label);
        let address = self.controller.info().server(at).map(|server| server.address.to_string());
        let (connections, answers) = (self.connections.clone(), self.answers.0.clone());
        self.runtime.spawn(async move {
            let address = address.unwrap_or_default();
            let outcome =
                connections.call(&address, timeout, &op).await.unwrap_or_else(Outcome::from);
            let _ = answers.send(Answered { request, at: start.elapsed(), outcome }); // nobody waits any more
        });
        request
    }

    fn fault(&mut self, fault: Fault) -> Result<(), String> {
        (self.tell)(&fault.to_string());
        self.runtime.block_on(self.controller.fault(fault)).map_err(|error| error.to_string())
    }

    fn next_answer(&mut self, until: Option<Duration>) -> Option<Answered> {
        let answered = match until {
            Some(until) => self.answers.1.recv_timeout(until.saturating_sub(self.now())).ok()?,
            None => self.answers.1.recv().ok()?,
        };
        if let Some(label) = self.asked.remove(&answered.request) {
            (self.tell)(&format!("{label}: {}", answered.outcome));
        }
        Some(answered)
    }
}
