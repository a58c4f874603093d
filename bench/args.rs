//! The command line.

use super::all::All;
use super::compare::Compare;
use super::goals::Goals;
use super::history::MakeHistory;
use super::latency::Latency;
use super::log::Log;
use super::run::{Run, block_on};
use super::scale::Scale;
use super::staleness::Staleness;
use super::throughput::Throughput;
use super::wan::Wan;
use clap::{Args, Parser, Subcommand};
use conlab::cli::{Exit, Failure};
use std::path::PathBuf;

/// Measures what each consistency level costs, beside the floor that no level can go below.
#[derive(Debug, Parser)]
#[command(
    name = "conlab-bench",
    version,
    after_help = "\
Examples:
  conlab-bench all                              everything, small, with charts in plots/index.html
  conlab-bench goals                            how fast it must be: pass or short
  conlab-bench latency --requests 1000          one client, ten servers
  conlab-bench throughput --clients 1,64 --rate 2000
  conlab-bench log --servers 5                  appends: w = 1 to 5, in memory and on disk
  conlab-bench history h.jsonl --operations 1000000 --clients 50
  conlab-bench compare before.json after.json --limit 1.1

Exit codes: 0 done; 1 a regression past the limit; 64 wrong usage, input or folder;
69 a server cannot start or does not answer; 70 internal fault."
)]
pub struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// Flags that every command understands.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Common {
    /// Measure so many times, in turns with all others, and tell medians [default: by command]
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub repetitions: Option<u32>,
    /// The seed of all that is simulated
    #[arg(long, global = true, value_name = "SEED", default_value_t = 1)]
    pub seed: u64,
    /// Draw charts into this folder
    #[arg(long, global = true, value_name = "DIR", default_value = "plots")]
    pub out: PathBuf,
    /// Write results to this file [default: store/bench/TIME/results.json]
    #[arg(long, global = true, value_name = "FILE")]
    pub results: Option<PathBuf>,
    /// Record what the clients see into this folder, a file for each cluster; for conlab check. Slower, as each
    /// event is written at once, and each write has a value of its own
    #[arg(long, global = true, value_name = "DIR")]
    pub history: Option<PathBuf>,
    /// Print the results as JSON instead of tables
    #[arg(long, global = true)]
    pub json: bool,
    /// Start this program for each server of a cluster [default: this one]
    #[arg(long, global = true, value_name = "PROGRAM")]
    pub executable: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Latency(Latency),
    Throughput(Throughput),
    Scale(Scale),
    Wan(Wan),
    Staleness(Staleness),
    Log(Log),
    Goals(Goals),
    Compare(Compare),
    History(MakeHistory),
    All(All),
}

impl Cli {
    /// Runs the command.
    pub fn run(self) -> Result<Exit, Failure> {
        let Cli { common, command } = self;
        let name = match &command {
            Command::Compare(compare) => return compare.run(common.json),
            Command::History(history) => return history.run(common.seed),
            Command::Latency(_) => "latency",
            Command::Throughput(_) => "throughput",
            Command::Scale(_) => "scale",
            Command::Wan(_) => "wan",
            Command::Staleness(_) => "staleness",
            Command::Log(_) => "log",
            Command::Goals(_) => "goals",
            Command::All(_) => "all",
        };
        let mut run = Run::start(name, common)?;
        let measured = block_on(command.measure(&mut run));
        run.finish(measured)
    }
}

impl Command {
    async fn measure(&self, run: &mut Run) -> Result<(), Failure> {
        match self {
            Command::Latency(command) => command.measure(run).await,
            Command::Throughput(command) => command.measure(run).await,
            Command::Scale(command) => command.measure(run).await,
            Command::Wan(command) => command.measure(run).await,
            Command::Staleness(command) => command.measure(run).await,
            Command::Log(command) => command.measure(run).await,
            Command::Goals(command) => command.measure(run).await,
            Command::All(command) => command.measure(run).await,
            Command::Compare(_) | Command::History(_) => Ok(()),
        }
    }
}

/// Reads a time in seconds that is worth measuring.
pub fn seconds(text: &str) -> Result<f64, String> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| (0.01..=3600.0).contains(seconds));
    seconds.ok_or_else(|| format!("expected seconds from 0.01 to 3600, found {text:?}"))
}

/// Reads a number of operations a second.
pub fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse::<f64>().ok().filter(|rate| (1.0..=1e7).contains(rate));
    rate.ok_or_else(|| format!("expected operations a second from 1 to 10000000, found {text:?}"))
}
