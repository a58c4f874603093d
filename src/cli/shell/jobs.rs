//! What the shell has under way: at most one command in the foreground, and any number behind `&`.

use crate::cli::exit::Failure;
use crate::scenario::grammar::Request;
use std::collections::BTreeMap;
use std::future::Future;
use tokio::task::{Id, JoinSet};

use super::cluster::Answered;

/// What a command led to.
#[derive(Debug)]
pub enum Ending {
    /// A request was answered.
    Answered(Box<Request>, Answered),
    /// It is done, and there is nothing more to say.
    Done,
    /// It is done, and this is to be read.
    Report(String),
}

/// A command that has been started.
#[derive(Debug, Clone)]
pub struct Job {
    /// As it was typed, without its `&`.
    pub line: String,
    /// Its number; `None` in the foreground.
    pub number: Option<u32>,
}

/// All that is under way.
#[derive(Debug, Default)]
pub struct Jobs {
    tasks: JoinSet<Result<Ending, Failure>>,
    names: BTreeMap<Id, Job>,
    last_number: u32,
}

impl Jobs {
    /// Starts a command; behind `&` it gets a number.
    pub fn start<F>(&mut self, line: &str, background: bool, work: F)
    where
        F: Future<Output = Result<Ending, Failure>> + Send + 'static,
    {
        let id = self.tasks.spawn(work).id();
        let number = background.then(|| self.next_number());
        self.names.insert(id, Job { line: line.to_string(), number });
    }

    fn next_number(&mut self) -> u32 {
        self.last_number += 1;
        self.last_number
    }

    /// Whether nothing is under way.
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Whether a command runs in the foreground.
    pub fn has_foreground(&self) -> bool {
        self.names.values().any(|job| job.number.is_none())
    }

    /// Gives what runs in the foreground a number; says which job it is now.
    pub fn send_to_background(&mut self) -> Option<Job> {
        let number = self.last_number + 1;
        let job = self.names.values_mut().find(|job| job.number.is_none())?;
        job.number = Some(number);
        self.last_number = number;
        Some(job.clone())
    }

    /// The next end of a command; never, while nothing is under way.
    pub async fn next(&mut self) -> (Job, Result<Ending, Failure>) {
        let Some(joined) = self.tasks.join_next_with_id().await else {
            return std::future::pending().await;
        };
        let (id, result) = match joined {
            Ok((id, result)) => (id, result),
            Err(error) => {
                (error.id(), Err(Failure::internal(format!("a command failed: {error}"))))
            }
        };
        let unnamed = || Job { line: String::new(), number: None };
        (self.names.remove(&id).unwrap_or_else(unnamed), result)
    }

    /// Gives up all that is under way.
    pub async fn abandon(&mut self) {
        self.tasks.shutdown().await;
        self.names.clear();
    }
}
