//! The runtime of a command, and the signals that end it.

use super::exit::Failure;
use std::future::Future;
use tokio::runtime::Builder;

/// Runs `command` to its end on a runtime of its own.
pub fn block_on<T>(command: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    run_on(Builder::new_multi_thread().worker_threads(2), command)
}

/// Runs `command` to its end on this thread alone: one server is one thread.
pub fn block_on_one_thread<T>(
    command: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    run_on(&mut Builder::new_current_thread(), command)
}

fn run_on<T>(
    builder: &mut Builder,
    command: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let runtime = builder.enable_all().build();
    let runtime =
        runtime.map_err(|error| Failure::internal(format!("cannot start the runtime: {error}")))?;
    let result = runtime.block_on(command);
    runtime.shutdown_background(); // nothing that is left may hold up the end
    result
}

/// What a person or the system sends to end the program, or what it is doing now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Ctrl-C.
    Interrupt,
    /// SIGTERM, or the terminal is gone.
    Terminate,
}

/// Listens for signals from its creation on; before it, they end the program.
#[derive(Debug)]
pub struct Signals {
    #[cfg(unix)]
    streams: [(Signal, tokio::signal::unix::Signal); 3],
}

#[cfg(unix)]
impl Signals {
    /// Starts to listen.
    pub fn listen() -> Result<Self, Failure> {
        use tokio::signal::unix::{SignalKind, signal};
        let on = |kind| {
            signal(kind).map_err(|error| Failure::internal(format!("cannot listen: {error}")))
        };
        Ok(Signals {
            streams: [
                (Signal::Interrupt, on(SignalKind::interrupt())?),
                (Signal::Terminate, on(SignalKind::terminate())?),
                (Signal::Terminate, on(SignalKind::hangup())?),
            ],
        })
    }

    /// The next signal. Nothing is lost if the wait is given up.
    pub async fn next(&mut self) -> Signal {
        let [(a, interrupt), (b, terminate), (c, hangup)] = &mut self.streams;
        tokio::select! {
            _ = interrupt.recv() => *a,
            _ = terminate.recv() => *b,
            _ = hangup.recv() => *c,
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    /// Starts to listen.
    pub fn listen() -> Result<Self, Failure> {
        Ok(Signals {})
    }

    /// The next Ctrl-C.
    pub async fn next(&mut self) -> Signal {
        match tokio::signal::ctrl_c().await {
            Ok(()) => Signal::Interrupt,
            Err(_) => std::future::pending().await,
        }
    }
}
