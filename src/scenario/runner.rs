//! Plays a scenario on a stage: starts each line at its time, and collects what came of every request.
//!
//! A line starts when all lines above it have ended, or at its `at`. A line that ends with `&` holds up none below it but a
//! `check`, which judges what the clients have seen by then; at the end it is waited for.

use super::ScenarioError;
use super::file::{Scenario, ScenarioLine, What};
use super::grammar::Request;
use super::stage::{Answered, Stage};
use super::witness::{Asked, Checked, Record, Witness};
use crate::process::{NodeId, Outcome};
use crate::session::Session;
use std::collections::BTreeMap;
use std::time::Duration;

/// What came of one request.
#[derive(Debug, Clone, PartialEq)]
pub struct Ended {
    /// Its line in the file, from 1.
    pub line: usize,
    /// What was asked, and what was wanted.
    pub request: Request,
    /// When it began.
    pub began: Duration,
    /// How long it took.
    pub took: Duration,
    /// How it ended.
    pub outcome: Outcome,
}

/// What came of a scenario, in the order of its lines.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Played {
    /// Its requests.
    pub ended: Vec<Ended>,
    /// Its checks.
    pub checked: Vec<Checked>,
}

/// Plays `scenario` on `stage`, to the end of its last line; what its clients see may be recorded.
///
/// # Errors
/// [`ScenarioError::Fault`] if a fault makes no sense when its line starts.
pub fn play(
    scenario: &Scenario,
    stage: &mut dyn Stage,
    record: Option<Record>,
) -> Result<Played, ScenarioError> {
    let mut runner = Runner {
        scenario,
        stage,
        states: vec![State::Waits; scenario.lines.len()],
        open: BTreeMap::new(),
        ended: BTreeMap::new(),
        checked: Vec::new(),
        sessions: BTreeMap::new(),
        witness: Witness::new(record),
        quiet_from: scenario.quiet_from(),
    };
    loop {
        runner.start_lines()?;
        if runner.states.iter().all(|state| *state == State::Ended) {
            break;
        }
        let until = runner.next_moment();
        match runner.stage.next_answer(until) {
            Some(answer) => runner.end(answer),
            None if until.is_none() => break, // the stage has nothing more to say
            None => runner.end_waits(),
        }
    }
    let now = runner.stage.now();
    while runner.stage.next_answer(Some(now)).is_some() {} // what else falls on this instant
    Ok(Played { ended: runner.ended.into_values().collect(), checked: runner.checked })
}

/// How far a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Not started.
    Waits,
    /// A wait that ends at this time.
    Until(Duration),
    /// A request that began at this time.
    Open(Duration),
    /// Over.
    Ended,
}

struct Runner<'a> {
    scenario: &'a Scenario,
    stage: &'a mut dyn Stage,
    /// One for each line.
    states: Vec<State>,
    /// Which line asked.
    open: BTreeMap<u64, usize>,
    /// What came of each line that is a request.
    ended: BTreeMap<usize, Ended>,
    /// What came of each line that is a check.
    checked: Vec<Checked>,
    /// What each client has seen.
    sessions: BTreeMap<String, Session>,
    witness: Witness,
    /// The first line of the quiet period at the end.
    quiet_from: usize,
}

impl Runner<'_> {
    /// Starts every line whose time has come.
    fn start_lines(&mut self) -> Result<(), ScenarioError> {
        let scenario = self.scenario;
        let (mut held_up, mut under_way) = (false, false);
        for (index, line) in scenario.lines.iter().enumerate() {
            if self.states[index] == State::Waits {
                let due = match line.what {
                    What::Check(_) => !under_way,
                    _ => line.at.map_or(!held_up, |at| at <= self.stage.now()),
                };
                if due {
                    self.states[index] = self.start(index, line)?;
                }
            }
            held_up |= match &self.states[index] {
                State::Waits | State::Until(_) => true,
                State::Open(_) => !matches!(&line.what, What::Request(_, r) if r.background),
                State::Ended => false,
            };
            under_way |= self.states[index] != State::Ended;
        }
        Ok(())
    }

    fn start(&mut self, index: usize, line: &ScenarioLine) -> Result<State, ScenarioError> {
        let now = self.stage.now();
        match &line.what {
            What::Wait(time) => Ok(State::Until(now + *time)),
            What::Request(at, request) => {
                self.ask(index, *at, request);
                Ok(State::Open(now))
            }
            What::Check(check) => {
                let finding = self.witness.check(check.property, self.stage.places());
                self.checked.push(Checked { line: line.number, check: *check, finding });
                Ok(State::Ended)
            }
            What::Fault(fault) => {
                let failed = |reason| ScenarioError::Fault {
                    path: self.scenario.path.clone(),
                    line: line.number,
                    reason,
                };
                self.stage.fault(*fault).map_err(failed)?;
                Ok(State::Ended)
            }
        }
    }

    fn ask(&mut self, index: usize, at: NodeId, request: &Request) {
        let client = request.client.as_deref().unwrap_or_default();
        let session = self.sessions.get(client).cloned();
        let op = request.op.operation(session);
        let line = self.scenario.lines[index].number;
        let asked = Asked { client, at, op: &op, line, quiet: self.all_is_quiet(index) };
        let recordings = self.witness.asks(&asked, self.stage.now());
        let number = self.stage.request(client, at, op);
        self.witness.sent(number, line, recordings);
        self.open.insert(number, index);
    }

    /// Nothing but reads stands below this line, after a wait, and no write from above it is under way.
    fn all_is_quiet(&self, index: usize) -> bool {
        let reads = |line: &usize| match &self.scenario.lines[*line].what {
            What::Request(_, request) => request.op.reads(),
            _ => true,
        };
        index >= self.quiet_from && self.open.values().all(reads)
    }

    /// The next time at which a line may start or end by itself.
    fn next_moment(&self) -> Option<Duration> {
        let moments = self.states.iter().zip(&self.scenario.lines);
        moments
            .filter_map(|(state, line)| match state {
                State::Waits => line.at,
                State::Until(end) => Some(*end),
                State::Open(_) | State::Ended => None,
            })
            .min()
    }

    fn end_waits(&mut self) {
        let now = self.stage.now();
        for state in &mut self.states {
            if matches!(state, State::Until(end) if *end <= now) {
                *state = State::Ended;
            }
        }
    }

    fn end(&mut self, answer: Answered) {
        self.witness.answered(answer.request, answer.at, &answer.outcome);
        let Some(index) = self.open.remove(&answer.request) else { return };
        let State::Open(began) = self.states[index] else { return };
        let line = &self.scenario.lines[index];
        if let What::Request(_, request) = &line.what {
            self.remember(request.client.as_deref().unwrap_or_default(), &answer.outcome);
            let took = answer.at.saturating_sub(began);
            let (line, request, outcome) = (line.number, request.clone(), answer.outcome);
            self.states[index] = State::Ended;
            self.ended.insert(index, Ended { line, request, began, took, outcome });
        }
    }

    /// The client's session takes over what the answer has seen.
    fn remember(&mut self, client: &str, outcome: &Outcome) {
        let carries = self.scenario.clients.get(client).copied().unwrap_or(true);
        if let Some(seen) = outcome.session().filter(|_| carries) {
            let session = self.sessions.entry(client.to_string()).or_default();
            session.cluster = seen.cluster.clone();
            session.versions.merge(&seen.versions);
        }
    }
}
