//! A server's own clock: it may run fast or slow, and jump ahead. It never goes back.

use crate::faults::Fault;
use std::time::Duration;

/// What a clock that runs true runs at, in percent.
const TRUE: f64 = 100.0;

/// Shows `local` at the true time `since`, and goes on at `percent` of the true speed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    since: Duration,
    local: Duration,
    percent: f64,
}

impl Default for Clock {
    fn default() -> Self {
        Clock { since: Duration::ZERO, local: Duration::ZERO, percent: TRUE }
    }
}

impl Clock {
    /// What the clock shows at the true time `now`.
    pub fn shows(&self, now: Duration) -> Duration {
        let passed = now.saturating_sub(self.since);
        self.local + if self.percent == TRUE { passed } else { passed.mul_f64(self.percent / TRUE) }
    }

    /// The first true time, in whole microseconds, at which the clock surely shows `local` or more.
    pub fn when(&self, local: Duration) -> Duration {
        let left = local.saturating_sub(self.local);
        if self.percent == TRUE {
            return self.since + left;
        }
        let micros = (left.mul_f64(TRUE / self.percent).as_micros() + 2) as u64;
        self.since + Duration::from_micros(micros)
    }

    /// The clock jumps, or changes its speed, at the true time `now`.
    pub fn change(&mut self, now: Duration, fault: Fault) {
        (self.local, self.since) = (self.shows(now), now);
        match fault {
            Fault::Jump(_, ahead) => self.local += ahead,
            Fault::Drift(_, percent) => self.percent = percent,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::NodeId;

    #[test]
    fn a_moment_is_never_announced_before_the_clock_shows_it() {
        let ms = Duration::from_millis;
        let mut clock = Clock::default();
        assert_eq!((clock.shows(ms(5)), clock.when(ms(5))), (ms(5), ms(5)));
        for (number, percent) in (0..).zip([33.3, 250.0, 10.0, 1000.0, 99.9]) {
            clock.change(ms(number * 10), Fault::Drift(NodeId(1), percent));
            for local in (0..1_000).map(|step| clock.local + Duration::from_micros(step * 77)) {
                assert!(clock.shows(clock.when(local)) >= local, "{percent}% {local:?}");
            }
        }
        let before = clock.shows(ms(50));
        clock.change(ms(50), Fault::Jump(NodeId(1), ms(700)));
        assert_eq!(clock.shows(ms(50)), before + ms(700));
    }
}
