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
            let most = amount(self.limit.budget.memory);
            return Err(format!(
                "the search needs more than {most}; conlab check --budget-memory gives it more"
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

/// A number of bytes in the largest unit of which it is a whole number.
fn amount(bytes: usize) -> String {
    let units = [("GiB", 30), ("MiB", 20), ("KiB", 10)];
    let whole = |&(_, shift): &(&str, u32)| bytes >> shift << shift == bytes && bytes > 0;
    match units.into_iter().find(whole) {
        Some((unit, shift)) => format!("{} {unit}", bytes >> shift),
        None if bytes == 1 => "1 byte".to_string(),
        None => format!("{bytes} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::amount;

    #[test]
    fn a_budget_is_told_as_it_was_given() {
        let told = [0, 1, 3_000_000, 1536, 5 << 20, 2 << 30].map(amount);
        assert_eq!(told, ["0 bytes", "1 byte", "3000000 bytes", "1536 bytes", "5 MiB", "2 GiB"]);
    }
}
