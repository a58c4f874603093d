//! `conlab` alone: choose a level, start a cluster, open the shell.

use super::args::{ClusterFlags, Globals};
use super::exit::{Exit, Failure};
use super::runtime::{Signals, block_on};
use super::shell::{self, Cluster, Origin};
use super::tape::Tape;
use super::{console, layout, up};
use crate::picker;
use crate::systems::System;
use serde_json::json;
use std::io::{IsTerminal, stdin};
use std::path::Path;
use std::sync::Arc;

/// Chooses, starts, and returns when the shell is left and the cluster has stopped.
pub fn run(
    flags: &ClusterFlags,
    history: Option<&Path>,
    globals: &Globals,
) -> Result<Exit, Failure> {
    let config = globals.read_config()?;
    layout::options(config.clone(), flags, config.system)?; // wrong flags are told before the menu is shown
    let Some(system) = choose()? else { return Ok(Exit::Done) };
    let options = layout::options(config, flags, system)?;
    console::restart_clock();
    block_on(async {
        let mut signals = Signals::listen()?;
        match up::start(options, &mut signals).await? {
            Some(controller) => {
                let tape = tape(history, system, controller.info().servers.len());
                shell::run(Cluster::new(Origin::Own(Arc::new(controller)), tape?), signals).await
            }
            None => Ok(Exit::Done),
        }
    })
}

/// Where the session is recorded: in this file, or in the store.
fn tape(file: Option<&Path>, system: System, servers: usize) -> Result<Option<Tape>, Failure> {
    match file {
        Some(file) => Tape::into_file(file).map(Some),
        None => {
            let about = json!({ "system": system.name(), "servers": servers });
            Ok(Tape::into_store(system.name(), about))
        }
    }
}

/// The level: from the menu on a terminal, else from the first line of stdin; `None` if nobody wants one.
fn choose() -> Result<Option<System>, Failure> {
    if stdin().is_terminal() {
        return picker::ask().map_err(Failure::unavailable);
    }
    let mut line = String::new();
    let read = stdin().read_line(&mut line);
    let count = read.map_err(|error| Failure::usage(format!("cannot read the choice: {error}")))?;
    if count == 0 {
        return Err(Failure::usage(
            "stdin is empty; its first line chooses the level, as in `printf '1\\nget x\\n' | conlab`",
        ));
    }
    picker::read(&line).map(Some).map_err(Failure::usage)
}
