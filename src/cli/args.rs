//! The commands and the flags that several of them share.

use super::check::Check;
use super::completions::Completions;
use super::console;
use super::exit::Failure;
use super::history::HistoryCommand;
use super::ls::Ls;
use super::replay::Replay;
use super::request::{All, Append, Delete, Get, Messages, Set};
use super::run::Run;
use super::server::Server;
use super::shell::ShellCommand;
use super::status::Status;
use super::systems::Systems;
use super::test::Test;
use super::up::Up;
use crate::config::{Config, Log};
use crate::net::LogFormat;
use crate::systems::System;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// A consistency-model lab: pick a consistency level, run a real replicated store under it, and see what it gives.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "\
Examples:
  conlab                                   pick a level, start a cluster, get a prompt
  conlab --servers 10                      the same with ten servers
  conlab up causal                         start a cluster and keep it running
  conlab append Msg1 -w 2                  put a message into the log of a replicated-log cluster
  conlab set x 7 @2                        write x at server 2
  conlab get x @3                          read x at server 3
  conlab run test-cases/causal/*.scn       play scenarios in the simulator
  conlab test causal --runs 100            100 seeds of load and faults; does the claim hold?
  conlab check latest                      which consistency models the last session satisfies
  printf '1\\nset x 7 @2\\nget x @3\\n' | conlab

Exit codes: 0 done; 1 no (key absent, expectation failed); 2 unknown; 64 wrong usage;
69 cannot start, cannot reach, or refused; 70 internal fault."
)]
pub struct Cli {
    #[command(flatten)]
    pub cluster: ClusterFlags,
    /// Record what the clients see into this file instead of store/
    #[arg(long, value_name = "FILE")]
    pub history: Option<PathBuf>,
    #[command(flatten)]
    pub globals: Globals,
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// How to lay out a cluster; each flag stands above the config.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct ClusterFlags {
    /// Start this many servers [default: the config's, 3]
    #[arg(long, short = 'n', value_name = "N")]
    pub servers: Option<u32>,
    /// Put the controller on this port and the servers on the ports after it; 0 takes free ports
    #[arg(long, short = 'p', value_name = "P")]
    pub port: Option<u16>,
    /// Run the servers inside this process instead of as processes of their own
    #[arg(long)]
    pub in_process: bool,
    /// replicated-log: keep the log in this folder, so that it outlives every kill; else it is in memory alone
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// replicated-log: what more than F servers have acknowledged survives while F of them lack their memory [default: a
    /// minority]
    #[arg(long, value_name = "F")]
    pub tolerate: Option<u32>,
    /// replicated-log: refuse appends while fewer than a majority of the servers are healthy
    #[arg(long)]
    pub read_only_without_quorum: bool,
}

/// Flags that every command understands.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Globals {
    /// Read this file instead of ./config.json
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Ask the cluster whose controller listens here [default: the config's, 127.0.0.1:3896]
    #[arg(long, global = true, value_name = "HOST:PORT", env = "CONLAB_CONTROLLER")]
    pub controller: Option<String>,
    /// Log this much: off, warn, info, debug; for machines json, or both as in debug,json
    #[arg(long, global = true, value_name = "LEVEL", value_parser = str::parse::<Log>)]
    pub log: Option<Log>,
}

impl Globals {
    /// The config that is named, or found, or the default one; `--log` stands above it.
    pub fn read_config(&self) -> Result<Config, Failure> {
        let mut config = Config::find(self.config.as_deref())?;
        config.log = self.log.unwrap_or(config.log);
        console::remark_as_json(config.log.format == LogFormat::Json);
        Ok(config)
    }

    /// Where to ask for the cluster. The config is read only where nothing else says it.
    pub fn controller(&self) -> Result<String, Failure> {
        match self.controller.as_deref().filter(|address| !address.is_empty()) {
            Some(address) => at(address),
            None => Ok(self.read_config()?.controller().to_string()),
        }
    }
}

/// The address of a controller, if it can be one.
pub fn at(address: &str) -> Result<String, Failure> {
    let port = address.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
    match port {
        Some(port) if port > 0 => Ok(address.to_string()),
        _ => Err(Failure::usage(format!(
            "no controller can be at {address:?}; name it as HOST:PORT, as in 127.0.0.1:3896"
        ))),
    }
}

/// Reads the name of a system; shells complete it.
pub fn system() -> impl TypedValueParser<Value = System> {
    PossibleValuesParser::new(System::ALL.map(System::name)).try_map(|name| name.parse::<System>())
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    Up(Up),
    Set(Set),
    Get(Get),
    Delete(Delete),
    All(All),
    Append(Append),
    Messages(Messages),
    Shell(ShellCommand),
    Status(Status),
    Run(Run),
    Test(Box<Test>),
    Replay(Replay),
    Ls(Ls),
    Systems(Systems),
    Check(Check),
    History(HistoryCommand),
    Server(Server),
    Completions(Completions),
}
