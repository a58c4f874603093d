//! `conlab server`: one server in the foreground, by hand, in a container, or as the controller starts it.

use super::args::{Globals, at};
use super::exit::{Exit, Failure};
use super::{console, layout};
use crate::net::{JoinOptions, LogLevel, ServerInfo, discover, run_child, run_joined};
use crate::process::NodeId;
use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::pin;
use std::time::Duration;
use tokio::time::sleep;

/// How often the controller is asked whether this server has joined, and how many times before nothing is said.
const LOOK_EVERY: Duration = Duration::from_millis(50);
const LOOKS: u32 = 200;

/// Run one server in the foreground: it joins a running cluster
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  CONLAB_TOKEN=secret conlab up causal                                   here
  CONLAB_TOKEN=secret conlab server --id 3 --join 127.0.0.1:3896         after `kill 3`
  CONLAB_TOKEN=secret conlab server --id 3 --join 10.0.0.1:3896 --listen 10.0.0.3:6487
  CONLAB_TOKEN=secret conlab server --id 3 --data /var/log3      a log that is on disk

The token comes from CONLAB_TOKEN, or from \"token\" in the config; it never stands on the command line.")]
pub struct Server {
    /// Which server of the cluster to be
    #[arg(long, value_name = "N", required_unless_present = "child", value_parser = clap::value_parser!(u32).range(1..))]
    id: Option<u32>,
    /// The cluster's controller [default: as for every command]
    #[arg(long, value_name = "HOST:PORT")]
    join: Option<String>,
    /// Where clients reach this server [default: where the cluster knows it]
    #[arg(long, value_name = "IP:PORT")]
    listen: Option<SocketAddr>,
    /// The folder to keep the log in, of a replicated-log cluster that was started with --data
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The controller's own way to start a server
    #[arg(long, hide = true)]
    child: bool,
}

impl Server {
    /// Runs the server until it is told to stop.
    pub async fn run(self, globals: &Globals) -> Result<Exit, Failure> {
        match self.id {
            Some(id) if !self.child => self.join(NodeId(id), globals).await,
            _ => Ok(run_child().await.map(|()| Exit::Done)?),
        }
    }

    async fn join(&self, id: NodeId, globals: &Globals) -> Result<Exit, Failure> {
        let config = globals.read_config()?;
        let token = layout::token(&config)?.ok_or_else(|| {
            Failure::usage(
                "no token; set CONLAB_TOKEN, or \"token\" in config.json, to what the cluster was started with",
            )
        })?;
        let join = match &self.join {
            Some(address) => at(address)?,
            None => globals.controller()?,
        };
        let quiet = config.log.level == LogLevel::Off;
        let options = JoinOptions {
            id,
            join: join.clone(),
            token,
            address: self.listen,
            data: self.data.clone(),
        };
        let mut joined = pin!(run_joined(options));
        tokio::select! {
            ended = &mut joined => return Ok(ended.map(|()| Exit::Done)?),
            () = tell_joined(id, &join), if !quiet => {}
        }
        Ok(joined.await.map(|()| Exit::Done)?)
    }
}

/// Says so once the controller counts this process as the server: whoever started it waits for that.
async fn tell_joined(id: NodeId, controller: &str) {
    for _ in 0..LOOKS {
        sleep(LOOK_EVERY).await;
        let Ok(info) = discover(controller).await else { continue };
        let own = |server: &&ServerInfo| {
            server.pid == Some(std::process::id()) && server.state == "running"
        };
        if let Some(server) = info.server(id).filter(own) {
            let (system, address) = (info.system, server.address);
            let number = id.0;
            return console::remark(&format!(
                "server {number} of {system} at {address}, joined {controller}"
            ));
        }
    }
}
