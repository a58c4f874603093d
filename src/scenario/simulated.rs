//! The simulator as a stage.

use super::ScenarioError;
use super::file::Scenario;
use super::runner::{Played, play};
use super::stage::{Answered, Stage};
use super::trace::Trace;
use super::witness::Record;
use crate::faults::Fault;
use crate::process::{NodeId, Nothing, Op, Process, Start};
use crate::sim::{Settings, Sim};
use crate::systems::Visitor;
use std::time::Duration;

/// Longer than any client waits: an answer comes before it.
const FAR: Duration = Duration::from_secs(1 << 32);

/// How much longer than its server a client waits: what the server has to say is worth more than silence.
const GRACE: Duration = Duration::from_secs(1);

/// Plays a scenario with this seed, for its trace and what came of it; to be done with the process type of its system.
pub(super) struct Simulated<'a> {
    pub scenario: &'a Scenario,
    pub seed: u64,
    pub record: Option<Record>,
}

impl Visitor for Simulated<'_> {
    type Output = Result<(String, Played), ScenarioError>;

    fn visit<P>(self, build: fn(&Start) -> P) -> Self::Output
    where
        P: Process<Record = Nothing> + Send + 'static,
    {
        let cluster = &self.scenario.cluster;
        let settings = Settings {
            link: cluster.link,
            jitter: cluster.jitter,
            timing: self.scenario.timing(),
            patience: cluster.timeout + GRACE,
            ..Settings::new(cluster.servers, self.seed)
        };
        let mut sim = Sim::new(settings, build, Trace::new(cluster.servers));
        let played = play(self.scenario, &mut sim, self.record)?;
        Ok((sim.into_observer().finish(), played))
    }
}

impl<P: Process> Stage for Sim<P, Trace> {
    fn now(&self) -> Duration {
        Sim::now(self)
    }

    fn request(&mut self, client: &str, at: NodeId, op: Op) -> u64 {
        let request = Sim::request(self, at, op);
        self.observer().asked(request, client, at);
        request.0
    }

    fn fault(&mut self, fault: Fault) -> Result<(), String> {
        Sim::fault(self, fault).map_err(|error| error.to_string())
    }

    fn next_answer(&mut self, until: Option<Duration>) -> Option<Answered> {
        let answer = Sim::next_answer(self, until.unwrap_or(FAR))?;
        Some(Answered { request: answer.request.0, at: answer.at, outcome: answer.outcome })
    }
}
