//! One trial in the simulator, kept whole.

use super::page::{self, Page};
use super::{Test, exit_of, replay, say};
use crate::cli::exit::{Exit, Failure};
use crate::cli::runs::{self, Folder, VIOLATION};
use crate::trial::{
    Deed, Done, Journal, Plan, Shrunk, Trial, counted, json, shrink, simulate_into, text,
};
use serde_json::Value as Json;
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
    let unwritable = |error| runs::unwritable(&error);
    let create = |name| folder.create(name).map_err(unwritable);
    let (messages, history) = (create(runs::MESSAGES)?, create(runs::HISTORY)?);
    let logs = folder.create_logs(plan.servers).map_err(unwritable)?;
    let journal = Journal::into(messages).with_logs(logs);
    let trial = simulate_into(plan, journal, history).map_err(Failure::internal)?;
    folder.write(runs::FAULTS, &faults(&trial.done)).map_err(unwritable)?;
    Ok(trial)
}

/// Judged and measured: keeps it and tells.
pub fn finish(
    plan: &Plan,
    test: &Test,
    folder: &Folder,
    trial: &Trial,
    words: &[String],
) -> Result<Exit, Failure> {
    let Kept { results, report } = keep_results(plan, test, folder, trial, words)?;
    if test.json {
        say(false, &results.to_string())?;
        say(true, &replay(plan.seed, words))?;
    } else {
        let last = format!("\n{}\n{}", trial.judgement.word(), replay(plan.seed, words));
        say(false, &format!("{report}{last}"))?;
    }
    Ok(exit_of(&trial.judgement))
}

/// What is kept of a run, for a program and for a person.
pub struct Kept {
    results: Json,
    report: String,
}

/// Keeps the results, the page, and a violation made smaller.
pub fn keep_results(
    plan: &Plan,
    test: &Test,
    folder: &Folder,
    trial: &Trial,
    words: &[String],
) -> Result<Kept, Failure> {
    let smaller = if test.live { None } else { shrink(plan, trial) };
    let again = format!("conlab {}", words.join(" "));
    let report = report(plan, trial, folder, smaller.as_ref());
    let mut results = json(plan, trial);
    results["replay"] = again.clone().into();
    results["folder"] = folder.path().display().to_string().into();
    let write =
        |name: &str, text: &str| folder.write(name, text).map_err(|error| runs::unwritable(&error));
    if let Some(smaller) = &smaller {
        write(VIOLATION, &smaller.scenario)?;
        results["violation"] = folder.file(VIOLATION).display().to_string().into();
    }
    write(runs::RESULTS, &format!("{results:#}\n"))?;
    let page = Page {
        replay: &again,
        report: &report,
        scenario: smaller.as_ref().map(|smaller| smaller.scenario.as_str()),
        files: &folder.names(),
    };
    write(runs::REPORT, &page::of_trial(plan, trial, &page))?;
    Ok(Kept { results, report })
}

/// What is told of a run, and where it is kept.
fn report(plan: &Plan, trial: &Trial, folder: &Folder, smaller: Option<&Shrunk>) -> String {
    let mut report = text(plan, trial);
    let (page, history) = (folder.file(runs::REPORT), folder.file(runs::HISTORY));
    let (page, history) = (page.display(), history.display());
    let _ = writeln!(report, "kept         {page}; conlab check {history}");
    if let Some(Shrunk { requests, faults, servers, .. }) = smaller {
        let what = [
            counted(*requests as u64, "request"),
            counted(*faults as u64, "fault"),
            counted(u64::from(*servers), "server"),
        ]
        .join(", ");
        let file = folder.file(VIOLATION);
        let _ = writeln!(report, "smaller      {what}: conlab run {}", file.display());
    }
    report
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
