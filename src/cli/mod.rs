//! The command line: one file per command.
//!
//! stdout carries results only; all else goes to stderr under the run's clock. What a command means is the same here,
//! in the shell and in a scenario file: all three read [`crate::scenario::grammar`].

mod args;
mod completions;
mod console;
mod exit;

pub use exit::{Exit, Failure};

use args::{Cli, Command};
use clap::Parser;
use clap::error::ErrorKind;
use std::ffi::OsString;
use std::io::{IsTerminal, Write};

/// Runs the command line `words`, the program's name first.
pub fn run(words: impl IntoIterator<Item = OsString>) -> Result<Exit, Failure> {
    console::start_clock();
    let cli = match Cli::try_parse_from(words) {
        Ok(cli) => cli,
        Err(error) => return show(&error),
    };
    let globals = cli.globals;
    match cli.command {
        Some(Command::Completions(command)) => command.run(),
        _ => {
            let _ = globals;
            Ok(Exit::Done)
        }
    }
}

/// Writes a failure to stderr, on one line.
pub fn report(failure: &Failure) {
    if !failure.text.is_empty() {
        let mark = if console::colours() { "\u{1b}[1;31merror:\u{1b}[0m" } else { "error:" };
        console::plain_remark(&format!("{mark} {}", failure.text));
    }
}

/// Help and version are results; anything else that clap has to say is a wrong command line.
fn show(error: &clap::Error) -> Result<Exit, Failure> {
    let helps = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    let text = error.render();
    if helps {
        let mut out = std::io::stdout().lock();
        let coloured = out.is_terminal() && std::env::var_os("NO_COLOR").is_none();
        let text = if coloured { text.ansi().to_string() } else { text.to_string() };
        out.write_all(text.as_bytes())?;
        return Ok(out.flush().map(|()| Exit::Done)?);
    }
    let text = if console::colours() { text.ansi().to_string() } else { text.to_string() };
    console::plain_remark(text.trim_end());
    Ok(Exit::Usage)
}
