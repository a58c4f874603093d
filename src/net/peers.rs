//! The connections to a server's peers, each kept up by a task of its own.
//!
//! To hear a peer, a server opens one WebSocket to the peer's port and subscribes; the peer then pushes its messages,
//! in order. The subscriber says where *it* is reached, so a server that was restarted at a new address makes itself
//! known to all others. A connection that breaks is opened again, after 25 ms at first and 1 s at most.

use super::ear::Ear;
use super::node::Hear;
use super::steps;
use super::wire::Peer;
use crate::process::NodeId;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

const FIRST_PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Which ways of a link are up.
#[derive(Debug, Clone, Copy, Default)]
struct Up {
    from: bool,
    to: bool,
}

/// The peers of one server.
pub(super) struct Peers<M> {
    me: Peer,
    token: String,
    node: Arc<dyn Hear<M>>,
    known: Mutex<BTreeMap<NodeId, (Peer, AbortOnDropHandle<()>)>>,
    up: watch::Sender<BTreeMap<NodeId, Up>>,
}

impl<M: DeserializeOwned + Send + 'static> Peers<M> {
    /// No peers yet. What they send goes to `node`.
    pub fn new(me: Peer, token: String, node: Arc<dyn Hear<M>>) -> Arc<Self> {
        let (known, up) = (Mutex::default(), watch::Sender::default());
        Arc::new(Peers { me, token, node, known, up })
    }

    /// Listens to this life of a peer from now on, unless the same or a later life is known.
    pub fn learn(self: &Arc<Self>, peer: Peer) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let news = known.get(&peer.id).is_none_or(|(old, _)| old.incarnation < peer.incarnation);
        if news && peer.id != self.me.id {
            let task = tokio::spawn(self.clone().follow(peer));
            known.insert(peer.id, (peer, AbortOnDropHandle::new(task)));
        }
    }

    /// The peer `to` listens to this server now.
    pub fn listens(&self, to: NodeId) {
        self.up.send_modify(|up| up.entry(to).or_default().to = true);
    }

    /// Waits until both ways to each of `peers` are up, at most for `patience`; returns those that are not.
    pub async fn linked(&self, peers: &[Peer], patience: Duration) -> Vec<NodeId> {
        let missing = |up: &BTreeMap<NodeId, Up>| -> Vec<NodeId> {
            let both = |id| up.get(&id).is_some_and(|up| up.from && up.to);
            let awaited = peers.iter().filter(|peer| peer.awaited && peer.id != self.me.id);
            awaited.map(|peer| peer.id).filter(|id| !both(*id)).collect()
        };
        let mut changes = self.up.subscribe();
        let all = changes.wait_for(|up| missing(up).is_empty());
        let _ = tokio::time::timeout(patience, all).await;
        missing(&self.up.borrow())
    }

    /// Hears a peer for as long as this life of it is the latest known.
    async fn follow(self: Arc<Self>, peer: Peer) {
        let mut pause = FIRST_PAUSE;
        loop {
            if let Ok(ear) = Ear::open(&peer, &self.me, &self.token).await {
                pause = FIRST_PAUSE;
                self.up.send_modify(|up| up.entry(peer.id).or_default().from = true);
                self.hear(peer.id, ear).await;
                self.up.send_modify(|up| up.entry(peer.id).or_default().from = false);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn hear(&self, from: NodeId, mut ear: Ear) {
        while let Some(frame) = ear.next().await {
            match frame {
                Ok(frame) if frame.from == from => {
                    if !self.node.heard(frame) {
                        return;
                    }
                }
                Ok(frame) => {
                    steps::unreadable(self.me.id, from, &format!("sent as {}", frame.from))
                }
                Err(error) => steps::unreadable(self.me.id, from, &error),
            }
        }
    }
}
