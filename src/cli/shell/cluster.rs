//! The cluster behind a shell: one that it started itself, or one that it found; and connections to its servers.

use crate::cli::exit::Failure;
use crate::cli::find;
use crate::cli::tape::Tape;
use crate::net::{Answer, ClusterInfo, Connections, Controller, Directory, NetError, ServerInfo};
use crate::process::{Op, Status};
use crate::scenario::grammar::Where;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// A server that has not said by then how it is says nothing.
const PATIENCE: Duration = Duration::from_millis(300);

/// A cluster and the shell's connections to it, shared by all that runs in the shell.
pub struct Cluster {
    origin: Origin,
    connections: Connections,
    tape: Option<Tape>,
}

/// Where a cluster comes from.
pub enum Origin {
    /// This shell started it, may break it, and stops it.
    Own(Arc<Controller>),
    /// It runs elsewhere; its controller says where.
    Found(Directory),
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
    /// A cluster without connections yet; what its clients see goes on the tape.
    pub fn new(origin: Origin, tape: Option<Tape>) -> Self {
        Cluster { origin, connections: Connections::default(), tape }
    }

    /// Where the session is recorded.
    pub fn tape(&self) -> Option<&Tape> {
        self.tape.as_ref()
    }

    /// The cluster as it is now.
    pub async fn info(&self) -> Result<ClusterInfo, NetError> {
        match &self.origin {
            Origin::Own(controller) => Ok(controller.info()),
            Origin::Found(directory) => directory.cluster().await,
        }
    }

    /// Where the controller listens.
    pub fn controller(&self) -> String {
        match &self.origin {
            Origin::Own(controller) => controller.address().to_string(),
            Origin::Found(directory) => directory.address().to_string(),
        }
    }

    /// The controller, if this shell started the cluster.
    pub fn own(&self) -> Option<&Arc<Controller>> {
        match &self.origin {
            Origin::Own(controller) => Some(controller),
            Origin::Found(_) => None,
        }
    }

    /// The controller, if this shell started the cluster, to stop it.
    pub fn into_own(self) -> Option<Arc<Controller>> {
        match self.origin {
            Origin::Own(controller) => Some(controller),
            Origin::Found(_) => None,
        }
    }

    /// `client` asks the server at `place`.
    pub async fn ask(&self, client: &str, place: &Where, op: &Op) -> Result<Answered, Failure> {
        let found = find::within(&self.info().await?, place)?;
        let start = Instant::now();
        let call = self.connections.call(&found.address, found.request_timeout, op);
        let answer = match &self.tape {
            Some(tape) => tape.call(client, op, found.node, call).await,
            None => call.await,
        };
        Ok(Answered { answer, server: found.name, took: start.elapsed() })
    }

    /// Asks a server of the cluster, beside the record.
    pub async fn call(&self, info: &ClusterInfo, server: &ServerInfo, op: &Op) -> Answer {
        self.connections.call(&server.address.to_string(), info.request_timeout(), op).await
    }

    /// How a server is; `None` where it does not say so in time.
    pub async fn status(&self, info: &ClusterInfo, server: &ServerInfo) -> Option<Status> {
        let address = server.address.to_string();
        let asked = async {
            let client = self.connections.client(&address, info.request_timeout()).await.ok()?;
            client.status().await.ok()
        };
        timeout(PATIENCE, asked).await.ok().flatten().map(|server| server.status)
    }
}
