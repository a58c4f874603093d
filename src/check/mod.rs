//! Which consistency models a history satisfies, and where not, why.
//!
//! A check looks at nothing but the history. It answers [`Verdict::Valid`], [`Verdict::Invalid`] with a few operations that
//! break the model by themselves, or [`Verdict::Unknown`] with the reason: the budget is spent, or the model does not apply. It
//! never guesses, and never says `valid` of a history without operations.
#![allow(clippy::disallowed_types)] // hashing finds what belongs together; its order never escapes

mod model;
mod verdict;

pub use model::Model;
pub use verdict::{Budget, Counterexample, Edge, Ladder, Rung, Verdict};

use crate::history::History;

/// Checks one model. Keys are checked in parallel where the model is local to them.
pub fn check(history: &History, model: Model, budget: &Budget) -> Verdict {
    if history.is_empty() {
        return Verdict::Unknown("the history holds no operation".into());
    }
    let _ = budget;
    Verdict::Unknown(format!("there is no checker of {model} yet"))
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
