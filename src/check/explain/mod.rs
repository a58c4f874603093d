//! Why a few operations cannot be put in order, in sentences.
//!
//! The operations are those of a counterexample, so there are few of them and something surely is wrong. What must come before
//! what is derived step by step ([`order`], [`sessions`]), each step with its reason, until the steps lead back to where they began. The
//! shortest such circle is told, each step after those that it rests on. Where values repeat, no single circle may exist: then
//! what is sure is told, and that no order fits it.

mod facts;
mod graph;
mod order;
mod quiet;
mod sentence;
mod sessions;

use super::{Edge, Model};
use crate::history::{End, History, OpId};
use facts::Facts;

/// So many operations can be told; a counterexample that could not be shrunk further is shown without reasons.
const MOST: usize = 24;

/// A sentence, and the steps of a circle where there is one.
pub fn explain(history: &History, model: Model) -> (String, Vec<Edge>) {
    if history.len() > MOST {
        return (nothing_fits(model), Vec::new());
    }
    if let Some(summary) = facts::from_nowhere(history, model) {
        return (summary, Vec::new());
    }
    let found = match model {
        Model::Eventual => quiet::explain(history).map(|summary| (summary, Vec::new())),
        Model::ReadYourWrites
        | Model::MonotonicReads
        | Model::MonotonicWrites
        | Model::WritesFollowReads => sessions::explain(&Facts::of(history, model), model),
        _ => order::explain(&Facts::of(history, model), model),
    };
    found.unwrap_or_else(|| {
        let summary = refused_cas(history).unwrap_or_else(|| nothing_fits(model));
        (summary, order::sure(&Facts::of(history, model), model))
    })
}

/// The one cas that says it found another value, if there is one.
fn refused_cas(history: &History) -> Option<String> {
    let refused = |id: &OpId| history.operation(*id).end() == End::Mismatch;
    let mut refused = (0..history.len() as OpId).filter(refused);
    match (refused.next(), refused.next()) {
        (Some(only), None) => Some(sentence::mismatch(history, only)),
        _ => None,
    }
}

fn nothing_fits(model: Model) -> String {
    let order = match model {
        Model::Linearizable => "no order that keeps real time",
        Model::Sequential => "no order that keeps each process's own",
        _ => "no order",
    };
    format!("{order} explains all that these operations returned")
}
