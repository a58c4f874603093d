//! The program: for now only the hidden command by which a controller starts its servers.

use conlab::net;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments != net::CHILD_ARGUMENTS {
        eprintln!("conlab: usage: conlab server --child");
        return ExitCode::from(64);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.map(|runtime| runtime.block_on(net::run_child())) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => {
            eprintln!("conlab: {error}");
            ExitCode::from(69)
        }
        Err(error) => {
            eprintln!("conlab: cannot start a runtime: {error}");
            ExitCode::from(70)
        }
    }
}
