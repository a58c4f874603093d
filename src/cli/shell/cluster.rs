//! The cluster behind a shell: one that it started itself, or one that it found; and connections to its servers.

use crate::cli::exit::Failure;
use crate::cli::find::{self, Found};
use crate::net::{Answer, Client, ClusterInfo, Controller, Fate, NetError, discover};
use crate::process::Op;
use crate::scenario::grammar::Where;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A cluster and the shell's connections to it, shared by all that runs in the shell.
pub struct Cluster {
    origin: Origin,
    connections: Mutex<BTreeMap<String, Arc<Client>>>,
}

/// Where a cluster comes from.
pub enum Origin {
    /// This shell started it, may break it, and stops it.
    Own(Controller),
    /// It runs elsewhere; its controller listens here.
    Found(String),
}

/// An answer, and who gave it in what time.
#[derive(Debug)]
pub struct Answered {
    /// The answer.
    pub answer: Answer,
    /// Who gave it.
    pub server: String,
    /// The time from the call to the answer.
    pub took: Duration,
}

impl Cluster {
    /// A cluster without connections yet.
    pub fn new(origin: Origin) -> Self {
        Cluster { origin, connections: Mutex::default() }
    }

    /// The cluster as it is now.
    pub async fn info(&self) -> Result<ClusterInfo, NetError> {
        match &self.origin {
            Origin::Own(controller) => Ok(controller.info()),
            Origin::Found(address) => discover(address).await,
        }
    }

    /// The controller, if this shell started the cluster.
    pub fn own(&self) -> Option<&Controller> {
        match &self.origin {
            Origin::Own(controller) => Some(controller),
            Origin::Found(_) => None,
        }
    }

    /// The controller, if this shell started the cluster, to stop it.
    pub fn into_own(self) -> Option<Controller> {
        match self.origin {
            Origin::Own(controller) => Some(controller),
            Origin::Found(_) => None,
        }
    }

    /// Asks the server at `place`. A connection that has gone stale is replaced once, if surely nothing happened on it.
    pub async fn ask(&self, place: &Where, op: &Op) -> Result<Answered, Failure> {
        let found = self.find(place).await?;
        if let Some(client) = self.kept(&found.address) {
            let answered = call(&client, &found, op).await;
            if !went_stale(&answered.answer) {
                return Ok(answered);
            }
            self.connections().remove(&found.address);
        }
        let client = Arc::new(find::connect(&found).await?);
        self.connections().insert(found.address.clone(), client.clone());
        Ok(call(&client, &found, op).await)
    }

    async fn find(&self, place: &Where) -> Result<Found, Failure> {
        find::within(&self.info().await?, place)
    }

    fn kept(&self, address: &str) -> Option<Arc<Client>> {
        self.connections().get(address).cloned()
    }

    fn connections(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Arc<Client>>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn call(client: &Client, found: &Found, op: &Op) -> Answered {
    let start = Instant::now();
    let answer = client.call(op).await;
    Answered { answer, server: found.name.clone(), took: start.elapsed() }
}

fn went_stale(answer: &Answer) -> bool {
    matches!(answer, Err(failure) if failure.fate == Fate::Refused && failure.code.is_none())
}
