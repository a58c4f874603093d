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
    /// Calls the server at `HOST:PORT`, which works on a request for `request_timeout`.
    pub async fn call(&self, address: &str, request_timeout: Duration, op: &Op) -> Answer {
        let client = self.client(address, request_timeout).await.map_err(not_connected)?;
        client.call(op).await // it connects again if it has to
    }

    /// The connection to a server, made now if there is none: the first call then need not wait for it.
    pub async fn client(
        &self,
        address: &str,
        request_timeout: Duration,
    ) -> Result<Arc<Client>, NetError> {
        if let Some(client) = self.kept(address) {
            return Ok(client);
        }
        let client = Arc::new(Client::connect_for(address, request_timeout).await?);
        self.open().insert(address.to_string(), client.clone());
        Ok(client)
    }

    fn kept(&self, address: &str) -> Option<Arc<Client>> {
        self.open().get(address).cloned()
    }

    fn open(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Client>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
