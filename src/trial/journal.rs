//! Watches a simulated trial: which write took which place, and, where somebody wants them, every message and the log of
//! every server.

use crate::faults::Fault;
use crate::lines::{Lines, push_number};
use crate::process::{Effect, NodeId, Process, Step, Ticket};
use crate::sim::{Cause, Left, Loss, Observer, Places};
use std::fmt::{Display, Write as _};
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

    fn message(&mut self, at: Duration, ends: (NodeId, NodeId), what: &str, message: impl Display) {
        let Some(lines) = &mut self.messages else { return };
        let (from, to) = ends;
        let text = lines.text();
        text.push_str("{\"time\":");
        push_number(text, at.as_nanos() as u64);
        text.push_str(",\"from\":");
        push_number(text, from.0.into());
        text.push_str(",\"to\":");
        push_number(text, to.0.into());
        text.push_str(",\"what\":\"");
        text.push_str(what);
        text.push_str("\",\"message\":\"");
        let _ = write!(Escaped(text), "{message}");
        text.push_str("\"}\n");
        lines.hand_on();
    }

    /// A line of a server's log, in the form of a real server's: `+0.012000 s n3 applied x=7 v1`.
    fn log(&mut self, at: Duration, node: NodeId, what: impl Display, ticket: Option<Ticket>) {
        let Some(lines) = self.logs.get_mut(node.0.wrapping_sub(1) as usize) else { return };
        let text = lines.text();
        let micros = at.as_micros() as u64;
        text.push('+');
        push_number(text, micros / 1_000_000);
        text.push('.');
        let from = text.len();
        push_number(text, 1_000_000 + micros % 1_000_000);
        text.remove(from); // the leading 1 keeps the zeros behind it
        text.push_str(" s n");
        push_number(text, node.0.into());
        let _ = write!(text, " {what}");
        if let Some(ticket) = ticket {
            let _ = write!(text, "  {ticket}");
        }
        text.push('\n');
        lines.hand_on();
    }
}

/// Text inside a JSON string.
struct Escaped<'a>(&'a mut String);

impl std::fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        if !text.bytes().any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
            self.0.push_str(text);
            return Ok(());
        }
        for c in text.chars() {
            match c {
                '"' | '\\' => self.0.extend(['\\', c]),
                c if c < ' ' => write!(self.0, "\\u{:04x}", c as u32)?,
                c => self.0.push(c),
            }
        }
        Ok(())
    }
}

impl<P: Process> Observer<P> for Journal {
    fn begins(&mut self, at: Duration, node: NodeId, cause: Cause<'_, P>) {
        match cause {
            Cause::Message { from, message } => self.message(at, (from, node), "received", message),
            Cause::Request { ticket, op, .. } => {
                self.log(at, node, format_args!("received {op}"), Some(ticket));
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
                    self.log(at, node, note, Some(*ticket));
                }
                _ => self.log(at, node, note, None),
            }
        }
        for effect in left.effects {
            if let Effect::Reply { ticket, outcome } = effect {
                self.log(at, node, format_args!("answered {outcome}"), Some(*ticket));
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
        self.message(at, (NodeId(0), NodeId(0)), "fault", fault);
        if fault.link().is_none() {
            self.log(at, NodeId(fault.highest_node()), format_args!("! {fault}"), None);
        }
    }

    fn places(&self) -> Option<&Places> {
        Some(&self.places)
    }
}
