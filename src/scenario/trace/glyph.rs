//! One sign for each kind of thing that happens, and what to call it.

use crate::process::Step;

/// A kind of thing that happens in a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Glyph {
    Request,
    Answer,
    Sent,
    Received,
    LockTaken,
    LockReleased,
    Applied,
    Blocked,
    Unblocked,
    Saved,
    Warning,
    Lost,
    Twice,
    Remark,
}

impl Glyph {
    pub fn sign(self) -> char {
        match self {
            Glyph::Request => '○',
            Glyph::Answer => '◆',
            Glyph::Sent => '→',
            Glyph::Received => '←',
            Glyph::LockTaken => '■',
            Glyph::LockReleased => '□',
            Glyph::Applied => '✓',
            Glyph::Blocked => '‖',
            Glyph::Unblocked => '▸',
            Glyph::Saved => '▤',
            Glyph::Warning => '!',
            Glyph::Lost => '✗',
            Glyph::Twice => '»',
            Glyph::Remark => '·',
        }
    }

    pub fn meaning(self) -> &'static str {
        match self {
            Glyph::Request => "request",
            Glyph::Answer => "answer",
            Glyph::Sent => "sent to",
            Glyph::Received => "received from",
            Glyph::LockTaken => "lock taken",
            Glyph::LockReleased => "lock released",
            Glyph::Applied => "applied",
            Glyph::Blocked => "blocked",
            Glyph::Unblocked => "unblocked",
            Glyph::Saved => "to disk",
            Glyph::Warning => "fault, warning",
            Glyph::Lost => "lost",
            Glyph::Twice => "arrives twice",
            Glyph::Remark => "remark",
        }
    }
}

/// How a trace shows a remark; `None` where the messages of the same step say it already.
pub(super) fn of_step(step: &Step) -> Option<(Glyph, String)> {
    let glyph = match step {
        Step::Forwarded { .. } => return None,
        Step::LockTaken { .. } => {
            return Some((Glyph::LockTaken, "lock taken".to_string()));
        }
        Step::LockReleased { .. } => {
            return Some((Glyph::LockReleased, "lock released".to_string()));
        }
        Step::Applied { .. } | Step::Read { .. } | Step::Logged { .. } => Glyph::Applied,
        Step::Blocked { .. } | Step::Awaiting { .. } | Step::Kept { .. } => Glyph::Blocked,
        Step::Unblocked { .. } => Glyph::Unblocked,
        Step::Suspected { .. }
        | Step::NoMajority { .. }
        | Step::Forgot { .. }
        | Step::Deposed { .. }
        | Step::Gap { .. }
        | Step::Retracted { .. }
        | Step::Watched { .. }
        | Step::Recalling => Glyph::Warning,
        Step::Ignored { .. }
        | Step::Resent { .. }
        | Step::Returned { .. }
        | Step::CatchingUp { .. }
        | Step::CaughtUp { .. }
        | Step::Known { .. }
        | Step::Asking { .. }
        | Step::Remembered { .. }
        | Step::Opened { .. }
        | Step::EpochOpened { .. } => Glyph::Remark,
    };
    Some((glyph, step.to_string()))
}
