//! The ear: one WebSocket on which a peer's messages arrive, in order.
//!
//! It is jsonrpsee's transport without its client. The client reads a frame three times to find out what it is, and hands
//! it to another task through a channel; here nothing else can come, so a frame is read once, by the task that runs the
//! step.

use super::dial::{Halves, open_bare};
use super::wire::{Frame, PEER_LISTEN, Peer};
use jsonrpsee::core::client::{ReceivedMessage, TransportReceiverT, TransportSenderT};
use jsonrpsee::types::ErrorObjectOwned;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::time::timeout;

/// A connection that is not open by then is given up.
const PATIENCE: Duration = Duration::from_secs(5);

/// An open subscription to a peer's messages.
pub(super) struct Ear {
    /// Both halves of the WebSocket: it is open as long as both are.
    halves: Halves,
}

/// The only request that goes out.
#[derive(Serialize)]
struct Listen<'a> {
    jsonrpc: &'static str,
    id: u64,
    method: &'static str,
    params: &'a Peer,
}

/// Its answer.
#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    result: Option<IgnoredAny>,
    #[serde(default)]
    error: Option<ErrorObjectOwned>,
}

/// A message of the subscription; whatever else stands around the frame says nothing new.
#[derive(Deserialize)]
struct Pushed<M> {
    params: Params<M>,
}

#[derive(Deserialize)]
struct Params<M> {
    result: Frame<M>,
}

impl Ear {
    /// Connects to a peer and subscribes to its messages; `me` is where this server is reached.
    pub async fn open(peer: &Peer, me: &Peer, token: &str) -> Result<Ear, String> {
        let open = async {
            let mut ear = Ear { halves: open_bare(peer.address, token).await? };
            ear.listen(me).await.map(|()| ear)
        };
        let late = |_| format!("no answer within {} s", PATIENCE.as_secs());
        timeout(PATIENCE, open).await.map_err(late)?
    }

    async fn listen(&mut self, me: &Peer) -> Result<(), String> {
        let listen = Listen { jsonrpc: "2.0", id: 0, method: PEER_LISTEN, params: me };
        let listen = serde_json::to_string(&listen).map_err(|error| error.to_string())?;
        self.halves.0.send(listen).await.map_err(|error| error.to_string())?;
        let answer = self.text().await.ok_or("the connection was closed")?;
        match serde_json::from_str(&answer) {
            Ok(Answer { error: Some(error), .. }) => Err(error.message().to_string()),
            Ok(Answer { result: Some(_), .. }) => Ok(()),
            Ok(_) => Err(format!("neither a result nor an error: {answer}")),
            Err(error) => Err(error.to_string()),
        }
    }

    /// The next frame, or why it cannot be read; nothing once the connection is closed.
    pub async fn next<M: DeserializeOwned>(&mut self) -> Option<serde_json::Result<Frame<M>>> {
        let text = self.text().await?;
        Some(serde_json::from_str::<Pushed<M>>(&text).map(|pushed| pushed.params.result))
    }

    async fn text(&mut self) -> Option<String> {
        loop {
            match self.halves.1.receive().await {
                Ok(ReceivedMessage::Text(text)) => return Some(text),
                // JSON-RPC is text; these say nothing.
                Ok(ReceivedMessage::Bytes(_) | ReceivedMessage::Pong) => {}
                Err(_) => return None,
            }
        }
    }
}
