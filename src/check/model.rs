//! The consistency models, from the strongest.

use crate::nearest::meant;
use std::fmt;
use std::str::FromStr;

/// A guarantee that a history keeps or breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Model {
    /// One order, in real time (Herlihy and Wing, 1990).
    Linearizable,
    /// One order, in each process's own order (Lamport, 1979).
    Sequential,
    /// Causal order, and one order of all writes (Bouajjani, Enea, Guerraoui and Hamza, 2017: CCv).
    CausalConvergent,
    /// Causal order alone (the same paper: CC).
    Causal,
    /// A read is not older than the process's own last write (Terry et al., 1994).
    ReadYourWrites,
    /// A read is not older than the process's last read (Terry et al., 1994).
    MonotonicReads,
    /// A write is newer than the process's last write (Terry et al., 1994).
    MonotonicWrites,
    /// A write is newer than the process's last read (Terry et al., 1994).
    WritesFollowReads,
    /// When all is quiet, all servers agree on a value that was written (Vogels, 2009).
    Eventual,
}

impl Model {
    /// All models, the strongest first.
    pub const ALL: [Model; 9] = [
        Model::Linearizable,
        Model::Sequential,
        Model::CausalConvergent,
        Model::Causal,
        Model::ReadYourWrites,
        Model::MonotonicReads,
        Model::MonotonicWrites,
        Model::WritesFollowReads,
        Model::Eventual,
    ];

    /// Its name on the command line and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Model::Linearizable => "linearizable",
            Model::Sequential => "sequential",
            Model::CausalConvergent => "causal-convergent",
            Model::Causal => "causal",
            Model::ReadYourWrites => "read-your-writes",
            Model::MonotonicReads => "monotonic-reads",
            Model::MonotonicWrites => "monotonic-writes",
            Model::WritesFollowReads => "writes-follow-reads",
            Model::Eventual => "eventual",
        }
    }

    /// True of the four session guarantees.
    pub fn is_session(self) -> bool {
        use Model::{MonotonicReads, MonotonicWrites, ReadYourWrites, WritesFollowReads};
        matches!(self, ReadYourWrites | MonotonicReads | MonotonicWrites | WritesFollowReads)
    }

    /// True where each history that satisfies this model satisfies the weaker one too, by the definitions. Plain causality
    /// implies no session guarantee by version (one client may read 1, 2, 1), and convergence speaks of the quiet period alone.
    pub fn implies(self, weaker: Model) -> bool {
        match weaker {
            Model::Eventual => false,
            Model::Linearizable | Model::Sequential | Model::CausalConvergent | Model::Causal => {
                self < weaker
            }
            _ => self <= Model::CausalConvergent,
        }
    }
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Model {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Model::ALL.into_iter().find(|model| model.name() == name);
        found.ok_or_else(|| {
            let names: Vec<&str> = Model::ALL.iter().map(|model| model.name()).collect();
            format!(
                "there is no model {name:?}; {}use one of {}",
                meant(name, &names),
                names.join(", ")
            )
        })
    }
}
