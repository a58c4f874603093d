//! The test bed: the floor and one cluster of each level, all running at once, so that they can be measured in turns.

use super::caller::Caller;
use super::floor::Floor;
use super::run::Run;
use super::series::Place;
use super::subject::{Operation, Subject};
use conlab::cli::Failure;
use conlab::faults::Link;
use conlab::net::{Client, ClusterOptions, Controller, LogLevel, LogOptions};
use conlab::process::Timing;
use conlab::systems::System;
use std::collections::BTreeMap;
use std::path::PathBuf;
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
}

impl BedOptions {
    /// Clusters of so many servers on undelayed links, as the flags of a run say.
    pub fn of(run: &Run, servers: u32) -> Result<Self, Failure> {
        let (floor, executable) = (Run::own_executable()?, run.common.executable.clone());
        Ok(BedOptions { floor, executable, servers, delays: Vec::new() })
    }
}

/// All that is measured, running.
pub struct Bed {
    floor: Vec<String>,
    levels: BTreeMap<System, (Controller, Vec<String>)>,
    _floor: Floor,
}

impl Bed {
    /// Starts the floor and a cluster of each of `levels`.
    pub async fn start(options: &BedOptions, levels: &[System]) -> Result<Bed, Failure> {
        let floor = Floor::start(&options.floor, options.servers).await?;
        let mut bed = Bed { floor: floor.addresses(), levels: BTreeMap::new(), _floor: floor };
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
        let address = addresses.get(place.index(number, servers) as usize);
        let address =
            address.ok_or_else(|| Failure::internal(format!("{subject} is not on this bed")))?;
        Caller::connect(subject, operation, number, address).await
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
