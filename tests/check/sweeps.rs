//! Each checker against the exhaustive search, on random small histories.

use crate::cases::{Shape, history, text};
use crate::every_order;
use conlab::check::{Budget, Model, Verdict, check};
use conlab::history::History;

/// How many histories a model is held against; `CONLAB_CHECK_CASES` asks for more.
pub fn cases() -> u64 {
    let asked = std::env::var("CONLAB_CHECK_CASES").ok().and_then(|text| text.parse().ok());
    asked.unwrap_or(200_000)
}

/// Compares on every shape in turn. At least a tenth is valid and a tenth invalid; each counterexample is invalid by itself, and few
/// have more than six operations.
fn sweep(model: Model, shapes: &[Shape], exhaustive: fn(&History) -> bool) {
    sweep_some(model, shapes, |history| Some(exhaustive(history)));
}

/// The same where there may be no answer.
fn sweep_some(model: Model, shapes: &[Shape], exhaustive: impl Fn(&History) -> Option<bool>) {
    let (mut valid, mut invalid, mut sizes) = (0_u64, 0_u64, [0; 10]);
    for seed in 0..cases() {
        let shape = shapes[(seed % shapes.len() as u64) as usize];
        let history = history(shape, seed);
        let truth = exhaustive(&history);
        let holds = match check(&history, model, &Budget::default()) {
            Verdict::Valid => Some(true),
            Verdict::Invalid(found) => {
                let alone = exhaustive(&found.history);
                let told =
                    || format!("{model}, seed {seed}: {alone:?} alone\n{}", text(&found.history));
                assert_eq!(alone, Some(false), "{}", told());
                sizes[found.history.len().min(9)] += 1;
                Some(false)
            }
            Verdict::Unknown(reason) => {
                assert_eq!(truth, None, "{model}, seed {seed}: {reason}\n{}", text(&history));
                None
            }
        };
        assert_eq!(holds, truth, "{model}, seed {seed}, {shape:?}\n{}", text(&history));
        valid += u64::from(truth == Some(true));
        invalid += u64::from(truth == Some(false));
    }
    eprintln!("{model}: {valid} valid, {invalid} invalid, counterexamples by size {sizes:?}");
    assert!(valid.min(invalid) * 10 > cases(), "{model}: {valid} valid, {invalid} invalid");
    let long: u64 = sizes[7..].iter().sum();
    assert!(long * 100 < invalid, "{model}: counterexamples by size {sizes:?}");
}

const PLAIN: Shape = Shape::PLAIN;
const CAS: Shape = Shape { cas: true, operations: 7, ..PLAIN };
const REPEATED: Shape = Shape { values: 2, operations: 8, ..PLAIN };
const REPEATED_CAS: Shape = Shape { values: 3, cas: true, operations: 8, processes: 4, ..PLAIN };
const DELETE: Shape = Shape { delete: true, cas: true, values: 2, operations: 8, ..PLAIN };
const DELETE_KEYS: Shape = Shape { delete: true, keys: 2, operations: 9, ..PLAIN };
const DELETE_UNSURE: Shape = Shape { unknown: 30.0, cas: true, operations: 8, ..DELETE_KEYS };
const DELETE_TOLD: Shape = Shape { versions: true, disorder: 30, ..DELETE_KEYS };
const LISTS: Shape = Shape { lists: true, operations: 7, wrong: 12.0, fail: 10.0, ..PLAIN };
const LISTS_REPEATED: Shape = Shape { values: 2, ..LISTS };
const TWO_KEYS: Shape = Shape { keys: 2, values: 2, cas: true, operations: 8, ..PLAIN };
const TWO_KEYS_PLAIN: Shape = Shape { keys: 2, operations: 7, ..PLAIN };
const UNSURE: Shape = Shape { unknown: 40.0, cas: true, values: 3, operations: 8, ..PLAIN };
const UNSURE_PLAIN: Shape = Shape { unknown: 40.0, cas: true, operations: 8, ..PLAIN };
const CROWD: Shape = Shape { processes: 6, values: 3, cas: true, operations: 9, ..PLAIN };

const MANY_KEYS: Shape = Shape { keys: 2, operations: 8, processes: 4, stale: 60.0, ..PLAIN };
const DRAWN: Shape = Shape { wrong: 90.0, processes: 2, operations: 7, ..PLAIN };
const DRAWN_KEYS: Shape = Shape { wrong: 90.0, keys: 2, operations: 9, ..PLAIN };
const DRAWN_CAS: Shape = Shape { wrong: 60.0, cas: true, operations: 8, ..PLAIN };

const CAUSAL: [Shape; 9] =
    [PLAIN, CAS, LISTS, TWO_KEYS_PLAIN, UNSURE_PLAIN, MANY_KEYS, DRAWN, DRAWN_KEYS, DRAWN_CAS];

#[test]
fn causal_agrees_with_every_order() {
    sweep(Model::Causal, &CAUSAL, every_order::causal);
}

#[test]
fn causal_convergent_agrees_with_every_order() {
    sweep(Model::CausalConvergent, &CAUSAL, every_order::convergent);
}

const SESSION: Shape = Shape { processes: 2, stale: 80.0, operations: 10, ..PLAIN };
const SESSION_DRAWN: Shape = Shape { wrong: 90.0, ..SESSION };
const SESSION_LISTS: Shape = Shape { lists: true, operations: 8, ..SESSION };
const SESSION_KEYS: Shape = Shape { keys: 2, ..SESSION };
const SESSION_UNSURE: Shape = Shape { unknown: 40.0, cas: true, ..SESSION };

const VERSIONS: Shape = Shape { versions: true, unknown: 0.0, values: 2, operations: 9, ..SESSION };
const VERSIONS_DELETE: Shape = Shape { delete: true, keys: 2, ..VERSIONS };
const VERSIONS_DISTINCT: Shape = Shape { values: 0, unknown: 30.0, ..VERSIONS };

const DISORDER: Shape = Shape { disorder: 30, operations: 11, ..VERSIONS };
const DISORDER_KEYS: Shape = Shape { disorder: 30, ..VERSIONS_DELETE };
const DISORDER_UNSURE: Shape = Shape { disorder: 30, operations: 11, ..VERSIONS_DISTINCT };
const DISORDER_THREE: Shape = Shape { processes: 3, operations: 14, ..DISORDER };
const DISORDER_WILD: Shape = Shape { disorder: 90, operations: 14, ..VERSIONS };
const DISORDER_BARE: Shape = Shape { bare: 40.0, values: 0, operations: 10, ..DISORDER };
const DISORDER_ALONE: Shape = Shape { disorder: 30, processes: 1, ..VERSIONS };

/// All duties of a kind are the same whether writes repeat or not: versions tell.
fn sweep_session(model: Model, exhaustive: fn(&History) -> bool) {
    let shapes = [
        SESSION,
        SESSION_DRAWN,
        SESSION_LISTS,
        SESSION_KEYS,
        SESSION_UNSURE,
        VERSIONS,
        VERSIONS_DELETE,
        VERSIONS_DISTINCT,
        DISORDER,
        DISORDER_KEYS,
        DISORDER_UNSURE,
        DISORDER_ALONE,
        DISORDER_BARE,
        DISORDER_THREE,
        DISORDER_WILD,
    ];
    sweep(model, &shapes, exhaustive);
}

#[test]
fn read_your_writes_agrees_with_every_order() {
    sweep_session(Model::ReadYourWrites, |h| every_order::session(h, Model::ReadYourWrites));
}

#[test]
fn monotonic_reads_agrees_with_every_order() {
    sweep_session(Model::MonotonicReads, |h| every_order::session(h, Model::MonotonicReads));
}

#[test]
fn monotonic_writes_agrees_with_every_order() {
    sweep_session(Model::MonotonicWrites, |h| every_order::session(h, Model::MonotonicWrites));
}

#[test]
fn writes_follow_reads_agrees_with_every_order() {
    sweep_session(Model::WritesFollowReads, |h| every_order::session(h, Model::WritesFollowReads));
}

#[test]
fn sequential_agrees_with_every_order() {
    let shapes = [
        PLAIN,
        CAS,
        REPEATED,
        REPEATED_CAS,
        DELETE,
        DELETE_KEYS,
        DELETE_UNSURE,
        DELETE_TOLD,
        LISTS,
        LISTS_REPEATED,
        TWO_KEYS,
        TWO_KEYS_PLAIN,
        UNSURE,
        UNSURE_PLAIN,
        CROWD,
        MANY_KEYS,
        DRAWN,
        DRAWN_KEYS,
        DRAWN_CAS,
    ];
    sweep(Model::Sequential, &shapes, every_order::sequential);
}

#[test]
fn linearizable_agrees_with_every_order() {
    let shapes = [
        PLAIN,
        CAS,
        REPEATED,
        REPEATED_CAS,
        DELETE,
        LISTS,
        LISTS_REPEATED,
        TWO_KEYS,
        TWO_KEYS_PLAIN,
        UNSURE,
        UNSURE_PLAIN,
        CROWD,
    ];
    sweep(Model::Linearizable, &shapes, every_order::linearizable);
}

const QUIET: Shape = Shape { servers: 2, stale: 15.0, wrong: 10.0, ..PLAIN };
const QUIET_DELETE: Shape = Shape { delete: true, cas: true, values: 3, ..QUIET };
const QUIET_KEYS: Shape = Shape { keys: 2, servers: 3, delete: true, ..QUIET };
const QUIET_LISTS: Shape = Shape { lists: true, ..QUIET };
const QUIET_UNSURE: Shape = Shape { unknown: 40.0, fail: 20.0, ..QUIET };

#[test]
fn eventual_agrees_with_its_definition() {
    let shapes = [QUIET, QUIET_DELETE, QUIET_KEYS, QUIET_LISTS, QUIET_UNSURE, PLAIN];
    sweep_some(Model::Eventual, &shapes, every_order::eventual);
}
