//! From suspects to a counterexample: as few operations as possible that break the model by themselves.
//!
//! Whatever is taken out, the rest must still prove something about the whole: it may become invalid only because the whole is. So
//! a write leaves together with every read, cas and failed cas that may have seen it ([`Sources`]); an element of a list leaves together with
//! its place in every read. What remains is checked as a history of its own, and taken only if it is still invalid.

use super::explain::explain;
use super::meter::Meter;
use super::sources::Sources;
use super::{Budget, Counterexample, Model, Verdict, breaks};
use crate::history::{Act, History, KeyId, OpId, ValueId};
use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

/// How long shrinking may take: a longer counterexample in time is better than a shorter one later.
const TIME: Duration = Duration::from_secs(2);

/// The smallest suffix that is tried first; each next one is twice as long.
const FIRST_SUFFIX: usize = 4;

/// The verdict of a history that breaks a model, as these suspects out of `ids` show.
pub fn counterexample(
    history: &History,
    ids: &[OpId],
    suspects: &[OpId],
    model: Model,
    budget: &Budget,
) -> Verdict {
    let meter = Meter::start(&Budget { time: TIME.min(budget.time), ..*budget });
    let shrink = Shrink { history, ids, sources: Sources::of(history, ids, model), model, meter };
    let few = shrink.shrink(suspects);
    let (summary, edges) = explain(&few, model);
    Verdict::Invalid(Box::new(Counterexample {
        model,
        summary,
        history: few,
        edges,
        still_hold: Vec::new(),
    }))
}

struct Shrink<'a> {
    history: &'a History,
    ids: &'a [OpId],
    sources: Sources<'a>,
    model: Model,
    meter: Meter,
}

impl Shrink<'_> {
    fn shrink(&self, suspects: &[OpId]) -> History {
        let end = suspects.iter().map(|&id| self.history.operation(id).invoked()).max();
        let open = |&id: &OpId| Some(self.history.operation(id).returned()) > end;
        let late: Vec<OpId> = match self.model {
            Model::Linearizable => suspects.iter().copied().filter(open).collect(),
            _ => suspects.to_vec(),
        };
        let mut kept = self.sources.close(suspects, &late);
        if kept.len() < self.ids.len() && !self.breaks(&self.history.restrict(&kept)) {
            kept = self.ids.to_vec();
        }
        kept = self.suffix(kept);
        kept = self.one_by_one(kept);
        let few = self.history.restrict(&kept);
        let lists = few.operations().iter().any(|operation| operation.act() == Act::ReadList);
        if lists { self.elements(few) } else { few }
    }

    fn breaks(&self, history: &History) -> bool {
        breaks(history, self.model, &self.meter)
    }

    fn time_is_left(&self) -> bool {
        !self.meter.is_over()
    }

    /// The last few operations, with the writes that they may have seen.
    fn suffix(&self, kept: Vec<OpId>) -> Vec<OpId> {
        let mut length = FIRST_SUFFIX;
        while length < kept.len() {
            let last = &kept[kept.len() - length..];
            let closed = self.sources.close(last, last);
            if closed.len() < kept.len() && self.breaks(&self.history.restrict(&closed)) {
                return closed;
            }
            length *= 2;
        }
        kept
    }

    /// Takes out one operation after another, in larger pieces first. What cannot go from many cannot go from fewer either: once
    /// round is enough.
    fn one_by_one(&self, mut kept: Vec<OpId>) -> Vec<OpId> {
        let mut piece = kept.len().div_ceil(2).max(1);
        loop {
            let mut start = 0;
            while start < kept.len() && self.time_is_left() {
                let end = (start + piece).min(kept.len());
                let rest = self.sources.without(&kept, &kept[start..end]);
                match rest.len() < kept.len() && self.breaks(&self.history.restrict(&rest)) {
                    true => kept = rest,
                    false => start += piece,
                }
            }
            if !self.time_is_left() || piece == 1 {
                return kept;
            }
            piece /= 2;
        }
    }

    /// Takes out elements of lists, wherever they stand, in larger pieces first.
    fn elements(&self, mut few: History) -> History {
        let mut piece = elements(&few).len().max(1);
        loop {
            let mut start = 0;
            let before = elements(&few).len();
            loop {
                let all = elements(&few);
                if start >= all.len() || !self.time_is_left() {
                    break;
                }
                let end = (start + piece).min(all.len());
                let leave: HashSet<(KeyId, ValueId)> = all[start..end].iter().copied().collect();
                let rest = few.without_elements(&leave);
                match self.breaks(&rest) {
                    true => few = rest,
                    false => start += piece,
                }
            }
            if !self.time_is_left() || piece == 1 && elements(&few).len() == before {
                return few;
            }
            piece = (piece / 2).max(1);
        }
    }
}

/// All elements of lists that are appended or read.
fn elements(history: &History) -> Vec<(KeyId, ValueId)> {
    let mut found = BTreeSet::new();
    for operation in history.operations() {
        match operation.act() {
            Act::Append => {
                found.insert((operation.key(), operation.value()));
            }
            Act::ReadList => {
                let elements = history.lists().elements(operation.list());
                found.extend(elements.into_iter().map(|element| (operation.key(), element)));
            }
            _ => {}
        }
    }
    found.into_iter().collect()
}
