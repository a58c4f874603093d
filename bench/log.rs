//! `log`: what an append to the replicated log costs for each write concern, in memory and on disk; what a kill takes of what was
//! acknowledged; how fast a server catches up.

mod catch_up;
mod concern;
mod figures;
mod loss;
mod tables;

pub use catch_up::CatchingUp;
pub use figures::figures;
pub use loss::Losses;
pub use tables::{catching_up, losses};

use super::args::seconds;
use super::run::Run;
use clap::Args;
use conlab::cli::Failure;

/// Appends to the replicated log: their cost against w, in memory and on disk; what kills take; catching up
#[derive(Debug, Args)]
pub struct Log {
    /// Servers of each cluster, each a process
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(2..=20))]
    pub servers: u32,
    /// Requests in each repetition, where one client asks
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub requests: u32,
    /// Seconds of each block of load, where many ask
    #[arg(long, value_name = "S", default_value_t = 0.5, value_parser = seconds)]
    pub seconds: f64,
    /// Kills of the master and of all servers but one, for each w; 0 leaves them out
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(0..=1_000))]
    pub kills: u32,
    /// The same in the simulator
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    pub simulated_kills: u32,
    /// Messages that a server lacks which catches up; 0 leaves that out
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(0..=10_000_000))]
    pub behind: u32,
}

impl Log {
    /// Measures all of it.
    pub async fn measure(&self, run: &mut Run) -> Result<(), Failure> {
        concern::measure(self, run).await?;
        loss::measure(self, run).await?;
        if self.behind > 0 {
            catch_up::measure(self, run).await?;
        }
        Ok(())
    }
}
