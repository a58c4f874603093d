//! What clients saw: every operation, from its invocation to its end, on one clock.
//!
//! A history is all that the checkers know of a run. It is built from events, one at a time and in their order
//! ([`Builder`]), and kept as operations in the order of their invocations ([`History`]). Keys, values and processes are
//! interned and lists share their prefixes, so that an operation takes 64 bytes and a million of them fit in memory with room to spare.
//!
//! Every operation ends in one of three ways, and they must never be blurred ([`End`]): `ok`, `fail` — it surely had no
//! effect — or `info`: unknown. The real-time order is the order of the events' positions, never of their times.
//!
//! ```
//! use conlab::history::{Asked, Builder, Observed, Stamp};
//!
//! let mut builder = Builder::new();
//! builder.invoke(Stamp::new(0, 1), 0, "x", Asked::Write("7"))?;
//! builder.ok(Stamp::new(5, 2), 0, Observed::nothing())?;
//! builder.invoke(Stamp::new(6, 3), 1, "x", Asked::Read)?;
//! builder.ok(Stamp::new(9, 4), 1, Observed::scalar("7"))?;
//! let history = builder.finish();
//! assert_eq!(history.len(), 2);
//! # Ok::<(), conlab::history::HistoryError>(())
//! ```
#![allow(clippy::disallowed_types)] // hashing finds what is interned; its order never escapes

mod builder;
mod datum;
mod edn;
mod error;
mod event;
mod fault;
mod format;
mod jepsen_log;
mod json;
mod jsonl;
mod lines;
mod lists;
mod lost;
mod memory;
mod operation;
mod porcupine;
mod read;
mod recorder;
mod staleness;
mod texts;
mod whole;
pub mod words;
mod write;

pub use builder::{Asked, Builder, Observed, Seen, Stamp};
pub use error::{HistoryError, Wrong};
pub use fault::ReadError;
pub use format::Format;
pub use lists::{ListId, Lists};
pub use lost::{is_acknowledged, lost_writes};
pub use memory::Memory;
pub use operation::{Act, End, KeyId, Operation, ProcessId, ValueId};
pub use read::{Reading, read};
pub use recorder::{LOG, Recorder, Recording};
pub use staleness::{Lag, staleness};
pub use texts::Texts;
pub use whole::{History, OpId};
pub use write::{write_edn, write_jsonl};
