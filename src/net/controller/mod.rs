//! The controller: starts the servers of a cluster, tells them of each other, injects faults and ends them.
//!
//! ```text
//!   bind the controller's port, try the clients' ports
//!   start every server, each with its start order        each reports where it listens
//!   give every server the table of peers                 each links with all others, then starts its machine
//! ```
//!
//! From then on it watches. A server that dies is reported, and the others go on without it; started again, it gets a
//! higher incarnation and is blank, and makes itself known to the others.

mod about;
mod child;
mod data;
mod events;
mod host;
mod lacking;
mod launch;
mod methods;
mod nursery;
mod options;
mod roster;
mod thread;

pub use events::ClusterEvent;
pub(super) use methods::JOIN;
pub use options::ClusterOptions;

use super::{ClusterInfo, LogSwitch, NetError, clock, listen};
use crate::faults::Fault;
use crate::process::NodeId;
use futures_util::future::join_all;
use host::Command;
use jsonrpsee::server::ServerHandle;
use roster::{Roster, State};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast;
use tokio_util::task::AbortOnDropHandle;

/// A killed server is gone by then, and one that was stopped too.
const END: Duration = Duration::from_secs(5);

/// A running cluster. Dropping it kills every server; [`Controller::stop`] ends them gently.
pub struct Controller {
    roster: Arc<Roster>,
    address: SocketAddr,
    port: ServerHandle,
    _logs: AbortOnDropHandle<()>,
}

impl Controller {
    /// Starts the cluster and returns when every server answers. If one cannot start, all others end.
    pub async fn start(options: ClusterOptions) -> Result<Controller, NetError> {
        Controller::prepare(options, |_| {}).await
    }

    /// The same; what the servers log goes to `sink` from the first line on, as after [`LogSwitch::send_to`].
    ///
    /// # Errors
    /// As in [`Controller::start`].
    pub async fn start_telling(
        options: ClusterOptions,
        sink: impl Fn(NodeId, &str) + Send + Sync + 'static,
    ) -> Result<Controller, NetError> {
        Controller::prepare(options, |logs| logs.send_to(sink)).await
    }

    async fn prepare(
        options: ClusterOptions,
        logs: impl FnOnce(&LogSwitch),
    ) -> Result<Controller, NetError> {
        options.check()?;
        listen::raise_open_files();
        let listener = listen::bind(SocketAddr::new(options.host, options.controller_port)).await?;
        let address = listen::address_of(&listener)?;
        let roster = Roster::new(options).await?;
        logs(&roster.logs);
        roster.try_ports().await?;
        let methods = methods::controller_methods(roster.clone())?;
        let port = listen::serve_controller(listener, methods, &roster.token)?;
        let logs = AbortOnDropHandle::new(tokio::spawn(roster.clone().follow_logs()));
        let controller = Controller { roster, address, port, _logs: logs };
        match controller.roster.launch_all().await {
            Ok(()) => Ok(controller),
            Err(error) => {
                controller.stop().await;
                Err(error)
            }
        }
    }

    /// The cluster as it is now.
    pub fn info(&self) -> ClusterInfo {
        self.roster.info()
    }

    /// Where the controller listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How long ago the run began: the servers' clocks show that time.
    pub fn running_for(&self) -> Duration {
        clock::unix_now().saturating_sub(self.roster.run_start)
    }

    /// The token that a server needs to join by hand.
    pub fn token(&self) -> &str {
        &self.roster.token
    }

    /// What happens to servers from now on.
    pub fn events(&self) -> broadcast::Receiver<ClusterEvent> {
        self.roster.events.subscribe()
    }

    /// Whose log lines are shown, and where.
    pub fn logs(&self) -> &LogSwitch {
        &self.roster.logs
    }

    /// Does the fault, or ends it; returns when it is done. Faults of a link hold for messages sent from then on.
    pub async fn fault(&self, fault: Fault) -> Result<(), NetError> {
        if !self.roster.options.faults_allowed {
            return Err(NetError::Refused("this cluster was started without faults".to_string()));
        }
        self.roster.check(NodeId(fault.highest_node().max(1)))?;
        if let Some(why) = fault.only_simulated() {
            return Err(NetError::Usage(format!("{fault}: {why}")));
        }
        match fault {
            Fault::Kill(id) => self.kill(id).await,
            Fault::Restart(id) => self.roster.restart(id).await,
            Fault::Pause(id) => self.switch(id, State::Running, Command::Pause).await,
            Fault::Resume(id) => self.switch(id, State::Paused, Command::Resume).await,
            link => self.roster.harm_links(link).await,
        }
    }

    /// Ends every server: what is under way is answered, what does not end in time is killed.
    pub async fn stop(self) {
        join_all(self.roster.ids().map(|id| self.roster.stop(id))).await;
        let _ = self.port.stop();
    }

    async fn kill(&self, id: NodeId) -> Result<(), NetError> {
        self.command(id, Command::Kill)?.await;
        if self.roster.until(id, |state| matches!(state, State::Exited(_)), END).await {
            return Ok(());
        }
        Err(NetError::Silent { who: format!("server {}", id.0), after_ms: END.as_millis() as u64 })
    }

    /// Pauses or resumes a server that is as `from`.
    async fn switch(&self, id: NodeId, from: State, command: Command) -> Result<(), NetError> {
        let to = if command == Command::Pause { State::Paused } else { State::Running };
        let state = self.roster.with(id, |slot| slot.state.clone());
        if state == to {
            return Ok(());
        }
        if state != from {
            return Err(NetError::Refused(format!("server {} is not running", id.0)));
        }
        self.command(id, command)?.await;
        self.roster.with(id, |slot| {
            if slot.state == from {
                slot.state = to;
            }
        });
        if command == Command::Resume { self.roster.refresh(id).await } else { Ok(()) }
    }

    /// Gives a command to what carries a server.
    fn command(
        &self,
        id: NodeId,
        command: Command,
    ) -> Result<impl Future<Output = ()> + use<>, NetError> {
        self.roster.with(id, |slot| match (&slot.host, &slot.state) {
            (Some(host), _) => Ok(host.command(command)),
            (None, State::Exited(_)) => {
                Err(NetError::Refused(format!("server {} is not running", id.0)))
            }
            (None, _) => {
                let text = format!("server {} was started by hand; do it there", id.0);
                Err(NetError::Refused(text))
            }
        })
    }
}

impl Drop for Controller {
    fn drop(&mut self) {
        self.roster.ids().for_each(|id| self.roster.with(id, |slot| slot.host = None));
        let _ = self.port.stop();
    }
}
