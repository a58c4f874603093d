//! What is measured: a level's operation, or a floor under it.

use conlab::systems::System;
use serde::{Deserialize, Serialize};
use std::fmt::{self, Display};

/// What the log on disk is called in results and charts.
const ON_DISK: &str = "durable-log";
/// What stands before the write concern of an append.
const APPEND: &str = "append w=";

/// Who answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Subject {
    /// A store, or the log in memory.
    Level(System),
    /// The log with its records on disk.
    OnDisk,
    /// A bare JSON-RPC server that gives back what it gets.
    Echo,
    /// The bare calls of a replicated write: client, server, primary, all servers and back. No protocol.
    Chain,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Operation {
    /// Give a variable a value.
    Set,
    /// Read a variable.
    Get,
    /// One call of a floor.
    Call,
    /// Put a message at the end of the log; so many servers must have it.
    Append(u32),
}

/// The log in memory, and the log on disk.
pub const LOGS: [Subject; 2] = [Subject::Level(System::ReplicatedLog), Subject::OnDisk];

impl Subject {
    /// The system whose servers answer; a floor has none, and is given the log's.
    pub fn system(self) -> System {
        match self {
            Subject::Level(system) => system,
            _ => System::ReplicatedLog,
        }
    }

    /// Whether clients carry sessions: without them the causal level promises nothing.
    pub fn carries_sessions(self) -> bool {
        self == Subject::Level(System::Causal)
    }

    /// Whether it is a cluster, and no floor.
    pub fn is_cluster(self) -> bool {
        !matches!(self, Subject::Echo | Subject::Chain)
    }

    /// Whether it keeps a log.
    pub fn is_log(self) -> bool {
        LOGS.contains(&self)
    }

    /// The floor that this subject cannot go below when it is asked for `operation`; none below a floor itself.
    pub fn floor(self, operation: Operation) -> Option<Subject> {
        match (self, operation) {
            (Subject::Echo | Subject::Chain, _) => None,
            (_, Operation::Append(1)) => Some(Subject::Echo),
            (Subject::OnDisk, _) | (_, Operation::Append(_)) => Some(Subject::Chain),
            (Subject::Level(System::Linearizable), _) => Some(Subject::Chain),
            (Subject::Level(System::Sequential | System::Causal), Operation::Set) => {
                Some(Subject::Chain)
            }
            (Subject::Level(_), _) => Some(Subject::Echo),
        }
    }
}

impl Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Subject::Level(system) => system.name(),
            Subject::OnDisk => ON_DISK,
            Subject::Echo => "echo",
            Subject::Chain => "chain",
        })
    }
}

impl Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operation::Set => f.pad("SET"),
            Operation::Get => f.pad("GET"),
            Operation::Call => f.pad("call"),
            Operation::Append(w) => f.pad(&format!("{APPEND}{w}")),
        }
    }
}

impl From<Subject> for String {
    fn from(subject: Subject) -> Self {
        subject.to_string()
    }
}

impl TryFrom<String> for Subject {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "echo" => Ok(Subject::Echo),
            "chain" => Ok(Subject::Chain),
            ON_DISK => Ok(Subject::OnDisk),
            level => level.parse().map(Subject::Level),
        }
    }
}

impl From<Operation> for String {
    fn from(operation: Operation) -> Self {
        operation.to_string().to_lowercase()
    }
}

impl TryFrom<String> for Operation {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "set" => Ok(Operation::Set),
            "get" => Ok(Operation::Get),
            "call" => Ok(Operation::Call),
            append => match append.strip_prefix(APPEND).and_then(|w| w.parse().ok()) {
                Some(w) => Ok(Operation::Append(w)),
                None => Err(format!("{text:?} is no operation")),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        for operation in [Operation::Set, Operation::Get, Operation::Call, Operation::Append(3)] {
            assert_eq!(Operation::try_from(String::from(operation)), Ok(operation));
        }
        for subject in [Subject::Echo, Subject::Chain, LOGS[0], LOGS[1]] {
            assert_eq!(Subject::try_from(String::from(subject)), Ok(subject));
        }
        assert!(Operation::try_from("append w=".to_string()).is_err());
    }
}
