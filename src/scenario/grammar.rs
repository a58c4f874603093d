//! The one grammar of the shell, the command line and the scenario files.
//!
//! ```text
//! line    = "cluster" SYSTEM {KEY=VALUE} | "client" NAME ["session=off"]
//!         | ["at" TIME] (request | fault) | "wait" TIME | "check" (MODEL | "durable") "=>" VERDICT
//! request = [NAME ":"] (set K V | get K | delete K | all | append M {OPTION} | messages {OPTION}) ["@"N] ["=>" want] ["&"]
//! OPTION  = w=(N|majority|all) | id=ID | timeout=TIME | from=N | limit=N
//! want    = W{"|"W} [after TIME] [within TIME]        W = V | ok | absent | refused | unknown
//! fault   = slow [LINK] TIME | (lose|duplicate) LINK PCT | reorder LINK TIME | cut LINK | heal [LINK]
//!         | (kill|pause|resume) N | restart N ["with memory"] | clock N (+TIME|PCT)
//! LINK    = A->B | A-B | all
//! ```
//!
//! Words are shell-quoted, `#` begins a comment. A word in quotes is never a keyword: `=> ok` wants a write to succeed,
//! `=> 'ok'` wants the value `ok`; `set x '@2'` stores the text `@2`.
//!
//! ```
//! use conlab::scenario::grammar::{Line, parse_line};
//! assert!(matches!(parse_line("a: get x @10 => 7 after 400ms &")?, Some(Line::Act { .. })));
//! assert_eq!(parse_line("# a remark")?, None);
//! let error = parse_line("get").expect_err("the key is missing");
//! assert_eq!(error.to_string(), "expected a key, found the end of the line");
//! # Ok::<(), conlab::scenario::grammar::GrammarError>(())
//! ```

mod parser;

use super::words;
use crate::check::{Model, Verdict};
use crate::faults::{Fault, shown};
use crate::process::{Concern, Defect, Key, NodeId, Op, Replication, Short, Value};
use crate::session::Session;
use crate::systems::System;
use std::fmt::{self, Display};
use std::str::FromStr;
use std::time::Duration;
use thiserror::Error;

/// The longest time that a line may name: an hour, so that no typing error runs for ever.
pub const MAX_TIME: Duration = Duration::from_secs(3600);
/// The most servers of a scenario: as many as the columns of its trace can hold.
pub const MAX_SERVERS: u32 = 20;

/// One line: what it says, not yet done.
#[derive(Debug, Clone, PartialEq)]
pub enum Line {
    /// `cluster causal servers=10`: what the scenario runs on.
    Cluster(Cluster),
    /// `client a session=off`: how a client behaves, before its first request.
    Client {
        /// The client's name.
        name: String,
        /// Whether it carries a session between its requests.
        session: bool,
    },
    /// `wait 2s`: nothing for so long.
    Wait(Duration),
    /// `check sequential => valid`: whether all that the clients saw so far satisfies a model, or no write is lost.
    Check(Check),
    /// A request or a fault, at this time from the start or else when all lines above have ended.
    Act {
        /// When, from the start.
        at: Option<Duration>,
        /// What.
        action: Action,
    },
}

/// What should be found of all that the clients saw so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check {
    /// What to look at.
    pub property: Property,
    /// What its checker should say; nobody minds where the file is played under another system than its own.
    pub want: Option<Judgement>,
}

/// What a `check` line looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Property {
    /// Whether a model holds.
    Model(Model),
    /// `durable`: whether no acknowledged write is lost in the end.
    Durable,
}

impl Display for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Property::Model(model) => f.pad(model.name()),
            Property::Durable => f.pad(DURABLE),
        }
    }
}

impl FromStr for Property {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        if word == DURABLE {
            return Ok(Property::Durable);
        }
        let model = word.parse().map(Property::Model);
        model.map_err(|error: String| format!("{error}, {DURABLE}"))
    }
}

/// The property that is no model.
const DURABLE: &str = "durable";

/// What a checker says, without its reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// The model holds.
    Valid,
    /// It breaks.
    Invalid,
    /// Nobody knows.
    Unknown,
}

impl Judgement {
    /// What a verdict says.
    pub fn of(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Valid => Judgement::Valid,
            Verdict::Invalid(_) => Judgement::Invalid,
            Verdict::Unknown(_) => Judgement::Unknown,
        }
    }
}

impl Display for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Judgement::Valid => "valid",
            Judgement::Invalid => "invalid",
            Judgement::Unknown => "unknown",
        })
    }
}

impl FromStr for Judgement {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "valid" => Ok(Judgement::Valid),
            "invalid" => Ok(Judgement::Invalid),
            "unknown" => Ok(Judgement::Unknown),
            _ => Err(format!("expected valid, invalid or unknown, found {word:?}")),
        }
    }
}

/// What a line does to the cluster.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// A client asks for something.
    Request(Request),
    /// Something breaks, or is mended.
    Fault(Fault),
}

/// The cluster of a scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// The protocol that it runs.
    pub system: System,
    /// `servers=3`: how many servers it has.
    pub servers: u32,
    /// `link=1ms`: how long a message takes, each way.
    pub link: Duration,
    /// `jitter=0ms`: how much longer a message may take, by chance.
    pub jitter: Duration,
    /// `timeout=5s`: how long a request may take.
    pub timeout: Duration,
    /// `seed=1`: where its randomness begins.
    pub seed: Option<u64>,
    /// `data=on`, `tolerate=1`, `read-only=on`: how a log is kept.
    pub replication: Replication,
    /// `break=stale-ack`: the rule of the protocol that is left out.
    pub defect: Option<Defect>,
}

impl Cluster {
    /// Three servers of `system`, a millisecond apart.
    pub fn of(system: System) -> Self {
        Cluster {
            system,
            servers: 3,
            link: Duration::from_millis(1),
            jitter: Duration::ZERO,
            timeout: Duration::from_secs(5),
            seed: None,
            replication: Replication::default(),
            defect: None,
        }
    }
}

/// One request of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `a:`, who asks; without a name it is the default client.
    pub client: Option<String>,
    /// What is asked for.
    pub op: Verb,
    /// `@2`, where.
    pub at: Where,
    /// `=> 7`, what should come of it.
    pub want: Option<Want>,
    /// `&`: the next line does not wait for its end.
    pub background: bool,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verb {
    /// `set K V`.
    Set {
        /// The variable.
        key: Key,
        /// Its new value.
        value: Value,
    },
    /// `get K`.
    Get {
        /// The variable.
        key: Key,
    },
    /// `delete K`.
    Delete {
        /// The variable.
        key: Key,
    },
    /// `all`.
    All,
    /// `append M w=2`.
    Append {
        /// The message.
        message: Value,
        /// `id=ID`: what tells it from every other append.
        id: Option<Key>,
        /// `w=2`: how many servers must have it before the answer.
        w: Concern,
        /// `timeout=3s`: how long to wait for them.
        timeout: Option<Duration>,
    },
    /// `messages`.
    Messages {
        /// `from=3`: the place of the first message to read.
        from: u64,
        /// `limit=10`: the most messages to read.
        limit: Option<u64>,
    },
}

impl Verb {
    /// Whether it leaves everything as it is.
    pub fn reads(&self) -> bool {
        matches!(self, Verb::Get { .. } | Verb::All | Verb::Messages { .. })
    }

    /// The operation that it asks for, on behalf of a client that has seen `session`.
    pub fn operation(&self, session: Option<Session>) -> Op {
        match self.clone() {
            Verb::Set { key, value } => Op::Set { key, value, session },
            Verb::Get { key } => Op::Get { key, session },
            Verb::Delete { key } => Op::Delete { key, session },
            Verb::All => Op::All { session },
            Verb::Append { message, id, w, timeout } => Op::Append { message, id, w, timeout },
            Verb::Messages { from, limit } => Op::Messages { from, limit },
        }
    }
}

/// Which server is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Where {
    /// No `@`: the first server.
    Default,
    /// `@2`.
    Server(NodeId),
    /// `@HOST:PORT`, for a server that the controller need not know.
    Address(String),
}

/// What should come of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Want {
    /// One of these is the answer.
    pub answers: Vec<Answer>,
    /// It takes at least so long.
    pub after: Option<Duration>,
    /// It takes at most so long.
    pub within: Option<Duration>,
}

impl Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(client) = &self.client {
            write!(f, "{client}: ")?;
        }
        match &self.op {
            Verb::Set { key, value } => write!(f, "set {} {}", Short(key), Short(value))?,
            Verb::Get { key } => write!(f, "get {}", Short(key))?,
            Verb::Delete { key } => write!(f, "delete {}", Short(key))?,
            Verb::All => f.write_str("all")?,
            Verb::Append { message, id, w, timeout } => {
                write!(f, "append {} w={w}", Short(message))?;
                id.iter().try_for_each(|id| write!(f, " id={}", Short(id)))?;
                timeout.iter().try_for_each(|time| write!(f, " timeout={}", shown(*time)))?;
            }
            Verb::Messages { from, limit } => {
                f.write_str("messages")?;
                (*from > 1).then_some(from).iter().try_for_each(|n| write!(f, " from={n}"))?;
                limit.iter().try_for_each(|n| write!(f, " limit={n}"))?;
            }
        }
        match &self.at {
            Where::Default => Ok(()),
            Where::Server(node) => write!(f, " @{}", node.0),
            Where::Address(address) => write!(f, " @{address}"),
        }
    }
}

/// One answer that a line may want.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// This value; for `all`, the pairs in the order of their keys: `'x=7 y=3'`; for `messages`, these in their order: `'a b'`;
    /// for `append`, its place.
    Value(String),
    /// It is done; a delete found something.
    Ok,
    /// There is no value; for `all`, there is none at all.
    Absent,
    /// Surely nothing happened.
    Refused,
    /// It may have happened.
    Unknown,
}

/// Why a line cannot be read. Shown as `expected …, found …`; [`GrammarError::column`] says where.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GrammarError {
    /// One thing was expected and another found.
    #[error("expected {expected}, found {found}")]
    Unexpected {
        /// Where, in characters from 1.
        column: usize,
        /// What was expected.
        expected: String,
        /// What stood there.
        found: String,
    },
    /// A word that is wrong in itself: a number past its bound, an unknown name.
    #[error("{reason}")]
    Invalid {
        /// Where, in characters from 1.
        column: usize,
        /// What is wrong with it, and how it would be right.
        reason: String,
    },
}

impl GrammarError {
    /// Where the line is wrong, in characters from 1.
    pub fn column(&self) -> usize {
        match self {
            GrammarError::Unexpected { column, .. } | GrammarError::Invalid { column, .. } => {
                *column
            }
        }
    }

    pub(super) fn open_quote(quote: char, column: usize) -> Self {
        let (expected, found) = (format!("a closing {quote}"), "the end of the line".to_string());
        GrammarError::Unexpected { column, expected, found }
    }

    pub(super) fn after_backslash(column: usize) -> Self {
        let found = "the end of the line".to_string();
        GrammarError::Unexpected { column, expected: "a character after \\".to_string(), found }
    }
}

/// Reads one line; `None` for a blank line or a comment.
pub fn parse_line(text: &str) -> Result<Option<Line>, GrammarError> {
    let words = words::split(text)?;
    if words.is_empty() {
        return Ok(None);
    }
    parser::Parser::new(words).line().map(Some)
}

/// Reads a request from words that a shell has already split and unquoted, and its place: the arguments of `conlab set x 7
/// @2`. Where a place is given, what stands before it is a key or a value whatever it looks like; else one that looks like
/// a place is most likely meant as one, and the key or value is missing.
pub fn parse_request_words<S: AsRef<str>>(
    words: &[S],
    place: Option<&str>,
) -> Result<Request, GrammarError> {
    let mut read = Vec::with_capacity(words.len() + 1);
    let mut column = 1;
    for (number, word) in words.iter().map(AsRef::as_ref).chain(place).enumerate() {
        let argument = (1..words.len()).contains(&number) && place.is_some();
        let plain = word.split_once('=').is_none_or(|(key, _)| !parser::OPTIONS.contains(&key));
        read.push(match argument && plain {
            true => words::Word::quoted(word, column),
            false => words::Word::bare(word, column),
        });
        column += word.chars().count() + 1;
    }
    parser::Parser::new(read).only_request()
}

#[cfg(test)]
mod tests;
