//! Which consistency models a history satisfies, and where not, why.
//!
//! A check looks at nothing but the history. It answers [`Verdict::Valid`], [`Verdict::Invalid`] with a few operations that
//! break the model by themselves, or [`Verdict::Unknown`] with the reason: the budget is spent, or the model does not apply. It
//! never guesses, and never says `valid` of a history without operations.
#![allow(clippy::disallowed_types)] // hashing finds what belongs together; its order never escapes

mod append;
mod before;
mod causal;
mod convergence;
mod explain;
mod frontier;
mod keys;
mod latest;
mod linearizable;
mod meter;
mod model;
mod reads_from;
mod schedule;
mod sequential;
mod sessions;
mod shrink;
mod sources;
mod verdict;
mod zones;

pub use model::Model;
pub use verdict::{Budget, Counterexample, Edge, Ladder, Rung, Verdict};

use crate::history::History;
use meter::Meter;

/// Checks one model. Keys are checked in parallel where the model is local to them.
pub fn check(history: &History, model: Model, budget: &Budget) -> Verdict {
    if history.is_empty() {
        return Verdict::Unknown("the history holds no operation".into());
    }
    match model {
        Model::Linearizable => linearizable::check(history, budget),
        Model::Causal | Model::CausalConvergent => {
            causal::check(history, model == Model::CausalConvergent, budget)
        }
        Model::Eventual => convergence::check(history, budget),
        Model::ReadYourWrites
        | Model::MonotonicReads
        | Model::MonotonicWrites
        | Model::WritesFollowReads => sessions::check(history, model, budget),
        Model::Sequential => sequential::check(history, budget),
    }
}

/// True where a small history surely breaks a model: the check without the counterexample.
fn breaks(history: &History, model: Model, meter: &Meter) -> bool {
    match model {
        Model::Linearizable => linearizable::breaks(history, meter),
        Model::Causal | Model::CausalConvergent => {
            causal::breaks(history, model == Model::CausalConvergent, meter)
        }
        Model::Eventual => convergence::breaks(history),
        Model::ReadYourWrites
        | Model::MonotonicReads
        | Model::MonotonicWrites
        | Model::WritesFollowReads => sessions::breaks(history, model, meter),
        Model::Sequential => sequential::breaks(history, meter),
    }
}

/// Checks these models, and says of each counterexample which weaker models of the list still hold.
pub fn ladder(history: &History, models: &[Model], budget: &Budget) -> Ladder {
    let check = |&model: &Model| Rung { model, verdict: check(history, model, budget) };
    let mut rungs: Vec<Rung> = models.iter().map(check).collect();
    let holding: Vec<Model> =
        rungs.iter().filter(|rung| rung.verdict == Verdict::Valid).map(|rung| rung.model).collect();
    for rung in &mut rungs {
        if let Verdict::Invalid(found) = &mut rung.verdict {
            found.still_hold =
                holding.iter().copied().filter(|&weaker| rung.model < weaker).collect();
        }
    }
    Ladder { rungs }
}
