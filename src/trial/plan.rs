//! What a trial is made of. A plan and its seed fix the load and the faults.

use super::mix::{Mix, Sessions};
use super::nemesis::Kind;
use super::profile::LinkProfile;
use crate::check::Model;
use crate::faults::shown;
use crate::process::{Defect, Replication, Timing};
use crate::scenario::grammar::{Cluster, MAX_SERVERS};
use crate::systems::{Clients, System};
use std::time::Duration;

/// The most operations of one trial: a checker holds them all.
pub const MOST_OPERATIONS: u64 = 1_000_000;
/// The most of a log: each read of it repeats all that was appended before, so that a history of n operations holds n²/8 values.
const MOST_OF_A_LOG: u64 = 20_000;
/// The most clients.
const MOST_CLIENTS: u32 = 1_000;
/// The most keys: each is read at each server in the end.
const MOST_KEYS: u32 = 1_000;
/// The longest trial.
const LONGEST: Duration = Duration::from_secs(3_600);
/// Who asks what of which cluster, and what breaks.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The system on trial.
    pub system: System,
    /// How many servers.
    pub servers: u32,
    /// How many clients; each has one request under way at most.
    pub clients: u32,
    /// When the load ends.
    pub length: Length,
    /// How many requests a second, from all clients together.
    pub rate: f64,
    /// How many keys; the first are asked for most.
    pub keys: u32,
    /// What is asked for.
    pub mix: Mix,
    /// Whether clients stay at a server.
    pub sessions: Sessions,
    /// What breaks.
    pub faults: Vec<Kind>,
    /// How long from one fault to the next, on average.
    pub fault_every: Duration,
    /// How long messages take.
    pub links: LinkProfile,
    /// Where all chance begins.
    pub seed: u64,
    /// The model to check.
    pub model: Model,
    /// The rule of the protocol that is left out.
    pub defect: Option<Defect>,
    /// Whether a log is kept on disk.
    pub data: bool,
}

/// When the load ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Length {
    /// After so many requests.
    Operations(u64),
    /// After this time.
    Time(Duration),
}

impl Plan {
    /// What the system claims, put to the test under all that its claim covers.
    pub fn of(system: System) -> Plan {
        let about = system.about();
        let bound = about.clients == Clients::Bound;
        // A delete that returns no version tells the checkers nothing.
        let delete = if system == System::Eventual || system.is_log() { 0 } else { 5 };
        Plan {
            system,
            servers: 5,
            clients: 10,
            length: Length::Time(Duration::from_secs(30)),
            rate: 100.0,
            keys: if system.is_log() { 1 } else { 5 },
            mix: Mix { read: 50, write: 50 - delete, delete },
            sessions: if bound { Sessions::Bound } else { Sessions::Roaming },
            faults: Kind::COVERED.to_vec(),
            fault_every: Duration::from_secs(2),
            links: LinkProfile::default(),
            seed: 1,
            model: claim_of(system),
            defect: None,
            data: false,
        }
    }

    /// Whether the claim of the system covers a kind of fault: a log on disk outlives every kill.
    pub fn covers(&self, kind: &Kind) -> bool {
        kind.is_covered() || self.data
    }

    /// Whether the system claims a model, or more than that. All promise to converge.
    fn claims(&self, model: Model) -> bool {
        let claim = claim_of(self.system);
        model == claim || claim.implies(model) || model == Model::Eventual
    }

    /// Whether the master of a log is spared: in memory alone, its claim covers no kill of it.
    pub(super) fn spares_master(&self) -> bool {
        self.system.is_log() && !self.data
    }

    /// Whether such a trial can be.
    ///
    /// # Errors
    /// What is impossible, and what would do.
    pub fn check(&self) -> Result<(), String> {
        within("--servers", self.servers.into(), 1, MAX_SERVERS.into())?;
        within("--clients", self.clients.into(), 1, MOST_CLIENTS.into())?;
        within("--keys", self.keys.into(), 1, MOST_KEYS.into())?;
        if !(0.1..=100_000.0).contains(&self.rate) {
            return Err(format!("--rate: expected 0.1 to 100000 a second, found {}", self.rate));
        }
        if self.mix.total() == 0 {
            return Err("--mix: all weights are 0; give one of them more".to_string());
        }
        let most = self.most_operations();
        match self.length {
            Length::Operations(number) => within("--ops", number, 1, most)?,
            Length::Time(time) if !(Duration::from_millis(1)..=LONGEST).contains(&time) => {
                return Err(format!(
                    "--time: expected 1ms to {}, found {}",
                    shown(LONGEST),
                    shown(time)
                ));
            }
            Length::Time(time) if self.rate * time.as_secs_f64() > most as f64 => {
                let most = format!("at most {most} operations make a trial of {}", self.system);
                return Err(format!("--time {} at --rate {}: {most}", shown(time), self.rate));
            }
            Length::Time(_) => {}
        }
        if self.fault_every < Duration::from_millis(10) {
            return Err(format!(
                "--fault-every: expected at least 10ms, found {}",
                shown(self.fault_every)
            ));
        }
        if self.data && !self.system.is_log() {
            return Err(format!("--data: {} keeps its variables in memory", self.system));
        }
        if self.system.is_log() && self.mix.delete > 0 {
            return Err("--mix: nothing is deleted from a log; say delete=0".to_string());
        }
        if self.system.is_log() && self.servers < 2 {
            return Err(
                "--servers: a log on trial needs 2, for readers are at its secondaries".to_string()
            );
        }
        if self.system.is_log() && self.keys != 1 {
            return Err("--keys: a log has none; leave it out".to_string());
        }
        if let Some(defect) = self.defect.filter(|defect| !has_rule(self.system, *defect)) {
            return Err(format!("--break {defect}: {} has no such rule to leave out", self.system));
        }
        self.faults.iter().try_for_each(|kind| kind.check(self.servers))
    }

    fn most_operations(&self) -> u64 {
        if self.system.is_log() { MOST_OF_A_LOG } else { MOST_OPERATIONS }
    }

    /// What the claim does not cover of this plan, in words.
    pub fn beyond_the_claim(&self) -> Vec<String> {
        let (about, mut beyond) = (self.system.about(), Vec::new());
        if about.clients == Clients::Bound && self.sessions == Sessions::Roaming {
            beyond.push(format!("clients that roam: it holds for clients {}", about.clients));
        }
        let outside = self.faults.iter().filter(|kind| !self.covers(kind));
        beyond.extend(outside.map(|kind| format!("{kind}: several may lack their memory at once")));
        if !self.claims(self.model) {
            beyond.push(format!("{}: {} claims {}", self.model, self.system, about.model));
        }
        beyond.extend(self.defect.map(|defect| format!("the defect {defect}")));
        beyond
    }

    /// The cluster, as a scenario describes it.
    pub fn cluster(&self) -> Cluster {
        let LinkProfile { delay, jitter } = self.links;
        Cluster {
            servers: self.servers,
            link: delay,
            jitter,
            seed: Some(self.seed),
            replication: Replication { durable: self.data, ..Replication::default() },
            defect: self.defect,
            ..Cluster::of(self.system)
        }
    }

    /// How long servers wait for what.
    pub fn timing(&self) -> Timing {
        Timing::for_links(self.links.delay + self.links.jitter, self.cluster().timeout)
    }

    /// The names of all keys.
    pub fn key_names(&self) -> impl Iterator<Item = String> + use<> {
        (0..self.keys).map(key_name)
    }

    /// The words after `conlab` that make this plan again: what differs from the usual.
    pub fn command(&self) -> Vec<String> {
        let usual = Plan::of(self.system);
        let mut words = vec!["test".to_string(), self.system.to_string()];
        words.extend(self.data.then(|| "--data".to_string()));
        let mut add = |differs: bool, flag: &str, value: String| {
            if differs {
                words.extend([flag.to_string(), value]);
            }
        };
        add(self.servers != usual.servers, "--servers", self.servers.to_string());
        add(self.clients != usual.clients, "--clients", self.clients.to_string());
        match self.length {
            Length::Operations(number) => add(true, "--ops", number.to_string()),
            Length::Time(time) => add(self.length != usual.length, "--time", shown(time)),
        }
        add(self.rate != usual.rate, "--rate", self.rate.to_string());
        add(self.keys != usual.keys, "--keys", self.keys.to_string());
        add(self.mix != usual.mix, "--mix", self.mix.to_string());
        add(self.sessions != usual.sessions, "--sessions", self.sessions.to_string());
        add(self.faults != usual.faults, "--faults", super::nemesis::names(&self.faults));
        add(self.fault_every != usual.fault_every, "--fault-every", shown(self.fault_every));
        add(self.links != usual.links, "--links", self.links.to_string());
        add(self.model != usual.model, "--model", self.model.to_string());
        if let Some(defect) = self.defect {
            add(true, "--break", defect.to_string());
        }
        add(true, "--seed", self.seed.to_string());
        words
    }
}

/// Whether a system has the rule that a defect leaves out.
fn has_rule(system: System, defect: Defect) -> bool {
    match defect {
        Defect::AnswerBeforeDone => !matches!(system, System::Causal | System::Eventual),
        Defect::ReleaseEarly => !system.is_log(),
        Defect::LeaveOutDependencies => system == System::Causal,
        _ => true,
    }
}

/// The model that a system claims.
pub(super) fn claim_of(system: System) -> Model {
    system.about().model.parse().unwrap_or(Model::Eventual)
}

/// `x`, `y`, `z`, then `k3`, `k4`, …
fn key_name(index: u32) -> String {
    match index {
        0..3 => char::from(b'x' + index as u8).to_string(),
        _ => format!("k{index}"),
    }
}

fn within(flag: &str, number: u64, least: u64, most: u64) -> Result<(), String> {
    if (least..=most).contains(&number) {
        return Ok(());
    }
    Err(format!("{flag}: expected {least} to {most}, found {number}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_plans_are_refused_with_their_flag() {
        let usual = Plan::of(System::Causal);
        assert_eq!(usual.check(), Ok(()));
        let wrong = |plan: Plan| plan.check().expect_err("it cannot be");
        assert!(wrong(Plan { servers: 0, ..usual.clone() }).starts_with("--servers"));
        assert!(wrong(Plan { rate: f64::NAN, ..usual.clone() }).starts_with("--rate"));
        assert!(
            wrong(Plan { length: Length::Operations(0), ..usual.clone() }).starts_with("--ops")
        );
        let endless = Plan { length: Length::Time(LONGEST), rate: 1e4, ..usual };
        assert!(wrong(endless).contains("1000000 operations"));
        let log = Plan::of(System::ReplicatedLog);
        assert!(wrong(Plan { length: Length::Operations(20_001), ..log }).contains("1 to 20000"));
    }
}
