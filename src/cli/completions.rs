//! `conlab completions SHELL`: a completion script for a shell.

use super::args::Cli;
use super::exit::{Exit, Failure};
use clap::{Args, CommandFactory};
use clap_complete::Shell;
use std::io::Write;

/// Print a completion script for a shell
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conlab completions bash > ~/.local/share/bash-completion/completions/conlab
  conlab completions zsh > \"${fpath[1]}/_conlab\"
  conlab completions fish > ~/.config/fish/completions/conlab.fish")]
pub struct Completions {
    /// For which shell
    shell: Shell,
}

impl Completions {
    /// Prints the script to stdout.
    pub fn run(self) -> Result<Exit, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "conlab", &mut script);
        let mut out = std::io::stdout().lock();
        out.write_all(&script)?;
        out.flush()?;
        Ok(Exit::Done)
    }
}
