//! What a check answers.

use super::Model;
use crate::history::{History, OpId};
use std::time::Duration;

/// How much a search may spend before it answers `unknown`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// The time for one model.
    pub time: Duration,
    /// The memory for one model, in bytes, beside the history itself.
    pub memory: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Budget { time: Duration::from_secs(60), memory: 2 << 30 }
    }
}

/// The answer to "does this history satisfy this model".
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It does.
    Valid,
    /// It does not, and these operations alone show it.
    Invalid(Box<Counterexample>),
    /// Nobody knows, for this reason.
    Unknown(String),
}

impl Verdict {
    /// True where the model holds.
    pub fn is_valid(&self) -> bool {
        *self == Verdict::Valid
    }

    /// The counterexample of an invalid history.
    pub fn counterexample(&self) -> Option<&Counterexample> {
        match self {
            Verdict::Invalid(found) => Some(found),
            _ => None,
        }
    }
}

/// Why one operation of a counterexample comes before another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// The earlier operation, by its place in [`Counterexample::history`].
    pub from: OpId,
    /// The later one.
    pub to: OpId,
    /// The reason, as a sentence.
    pub why: String,
}

/// A few operations that break a model by themselves.
#[derive(Debug, Clone)]
pub struct Counterexample {
    /// The model that they break.
    pub model: Model,
    /// What is wrong, in a sentence.
    pub summary: String,
    /// The operations, as a history of their own: with the positions, times and line numbers of the whole, and invalid when
    /// it is checked alone. Elements of lists that play no part are left out of what was read.
    pub history: History,
    /// Why they cannot be put in order: a cycle where there is one.
    pub edges: Vec<Edge>,
    /// The weaker models that the whole history still satisfies; filled by [`ladder`](super::ladder).
    pub still_hold: Vec<Model>,
}

impl PartialEq for Counterexample {
    fn eq(&self, other: &Self) -> bool {
        self.model == other.model
            && self.summary == other.summary
            && self.history.operations() == other.history.operations()
            && self.edges == other.edges
    }
}

impl Counterexample {
    /// The lines of the file on which the operations stand, ascending.
    pub fn lines(&self) -> Vec<u32> {
        let operations = self.history.operations().iter();
        let mut lines: Vec<u32> = operations
            .flat_map(|operation| [Some(operation.invoked_line()), operation.ended_line()])
            .flatten()
            .collect();
        lines.sort_unstable();
        lines
    }
}

/// The verdict on one model.
#[derive(Debug, Clone, PartialEq)]
pub struct Rung {
    /// The model.
    pub model: Model,
    /// Its verdict.
    pub verdict: Verdict,
}

/// The verdicts on several models, in the order asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Ladder {
    /// One for each model.
    pub rungs: Vec<Rung>,
}

impl Ladder {
    /// The strongest models that hold: those that no other holding model implies.
    pub fn strongest_holding(&self) -> Vec<Model> {
        let holds: Vec<Model> = self.models(Verdict::is_valid);
        let implied = |weaker: &Model| holds.iter().any(|strong| strong.implies(*weaker));
        holds.iter().filter(|model| !implied(model)).copied().collect()
    }

    /// The weakest models that break: those that imply no other broken one.
    pub fn weakest_broken(&self) -> Vec<Model> {
        let broken = self.models(|verdict| verdict.counterexample().is_some());
        let implies = |strong: &Model| broken.iter().any(|weaker| strong.implies(*weaker));
        broken.iter().filter(|model| !implies(model)).copied().collect()
    }

    fn models(&self, which: impl Fn(&Verdict) -> bool) -> Vec<Model> {
        self.rungs.iter().filter(|rung| which(&rung.verdict)).map(|rung| rung.model).collect()
    }
}
