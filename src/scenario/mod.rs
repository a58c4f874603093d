//! Scenarios: text files that say who asks what, what breaks, and what should come of it.
//!
//! ```text
//! # Causal: a read waits until its server has what the client has seen.
//! cluster causal servers=10
//! slow 1->10 500ms
//! a: set x 7 @2 => ok
//! a: get x @10 => 7 after 400ms
//! ---
//! … the trace, recorded
//! ```
//!
//! [`run`] plays a file in the simulator: the trace, what came of each request, and whether that is what the file wants
//! and what it has recorded. [`compare_systems`] plays it under every system. Whoever has another [`Stage`] plays a
//! [`Scenario`] there with [`play`] and judges it with [`judge`].

mod compare;
mod error;
mod file;
mod finding;
pub mod grammar;
mod live;
mod report;
mod runner;
mod simulated;
mod stage;
#[cfg(test)]
mod tests;
mod trace;
mod verdict;
mod witness;
mod words;

pub use compare::compare_systems;
pub use error::ScenarioError;
pub use file::{Scenario, ScenarioLine, What};
pub use finding::{Finding, Lost};
pub use live::{Listener, Live, LiveError, play_live, run_live};
pub use report::{Judged, judge};
pub use runner::{Ended, Played, play};
pub use simulated::{KnowsClients, play_simulated, settings};
pub use stage::{Answered, Stage};
pub use verdict::broken;
pub use witness::{Checked, Record};

use crate::systems::System;
use simulated::Simulated;
use std::fs;
use std::path::Path;

/// The seed of a scenario that names none.
pub const DEFAULT_SEED: u64 = 1;

/// How to run a scenario.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RunOptions {
    /// The seed that takes the place of the file's own. The recording is then not compared.
    pub seed: Option<u64>,
    /// The system that takes the place of the file's own. What the file wants is then not judged.
    pub system: Option<System>,
    /// Whether to write the output into the file, as its recording.
    pub record: bool,
}

/// What to tell about a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The trace, the results and the verdict.
    pub text: String,
    /// Whether every expectation held and the output is as recorded.
    pub passed: bool,
}

/// Reads a scenario file.
///
/// # Errors
/// If the file cannot be read, or a line is wrong.
pub fn load(path: &Path) -> Result<Scenario, ScenarioError> {
    let name = path.display().to_string();
    let text = crate::files::read_text(path)
        .map_err(|source| ScenarioError::Read { path: name.clone(), source })?;
    Scenario::parse(&name, &text)
}

/// Plays a scenario file in the simulator.
///
/// # Errors
/// If the file cannot be read, a line is wrong, a fault makes no sense, or the recording cannot be written.
pub fn run(path: &Path, options: &RunOptions) -> Result<Report, ScenarioError> {
    run_recorded(path, options, None)
}

/// The same; what its clients see may be recorded, in virtual time.
///
/// # Errors
/// As of [`run`].
pub fn run_recorded(
    path: &Path,
    options: &RunOptions,
    record: Option<Record>,
) -> Result<Report, ScenarioError> {
    let mut scenario = load(path)?;
    let (own_system, own_seed) =
        (scenario.cluster.system, scenario.cluster.seed.unwrap_or(DEFAULT_SEED));
    let (system, seed) = (options.system.unwrap_or(own_system), options.seed.unwrap_or(own_seed));
    let as_written = (system, seed) == (own_system, own_seed);
    if options.record && !as_written {
        return Err(ScenarioError::RecordOther { path: scenario.path, system, seed });
    }
    scenario.cluster.system = system;
    if system != own_system {
        scenario.want_nothing();
    }
    let (trace, played) = system.visit(Simulated { scenario: &scenario, seed, record })?;
    let judged = judge(&scenario, &played, true);
    let output = report::output(&scenario, seed, &trace, &judged);
    if options.record {
        scenario.recording = Some(output.clone());
        let (path, source) = (scenario.path.clone(), fs::write(path, scenario.text()));
        source.map_err(|source| ScenarioError::Write { path, source })?;
    }
    if !as_written {
        scenario.recording = None;
    }
    let other = options.system.map_or(String::new(), |system| format!(" --system {system}"));
    let replay = report::replay(&scenario.path, &format!("{other} --seed {seed}"));
    Ok(report::report(&scenario, &replay, output, &judged))
}
