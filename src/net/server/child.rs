//! A server as the controller's child: its start order comes on stdin, and the end of stdin is its end.
//!
//! The controller never writes more than the order, so stdin ends only when the controller lets go of it, or is no more,
//! however it died. A child that stands still at that moment reads nothing: on Linux it asks the kernel to be killed with
//! its controller. Elsewhere the kernel sends SIGHUP and SIGCONT to a stopped process group that has lost its parent; so
//! SIGHUP must keep its effect here.

use super::Bound;
use crate::net::wire::{Report, StartOrder, Started};
use crate::net::{NetError, listen};
use std::io::{BufRead, Read, Write};
use std::sync::Arc;

/// The arguments with which the controller starts a child; the program then calls [`run_child`].
pub const CHILD_ARGUMENTS: [&str; 2] = ["server", "--child"];

/// Runs the server that a controller started: the first line of stdin is its start order, and end of input its end.
/// Returns after SIGTERM or SIGINT, once what was under way is answered. It is to run on a main thread that does nothing
/// else: that one has the allocator's best arena.
pub async fn run_child() -> Result<(), NetError> {
    end_with_the_controller();
    let order = read_order()?;
    std::thread::spawn(exit_with_input);
    listen::raise_open_files();
    let bound = Bound::to(&order).await.inspect_err(|error| {
        say(&Started::Failed(error.clone()));
    })?;
    let stop = signals()?;
    say_listening(&bound.report);
    bound.serve(order, Arc::new(to_stderr), stop).await
}

/// Asks the kernel to kill this process when its controller dies, even while it stands still.
fn end_with_the_controller() {
    #[cfg(target_os = "linux")]
    if let Err(error) = nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL) {
        tracing::warn!(target: crate::net::logs::TARGET, "cannot ask to end with the controller: {error}");
    }
}

fn read_order() -> Result<StartOrder, NetError> {
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    read.map_err(|error| NetError::Usage(format!("no start order on stdin: {error}")))?;
    serde_json::from_str(&line).map_err(|error| {
        let fix =
            "a controller starts children; by hand it is \"conlab server --id N --join HOST:PORT\"";
        NetError::Usage(format!("the start order on stdin is not one: {error}; {fix}"))
    })
}

/// Ends this process when stdin ends, whatever its other threads do.
fn exit_with_input() {
    let mut rest = [0; 64];
    let mut stdin = std::io::stdin().lock();
    while stdin.read(&mut rest).is_ok_and(|bytes| bytes > 0) {}
    std::process::exit(0);
}

fn say_listening(report: &Report) {
    say(&Started::Listening(*report));
}

/// Tells the controller how the start went; one that is gone has closed stdin too.
fn say(started: &Started) {
    let line = serde_json::to_string(started).unwrap_or_default();
    let mut stdout = std::io::stdout().lock();
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}

/// Writes a log line whole, and lives on when nobody reads any more.
pub(super) fn to_stderr(line: &str) {
    let _ = std::io::stderr().lock().write_all(format!("{line}\n").as_bytes());
}

/// Ends on SIGTERM or SIGINT.
#[cfg(unix)]
pub(super) fn signals() -> Result<impl Future<Output = ()> + Send + 'static, NetError> {
    use tokio::signal::unix::{SignalKind, signal};
    let listen = |kind| {
        signal(kind).map_err(|error| NetError::Internal(format!("no signal handler: {error}")))
    };
    let (mut terminate, mut interrupt) =
        (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
    })
}

/// Ends on Ctrl-C.
#[cfg(not(unix))]
pub(super) fn signals() -> Result<impl Future<Output = ()> + Send + 'static, NetError> {
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}
