//! What the clients of a scenario see, written down: as a history for its `check` lines, and where somebody wants it, in a file.

use super::Finding;
use super::grammar::{Check, Property};
use crate::history::{Format, Memory, Recorder, Recording, read};
use crate::process::{NodeId, Op, Outcome};
use crate::sim::Places;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Where to record, and as what.
#[derive(Clone)]
pub struct Record {
    /// Takes the history.
    pub recorder: Arc<Recorder>,
    /// Stands before the names of the clients, where others record into the same history.
    pub clients: &'static str,
    /// When the scenario begins, on the clock of the history.
    pub since: Duration,
}

impl Record {
    /// A history that is of nothing else.
    pub fn alone(recorder: Arc<Recorder>) -> Self {
        Record { recorder, clients: "", since: Duration::ZERO }
    }
}

/// What came of one `check` line.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// Its line in the file, from 1.
    pub line: usize,
    /// What was asked, and what was wanted.
    pub check: Check,
    /// What was found.
    pub finding: Finding,
}

/// A request as the client meant it.
pub(super) struct Asked<'a> {
    pub client: &'a str,
    pub at: NodeId,
    pub op: &'a Op,
    /// Its line in the file.
    pub line: usize,
    /// All is quiet.
    pub quiet: bool,
}

/// Sees every request begin and end.
pub(super) struct Witness {
    memory: Memory,
    /// For each event in the memory, its line in the scenario.
    lines: Vec<u32>,
    /// The memory first.
    records: Vec<Record>,
    open: BTreeMap<u64, (usize, Vec<Recording>)>,
}

impl Witness {
    /// Has seen nothing. What it will see goes into `record` too.
    pub fn new(record: Option<Record>) -> Self {
        let memory = Memory::default();
        let own = Record::alone(Arc::new(Recorder::new(memory.clone())));
        let records = std::iter::once(own).chain(record).collect();
        Witness { memory, lines: Vec::new(), records, open: BTreeMap::new() }
    }

    /// A client is about to ask. To be told its number with [`Witness::sent`].
    pub fn asks(&mut self, asked: &Asked, now: Duration) -> Vec<Recording> {
        let recordings = self.records.iter().filter_map(|record| {
            let name = format!("{}{}", record.clients, asked.client);
            let recording =
                record.recorder.invoke(&name, record.since + now, asked.op)?.at(asked.at);
            let is_final = asked.quiet && matches!(asked.op, Op::Get { .. } | Op::Messages { .. });
            Some(if is_final { recording.finally() } else { recording })
        });
        let recordings: Vec<Recording> = recordings.collect();
        self.note(asked.line, &recordings);
        recordings
    }

    /// The request has this number from now on.
    pub fn sent(&mut self, request: u64, line: usize, recordings: Vec<Recording>) {
        self.open.insert(request, (line, recordings));
    }

    /// A request ended.
    pub fn answered(&mut self, request: u64, at: Duration, outcome: &Outcome) {
        let Some((line, recordings)) = self.open.remove(&request) else { return };
        self.note(line, &recordings);
        for (record, recording) in self.records.iter().zip(recordings) {
            record.recorder.complete(recording, record.since + at, outcome);
        }
    }

    fn note(&mut self, line: usize, recordings: &[Recording]) {
        if !recordings.is_empty() {
            self.lines.push(u32::try_from(line).unwrap_or(u32::MAX));
        }
    }

    /// Whether all that was seen so far has a property.
    pub fn check(&self, property: Property, places: Option<&Places>) -> Finding {
        let seen = self.memory.text();
        match read("the scenario", &seen[..], Some(Format::JsonLines)) {
            Err(error) => Finding::unknown(error.to_string()),
            Ok(reading) => {
                let line = |event: u32| {
                    let line = (event as usize).checked_sub(1).and_then(|at| self.lines.get(at));
                    line.copied().unwrap_or_default()
                };
                Finding::of(property, reading.history.with_lines(line), places)
            }
        }
    }
}
