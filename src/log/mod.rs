//! The replicated log: one master, any number of secondaries, and one order of messages.
//!
//! Server 1 is the master. It puts each message at the end of its log and sends it to every secondary; the client is
//! answered once as many servers have it as its **write concern** asks for, the master counted. Nobody waits for anybody
//! else: an append that waits for a slow server holds up no other.
//!
//! ```text
//!  client            n1 (master)           n2                 n3 (slow)
//!    │ append m w=2      │                  │                  │
//!    ├──────────────────▶│ logged 1         │                  │
//!    │                   ├─── Append 1 ────▶│ logged 1         │
//!    │                   ├─── Append 1 ─────────────────────▶  │
//!    │                   │◀── Have 1 ───────┤                  │
//!    │◀── ok, seq 1 ─────┤                  │                  │ logged 1
//!    │                   │◀── Have 1 ──────────────────────────┤
//! ```
//!
//! Where the pieces are:
//!
//! - `entries`: the log itself; which part of it which epoch made.
//! - `ids`: where each id stands in it.
//! - `memory`: what a server must not forget, and the records from which it remembers.
//! - `server`, `message`: one server of the log, by its number; what the servers say to each other.
//! - `master`: appends, ids, and what clients are told.
//! - `waiting`: appends that wait for their write concern, or for the end of their patience.
//! - `member`, `ship`: how far each secondary is; sending, sending again, catching up in batches.
//! - `watch`: heartbeats, and what they say of each secondary's health.
//! - `secondary`: the log of a secondary: without gaps, once, in order.
//! - `recovery`: how a master that lost its memory gets it back.
//!
//! # Rules
//!
//! **Each server shows a prefix of one order.** What arrives before its predecessor is kept until that comes; what arrives
//! again is ignored.
//!
//! **Exactly once.** An id lives in the log beside its message, so the log itself says what was appended before. A repeated
//! append waits for its own write concern and is told the same place.
//!
//! **A lost memory counts for nothing.** [`Message::Have`] carries the epoch and the incarnation of who says it. A server that
//! lost its memory refuses reads until it has everything that the master had when the two first spoke.
//!
//! **f servers may lack their memory at once** (the cluster is started with f; a minority if nobody says more). What more than
//! f servers have acknowledged survives that: a master without memory asks the secondaries, waits until n − f *with* memory have
//! answered, takes over the log of the latest epoch among them, the longest of these, and opens an epoch. By then it has met at
//! least one server of each set of f + 1. Two details make this true, both found by breaking a simpler text:
//!
//! - A server counts as being of an epoch only once it has all that the epoch began with. Had it but cut its own log off to
//!   fit, it would be of the latest epoch and know less than one of the epoch before.
//! - For the same reason an acknowledgement counts towards a write concern only from there on.
//!
//! **What is on disk survives.** Where records are kept on disk, whatever a server says waits until they are (the driver sees
//! to that), so an acknowledgement of a message means that it is on disk.

mod entries;
mod ids;
mod master;
mod member;
mod memory;
mod message;
mod recovery;
mod secondary;
mod server;
mod ship;
mod waiting;
mod watch;

pub use entries::{Entry, Run};
pub use memory::Record;
pub use message::{Held, Holding, Lead, Message};
pub use server::{MASTER, ReplicatedLog, Timer};
