//! The checkers on long histories, made from a seed: the table of docs/checking.md. Run with
//! `RAYON_NUM_THREADS=1 cargo bench --bench check`; a word after `--` picks some of them.

mod generate;

use conlab::check::{Budget, Model, Verdict, ladder};
use conlab::history::{Format, History, read};
use criterion::{
    BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main,
};
use generate::{Load, history};
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Duration;

const SEED: u64 = 1;
const MILLION: Load = Load {
    operations: 1_000_000,
    keys: 1,
    clients: 5,
    values: 0,
    cas: false,
    servers: 1,
    versions: false,
    stale: false,
};
const REPEATED: Load = Load { operations: 100_000, clients: 8, values: 50, cas: true, ..MILLION };

fn name(load: Load) -> String {
    let Load { operations, keys, clients, servers, values, .. } = load;
    let values = if values > 0 { format!(", {values} values") } else { String::new() };
    let stale = if load.stale { ", one stale read" } else { "" };
    format!(
        "{operations} operations, {keys} keys, {clients} clients, {servers} servers{values}{stale}"
    )
}

/// Checks the history of each load, and that the verdict is right each time.
fn bench(criterion: &mut Criterion, group: &str, models: &[Model], loads: &[Load]) {
    let mut group = criterion.benchmark_group(group);
    group.sampling_mode(SamplingMode::Flat).sample_size(10).warm_up_time(Duration::from_millis(1));
    group.measurement_time(Duration::from_secs(1));
    for &load in loads {
        let history = history(load, SEED);
        group.throughput(Throughput::Elements(load.operations as u64));
        group.bench_function(BenchmarkId::from_parameter(name(load)), |bench| {
            bench.iter(|| verdicts(&history, models, !load.stale));
        });
    }
}

fn verdicts(history: &History, models: &[Model], valid: bool) {
    for rung in ladder(history, models, &Budget::default()).rungs {
        let right = if valid {
            rung.verdict == Verdict::Valid
        } else {
            rung.verdict.counterexample().is_some()
        };
        assert!(right, "{}: {:?}", rung.model, rung.verdict);
    }
}

fn linearizable(criterion: &mut Criterion) {
    let many = Load { keys: 100, ..MILLION };
    let loads = [MILLION, Load { clients: 50, ..MILLION }, many, Load { clients: 50, ..many }];
    let stale = loads.map(|load| Load { stale: true, ..load });
    let model = [Model::Linearizable];
    bench(criterion, "linearizable, distinct", &model, &[loads, stale].concat());
    let wide = Load { values: 5, ..REPEATED };
    bench(criterion, "linearizable, repeated and cas", &model, &[wide, REPEATED]);
}

/// Many keys, with one thread and with two: twice as fast is the goal.
fn jobs(criterion: &mut Criterion) {
    let distinct = Load { keys: 100, ..MILLION };
    let searched = Load { operations: 1_000_000, keys: 100, ..REPEATED };
    for load in [distinct, searched] {
        let history = history(load, SEED);
        for threads in [1, 2] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            let pool = pool.expect("threads can be started");
            let name = format!("linearizable, many keys, {threads} threads/{}", name(load));
            criterion.bench_function(&name, |bench| {
                bench.iter(|| pool.install(|| verdicts(&history, &[Model::Linearizable], true)));
            });
        }
    }
}

fn sequential(criterion: &mut Criterion) {
    let local = Load { servers: 3, ..MILLION };
    let loads = [
        MILLION,
        local,
        Load { keys: 10, servers: 5, ..MILLION },
        Load { keys: 100, ..local },
        Load { keys: 10_000, servers: 5, ..MILLION },
    ];
    bench(criterion, "sequential", &[Model::Sequential], &loads);
}

fn causal(criterion: &mut Criterion) {
    let many = Load { keys: 100, ..MILLION };
    let loads = [MILLION, Load { clients: 50, ..MILLION }, many, Load { clients: 50, ..many }];
    let local = loads.map(|load| Load { servers: 3, ..load });
    let loads = [loads, local].concat();
    bench(criterion, "causal", &[Model::Causal], &loads);
    bench(criterion, "causal-convergent", &[Model::CausalConvergent], &loads);
}

fn sessions(criterion: &mut Criterion) {
    let models: Vec<Model> = Model::ALL.into_iter().filter(|model| model.is_session()).collect();
    let one = Load { versions: true, ..MILLION };
    let many = Load { keys: 100, ..one };
    let loads = [one, many, Load { clients: 50, ..many }];
    bench(criterion, "four session guarantees", &models, &loads);
}

/// The etcd logs beside the project, where they are.
fn etcd(criterion: &mut Criterion) {
    let Ok(files) = std::fs::read_dir(logs()) else { return };
    let logs = files.flatten().map(|file| file.path()).filter(|path| is_log(path));
    let read = |path: PathBuf| {
        let file = std::fs::File::open(&path).ok()?;
        read(&path.to_string_lossy(), file, Some(Format::JepsenLog)).ok()
    };
    let histories: Vec<History> = logs.filter_map(read).map(|reading| reading.history).collect();
    criterion.bench_function(&format!("{} etcd logs", histories.len()), |bench| {
        bench.iter(|| {
            for history in &histories {
                black_box(ladder(history, &[Model::Linearizable], &Budget::default()));
            }
        });
    });
}

fn logs() -> PathBuf {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/histories");
    std::env::var_os("CONLAB_HISTORIES").map_or(beside, PathBuf::from).join("etcd")
}

fn is_log(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "log")
}

criterion_group!(benches, linearizable, jobs, sequential, causal, sessions, etcd);
criterion_main!(benches);
