//! Watches a simulated trial: which write took which place, and, where somebody wants it, every message.

use crate::faults::Fault;
use crate::process::{NodeId, Process, Step, Value};
use crate::session::Version;
use crate::sim::{Cause, Left, Loss, Observer};
use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};
use std::io::{self, Write};
use std::time::Duration;

/// Lines are handed on in pieces of this size.
const PIECE: usize = 1 << 16;

/// What a trial leaves besides its history.
#[derive(Default)]
pub struct Journal {
    applied: BTreeMap<Value, Version>,
    out: Option<Box<dyn Write + Send>>,
    lines: String,
    failed: Option<io::Error>,
}

impl Journal {
    /// Writes every message into `out` too, a line of JSON for each.
    pub fn into(out: impl Write + Send + 'static) -> Self {
        Journal { out: Some(Box::new(out)), ..Journal::default() }
    }

    /// The place that each value took in the order, where it took one.
    pub(super) fn applied(&self) -> &BTreeMap<Value, Version> {
        &self.applied
    }

    /// Hands on what is left.
    ///
    /// # Errors
    /// The first error in writing, if there was one.
    pub(super) fn close(&mut self) -> io::Result<()> {
        self.flush();
        self.failed.take().map_or(Ok(()), Err)
    }

    fn flush(&mut self) {
        if let Some(out) = self.out.as_mut().filter(|_| self.failed.is_none()) {
            let written = out.write_all(self.lines.as_bytes()).and_then(|()| out.flush());
            self.failed = written.err();
        }
        self.lines.clear();
    }

    fn line(&mut self, at: Duration, from: NodeId, to: NodeId, what: &str, message: impl Display) {
        if self.out.is_none() {
            return;
        }
        let (time, from, to) = (at.as_nanos(), from.0, to.0);
        let _ = write!(
            self.lines,
            "{{\"time\":{time},\"from\":{from},\"to\":{to},\"what\":\"{what}\",\"message\":\""
        );
        let _ = write!(Escaped(&mut self.lines), "{message}");
        self.lines.push_str("\"}\n");
        if self.lines.len() >= PIECE {
            self.flush();
        }
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
        if let Cause::Message { from, message } = cause {
            self.line(at, from, node, "received", message);
        }
    }

    fn ends(&mut self, _: Duration, _: NodeId, left: Left<'_, P>) {
        for note in left.notes {
            let Step::Applied { value: Some(value), version, .. } = note else { continue };
            match self.applied.get_mut(value) {
                Some(place) => *place = (*version).max(*place),
                None => _ = self.applied.insert(value.clone(), *version),
            }
        }
    }

    fn lost(&mut self, at: Duration, from: NodeId, to: NodeId, message: &P::Message, loss: Loss) {
        let what = match loss {
            Loss::Cut => "cut",
            Loss::Chance => "lost",
            Loss::Down => "down",
        };
        self.line(at, from, to, what, message);
    }

    fn duplicated(&mut self, at: Duration, from: NodeId, to: NodeId, message: &P::Message) {
        self.line(at, from, to, "duplicated", message);
    }

    fn fault(&mut self, at: Duration, fault: Fault) {
        self.line(at, NodeId(0), NodeId(0), "fault", fault);
    }
}
