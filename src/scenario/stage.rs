//! Where a scenario is played: simulated servers in virtual time, or real ones.

use crate::faults::Fault;
use crate::process::{NodeId, Op, Outcome};
use crate::sim::Places;
use std::time::Duration;

/// A cluster that has just started, with clients beside it.
pub trait Stage {
    /// The time since the start.
    fn now(&self) -> Duration;

    /// `client` (empty for the one without a name) asks the server `at` for something, now. Returns a number that names
    /// the request among all others of this stage. It ends in any case: a stage gives up on a silent server.
    fn request(&mut self, client: &str, at: NodeId, op: Op) -> u64;

    /// Begins or ends a fault, now.
    ///
    /// # Errors
    /// Why it cannot be, as a person should read it.
    fn fault(&mut self, fault: Fault) -> Result<(), String>;

    /// The next answer, in the order in which they come. `None` once it is `until`; without `until`, and with a request
    /// under way, an answer comes for sure.
    fn next_answer(&mut self, until: Option<Duration>) -> Option<Answered>;

    /// Which write took which place in the order, where that is known.
    fn places(&self) -> Option<&Places> {
        None
    }
}

/// The end of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Which request.
    pub request: u64,
    /// When it ended.
    pub at: Duration,
    /// How.
    pub outcome: Outcome,
}
