//! What is measured: a level's operation, or a floor under it.

use conlab::systems::System;
use serde::{Deserialize, Serialize};
use std::fmt::{self, Display};

/// Who answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Subject {
    /// A store.
    Level(System),
    /// A bare JSON-RPC server that gives back what it gets.
    Echo,
    /// The bare calls of a replicated write: client, server, primary, all servers and back. No protocol.
    Chain,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// Give a variable a value.
    Set,
    /// Read a variable.
    Get,
    /// One call of a floor.
    Call,
}

impl Subject {
    /// The floor that this subject cannot go below when it is asked for `operation`; none below a floor itself.
    pub fn floor(self, operation: Operation) -> Option<Subject> {
        match (self, operation) {
            (Subject::Echo | Subject::Chain, _) => None,
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
            Subject::Echo => "echo",
            Subject::Chain => "chain",
        })
    }
}

impl Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Operation::Set => "SET",
            Operation::Get => "GET",
            Operation::Call => "call",
        })
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
            level => level.parse().map(Subject::Level),
        }
    }
}
