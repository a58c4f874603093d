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
mod cut;
mod explain;
mod facts;
mod frontier;
mod keys;
mod latest;
mod linearizable;
mod meter;
mod model;
mod reads_from;
mod rows;
mod schedule;
mod sequential;
mod sessions;
mod shrink;
#[cfg(test)]
mod sound;
mod sources;
mod text;
mod verdict;
mod zones;

pub use model::Model;
pub use text::{letter, names};
pub use verdict::{Budget, Counterexample, Edge, Ladder, Rung, Verdict};

use crate::history::History;
use facts::Facts;
use meter::Meter;

/// Checks one model. Keys are checked in parallel where the model is local to them.
pub fn check(history: &History, model: Model, budget: &Budget) -> Verdict {
    let mut rungs = ladder(history, &[model], budget).rungs;
    rungs.swap_remove(0).verdict
}

fn verdict(facts: &Facts, model: Model, budget: &Budget) -> Verdict {
    match model {
        Model::Linearizable => linearizable::check(facts.history, budget),
        Model::Sequential => sequential::check(facts.history, budget),
        Model::Causal | Model::CausalConvergent => {
            causal::check(facts, model == Model::CausalConvergent, budget)
        }
        Model::Eventual => convergence::check(facts.history, budget),
        model => sessions::check(facts, &[model], budget).swap_remove(0),
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
        Model::Sequential => sequential::breaks(history, meter),
        model => sessions::breaks(history, model),
    }
}

/// Checks these models, and says of each counterexample which weaker models of the list still hold.
pub fn ladder(history: &History, models: &[Model], budget: &Budget) -> Ladder {
    if history.is_empty() {
        let verdict = Verdict::Unknown("the history holds no operation".into());
        let rung = |&model: &Model| Rung { model, verdict: verdict.clone() };
        return Ladder { rungs: models.iter().map(rung).collect() };
    }
    let facts = Facts::of(history);
    let guarantees: Vec<Model> =
        models.iter().copied().filter(|model| model.is_session()).collect();
    let mut of_sessions = sessions::check(&facts, &guarantees, budget).into_iter();
    let mut check = |&model: &Model| {
        let of_session = if model.is_session() { of_sessions.next() } else { None };
        Rung { model, verdict: of_session.unwrap_or_else(|| verdict(&facts, model, budget)) }
    };
    let mut rungs: Vec<Rung> = models.iter().map(&mut check).collect();
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
