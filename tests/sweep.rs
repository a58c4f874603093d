//! Every level, many seeds, random load and faults: what each claims must hold in every run.
//!
//! The versions that a store reports put its writes into one order; given that order, each claim is a linear check.
//! A failing run names its seed; `SWEEP_SEED=… cargo test --test sweep` runs that one alone, and `SWEEP_RUNS=…` more.

#[path = "sweep/adversary.rs"]
mod adversary;

use conlab::faults::{Fault, Link};
use conlab::process::{NodeId, Op, Outcome, Process, Start};
use conlab::random::Random;
use conlab::session::{Session, Version};
use conlab::sim::{RequestId, Settings, Sim};
use conlab::systems::{System, Visitor};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const CLIENTS: usize = 6;
const KEYS: [&str; 3] = ["x", "y", "z"];
const SECONDS: u64 = 40;

/// One ended request, as a client saw it.
#[derive(Debug, Clone)]
struct Done {
    client: usize,
    start: Duration,
    end: Duration,
    op: Op,
    outcome: Outcome,
}

/// A client: where it asks, what it has seen, and what it waits for.
#[derive(Debug, Default)]
struct Client {
    home: u32,
    session: Option<Session>,
    open: Option<(RequestId, Duration, Op)>,
}

/// One run: a load, its faults, and all that the clients saw.
struct Run {
    system: System,
    seed: u64,
}

/// What a run left.
struct Seen {
    history: Vec<Done>,
    finals: Vec<BTreeMap<String, (String, Version)>>,
    messages: u64,
}

impl Visitor for Run {
    type Output = Seen;

    fn visit<P: Process + Send + 'static>(self, build: fn(&Start) -> P) -> Seen {
        let mut random = Random::new(self.seed).fork(99);
        let servers = if random.percent(50.0) { 3 } else { 5 };
        let mut settings = Settings::new(servers, self.seed);
        // Some runs are calm; in others messages overtake each other by far, and many come from an earlier life.
        let jitter = if random.percent(60.0) { 20 } else { 800 };
        settings.jitter = Duration::from_millis(random.below(jitter));
        let sim = Sim::new(settings, build, ());
        let mut load = Load::new(self, sim, servers, random);
        load.run();
        load.finish()
    }
}

struct Load<P: Process> {
    system: System,
    seed: u64,
    sim: Sim<P>,
    servers: u32,
    random: Random,
    clients: Vec<Client>,
    history: Vec<Done>,
    down: Option<NodeId>,
    paused: BTreeSet<u32>,
    values: u64,
}

impl<P: Process + Send + 'static> Load<P> {
    fn new(Run { system, seed }: Run, sim: Sim<P>, servers: u32, random: Random) -> Self {
        let home = |number: usize| number as u32 % servers + 1;
        let clients =
            (0..CLIENTS).map(|number| Client { home: home(number), ..Client::default() }).collect();
        let (history, paused) = (Vec::new(), BTreeSet::new());
        Load { system, seed, sim, servers, random, clients, history, down: None, paused, values: 0 }
    }

    fn run(&mut self) {
        let mut next_fault = Duration::from_millis(500);
        for tick in 0..SECONDS * 100 {
            let until = Duration::from_millis(tick * 10);
            self.take_answers(until);
            for client in 0..CLIENTS {
                if self.clients[client].open.is_none() && self.random.percent(30.0) {
                    self.ask(client);
                }
            }
            if until >= next_fault {
                self.disturb();
                next_fault = until + Duration::from_millis(200 + self.random.below(3000));
            }
        }
    }

    fn take_answers(&mut self, until: Duration) {
        while let Some(answer) = self.sim.next_answer(until) {
            let Some(number) = self.clients.iter().position(|client| {
                client.open.as_ref().is_some_and(|(request, ..)| *request == answer.request)
            }) else {
                continue;
            };
            let client = &mut self.clients[number];
            let (_, start, op) = client.open.take().expect("it was just found");
            if let Some(session) = answer.outcome.session() {
                match &mut client.session {
                    Some(own) => own.versions.merge(&session.versions),
                    none => *none = Some(session.clone()),
                }
            }
            if matches!(answer.outcome, Outcome::Refused(conlab::process::Reason::VersionLost(_))) {
                client.session = None;
            }
            self.history.push(Done {
                client: number,
                start,
                end: answer.at,
                op,
                outcome: answer.outcome,
            });
        }
    }

    fn ask(&mut self, number: usize) {
        let key = KEYS[self.random.below(3) as usize].into();
        let session =
            self.clients[number].session.clone().filter(|_| self.system == System::Causal);
        let dice = self.random.below(100);
        let op = match dice {
            0..45 => {
                self.values += 1;
                Op::Set { key, value: format!("v{}", self.values).into(), session }
            }
            45..50 if self.system != System::Eventual => Op::Delete { key, session },
            _ => Op::Get { key, session },
        };
        let roams = self.system != System::Sequential;
        let at = if roams {
            self.random.below(u64::from(self.servers)) as u32 + 1
        } else {
            self.clients[number].home
        };
        let request = self.sim.request(NodeId(at), op.clone());
        self.clients[number].open = Some((request, self.sim.now(), op));
    }

    /// A fault, or the end of one. One server at a time loses its memory, until it has caught up.
    fn disturb(&mut self) {
        let node = NodeId(self.random.below(u64::from(self.servers)) as u32 + 1);
        let other = NodeId(node.0 % self.servers + 1);
        let link = match self.random.below(3) {
            0 => Link::OneWay(node, other),
            1 => Link::Both(
                NodeId(1),
                NodeId(2 + self.random.below(u64::from(self.servers) - 1) as u32),
            ),
            _ => Link::All,
        };
        let fault = match self.random.below(12) {
            0 | 1 => Fault::Cut(if link == Link::All { Link::Both(node, other) } else { link }),
            2 => Fault::Lose(link, self.random.below(60) as f64),
            3 => Fault::Duplicate(link, self.random.below(60) as f64),
            4 => Fault::Slow(link, Duration::from_millis(self.random.below(900))),
            5 | 6 if self.paused.contains(&node.0) => Fault::Resume(node),
            5 if self.down != Some(node) => Fault::Pause(node),
            7..=9 => match self.down {
                Some(down) => Fault::Restart(down),
                None if self.all_ready() => {
                    Fault::Kill(if self.random.percent(40.0) { NodeId(1) } else { node })
                }
                None => Fault::Heal(Link::All),
            },
            _ => Fault::Heal(Link::All),
        };
        self.inject(fault);
    }

    fn inject(&mut self, fault: Fault) {
        if self.sim.fault(fault).is_err() {
            return;
        }
        if std::env::var("SWEEP_SEED").is_ok() {
            eprintln!("{:?} {fault}", self.sim.now());
        }
        match fault {
            Fault::Kill(node) => {
                self.down = Some(node);
                self.paused.remove(&node.0);
            }
            Fault::Restart(_) => self.down = None,
            Fault::Pause(node) => _ = self.paused.insert(node.0),
            Fault::Resume(node) => _ = self.paused.remove(&node.0),
            _ => {}
        }
    }

    fn all_ready(&self) -> bool {
        let ready = |number| {
            let status = self.sim.status(NodeId(number));
            status.is_some_and(|status| status.state == "ready" || status.state == "stalled")
        };
        (1..=self.servers).all(ready)
    }

    /// The quiet period: everything heals, and then every server is asked for all it has.
    fn finish(mut self) -> Seen {
        self.inject(Fault::Heal(Link::All));
        if let Some(down) = self.down {
            self.inject(Fault::Restart(down));
        }
        for paused in self.paused.clone() {
            self.inject(Fault::Resume(NodeId(paused)));
        }
        let settled = self.sim.now() + Duration::from_secs(30);
        self.take_answers(settled);
        if std::env::var("SWEEP_SEED").is_ok() {
            eprintln!("{:?} down, {:?} paused", self.down, self.paused);
            (1..=self.servers)
                .for_each(|server| eprintln!("{server}: {:?}", self.sim.status(NodeId(server))));
        }
        let finals = (1..=self.servers).map(|server| self.all_at(NodeId(server))).collect();
        Seen { history: self.history, finals, messages: self.sim.delivered() }
    }

    fn all_at(&mut self, server: NodeId) -> BTreeMap<String, (String, Version)> {
        let request = self.sim.request(server, Op::All { session: None });
        let until = self.sim.now() + Duration::from_secs(10);
        let answer = self.sim.next_answer(until).filter(|answer| answer.request == request);
        match answer.map(|answer| answer.outcome) {
            Some(Outcome::All { values, .. }) => values
                .into_iter()
                .map(|(key, value)| (key.to_string(), (value.value.to_string(), value.version)))
                .collect(),
            other => panic!(
                "{} seed {}: {server} answers nothing in the end: {other:?}",
                self.system, self.seed
            ),
        }
    }
}

/// What an ended request did, where it is known.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Act {
    Write(Version),
    Read(Version),
}

fn key_of(op: &Op) -> &str {
    match op {
        Op::Set { key, .. } | Op::Delete { key, .. } | Op::Get { key, .. } => key,
        Op::All { .. } | Op::Append { .. } | Op::Messages { .. } => "",
    }
}

fn act_of(done: &Done) -> Option<Act> {
    match done.outcome {
        Outcome::Set { version, .. } | Outcome::Deleted { version, .. } => version.map(Act::Write),
        Outcome::Got { version, .. } => Some(Act::Read(version)),
        _ => None,
    }
}

/// The writes of each key in the store's order, from all that anybody saw.
fn orders(seen: &Seen) -> BTreeMap<&str, BTreeSet<Version>> {
    let mut orders: BTreeMap<&str, BTreeSet<Version>> = BTreeMap::new();
    for done in &seen.history {
        if let Some(Act::Write(version) | Act::Read(version)) = act_of(done) {
            orders.entry(key_of(&done.op)).or_default().insert(version);
        }
    }
    orders
}

/// Values belong to their versions, and what was refused was never there.
fn reads_make_sense(seen: &Seen) -> Result<(), String> {
    let mut written: BTreeMap<&str, &str> = BTreeMap::new();
    let mut refused: BTreeSet<&str> = BTreeSet::new();
    for done in &seen.history {
        if let Op::Set { key, value, .. } = &done.op {
            written.insert(value, key);
            if matches!(done.outcome, Outcome::Refused(_)) {
                refused.insert(value);
            }
        }
    }
    let mut values: BTreeMap<(&str, Version), Option<&str>> = BTreeMap::new();
    for done in &seen.history {
        let (version, value) = match (&done.op, &done.outcome) {
            (Op::Set { value, .. }, Outcome::Set { version: Some(version), .. }) => {
                (*version, Some(&**value))
            }
            (Op::Delete { .. }, Outcome::Deleted { version: Some(version), .. }) => {
                (*version, None)
            }
            (Op::Get { .. }, Outcome::Got { value, version, .. }) => (*version, value.as_deref()),
            _ => continue,
        };
        if *values.entry((key_of(&done.op), version)).or_insert(value) != value {
            return Err(format!("two values for one version: {done:?}"));
        }
        if let Some(value) = value
            && (refused.contains(value) || written.get(value) != Some(&key_of(&done.op)))
        {
            let write = seen
                .history
                .iter()
                .find(|done| matches!(&done.op, Op::Set { value: v, .. } if **v == *value));
            return Err(format!("a value that was refused or never written: {done:?}, {write:?}"));
        }
    }
    Ok(())
}

/// Whatever ended before an operation began comes before it in the order of versions.
fn linearizable(seen: &Seen) -> Result<(), String> {
    for key in KEYS {
        let mut acts: Vec<(&Done, Act)> = seen
            .history
            .iter()
            .filter(|done| key_of(&done.op) == key)
            .filter_map(|done| Some((done, act_of(done)?)))
            .collect();
        acts.sort_by_key(|(done, _)| done.start);
        let mut ends: Vec<(Duration, Version)> = acts
            .iter()
            .map(|(done, Act::Write(version) | Act::Read(version))| (done.end, *version))
            .collect();
        ends.sort();
        let (mut next, mut highest) = (0, 0);
        for (done, act) in acts {
            while next < ends.len() && ends[next].0 < done.start {
                highest = highest.max(ends[next].1);
                next += 1;
            }
            let fits = match act {
                Act::Read(version) => version >= highest,
                Act::Write(version) => version > highest,
            };
            if !fits {
                return Err(format!("{done:?} after version {highest} was seen"));
            }
        }
    }
    Ok(())
}

/// Each client's operations, in its own order.
fn by_client(seen: &Seen) -> impl Iterator<Item = Vec<&Done>> {
    (0..CLIENTS).map(|client| {
        let mut own: Vec<&Done> =
            seen.history.iter().filter(|done| done.client == client).collect();
        own.sort_by_key(|done| done.start);
        own
    })
}

/// Each client walks forward through the one order of all writes.
fn sequential(seen: &Seen) -> Result<(), String> {
    let orders = orders(seen);
    for own in by_client(seen) {
        let mut place = 0;
        for done in own {
            match act_of(done) {
                Some(Act::Write(version)) if version <= place => {
                    return Err(format!("{done:?} at place {place}"));
                }
                Some(Act::Read(version)) => {
                    let next = orders[key_of(&done.op)].range(version + 1..).next();
                    if next.is_some_and(|next| *next <= place) {
                        return Err(format!(
                            "{done:?} is overwritten by {next:?} at place {place}"
                        ));
                    }
                    place = place.max(version);
                }
                Some(Act::Write(version)) => place = version,
                None => {}
            }
        }
    }
    Ok(())
}

/// No read is older than what is in its causal past; a read brings its writer's past along.
fn causal(seen: &Seen) -> Result<(), String> {
    type Past = BTreeMap<String, Version>;
    let mut ended: Vec<&Done> = seen.history.iter().collect();
    ended.sort_by_key(|done| done.start);
    let mut pasts: BTreeMap<Version, Past> = BTreeMap::new();
    let mut own: Vec<Past> = vec![Past::new(); CLIENTS];
    // A client's writes are known before anyone reads them: versions answer in an order that extends causality, so
    // passes are repeated until no past grows any more.
    loop {
        let before = pasts.clone();
        own.iter_mut().for_each(Past::clear);
        for done in &ended {
            let past = &mut own[done.client];
            let key = key_of(&done.op).to_string();
            match act_of(done) {
                Some(Act::Write(version)) => {
                    past.insert(key, version);
                    pasts.insert(version, past.clone());
                }
                Some(Act::Read(version)) => {
                    if past.get(&key).is_some_and(|seen| *seen > version) {
                        return Err(format!("{done:?} although {past:?} was seen"));
                    }
                    for (key, version) in pasts.get(&version).cloned().unwrap_or_default() {
                        let clock = past.entry(key).or_default();
                        *clock = version.max(*clock);
                    }
                    past.insert(key, version);
                }
                None if matches!(
                    done.outcome,
                    Outcome::Refused(conlab::process::Reason::VersionLost(_))
                ) =>
                {
                    past.clear()
                }
                None => {}
            }
        }
        if pasts == before {
            return Ok(());
        }
    }
}

/// All servers agree in the end, and what was acknowledged with a version is there or was overwritten.
fn converged(seen: &Seen, durable: bool) -> Result<(), String> {
    let first = &seen.finals[0];
    if let Some(other) = seen.finals.iter().find(|other| *other != first) {
        return Err(format!("servers differ in the end: {first:?} and {other:?}"));
    }
    let orders = orders(seen);
    for done in seen.history.iter().filter(|_| durable) {
        if let (Op::Set { key, .. }, Some(Act::Write(version))) = (&done.op, act_of(done)) {
            let last = first.get(&**key).map(|(_, version)| *version);
            let later = orders[&**key].range(version + 1..).next().is_some();
            let unknown = |done: &Done| {
                matches!((&done.op, &done.outcome), (Op::Delete { .. }, Outcome::Unknown(_)))
            };
            let deleted = later
                || seen.history.iter().any(|other| unknown(other) && key_of(&other.op) == &**key);
            if last.is_none_or(|last| last < version) && !deleted {
                return Err(format!("{done:?} is lost: {last:?} is the last"));
            }
        }
    }
    Ok(())
}

fn judge(system: System, seen: &Seen) -> Result<(), String> {
    if system == System::Eventual {
        return converged(seen, false);
    }
    reads_make_sense(seen)?;
    match system {
        System::Linearizable => linearizable(seen)?,
        System::Sequential => sequential(seen)?,
        _ => causal(seen)?,
    }
    converged(seen, system != System::Causal)
}

fn seeds() -> Vec<u64> {
    let number = |name| std::env::var(name).ok().and_then(|text: String| text.parse::<u64>().ok());
    match number("SWEEP_SEED") {
        Some(seed) => vec![seed],
        None => (0..number("SWEEP_RUNS").unwrap_or(60)).collect(),
    }
}

fn sweep(system: System) {
    let (mut answered, mut messages) = (0, 0);
    for seed in seeds() {
        let seen = system.visit(Run { system, seed });
        answered += seen
            .history
            .iter()
            .filter(|done| !matches!(done.outcome, Outcome::Refused(_) | Outcome::Unknown(_)))
            .count();
        messages += seen.messages;
        if let Err(why) = judge(system, &seen) {
            panic!(
                "{system} with seed {seed} breaks its claim: {why}\nSWEEP_SEED={seed} cargo test --test sweep {system}"
            );
        }
    }
    assert!(
        answered > 300 * seeds().len(),
        "only {answered} operations were answered: the sweep shows nothing"
    );
    eprintln!("{system}: {answered} operations answered, {messages} messages");
}

#[test]
fn linearizable_holds_under_faults() {
    sweep(System::Linearizable);
}

#[test]
fn sequential_holds_under_faults_for_bound_clients() {
    sweep(System::Sequential);
}

#[test]
fn causal_holds_under_faults_for_clients_with_sessions() {
    sweep(System::Causal);
}

#[test]
fn eventual_converges_after_faults() {
    sweep(System::Eventual);
}

#[test]
fn the_same_seed_gives_the_same_run() {
    for system in System::LEVELS {
        let show = |seen: Seen| format!("{:?} {:?} {}", seen.history, seen.finals, seen.messages);
        assert_eq!(
            show(system.visit(Run { system, seed: 5 })),
            show(system.visit(Run { system, seed: 5 }))
        );
    }
}

/// The checks see something: what a level does not claim is found broken within a few seeds.
#[test]
fn the_next_stronger_model_is_found_broken() {
    let breaks = |system, check: fn(&Seen) -> Result<(), String>| {
        (0..40).any(|seed| check(&System::visit(system, Run { system, seed })).is_err())
    };
    assert!(breaks(System::Sequential, linearizable), "sequential looks linearizable");
    assert!(breaks(System::Causal, sequential), "causal looks sequential");
}
