//! A client of a store, and what it sees written down where `--history` asks for it.

use super::subject::Subject;
use conlab::cli::{Failure, Tape};
use conlab::net::{Answer, Client};
use conlab::process::{NodeId, Op};
use std::fs;
use std::path::Path;

/// So many histories of one level may lie in one folder.
const MOST: u32 = 10_000;

/// A client of one server.
pub struct StoreClient {
    client: Client,
    recorded: Option<Recorded>,
}

/// Where a client's calls are written down, and as whose.
pub struct Recorded {
    /// The history of its cluster.
    pub tape: Tape,
    /// A name that no other client of the cluster has.
    pub name: String,
    /// Whom it asks.
    pub node: NodeId,
}

impl StoreClient {
    /// A client that is connected.
    pub fn new(client: Client, recorded: Option<Recorded>) -> Self {
        StoreClient { client, recorded }
    }

    /// Where its server is.
    pub fn address(&self) -> &str {
        self.client.address()
    }

    /// Its name in the history, where its calls are recorded.
    pub fn name(&self) -> Option<&str> {
        self.recorded.as_ref().map(|recorded| recorded.name.as_str())
    }

    /// Asks, and waits for the answer.
    pub async fn call(&self, op: &Op) -> Answer {
        let call = self.client.call(op);
        match &self.recorded {
            None => call.await,
            Some(to) => to.tape.call(&to.name, op, Some(to.node), call).await,
        }
    }
}

/// A new history of a subject in this folder: `causal.jsonl`, then `causal-2.jsonl`.
pub fn tape(folder: &Path, subject: Subject) -> Result<Tape, Failure> {
    let made = fs::create_dir_all(folder);
    made.map_err(|error| {
        Failure::usage(format!("cannot write into {}: {error}", folder.display()))
    })?;
    let name = |number| match number {
        1 => format!("{subject}.jsonl"),
        number => format!("{subject}-{number}.jsonl"),
    };
    let free = (1..=MOST).map(|number| folder.join(name(number))).find(|path| !path.exists());
    let full = || Failure::usage(format!("{} is full; name another folder", folder.display()));
    Tape::into_file(&free.ok_or_else(full)?)
}
