//! The commands and their flags, with examples on each.

use super::completions::Completions;
use crate::config::Log;
use crate::systems::System;
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
  conlab set x 7 @2                        write x at server 2
  conlab get x @3                          read x at server 3
  printf '1\\nset x 7 @2\\nget x @3\\n' | conlab

Exit codes: 0 done, 1 no (absent, expectation failed), 2 unknown, 64 usage, 69 unavailable, 70 internal."
)]
pub struct Cli {
    #[command(flatten)]
    pub globals: Globals,
    #[command(flatten)]
    pub cluster: ClusterFlags,
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Flags that every command understands.
#[derive(Debug, Args)]
pub struct Globals {
    /// Read this file instead of ./config.json
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Ask the cluster whose controller listens here [default: the config's, 127.0.0.1:3896]
    #[arg(long, global = true, value_name = "HOST:PORT", env = "CONLAB_CONTROLLER")]
    pub controller: Option<String>,
    /// Log this much: off, error, warn, info, debug, trace; `json` or `debug,json` for machines
    #[arg(long, global = true, value_name = "LEVEL", value_parser = str::parse::<Log>)]
    pub log: Option<Log>,
}

/// How to lay out a cluster; each flag stands above the config.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct ClusterFlags {
    /// Start this many servers
    #[arg(long, short = 'n', value_name = "N")]
    pub servers: Option<u32>,
    /// Put the controller on this port and the servers on the ports after it; 0 takes free ports
    #[arg(long, short = 'p', value_name = "P")]
    pub port: Option<u16>,
    /// Run the servers as tasks of this process instead of as processes of their own
    #[arg(long)]
    pub in_process: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    Completions(Completions),
}

/// Reads a system's name.
pub fn system(text: &str) -> Result<System, String> {
    text.parse()
}
