//! The history of a session or a run: where it is kept, and its clock.

use super::exit::Failure;
use super::{console, runs};
use crate::history::{Recorder, Recording};
use crate::net::Answer;
use crate::process::{Key, NodeId, Op, Outcome};
use crate::scenario::Record;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// A history that is being recorded.
#[derive(Clone)]
pub struct Tape {
    recorder: Arc<Recorder>,
    start: Instant,
    file: PathBuf,
}

impl Tape {
    /// Records into a file, from now on.
    pub fn into_file(file: &Path) -> Result<Tape, Failure> {
        let wrong = |error| Failure::usage(format!("cannot write {}: {error}", file.display()));
        let recorder = Recorder::new(File::create(file).map_err(wrong)?);
        Ok(Tape::of(recorder, file.to_path_buf()))
    }

    /// Records into the store under this name. A session goes on without a record where none can be kept.
    pub fn into_store(name: &str, about: serde_json::Value) -> Option<Tape> {
        match runs::begin(name, about) {
            Ok(run) => Some(Tape::of(run.recorder, run.history)),
            Err(error) => {
                let store = runs::STORE;
                console::remark(&format!(
                    "nothing is recorded: cannot write into {store}/: {error}"
                ));
                None
            }
        }
    }

    fn of(recorder: Recorder, file: PathBuf) -> Self {
        Tape { recorder: Arc::new(recorder), start: Instant::now(), file }
    }

    /// Records a call, from before it is sent until its answer is there. A call that is given up has no end.
    pub async fn call(
        &self,
        client: &str,
        op: &Op,
        node: Option<NodeId>,
        call: impl Future<Output = Answer>,
    ) -> Answer {
        let recording = self.recorder.invoke(client, self.start.elapsed(), op);
        let recording = recording.map(|recording| match node {
            Some(node) => recording.at(node),
            None => recording,
        });
        self.complete(recording, call).await
    }

    /// Records a read of the quiet period at the end.
    pub async fn last_call(
        &self,
        client: &str,
        op: &Op,
        node: NodeId,
        call: impl Future<Output = Answer>,
    ) -> Answer {
        let recording = self.recorder.invoke(client, self.start.elapsed(), op);
        self.complete(recording.map(|recording| recording.at(node).finally()), call).await
    }

    async fn complete(
        &self,
        recording: Option<Recording>,
        call: impl Future<Output = Answer>,
    ) -> Answer {
        let answer = call.await;
        if let Some(recording) = recording {
            let outcome = answer.clone().unwrap_or_else(Outcome::from);
            self.recorder.complete(recording, self.start.elapsed(), &outcome);
        }
        answer
    }

    /// Every key that was asked for.
    pub fn keys(&self) -> Vec<Key> {
        self.recorder.keys()
    }

    /// For a scenario whose clients are named `clients` and their own name, and which begins now.
    pub fn record(&self, clients: &'static str) -> Record {
        let since: Duration = self.start.elapsed();
        Record { recorder: self.recorder.clone(), clients, since }
    }

    /// For a scenario that is all there is, in its own time.
    pub fn record_alone(&self) -> Record {
        Record::alone(self.recorder.clone())
    }

    /// Says where the history is, or why it is not whole.
    pub fn close(&self) {
        let file = self.file.display();
        match self.recorder.error() {
            None => console::remark(&format!("recorded in {file}; see conlab check {file}")),
            Some(error) => console::complaint(&format!("{file} is not whole: {error}")),
        }
    }
}
