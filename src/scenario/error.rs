//! What keeps a scenario from being played.

use super::grammar::GrammarError;
use crate::faults::Fault;
use crate::process::Defect;
use crate::systems::System;
use std::io;
use thiserror::Error;

/// Why a scenario could not be played to its end. An expectation that failed is no error but a result.
#[derive(Debug, Error)]
pub enum ScenarioError {
    /// The file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file, as it was named.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// The recording cannot be written.
    #[error("cannot record into {path}")]
    Write {
        /// The file, as it was named.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// A line is wrong.
    #[error("{path}:{line}:{}: {error}", error.column())]
    Line {
        /// The file, as it was named.
        path: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        error: GrammarError,
    },
    /// A fault makes no sense when its line starts.
    #[error("{path}:{line}: {reason}")]
    Fault {
        /// The file, as it was named.
        path: String,
        /// The line, from 1.
        line: usize,
        /// Why.
        reason: String,
    },
    /// Real servers have no deliberate defects.
    #[error("{path}: break={defect} is for the simulator only; leave out --live")]
    DefectLive {
        /// The file, as it was named.
        path: String,
        /// The rule that is left out.
        defect: Defect,
    },
    /// Real servers cannot have this fault.
    #[error("{path}:{line}: {fault} is for the simulator only: {why}; leave out --live")]
    OnlySimulated {
        /// The file, as it was named.
        path: String,
        /// The line, from 1.
        line: usize,
        /// The fault.
        fault: Fault,
        /// Why.
        why: &'static str,
    },
    /// A recording must be of the system and seed with which later runs compare it.
    #[error(
        "cannot record {path} with what is not its own; write `cluster {system} seed={seed}` into it"
    )]
    RecordOther {
        /// The file, as it was named.
        path: String,
        /// The system that was asked for.
        system: System,
        /// The seed that was asked for.
        seed: u64,
    },
}
