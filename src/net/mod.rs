//! The live driver: the machines of [`crate::systems`] as real processes that speak JSON-RPC.
//!
//! ```text
//!   client ── HTTP or WebSocket ──▶ client port ──▶ ┌──────┐ ◀── frames of messages ── other servers
//!                                                   │ node │
//!   controller ── token ──▶ peer port ─────────────▶└──────┘ ── frames of messages ──▶ other servers
//! ```
//!
//! A **server** is one process with one machine, the node; the tasks that read requests and frames only hand it
//! events and waits for answers. A client that goes away therefore never takes work with it. Servers push messages to
//! each other over WebSocket subscriptions: in order, one way, one wire message for all that is ready for a peer.
//!
//! The **controller** starts the servers, tells them of each other, injects faults, and ends them; a **client** calls
//! one server. Clients reach the client port only. The peer port and the controller's `join` need the cluster's token.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `wire`, `error`, `clock` | what is said between processes; what can go wrong; the run's clock |
//! | `node`, `requests`, `links`, `outbox` | the node and what it keeps: clients' requests, slow links, frames |
//! | `disk` | what a server keeps on disk |
//! | `peers`, `dial` | the connections to other servers |
//! | `rpc`, `plain` | the methods of the client port, their errors and their OpenRPC document; plain HTTP |
//! | `listen`, `guard`, `body` | the ports and their bounds: the token, sizes, times |
//! | `sockets` | clients' connections: WebSockets, and calls over HTTP |
//! | `server` | one server's life, as a child, by hand, or as a thread |
//! | `controller`, `cluster` | starting, watching, harming and ending servers |
//! | `client`, `directory` | calling a server; asking a controller where the servers are |
//! | `logs`, `steps` | log lines in the field's words |

mod body;
mod client;
mod clock;
mod cluster;
mod connections;
mod controller;
mod dial;
mod directory;
mod disk;
mod ear;
mod error;
mod guard;
mod links;
mod listen;
mod logs;
mod node;
mod outbox;
mod peers;
mod plain;
mod requests;
mod rpc;
mod server;
mod sockets;
mod steps;
mod wire;

pub use client::{Answer, Client, Failure, Fate, ServerStatus};
pub use cluster::{ClusterInfo, ServerInfo};
pub use connections::Connections;
pub use controller::{ClusterEvent, ClusterOptions, Controller};
pub use directory::{Directory, discover};
pub use error::{NetError, NetErrorKind};
pub use logs::{LogFormat, LogLevel, LogLine, LogOptions, LogSwitch, Shown};
pub use server::{CHILD_ARGUMENTS, JoinOptions, run_child, run_joined};
