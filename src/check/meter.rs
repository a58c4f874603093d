//! What a search has spent of its budget.

use super::Budget;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

/// How many steps pass between two looks at the clock.
const STEPS_PER_LOOK: u32 = 256;

/// A budget that runs.
#[derive(Debug)]
pub struct Meter {
    budget: Budget,
    start: Instant,
    steps: AtomicU32,
}

impl Meter {
    /// Starts the clock. It bounds a search and decides nothing else: a verdict within the budget is always the same.
    #[allow(clippy::disallowed_methods)]
    pub fn start(budget: &Budget) -> Self {
        Meter { budget: *budget, start: Instant::now(), steps: AtomicU32::new(0) }
    }

    /// True where no time is left.
    pub fn is_over(&self) -> bool {
        self.start.elapsed() > self.budget.time
    }

    /// Counts a step that holds so many bytes; says in words what is spent, if something is.
    pub fn spend(&self, bytes: usize) -> Result<(), String> {
        if bytes > self.budget.memory {
            let mebibytes = self.budget.memory >> 20;
            return Err(format!(
                "the search needs more than {mebibytes} MiB; raise --budget-memory"
            ));
        }
        let steps = self.steps.fetch_add(1, Ordering::Relaxed);
        if steps % STEPS_PER_LOOK == STEPS_PER_LOOK - 1 && self.is_over() {
            let seconds = self.budget.time.as_secs_f64();
            return Err(format!("the search takes longer than {seconds} s; raise --budget-time"));
        }
        Ok(())
    }
}
