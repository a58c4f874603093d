//! The methods of the peer port: peers listen here, and the controller controls. All of it is behind the token.

use crate::faults::Fault;
use crate::net::client::Fate;
use crate::net::cluster::reached;
use crate::net::logs::{LevelHandle, LogLevel};
use crate::net::node::Hear;
use crate::net::peers::Peers;
use crate::net::rpc::codes::told;
use crate::net::rpc::params::read;
use crate::net::wire::{
    CONTROL_FAULT, CONTROL_LOGS, CONTROL_PEERS, CONTROL_STOP, PEER_LEAVE, PEER_LISTEN,
    PEER_MESSAGE, Peer, Ready, linking,
};
use crate::process::NodeId;
use jsonrpsee::core::RegisterMethodError;
use jsonrpsee::types::ErrorObjectOwned;
use jsonrpsee::{Methods, PendingSubscriptionSink, RpcModule};
use serde::de::DeserializeOwned;
use std::net::IpAddr;
use std::sync::Arc;
use tokio::sync::{Notify, watch};

/// What the handlers of the peer port act on.
pub(super) struct PeerPort<M> {
    /// The node.
    pub node: Arc<dyn Hear<M>>,
    /// The links to the peers.
    pub peers: Arc<Peers<M>>,
    /// Where the controller's host is reached from here, if that is another host.
    pub via: Option<IpAddr>,
    /// What this server logs.
    pub level: LevelHandle,
    /// Told when the links are up and the process may start.
    pub go: Arc<Notify>,
    /// The process's role, once it has started.
    pub role: watch::Receiver<Option<String>>,
    /// Told when the server shall stop.
    pub stop: Arc<Notify>,
}

/// The methods of the peer port; those that harm links only where that is allowed.
pub(super) fn peer_methods<M: DeserializeOwned + Send + 'static>(
    port: PeerPort<M>,
    faults_allowed: bool,
) -> Result<Methods, RegisterMethodError> {
    let mut module = RpcModule::new(port);
    module.register_subscription(
        PEER_LISTEN,
        PEER_MESSAGE,
        PEER_LEAVE,
        |params, pending, port, _| {
            let peer = read::<Peer>(&params);
            async move { port.attach(peer, pending).await }
        },
    )?;
    module.register_async_method(CONTROL_PEERS, |params, port, _| async move {
        port.start(read::<(Vec<Peer>,)>(&params)?.0).await
    })?;
    if faults_allowed {
        module.register_method(CONTROL_FAULT, |params, port, _| {
            port.node.set_faults(&read::<(Vec<Fault>,)>(&params)?.0);
            Ok::<_, ErrorObjectOwned>(())
        })?;
    }
    module.register_method(CONTROL_LOGS, |params, port, _| {
        port.level.set(read::<(LogLevel,)>(&params)?.0);
        Ok::<_, ErrorObjectOwned>(())
    })?;
    module.register_method(CONTROL_STOP, |_, port, _| port.stop.notify_one())?;
    Ok(module.into())
}

impl<M: DeserializeOwned + Send + 'static> PeerPort<M> {
    /// A peer listens from now on; it is heard from now on too.
    async fn attach(&self, peer: Result<Peer, ErrorObjectOwned>, pending: PendingSubscriptionSink) {
        let peer = match peer {
            Ok(peer) => peer,
            Err(error) => return pending.reject(error).await,
        };
        let Ok(sink) = pending.accept().await else { return };
        let Peer { id: to, incarnation, .. } = peer;
        if self.node.connected(to, incarnation, sink) {
            self.peers.listens(to);
            self.learn(peer);
        }
    }

    /// Learns where the peers are, waits for the links, and lets the process start.
    async fn start(&self, peers: Vec<Peer>) -> Result<Ready, ErrorObjectOwned> {
        peers.iter().for_each(|peer| self.learn(*peer));
        let missing: Vec<NodeId> = self.peers.linked(&peers, linking(peers.len())).await;
        self.go.notify_one();
        let mut role = self.role.clone();
        let role = role.wait_for(Option::is_some).await.ok().and_then(|role| role.clone());
        role.map(|role| Ready { role, missing }).ok_or_else(stopping)
    }

    fn learn(&self, peer: Peer) {
        let address = self.via.map_or(peer.address, |via| reached(peer.address, via));
        self.peers.learn(Peer { address, ..peer });
    }
}

fn stopping() -> ErrorObjectOwned {
    told(Fate::Refused, 5003, "the server is stopping", "")
}
