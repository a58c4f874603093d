//! The switch on the controller's side: whose lines pass, and where they go.

use super::Shown;
use crate::process::NodeId;
use std::fmt::{self, Debug};
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

type Sink = Arc<dyn Fn(NodeId, &str) + Send + Sync>;

/// Says at run time whose lines are shown, and where they go: at first to stderr. Clones share one switch.
#[derive(Clone)]
pub struct LogSwitch {
    sink: Arc<Mutex<Sink>>,
    shown: watch::Sender<Shown>,
}

impl LogSwitch {
    /// A switch that shows these lines on stderr.
    pub(in crate::net) fn new(shown: Shown) -> Self {
        LogSwitch {
            sink: Arc::new(Mutex::new(Arc::new(to_stderr))),
            shown: watch::Sender::new(shown),
        }
    }

    /// Shows these servers' lines from now on.
    pub fn show(&self, shown: Shown) {
        self.shown.send_replace(shown);
    }

    /// Whose lines are shown now.
    pub fn shown(&self) -> Shown {
        *self.shown.borrow()
    }

    /// Sends lines (each without its line end, and with whose it is) to `sink` from now on, for example to a prompt that
    /// prints above itself.
    pub fn send_to(&self, sink: impl Fn(NodeId, &str) + Send + Sync + 'static) {
        *self.sink.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(sink);
    }

    /// Follows what is shown.
    pub(in crate::net) fn follow(&self) -> watch::Receiver<Shown> {
        self.shown.subscribe()
    }

    /// A server wrote a line. One that is not a log line, such as a panic's text, always passes and says whose it is.
    pub(in crate::net) fn pass(&self, server: NodeId, line: &str) {
        let sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if !line.starts_with(['+', '{', '\u{1b}']) {
            sink(server, &format!("{server} {line}"));
        } else if self.shown().includes(server) {
            sink(server, line);
        }
    }
}

impl Debug for LogSwitch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogSwitch").field("shown", &self.shown()).finish_non_exhaustive()
    }
}

/// Writes a line whole, and lives on when nobody reads any more.
fn to_stderr(_: NodeId, line: &str) {
    let _ = std::io::stderr().lock().write_all(format!("{line}\n").as_bytes());
}
