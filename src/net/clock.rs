//! The run's clock: the time since the controller started, the same on every server of a run.
//!
//! Each process reads its own monotonic clock; only the offset at its start comes from the wall clock. Servers on one
//! machine so agree to well below a millisecond, and a correction of the wall clock never moves a timer.

use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// Time since the start of the run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    origin: Instant,
    offset: Duration,
}

impl Clock {
    /// The clock of a run that began at `start`, as time since the Unix epoch.
    pub fn since(start: Duration) -> Self {
        Clock { origin: Instant::now(), offset: unix_now().saturating_sub(start) }
    }

    /// A clock that stands at zero, for tests that read what it shows.
    #[cfg(test)]
    pub fn stopped() -> Self {
        Clock { origin: Instant::now() + Duration::from_secs(86_400), offset: Duration::ZERO }
    }

    /// The time since the start of the run.
    pub fn now(&self) -> Duration {
        self.offset + self.origin.elapsed()
    }

    /// The instant at which this clock shows `time`.
    pub fn instant(&self, time: Duration) -> Instant {
        self.origin + time.saturating_sub(self.offset)
    }
}

/// Now, as time since the Unix epoch; zero before it.
#[allow(clippy::disallowed_methods)] // the one place where the live driver reads the wall clock
pub(super) fn unix_now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
