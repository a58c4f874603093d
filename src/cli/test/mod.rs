//! `conlab test SYSTEM`: a cluster under random load and faults, and whether its claim held.

mod live;
mod messages;
mod one;
mod page;
mod said;
mod seeds;
mod ticks;
mod timeline;

use super::args::Globals;
use super::console;
use super::exit::{Exit, Failure};
use crate::check::Model;
use crate::faults::parse_time;
use crate::process::Defect;
use crate::systems::System;
use crate::trial::{Judgement, Kind, Length, LinkProfile, Mix, Plan, Sessions};
use clap::Args;
use std::time::Duration;

/// A seed that nobody chose is below this, so that a person can read it out.
const SEEDS: u32 = 1_000_000;

/// Put a system under random load and faults, and say whether its claim held
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conlab test causal                             30 s of virtual time, every fault, simulated
  conlab test linearizable --faults kill,partition --seed 7
  conlab test sequential --runs 500 --ops 1000   500 seeds on all cores, up to the first violation
  conlab test sequential --model linearizable    a stronger model than it claims: see it break
  conlab test causal --break leave-out-dependencies --runs 1000
  conlab test eventual --live --time 30s         real processes, kill -9 and SIGSTOP
  conlab test replicated-log --data --faults kill-any,partition

The run is kept in store/NAME/TIME/; see conlab replay, conlab ls and conlab check. A violation in
the simulator is made smaller and kept there as violation.scn, which conlab run plays. Ctrl-C in a
live run ends the load; the servers are mended, read and judged all the same.
Exit codes: 0 valid; 1 invalid; 2 unknown; 64 wrong usage; 69 real servers cannot start.")]
pub struct Test {
    /// linearizable, sequential, causal, eventual or replicated-log
    #[arg(value_parser = str::parse::<System>)]
    system: System,
    /// In the simulator: seconds of virtual time in milliseconds, the same bytes from the same seed (this is the default)
    #[arg(long, conflicts_with = "live")]
    sim: bool,
    /// On real server processes of its own, on free ports
    #[arg(long, conflicts_with_all = ["runs", "keep_going", "check_determinism", "defect"])]
    live: bool,
    /// How many servers, 1 to 20 [default: 5]
    #[arg(long, short = 'n', value_name = "N")]
    servers: Option<u32>,
    /// How many clients [default: 10]
    #[arg(long, value_name = "N")]
    clients: Option<u32>,
    /// End after so many operations
    #[arg(long, value_name = "N", conflicts_with = "time")]
    ops: Option<u64>,
    /// End after this time [default: 30s]
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    time: Option<Duration>,
    /// Operations a second, of all clients together [default: 100]
    #[arg(long, value_name = "R")]
    rate: Option<f64>,
    /// How many keys; the first are asked for most [default: 5]
    #[arg(long, value_name = "N")]
    keys: Option<u32>,
    /// What is asked for, by weight [default: read=50,write=45,delete=5; eventual: no deletes]
    #[arg(long, value_name = "WEIGHTS", value_parser = str::parse::<Mix>)]
    mix: Option<Mix>,
    /// Whether clients stay at a server: bound or roaming [default: as the system claims]
    #[arg(long, value_name = "HOW", value_parser = str::parse::<Sessions>)]
    sessions: Option<Sessions>,
    /// What breaks: none, or some of partition[=SHAPE], kill, kill-keep, kill-any, pause, slow, lose, duplicate, reorder,
    /// clock. kill: without its memory, while all others have theirs; kill-keep: with its memory, as on a disk, which only
    /// simulated servers have; kill-any: without, whatever the others have. clock: simulated servers only.
    /// SHAPE is any, one, halves, ring, bridge, primary, one-way, or links as in 1-3+2->4 [default: all but kill-any]
    #[arg(long, value_name = "KINDS", value_delimiter = ',', value_parser = kind)]
    faults: Option<Vec<Fault>>,
    /// How long from one fault to the next, on average [default: 2s]
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    fault_every: Option<Duration>,
    /// How long messages take: lan, city, continent, wild, or a delay and its jitter as in 5ms+2ms [default: lan]
    #[arg(long, value_name = "PROFILE", value_parser = str::parse::<LinkProfile>)]
    links: Option<LinkProfile>,
    /// Where all chance begins [default: chosen and told]
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// Run so many seeds, from --seed on
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    runs: Option<u64>,
    /// On so many threads [default: all cores]
    #[arg(long, value_name = "N", requires = "runs", value_parser = clap::value_parser!(u16).range(1..=1_024))]
    jobs: Option<u16>,
    /// Go on past a violation, and count them
    #[arg(long, requires = "runs")]
    keep_going: bool,
    /// Run every seed twice and compare every message
    #[arg(long)]
    check_determinism: bool,
    /// Check this model instead of the one that the system claims
    #[arg(long, value_name = "NAME", value_parser = str::parse::<Model>)]
    model: Option<Model>,
    /// Leave out one rule of the protocol: answer-before-done, skip-reorder-buffer, release-early,
    /// leave-out-dependencies, resend-without-dedup, blank-reads, stale-ack
    #[arg(long = "break", id = "defect", value_name = "NAME", value_parser = str::parse::<Defect>)]
    defect: Option<Defect>,
    /// replicated-log: keep the log on disk, so that the claim covers kills of any server
    #[arg(long)]
    data: bool,
    /// Keep it in store/NAME/ [default: the system's name]
    #[arg(long, value_name = "NAME", value_parser = folder_name)]
    name: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// One word of --faults.
#[derive(Debug, Clone)]
enum Fault {
    None,
    Some(Kind),
}

fn kind(text: &str) -> Result<Fault, String> {
    if text == "none" { Ok(Fault::None) } else { text.parse().map(Fault::Some) }
}

fn folder_name(text: &str) -> Result<String, String> {
    let fits = !text.is_empty()
        && text.len() <= 100
        && text.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c))
        && !text.starts_with('.');
    let wrong = || format!("expected a name of letters, digits, - and _, found {text:?}");
    fits.then(|| text.to_string()).ok_or_else(wrong)
}

impl Test {
    /// Runs the trial, or all of them.
    pub fn run(self, globals: &Globals) -> Result<Exit, Failure> {
        let plan = self.plan()?;
        plan.check().map_err(Failure::usage)?;
        if self.live {
            return live::run(&plan, &self, globals);
        }
        if self.runs.is_some() || self.check_determinism {
            return seeds::run(&plan, &self);
        }
        one::run(&plan, &self)
    }

    /// The plan that the flags describe.
    pub fn plan(&self) -> Result<Plan, Failure> {
        let usual = Plan::of(self.system);
        let length = match (self.ops, self.time) {
            (Some(number), _) => Length::Operations(number),
            (None, Some(time)) => Length::Time(time),
            (None, None) => usual.length,
        };
        Ok(Plan {
            servers: self.servers.unwrap_or(usual.servers),
            clients: self.clients.unwrap_or(usual.clients),
            length,
            rate: self.rate.unwrap_or(usual.rate),
            keys: self.keys.unwrap_or(usual.keys),
            mix: self.mix.unwrap_or(usual.mix),
            sessions: self.sessions.unwrap_or(usual.sessions),
            faults: self.faults()?.unwrap_or(usual.faults),
            fault_every: self.fault_every.unwrap_or(usual.fault_every),
            links: self.links.unwrap_or(usual.links),
            seed: self.seed.map_or_else(some_seed, Ok)?,
            model: self.model.unwrap_or(usual.model),
            defect: self.defect,
            data: self.data,
            system: self.system,
        })
    }

    /// The kinds asked for. What only simulated servers can have is left out of the usual ones with --live.
    fn faults(&self) -> Result<Option<Vec<Kind>>, Failure> {
        let Some(asked) = &self.faults else {
            let real = || Kind::COVERED.into_iter().filter(|kind| kind.only_simulated().is_none());
            return Ok(self.live.then(|| real().collect()));
        };
        let mut kinds = Vec::new();
        for fault in asked {
            match fault {
                Fault::None if asked.len() > 1 => {
                    return Err(Failure::usage("--faults: none stands alone"));
                }
                Fault::None => {}
                Fault::Some(kind) => {
                    if let Some(why) = kind.only_simulated().filter(|_| self.live) {
                        let text = format!("--faults {kind}: {why}; leave {kind} out, or --live");
                        return Err(Failure::usage(text));
                    }
                    if !kinds.contains(kind) {
                        kinds.push(kind.clone());
                    }
                }
            }
        }
        Ok(Some(kinds))
    }

    /// Where the run is kept.
    fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(self.system.name())
    }

    /// Whether it is one run in the simulator: that comes back to the byte.
    pub fn is_one_simulated(&self) -> bool {
        !self.live && self.runs.is_none() && !self.check_determinism
    }

    /// The words that run this plan again: those of the plan, and where it is kept.
    fn words(&self, plan: &Plan) -> Vec<String> {
        let name = self.name.iter().flat_map(|name| ["--name".to_string(), name.clone()]);
        let live = self.live.then(|| "--live".to_string());
        plan.command().into_iter().chain(name).chain(live).collect()
    }
}

fn some_seed() -> Result<u64, Failure> {
    let random =
        getrandom::u32().map_err(|error| Failure::internal(format!("no randomness: {error}")))?;
    Ok(u64::from(random % SEEDS))
}

/// The seed and the command, as the first line and the last.
fn replay(seed: u64, words: &[String]) -> String {
    format!("seed {seed}: conlab {}", words.join(" "))
}

/// Says something on stdout to a person, and on stderr beside JSON.
fn say(as_json: bool, text: &str) -> Result<(), Failure> {
    if as_json {
        console::remark(text);
        return Ok(());
    }
    Ok(console::result(text)?)
}

fn exit_of(judgement: &Judgement) -> Exit {
    match judgement.word() {
        "valid" => Exit::Done,
        "invalid" => Exit::No,
        _ => Exit::Unknown,
    }
}
