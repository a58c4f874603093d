//! `conlab run FILE…`: plays scenarios in the simulator or, with `--live`, on real servers.

use super::args::Globals;
use super::exit::{Exit, Failure};
use super::tape::Tape;
use super::{console, layout, runtime};
use crate::net::{LogLevel, LogOptions};
use crate::scenario::{
    LiveError, Record, RunOptions, ScenarioError, compare_systems, run_live, run_recorded,
};
use crate::systems::System;
use clap::Args;
use std::error::Error;
use std::path::{Path, PathBuf};

/// Play scenario files in the simulator, or on real servers
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conlab run test-cases/causal/blocked_read.scn
  conlab run test-cases/*/*.scn
  conlab run my.scn --record                  keep the output in the file, to compare with from then on
  conlab run my.scn --seed 7                  other chances
  conlab run my.scn --live                    on real servers, on free ports
  conlab run my.scn --system eventual         the same under another level
  conlab run my.scn --system all              all levels side by side
  conlab run my.scn --history h.jsonl         keep what the clients see, for conlab check

Exit code 1 if an expectation failed or the output is not the recorded one.")]
pub struct Run {
    /// Scenario files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Play on real server processes; the recorded output and `within` are ignored
    #[arg(long, conflicts_with_all = ["seed", "record", "system"])]
    live: bool,
    /// Where randomness begins [default: the file's, 1]
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// Write the output into the file, below its line ---
    #[arg(long)]
    record: bool,
    /// Play under this system instead, or under `all` of them side by side
    #[arg(long, value_name = "SYSTEM", conflicts_with = "record", value_parser = systems)]
    system: Option<Systems>,
    /// Record what the clients see into this file
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
}

/// Under what to play.
#[derive(Debug, Clone, Copy)]
enum Systems {
    /// One system.
    One(System),
    /// Every one.
    All,
}

fn systems(text: &str) -> Result<Systems, String> {
    match text {
        "all" => Ok(Systems::All),
        name => name.parse().map(Systems::One).map_err(|error: String| format!("{error}, or all")),
    }
}

impl Run {
    /// Plays all files, also past one that failed; the worst result counts.
    pub fn run(self, globals: &Globals) -> Result<Exit, Failure> {
        self.check_history()?;
        let mut worst = Exit::Done;
        for file in &self.files {
            let played = self.play(file, globals);
            let exit = match played {
                Err(failure) if failure.text.is_empty() => return Err(failure),
                Err(failure) => {
                    super::report(&failure);
                    failure.exit
                }
                Ok((text, passed)) => {
                    let name = if self.files.len() > 1 {
                        format!("== {}\n", file.display())
                    } else {
                        String::new()
                    };
                    console::result(&format!("{name}{}", text.trim_end()))?;
                    if passed { Exit::Done } else { Exit::No }
                }
            };
            worst = worst.max(exit);
        }
        Ok(worst)
    }

    /// A history is of one run.
    fn check_history(&self) -> Result<(), Failure> {
        if self.history.is_none() {
            return Ok(());
        }
        if matches!(self.system, Some(Systems::All)) {
            let text = "--history keeps one run; name one system instead of --system all";
            return Err(Failure::usage(text));
        }
        match self.files.len() {
            1 => Ok(()),
            number => Err(Failure::usage(format!(
                "--history keeps one run, here are {number} files; play them one by one"
            ))),
        }
    }

    /// Plays one file: its report, and whether it passed.
    fn play(&self, file: &Path, globals: &Globals) -> Result<(String, bool), Failure> {
        let tape = self.history.as_deref().map(Tape::into_file).transpose()?;
        let played = self.played(file, globals, tape.as_ref().map(Tape::record_alone));
        if let Some(tape) = tape {
            tape.close();
        }
        played
    }

    fn played(
        &self,
        file: &Path,
        globals: &Globals,
        record: Option<Record>,
    ) -> Result<(String, bool), Failure> {
        let report = match self.system {
            _ if self.live => return play_live(file, globals, record),
            Some(Systems::All) => {
                return Ok((compare_systems(file, self.seed).map_err(wrong)?, true));
            }
            Some(Systems::One(system)) => run_recorded(file, &self.options(Some(system)), record),
            None => run_recorded(file, &self.options(None), record),
        };
        report.map(|report| (report.text, report.passed)).map_err(wrong)
    }

    fn options(&self, system: Option<System>) -> RunOptions {
        RunOptions { seed: self.seed, record: self.record, system }
    }
}

/// Plays one file on real servers. Their logs are shown only to those who ask: the answers are what counts.
fn play_live(
    file: &Path,
    globals: &Globals,
    record: Option<Record>,
) -> Result<(String, bool), Failure> {
    let log = match globals.log {
        Some(log) => layout::log_options(log),
        None => LogOptions { level: LogLevel::Off, ..LogOptions::default() },
    };
    let tell = Box::new(|text: &str| console::remark(text));
    let report =
        runtime::block_on(async { run_live(file, log, tell, record).await.map_err(not_live) })?;
    Ok((report.text, report.passed))
}

fn not_live(error: LiveError) -> Failure {
    match error {
        LiveError::Scenario(error) => wrong(error),
        LiveError::Cluster(error) => error.into(),
    }
}

/// A scenario that cannot be played, with its causes.
fn wrong(error: ScenarioError) -> Failure {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    Failure::usage(text)
}
