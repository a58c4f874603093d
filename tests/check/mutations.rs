//! Valid histories, broken on purpose: rejected whenever the exhaustive search says so.

use crate::cases::{Shape, history, text};
use crate::every_order;
use conlab::check::{Budget, Model, Verdict, check};
use conlab::history::{Act, Asked, Builder, End, History, Observed, OpId, Operation, Stamp};
use conlab::random::Random;

/// The answers of the reads, changed; and an operation that is left out.
struct Mutation {
    answers: Vec<String>,
    left_out: Option<OpId>,
}

fn answers(history: &History) -> Vec<String> {
    let answer = |operation: &Operation| history.value_text(operation.value()).to_string();
    history.operations().iter().map(answer).collect()
}

/// The same history but for the mutation, event by event.
fn rebuild(history: &History, mutation: &Mutation) -> History {
    let mut events: Vec<(u32, OpId, bool)> = Vec::new();
    for (id, operation) in (0..).zip(history.operations()) {
        if mutation.left_out != Some(id) {
            events.push((operation.invoked(), id, true));
            events.extend(operation.ended().map(|end| (end, id, false)));
        }
    }
    events.sort_unstable();
    let mut builder = Builder::new();
    for (place, id, begins) in events {
        let operation = history.operation(id);
        let at = Stamp::new(u64::from(place), place + 1);
        let process = history.process_name(operation.process());
        let answer = &mutation.answers[id as usize];
        let value = history.value_text(operation.value());
        let event = match (begins, operation.end()) {
            (true, _) => {
                let asked = match operation.act() {
                    Act::Write => Asked::Write(value),
                    Act::Cas => Asked::Cas(history.value_text(operation.old()), value),
                    Act::Delete => Asked::Delete,
                    _ => Asked::Read,
                };
                builder.invoke(at, process, history.key_name(operation.key()), asked)
            }
            (false, End::Ok) if operation.act() == Act::Read && answer != "null" => {
                builder.ok(at, process, Observed::scalar(answer))
            }
            (false, End::Ok) => builder.ok(at, process, Observed::nothing()),
            (false, End::Info) => builder.info(at, process),
            (false, end) => builder.fail(at, process, end == End::Mismatch),
        };
        event.expect("it was a history before");
    }
    builder.finish()
}

/// One read made stale, two reads swapped, or an acknowledged write dropped.
fn mutate(history: &History, random: &mut Random) -> Option<History> {
    let drawn = |random: &mut Random, which: &dyn Fn(&Operation) -> bool| {
        let ids = (0..history.len() as OpId).filter(|&id| {
            let operation = history.operation(id);
            operation.end() == End::Ok && which(operation)
        });
        let ids: Vec<OpId> = ids.collect();
        ids.get(random.below(ids.len() as u64) as usize).copied()
    };
    let reads = |operation: &Operation| operation.act() == Act::Read;
    let writes = |operation: &Operation| operation.act() == Act::Write;
    let mut mutation = Mutation { answers: answers(history), left_out: None };
    match random.below(3) {
        0 => {
            let read = drawn(random, &reads)?;
            let older = drawn(random, &|other| {
                writes(other) && other.key() == history.operation(read).key()
            });
            mutation.answers[read as usize] =
                older.map_or("null".into(), |older| mutation.answers[older as usize].clone());
        }
        1 => {
            let (a, b) = (drawn(random, &reads)?, drawn(random, &reads)?);
            mutation.answers.swap(a as usize, b as usize);
        }
        _ => mutation.left_out = Some(drawn(random, &writes)?),
    }
    Some(rebuild(history, &mutation))
}

fn mutations(model: Model, exhaustive: fn(&History) -> bool) {
    let plain = Shape { stale: 0.0, wrong: 0.0, operations: 9, ..Shape::PLAIN };
    let shapes = [
        plain,
        Shape { keys: 2, ..plain },
        Shape { cas: true, ..plain },
        Shape { unknown: 30.0, ..plain },
    ];
    let mut rejected = 0;
    for seed in 0..20_000 {
        let mut random = Random::new(seed).fork(7);
        let valid = history(shapes[(seed % 4) as usize], seed);
        assert!(exhaustive(&valid), "{model}, seed {seed}: the store answers from one state");
        let Some(mutant) = mutate(&valid, &mut random).filter(|mutant| !mutant.is_empty()) else {
            continue;
        };
        let verdict = check(&mutant, model, &Budget::default());
        let holds = exhaustive(&mutant);
        assert_eq!(verdict == Verdict::Valid, holds, "{model}, seed {seed}\n{}", text(&mutant));
        rejected += u64::from(!holds);
    }
    assert!(rejected > 3_000, "{model}: only {rejected} mutations break it");
}

#[test]
fn mutations_of_linearizable_histories() {
    mutations(Model::Linearizable, every_order::linearizable);
}

#[test]
fn mutations_of_sequential_histories() {
    mutations(Model::Sequential, every_order::sequential);
}

#[test]
fn mutations_of_causal_histories() {
    mutations(Model::Causal, every_order::causal);
}

#[test]
fn mutations_of_convergent_histories() {
    mutations(Model::CausalConvergent, every_order::convergent);
}
