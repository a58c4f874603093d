//! How long a thread of this machine has worked.

use std::time::Duration;
use tokio::time::Instant;

/// Runs from its creation on. It counts the time that this thread works, where the system says it, so that other programs
/// on the machine do not count; else the time that passes.
#[derive(Debug)]
pub struct Stopwatch {
    begun: Instant,
    worked: Option<Duration>,
}

impl Stopwatch {
    /// Starts it.
    pub fn start() -> Self {
        Stopwatch { begun: Instant::now(), worked: worked() }
    }

    /// The time since then.
    pub fn elapsed(&self) -> Duration {
        match (self.worked, worked()) {
            (Some(before), Some(now)) => now.saturating_sub(before),
            _ => self.begun.elapsed(),
        }
    }
}

/// How long this thread has worked since its start, for itself and in the kernel.
#[cfg(target_os = "linux")]
fn worked() -> Option<Duration> {
    use nix::sys::resource::{UsageWho, getrusage};
    use nix::sys::time::TimeValLike;
    let usage = getrusage(UsageWho::RUSAGE_THREAD).ok()?;
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    u64::try_from(micros).ok().map(Duration::from_micros)
}

#[cfg(not(target_os = "linux"))]
fn worked() -> Option<Duration> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_takes_time() {
        let watch = Stopwatch::start();
        let sum = (0..20_000_000u64).fold(0, |sum: u64, next| sum.rotate_left(7) ^ next);
        assert!(watch.elapsed() > Duration::ZERO, "{sum}");
    }
}
