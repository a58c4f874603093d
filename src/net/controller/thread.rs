//! Servers as threads of the controller: the same server, without a process around it.
//!
//! Each has its own runtime, so a kill drops everything that the server is, its connections included, and a pause
//! stops all of it by blocking its one thread, as SIGSTOP would.

use super::host::{Command, Host, Hosted, Ordered};
use crate::net::server::{Bound, on_own_thread};
use crate::net::wire::{Report, StartOrder};
use crate::net::{LogSwitch, NetError};
use std::sync::{Arc, mpsc as blocking};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// A thread that has not come to stand still by then is in a step that does not end.
const STANDS_STILL: Duration = Duration::from_secs(1);

/// The ways into a server's thread.
struct Reins {
    runtime: Handle,
    stop: Option<oneshot::Sender<()>>,
    kill: Option<oneshot::Sender<()>>,
    paused: Option<blocking::Sender<()>>,
}

/// Starts the server that `order` describes on a thread of its own, and returns when it listens.
pub(super) async fn start(order: &StartOrder, logs: &LogSwitch) -> Result<Hosted, NetError> {
    let id = order.start.id;
    let (order, logs) = (order.clone(), logs.clone());
    let ((stop, stopped), (kill, killed)) = (oneshot::channel(), oneshot::channel());
    let (listening, report) = oneshot::channel::<Result<(Report, Handle), NetError>>();
    let ended = on_own_thread(move || async move {
        let bound = match Bound::to(&order).await {
            Ok(bound) => bound,
            Err(error) => {
                drop(listening.send(Err(error.clone())));
                return Err(error);
            }
        };
        drop(listening.send(Ok((bound.report, Handle::current()))));
        let sink = Arc::new(move |line: &str| logs.pass(id, line));
        let server = bound.serve(order, sink, async { drop(stopped.await) });
        tokio::select! { biased; _ = killed => Ok(()), result = server => result }
    });
    let report = report.await.unwrap_or_else(|_| {
        Err(NetError::CannotStart { id: id.0, cause: "its thread did not start".to_string() })
    });
    let (report, runtime) = report?;
    let ((host, commands), (over, end)) = (Host::new(), oneshot::channel());
    let reins = Reins { runtime, stop: Some(stop), kill: Some(kill), paused: None };
    tokio::spawn(async move { drop(over.send(supervise(reins, ended, commands).await)) });
    Ok(Hosted { report, host, end })
}

/// Does what is commanded until the thread has ended; returns how it ended.
async fn supervise(
    mut reins: Reins,
    mut ended: oneshot::Receiver<Result<(), NetError>>,
    mut commands: mpsc::UnboundedReceiver<Ordered>,
) -> String {
    let mut killed = false;
    loop {
        let (command, passed_on) = tokio::select! {
            result = &mut ended => return shown(result, killed),
            ordered = commands.recv(), if !killed => match ordered {
                Some((command, passed_on)) => (command, Some(passed_on)),
                None => (Command::Kill, None),
            },
        };
        killed |= command == Command::Kill;
        reins.obey(command, passed_on);
    }
}

impl Reins {
    /// Does what is commanded; `passed_on` is dropped when it is done.
    fn obey(&mut self, command: Command, passed_on: Option<oneshot::Sender<()>>) {
        match command {
            Command::Pause => self.pause(passed_on),
            Command::Resume => self.paused = None,
            Command::Stop => {
                self.stop = None;
                self.paused = None;
            }
            Command::Kill => {
                self.kill = None;
                self.paused = None;
            }
        }
    }

    /// Blocks the server's one thread until the other end of the channel is dropped. Whoever paused it hears of that
    /// only when the thread stands still, for until then it may still answer; or after a while, if it does not come to that.
    fn pause(&mut self, passed_on: Option<oneshot::Sender<()>>) {
        let ((resume, wait), (stands, still)) = (blocking::channel::<()>(), oneshot::channel());
        self.paused = Some(resume);
        self.runtime.spawn(async move {
            drop::<oneshot::Sender<()>>(stands);
            let _ = wait.recv();
        });
        tokio::spawn(async move {
            let _ = timeout(STANDS_STILL, still).await;
            drop(passed_on);
        });
    }
}

fn shown(result: Result<Result<(), NetError>, oneshot::error::RecvError>, killed: bool) -> String {
    match result {
        _ if killed => "killed".to_string(),
        Ok(Ok(())) => "stopped".to_string(),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "panicked".to_string(),
    }
}
