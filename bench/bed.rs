//! The test bed: the floor and one cluster of each level, all running at once, so that they can be measured in turns.

use super::caller::{Caller, PATIENCE};
use super::client::{Recorded, StoreClient, tape};
use super::floor::Floor;
use super::run::Run;
use super::series::Place;
use super::subject::{Operation, Subject};
use conlab::cli::{Failure, Tape};
use conlab::faults::{Fault, Link};
use conlab::net::{Client, ClusterOptions, Controller, LogLevel, LogOptions};
use conlab::process::{NodeId, Replication, Timing};
use conlab::systems::System;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// A level is given so long to end what it still does.
const MOST_QUIET: Duration = Duration::from_secs(5);
/// Between two looks at it, and before the next block.
const SETTLE: Duration = Duration::from_millis(5);

/// What the clusters of a bed are like.
#[derive(Debug, Clone)]
pub struct BedOptions {
    /// The program that plays the floor's servers.
    pub floor: PathBuf,
    /// The program that plays the clusters' servers; `None` is this one.
    pub executable: Option<PathBuf>,
    /// How many servers each has.
    pub servers: u32,
    /// The delays of the clusters' links.
    pub delays: Vec<(Link, Duration)>,
    /// The folder in which what the clients see is recorded.
    pub history: Option<PathBuf>,
    /// The folder of the log on disk.
    pub data: Option<PathBuf>,
    /// How many servers of a log may lack their memory at once; a minority if it is not given.
    pub tolerate: Option<u32>,
}

impl BedOptions {
    /// Clusters of so many servers on undelayed links, as the flags of a run say.
    pub fn of(run: &Run, servers: u32) -> Result<Self, Failure> {
        let (floor, executable) = (Run::own_executable()?, run.common.executable.clone());
        let history = run.common.history.clone();
        let (delays, data, tolerate) = (Vec::new(), None, None);
        Ok(BedOptions { floor, executable, servers, delays, history, data, tolerate })
    }
}

/// All that is measured, running.
pub struct Bed {
    floor: Vec<String>,
    clusters: BTreeMap<Subject, (Controller, Vec<String>)>,
    tapes: BTreeMap<Subject, Tape>,
    /// How many clients were made.
    clients: AtomicU32,
    _floor: Floor,
}

impl Bed {
    /// Starts the floor and a cluster of each of `levels`.
    pub async fn start(options: &BedOptions, levels: &[System]) -> Result<Bed, Failure> {
        let subjects: Vec<Subject> = levels.iter().copied().map(Subject::Level).collect();
        Bed::with(options, &subjects).await
    }

    /// Starts the floor and a cluster of each of `subjects`.
    pub async fn with(options: &BedOptions, subjects: &[Subject]) -> Result<Bed, Failure> {
        let floor = Floor::start(&options.floor, options.servers).await?;
        let tapes = match &options.history {
            Some(folder) => {
                let tapes = subjects.iter().map(|subject| Ok((*subject, tape(folder, *subject)?)));
                tapes.collect::<Result<_, Failure>>()?
            }
            None => BTreeMap::new(),
        };
        let mut bed = Bed {
            floor: floor.addresses(),
            clusters: BTreeMap::new(),
            tapes,
            clients: AtomicU32::new(0),
            _floor: floor,
        };
        for subject in subjects {
            let started = Controller::start(cluster(options, *subject)).await;
            match started {
                Ok(controller) => {
                    let addresses = controller
                        .info()
                        .servers
                        .iter()
                        .map(|server| server.address.to_string())
                        .collect();
                    bed.clusters.insert(*subject, (controller, addresses));
                }
                Err(error) => {
                    bed.stop().await;
                    return Err(error.into());
                }
            }
        }
        Ok(bed)
    }

    /// Client `number` of a subject, at the server that `place` gives it.
    pub async fn caller(
        &self,
        subject: Subject,
        operation: Operation,
        place: Place,
        number: u32,
    ) -> Result<Caller, Failure> {
        let addresses = self.addresses(subject);
        let servers = u32::try_from(addresses.len()).unwrap_or(1).max(1);
        let server = place.index(number, servers);
        match subject {
            Subject::Level(_) | Subject::OnDisk => {
                let client = self.client(subject, NodeId(server + 1)).await?;
                Ok(Caller::of_store(client, subject.carries_sessions(), operation, number))
            }
            Subject::Echo | Subject::Chain => {
                Caller::of_floor(subject, number, self.address(subject, server)?).await
            }
        }
    }

    /// A new client of a cluster's server; what it sees is recorded if the bed is.
    pub async fn client(&self, subject: Subject, node: NodeId) -> Result<StoreClient, Failure> {
        let address = self.address(subject, node.0 - 1)?;
        let client = Client::connect_for(address, PATIENCE).await?;
        let number = self.clients.fetch_add(1, Ordering::Relaxed);
        let recorded = self.tapes.get(&subject).map(|tape| Recorded {
            tape: tape.clone(),
            name: number.to_string(),
            node,
        });
        Ok(StoreClient::new(client, recorded))
    }

    fn address(&self, subject: Subject, server: u32) -> Result<&String, Failure> {
        let address = self.addresses(subject).get(server as usize);
        address.ok_or_else(|| Failure::internal(format!("{subject} is not on this bed")))
    }

    /// Where the servers of a subject are.
    pub fn addresses(&self, subject: Subject) -> &[String] {
        match subject {
            Subject::Level(_) | Subject::OnDisk => {
                self.clusters.get(&subject).map_or(&[], |(_, addresses)| addresses)
            }
            Subject::Echo | Subject::Chain => &self.floor,
        }
    }

    /// Begins or ends a fault of a cluster.
    pub async fn fault(&self, subject: Subject, fault: Fault) -> Result<(), Failure> {
        match self.clusters.get(&subject) {
            Some((controller, _)) => Ok(controller.fault(fault).await?),
            None => Err(Failure::internal(format!("{subject} is not on this bed"))),
        }
    }

    /// Waits until a cluster has ended what it still does for answered requests, so that the next subject does not pay for
    /// it: an eventual write is broadcast after its answer, and a log goes on to the secondaries that nobody waits for. Gives up
    /// after a while.
    pub async fn quiet(&self, subject: Subject) {
        let end = Instant::now() + MOST_QUIET;
        let mut head = 0;
        for address in self.addresses(subject).iter().filter(|_| subject.is_cluster()) {
            let Ok(client) = Client::connect(address).await else { continue };
            while let Ok(server) = client.status().await
                && Instant::now() < end
            {
                let status = server.status;
                let lags = subject.is_log() && status.version < head;
                if status.waiting + status.queue == 0 && !lags {
                    head = head.max(status.version);
                    break;
                }
                tokio::time::sleep(SETTLE).await;
            }
        }
        // Connections that were closed are taken down.
        tokio::time::sleep(SETTLE).await;
    }

    /// Ends every server.
    pub async fn stop(self) {
        self.tapes.values().for_each(Tape::close);
        for (controller, _) in self.clusters.into_values() {
            controller.stop().await;
        }
    }
}

fn cluster(options: &BedOptions, subject: Subject) -> ClusterOptions {
    let system = subject.system();
    let tolerate = options.tolerate.filter(|_| system.is_log());
    let slowest = options.delays.iter().map(|(_, delay)| *delay).max().unwrap_or_default();
    ClusterOptions {
        servers: options.servers,
        link_delays: options.delays.clone(),
        timing: Timing::for_links(slowest, Duration::from_secs(10)),
        log: LogOptions { level: LogLevel::Warn, ..LogOptions::default() },
        executable: options.executable.clone(),
        replication: Replication { tolerate, ..Replication::default() },
        data: options.data.clone().filter(|_| subject == Subject::OnDisk),
        ..ClusterOptions::new(system)
    }
}
