//! Where a cluster's servers are: its controller, asked over one connection however often.

use super::client::{QUESTION, ask};
use super::cluster::reached;
use super::{ClusterInfo, NetError, dial};
use std::sync::{Arc, Mutex, PoisonError};

/// A connection to a controller, opened when it is first needed and again where it broke.
#[derive(Debug)]
pub struct Directory {
    address: String,
    connection: Mutex<Option<Arc<dial::Connection>>>,
}

impl Directory {
    /// The cluster of the controller at `HOST:PORT`, which is not asked yet.
    pub fn of(address: impl Into<String>) -> Self {
        Directory { address: address.into(), connection: Mutex::default() }
    }

    /// Where the controller is.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The cluster as it is now.
    ///
    /// # Errors
    /// [`NetError::NoCluster`] if nobody listens there, or no controller does; another one where that cannot be told.
    pub async fn cluster(&self) -> Result<ClusterInfo, NetError> {
        let mut info = match self.ask().await {
            // A connection that nothing has used for long may be gone without a word.
            Err(NetError::Silent { .. } | NetError::Unreachable { .. }) => self.ask().await?,
            answer => answer?,
        };
        if let Some(via) = dial::host_of(&self.address).await {
            let servers = info.servers.iter_mut();
            servers.for_each(|server| server.address = reached(server.address, via));
        }
        Ok(info)
    }

    /// Asks over the connection that there is; one that fails is not used again.
    async fn ask(&self) -> Result<ClusterInfo, NetError> {
        let connection = self.connected().await?;
        let answer = ask(&connection, "cluster", &self.address).await;
        match answer {
            Err(NetError::Refused(_)) => Err(NetError::NoCluster(self.address.clone())),
            Err(error) => {
                *self.last() = None;
                Err(error)
            }
            answer => answer,
        }
    }

    async fn connected(&self) -> Result<Arc<dial::Connection>, NetError> {
        if let Some(last) = self.last().as_ref().filter(|last| last.is_connected()) {
            return Ok(last.clone());
        }
        let new = Arc::new(dial::open(&self.address, QUESTION).await.map_err(absent)?);
        *self.last() = Some(new.clone());
        Ok(new)
    }

    fn last(&self) -> std::sync::MutexGuard<'_, Option<Arc<dial::Connection>>> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks the controller at `HOST:PORT` for its cluster, once.
///
/// # Errors
/// As [`Directory::cluster`].
pub async fn discover(address: &str) -> Result<ClusterInfo, NetError> {
    Directory::of(address).cluster().await
}

/// Who could not be reached for want of room, here or there, may run all the same.
fn absent(error: NetError) -> NetError {
    match error {
        NetError::Unreachable { cause, .. } if is_crowded(&cause) => NetError::Refused(format!(
            "no more connections can be opened ({cause}); ask for less at once"
        )),
        NetError::Unreachable { address, .. } => NetError::NoCluster(address),
        other => other,
    }
}

/// Too many requests (429), or too many open files.
fn is_crowded(cause: &str) -> bool {
    cause.contains("429") || cause.contains("too many")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn want_of_room_is_not_taken_for_the_want_of_a_cluster() {
        let told = |cause: &str| {
            let (address, cause) = ("127.0.0.1:3896".to_string(), cause.to_string());
            absent(NetError::Unreachable { address, cause })
        };
        assert!(matches!(told("connection refused (os error 111)"), NetError::NoCluster(_)));
        for cause in
            ["too many open files (os error 24)", "connection rejected with status code: 429"]
        {
            assert!(
                matches!(told(cause), NetError::Refused(text) if text.contains("less at once"))
            );
        }
    }
}
