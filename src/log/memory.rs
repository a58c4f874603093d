//! What a server must not forget: its log, and how much of which epoch it knows.
//!
//! A memory is what its records make of it. Nothing else changes it, so a server that is started again with its records is where
//! it was, and one that died between two of them is where it was then.

use super::entries::{Entry, Log};
use super::server::Context;
use serde::{Deserialize, Serialize};
use std::fmt::{self, Display};
use std::sync::Arc;

/// A change of a server's memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Record {
    /// An entry took its place at the end.
    Entry(Arc<Entry>),
    /// Earlier epochs than this are ignored from now on.
    Promised(u64),
    /// The log is one of this epoch now.
    Joined {
        /// The epoch.
        epoch: u64,
        /// The epoch began with everything up to this place.
        base: u64,
        /// What is behind this place was in no log of the epoch, and is forgotten.
        keep: u64,
    },
    /// An earlier memory is lost: it begins with nothing, and counts for nothing.
    Blank,
    /// Everything is there that the lost memory could have had: it counts again.
    CaughtUp,
}

impl Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Record::Entry(entry) => f.write_str(&entry.id),
            Record::Promised(epoch) => write!(f, "no epoch before {epoch}"),
            Record::Joined { epoch, keep, .. } => write!(f, "epoch {epoch}, kept {keep}"),
            Record::Blank => f.write_str("memory lost"),
            Record::CaughtUp => f.write_str("caught up"),
        }
    }
}

/// What a server knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Memory {
    /// Its log.
    pub log: Log,
    /// Earlier epochs than this are ignored.
    pub epoch: u64,
    /// The epoch of which the log is, maybe in part; 0 where nobody has said yet.
    pub joined: u64,
    /// What that epoch began with.
    pub base: u64,
    /// The last epoch of which the log has all that it began with.
    pub complete: u64,
    /// Whether it was lost, and is not back.
    pub blank: bool,
}

/// The memory of a server of a new cluster: all of them are of the first epoch.
impl Default for Memory {
    fn default() -> Self {
        Memory { log: Log::default(), epoch: 1, joined: 1, base: 0, complete: 1, blank: false }
    }
}

impl Memory {
    /// Changes it as a record says.
    pub fn apply(&mut self, record: Record) {
        match record {
            Record::Entry(entry) => _ = self.log.push(entry),
            Record::Promised(epoch) => self.epoch = self.epoch.max(epoch),
            Record::Joined { epoch, base, keep } => {
                self.log.cut(keep);
                (self.epoch, self.joined, self.base) = (self.epoch.max(epoch), epoch, base);
            }
            Record::Blank => {
                let epoch = self.epoch;
                let log = Log::default();
                *self = Memory { log, epoch, joined: 0, base: 0, complete: 0, blank: true };
            }
            Record::CaughtUp => self.blank = false,
        }
        if !self.blank && self.log.head() >= self.base {
            self.complete = self.complete.max(self.joined);
        }
    }

    /// Changes it now, and on disk before anybody hears of it.
    pub fn save(&mut self, ctx: &mut Context, record: Record) {
        self.apply(record.clone());
        ctx.persist(record);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(epoch: u64, text: &str) -> Record {
        Record::Entry(Arc::new(Entry { epoch, id: text.into(), message: text.into() }))
    }

    #[test]
    fn it_is_of_an_epoch_once_it_has_what_that_began_with() {
        let mut memory = Memory::default();
        ["a", "b", "c"].into_iter().for_each(|text| memory.apply(entry(1, text)));
        memory.apply(Record::Joined { epoch: 4, base: 2, keep: 1 });
        assert_eq!((memory.log.head(), memory.joined, memory.complete), (1, 4, 1));
        memory.apply(entry(1, "b"));
        assert_eq!((memory.epoch, memory.complete), (4, 4));
    }

    #[test]
    fn a_lost_memory_is_of_no_epoch_until_it_is_back() {
        let mut memory = Memory::default();
        memory.apply(entry(1, "a"));
        memory.apply(Record::Blank);
        memory.apply(Record::Joined { epoch: 1, base: 0, keep: 0 });
        memory.apply(entry(1, "a"));
        assert_eq!((memory.blank, memory.complete), (true, 0));
        memory.apply(Record::CaughtUp);
        assert_eq!((memory.blank, memory.complete), (false, 1));
    }
}
