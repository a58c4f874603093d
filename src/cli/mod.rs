//! The command line: one file per command.
//!
//! stdout carries results only; all else goes to stderr under the run's clock. What a command means is the same here,
//! in the shell and in a scenario file: all three read [`crate::scenario::grammar`].

mod again;
mod answer;
mod args;
mod check;
mod completions;
mod console;
mod drawing;
mod exit;
mod find;
mod history;
mod layout;
mod ls;
mod menu;
mod replay;
mod request;
mod run;
mod runs;
mod runtime;
mod server;
mod session_file;
mod shell;
mod status;
mod systems;
mod tape;
mod test;
mod up;

pub use exit::{Exit, Failure};
pub use tape::Tape;

use crate::net::LogFormat;
use args::{Cli, ClusterFlags, Command};
use clap::Parser;
use clap::error::ErrorKind;
use runtime::{block_on, block_on_one_thread};
use std::ffi::OsString;

/// Runs the command line `words`, the program's name first.
pub fn run(words: impl IntoIterator<Item = OsString>) -> Result<Exit, Failure> {
    console::restart_clock();
    match Cli::try_parse_from(words) {
        Ok(cli) => dispatch(cli),
        Err(error) => show(&error),
    }
}

fn dispatch(cli: Cli) -> Result<Exit, Failure> {
    let globals = &cli.globals;
    if let Some(log) = globals.log {
        console::remark_as_json(log.format == LogFormat::Json);
    }
    let Some(command) = cli.command else {
        return menu::run(&cli.cluster, cli.history.as_deref(), globals);
    };
    if cli.history.is_some() {
        return Err(Failure::usage(
            "--history stands after the command, as in conlab shell --history h.jsonl",
        ));
    }
    if cli.cluster != ClusterFlags::default() {
        return Err(Failure::usage(
            "flags of the cluster stand after the command, as in conlab up causal --servers 5",
        ));
    }
    match command {
        Command::Up(command) => block_on(command.run(globals)),
        Command::Set(command) => block_on(command.run(globals)),
        Command::Get(command) => block_on(command.run(globals)),
        Command::Delete(command) => block_on(command.run(globals)),
        Command::All(command) => block_on(command.run(globals)),
        Command::Append(command) => block_on(command.run(globals)),
        Command::Messages(command) => block_on(command.run(globals)),
        Command::Shell(command) => block_on(command.run(globals)),
        Command::Status(command) => block_on(command.run(globals)),
        Command::Server(command) => block_on_one_thread(command.run(globals)),
        Command::Run(command) => command.run(globals),
        Command::Test(command) => command.run(globals),
        Command::Replay(command) => command.run(globals),
        Command::Ls(command) => command.run(),
        Command::Systems(command) => command.run(),
        Command::Check(command) => command.run(),
        Command::History(command) => command.run(),
        Command::Completions(command) => command.run(),
    }
}

/// Writes a failure to stderr, on one line.
pub fn report(failure: &Failure) {
    if !failure.text.is_empty() {
        console::complaint(&failure.text);
    }
}

/// Help and version are results; anything else that clap has to say is a wrong command line.
fn show(error: &clap::Error) -> Result<Exit, Failure> {
    let text = error.render();
    let styled = |coloured: bool| if coloured { text.ansi().to_string() } else { text.to_string() };
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            console::result(styled(console::results_coloured()).trim_end())?;
            Ok(Exit::Done)
        }
        _ => {
            console::plain_remark(styled(console::colours()).trim_end());
            Ok(Exit::Usage)
        }
    }
}
