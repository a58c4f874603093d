//! What several models ask of a history, found once.

use super::reads_from::{ReadsFrom, Unresolved, resolve};
use crate::history::History;
use std::sync::OnceLock;

/// A history with what is known of it.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The history.
    pub history: &'a History,
    reads_from: OnceLock<Result<ReadsFrom, Unresolved>>,
}

impl<'a> Facts<'a> {
    /// Of this history; nothing is looked for yet.
    pub fn of(history: &'a History) -> Self {
        Facts { history, reads_from: OnceLock::new() }
    }

    /// Which write each read returns, by version where there is one, else by value.
    pub fn reads_from(&self) -> Result<&ReadsFrom, &Unresolved> {
        self.reads_from.get_or_init(|| resolve(self.history)).as_ref()
    }
}
