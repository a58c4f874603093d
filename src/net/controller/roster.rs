//! The controller's table of servers: where each is, what carries it, and how it is.

use super::data::Data;
use super::host::Host;
use super::{ClusterEvent, ClusterOptions};
use crate::faults::{Fault, Link};
use crate::net::wire::{Peer, Report, StartOrder};
use crate::net::{ClusterInfo, LogSwitch, NetError, ServerInfo, clock, dial};
use crate::process::{NodeId, Start};
use std::mem::discriminant;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{broadcast, watch};

/// So many events may wait for a slow listener; it then misses the oldest.
const EVENTS: usize = 256;

/// One cluster, as its controller knows it.
pub(super) struct Roster {
    /// What was asked for.
    pub options: ClusterOptions,
    /// The cluster's name.
    pub cluster: String,
    /// What peers and the controller must show.
    pub token: String,
    /// When the run began, since the Unix epoch.
    pub run_start: Duration,
    /// Whose lines are shown.
    pub logs: LogSwitch,
    /// What happens to servers.
    pub events: broadcast::Sender<ClusterEvent>,
    /// The folder of a cluster that keeps its log on disk.
    data: Option<Data>,
    slots: Mutex<Vec<Slot>>,
    faults: Mutex<Vec<Fault>>,
    changes: watch::Sender<()>,
}

/// One server's place in the table.
#[derive(Debug)]
pub(super) struct Slot {
    /// Where clients reach it, or shall reach it.
    pub address: SocketAddr,
    /// Which life it is in, or was in last; 0 before the first.
    pub incarnation: u64,
    /// How it is.
    pub state: State,
    /// What it is in the system.
    pub role: String,
    /// Where it listens, while it does.
    pub report: Option<Report>,
    /// What carries it; `None` for one that was started by hand.
    pub host: Option<Host>,
    /// The way to its methods of control.
    pub control: Option<Arc<dial::Connection>>,
}

/// Where a life of a server begins.
#[derive(Debug, Clone, Copy)]
pub(super) enum Begins {
    /// With the controller, which knows where its records are.
    Here,
    /// By hand; of which of its lives the records on its disk are, if it keeps any.
    Elsewhere {
        /// 0 where the disk holds none.
        records: Option<u64>,
    },
}

/// How a server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    /// It is being started.
    Starting,
    /// It answers.
    Running,
    /// It stands still.
    Paused,
    /// It is gone.
    Exited(String),
}

impl Roster {
    /// The table of a cluster that has not been started.
    pub async fn new(mut options: ClusterOptions) -> Result<Arc<Roster>, NetError> {
        let slots = (1..=options.servers).map(|id| Slot::empty(options.address_of(NodeId(id))));
        let slots: Vec<Slot> = slots.collect();
        let token = match &options.token {
            Some(token) => token.clone(),
            None => random_hex::<16>()?,
        };
        let cluster = random_hex::<6>()?;
        let folder = options.data.clone();
        let data = match folder {
            Some(folder) => Some(Data::open(&folder, &options, cluster.clone()).await?),
            None => None,
        };
        if let Some(data) = &data {
            (options.replication.durable, options.replication.tolerate) =
                (true, Some(data.tolerate()));
        }
        Ok(Arc::new(Roster {
            slots: Mutex::new(slots),
            cluster: data.as_ref().map_or(cluster, Data::cluster),
            data,
            token,
            run_start: clock::unix_now(),
            logs: LogSwitch::new(options.log.shown),
            events: broadcast::Sender::new(EVENTS),
            faults: Mutex::default(),
            changes: watch::Sender::new(()),
            options,
        }))
    }

    /// All servers' numbers.
    pub fn ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (1..=self.options.servers).map(NodeId)
    }

    /// Whether the cluster has this server.
    pub fn check(&self, id: NodeId) -> Result<(), NetError> {
        let most = self.options.servers;
        if (1..=most).contains(&id.0) {
            return Ok(());
        }
        let number = id.0;
        let text = format!("there is no server {number} in a cluster of {most}; use 1 to {most}");
        Err(NetError::Usage(text))
    }

    /// Looks at a server's place, or changes it. Nothing may wait in `work`.
    pub fn with<T>(&self, id: NodeId, work: impl FnOnce(&mut Slot) -> T) -> T {
        let result = work(&mut self.lock()[id.0 as usize - 1]);
        self.changes.send_replace(());
        result
    }

    /// Waits until a server is as `wanted`, at most for `patience`; says whether it is.
    pub async fn until(
        &self,
        id: NodeId,
        wanted: impl Fn(&State) -> bool,
        patience: Duration,
    ) -> bool {
        let reached = || wanted(&self.lock()[id.0 as usize - 1].state);
        let mut changes = self.changes.subscribe();
        let waiting = changes.wait_for(|()| reached());
        tokio::time::timeout(patience, waiting).await.is_ok()
    }

    /// A life of a server has ended; a later one is not touched.
    pub fn exited(&self, id: NodeId, incarnation: u64, status: String) {
        let current = self.with(id, |slot| {
            let current = slot.incarnation == incarnation;
            if current {
                slot.gone(&status);
            }
            current
        });
        if current {
            // An error says that nobody listens.
            let _ = self.events.send(ClusterEvent::Exited { id, status });
        }
    }

    /// The next life of a server, and what it is told. Only one that is gone, or was never there, can begin one.
    pub fn begin(&self, id: NodeId, begins: Begins) -> Result<StartOrder, NetError> {
        self.check(id)?;
        self.same_keeping(begins)?;
        let begun = self.with(id, |slot| {
            let free = slot.incarnation == 0 || matches!(slot.state, State::Exited(_));
            if free {
                slot.incarnation += 1;
                slot.state = State::Starting;
            }
            free.then_some((slot.incarnation, slot.address))
        });
        let (incarnation, address) = begun.ok_or_else(|| {
            NetError::Refused(format!("server {} is running; kill it first", id.0))
        })?;
        let Some(data) = &self.data else {
            return Ok(self.order(id, (incarnation, incarnation > 1), address));
        };
        let (begun, file) = match begins {
            Begins::Here => (data.begin_life(id), Some(data.home(id).file())),
            Begins::Elsewhere { records } => {
                (data.begin_life_elsewhere(id, records.unwrap_or_default()), None)
            }
        };
        let (incarnation, blank) = begun.inspect_err(|error| {
            self.with(id, |slot| slot.gone(&error.to_string()));
        })?;
        self.with(id, |slot| slot.incarnation = incarnation);
        Ok(StartOrder { data: file, ..self.order(id, (incarnation, blank), address) })
    }

    /// This life of a server is about to run. It may have ended meanwhile, and the next one begun: that has not run, and what the
    /// one before it left is still the server's memory.
    ///
    /// # Errors
    /// If it has ended, or that it runs cannot be written down.
    pub fn runs(&self, id: NodeId, life: u64) -> Result<(), NetError> {
        if !self.with(id, |slot| slot.is_in(life)) {
            let cause = "it ended before it was linked".to_string();
            return Err(NetError::CannotStart { id: id.0, cause });
        }
        self.data.as_ref().map_or(Ok(()), |data| data.runs(id, life))
    }

    /// Either all servers keep their log on disk, or none does.
    fn same_keeping(&self, begins: Begins) -> Result<(), NetError> {
        let Begins::Elsewhere { records } = begins else { return Ok(()) };
        let text = match (&self.data, records) {
            (Some(_), None) => "this cluster keeps its log on disk; name a folder with --data DIR",
            (None, Some(_)) => "this cluster keeps its memory in its processes; leave out --data",
            _ => return Ok(()),
        };
        Err(NetError::Refused(text.to_string()))
    }

    fn order(&self, id: NodeId, life: (u64, bool), address: SocketAddr) -> StartOrder {
        let (incarnation, blank) = life;
        let options = &self.options;
        let mut log = options.log;
        log.level = options.log.level_of(id, self.logs.shown());
        let start = Start {
            id,
            servers: options.servers,
            incarnation,
            blank,
            cluster: self.cluster.clone(),
            timing: options.timing,
            replication: options.replication,
            defect: None,
        };
        StartOrder {
            start,
            system: options.system,
            address,
            via: None,
            token: self.token.clone(),
            faults_allowed: options.faults_allowed,
            link_delays: options.link_delays.clone(),
            link_jitter: options.link_jitter,
            faults: self.faults(),
            log,
            data: None,
            run_start: self.run_start,
        }
    }

    /// Where the servers are reached that listen now.
    pub fn peers(&self) -> Vec<Peer> {
        let slots = self.lock();
        let peer = |(slot, id): (&Slot, NodeId)| {
            let address = slot.report?.peer_address;
            let awaited = slot.state != State::Paused;
            Some(Peer { id, incarnation: slot.incarnation, address, awaited })
        };
        slots.iter().zip(self.ids()).filter_map(peer).collect()
    }

    /// The ways to the servers that answer now.
    pub fn controls(&self) -> Vec<(NodeId, Arc<dial::Connection>)> {
        let slots = self.lock();
        let running = slots.iter().zip(self.ids()).filter(|(slot, _)| slot.state == State::Running);
        running.filter_map(|(slot, id)| Some((id, slot.control.clone()?))).collect()
    }

    /// The faults of links now, oldest first.
    pub fn faults(&self) -> Vec<Fault> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on the links have this fault too. What it replaces is forgotten, so the list stays short.
    pub fn remember(&self, fault: Fault) -> Vec<Fault> {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        match fault {
            Fault::Heal(Link::All) => faults.clear(),
            _ => {
                let same = |old: &Fault| discriminant(old) == discriminant(&fault);
                faults.retain(|old| !(same(old) && old.link() == fault.link()));
                faults.push(fault);
            }
        }
        faults.clone()
    }

    /// The cluster as it is now.
    pub fn info(&self) -> ClusterInfo {
        let slots = self.lock();
        ClusterInfo {
            system: self.options.system,
            cluster: self.cluster.clone(),
            pid: std::process::id(),
            request_timeout_ms: u64::try_from(self.options.timing.request_timeout.as_millis())
                .unwrap_or(u64::MAX),
            servers: slots.iter().zip(self.ids()).map(|(slot, id)| slot.info(id)).collect(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    /// Whether this life of the server is the current one, and has not ended.
    pub(super) fn is_in(&self, life: u64) -> bool {
        self.incarnation == life && !matches!(self.state, State::Exited(_))
    }

    fn empty(address: SocketAddr) -> Self {
        Slot {
            address,
            incarnation: 0,
            state: State::Starting,
            role: String::new(),
            report: None,
            host: None,
            control: None,
        }
    }

    /// The server is gone.
    fn gone(&mut self, status: &str) {
        self.state = State::Exited(status.to_string());
        (self.report, self.host, self.control) = (None, None, None);
    }

    fn info(&self, id: NodeId) -> ServerInfo {
        let state = match &self.state {
            State::Starting => "starting".to_string(),
            State::Running => "running".to_string(),
            State::Paused => "paused".to_string(),
            State::Exited(status) => format!("exited ({status})"),
        };
        let pid = self.report.map(|report| report.pid);
        ServerInfo { id, address: self.address, pid, state, role: self.role.clone() }
    }
}

/// `BYTES` random bytes in hexadecimal, from the operating system: nobody can guess them.
fn random_hex<const BYTES: usize>() -> Result<String, NetError> {
    let mut bytes = [0; BYTES];
    let filled = getrandom::fill(&mut bytes);
    filled.map_err(|error| NetError::Internal(format!("no randomness: {error}")))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::systems::System;

    #[tokio::test]
    async fn the_late_link_of_one_life_does_not_let_the_next_one_run() {
        let folder = tempfile::tempdir().expect("there is room");
        let data = Some(folder.path().to_path_buf());
        let options = ClusterOptions { data, ..ClusterOptions::new(System::ReplicatedLog) };
        let roster = Roster::new(options).await.expect("the folder is new");
        let (id, begins) = (NodeId(2), Begins::Elsewhere { records: Some(0) });
        let first = roster.begin(id, begins).expect("it is free").start.incarnation;
        assert_eq!(roster.runs(id, first), Ok(()));
        roster.exited(id, first, "killed".to_string());
        assert!(roster.runs(id, first).is_err(), "it is gone");
        let begins = Begins::Elsewhere { records: Some(first) };
        let second = roster.begin(id, begins).expect("it is free").start;
        assert!(roster.runs(id, first).is_err(), "another is there");
        roster.exited(id, second.incarnation, "its answer came too late".to_string());
        let third = roster.begin(id, begins).expect("it is free").start;
        assert_eq!((second.blank, third.blank), (false, false), "only the first has run");
    }
}
