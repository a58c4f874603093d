//! The floor: bare JSON-RPC servers, as many processes as the cluster has, and nothing of conlab in them.
//!
//! ```text
//!   echo    client ─▶ server ─▶ client
//!   chain   client ─▶ server 2 ─▶ primary ─▶ every other server ─▶ primary ─▶ server 2 ─▶ client
//! ```
//!
//! Every call carries what a SET carries, and gives it back. The servers run as the real ones do: one process and one
//! thread each, WebSockets between them.

mod server;

pub use server::{CHAIN, Carried, ECHO, serve};

use conlab::cli::Failure;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

/// The argument with which this program becomes one server of the floor.
pub const ARGUMENT: &str = "floor-server";
/// A server of the floor does each step of its start within this time.
const START: Duration = Duration::from_secs(10);

/// Whom a server of the floor calls.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(in crate::floor) struct Peers {
    /// The primary; none for the primary itself.
    primary: Option<SocketAddr>,
    /// All others; only for the primary.
    others: Vec<SocketAddr>,
}

/// The running floor. Its servers end when it is dropped.
pub struct Floor {
    servers: Vec<Server>,
}

/// One server process. It ends when its stdin does.
struct Server {
    address: SocketAddr,
    _child: Child,
    stdin: ChildStdin,
    stdout: Lines<BufReader<ChildStdout>>,
}

impl Floor {
    /// Starts `servers` processes and joins them; the first is the primary.
    pub async fn start(executable: &Path, servers: u32) -> Result<Floor, Failure> {
        let mut floor = Floor { servers: Vec::new() };
        for _ in 0..servers {
            floor.servers.push(Server::start(executable).await?);
        }
        let addresses: Vec<SocketAddr> =
            floor.servers.iter().map(|server| server.address).collect();
        let Some((primary, others)) = addresses.split_first() else { return Ok(floor) };
        for (number, server) in floor.servers.iter_mut().enumerate() {
            let peers = match number {
                0 => Peers { primary: None, others: others.to_vec() },
                _ => Peers { primary: Some(*primary), others: Vec::new() },
            };
            server.join(&peers).await?;
        }
        Ok(floor)
    }

    /// Where its servers are, the primary first.
    pub fn addresses(&self) -> Vec<String> {
        self.servers.iter().map(|server| server.address.to_string()).collect()
    }
}

impl Server {
    async fn start(executable: &Path) -> Result<Server, Failure> {
        let mut command = Command::new(executable);
        command.arg(ARGUMENT).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command
            .spawn()
            .map_err(|error| failed(format!("{}: {error}", executable.display())))?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(failed("a child without its pipes"));
        };
        let mut stdout = BufReader::new(stdout).lines();
        let address = line(&mut stdout).await?;
        let address = address.parse().map_err(|_| failed(format!("it says {address:?}")))?;
        Ok(Server { address, _child: child, stdin, stdout })
    }

    async fn join(&mut self, peers: &Peers) -> Result<(), Failure> {
        let order = serde_json::to_string(peers).map_err(failed)? + "\n";
        self.stdin.write_all(order.as_bytes()).await.map_err(failed)?;
        line(&mut self.stdout).await.map(drop)
    }
}

async fn line(stdout: &mut Lines<BufReader<ChildStdout>>) -> Result<String, Failure> {
    match timeout(START, stdout.next_line()).await {
        Ok(Ok(Some(line))) => Ok(line),
        Ok(_) => Err(failed("it ended before it was ready")),
        Err(_) => Err(failed(format!("it was not ready within {} s", START.as_secs()))),
    }
}

fn failed(cause: impl std::fmt::Display) -> Failure {
    Failure::unavailable(format!("cannot start a server of the floor: {cause}"))
}
