//! `conlab run FILE…`: plays scenarios in the simulator or, with `--live`, on real servers.

use super::exit::{Exit, Failure};
use clap::Args;
use std::path::PathBuf;

/// Play scenario files in the simulator, or on real servers
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conlab run test-cases/causal/blocked_read.scn
  conlab run test-cases/*/*.scn
  conlab run my.scn --record                  keep the output in the file, to compare with from then on
  conlab run my.scn --seed 7                  other chances
  conlab run my.scn --live                    on real servers, on free ports
  conlab run my.scn --system all              all levels side by side

Exit code 1 if an expectation failed or the output is not the recorded one.")]
pub struct Run {
    /// Scenario files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Play on real server processes; the recorded output and `within` are ignored
    #[arg(long, conflicts_with_all = ["seed", "record", "system"])]
    live: bool,
    /// Where randomness begins
    #[arg(long, value_name = "S", conflicts_with = "record")]
    seed: Option<u64>,
    /// Write the output into the file, below its line ---
    #[arg(long)]
    record: bool,
    /// Play under another system, or under `all` side by side
    #[arg(long, value_name = "SYSTEM", conflicts_with = "record")]
    system: Option<String>,
}

impl Run {
    /// Plays all files; the worst result counts.
    pub fn run(self) -> Result<Exit, Failure> {
        Err(Failure::internal("not connected yet"))
    }
}
