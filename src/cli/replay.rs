//! `conlab replay DIR|latest`: runs a kept run again.

use super::again::compared;
use super::args::{Cli, Command, Globals};
use super::console;
use super::exit::{Exit, Failure};
use super::runs::{self, Begun, HISTORY, MESSAGES};
use super::test::Test;
use crate::trial::{Journal, simulate_into};
use clap::{Args, Parser};
use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Run a kept run again: in the simulator to the same bytes, live with the same load and faults
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conlab replay latest
  conlab replay store/causal/20260102T030405Z

A simulated run must give the same bytes again; if it does not, the exit code is 70. Else the exit code
is the verdict's: 0 valid, 1 invalid, 2 unknown.")]
pub struct Replay {
    /// The folder of the run; `latest` is the last one
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl Replay {
    /// Runs it again.
    pub fn run(self, globals: &Globals) -> Result<Exit, Failure> {
        let folder = self.folder()?;
        let begun = Begun::read(&folder).map_err(Failure::usage)?;
        let words = ["conlab".to_string()].into_iter().chain(begun.arguments.iter().cloned());
        let wrong = |why: &str| {
            let path = folder.join(runs::RUN);
            Failure::usage(format!("{} is of no conlab test: {why}", path.display()))
        };
        let cli = Cli::try_parse_from(words)
            .map_err(|error| wrong(error.kind().as_str().unwrap_or("")))?;
        let Some(Command::Test(test)) = cli.command else { return Err(wrong("another command")) };
        if !test.is_one_simulated() || !folder.join(runs::RESULTS).is_file() {
            return again(&folder, *test, globals);
        }
        console::result(&format!("seed {}: conlab {}", begun.seed, begun.arguments.join(" ")))?;
        let plan = test.plan()?;
        let logs = (1..=plan.servers).map(runs::log_of);
        let names = [HISTORY, MESSAGES].map(str::to_string).into_iter().chain(logs);
        let twins = names
            .map(|name| Twin::of(&folder.join(&name)).map(|twin| (name, twin)))
            .collect::<Result<Vec<_>, Failure>>()?;
        let logs = twins[2..].iter().map(|(_, twin)| twin.clone());
        let journal = Journal::into(twins[1].1.clone()).with_logs(logs);
        let trial = simulate_into(&plan, journal, twins[0].1.clone()).map_err(Failure::internal)?;
        for (name, twin) in twins {
            let bytes = twin.end().map_err(|why| {
                Failure::internal(format!(
                    "{} is not what it was: {why}",
                    folder.join(&name).display()
                ))
            })?;
            console::result(&format!("byte-identical: {name}, {bytes} bytes"))?;
        }
        console::result(trial.judgement.word())?;
        Ok(match trial.judgement.word() {
            "valid" => Exit::Done,
            "invalid" => Exit::No,
            _ => Exit::Unknown,
        })
    }

    fn folder(&self) -> Result<PathBuf, Failure> {
        if self.folder != Path::new("latest") || self.folder.exists() {
            return Ok(self.folder.clone());
        }
        for folder in runs::folders().into_iter().rev() {
            match Begun::read(&folder) {
                Ok(run) if run.is_test() => return Ok(folder),
                Ok(_) => {}
                Err(why) => {
                    let text = format!("the latest run cannot be run again: {why}; name another");
                    return Err(Failure::usage(text));
                }
            }
        }
        Err(Failure::usage(format!("there is no run of conlab test in {}/ yet", runs::STORE)))
    }
}

/// Runs it again where the bytes cannot be the same, and says what was: a live run has the same load and the same schedule
/// of faults, but real time; of many seeds only the results are kept; and a run that was ended early has none.
fn again(folder: &Path, test: Test, globals: &Globals) -> Result<Exit, Failure> {
    let exit = test.run(globals)?;
    let is_test = |folder: &PathBuf| Begun::read(folder).is_ok_and(|run| run.is_test());
    let Some(after) = runs::folders().into_iter().rfind(is_test) else { return Ok(exit) };
    if !folder.join(runs::RESULTS).is_file() {
        let folder = folder.display();
        console::remark(&format!(
            "nothing to compare: the run in {folder} was ended before its verdict"
        ));
        return Ok(exit);
    }
    match compared(folder, &after) {
        Ok(lines) => lines.iter().try_for_each(|line| console::result(line))?,
        Err(why) => console::remark(&format!("nothing to compare: {why}")),
    }
    Ok(exit)
}

/// Compares what is written with a file.
#[derive(Clone)]
struct Twin(Arc<Mutex<Compared>>);

struct Compared {
    file: BufReader<File>,
    bytes: u64,
    line: u64,
    differs: Option<String>,
}

impl Twin {
    fn of(path: &Path) -> Result<Self, Failure> {
        let file = File::open(path)
            .map_err(|error| Failure::usage(format!("cannot read {}: {error}", path.display())))?;
        let compared = Compared { file: BufReader::new(file), bytes: 0, line: 1, differs: None };
        Ok(Twin(Arc::new(Mutex::new(compared))))
    }

    /// How many bytes are the same, if all are.
    fn end(&self) -> Result<u64, String> {
        let mut compared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(why) = compared.differs.take() {
            return Err(why);
        }
        match compared.file.read(&mut [0]) {
            Ok(0) => Ok(compared.bytes),
            Ok(_) => Err(format!("it is longer, from line {} on", compared.line)),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl Write for Twin {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut compared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if compared.differs.is_some() {
            return Ok(bytes.len());
        }
        let mut kept = vec![0; bytes.len()];
        let read = compared.file.read_exact(&mut kept);
        let same = bytes.iter().zip(&kept).take_while(|(now, then)| now == then).count();
        let lines = bytes[..same].iter().filter(|byte| **byte == b'\n').count() as u64;
        compared.line += lines;
        compared.bytes += same as u64;
        if let Err(error) = read {
            compared.differs = Some(format!("it ends early: {error}"));
        } else if same < bytes.len() {
            compared.differs = Some(format!("line {} differs", compared.line));
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
