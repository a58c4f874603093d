//! The trace of a simulated run: who did what, when, and why, with a lifeline for each server.
//!
//! One step of one process is one row: what came, the process's remarks, what it sent. Steps that are alike and fall on
//! one instant share a row, so that ten servers that take the same round read as one event.

mod glyph;
mod layout;
mod row;
#[cfg(test)]
mod tests;
mod words;

use crate::faults::Fault;
use crate::process::{Effect, EffectOf, NodeId, Outcome, Process};
use crate::sim::{Cause, Left, Loss, Observer, Places, RequestId};
use glyph::{Glyph, of_step};
use layout::{Lifeline, Line, Page};
use row::Row;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Writes down what it observes.
#[derive(Debug)]
pub(super) struct Trace {
    page: Page,
    clients: BTreeMap<RequestId, Asked>,
    used: BTreeSet<Glyph>,
    places: Places,
    /// The step under way.
    step: Row,
    /// The row before it, as long as something may join it.
    last: Option<Row>,
}

/// Who asked, and where.
#[derive(Debug)]
struct Asked {
    client: String,
    at: NodeId,
}

impl Trace {
    pub fn new(servers: u32) -> Self {
        Trace {
            page: Page::new(servers),
            clients: BTreeMap::new(),
            used: BTreeSet::new(),
            places: Places::default(),
            step: Row::default(),
            last: None,
        }
    }

    /// Says whose request it is, before it reaches its server.
    pub fn asked(&mut self, request: RequestId, client: &str, at: NodeId) {
        self.clients.insert(request, Asked { client: client.to_string(), at });
    }

    /// The whole trace, with a legend of the signs in it.
    pub fn finish(mut self) -> String {
        self.flush();
        let signs = self.used.iter().map(|glyph| format!("{} {}", glyph.sign(), glyph.meaning()));
        let legend = words::filled(signs.collect(), layout::WIDTH);
        format!("{}{}\n{legend}", self.page.finish(), "─".repeat(layout::WIDTH))
    }

    fn put(&mut self, row: Row) {
        if !row.is_empty() && !self.last.as_mut().is_some_and(|last| last.takes_over(&row)) {
            self.flush();
            self.last = Some(row);
        }
    }

    fn flush(&mut self) {
        let Some(row) = self.last.take() else { return };
        let items = row.all_items();
        self.used.extend(items.iter().map(|(glyph, _)| *glyph));
        self.page.write(&Line {
            time: &words::millis(row.at),
            client: &row.client,
            marks: &row.marks,
            mark: row.mark,
            items: items.iter().map(|(glyph, text)| format!("{} {text}", glyph.sign())).collect(),
        });
    }

    /// The row that `node` has just written at `at`.
    fn row_of(&mut self, at: Duration, node: NodeId) -> Option<&mut Row> {
        self.last.as_mut().filter(|row| row.at == at && row.marks == [node])
    }

    /// Adds to `node`'s row, or begins one.
    fn add(&mut self, at: Duration, node: NodeId, glyph: Glyph, text: String) {
        match self.row_of(at, node) {
            Some(row) => row.items.push((glyph, text)),
            None => self.put(Row::of(at, node, glyph, text)),
        }
    }
}

impl<P: Process> Observer<P> for Trace {
    fn begins(&mut self, at: Duration, node: NodeId, cause: Cause<'_, P>) {
        let mut row = Row { at, marks: vec![node], ..Row::default() };
        match cause {
            Cause::Request { request, ticket, op } => {
                let client = self.clients.get(&request).map_or("", |asked| &asked.client);
                row.client = words::call(client, op, node);
                row.request = Some(request);
                row.items.push((Glyph::Request, ticket.to_string()));
            }
            Cause::Message { message, .. } if P::is_routine(message) => {}
            Cause::Message { from, message } => {
                row.received = Some((vec![from], message.to_string()));
            }
            Cause::Recover(record) => row.items.push((Glyph::Saved, format!("recovers {record}"))),
            Cause::Durable => row.items.push((Glyph::Saved, "saved".to_string())),
            Cause::Start | Cause::Timer(_) => {}
        }
        self.step = row;
    }

    fn ends(&mut self, _: Duration, _: NodeId, left: Left<'_, P>) {
        self.places.note(left.notes);
        let mut row = std::mem::take(&mut self.step);
        row.items.extend(left.notes.iter().filter_map(of_step));
        row.items.extend(left.effects.iter().filter_map(of_effect::<P>));
        if let Some(Effect::Persist { record }) = left.held.first() {
            row.items.push((Glyph::Saved, format!("saves {record}")));
        }
        self.put(row);
    }

    fn lost(&mut self, at: Duration, from: NodeId, to: NodeId, message: &P::Message, loss: Loss) {
        if P::is_routine(message) {
            return;
        }
        match loss {
            Loss::Cut => self.add(at, from, Glyph::Lost, format!("to {to}, cut: {message}")),
            Loss::Chance => self.add(at, from, Glyph::Lost, format!("to {to}: {message}")),
            Loss::Down => self.add(at, to, Glyph::Lost, format!("from {from}: {message}")),
        }
    }

    fn duplicated(&mut self, at: Duration, from: NodeId, to: NodeId, message: &P::Message) {
        if !P::is_routine(message) {
            self.add(at, from, Glyph::Twice, format!("to {to}: {message}"));
        }
    }

    fn answered(&mut self, at: Duration, request: RequestId, outcome: &Outcome) {
        let Some(Asked { client, at: node }) = self.clients.remove(&request) else { return };
        let item = (Glyph::Answer, outcome.to_string());
        match self.row_of(at, node) {
            Some(row) if row.request == Some(request) => row.items.push(item),
            Some(row) if row.client.is_empty() => {
                row.client = words::told(&client, outcome);
                row.items.push(item);
            }
            _ => {
                let client = words::told(&client, outcome);
                self.put(Row {
                    at,
                    client,
                    marks: vec![node],
                    items: vec![item],
                    ..Row::default()
                });
            }
        }
    }

    fn places(&self) -> Option<&Places> {
        Some(&self.places)
    }

    fn fault(&mut self, at: Duration, fault: Fault) {
        self.flush();
        let mut row = Row { at, client: format!("! {fault}"), ..Row::default() };
        let turn = match fault {
            Fault::Kill(node) => Some((node, Lifeline::Down, '×')),
            Fault::Pause(node) => Some((node, Lifeline::Paused, '┴')),
            Fault::Restart(node) | Fault::Revive(node) | Fault::Resume(node) => {
                Some((node, Lifeline::Running, '┬'))
            }
            _ => None,
        };
        if let Some((node, lifeline, mark)) = turn {
            self.page.turn(node, lifeline);
            (row.marks, row.mark) = (vec![node], Some(mark));
        }
        self.used.insert(Glyph::Warning);
        self.put(row);
        self.flush();
    }
}

fn of_effect<P: Process>(effect: &EffectOf<P>) -> Option<(Glyph, String)> {
    match effect {
        Effect::Send { to, message } if !P::is_routine(message) => {
            Some((Glyph::Sent, format!("{} {message}", words::named(to))))
        }
        _ => None,
    }
}
