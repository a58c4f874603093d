//! The replicated log: one master, one order of messages, and a write concern for each of them. See [`crate::log`].

use super::{About, Clients};

pub use crate::log::{Record as LogRecord, ReplicatedLog};

pub(super) const ABOUT: About = About {
    name: "replicated-log",
    title: "Replicated log",
    model: "sequential",
    clients: Clients::Bound,
    how: "the master puts messages into one order and answers when w servers have them; reads are local prefixes",
    faults: "lossy, slow or cut links; pauses; kills of secondaries; on disk (--data) kills of any or all. In memory a master that is killed may take back what no more than f servers had",
    durable: true,
    not: "linearizable: a secondary's prefix may be old",
};
