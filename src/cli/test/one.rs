//! One trial in the simulator, kept whole.

use super::{Test, exit_of, replay, say};
use crate::cli::exit::{Exit, Failure};
use crate::cli::runs::{self, Folder, VIOLATION};
use crate::trial::{Deed, Done, Journal, Plan, Trial, json, shrink, simulate_into, text};
use std::fmt::Write;

/// Runs a plan, keeps it and tells.
pub fn run(plan: &Plan, test: &Test) -> Result<Exit, Failure> {
    let words = test.words(plan);
    say(test.json, &replay(plan.seed, &words))?;
    let folder = keep(plan, test, &words)?;
    let trial = simulate(plan, &folder)?;
    finish(plan, test, &folder, &trial, &words)
}

/// A new folder for this plan.
pub fn keep(plan: &Plan, test: &Test, words: &[String]) -> Result<Folder, Failure> {
    Folder::begin(test.name(), words, plan.seed).map_err(|error| runs::unwritable(&error))
}

/// Runs a plan into a folder.
pub fn simulate(plan: &Plan, folder: &Folder) -> Result<Trial, Failure> {
    let create = |name| folder.create(name).map_err(|error| runs::unwritable(&error));
    let (messages, history) = (create(runs::MESSAGES)?, create(runs::HISTORY)?);
    let trial = simulate_into(plan, Journal::into(messages), history).map_err(Failure::internal)?;
    folder.write(runs::FAULTS, &faults(&trial.done)).map_err(|error| runs::unwritable(&error))?;
    Ok(trial)
}

/// Judged and measured: keeps the results, shrinks a violation, and tells.
pub fn finish(
    plan: &Plan,
    test: &Test,
    folder: &Folder,
    trial: &Trial,
    words: &[String],
) -> Result<Exit, Failure> {
    let smaller = if test.live { None } else { shrink(plan, trial) };
    let mut results = json(plan, trial);
    let again = format!("conlab {}", words.join(" "));
    results["replay"] = again.into();
    results["folder"] = folder.path().display().to_string().into();
    let write =
        |name: &str, text: &str| folder.write(name, text).map_err(|error| runs::unwritable(&error));
    if let Some(smaller) = &smaller {
        write(VIOLATION, &smaller.scenario)?;
        results["violation"] = folder.file(VIOLATION).display().to_string().into();
    }
    write(runs::RESULTS, &format!("{results:#}\n"))?;
    if test.json {
        say(false, &results.to_string())?;
        say(true, &replay(plan.seed, words))?;
        return Ok(exit_of(&trial.judgement));
    }
    let mut report = text(plan, trial);
    let _ = writeln!(
        report,
        "kept         {}; conlab check {}",
        folder.path().display(),
        folder.file(runs::HISTORY).display()
    );
    if let Some(smaller) = &smaller {
        let (requests, faults, servers) = (smaller.requests, smaller.faults, smaller.servers);
        let _ = writeln!(
            report,
            "smaller      {requests} requests, {faults} faults, {servers} servers: conlab run {}",
            folder.file(VIOLATION).display()
        );
    }
    let _ = write!(report, "\n{}\n{}", trial.judgement.word(), replay(plan.seed, words));
    say(false, &report)?;
    Ok(exit_of(&trial.judgement))
}

/// What broke, and when: a line of JSON each.
pub fn faults(done: &Done) -> String {
    let line = |deed: &Deed| match deed {
        Deed::Broke { at, fault } => {
            Some(format!("{{\"time\":{},\"fault\":\"{fault}\"}}\n", at.as_nanos()))
        }
        Deed::Asked { .. } => None,
    };
    done.deeds.iter().filter_map(line).collect()
}
