//! The program `conlab`: runs the command line, reports a failure on one line, and ends with its exit code.

use conlab::cli;
use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::run(std::env::args_os()) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            cli::report(&failure);
            failure.exit.into()
        }
    }
}
