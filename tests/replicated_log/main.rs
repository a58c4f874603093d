//! The replicated log under seeded chaos: each of its claims, put to the test where it is made, and found broken where it is not.
//!
//! `LOG_RUNS=10000 cargo test --release --test replicated_log` sweeps for longer; a failure names its seed.

mod chaos;
mod rules;

use chaos::{Chaos, Run};
use conlab::check::{Budget, Model, Verdict, check};
use conlab::process::Defect;
use std::time::Duration;

const BUDGET: Budget = Budget { time: Duration::from_secs(10), memory: 1 << 30 };

fn runs() -> u64 {
    std::env::var("LOG_RUNS").ok().and_then(|text| text.parse().ok()).unwrap_or(200)
}

/// Whether what the clients saw, each bound to one server, has one order.
fn one_order(run: &Run) -> Result<(), String> {
    match check(&run.history, Model::Sequential, &BUDGET) {
        Verdict::Valid => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

/// All servers have the same log in the end, and nothing is in it twice.
fn one_log(run: &Run) -> Result<(), String> {
    if let Some(who) = &run.silent {
        return Err(who.clone());
    }
    let (first, others) = run.logs.split_first().expect("there are servers");
    if let Some(other) = others.iter().find(|other| *other != first) {
        return Err(format!("two logs in the end: {first:?} and {other:?}"));
    }
    let mut ids: Vec<&str> = first.iter().map(|(id, _)| id.as_str()).collect();
    ids.sort_unstable();
    match ids.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(format!("{} is in the log twice: {first:?}", pair[0])),
        None => Ok(()),
    }
}

/// What more than `most` servers acknowledged stands at the place that the answer named.
fn nothing_lost(run: &Run, most: u32) -> Result<(), String> {
    let log = &run.logs[0];
    for acked in run.acknowledged.iter().filter(|acked| acked.acks > most) {
        let place = usize::try_from(acked.seq).expect("it is small") - 1;
        if log.get(place) != Some(&(acked.id.clone(), acked.message.clone())) {
            return Err(format!("{acked:?} is not in its place: {log:?}"));
        }
    }
    Ok(())
}

fn sweep(chaos: &Chaos, claim: impl Fn(&Run) -> Result<(), String>) -> Option<(u64, String)> {
    (1..=runs()).find_map(|seed| {
        let run = chaos.run(seed);
        let judged = one_log(&run).and_then(|()| claim(&run));
        judged.err().map(|why| (seed, format!("{why}\n{}", run.story.join("\n"))))
    })
}

fn holds(chaos: &Chaos, claim: impl Fn(&Run) -> Result<(), String>) {
    if let Some((seed, why)) = sweep(chaos, claim) {
        panic!("seed {seed} of {chaos:?}: {why}");
    }
}

#[test]
fn in_memory_one_order_outlives_kills_of_secondaries() {
    holds(&Chaos::default(), |run| one_order(run).and_then(|()| nothing_lost(run, 0)));
}

#[test]
fn on_disk_one_order_outlives_every_kill() {
    let chaos = Chaos { durable: true, kill_any: true, ..Chaos::default() };
    holds(&chaos, |run| one_order(run).and_then(|()| nothing_lost(run, 0)));
}

#[test]
fn in_memory_what_more_than_f_servers_had_outlives_kills_of_f() {
    for (servers, f) in [(3, 1), (4, 1), (5, 2), (5, 1), (5, 3)] {
        let chaos = Chaos { servers, tolerate: Some(f), kill_f: true, ..Chaos::default() };
        holds(&chaos, |run| nothing_lost(run, f));
    }
}

#[test]
fn in_memory_a_kill_of_the_master_is_seen_to_take_back_what_only_it_had() {
    let chaos = Chaos { kill_f: true, ..Chaos::default() };
    assert!(sweep(&chaos, |run| nothing_lost(run, 0)).is_some(), "no append was lost: a dull load");
    assert!(sweep(&chaos, one_order).is_some(), "nothing was taken back: a dull load");
}

/// A rule that is left out is missed within the seeds of a sweep.
fn missed(defect: Defect, chaos: Chaos, claim: impl Fn(&Run) -> Result<(), String>) {
    let broken = Chaos { defect: Some(defect), ..chaos };
    assert!(sweep(&broken, claim).is_some(), "{defect} was not found");
}

#[test]
fn a_skipped_reorder_buffer_is_found() {
    missed(Defect::SkipReorderBuffer, Chaos::default(), one_order);
}

#[test]
fn a_resend_without_its_id_is_found() {
    missed(Defect::ResendWithoutDedup, Chaos::default(), one_order);
}

#[test]
fn an_answer_before_its_servers_is_found() {
    let chaos = Chaos { kill_f: true, ..Chaos::default() };
    missed(Defect::AnswerBeforeDone, chaos, |run| {
        let wanted = run.acknowledged.iter().find(|acked| acked.acks < acked.w);
        wanted.map_or(Ok(()), |acked| Err(format!("{acked:?}")))
    });
}

#[test]
fn an_acknowledgement_of_an_earlier_life_is_found() {
    let chaos = Chaos { kill_f: true, ..Chaos::default() };
    missed(Defect::StaleAck, chaos, |run| nothing_lost(run, 1));
}

#[test]
fn a_blank_server_that_serves_reads_is_found() {
    missed(Defect::BlankReads, Chaos::default(), one_order);
}
