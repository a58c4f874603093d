//! conlab: a consistency-model lab. Pick a consistency model, run a real replicated store under it, and see what the
//! model gives and what it costs.
//!
//! A map of the code; imports run one way, from the bottom of this list to its top:
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`session`] | a client's version clocks |
//! | [`random`] | seeded randomness |
//! | [`say`], [`lines`] | what is said often: its words; its lines on their way to a file |
//! | [`window`] | values by counter, for what comes and goes nearly in order |
//! | [`nearest`] | what somebody may have meant who wrote an unknown name |
//! | [`process`] | the one idea: [`process::Process`], [`process::Ctx`], effects and outcomes |
//! | [`timers`], [`store`] | the timers of a process; variables with versions |
//! | [`order`] | the lock-ordered primary broadcast of (ACTION, VAR, VALUE) |
//! | [`log`] | the replicated log: a master, secondaries, write concern |
//! | [`systems`] | the replication protocols and their catalogue |
//! | [`faults`] | what can go wrong on purpose |
//! | [`files`] | reading what a user names, never without bound |
//! | [`sim`] | any process in virtual time, on a seeded network, with faults |
//! | [`net`] | the live driver: servers, controller and client over JSON-RPC |
//! | [`stats`], [`plot`] | what measurements say, and how sure one may be; charts |
//! | [`scenario`] | text files that say who asks what, what breaks, and what should come of it |
//! | [`trial`] | random load and faults, and whether the claim held |
//! | [`history`] | what clients saw, operation by operation |
//! | [`check`] | which consistency models a history satisfies, and where not, why |
//! | [`config`] | config.json, checked once |
//! | [`picker`], [`cli`] | the menu of levels; the commands and the shell |

// The families of random histories in tests/ name this package; tests of what is private use them too.
#[cfg(test)]
extern crate self as conlab;

pub mod check;
pub mod cli;
pub mod config;
pub mod faults;
pub mod files;
pub mod history;
pub mod lines;
pub mod log;
pub mod nearest;
pub mod net;
pub mod order;
pub mod picker;
pub mod plot;
pub mod process;
pub mod random;
pub mod say;
pub mod scenario;
pub mod session;
pub mod sim;
pub mod stats;
pub mod store;
pub mod systems;
pub mod timers;
pub mod trial;
pub mod window;

/// The worked example of `docs/add-a-system.md`, compiled and run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../docs/add-a-system.md")]
pub struct AddASystem;
