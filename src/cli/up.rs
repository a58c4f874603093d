//! `conlab up SYSTEM`: starts a cluster and keeps it until Ctrl-C or SIGTERM.

use super::args::{self, ClusterFlags, Globals};
use super::exit::{Exit, Failure};
use super::runtime::Signals;
use super::{console, layout};
use crate::net::{ClusterEvent, ClusterOptions, Controller};
use crate::systems::System;
use clap::Args;
use tokio::sync::broadcast::{Receiver, error::RecvError};

/// Start a cluster and keep it running until Ctrl-C or SIGTERM
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conlab up causal
  conlab up linearizable --servers 10
  conlab up eventual --port 0              on free ports, printed to stdout
  conlab up sequential --config lab.json --log debug
  conlab up replicated-log --data log/     a log on disk: it outlives every kill

Prints a line per server, the controller's address and `ready` to stdout; logs go to stderr.
Servers started by hand join with `conlab server`; choose their token with CONLAB_TOKEN.")]
pub struct Up {
    /// linearizable, sequential, causal, eventual or replicated-log [default: the config's, linearizable]
    #[arg(value_parser = args::system())]
    system: Option<System>,
    #[command(flatten)]
    cluster: ClusterFlags,
}

impl Up {
    /// Starts the cluster and returns when it has stopped.
    pub async fn run(self, globals: &Globals) -> Result<Exit, Failure> {
        let config = globals.read_config()?;
        let system = self.system.unwrap_or(config.system);
        let options = layout::options(config, &self.cluster, system)?;
        let mut signals = Signals::listen()?;
        let Some(controller) = start(options, &mut signals).await? else {
            return Ok(Exit::Done);
        };
        let announced = announce(&controller);
        if announced.is_ok() {
            stay(&mut controller.events(), &mut signals).await;
        }
        console::remark("stopping");
        controller.stop().await;
        announced.map(|()| Exit::Done)
    }
}

/// Starts a cluster; `None` if a signal came first.
pub async fn start(
    options: ClusterOptions,
    signals: &mut Signals,
) -> Result<Option<Controller>, Failure> {
    tokio::select! {
        started = Controller::start(options) => {
            let controller = started?;
            console::began(controller.running_for());
            controller.logs().send_to(|_, line| console::plain_remark(line));
            Ok(Some(controller))
        }
        _ = signals.next() => Ok(None),
    }
}

/// Prints where everything is.
fn announce(controller: &Controller) -> Result<(), Failure> {
    for server in controller.info().servers {
        let pid = server.pid.map_or(String::new(), |pid| format!(" pid {pid}"));
        console::result(&format!(
            "server {} {} {}{pid}",
            server.id.0, server.address, server.role
        ))?;
    }
    console::result(&format!("controller {}", controller.address()))?;
    Ok(console::result("ready")?)
}

async fn stay(events: &mut Receiver<ClusterEvent>, signals: &mut Signals) {
    loop {
        tokio::select! {
            _ = signals.next() => return,
            event = next_event(events) => console::remark(&event.to_string()),
        }
    }
}

/// The next thing that happened to a server; never, once there is nobody left to tell.
pub async fn next_event(events: &mut Receiver<ClusterEvent>) -> ClusterEvent {
    loop {
        match events.recv().await {
            Ok(event) => return event,
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return std::future::pending().await,
        }
    }
}
