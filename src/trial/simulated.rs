//! A trial in the simulator: a function of its plan.

use super::Trial;
use super::journal::Journal;
use super::plan::Plan;
use super::run::{Done, Ground, run};
use super::stopwatch::Stopwatch;
use crate::history::{Format, Memory, Recorder, read};
use crate::process::{NodeId, Process, Start, Status};
use crate::scenario::{KnowsClients, settings};
use crate::sim::Sim;
use crate::systems::Visitor;

/// Runs and judges a plan in the simulator. What its clients saw goes to `history` too, as JSON Lines.
///
/// # Errors
/// If the journal, or the history, cannot be written.
pub fn simulate(plan: &Plan, journal: Journal) -> Result<Trial, String> {
    simulate_into(plan, journal, std::io::sink())
}

/// The same; the history's text goes to `out` too.
///
/// # Errors
/// As of [`simulate`].
pub fn simulate_into(
    plan: &Plan,
    journal: Journal,
    mut out: impl std::io::Write,
) -> Result<Trial, String> {
    let memory = Memory::default();
    let recorder = Recorder::new(memory.clone());
    let watch = Stopwatch::start();
    let (mut done, mut journal) =
        plan.system.visit(Simulated { plan, recorder: &recorder, journal });
    let unwritten = |error: std::io::Error| format!("the run cannot be kept: {error}");
    journal.close().map_err(unwritten)?;
    let text = memory.take();
    out.write_all(&text).and_then(|()| out.flush()).map_err(unwritten)?;
    done.took = watch.elapsed();
    let reading = read("the run", &text[..], Some(Format::JsonLines));
    let history = reading.map_err(|error| error.to_string())?.history;
    Ok(Trial::of(plan, done, history, Some(&journal.places().of_values())))
}

struct Simulated<'a> {
    plan: &'a Plan,
    recorder: &'a Recorder,
    journal: Journal,
}

impl Visitor for Simulated<'_> {
    type Output = (Done, Journal);

    fn visit<P>(self, build: fn(&Start) -> P) -> Self::Output
    where
        P: Process + Send + 'static,
    {
        let settings = settings(&self.plan.cluster(), self.plan.timing(), self.plan.seed);
        let mut sim = Sim::new(settings, build, self.journal);
        let mut done = run(self.plan, &mut sim, self.recorder);
        done.messages = sim.delivered();
        (done, sim.into_observer())
    }
}

impl<P: Process> KnowsClients<P> for Journal {}

impl<P: Process> Ground for Sim<P, Journal> {
    fn statuses(&mut self) -> Vec<Option<Status>> {
        (1..=self.servers()).map(|id| self.status(NodeId(id))).collect()
    }
}
