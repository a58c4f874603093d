//! The program `conlab-bench`: what does this consistency level cost me?
//!
//! It starts real server processes, loads them, and measures beside each figure the floor in the same run: a bare
//! JSON-RPC echo, and for replicated writes the bare chain of calls that they cannot do without. See docs/bench.md.
//!
//! One executable plays all parts: the driver, each server of a cluster (`server --child`), each server of the floor.

#![allow(clippy::disallowed_methods)] // to measure is to read the clock

mod all;
mod args;
mod asker;
mod bed;
mod block;
mod caller;
mod check {
    pub mod generate;
}
mod client;
mod compare;
mod floor;
mod goals;
mod history;
mod index;
mod judge;
mod latency;
mod log;
mod machine;
mod output;
mod regions;
mod results;
mod run;
mod scale;
mod scratch;
mod series;
mod simulate;
mod staleness;
mod subject;
mod table;
mod throughput;
mod wan;

use args::Cli;
use clap::Parser;
use clap::error::ErrorKind;
use conlab::cli::{Exit, Failure};
use conlab::net::CHILD_ARGUMENTS;
use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let ended = match words.as_slice() {
        child if *child == CHILD_ARGUMENTS => {
            run::block_on(conlab::net::run_child()).map(|()| Exit::Done)
        }
        [floor::ARGUMENT] => run::block_on(floor::serve()).map(|()| Exit::Done),
        _ => command(),
    };
    match ended {
        Ok(exit) => exit.into(),
        Err(failure) => {
            output::complain(&failure);
            failure.exit.into()
        }
    }
}

fn command() -> Result<Exit, Failure> {
    match Cli::try_parse() {
        Ok(cli) => cli.run(),
        Err(error) => {
            // Nobody reads any more where this fails.
            let _ = error.print();
            Ok(match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::Done,
                _ => Exit::Usage,
            })
        }
    }
}
