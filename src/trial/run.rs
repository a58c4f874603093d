//! Plays a plan on a cluster: asks, breaks, mends, waits until all is quiet, and reads everything everywhere.

use super::load::{Intent, Load, Verb, at_log, home};
use super::mix::Sessions;
use super::nemesis::{Disturbance, Schedule};
use super::plan::{Length, Plan};
use super::standing::Standing;
use crate::faults::Fault;
use crate::history::{Recorder, Recording};
use crate::process::{Concern, Key, NodeId, Op, Outcome, Status};
use crate::scenario::{Answered, Stage};
use crate::session::Session;
use crate::window::Window;
use std::collections::{BTreeMap, BTreeSet};
use std::iter::Peekable;
use std::sync::Arc;
use std::time::Duration;

/// Servers that have not settled by then never will.
const MOST_TO_SETTLE: Duration = Duration::from_secs(30);
/// How often to look whether they have.
const LOOK: Duration = Duration::from_millis(100);
/// A client that carries a session and was refused so often in a row gives it up, and goes on as a new one.
const MOST_REFUSALS: u32 = 3;

/// So long does an append wait for its servers.
const APPEND: Duration = Duration::from_secs(3);

/// A stage whose servers can be asked how they are.
pub(super) trait Ground: Stage {
    /// What each server says of itself; `None` where it says nothing.
    fn statuses(&mut self) -> Vec<Option<Status>>;

    /// Whether the load shall end now, whatever the plan says.
    fn is_stopped(&self) -> bool {
        false
    }
}

/// What happened, in order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Done {
    /// Every request of the load, and every fault.
    pub deeds: Vec<Deed>,
    /// When something was broken: from, until.
    pub windows: Vec<(Duration, Duration)>,
    /// When the load ended.
    pub quiet_from: Duration,
    /// How many came when every client was waiting for an answer, and so were never asked.
    pub turned_away: u64,
    /// How many messages processes handled; 0 where nobody counts them.
    pub messages: u64,
    /// How long one core of this machine worked to simulate and to record it; zero where time is real.
    pub took: Duration,
}

/// Something that was done to the cluster.
#[derive(Debug, Clone, PartialEq)]
pub enum Deed {
    /// A client asked.
    Asked {
        /// When.
        at: Duration,
        /// Its name.
        client: Arc<str>,
        /// Whom.
        server: NodeId,
        /// For what; without the session that it carried.
        op: Op,
    },
    /// Something broke, or was mended.
    Broke {
        /// When.
        at: Duration,
        /// What.
        fault: Fault,
    },
}

/// One client, over all its lives.
struct Client {
    /// From 1.
    number: usize,
    life: u32,
    /// `c3`, then `c3-1`, …
    name: Arc<str>,
    session: Option<Session>,
    refusals: u32,
    busy: bool,
}

/// A request under way: whose, and where it is recorded.
struct Open {
    client: Option<usize>,
    recording: Option<Recording>,
    deletes: Option<Key>,
}

/// Plays `plan` on `ground`. What the clients see goes to `recorder`.
pub(super) fn run(plan: &Plan, ground: &mut dyn Ground, recorder: &Recorder) -> Done {
    let mut runner = Runner {
        plan,
        ground,
        recorder,
        load: Load::of(plan).peekable(),
        nemesis: Schedule::of(plan).peekable(),
        ends: BTreeMap::new(),
        ended: 0,
        clients: (1..=plan.clients as usize).map(|number| Client::new(number, 0)).collect(),
        open: Window::default(),
        deletes: BTreeSet::new(),
        asked: 0,
        standing: Standing::default(),
        done: Done::default(),
    };
    runner.load();
    runner.mend();
    runner.settle();
    runner.read_everything();
    runner.done
}

struct Runner<'a> {
    plan: &'a Plan,
    ground: &'a mut dyn Ground,
    recorder: &'a Recorder,
    load: Peekable<Load>,
    nemesis: Peekable<Schedule>,
    /// What mends the disturbances under way, by when.
    ends: BTreeMap<(Duration, u64), Vec<Fault>>,
    ended: u64,
    clients: Vec<Client>,
    open: Window<Open>,
    /// The keys with a delete that is open or whose outcome is unknown.
    deletes: BTreeSet<Key>,
    asked: u64,
    standing: Standing,
    done: Done,
}

impl Runner<'_> {
    fn load(&mut self) {
        loop {
            let until = self.next_moment();
            while let Some(answer) = self.ground.next_answer(Some(until)) {
                self.end(answer);
            }
            if self.is_over() {
                return;
            }
            self.do_what_is_due();
        }
    }

    fn is_over(&self) -> bool {
        self.ground.is_stopped()
            || match self.plan.length {
                Length::Operations(most) => self.asked >= most,
                Length::Time(time) => self.ground.now() >= time,
            }
    }

    fn next_moment(&mut self) -> Duration {
        let next = self.load.peek().map(|intent| intent.at);
        let breaks = self.nemesis.peek().map(|disturbance| disturbance.at);
        let mends = self.ends.keys().next().map(|(at, _)| *at);
        let last = match self.plan.length {
            Length::Time(time) => Some(time),
            Length::Operations(_) => None,
        };
        [next, breaks, mends, last].into_iter().flatten().min().unwrap_or_default()
    }

    /// What is mended comes first, then what breaks, then who asks.
    fn do_what_is_due(&mut self) {
        let now = self.ground.now();
        while let Some(end) = self.ends.first_entry().filter(|end| end.key().0 <= now) {
            let faults = end.remove();
            self.inject(&faults);
        }
        while let Some(disturbance) = self.nemesis.next_if(|next| next.at <= now) {
            self.disturb(disturbance);
        }
        while let Some(intent) = self.load.next_if(|next| next.at <= now) {
            self.ask(intent);
            if self.is_over() {
                return;
            }
        }
    }

    fn disturb(&mut self, disturbance: Disturbance) {
        if disturbance.needs_all_memories && !self.all_have_their_memory() {
            return;
        }
        self.inject(&disturbance.begin);
        self.ended += 1;
        self.ends.insert((disturbance.until, self.ended), disturbance.end);
    }

    fn all_have_their_memory(&mut self) -> bool {
        let has = |status: &Status| status.state == "ready" || status.state == "stalled";
        self.ground.statuses().iter().all(|status| status.as_ref().is_some_and(has))
    }

    /// Does what is possible: a server that is down cannot be paused.
    fn inject(&mut self, faults: &[Fault]) {
        for fault in faults {
            if self.ground.fault(*fault).is_ok() {
                let at = self.ground.now();
                self.done.deeds.push(Deed::Broke { at, fault: *fault });
                self.done.windows.extend(self.standing.take(at, *fault));
            }
        }
    }

    /// The client that was meant asks, or the next one that does not wait for an answer. Who means to delete where another delete
    /// may still happen reads instead: a delete carries no value, and of two without a version nobody could tell which was read.
    fn ask(&mut self, intent: Intent) {
        let all = self.clients.len();
        let meant = (0..all).map(|step| (intent.client + step) % all);
        let Some(number) = meant.into_iter().find(|number| !self.clients[*number].busy) else {
            self.done.turned_away += 1;
            return;
        };
        let server = match self.plan.sessions {
            Sessions::Bound => home(number, self.plan.servers),
            Sessions::Roaming => intent.server,
        };
        let is_log = self.plan.system.is_log();
        let (server, verb) = match (is_log, intent.verb) {
            (false, verb) => (server, verb),
            (true, verb) => at_log(self.plan.sessions, number, self.plan.servers, (server, verb)),
        };
        let client = &mut self.clients[number];
        client.busy = true;
        let (name, session) = (client.name.clone(), client.session.clone());
        let (key, at) = (intent.key, self.ground.now());
        let verb = match verb {
            Verb::Delete if !self.deletes.insert(key.clone()) => Verb::Read,
            verb => verb,
        };
        let op = match verb {
            Verb::Read if is_log => Op::WHOLE_LOG,
            Verb::Write(message) if is_log => {
                // Every write concern has its turn; who has waited long goes on as another.
                let w = Concern::Count(1 + message.len() as u32 % self.plan.servers);
                Op::Append { message, id: None, w, timeout: Some(APPEND) }
            }
            Verb::Read => Op::Get { key, session: None },
            Verb::Delete => Op::Delete { key, session: None },
            Verb::Write(value) => Op::Set { key, value, session: None },
        };
        self.asked += 1;
        self.done.deeds.push(Deed::Asked { at, client: name.clone(), server, op: op.clone() });
        let op = with(op, session);
        self.request(Some(number), &name, server, op, false);
    }

    fn request(&mut self, client: Option<usize>, name: &str, at: NodeId, op: Op, last: bool) {
        let recording = self.recorder.invoke(name, self.ground.now(), &op);
        let recording = recording.map(|recording| match last {
            true => recording.at(at).finally(),
            false => recording.at(at),
        });
        let deletes = match &op {
            Op::Delete { key, .. } => Some(key.clone()),
            _ => None,
        };
        let number = self.ground.request(name, at, op);
        self.open.insert(number, Open { client, recording, deletes });
    }

    fn end(&mut self, answer: Answered) {
        let Some(open) = self.open.remove(answer.request) else { return };
        if let Some(recording) = open.recording {
            self.recorder.complete(recording, answer.at, &answer.outcome);
        }
        if let Some(key) = open.deletes.filter(|_| !matches!(answer.outcome, Outcome::Unknown(_))) {
            self.deletes.remove(&key);
        }
        if let Some(client) = open.client {
            self.clients[client].learn(&answer.outcome);
        }
    }

    /// Everything that is broken is mended: first as it was to be, then what is left.
    fn mend(&mut self) {
        for faults in std::mem::take(&mut self.ends).into_values() {
            self.inject(&faults);
        }
        let faults = self.standing.mended();
        self.inject(&faults);
        self.done.quiet_from = self.ground.now();
    }

    /// Waits until nobody waits for an answer and all servers are equally far. So does a run whose load was ended early:
    /// reads of servers that are still catching up would accuse them of what they were about to mend.
    fn settle(&mut self) {
        let most = self.ground.now() + MOST_TO_SETTLE;
        let servers: Vec<NodeId> = (1..=self.plan.servers).map(NodeId).collect();
        while self.ground.now() < most {
            self.pass(LOOK);
            if self.open.is_empty() && Status::are_settled(&servers, &self.ground.statuses()) {
                return;
            }
        }
    }

    fn pass(&mut self, time: Duration) {
        let until = self.ground.now() + time;
        while let Some(answer) = self.ground.next_answer(Some(until)) {
            self.end(answer);
        }
    }

    fn read_everything(&mut self) {
        for key in self.plan.key_names() {
            for server in (1..=self.plan.servers).map(NodeId) {
                let op = match self.plan.system.is_log() {
                    true => Op::WHOLE_LOG,
                    false => Op::Get { key: key.as_str().into(), session: None },
                };
                self.request(None, &format!("final{}", server.0), server, op, true);
            }
            while !self.open.is_empty()
                && let Some(answer) = self.ground.next_answer(None)
            {
                self.end(answer);
            }
        }
    }
}

impl Client {
    fn new(number: usize, life: u32) -> Self {
        let name = match life {
            0 => format!("c{number}"),
            life => format!("c{number}-{life}"),
        };
        Client { number, life, name: name.into(), session: None, refusals: 0, busy: false }
    }

    fn learn(&mut self, outcome: &Outcome) {
        self.busy = false;
        match outcome {
            Outcome::Unknown(_) => return self.go_on_as_another(),
            Outcome::Refused(_) => {
                self.refusals += 1;
                // What it has seen may be lost: then nobody will ever serve it.
                if self.refusals >= MOST_REFUSALS && self.session.is_some() {
                    self.go_on_as_another();
                }
                return;
            }
            _ => self.refusals = 0,
        }
        if let Some(seen) = outcome.session() {
            let own = self.session.get_or_insert_with(|| Session::of(seen.cluster.clone()));
            own.versions.merge(&seen.versions);
        }
    }

    fn go_on_as_another(&mut self) {
        *self = Client::new(self.number, self.life + 1);
    }
}

/// The same request, of a client that carries this session.
fn with(op: Op, session: Option<Session>) -> Op {
    match op {
        Op::Get { key, .. } => Op::Get { key, session },
        Op::Delete { key, .. } => Op::Delete { key, session },
        Op::Set { key, value, .. } => Op::Set { key, value, session },
        of_all => of_all,
    }
}
