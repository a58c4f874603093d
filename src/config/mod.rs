//! config.json: how a cluster is laid out, checked once, with errors that name file, line, value and fix.
//!
//! Every key is optional; what a file leaves out is [`Config::default`]. The file is the one given by `--config`, else
//! `config.json` in the current directory if there is one. Command line flags stand above both.
//!
//! ```
//! use conlab::config::Config;
//! let config = Config::parse("config.json", r#"{ "servers": 5, "PORT_START_RANGE": 7000 }"#)?;
//! assert_eq!((config.servers, config.client_port_start), (5, 7000));
//! let error = Config::parse("config.json", "{\n  \"serverz\": 5\n}").expect_err("no such key");
//! assert_eq!(error.to_string(), r#"config.json:2: unknown key "serverz"; did you mean "servers"?"#);
//! # Ok::<(), conlab::config::ConfigError>(())
//! ```

mod entries;
mod log;
mod ports;
mod read;

pub use log::Log;

use crate::faults::{Fault, Link};
use crate::process::Timing;
use crate::systems::System;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The most servers of one cluster: every round reaches each of them, on one machine.
pub const MOST_SERVERS: u32 = 100;
/// The file that is read when none is named.
pub const DEFAULT_FILE: &str = "config.json";

/// How a cluster is laid out, and how long its parts wait.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The system that `up` starts when none is named.
    pub system: System,
    /// How many servers.
    pub servers: u32,
    /// The address that servers and controller listen on.
    pub host: IpAddr,
    /// Server 1 listens here, server 2 on the next port, and so on; 0 takes free ports.
    pub client_port_start: u16,
    /// The controller listens here; 0 takes a free port.
    pub controller_port: u16,
    /// One address per server; if there are any, they replace `host` and `client_port_start`.
    pub addresses: Vec<SocketAddr>,
    /// What the links are like from the start.
    pub links: Vec<(Link, Duration)>,
    /// A request that is not answered by then ends `refused` or `unknown`.
    pub request_timeout: Duration,
    /// A server that stays silent for so long is dropped; `None` lets the links decide.
    pub suspect_after: Option<Duration>,
    /// How many servers of a log may lack their memory at once; `None` is a minority.
    pub tolerate: Option<u32>,
    /// Whether a log refuses appends while fewer than a majority of its servers are healthy.
    pub read_only_without_quorum: bool,
    /// What is logged, and how.
    pub log: Log,
    /// The cluster's token, for servers that are started by hand.
    pub token: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            system: System::Linearizable,
            servers: 3,
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            client_port_start: 6485,
            controller_port: 3896,
            addresses: Vec::new(),
            links: Vec::new(),
            request_timeout: Duration::from_secs(5),
            suspect_after: None,
            tolerate: None,
            read_only_without_quorum: false,
            log: Log::default(),
            token: None,
        }
    }
}

/// What is wrong with a config file.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("cannot read {}: {source}; mend it, or name another with --config", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A value in it is wrong.
    #[error("{file}:{line}: {text}")]
    Wrong {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// The value and the fix.
        text: String,
    },
}

impl Config {
    /// Whether this can be a cluster's token: what stands in a header, without spaces.
    pub fn is_token(text: &str) -> bool {
        read::is_token(text)
    }

    /// Reads `file`, or else `config.json` in the current directory, or else takes the defaults.
    pub fn find(file: Option<&Path>) -> Result<Config, ConfigError> {
        let path = file.unwrap_or(Path::new(DEFAULT_FILE));
        match crate::files::read_text(path) {
            Ok(text) => Config::parse(&path.display().to_string(), &text),
            Err(error) if file.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
                Ok(Config::default())
            }
            Err(source) => Err(ConfigError::Unreadable { file: path.to_owned(), source }),
        }
    }

    /// Reads the text of a config file; `name` stands in errors.
    pub fn parse(name: &str, text: &str) -> Result<Config, ConfigError> {
        read::parse(text).map_err(|(line, text)| ConfigError::Wrong {
            file: name.to_string(),
            line,
            text,
        })
    }

    /// Where the controller listens.
    pub fn controller(&self) -> SocketAddr {
        SocketAddr::new(self.host, self.controller_port)
    }

    /// Where each server listens, in order; port 0 is a free one.
    pub fn server_addresses(&self) -> Vec<SocketAddr> {
        if !self.addresses.is_empty() {
            return self.addresses.clone();
        }
        let port = |index: u16| match self.client_port_start {
            0 => 0,
            start => start.saturating_add(index),
        };
        (0..self.servers as u16).map(|index| SocketAddr::new(self.host, port(index))).collect()
    }

    /// Puts the controller on `port` and the servers on the ports after it; 0 takes free ports.
    pub fn set_port(&mut self, port: u16) {
        self.controller_port = port;
        self.client_port_start = if port == 0 { 0 } else { port.saturating_add(1) };
        self.addresses.clear();
    }

    /// What is wrong with the layout as a whole, if anything: the key to change, the value and the fix.
    pub fn conflict(&self) -> Option<(&'static str, String)> {
        ports::conflict(self)
    }

    /// How long the servers wait for what, given the slowest link.
    pub fn timing(&self) -> Timing {
        let slowest = self.links.iter().map(|(_, delay)| *delay).max().unwrap_or_default();
        let timing = Timing::for_links(slowest, self.request_timeout);
        match self.suspect_after {
            Some(after) => Timing { suspect_after: after, resend_after: after * 3 / 10, ..timing },
            None => timing,
        }
    }

    /// The faults that make the links as configured.
    pub fn link_faults(&self) -> Vec<Fault> {
        self.links.iter().map(|(link, delay)| Fault::Slow(*link, *delay)).collect()
    }
}
