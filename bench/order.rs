//! What is hot: a round of the order as a whole, and its parts: a simulator step, applying an entry, encoding a message,
//! merging a session. Run with `cargo bench`.

use conlab::order::{Entry, Message, Round};
use conlab::process::{Action, NodeId, Op, Process, Start, Ticket, Triple};
use conlab::session::Versions;
use conlab::sim::{Settings, Sim};
use conlab::store::{Store, Variable};
use conlab::systems::{Eventual, Linearizable};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::sync::Arc;
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

/// One message delivered, as a part of many small rounds.
fn simulator(criterion: &mut Criterion) {
    let mut sim = Sim::new(Settings::new(10, 1), Linearizable::new, ());
    let before = sim.delivered();
    answer_all(&mut sim, 10, 1);
    let mut group = criterion.benchmark_group("simulator");
    group.throughput(Throughput::Elements(sim.delivered() - before));
    group.bench_function("the messages of one write on 10 servers", |bench| {
        bench.iter(|| answer_all(&mut sim, 10, 1));
    });
}

fn entry(number: u64) -> Entry {
    let ticket = Ticket { node: NodeId(2), incarnation: 1, counter: number + 1 };
    let key = Some(format!("k{}", number % 100).into());
    let triple = Triple { action: Action::Set, key, value: Some("seven".into()) };
    Entry { ticket, epoch: 1, settled: number, triple, seen: None }
}

fn applying(criterion: &mut Criterion) {
    let mut store = Store::default();
    let mut version = 0;
    criterion.bench_function("apply a write to one of 100 variables", |bench| {
        bench.iter(|| {
            version += 1;
            let entry = entry(version);
            let key = entry.triple.key.clone().unwrap_or_default();
            let value = entry.triple.value.clone();
            store.apply(key, Variable { value, version, seen: None })
        });
    });
}

fn messages(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("a broadcast as JSON");
    for entries in [1, 64] {
        let entries: Vec<_> = (0..entries).map(entry).collect();
        group.throughput(Throughput::Elements(entries.len() as u64));
        let name = format!("{} entries", entries.len());
        let round = Arc::new(Round { epoch: 1, number: 7, base: 600, entries });
        let message = Message::Broadcast { round, done: 6 };
        let text = serde_json::to_string(&message).expect("it is plain data");
        group.bench_function(format!("encode {name}"), |bench| {
            bench.iter(|| serde_json::to_string(black_box(&message)));
        });
        group.bench_function(format!("decode {name}"), |bench| {
            bench.iter(|| serde_json::from_str::<Message>(black_box(&text)));
        });
    }
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

criterion_group!(benches, order, simulator, applying, messages, session);
criterion_main!(benches);
