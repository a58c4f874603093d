//! Deliberate defects: what goes wrong where a protocol leaves out one of its rules.
//!
//! Each is one line of the protocol, switched on in the simulator only. They show that the checks see: a lab that finds
//! nothing may be blind.

use std::fmt::{self, Display};
use std::str::FromStr;

/// One rule that is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Defect {
    /// A write is answered before every server has it: before it is even ordered.
    AnswerBeforeDone,
    /// A round that arrives before its predecessor is delivered at once.
    SkipReorderBuffer,
    /// The primary frees the lock as soon as it has broadcast.
    ReleaseEarly,
    /// Values do not carry what their writers had seen.
    LeaveOutDependencies,
    /// A request that was sent again is ordered again.
    ResendWithoutDedup,
    /// A server without its memory answers reads.
    BlankReads,
    /// An acknowledgement of an earlier round frees the lock; one of an earlier life counts towards a write concern.
    StaleAck,
}

impl Defect {
    /// All of them.
    pub const ALL: [Defect; 7] = [
        Defect::AnswerBeforeDone,
        Defect::SkipReorderBuffer,
        Defect::ReleaseEarly,
        Defect::LeaveOutDependencies,
        Defect::ResendWithoutDedup,
        Defect::BlankReads,
        Defect::StaleAck,
    ];

    /// Its name on the command line and in scenarios.
    pub fn name(self) -> &'static str {
        match self {
            Defect::AnswerBeforeDone => "answer-before-done",
            Defect::SkipReorderBuffer => "skip-reorder-buffer",
            Defect::ReleaseEarly => "release-early",
            Defect::LeaveOutDependencies => "leave-out-dependencies",
            Defect::ResendWithoutDedup => "resend-without-dedup",
            Defect::BlankReads => "blank-reads",
            Defect::StaleAck => "stale-ack",
        }
    }
}

impl Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Defect {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Defect::ALL.into_iter().find(|defect| defect.name() == text);
        found.ok_or_else(|| crate::nearest::unknown("defect", text, &Defect::ALL.map(Defect::name)))
    }
}
