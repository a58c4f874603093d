//! Trials: each system holds its claim under its own faults, breaks the next stronger model, and each deliberate defect is found.
//!
//! `TRIALS_RUNS=10000 cargo test --release --test trials` sweeps for longer.

use conlab::check::{Budget, Model, Verdict, check};
use conlab::process::Defect;
use conlab::scenario::{RunOptions, run};
use conlab::systems::System;
use conlab::trial::{
    Broken, Journal, Length, LinkProfile, Mix, Plan, Sessions, Sweep, Swept, shrink, simulate,
    simulate_into, sweep,
};
use std::fs;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// So many seeds a defect, and a model that is not claimed, may take to be found.
const MOST_SEEDS: u64 = 1_000;

fn plan(system: System) -> Plan {
    Plan { length: Length::Operations(300), ..Plan::of(system) }
}

fn seeds(plan: &Plan, runs: u64) -> Swept {
    let how = Sweep { runs, jobs: 2, keep_going: false, twice: false };
    sweep(plan, &how, &|_| ()).expect("every run can be read back")
}

/// How many seeds of its own faults each claim is put to.
fn runs() -> u64 {
    std::env::var("TRIALS_RUNS").ok().and_then(|text| text.parse().ok()).unwrap_or(200)
}

fn holds(system: System) {
    let swept = seeds(&plan(system), runs());
    let first = swept.broken.first().or(swept.unknown.first());
    if let Some(found) = first {
        let again = Plan { seed: found.seed, ..plan(system) }.command().join(" ");
        panic!("{system} breaks its claim or nobody knows: conlab {again}: {:?}", found.judgement);
    }
    let (all, ok, messages) = swept.operations;
    assert!(all >= 250 * swept.runs && ok * 10 > all * 8, "{ok} of {all} operations: a dull load");
    assert!(messages > all, "{messages} messages");
}

#[test]
fn linearizable_holds_its_claim() {
    holds(System::Linearizable);
}

#[test]
fn sequential_holds_its_claim() {
    holds(System::Sequential);
}

#[test]
fn causal_holds_its_claim() {
    holds(System::Causal);
}

#[test]
fn eventual_holds_its_claim() {
    holds(System::Eventual);
}

#[test]
fn replicated_log_holds_its_claim_in_memory() {
    holds(System::ReplicatedLog);
}

#[test]
fn replicated_log_on_disk_holds_its_claim_under_any_kill() {
    let mut plan = Plan { data: true, ..plan(System::ReplicatedLog) };
    plan.faults.push("kill-any".parse().expect("it is a kind of fault"));
    assert!(plan.beyond_the_claim().is_empty());
    let swept = seeds(&plan, runs());
    let first = swept.broken.first().or(swept.unknown.first());
    assert!(first.is_none(), "conlab {}: {first:?}", plan.command().join(" "));
}

/// Where keys are deleted, values alone leave open what was read: versions that readers were told, and the order itself, decide.
#[test]
fn sequential_is_decided_where_keys_are_deleted() {
    let long = Plan { length: Length::Operations(1_000), ..Plan::of(System::Sequential) };
    let roaming = Plan { sessions: Sessions::Roaming, ..long.clone() };
    let broken = Plan { defect: Some(Defect::AnswerBeforeDone), ..long.clone() };
    let seeds = [10_963, 11_139].map(|seed| (&long, seed)).into_iter();
    let more = [1, 2, 3, 5].into_iter().flat_map(|seed| [(&roaming, seed), (&broken, seed)]);
    for (plan, seed) in seeds.chain(more) {
        let plan = Plan { seed, ..plan.clone() };
        let trial = simulate(&plan, Journal::default()).expect("it runs");
        let again = plan.command().join(" ");
        assert_eq!(trial.judgement.unknown(), None, "conlab {again}");
        assert!(plan.sessions == Sessions::Bound || trial.judgement.broken().is_some(), "{again}");
    }
}

/// A roaming client reads the new value, then at a server that was cut off that there is none. Many keys' deletes may have made that,
/// by values alone; the versions name the one.
#[test]
fn what_values_leave_open_the_versions_say() {
    let plan = Plan {
        length: Length::Operations(1_000),
        sessions: Sessions::Roaming,
        model: Model::Eventual,
        seed: 1_204,
        ..Plan::of(System::Sequential)
    };
    let trial = simulate(&plan, Journal::default()).expect("it runs");
    let budget = Budget { time: Duration::from_millis(500), memory: 1 << 30 };
    let verdict = check(&trial.history, Model::Sequential, &budget);
    let Verdict::Unknown(reason) = verdict else { panic!("another seed is needed: {verdict:?}") };
    assert!(
        reason.contains("by the versions recorded it does not hold: reads disagree"),
        "{reason}"
    );
}

#[test]
fn replicated_log_is_found_not_to_be_linearizable() {
    let plan =
        Plan { model: Model::Linearizable, faults: Vec::new(), ..plan(System::ReplicatedLog) };
    assert_eq!(finds(&plan), Broken::Model(Model::Linearizable));
}

/// Sweeps until something breaks, makes it smaller, and plays that as the scenario that it is.
fn finds(plan: &Plan) -> Broken {
    let swept = seeds(plan, MOST_SEEDS);
    let command = plan.command().join(" ");
    let found = swept.broken.first().unwrap_or_else(|| panic!("not found: conlab {command}"));
    let plan = Plan { seed: found.seed, ..plan.clone() };
    let trial = simulate(&plan, Journal::default()).expect("it was run before");
    let broken = trial.judgement.broken().expect("the same seed breaks the same");
    let small = shrink(&plan, &trial).unwrap_or_else(|| panic!("not shown: conlab {command}"));
    assert!(small.requests <= 30, "{} requests are left of conlab {command}", small.requests);
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("violation.scn");
    fs::write(&path, &small.scenario).expect("it can be written");
    let report = run(&path, &RunOptions::default()).expect("it is well formed");
    assert!(report.passed, "{}", report.text);
    let what = match broken {
        Broken::Model(model) => model.name(),
        Broken::Durability => "durable",
    };
    assert!(report.text.contains(&format!("not {what}")), "{}", report.text);
    broken
}

#[test]
fn sequential_is_found_not_to_be_linearizable() {
    let plan = Plan { model: Model::Linearizable, faults: Vec::new(), ..plan(System::Sequential) };
    assert_eq!(finds(&plan), Broken::Model(Model::Linearizable));
}

#[test]
fn causal_is_found_not_to_be_sequential() {
    let plan = Plan {
        model: Model::Sequential,
        servers: 3,
        clients: 60, // most have seen little, and so wait for little
        keys: 3,
        rate: 60.0,
        mix: Mix { read: 80, write: 20, delete: 0 },
        ..harsh(System::Causal, "partition=1-2", 3_000)
    };
    assert_eq!(finds(&plan), Broken::Model(Model::Sequential));
}

#[test]
fn eventual_is_found_not_to_read_its_own_writes() {
    let plan = Plan { model: Model::ReadYourWrites, faults: Vec::new(), ..plan(System::Eventual) };
    assert_eq!(finds(&plan), Broken::Model(Model::ReadYourWrites));
}

/// A defect and the trial that finds it; without the defect the same trial finds nothing.
fn caught(defect: Defect, sound: Plan) {
    let broken = Plan { defect: Some(defect), ..sound.clone() };
    let swept = seeds(&broken, MOST_SEEDS);
    let runs = swept.runs;
    finds(&broken);
    let sound_ones = seeds(&sound, runs);
    assert!(sound_ones.broken.is_empty(), "{defect} or not: {:?}", sound_ones.broken.first());
}

fn harsh(system: System, faults: &str, every_ms: u64) -> Plan {
    let faults = faults.split(',').map(|kind| kind.parse().expect(kind)).collect();
    Plan { faults, fault_every: Duration::from_millis(every_ms), ..plan(system) }
}

#[test]
fn an_answer_before_done_is_caught() {
    caught(Defect::AnswerBeforeDone, plan(System::Linearizable));
}

#[test]
fn a_skipped_reorder_buffer_is_caught() {
    caught(Defect::SkipReorderBuffer, plan(System::Linearizable));
}

#[test]
fn a_lock_released_early_is_caught() {
    caught(Defect::ReleaseEarly, harsh(System::Linearizable, "partition=primary,kill", 300));
}

#[test]
fn dependencies_left_out_are_caught() {
    caught(Defect::LeaveOutDependencies, harsh(System::Causal, "partition,pause", 2_000));
}

#[test]
fn a_resend_without_dedup_is_caught() {
    caught(Defect::ResendWithoutDedup, harsh(System::Linearizable, "slow,reorder", 1_000));
}

#[test]
fn a_blank_server_that_serves_reads_is_caught() {
    let links = LinkProfile { delay: Duration::from_millis(5), jitter: Duration::from_millis(2) };
    let plan = harsh(System::Sequential, "kill", 2_000);
    caught(Defect::BlankReads, Plan { model: Model::MonotonicReads, links, ..plan });
}

#[test]
fn a_stale_acknowledgement_is_caught() {
    let plan = harsh(System::Linearizable, "kill,reorder,duplicate,lose", 300);
    caught(Defect::StaleAck, Plan { servers: 2, ..plan });
}

/// Nobody reads the write before it is gone, so no model minds; but it was acknowledged.
#[test]
fn a_lost_write_that_breaks_no_model_becomes_a_scenario_too() {
    let plan = harsh(System::Sequential, "partition=primary,kill", 300);
    let plan = Plan { defect: Some(Defect::ReleaseEarly), ..plan };
    assert_eq!(finds(&plan), Broken::Durability);
}

/// With its memory a server may die at any time, and any number of them: nothing is lost, at no level.
/// Of two deletes that nobody answered, no checker could tell which one was read.
#[test]
fn deletes_of_unknown_outcome_leave_no_verdict_open() {
    let mix = Mix { read: 50, write: 25, delete: 25 };
    let many = Plan { mix, seed: 1, ..harsh(System::Causal, "kill", 400) };
    let swept = seeds(&many, 200);
    assert!(swept.unknown.is_empty() && swept.broken.is_empty(), "{swept:?}");
}

#[test]
fn kills_that_keep_the_memory_lose_nothing() {
    for system in System::ALL {
        let plan = harsh(system, "kill-keep", 1_000);
        let how = Sweep { runs: 20, jobs: 2, keep_going: true, twice: false };
        let swept = sweep(&plan, &how, &|_| ()).expect("every run can be read back");
        assert!(swept.broken.is_empty() && swept.unknown.is_empty(), "{system}: {swept:?}");
        let trial = simulate(&plan, Journal::default()).expect("it runs");
        assert_eq!(trial.judgement.writes.lost_with_origin, 0, "{system}");
    }
}

#[test]
fn a_sweep_is_the_same_on_any_number_of_threads() {
    let plan = Plan { model: Model::Linearizable, faults: Vec::new(), ..plan(System::Sequential) };
    let swept = |jobs| {
        let how = Sweep { runs: 100, jobs, keep_going: false, twice: false };
        let swept = sweep(&plan, &how, &|_| ()).expect("every run can be read back");
        let seeds: Vec<u64> = swept.broken.iter().map(|found| found.seed).collect();
        (swept.runs, swept.operations, seeds)
    };
    assert_eq!(swept(1), swept(4));
}

/// Clients that never wait long leave the rate alone; too few of them are told, and the rest of the load is not asked.
#[test]
fn the_load_is_an_open_loop_and_too_few_clients_are_told() {
    let rate = |clients| {
        let plan = Plan {
            clients,
            rate: 500.0,
            faults: Vec::new(),
            length: Length::Time(Duration::from_secs(10)),
            ..Plan::of(System::Linearizable)
        };
        simulate(&plan, Journal::default()).expect("it runs").figures
    };
    let (many, few) = (rate(50), rate(1));
    assert!((450.0..550.0).contains(&many.rate()) && many.turned_away == 0, "{}", many.rate());
    assert!(few.rate() < 300.0 && few.turned_away > 1_000, "{} a second", few.rate());
}

/// Collects what is written.
#[derive(Clone, Default)]
struct Text(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Text {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("nobody panics").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_same_plan_gives_the_same_bytes_and_another_seed_others() {
    let bytes = |seed| {
        let (messages, history) = (Text::default(), Text::default());
        let plan = Plan { seed, ..plan(System::Causal) };
        simulate_into(&plan, Journal::into(messages.clone()), history.clone()).expect("it runs");
        let take = |text: Text| text.0.lock().expect("nobody panics").clone();
        (take(messages), take(history))
    };
    let (first, other) = (bytes(1), bytes(2));
    assert_eq!(first, bytes(1));
    assert!(first.0 != other.0 && first.1 != other.1);
    for line in String::from_utf8(first.0).expect("it is text").lines() {
        serde_json::from_str::<serde_json::Value>(line).expect(line);
    }
}

#[test]
fn a_client_that_roams_is_beyond_the_claim_of_sequential() {
    let plan = Plan { sessions: Sessions::Roaming, ..plan(System::Sequential) };
    assert!(plan.beyond_the_claim()[0].contains("bound to one server"));
    assert!(Plan::of(System::Sequential).beyond_the_claim().is_empty());
}

#[test]
fn what_a_claim_implies_is_within_it() {
    let beyond = |model| Plan { model, ..Plan::of(System::Sequential) }.beyond_the_claim();
    for model in [Model::Sequential, Model::Causal, Model::MonotonicReads, Model::Eventual] {
        assert!(beyond(model).is_empty(), "{model}");
    }
    assert!(beyond(Model::Linearizable)[0].contains("sequential claims sequential"));
}

/// Eventual answers before it broadcasts: what dies with its origin is counted, and no error.
#[test]
fn what_eventual_loses_with_an_origin_is_counted() {
    let plan = harsh(System::Eventual, "partition=primary,kill", 300);
    let lost: u64 = (1..=20)
        .map(|seed| {
            let trial = simulate(&Plan { seed, ..plan.clone() }, Journal::default());
            let trial = trial.expect("it runs");
            assert_eq!(trial.judgement.broken(), None, "seed {seed}");
            trial.judgement.writes.lost_with_origin
        })
        .sum();
    assert!(lost > 0, "no server was killed between its answer and its broadcast");
}
