//! One trial on real servers.

use super::said::{self, Said};
use super::{Test, one, replay, say};
use crate::cli::args::Globals;
use crate::cli::console;
use crate::cli::exit::{Exit, Failure};
use crate::cli::runs::{self, DATA, HISTORY};
use crate::cli::runtime::{Signals, block_on};
use crate::history::{Format, Recorder, read};
use crate::process::NodeId;
use crate::trial::{Done, Plan, Trial, run_live};
use std::fs::File;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::task::AbortOnDropHandle;

/// Runs a plan on real servers, keeps it and tells. A signal ends the load; a second one ends everything.
pub fn run(plan: &Plan, test: &Test, globals: &Globals) -> Result<Exit, Failure> {
    let words = test.words(plan);
    say(test.json, &replay(plan.seed, &words))?;
    let folder = one::keep(plan, test, &words)?;
    let history = folder.create(HISTORY).map_err(|error| runs::unwritable(&error))?;
    let recorder = Arc::new(Recorder::new(history));
    let said = Arc::new(Mutex::new(Said::new(plan.servers, &folder, globals.log)?));
    let data = plan.data.then(|| folder.file(DATA));
    let run = until_stopped(plan.clone(), data, said.clone(), recorder.clone());
    let Some(mut done) = block_on(run)? else {
        return Err(Failure::quiet(Exit::Unknown));
    };
    if let Some(error) = recorder.error() {
        return Err(Failure::usage(format!("the history is not whole: {error}")));
    }
    let messages = said.lock().unwrap_or_else(PoisonError::into_inner).end();
    done.messages = messages.map_err(|error| runs::unwritable(&error))?;
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

/// The whole run; `None` if it was ended twice.
async fn until_stopped(
    plan: Plan,
    data: Option<PathBuf>,
    said: Arc<Mutex<Said>>,
    recorder: Arc<Recorder>,
) -> Result<Option<Done>, Failure> {
    let mut signals = Signals::listen()?;
    let _handing_on = AbortOnDropHandle::new(tokio::spawn(said::now_and_then(said.clone())));
    let keep = move |server: NodeId, line: &str| {
        said.lock().unwrap_or_else(PoisonError::into_inner).take(server, line);
    };
    let stopped = Arc::new(AtomicBool::new(false));
    let run = run_live(plan, data, (Said::options(), keep), recorder, stopped.clone());
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
