//! `all`: everything at small size, in under five minutes, and a page that shows it.

use super::goals::Goals;
use super::latency::Latency;
use super::log::Log;
use super::run::Run;
use super::scale::Scale;
use super::staleness::Staleness;
use super::throughput::Throughput;
use super::wan::Wan;
use clap::Args;
use conlab::cli::Failure;

/// Everything at small size, in under five minutes, and plots/index.html that shows it
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conlab-bench all                              draws into plots/ and store/bench/
  conlab-bench all --results r.json --out /tmp/plots")]
pub struct All {
    /// As small as can be: to see that it works, not what it measures
    #[arg(long)]
    tiny: bool,
}

impl All {
    /// Measures everything, one command after the other.
    pub async fn measure(&self, run: &mut Run) -> Result<(), Failure> {
        let tiny = self.tiny;
        let pick = |small: u32, least: u32| if tiny { least } else { small };
        let seconds = if tiny { 0.02 } else { 0.25 };
        Latency { servers: pick(10, 2), requests: pick(100, 5) }.measure(run).await?;
        let clients = if tiny { vec![1, 3] } else { vec![1, 4, 16, 64, 256] };
        let rate = if tiny { vec![100.0] } else { vec![2_000.0] };
        Throughput { servers: pick(3, 2), clients, seconds, rate }.measure(run).await?;
        let live = if tiny { vec![1, 2] } else { vec![1, 3, 5, 10, 20] };
        let simulated = if tiny { vec![1, 3] } else { vec![1, 3, 10, 30, 100, 300, 1000] };
        Scale { live, simulated, requests: pick(100, 5), seconds }.measure(run).await?;
        Wan { requests: pick(50, 3), live_requests: pick(3, 0) }.measure(run).await?;
        Staleness { reads: pick(100, 5), live_reads: pick(40, 2) }.measure(run).await?;
        Log {
            servers: 3,
            requests: pick(100, 3),
            seconds,
            kills: pick(3, 1),
            simulated_kills: pick(100, 2),
            behind: pick(1_000_000, 1_000),
        }
        .measure(run)
        .await?;
        Goals { requests: pick(100, 5), seconds }.measure(run).await
    }
}
