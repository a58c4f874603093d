//! From suspects to a counterexample: as few operations as possible that break the model by themselves.
//!
//! Whatever is taken out, the rest must still prove something about the whole: it may become invalid only because the whole is. So
//! a write leaves together with every read, cas and failed cas that may have seen it ([`Sources`]); an element of a list leaves together with
//! its place in every read. What remains is checked as a history of its own, and taken only if it is still invalid.

use super::explain::explain;
use super::meter::Meter;
use super::sources::Sources;
use super::{Budget, Counterexample, Model, Verdict, breaks, cut};
use crate::history::{Act, History, KeyId, OpId, ValueId};
use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

/// How long shrinking may take: a longer counterexample in time is better than a shorter one later.
const TIME: Duration = Duration::from_secs(2);

/// The smallest suffix that is tried first; each next one is twice as long.
const FIRST_SUFFIX: usize = 4;

/// A person takes in so many operations at once; fewer are not looked for.
const FEW: usize = 6;

/// In so many places where the past may be cut off is looked for fewer.
const MOST_FOUND: usize = 8;

/// How many of the last places are tried one by one. From there on, the further back, the fewer.
const COARSER: usize = 16;

/// The verdict of a history that breaks a model, as these suspects out of `ids` show.
pub fn counterexample(
    history: &History,
    ids: &[OpId],
    suspects: &[OpId],
    model: Model,
    budget: &Budget,
) -> Verdict {
    let shrink = Shrink::of(history, ids, model, budget);
    let kept = shrink.or_all(shrink.sources.close(suspects, suspects));
    shrink.verdict(shrink.one_by_one(shrink.suffix(kept)))
}

/// The verdict of a key that is not linearizable, as shows by the time that this operation returns.
pub fn until(history: &History, ids: &[OpId], last: OpId, budget: &Budget) -> Verdict {
    let shrink = Shrink::of(history, ids, Model::Linearizable, budget);
    let kept = shrink.or_all(cut::until(&shrink.sources, ids, last));
    let lists = kept.iter().any(|&id| history.operation(id).act() == Act::Append);
    let few = if lists { shrink.one_by_one(shrink.suffix(kept)) } else { shrink.since(kept) };
    shrink.verdict(few)
}

struct Shrink<'a> {
    history: &'a History,
    ids: &'a [OpId],
    sources: Sources<'a>,
    model: Model,
    meter: Meter,
}

impl<'a> Shrink<'a> {
    fn of(history: &'a History, ids: &'a [OpId], model: Model, budget: &Budget) -> Self {
        let meter = Meter::start(&Budget { time: TIME.min(budget.time), ..*budget });
        Shrink { history, ids, sources: Sources::of(history, ids, model), model, meter }
    }

    fn verdict(&self, kept: Vec<OpId>) -> Verdict {
        let few = self.history.restrict(&kept);
        let lists = few.operations().iter().any(|operation| operation.act() == Act::ReadList);
        let few = if lists { self.elements(few) } else { few };
        let (summary, edges) = explain(&few, self.model);
        Verdict::Invalid(Box::new(Counterexample {
            model: self.model,
            summary,
            history: few,
            edges,
            still_hold: Vec::new(),
        }))
    }

    /// These, if they break the model; else all.
    fn or_all(&self, kept: Vec<OpId>) -> Vec<OpId> {
        let enough = kept.len() == self.ids.len() || self.breaks(&self.history.restrict(&kept));
        if enough { kept } else { self.ids.to_vec() }
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

    /// The fewest that are left when the past is cut off at an operation that fixes the state. The last operations are tried
    /// one by one, those further back ever more coarsely.
    fn since(&self, kept: Vec<OpId>) -> Vec<OpId> {
        let anchors: Vec<OpId> =
            kept.iter().rev().copied().filter(|&id| cut::is_anchor(&self.sources, id)).collect();
        let values = self.sources.values(&kept);
        let mut best: Option<Vec<OpId>> = None;
        let (mut place, mut found) = (0, 0);
        while let Some(&anchor) = anchors.get(place).filter(|_| self.time_is_left()) {
            place += 1 + place / COARSER;
            let rest = cut::since(&self.sources, &kept, &values, anchor);
            if !self.breaks(&self.history.restrict(&rest)) {
                continue;
            }
            let rest = self.one_by_one(rest);
            found += 1;
            if best.as_ref().is_none_or(|best| rest.len() < best.len()) {
                best = Some(rest);
            }
            if found == MOST_FOUND || best.as_ref().is_some_and(|best| best.len() <= FEW) {
                break;
            }
        }
        best.unwrap_or_else(|| self.one_by_one(kept))
    }

    /// Takes out one operation after another, in larger pieces first. What cannot go from many cannot go from fewer either: once
    /// round is enough.
    fn one_by_one(&self, mut kept: Vec<OpId>) -> Vec<OpId> {
        let mut piece = kept.len().div_ceil(2).max(1);
        loop {
            let mut start = 0;
            while start < kept.len() && self.time_is_left() {
                let end = (start + piece).min(kept.len());
                let rest = self.sources.without(&kept, &kept[start..end], || !self.time_is_left());
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
