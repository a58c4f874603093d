//! One operation, in 64 bytes.

use super::ListId;

/// A key, as a number: look it up with [`History::key_name`](super::History::key_name).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(pub u32);

/// A process, as a number without gaps: look it up with [`History::process_name`](super::History::process_name).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProcessId(pub u32);

/// A value, as a number: look it up with [`History::value_text`](super::History::value_text).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ValueId(pub u32);

impl ValueId {
    /// No value: what a read of an absent key returns, and what a delete leaves.
    pub const ABSENT: ValueId = ValueId(0);
}

/// What an operation asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Act {
    /// The value of a register.
    Read,
    /// A register takes a value.
    Write,
    /// A register takes a value if it holds another.
    Cas,
    /// A register becomes absent.
    Delete,
    /// A list grows by one element.
    Append,
    /// The elements of a list.
    ReadList,
}

impl Act {
    /// True of what leaves the state as it is.
    pub fn is_read(self) -> bool {
        matches!(self, Act::Read | Act::ReadList)
    }
}

/// How an operation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum End {
    /// It took effect, and the client knows.
    Ok,
    /// It surely had no effect.
    Fail,
    /// A cas that surely had no effect because it found another value than `old`.
    Mismatch,
    /// Nobody knows: it may have taken effect, or still may.
    Info,
}

/// One operation of a client. Positions are those of events in the history, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    pub(super) invoked_time: u64,
    pub(super) ended_time: u64,
    pub(super) version: u64,
    pub(super) invoked: u32,
    pub(super) ended: u32,
    pub(super) process: u32,
    pub(super) key: u32,
    pub(super) value: u32,
    pub(super) old: u32,
    pub(super) node: u32,
    pub(super) invoked_line: u32,
    pub(super) ended_line: u32,
    pub(super) act: Act,
    pub(super) end: End,
    pub(super) is_final: bool,
}

/// Stands for "none" where a number is optional; the builder refuses numbers as large as these.
pub(super) const NONE: u32 = u32::MAX;
pub(super) const NO_VERSION: u64 = u64::MAX;

impl Operation {
    /// What it asks for.
    pub fn act(&self) -> Act {
        self.act
    }

    /// How it ended.
    pub fn end(&self) -> End {
        self.end
    }

    /// Who asked.
    pub fn process(&self) -> ProcessId {
        ProcessId(self.process)
    }

    /// On which key.
    pub fn key(&self) -> KeyId {
        KeyId(self.key)
    }

    /// The value written, the element appended, the new value of a cas, or what a read of a register returned.
    pub fn value(&self) -> ValueId {
        ValueId(self.value)
    }

    /// What a cas expects to find.
    pub fn old(&self) -> ValueId {
        ValueId(self.old)
    }

    /// What a read of a list returned.
    pub fn list(&self) -> ListId {
        ListId(self.value)
    }

    /// The position of the invocation.
    pub fn invoked(&self) -> u32 {
        self.invoked
    }

    /// The position of the completion event, of whatever kind.
    pub fn ended(&self) -> Option<u32> {
        (self.ended != NONE).then_some(self.ended)
    }

    /// The position by which it surely had taken effect, if it did: `u32::MAX` where the outcome is unknown.
    pub fn returned(&self) -> u32 {
        if self.end == End::Info { u32::MAX } else { self.ended }
    }

    /// When it was invoked, in nanoseconds since the start of the run.
    pub fn invoked_time(&self) -> u64 {
        self.invoked_time
    }

    /// When its completion event was seen, in nanoseconds since the start of the run.
    pub fn ended_time(&self) -> Option<u64> {
        (self.ended != NONE).then_some(self.ended_time)
    }

    /// The place in the store's order of the write made or of the write read; 0 = never written.
    pub fn version(&self) -> Option<u64> {
        (self.version != NO_VERSION).then_some(self.version)
    }

    /// The server that answered.
    pub fn node(&self) -> Option<u32> {
        (self.node != NONE).then_some(self.node)
    }

    /// True of a read of the quiet period at the end.
    pub fn is_final(&self) -> bool {
        self.is_final
    }

    /// The line of the invocation in its file, from 1.
    pub fn invoked_line(&self) -> u32 {
        self.invoked_line
    }

    /// The line of the completion in its file, from 1.
    pub fn ended_line(&self) -> Option<u32> {
        (self.ended != NONE).then_some(self.ended_line)
    }
}
