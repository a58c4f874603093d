//! Connections to the servers of a cluster, each made when it is first needed, and kept.

use super::{Answer, Client, Failure, Fate, NetError};
use crate::process::{Op, Outcome, Reason};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// One connection to each server that was ever called, shared by all who call through it.
#[derive(Debug, Default)]
pub struct Connections {
    open: Mutex<BTreeMap<String, Arc<Client>>>,
}

impl Connections {
    /// Calls the server at `HOST:PORT` and waits at most for `patience`, or for the client's own default.
    ///
    /// A kept connection to a server that has since ended is stale. If surely nothing happened on it, the call is made
    /// once more on a new one; a call whose outcome is unknown is never made again.
    pub async fn call(&self, address: &str, patience: Option<Duration>, op: &Op) -> Answer {
        if let Some(client) = self.kept(address) {
            let answer = client.call(op).await;
            if !went_stale(&answer) {
                return answer;
            }
            self.open().remove(address);
        }
        let client = Client::connect(address).await.map_err(not_connected)?;
        let client = Arc::new(match patience {
            Some(patience) => client.with_timeout(patience),
            None => client,
        });
        self.open().insert(address.to_string(), client.clone());
        client.call(op).await
    }

    fn kept(&self, address: &str) -> Option<Arc<Client>> {
        self.open().get(address).cloned()
    }

    fn open(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Client>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn went_stale(answer: &Answer) -> bool {
    matches!(answer, Err(failure) if failure.fate == Fate::Refused && failure.code.is_none())
}

fn not_connected(error: NetError) -> Failure {
    let hint = error.hint().unwrap_or_default().to_string();
    Failure { fate: Fate::Refused, code: None, message: error.to_string(), hint }
}

/// A call without an answer, in the words of whoever ended it.
impl From<Failure> for Outcome {
    fn from(failure: Failure) -> Self {
        let reason = Reason::Told(failure.message);
        match failure.fate {
            Fate::Refused => Outcome::Refused(reason),
            Fate::Unknown => Outcome::Unknown(reason),
        }
    }
}
