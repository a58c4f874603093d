//! Many seeds: a verdict on all of them, and the first violation kept whole.

use super::{Test, exit_of, one, page, replay, say};
use crate::cli::console::{self, took};
use crate::cli::exit::{Exit, Failure};
use crate::cli::runs;
use crate::trial::{Found, Plan, Sweep, Swept, counted, sweep};
use serde_json::json;
use std::fmt::Write;
use std::io::{IsTerminal, stderr};
use std::time::Duration;
use tokio::time::Instant;

/// So many seeds are named.
const MOST_NAMED: usize = 20;
/// A word about progress comes after so many runs.
const TOLD: u64 = 100;

/// Runs all seeds.
pub fn run(plan: &Plan, test: &Test) -> Result<Exit, Failure> {
    let runs = test.runs.unwrap_or(1);
    let words = words(plan, test, runs);
    say(test.json, &replay(plan.seed, &words))?;
    let begun = Instant::now();
    let how = Sweep {
        runs,
        jobs: jobs(test),
        keep_going: test.keep_going,
        twice: test.check_determinism,
    };
    let watched = stderr().is_terminal();
    let tell = |done: u64| {
        if watched && done.is_multiple_of(TOLD) {
            console::remark(&format!("{done} of {runs} seeds"));
        }
    };
    let swept = sweep(plan, &how, &tell).map_err(Failure::internal)?;
    let exit = tell_all(plan, test, &swept, &words, begun.elapsed())?;
    match swept.broken.first().or(swept.unknown.first()) {
        Some(found) => show(plan, test, found).map(|_| exit),
        None => Ok(exit),
    }
}

fn words(plan: &Plan, test: &Test, runs: u64) -> Vec<String> {
    let mut words = test.words(plan);
    words.extend(["--runs".to_string(), runs.to_string()]);
    words.extend(test.keep_going.then(|| "--keep-going".to_string()));
    words.extend(test.check_determinism.then(|| "--check-determinism".to_string()));
    words
}

fn jobs(test: &Test) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    test.jobs.map_or_else(cores, usize::from)
}

/// The verdict on all seeds. Where nothing broke it is kept, for there is no run to keep.
fn tell_all(
    plan: &Plan,
    test: &Test,
    swept: &Swept,
    words: &[String],
    took: Duration,
) -> Result<Exit, Failure> {
    let exit = exit(swept);
    let (all, ok, messages) = swept.operations;
    let seeds = |found: &[Found]| found.iter().map(|found| found.seed).collect::<Vec<_>>();
    let results = json!({
        "system": plan.system,
        "model": plan.model.name(),
        "seed": plan.seed,
        "runs": swept.runs,
        "verdict": word(exit),
        "operations": { "all": all, "ok": ok },
        "messages": messages,
        "broken": seeds(&swept.broken),
        "unknown": seeds(&swept.unknown),
        "differ": swept.differ,
        "took_ms": took.as_micros() as f64 / 1e3,
        "replay": format!("conlab {}", words.join(" ")),
    });
    let text = text(plan, test, swept, took);
    if exit == Exit::Done {
        let folder = one::keep(plan, test, words)?;
        let page = page::of_sweep(plan, word(exit), &format!("conlab {}", words.join(" ")), &text);
        let results = format!("{results:#}\n");
        for (name, text) in [(runs::RESULTS, results), (runs::REPORT, page)] {
            folder.write(name, &text).map_err(|error| runs::unwritable(&error))?;
        }
    }
    say(test.json, &format!("{text}\n{}\n{}", word(exit), replay(plan.seed, words)))?;
    if test.json {
        say(false, &results.to_string())?;
    }
    Ok(exit)
}

fn text(plan: &Plan, test: &Test, swept: &Swept, time: Duration) -> String {
    let (all, ok, messages) = swept.operations;
    let share = if all == 0 { 0.0 } else { 100.0 * ok as f64 / all as f64 };
    let mut text = format!(
        "{}: {}, {all} operations, {share:.1} % acknowledged, {messages} messages, in {}\n",
        plan.system,
        counted(swept.runs, "seed"),
        took(time)
    );
    for beyond in plan.beyond_the_claim() {
        let _ = writeln!(text, "note: the claim does not cover {beyond}");
    }
    let mut row = |sign: char, what: &str, seeds: Vec<u64>| {
        if !seeds.is_empty() {
            let named: Vec<String> = seeds.iter().take(MOST_NAMED).map(u64::to_string).collect();
            let more = if seeds.len() > MOST_NAMED { ", …" } else { "" };
            let _ = writeln!(text, "{sign} {} {what}: {}{more}", seeds.len(), named.join(", "));
        }
    };
    row('✗', "broke", swept.broken.iter().map(|found| found.seed).collect());
    row('?', "unknown", swept.unknown.iter().map(|found| found.seed).collect());
    row('✗', "differ when they are run again", swept.differ.clone());
    if swept.broken.is_empty() && swept.unknown.is_empty() {
        let _ = writeln!(text, "✓ {} and convergence held every time", plan.model);
    }
    if test.check_determinism && swept.differ.is_empty() {
        let _ = writeln!(text, "✓ every seed gave the same messages and the same history twice");
    }
    text
}

fn exit(swept: &Swept) -> Exit {
    if !swept.differ.is_empty() {
        return Exit::Internal;
    }
    match (swept.broken.is_empty(), swept.unknown.is_empty()) {
        (false, _) => Exit::No,
        (true, false) => Exit::Unknown,
        (true, true) => Exit::Done,
    }
}

fn word(exit: Exit) -> &'static str {
    match exit {
        Exit::Done => "valid",
        Exit::No => "invalid",
        Exit::Unknown => "unknown",
        _ => "not deterministic",
    }
}

/// Runs one seed again, to keep it whole and to show it.
fn show(plan: &Plan, test: &Test, found: &Found) -> Result<Exit, Failure> {
    let plan = Plan { seed: found.seed, ..plan.clone() };
    let words = test.words(&plan);
    let folder = one::keep(&plan, test, &words)?;
    let trial = one::simulate(&plan, &folder)?;
    if test.json {
        one::keep_results(&plan, test, &folder, &trial, &words)?;
        console::remark(&format!("the run is kept in {}", folder.path().display()));
        return Ok(exit_of(&trial.judgement));
    }
    say(false, "")?;
    one::finish(&plan, test, &folder, &trial, &words)
}
