//! Watches a simulated trial: which write took which place, and, where somebody wants them, every message and the log of
//! every server.

use crate::faults::Fault;
use crate::lines::Lines;
use crate::process::{Effect, NodeId, Op, Outcome, Process, Step, Ticket};
use crate::say::{Say, Text};
use crate::sim::{Cause, Left, Loss, Observer, Places};
use std::io::{self, Write};
use std::time::Duration;

/// What a trial leaves besides its history.
#[derive(Default)]
pub struct Journal {
    places: Places,
    messages: Option<Lines>,
    /// One for each server.
    logs: Vec<Lines>,
}

impl Journal {
    /// Writes every message into `out` too, a line of JSON for each.
    pub fn into(out: impl Write + Send + 'static) -> Self {
        Journal { messages: Some(Lines::into(out)), ..Journal::default() }
    }

    /// Writes the logs of the servers too, one into each of `outs`, from the first on: the lines that real servers write.
    pub fn with_logs<W: Write + Send + 'static>(
        mut self,
        outs: impl IntoIterator<Item = W>,
    ) -> Self {
        self.logs = outs.into_iter().map(Lines::into).collect();
        self
    }

    /// Which write took which place.
    pub(super) fn places(&self) -> &Places {
        &self.places
    }

    /// Hands on what is left.
    ///
    /// # Errors
    /// The first error in writing, if there was one.
    pub(super) fn close(&mut self) -> io::Result<()> {
        self.messages.iter_mut().chain(&mut self.logs).try_for_each(Lines::close)
    }

    fn message(&mut self, at: Duration, ends: (NodeId, NodeId), what: &str, message: &impl Say) {
        let Some(lines) = &mut self.messages else { return };
        say_message(lines.text(), at, ends, what, message);
        lines.hand_on();
    }

    /// A line of a server's log, in the form of a real server's: `+0.012000 s n3 applied x=7 v1`.
    fn log(&mut self, at: Duration, node: NodeId, what: Said<'_>, ticket: Option<Ticket>) {
        let Some(lines) = self.logs.get_mut(node.0.wrapping_sub(1) as usize) else { return };
        let text = lines.text();
        text.push("+").number(at.as_secs()).push(".").six_digits(at.subsec_micros());
        text.push(" s ").say(&node).push(" ");
        what.write(text);
        if let Some(ticket) = ticket {
            text.push("  ").say(&ticket);
        }
        text.push("\n");
        lines.hand_on();
    }
}

/// Says the line of a message: when what became of it, between whom. Server 0 stands for nobody.
pub fn say_message(
    text: &mut Text,
    at: Duration,
    (from, to): (NodeId, NodeId),
    what: &str,
    message: &impl Say,
) {
    text.push("{\"time\":").number(at.as_nanos() as u64);
    text.push(",\"from\":").number(from.0.into()).push(",\"to\":").number(to.0.into());
    text.push(",\"what\":\"").push(what);
    text.push("\",\"message\":").quote_said(message).push("}\n");
}

/// What a server says in its log.
enum Said<'a> {
    Received(&'a Op),
    Noted(&'a Step),
    Answered(&'a Outcome),
    Met(Fault),
}

impl Said<'_> {
    fn write(&self, text: &mut Text) {
        match self {
            Said::Received(op) => text.push("received ").say(*op),
            Said::Noted(note) => text.say(*note),
            Said::Answered(outcome) => text.push("answered ").say(&outcome.brief()),
            Said::Met(fault) => text.push("! ").say(fault),
        };
    }
}

impl<P: Process> Observer<P> for Journal {
    fn begins(&mut self, at: Duration, node: NodeId, cause: Cause<'_, P>) {
        match cause {
            Cause::Message { from, message } => self.message(at, (from, node), "received", message),
            Cause::Request { ticket, op, .. } => {
                self.log(at, node, Said::Received(op), Some(ticket));
            }
            Cause::Start | Cause::Recover(_) | Cause::Timer(_) | Cause::Durable => {}
        }
    }

    fn ends(&mut self, at: Duration, node: NodeId, left: Left<'_, P>) {
        self.places.note(left.notes);
        if self.logs.is_empty() {
            return;
        }
        for note in left.notes {
            match note {
                // These name their request themselves, or are of none; and what is ignored comes with every late message.
                Step::Ignored { .. } => {}
                Step::Blocked { ticket, .. } | Step::Unblocked { ticket } => {
                    self.log(at, node, Said::Noted(note), Some(*ticket));
                }
                _ => self.log(at, node, Said::Noted(note), None),
            }
        }
        for effect in left.effects {
            if let Effect::Reply { ticket, outcome } = effect {
                self.log(at, node, Said::Answered(outcome), Some(*ticket));
            }
        }
    }

    fn lost(&mut self, at: Duration, from: NodeId, to: NodeId, message: &P::Message, loss: Loss) {
        let what = match loss {
            Loss::Cut => "cut",
            Loss::Chance => "lost",
            Loss::Down => "down",
        };
        self.message(at, (from, to), what, message);
    }

    fn duplicated(&mut self, at: Duration, from: NodeId, to: NodeId, message: &P::Message) {
        self.message(at, (from, to), "duplicated", message);
    }

    fn fault(&mut self, at: Duration, fault: Fault) {
        self.message(at, (NodeId(0), NodeId(0)), "fault", &fault);
        if fault.link().is_none() {
            self.log(at, NodeId(fault.highest_node()), Said::Met(fault), None);
        }
    }

    fn places(&self) -> Option<&Places> {
        Some(&self.places)
    }
}
