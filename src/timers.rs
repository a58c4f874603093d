//! The timers of one process, by name: what is armed, and which is due next.
//!
//! Both drivers keep one table a process. Arming a timer that is armed moves it; a timer fires once.

use std::collections::BTreeMap;
use std::time::Duration;

/// Named timers with their due times on the process's own clock.
#[derive(Debug)]
pub struct Timers<T> {
    due: BTreeMap<T, Duration>,
}

impl<T> Default for Timers<T> {
    fn default() -> Self {
        Timers { due: BTreeMap::new() }
    }
}

impl<T: Ord + Clone> Timers<T> {
    /// Arms `timer` for the moment `at`, moving it if it was armed.
    pub fn arm(&mut self, timer: T, at: Duration) {
        self.due.insert(timer, at);
    }

    /// Forgets `timer`; no effect if it is not armed.
    pub fn disarm(&mut self, timer: &T) {
        self.due.remove(timer);
    }

    /// The earliest due time, if any timer is armed.
    pub fn next(&self) -> Option<Duration> {
        self.due.values().min().copied()
    }

    /// Takes the earliest timer that is due at `now`; ties go in the order of names.
    pub fn pop_due(&mut self, now: Duration) -> Option<T> {
        let (timer, _) =
            self.due.iter().filter(|(_, at)| **at <= now).min_by_key(|(_, at)| **at)?;
        let timer = timer.clone();
        self.due.remove(&timer);
        Some(timer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fires_in_order_once_and_moves_when_armed_again() {
        let mut timers = Timers::default();
        let ms = Duration::from_millis;
        timers.arm("late", ms(30));
        timers.arm("early", ms(20));
        timers.arm("late", ms(10));
        timers.arm("never", ms(1));
        timers.disarm(&"never");
        assert_eq!(timers.next(), Some(ms(10)));
        assert_eq!(timers.pop_due(ms(20)), Some("late"));
        assert_eq!(timers.pop_due(ms(20)), Some("early"));
        assert_eq!(timers.pop_due(ms(99)), None);
    }
}
