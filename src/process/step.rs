//! Remarks on what happens inside a step, and how a trace or a log shows them.

use super::op::{Key, Triple, Value};
use super::shown::{Short, ShortVersion, say_listed};
use super::{Health, NodeId, Ticket};
use crate::say::{Say, Text, display_as_said};
use crate::session::Version;

/// A remark on what happened inside a step, in the field's words. It has no effect on the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The edge passed a request on to the primary.
    Forwarded {
        /// The request.
        ticket: Ticket,
        /// The primary.
        to: NodeId,
    },
    /// The primary took the lock for a round.
    LockTaken {
        /// The round's number.
        round: u64,
        /// How many entries it carries.
        entries: usize,
        /// The first few of them.
        first: Vec<Triple>,
    },
    /// Every server of the view has acknowledged: the lock is free.
    LockReleased {
        /// The round's number.
        round: u64,
    },
    /// A write took its place in this server's state.
    Applied {
        /// The variable.
        key: Key,
        /// Its new value; `None` for a delete.
        value: Option<Value>,
        /// The write's version.
        version: Version,
    },
    /// An ordered read took its place.
    Read {
        /// The variable; `None` for a read of everything.
        key: Option<Key>,
    },
    /// A read waits until this server has what its session has seen.
    Blocked {
        /// The request.
        ticket: Ticket,
        /// The variable; `None` for a read of everything.
        key: Option<Key>,
        /// The version that this server has.
        have: Version,
        /// The version that the session asks for.
        want: Version,
    },
    /// A blocked read may go on.
    Unblocked {
        /// The request.
        ticket: Ticket,
    },
    /// A round arrived before its predecessor.
    Gap {
        /// The round that arrived.
        round: u64,
        /// The one that is missing.
        missing: u64,
    },
    /// A message was ignored.
    Ignored {
        /// Why.
        why: &'static str,
    },
    /// A message was sent again for want of an answer.
    Resent {
        /// What.
        what: String,
    },
    /// A silent server was dropped from the view.
    Suspected {
        /// The server.
        node: NodeId,
    },
    /// A silent server cannot be dropped, for fewer than a majority would be left.
    NoMajority {
        /// The server.
        node: NodeId,
    },
    /// A server was restarted without its memory: it is out of the view until it has caught up.
    Forgot {
        /// The server.
        node: NodeId,
    },
    /// A server is in the view again.
    Returned {
        /// The server.
        node: NodeId,
    },
    /// This server asks for what it lacks.
    CatchingUp {
        /// The last round it has.
        have: u64,
    },
    /// This server has all that was under way when it asked.
    CaughtUp {
        /// The last round it has.
        round: u64,
    },
    /// A primary without memory asks every server what it holds.
    Recalling,
    /// A primary has its memory back and opens an epoch.
    EpochOpened {
        /// The epoch.
        epoch: u64,
        /// The last round it took over.
        round: u64,
    },
    /// A primary saw a later epoch than its own and stopped.
    Deposed {
        /// The later epoch.
        epoch: u64,
    },
    /// Messages took their places in this server's log.
    Logged {
        /// The place of the first.
        from: u64,
        /// The place of the last.
        to: u64,
        /// The first few of them.
        first: Vec<Value>,
    },
    /// An append waits until enough servers have its message.
    Awaiting {
        /// The request.
        ticket: Ticket,
        /// The place of the message.
        seq: u64,
        /// How many servers were asked for.
        want: u32,
        /// How many have it.
        have: u32,
    },
    /// An append was sent again: its message is in the log already.
    Known {
        /// The place of the message.
        seq: u64,
    },
    /// Messages arrived before one that is missing: they are not shown before it comes.
    Kept {
        /// The place of the first that arrived.
        from: u64,
        /// The one that is missing.
        missing: u64,
    },
    /// Messages are in the log no more: an epoch was opened without them.
    Retracted {
        /// The place of the first.
        from: u64,
        /// The place of the last.
        to: u64,
    },
    /// This server, started again, asks for what it lacks.
    Asking {
        /// The place of the last message that it has.
        head: u64,
    },
    /// This server has the memory back that an earlier life of it lost.
    Remembered {
        /// The place of the last message.
        head: u64,
    },
    /// A master without memory has taken over a log and opens an epoch.
    Opened {
        /// The epoch.
        epoch: u64,
        /// The place of the last message that it took over.
        head: u64,
    },
    /// Another server is better or worse than it was.
    Watched {
        /// The server.
        node: NodeId,
        /// How it is now.
        health: Health,
    },
}

impl Say for Step {
    fn say(&self, text: &mut Text) {
        match self {
            Step::Forwarded { ticket, to } => {
                text.push("forwarded ").say(ticket).push(" to ").say(to)
            }
            Step::LockTaken { round, entries, first } => {
                text.push("lock taken for round ").number(*round).push(", broadcast ");
                say_listed(first.iter(), *entries, text)
            }
            Step::LockReleased { round } => {
                text.push("lock released, round ").number(*round).push(" done")
            }
            Step::Applied { key, value: Some(value), version } => {
                let (key, value, version) = (Short(key), Short(value), ShortVersion(*version));
                text.push("applied ").say(&key).push("=").say(&value).push(" v").say(&version)
            }
            Step::Applied { key, value: None, version } => {
                let (key, version) = (Short(key), ShortVersion(*version));
                text.push("applied ").say(&key).push(" deleted v").say(&version)
            }
            Step::Read { key: Some(key) } => text.push("read ").say(&Short(key)),
            Step::Read { key: None } => text.push("read all"),
            Step::Blocked { key, have, want, .. } => {
                let (want, have) = (ShortVersion(*want), ShortVersion(*have));
                let key = Short(key.as_deref().unwrap_or("all"));
                text.say(&key).push(" blocked on version ").say(&want).push(" while at ").say(&have)
            }
            Step::Unblocked { .. } => text.push("unblocked"),
            Step::Ignored { why } => text.push("ignored: ").push(why),
            Step::Gap { round, missing } => {
                text.show(format_args!("gap: round {round} before {missing}"))
            }
            Step::Resent { what } => text.show(format_args!("resent {what}")),
            Step::Suspected { node } => text.show(format_args!("{node} is silent: dropped")),
            Step::NoMajority { node } => {
                text.show(format_args!("{node} is silent, no majority without it"))
            }
            Step::Forgot { node } => text.show(format_args!("{node} lost its memory: dropped")),
            Step::Returned { node } => text.show(format_args!("{node} is back in the view")),
            Step::CatchingUp { have } => text.show(format_args!("catching up from round {have}")),
            Step::CaughtUp { round } => text.show(format_args!("caught up at round {round}")),
            Step::Recalling => text.push("no memory: asks all what they hold"),
            Step::EpochOpened { epoch, round } => {
                text.show(format_args!("opens epoch {epoch} after round {round}"))
            }
            Step::Deposed { epoch } => text.show(format_args!("stops: epoch {epoch} is open")),
            Step::Logged { from, to, first } => {
                let shown = first.iter().map(|message| Short(message).to_string());
                let (shown, more) = (shown.collect::<Vec<_>>(), (to - from) as usize + 1);
                let more = if more > shown.len() { ", …" } else { "" };
                text.show(format_args!("logged {} {}{more}", range(*from, *to), shown.join(", ")))
            }
            Step::Awaiting { seq, want, have, .. } => {
                text.show(format_args!("{seq} waits: {have} of {want} have it"))
            }
            Step::Known { seq } => text.show(format_args!("in the log already, as {seq}")),
            Step::Kept { from, missing } => {
                text.show(format_args!("{from} waits behind {missing}"))
            }
            Step::Retracted { from, to } => {
                text.show(format_args!("takes back {}", range(*from, *to)))
            }
            Step::Asking { head } => text.show(format_args!("has {head}, asks for the rest")),
            Step::Remembered { head } => text.show(format_args!("caught up at {head}")),
            Step::Opened { epoch, head } => {
                text.show(format_args!("opens epoch {epoch} behind {head}"))
            }
            Step::Watched { node, health } => text.show(format_args!("{node} is {health}")),
        };
    }
}

display_as_said!(Step);

/// `3`, or `3…7`.
fn range(from: u64, to: u64) -> String {
    if from == to { from.to_string() } else { format!("{from}…{to}") }
}
