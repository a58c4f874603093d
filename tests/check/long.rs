//! Histories too long for an exhaustive search, of stores that are known to keep a model: a server that answers from one state, and several
//! that apply the one order of all writes each in its own time.

use crate::generate::{Load, history};
use conlab::check::{Budget, Model, Verdict, check};

/// Long enough that several threads take part.
const LONG: Load = Load {
    operations: 5_000,
    keys: 1,
    clients: 5,
    values: 0,
    cas: false,
    servers: 1,
    versions: false,
    stale: false,
};

fn drawn(seed: u64) -> Load {
    let keys = [1, 2, 5, 10, 100][seed as usize % 5];
    let clients = 2 + seed as usize % 7;
    let (cas, values) = (seed.is_multiple_of(3), if seed % 4 == 1 { 40 } else { 0 });
    Load { keys, clients, cas, values, versions: seed % 4 == 1, ..LONG }
}

#[test]
fn one_state_is_linearizable_and_all_that_follows() {
    for seed in 0..60 {
        let history = history(drawn(seed), seed);
        for model in Model::ALL.into_iter().filter(|&model| model != Model::Eventual) {
            let known = drawn(seed).values == 0 || model <= Model::Sequential;
            let verdict = check(&history, model, &Budget::default());
            assert!(!known || verdict == Verdict::Valid, "{model}, seed {seed}: {verdict:?}");
        }
    }
}

#[test]
fn one_stale_read_is_not_linearizable() {
    for seed in 0..60 {
        let keys = drawn(seed).keys.min(10);
        let load = Load { stale: true, values: 0, keys, ..drawn(seed) };
        let verdict = check(&history(load, seed), Model::Linearizable, &Budget::default());
        let found = verdict.counterexample().unwrap_or_else(|| panic!("seed {seed}: {verdict:?}"));
        assert!(found.history.len() <= 6 && !found.edges.is_empty(), "seed {seed}: {found:?}");
    }
}

#[test]
fn one_order_at_many_servers_is_sequential_but_not_linearizable() {
    let mut broken = 0;
    for seed in 0..60 {
        let load = drawn(seed);
        let cas = load.cas && load.values == 0;
        let load = Load { servers: 2 + seed as usize % 4, cas, ..load };
        let history = history(load, seed);
        let verdict = |model| check(&history, model, &Budget::default());
        assert_eq!(verdict(Model::Sequential), Verdict::Valid, "seed {seed}");
        if load.values == 0 {
            assert_eq!(verdict(Model::CausalConvergent), Verdict::Valid, "seed {seed}");
        }
        broken += u32::from(verdict(Model::Linearizable).counterexample().is_some());
    }
    assert!(broken > 40, "{broken}");
}
