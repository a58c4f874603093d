//! One trial on real servers.

use super::{Test, one, replay, say};
use crate::cli::args::Globals;
use crate::cli::exit::{Exit, Failure};
use crate::cli::runs::{self, HISTORY};
use crate::cli::runtime::{Signals, block_on};
use crate::cli::{console, layout};
use crate::history::{Format, Recorder, read};
use crate::net::{LogLevel, LogOptions};
use crate::process::NodeId;
use crate::trial::{Done, Plan, Trial, run_live};
use std::fs::File;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Runs a plan on real servers, keeps it and tells. A signal ends the load; a second one ends everything.
pub fn run(plan: &Plan, test: &Test, globals: &Globals) -> Result<Exit, Failure> {
    let words = test.words(plan);
    say(test.json, &replay(plan.seed, &words))?;
    let folder = one::keep(plan, test, &words)?;
    let history = folder.create(HISTORY).map_err(|error| runs::unwritable(&error))?;
    let recorder = Arc::new(Recorder::new(history));
    let (log, echo) = logging(globals);
    let logs = folder.create_logs(plan.servers).map_err(|error| runs::unwritable(&error))?;
    let logs = Mutex::new(logs);
    let keep = move |server: NodeId, line: &str| {
        let mut logs = logs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(log) = logs.get_mut(server.0.wrapping_sub(1) as usize) {
            let _ = writeln!(log, "{line}").and_then(|()| log.flush()); // a full disk ends no run
        }
        if echo {
            console::plain_remark(line);
        }
    };
    let run = until_stopped(plan.clone(), log, keep, recorder.clone());
    let Some(done) = block_on(run)? else {
        return Err(Failure::quiet(Exit::Unknown));
    };
    if let Some(error) = recorder.error() {
        return Err(Failure::usage(format!("the history is not whole: {error}")));
    }
    let written = folder.write(runs::FAULTS, &one::faults(&done));
    written.map_err(|error| runs::unwritable(&error))?;
    let path = folder.file(HISTORY);
    let file = File::open(&path).map_err(|error| runs::unwritable(&error))?;
    let name = path.display().to_string();
    let reading = read(&name, file, Some(Format::JsonLines));
    let history = reading.map_err(|error| Failure::internal(error.to_string()))?.history;
    let trial = Trial::of(plan, done, history, None);
    one::finish(plan, test, &folder, &trial, &words)
}

/// What the servers log: at least each step, for their files. And whether it is shown too.
fn logging(globals: &Globals) -> (LogOptions, bool) {
    match globals.log {
        Some(log) if log.level != LogLevel::Off => {
            (LogOptions { colour: false, ..layout::log_options(log) }, true)
        }
        _ => (LogOptions::default(), false),
    }
}

/// The whole run; `None` if it was ended twice.
async fn until_stopped(
    plan: Plan,
    log: LogOptions,
    keep: impl Fn(NodeId, &str) + Send + Sync + 'static,
    recorder: Arc<Recorder>,
) -> Result<Option<Done>, Failure> {
    let mut signals = Signals::listen()?;
    let stopped = Arc::new(AtomicBool::new(false));
    let run = run_live(plan, (log, keep), recorder, stopped.clone());
    tokio::pin!(run);
    tokio::select! {
        done = &mut run => return Ok(Some(done?)),
        _ = signals.next() => {
            console::remark("stopping: no more load; once more to end at once");
            stopped.store(true, Ordering::Relaxed);
        }
    }
    tokio::select! {
        done = &mut run => Ok(Some(done?)),
        _ = signals.next() => Ok(None),
    }
}
