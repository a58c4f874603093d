//! Linearizability of one key by search: Lowe's just-in-time linearization (*Testing for linearizability*, Concurrency and
//! Computation: Practice and Experience 29(4), 2017), along the events.
//!
//! The frontier is the set of all states in which the key may be, each with the open operations that were taken to get there
//! ([`Config`]). It grows only where it must: when an operation returns, each configuration that has not taken it yet takes it, after
//! whatever other open operations make that possible. No configuration left: not linearizable.
//!
//! What keeps the frontier small, and why it is sound:
//!
//! - A read, and a cas that failed on another value, is taken as soon as the state allows: it never hurts.
//! - Once a blind write or delete is taken, the other open ones become *optional*: each may have gone just before, unseen. When
//!   an optional one returns, both are kept: it went before; it is taken now.
//! - Before a return, a write is taken only if somebody open wants its value: a read, a cas, a failed cas (which wants any value but
//!   one), or a cas of unknown outcome whose own value is wanted. Otherwise it can wait, or it went unseen.
//! - Unknown operations of one kind are counted, not told apart.
//! - A configuration that can do whatever another can do replaces it ([`Config::dominates`]).
//!
//! Where only unknown operations are open, the frontier is one state per configuration, and is simply carried on.

mod config;
mod moves;
mod plan;
mod search;

pub use moves::{Move, State, UNSEEN};
pub use search::{Found, search};
