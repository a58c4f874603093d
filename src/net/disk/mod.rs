//! A server's disk: a write-ahead file of records, and the effects that wait for it.
//!
//! ```text
//!   step ──▶ records ──▶ batch ──▶ one write and one sync, on a thread of its own ──▶ the effects behind them happen
//!                          ▲                                                    │
//!                          └──────────── what comes meanwhile is the next batch ┘
//! ```
//!
//! | module | what it holds |
//! | --- | --- |
//! | `frame` | a record among others: its length and checksum, and where a file of them is good to |
//! | `home` | where one server's file is, and of which life it is |
//! | `file` | one server's file: opened, cut where its last write was torn, written and synced |
//! | `queue` | the effects of a process that wait until its records are on disk |

mod file;
mod frame;
mod home;
mod queue;

pub(super) use file::{DiskFile, Opened, lock};
#[cfg(test)]
pub(super) use frame::batch;
pub(super) use home::{Home, write_whole};
pub(super) use queue::DiskQueue;
