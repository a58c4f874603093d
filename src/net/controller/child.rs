//! Servers as child processes.
//!
//! Each child is in a process group of its own, so that Ctrl-C reaches the controller alone, and has a pipe as stdin,
//! so that it ends when the controller ends, however that happens. The token goes through that pipe, never through argv.

use super::host::{Command, Host, Hosted, Ordered};
use super::nursery;
use crate::net::server::CHILD_ARGUMENTS;
use crate::net::wire::{StartOrder, Started};
use crate::net::{LogSwitch, NetError};
use crate::process::NodeId;
use std::io;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// A child says within this time that it listens.
const START: Duration = Duration::from_secs(10);
/// A child that was asked to stop has so long, then its stdin ends.
const GRACE: Duration = Duration::from_millis(1_500);
/// A child whose stdin has ended has so long, then it is killed.
const LAST_GRACE: Duration = Duration::from_millis(500);

/// Starts `program` as the server that `order` describes, and returns when it listens.
pub(super) async fn start(
    program: &Path,
    order: &StartOrder,
    logs: &LogSwitch,
) -> Result<Hosted, NetError> {
    let id = order.start.id;
    let failed = |cause: String| NetError::CannotStart { id: id.0, cause };
    let spawned =
        spawn(program).await.map_err(|error| failed(format!("{}: {error}", program.display())));
    let Spawned { mut child, mut stdin, stdout, stderr } = spawned?;
    let told = tokio::spawn(forward(id, stderr, logs.clone()));
    let line = serde_json::to_string(order).map_err(|error| failed(error.to_string()))? + "\n";
    // A child that is gone already says why on stdout, or by its exit status.
    let _ = stdin.write_all(line.as_bytes()).await;
    let report = match timeout(START, first_line(stdout)).await {
        Ok(Some(Started::Listening(report))) => report,
        Ok(Some(Started::Failed(error))) => return Err(ended(&mut child, error).await),
        Ok(None) => {
            drop(stdin);
            let status = end(&mut child, None).await;
            return Err(failed(format!("it ended before it listened ({status})")));
        }
        Err(_) => {
            let cause = failed(format!("it did not listen within {} s", START.as_secs()));
            return Err(ended(&mut child, cause).await);
        }
    };
    let ((host, commands), (over, end)) = (Host::new(), oneshot::channel());
    tokio::spawn(async move {
        let status = supervise(child, stdin, commands).await;
        // Its last words may still stand in the pipe; a process that it left behind might hold that open.
        let _ = timeout(LAST_GRACE, told).await;
        drop(over.send(status));
    });
    Ok(Hosted { report, host, end })
}

struct Spawned {
    child: Child,
    stdin: ChildStdin,
    stdout: ChildStdout,
    stderr: ChildStderr,
}

async fn spawn(program: &Path) -> io::Result<Spawned> {
    let mut command = tokio::process::Command::new(program);
    command.args(CHILD_ARGUMENTS).kill_on_drop(true);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    #[cfg(unix)]
    command.process_group(0);
    let mut child = nursery::spawn(command).await?;
    let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
        return Err(io::Error::other("a child without its pipes"));
    };
    Ok(Spawned { child, stdin, stdout, stderr })
}

async fn first_line(stdout: ChildStdout) -> Option<Started> {
    let line = BufReader::new(stdout).lines().next_line().await.ok().flatten()?;
    serde_json::from_str(&line).ok()
}

/// Passes on what a child writes to stderr, line by line.
async fn forward(id: NodeId, stderr: ChildStderr, logs: LogSwitch) {
    let mut stderr = BufReader::new(stderr);
    let mut line = Vec::new();
    while stderr.read_until(b'\n', &mut line).await.is_ok_and(|bytes| bytes > 0) {
        logs.pass(id, String::from_utf8_lossy(&line).trim_end());
        line.clear();
    }
}

/// Kills a child that could not start, and gives back why.
async fn ended(child: &mut Child, why: NetError) -> NetError {
    signal(child, Command::Kill);
    let _ = child.wait().await;
    why
}

/// Does what is commanded until the child has ended; returns how it ended.
async fn supervise(
    mut child: Child,
    stdin: ChildStdin,
    mut commands: mpsc::UnboundedReceiver<Ordered>,
) -> String {
    loop {
        let ordered = tokio::select! {
            status = child.wait() => return shown(status),
            ordered = commands.recv() => ordered,
        };
        let (command, passed_on) = match ordered {
            Some((command, passed_on)) => (command, Some(passed_on)),
            None => (Command::Kill, None),
        };
        signal(&mut child, command);
        if command == Command::Pause {
            stands_still(&child).await;
        }
        drop(passed_on);
        match command {
            Command::Stop => return end(&mut child, Some(stdin)).await,
            Command::Kill => return shown(child.wait().await),
            Command::Pause | Command::Resume => {}
        }
    }
}

/// Waits for a child that was asked to stop, ever less gently.
async fn end(child: &mut Child, stdin: Option<ChildStdin>) -> String {
    if let Ok(status) = timeout(GRACE, child.wait()).await {
        return shown(status);
    }
    drop(stdin);
    if let Ok(status) = timeout(LAST_GRACE, child.wait()).await {
        return shown(status);
    }
    signal(child, Command::Kill);
    shown(child.wait().await)
}

fn shown(status: io::Result<ExitStatus>) -> String {
    status.map_or_else(|error| format!("lost: {error}"), |status| status.to_string())
}

/// Signals a child. One that has been waited for has no id any more, so a stranger is never hit.
#[cfg(unix)]
fn signal(child: &mut Child, command: Command) {
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;
    let Some(pid) = child.id().and_then(|pid| i32::try_from(pid).ok()).map(Pid::from_raw) else {
        return;
    };
    let signals: &[Signal] = match command {
        Command::Kill => &[Signal::SIGKILL],
        Command::Pause => &[Signal::SIGSTOP],
        Command::Resume => &[Signal::SIGCONT],
        // A child that stands still would not see the second one.
        Command::Stop => &[Signal::SIGTERM, Signal::SIGCONT],
    };
    for signal in signals {
        // It fails only if the child has just ended, and then there is nothing to do.
        let _ = kill(pid, *signal);
    }
}

/// Waits until all threads of a child stand still: the signal takes effect when the kernel next runs one of them. The
/// child is not reaped by that. (Other systems are trusted to be quick.)
#[cfg(target_os = "linux")]
async fn stands_still(child: &Child) {
    use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
    /// In all a second; a child that still runs then is on a machine that has other troubles.
    const LOOKS: usize = 1_000;
    let Some(pid) = child.id().and_then(|pid| i32::try_from(pid).ok()) else { return };
    let flags =
        WaitPidFlag::WSTOPPED | WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
    for _ in 0..LOOKS {
        match waitid(Id::Pid(nix::unistd::Pid::from_raw(pid)), flags) {
            Ok(WaitStatus::StillAlive) => tokio::time::sleep(Duration::from_millis(1)).await,
            _ => return,
        }
    }
}

#[cfg(not(target_os = "linux"))]
async fn stands_still(_: &Child) {}

/// Elsewhere a child can only be killed.
#[cfg(not(unix))]
fn signal(child: &mut Child, command: Command) {
    if matches!(command, Command::Kill | Command::Stop) {
        let _ = child.start_kill();
    }
}
