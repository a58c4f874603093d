//! The thread that starts children.
//!
//! Linux ends a child together with the *thread* that started it, where the child asks for that; a server asks, so that
//! it ends with its controller even while it stands still. A runtime's threads come and go: this one stays.

use std::io;
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, Sender, channel};
use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// A child to start, and where to say how that went.
struct Birth {
    command: Command,
    runtime: Handle,
    born: oneshot::Sender<io::Result<Child>>,
}

/// Starts `command` on the thread that lives as long as the program.
pub(super) async fn spawn(command: Command) -> io::Result<Child> {
    static NURSERY: OnceLock<Sender<Birth>> = OnceLock::new();
    let nursery = NURSERY.get_or_init(|| {
        let (births, coming) = channel();
        std::thread::spawn(|| start_all(coming));
        births
    });
    let gone = || io::Error::other("the thread that starts servers is gone");
    let (born, child) = oneshot::channel();
    let birth = Birth { command, runtime: Handle::current(), born };
    nursery.send(birth).map_err(|_| gone())?;
    child.await.map_err(|_| gone())?
}

fn start_all(coming: Receiver<Birth>) {
    for Birth { mut command, runtime, born } in coming {
        let _entered = runtime.enter();
        // Whoever asked may have given up: the child is dropped then, and ended by that.
        drop(born.send(command.spawn()));
    }
}
