//! A stage whose requests are written down as a history, for the checkers.

use super::stage::{Answered, Stage};
use crate::faults::Fault;
use crate::history::{Recorder, Recording};
use crate::process::{NodeId, Op};
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
    /// When the stage begins, on the clock of the history.
    pub since: Duration,
}

impl Record {
    /// A history that is of nothing else.
    pub fn alone(recorder: Arc<Recorder>) -> Self {
        Record { recorder, clients: "", since: Duration::ZERO }
    }
}

/// Another stage, recorded.
pub(super) struct Recorded<'a> {
    stage: &'a mut dyn Stage,
    record: Record,
    open: BTreeMap<u64, Recording>,
}

impl<'a> Recorded<'a> {
    /// Records what is asked of `stage` from now on.
    pub fn new(stage: &'a mut dyn Stage, record: Record) -> Self {
        Recorded { stage, record, open: BTreeMap::new() }
    }
}

impl Stage for Recorded<'_> {
    fn now(&self) -> Duration {
        self.stage.now()
    }

    fn request(&mut self, client: &str, at: NodeId, op: Op) -> u64 {
        let name = format!("{}{client}", self.record.clients);
        let time = self.record.since + self.stage.now();
        let recording = self.record.recorder.invoke(&name, time, &op);
        let request = self.stage.request(client, at, op);
        if let Some(recording) = recording {
            self.open.insert(request, recording);
        }
        request
    }

    fn fault(&mut self, fault: Fault) -> Result<(), String> {
        self.stage.fault(fault)
    }

    fn next_answer(&mut self, until: Option<Duration>) -> Option<Answered> {
        let answer = self.stage.next_answer(until)?;
        if let Some(recording) = self.open.remove(&answer.request) {
            let time = self.record.since + answer.at;
            self.record.recorder.complete(recording, time, &answer.outcome);
        }
        Some(answer)
    }
}
