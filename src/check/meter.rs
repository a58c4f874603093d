//! What a search has spent of its budget.

use super::Budget;
use std::cell::Cell;
use std::time::Instant;

/// How many steps pass between two looks at the clock.
const STEPS_PER_LOOK: u32 = 256;

/// A budget, and since when it runs.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    budget: Budget,
    start: Instant,
}

/// What one thread has spent.
#[derive(Debug)]
pub struct Meter {
    limit: Limit,
    steps: Cell<u32>,
}

impl Meter {
    /// Starts the clock. It bounds a search and decides nothing else: a verdict within the budget is always the same.
    #[allow(clippy::disallowed_methods)]
    pub fn start(budget: &Budget) -> Self {
        Meter::of(Limit { budget: *budget, start: Instant::now() })
    }

    /// Another meter of the same limit, for another thread.
    pub fn of(limit: Limit) -> Self {
        Meter { limit, steps: Cell::new(0) }
    }

    /// The limit of this meter.
    pub fn limit(&self) -> Limit {
        self.limit
    }

    /// True where no time is left.
    pub fn is_over(&self) -> bool {
        self.limit.start.elapsed() > self.limit.budget.time
    }

    /// Counts a step that holds so many bytes; says in words what is spent, if something is.
    pub fn spend(&self, bytes: usize) -> Result<(), String> {
        if bytes > self.limit.budget.memory {
            let mebibytes = self.limit.budget.memory >> 20;
            return Err(format!(
                "the search needs more than {mebibytes} MiB; conlab check --budget-memory gives it more"
            ));
        }
        let steps = self.steps.replace(self.steps.get().wrapping_add(1));
        if steps % STEPS_PER_LOOK == STEPS_PER_LOOK - 1 && self.is_over() {
            let seconds = self.limit.budget.time.as_secs_f64();
            return Err(format!(
                "the search takes longer than {seconds} s; conlab check --budget-time gives it more"
            ));
        }
        Ok(())
    }
}
