//! The catalogue: every system that can be run, what it claims, and how to build it.
//!
//! To add a system, write one file here that implements [`Process`], and give it one entry in this file. The picker,
//! the servers, the command line, the simulator and the scenarios then know it.

mod causal;
mod eventual;
mod level;
mod linearizable;
mod replicated_log;
mod sequential;

pub use causal::Causal;
pub use eventual::Eventual;
pub use linearizable::Linearizable;
pub use replicated_log::{LogRecord, ReplicatedLog};
pub use sequential::Sequential;

use crate::nearest::unknown;
use crate::process::{Process, Start};
use serde::{Deserialize, Serialize};
use std::fmt::{self, Display};
use std::str::FromStr;

/// A replication protocol that can be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum System {
    /// See [`Linearizable`].
    Linearizable,
    /// See [`Sequential`].
    Sequential,
    /// See [`Causal`].
    Causal,
    /// See [`Eventual`].
    Eventual,
    /// See [`ReplicatedLog`].
    ReplicatedLog,
}

/// For which clients a claim holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clients {
    /// Any.
    Any,
    /// Those that carry a session between their requests.
    WithSession,
    /// Those that stay at one server for life, also after errors.
    Bound,
}

impl Display for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Clients::Any => "any",
            Clients::WithSession => "any that carries its session",
            Clients::Bound => "bound to one server for life",
        })
    }
}

/// What a person should know of a system before choosing it.
#[derive(Debug, Clone, Copy)]
pub struct About {
    /// Its name on the command line: `causal`.
    pub name: &'static str,
    /// Its name in the picker: `Causal`.
    pub title: &'static str,
    /// The model that it claims.
    pub model: &'static str,
    /// The clients for which the claim holds.
    pub clients: Clients,
    /// How a write and a read are answered.
    pub how: &'static str,
    /// The faults under which the claim holds, and what is lost beyond them.
    pub faults: &'static str,
    /// Whether an acknowledged write outlives those faults.
    pub durable: bool,
    /// The next stronger model, which it does not give.
    pub not: &'static str,
}

/// Work on a system of any type: the way from a [`System`]'s name to its [`Process`].
pub trait Visitor {
    /// What the work gives.
    type Output;
    /// Does the work with the process type `P`, which `build` makes for one server.
    fn visit<P>(self, build: fn(&Start) -> P) -> Self::Output
    where
        P: Process + Send + 'static;
}

impl System {
    /// All systems, in the order of the picker.
    pub const ALL: [System; 5] = [
        System::Linearizable,
        System::Sequential,
        System::Causal,
        System::Eventual,
        System::ReplicatedLog,
    ];

    /// The four levels: the stores of variables.
    pub const LEVELS: [System; 4] =
        [System::Linearizable, System::Sequential, System::Causal, System::Eventual];

    /// Whether it keeps a log of messages instead of variables.
    pub fn is_log(self) -> bool {
        self == System::ReplicatedLog
    }

    /// Does `visitor`'s work with this system's process type. The only `match` that builds systems.
    pub fn visit<V: Visitor>(self, visitor: V) -> V::Output {
        match self {
            System::Linearizable => visitor.visit(Linearizable::new),
            System::Sequential => visitor.visit(Sequential::new),
            System::Causal => visitor.visit(Causal::new),
            System::Eventual => visitor.visit(Eventual::new),
            System::ReplicatedLog => visitor.visit(ReplicatedLog::new),
        }
    }

    /// What a person should know of it.
    pub fn about(self) -> About {
        match self {
            System::Linearizable => linearizable::ABOUT,
            System::Sequential => sequential::ABOUT,
            System::Causal => causal::ABOUT,
            System::Eventual => eventual::ABOUT,
            System::ReplicatedLog => replicated_log::ABOUT,
        }
    }

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        self.about().name
    }

    /// All names, for messages: `linearizable, sequential, …`.
    pub fn names() -> String {
        System::ALL.map(System::name).join(", ")
    }
}

impl Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for System {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = System::ALL.into_iter().find(|system| system.name() == text);
        found.ok_or_else(|| unknown("system", text, &System::ALL.map(System::name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back() {
        for system in System::ALL {
            assert_eq!(system.name().parse(), Ok(system));
            assert_eq!(serde_json::to_value(system).ok(), Some(system.name().into()));
        }
        assert!("strong".parse::<System>().expect_err("no such system").contains("causal"));
    }
}
