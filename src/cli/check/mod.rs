//! `conlab check FILE…`: which consistency models recorded histories satisfy, and where not, why.

mod files;
mod json;
mod report;
mod staleness;
pub(super) mod svg;
#[cfg(test)]
mod tests;
mod words;

use super::console;
use super::exit::{Exit, Failure};
use crate::check::{Budget, Ladder, Model, Verdict, ladder};
use crate::faults::parse_time;
use crate::history::{Format, Reading};
use clap::Args;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::Instant;

use files::read;

/// Say which consistency models recorded histories satisfy, and where not, why
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conlab check latest                      the last run or session of this directory
  conlab check history.jsonl               which models hold, the weakest that break, and why
  conlab check *.edn --model linearizable  one model; files of Jepsen
  conlab check h.jsonl --svg why.svg       a picture of the first counterexample
  conlab check latest --staleness          how far behind each client's reads were
  zcat h.jsonl.gz | conlab check -

Exit codes: 0 valid; 1 invalid; 2 unknown; 64 a file cannot be read. The worst verdict counts.")]
pub struct Check {
    /// History files; `-` is stdin, `latest` the last run
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Check this model; may be given several times, or as a,b; `all` checks every one
    #[arg(long, value_name = "NAME", default_value = "all", value_delimiter = ',', value_parser = models)]
    model: Vec<Models>,
    /// How the files are written: auto, jsonl, edn, jepsen-log, porcupine-kv
    #[arg(long, value_name = "FORMAT", default_value = "auto", value_parser = format)]
    format: Form,
    /// Give a search up after this time, for each model
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = parse_time)]
    budget_time: Duration,
    /// Give a search up at this much memory, for each model
    #[arg(long, value_name = "SIZE", default_value = "2GiB", value_parser = words::size)]
    budget_memory: usize,
    /// Print the verdicts as JSON
    #[arg(long)]
    json: bool,
    /// Use this many threads [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Draw the first counterexample into this file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Print how far each client's reads lagged, instead of checking models
    #[arg(long, conflicts_with_all = ["svg", "model"])]
    staleness: bool,
}

/// What `--model` names.
#[derive(Debug, Clone, Copy)]
enum Models {
    One(Model),
    All,
}

/// What `--format` names; `None` is found out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form(pub Option<Format>);

fn models(name: &str) -> Result<Models, String> {
    match name {
        "all" => Ok(Models::All),
        name => name.parse().map(Models::One).map_err(|error: String| format!("{error}, or all")),
    }
}

pub(super) fn format(name: &str) -> Result<Form, String> {
    match name {
        "auto" => Ok(Form(None)),
        name => name.parse().map(|format| Form(Some(format))),
    }
}

/// The history that a word of the command line names.
pub(super) fn open_reading(file: &Path, format: Option<Format>) -> Result<Reading, Failure> {
    read(&files::named(file)?, format)
}

impl Check {
    /// Checks all files, also past one that cannot be read; the worst verdict counts.
    pub fn run(self) -> Result<Exit, Failure> {
        if let Some(jobs) = self.jobs {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(usize::from(jobs));
            let built = pool.build_global();
            built.map_err(|error| {
                Failure::internal(format!("cannot start {jobs} threads: {error}"))
            })?;
        }
        let models = self.models();
        let mut worst = Exit::Done;
        let mut drawn = self.svg.is_none();
        for file in &self.files {
            let exit = match self.one(file, &models, &mut drawn) {
                Ok(exit) => exit,
                Err(failure) if failure.exit == Exit::Usage => {
                    super::report(&failure);
                    failure.exit
                }
                Err(failure) => return Err(failure),
            };
            worst = words::worse(worst, exit);
        }
        if let (false, Some(path)) = (drawn, &self.svg) {
            console::remark(&format!("nothing breaks, so {} was not drawn", path.display()));
        }
        Ok(worst)
    }

    /// The models asked for, the strongest first.
    fn models(&self) -> Vec<Model> {
        let asked = |model: &Model| {
            self.model.iter().any(|one| match one {
                Models::All => true,
                Models::One(named) => named == model,
            })
        };
        Model::ALL.into_iter().filter(asked).collect()
    }

    fn one(&self, file: &Path, models: &[Model], drawn: &mut bool) -> Result<Exit, Failure> {
        let path = files::named(file)?;
        let name = path.display().to_string();
        let begun = Instant::now();
        let reading = read(&path, self.format.0)?;
        let was_read = begun.elapsed();
        if self.staleness {
            return staleness::show(&name, &reading, self.json);
        }
        let begun = Instant::now();
        let budget = Budget { time: self.budget_time, memory: self.budget_memory };
        let ladder = ladder(&reading.history, models, &budget);
        let times = Times { read: was_read, checked: begun.elapsed() };
        if self.json {
            console::result(&json::of(&name, &reading, &ladder, times).to_string())?;
        } else {
            console::result(report::of(&name, &reading, &ladder, times).trim_end())?;
        }
        if !*drawn {
            *drawn = self.draw(&ladder)?;
        }
        Ok(exit_of(&ladder))
    }

    /// Draws the counterexample of the weakest model that breaks. Whether there is one.
    fn draw(&self, ladder: &Ladder) -> Result<bool, Failure> {
        let Some(path) = &self.svg else { return Ok(true) };
        let broken = ladder.rungs.iter().rev().find_map(|rung| rung.verdict.counterexample());
        let Some(found) = broken else { return Ok(false) };
        let written = std::fs::write(path, svg::of(found));
        written
            .map_err(|error| Failure::usage(format!("cannot write {}: {error}", path.display())))?;
        Ok(true)
    }
}

/// How long it took.
#[derive(Debug, Clone, Copy)]
struct Times {
    read: Duration,
    checked: Duration,
}

/// The exit code of the worst verdict: invalid, then unknown, then valid.
fn exit_of(ladder: &Ladder) -> Exit {
    let exits = ladder.rungs.iter().map(|rung| match &rung.verdict {
        Verdict::Valid => Exit::Done,
        Verdict::Invalid(_) => Exit::No,
        Verdict::Unknown(_) => Exit::Unknown,
    });
    exits.fold(Exit::Done, words::worse)
}

/// What to say of a reading in a line.
fn read_as(reading: &Reading) -> String {
    let history = &reading.history;
    let count = |number: usize, one: &str| {
        format!("{} {one}{}", words::grouped(number), if number == 1 { "" } else { "s" })
    };
    let left_out = match reading.left_out {
        0 => String::new(),
        number => format!("; {number} events of others than clients left out"),
    };
    format!(
        "{}, {}, {}, {}{left_out}",
        count(history.len(), "operation"),
        count(history.processes(), "process").replace("processs", "processes"),
        count(history.keys(), "key"),
        reading.format
    )
}
