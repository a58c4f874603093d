//! The simulator as a stage.

use super::file::Scenario;
use super::grammar::Cluster;
use super::runner::{Played, play};
use super::stage::{Answered, Stage};
use super::trace::Trace;
use super::witness::Record;
use super::{DEFAULT_SEED, ScenarioError};
use crate::faults::Fault;
use crate::process::{NodeId, Op, Process, Start, Timing};
use crate::sim::{Observer, Places, RequestId, Settings, Sim};
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
        P: Process + Send + 'static,
    {
        let cluster = &self.scenario.cluster;
        let settings = settings(cluster, self.scenario.timing(), self.seed);
        let mut sim = Sim::new(settings, build, Trace::new(cluster.servers));
        let played = play(self.scenario, &mut sim, self.record)?;
        Ok((sim.into_observer().finish(), played))
    }
}

/// Plays a scenario without a trace.
struct Untraced<'a>(&'a Scenario);

impl Visitor for Untraced<'_> {
    type Output = Result<Played, ScenarioError>;

    fn visit<P>(self, build: fn(&Start) -> P) -> Self::Output
    where
        P: Process + Send + 'static,
    {
        let cluster = &self.0.cluster;
        let settings = settings(cluster, self.0.timing(), cluster.seed.unwrap_or(DEFAULT_SEED));
        play(self.0, &mut Sim::new(settings, build, Places::default()), None)
    }
}

/// Plays a scenario in the simulator with its own seed, for what came of it alone.
///
/// # Errors
/// [`ScenarioError::Fault`] if a fault makes no sense when its line starts.
pub fn play_simulated(scenario: &Scenario) -> Result<Played, ScenarioError> {
    scenario.cluster.system.visit(Untraced(scenario))
}

/// The simulation of a cluster that a scenario describes.
pub fn settings(cluster: &Cluster, timing: Timing, seed: u64) -> Settings {
    Settings {
        link: cluster.link,
        jitter: cluster.jitter,
        timing,
        patience: cluster.timeout + GRACE,
        replication: cluster.replication,
        defect: cluster.defect,
        ..Settings::new(cluster.servers, seed)
    }
}

/// An observer that is told whose request it is, before it reaches its server.
pub trait KnowsClients<P: Process>: Observer<P> {
    /// `client` asks the server `at`.
    fn asked(&mut self, _request: RequestId, _client: &str, _at: NodeId) {}
}

impl<P: Process> KnowsClients<P> for Places {}

impl<P: Process> KnowsClients<P> for Trace {
    fn asked(&mut self, request: RequestId, client: &str, at: NodeId) {
        Trace::asked(self, request, client, at);
    }
}

impl<P: Process, O: KnowsClients<P>> Stage for Sim<P, O> {
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

    fn places(&self) -> Option<&Places> {
        Sim::places(self)
    }

    fn next_answer(&mut self, until: Option<Duration>) -> Option<Answered> {
        let answer = Sim::next_answer(self, until.unwrap_or(FAR))?;
        Some(Answered { request: answer.request.0, at: answer.at, outcome: answer.outcome })
    }
}
