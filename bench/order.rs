//! What is hot: a round of the order, as a whole and in its parts. Run with `cargo bench`.

use conlab::process::{NodeId, Op, Process, Start};
use conlab::session::Versions;
use conlab::sim::{Settings, Sim};
use conlab::systems::{Eventual, Linearizable};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::time::Duration;

fn set(number: u64) -> Op {
    Op::Set { key: format!("k{}", number % 100).into(), value: "seven".into(), session: None }
}

/// Writes that come together, and the virtual second in which they are answered.
fn answer_all<P: Process>(sim: &mut Sim<P>, servers: u32, writes: u64) {
    for number in 0..writes {
        sim.request(NodeId(number as u32 % servers + 1), set(number));
    }
    let until = sim.now() + Duration::from_secs(1);
    let answered = std::iter::from_fn(|| sim.next_answer(until)).count() as u64;
    assert_eq!(answered, writes);
}

fn rounds<P: Process + 'static>(criterion: &mut Criterion, name: &str, build: fn(&Start) -> P) {
    let mut group = criterion.benchmark_group(name);
    for (servers, writes) in [(3, 1), (3, 64), (10, 64)] {
        let mut sim = Sim::new(Settings::new(servers, 1), build, ());
        group.throughput(Throughput::Elements(writes));
        group.bench_function(format!("{writes} writes on {servers} servers"), |bench| {
            bench.iter(|| answer_all(&mut sim, servers, writes));
        });
    }
}

fn order(criterion: &mut Criterion) {
    rounds(criterion, "linearizable set", Linearizable::new);
    rounds(criterion, "eventual set", Eventual::new);
}

fn session(criterion: &mut Criterion) {
    let seen = |from: u64| {
        let mut versions = Versions::default();
        (from..from + 100).for_each(|number| versions.see(format!("k{number}"), number + 1));
        versions
    };
    let (mine, other) = (seen(0), seen(50));
    criterion.bench_function("merge two sessions of 100 variables", |bench| {
        bench.iter(|| {
            let mut merged = mine.clone();
            merged.merge(black_box(&other));
            merged
        });
    });
}

criterion_group!(benches, order, session);
criterion_main!(benches);
