//! What shrinking takes out never breaks what was whole: each of its rules, alone and one after another, leaves a valid history valid.
//! Valid is what the exhaustive search of the tests says.

#[path = "../../tests/check/cases.rs"]
mod cases;
#[allow(dead_code)] // the other models are not needed here
#[path = "../../tests/check/every_order.rs"]
mod every_order;

use super::sources::Sources;
use super::{Model, cut};
use crate::history::{End, History, OpId};
use crate::random::Random;
use cases::{Shape, history, text};

/// How many histories are drawn.
const CASES: u64 = 12_000;
/// How many rules are used in a row on one history.
const RULES: u64 = 4;

const REGISTER: Shape = Shape { operations: 8, stale: 15.0, wrong: 4.0, ..Shape::PLAIN };
const REPEATED: Shape = Shape { values: 2, ..REGISTER };
const CAS: Shape = Shape { values: 3, cas: true, processes: 4, ..REGISTER };
const DELETE: Shape = Shape { delete: true, cas: true, values: 2, ..REGISTER };
const UNSURE: Shape = Shape { unknown: 40.0, ..CAS };
const CROWD: Shape = Shape { processes: 6, unknown: 20.0, operations: 9, ..DELETE };
const LISTS: Shape = Shape { lists: true, ..REGISTER };
const LISTS_REPEATED: Shape = Shape { values: 2, ..LISTS };

/// One rule, at a place that is drawn.
fn cut_somewhere(
    history: &History,
    sources: &Sources,
    kept: &[OpId],
    random: &mut Random,
) -> Vec<OpId> {
    let Some(&at) = kept.get(random.below(kept.len().max(1) as u64) as usize) else {
        return Vec::new();
    };
    let operation = history.operation(at);
    let known = matches!(operation.end(), End::Ok | End::Mismatch);
    match random.below(3) {
        0 if cut::is_anchor(sources, at) => cut::since(sources, kept, &sources.values(kept), at),
        1 if known => cut::until(sources, kept, at),
        _ => sources.without(kept, &[at], || false),
    }
}

fn stays_valid(shapes: &[Shape], model: Model, holds: fn(&History) -> bool) {
    let (mut valid, mut shorter) = (0, 0);
    for seed in 0..CASES {
        let history = history(shapes[(seed % shapes.len() as u64) as usize], seed);
        if !holds(&history) {
            continue;
        }
        valid += 1;
        let all: Vec<OpId> = (0..history.len() as OpId).collect();
        let sources = Sources::of(&history, &all, model);
        let mut random = Random::new(seed);
        for _ in 0..RULES {
            let mut kept = all.clone();
            for _ in 0..RULES {
                kept = match model {
                    Model::Linearizable => cut_somewhere(&history, &sources, &kept, &mut random),
                    _ if kept.is_empty() => break,
                    _ => {
                        let at = kept[random.below(kept.len() as u64) as usize];
                        sources.without(&kept, &[at], || false)
                    }
                };
                let rest = history.restrict(&kept);
                shorter += u64::from(!rest.is_empty() && rest.len() < history.len());
                let told = || format!("seed {seed}, {kept:?} of\n{}", text(&history));
                assert!(holds(&rest), "{}", told());
            }
        }
    }
    assert!(valid > CASES / 8 && shorter > CASES, "{model}: {valid} valid, {shorter} cut");
}

#[test]
fn what_is_left_of_a_linearizable_history_is_linearizable() {
    let shapes = [REGISTER, REPEATED, CAS, DELETE, UNSURE, CROWD, LISTS, LISTS_REPEATED];
    stays_valid(&shapes, Model::Linearizable, every_order::linearizable);
}

#[test]
fn what_is_left_of_a_sequential_history_is_sequential() {
    let two_keys = Shape { keys: 2, ..UNSURE };
    let shapes = [REGISTER, REPEATED, CAS, DELETE, UNSURE, LISTS, two_keys];
    stays_valid(&shapes, Model::Sequential, every_order::sequential);
}

#[test]
fn what_is_left_of_a_causal_history_is_causal() {
    let shape = Shape { keys: 2, ..REGISTER };
    let shapes = [shape, Shape { cas: true, unknown: 40.0, ..shape }];
    stays_valid(&shapes, Model::Causal, every_order::causal);
    stays_valid(&shapes, Model::CausalConvergent, every_order::convergent);
}
