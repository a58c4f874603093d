//! Why a few operations cannot be put in order.

use super::{Edge, Model};
use crate::history::History;

/// A sentence, and a cycle of reasons where there is one.
pub fn explain(history: &History, model: Model) -> (String, Vec<Edge>) {
    let _ = history;
    (format!("no order of these operations is {model}"), Vec::new())
}
