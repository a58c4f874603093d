//! What carries a server: a process or a thread of this one. Both are started, signalled and watched alike.

use crate::net::wire::Report;
use tokio::sync::{mpsc, oneshot};

/// What can be done to a server from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    /// End at once, and forget everything.
    Kill,
    /// Stand still.
    Pause,
    /// Go on.
    Resume,
    /// Answer what is under way, and end.
    Stop,
}

/// A command, and where to say that it was passed on; a pause, that the server stands still.
pub(super) type Ordered = (Command, oneshot::Sender<()>);

/// A running server, seen from outside. Dropping this kills it.
#[derive(Debug)]
pub(super) struct Host {
    commands: mpsc::UnboundedSender<Ordered>,
}

impl Host {
    /// A host, and the commands that it is given.
    pub fn new() -> (Host, mpsc::UnboundedReceiver<Ordered>) {
        // Unbounded, for whoever commands waits until the command was passed on.
        let (commands, ordered) = mpsc::unbounded_channel();
        (Host { commands }, ordered)
    }

    /// Gives a command; what is returned ends when it was passed on, or when the server is gone.
    pub fn command(&self, command: Command) -> impl Future<Output = ()> + Send + use<> {
        let (passed_on, done) = oneshot::channel();
        let sent = self.commands.send((command, passed_on));
        async move {
            if sent.is_ok() {
                let _ = done.await;
            }
        }
    }
}

/// A server that has just begun to listen.
pub(super) struct Hosted {
    /// Where it listens.
    pub report: Report,
    /// What carries it.
    pub host: Host,
    /// Ends with the server, and says how it ended.
    pub end: oneshot::Receiver<String>,
}
