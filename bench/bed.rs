//! The test bed: the floor and one cluster of each level, all running at once, so that they can be measured in turns.

use super::caller::{Caller, PATIENCE};
use super::client::{Recorded, StoreClient, tape};
use super::floor::Floor;
use super::run::Run;
use super::series::Place;
use super::subject::{Operation, Subject};
use conlab::cli::{Failure, Tape};
use conlab::faults::Link;
use conlab::net::{Client, ClusterOptions, Controller, LogLevel, LogOptions};
use conlab::process::{NodeId, Timing};
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
}

impl BedOptions {
    /// Clusters of so many servers on undelayed links, as the flags of a run say.
    pub fn of(run: &Run, servers: u32) -> Result<Self, Failure> {
        let (floor, executable) = (Run::own_executable()?, run.common.executable.clone());
        let history = run.common.history.clone();
        Ok(BedOptions { floor, executable, servers, delays: Vec::new(), history })
    }
}

/// All that is measured, running.
pub struct Bed {
    floor: Vec<String>,
    levels: BTreeMap<System, (Controller, Vec<String>)>,
    tapes: BTreeMap<System, Tape>,
    /// How many clients were made.
    clients: AtomicU32,
    _floor: Floor,
}

impl Bed {
    /// Starts the floor and a cluster of each of `levels`.
    pub async fn start(options: &BedOptions, levels: &[System]) -> Result<Bed, Failure> {
        let floor = Floor::start(&options.floor, options.servers).await?;
        let tapes = match &options.history {
            Some(folder) => {
                let tapes = levels.iter().map(|system| Ok((*system, tape(folder, *system)?)));
                tapes.collect::<Result<_, Failure>>()?
            }
            None => BTreeMap::new(),
        };
        let mut bed = Bed {
            floor: floor.addresses(),
            levels: BTreeMap::new(),
            tapes,
            clients: AtomicU32::new(0),
            _floor: floor,
        };
        for system in levels {
            let started = Controller::start(cluster(options, *system)).await;
            match started {
                Ok(controller) => {
                    let addresses = controller
                        .info()
                        .servers
                        .iter()
                        .map(|server| server.address.to_string())
                        .collect();
                    bed.levels.insert(*system, (controller, addresses));
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
            Subject::Level(system) => {
                let client = self.client(system, NodeId(server + 1)).await?;
                Ok(Caller::of_store(client, system, operation, number))
            }
            Subject::Echo | Subject::Chain => {
                Caller::of_floor(subject, number, self.address(subject, server)?).await
            }
        }
    }

    /// A new client of a level's server; what it sees is recorded if the bed is.
    pub async fn client(&self, system: System, node: NodeId) -> Result<StoreClient, Failure> {
        let address = self.address(Subject::Level(system), node.0 - 1)?;
        let client = Client::connect_for(address, PATIENCE).await?;
        let number = self.clients.fetch_add(1, Ordering::Relaxed);
        let recorded = self.tapes.get(&system).map(|tape| Recorded {
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
            Subject::Level(system) => {
                self.levels.get(&system).map_or(&[], |(_, addresses)| addresses)
            }
            Subject::Echo | Subject::Chain => &self.floor,
        }
    }

    /// Waits until a level has ended what it still does for answered requests, so that the next subject does not pay for
    /// it: an eventual write is broadcast after its answer. Gives up after a while.
    pub async fn quiet(&self, subject: Subject) {
        let end = Instant::now() + MOST_QUIET;
        for address in self.addresses(subject) {
            let Subject::Level(_) = subject else { break };
            let Ok(client) = Client::connect(address).await else { continue };
            while client
                .status()
                .await
                .is_ok_and(|server| server.status.waiting + server.status.queue > 0)
                && Instant::now() < end
            {
                tokio::time::sleep(SETTLE).await;
            }
        }
        // Connections that were closed are taken down.
        tokio::time::sleep(SETTLE).await;
    }

    /// Ends every server.
    pub async fn stop(self) {
        self.tapes.values().for_each(Tape::close);
        for (controller, _) in self.levels.into_values() {
            controller.stop().await;
        }
    }
}

fn cluster(options: &BedOptions, system: System) -> ClusterOptions {
    let slowest = options.delays.iter().map(|(_, delay)| *delay).max().unwrap_or_default();
    ClusterOptions {
        servers: options.servers,
        link_delays: options.delays.clone(),
        timing: Timing::for_links(slowest, Duration::from_secs(10)),
        log: LogOptions { level: LogLevel::Warn, ..LogOptions::default() },
        executable: options.executable.clone(),
        ..ClusterOptions::new(system)
    }
}
