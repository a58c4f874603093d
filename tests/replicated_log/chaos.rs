//! A seeded run: clients that append and read, faults, and at the end a quiet time in which all is mended.

use conlab::faults::Fault;
use conlab::history::{Format, History, Recorder, Recording, read};
use conlab::log::ReplicatedLog;
use conlab::process::{Concern, Defect, NodeId, Op, Outcome, Replication, Value};
use conlab::random::Random;
use conlab::sim::{RequestId, Settings, Sim};
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const STEPS: u64 = 120;
const MS: fn(u64) -> Duration = Duration::from_millis;

/// What kind of chaos.
#[derive(Debug, Clone, Copy)]
pub struct Chaos {
    pub servers: u32,
    pub tolerate: Option<u32>,
    pub durable: bool,
    /// Kills of the master, and of several servers at once; else of secondaries alone.
    pub kill_any: bool,
    /// Kills of any server, while no more than f lack their memory.
    pub kill_f: bool,
    pub defect: Option<Defect>,
}

impl Default for Chaos {
    fn default() -> Self {
        Chaos {
            servers: 3,
            tolerate: None,
            durable: false,
            kill_any: false,
            kill_f: false,
            defect: None,
        }
    }
}

/// An append that was answered.
#[derive(Debug, Clone)]
pub struct Acked {
    pub seq: u64,
    pub id: String,
    pub message: String,
    pub w: u32,
    pub acks: u32,
}

/// What came of a run.
pub struct Run {
    pub history: History,
    pub acknowledged: Vec<Acked>,
    /// Each server's log in the end: ids and messages.
    pub logs: Vec<Vec<(String, String)>>,
    /// Which server does not show its log even then, and what it says instead.
    pub silent: Option<String>,
    /// What was done, for who wants to know.
    pub story: Vec<String>,
}

struct Asked {
    client: usize,
    op: Op,
    recording: Option<Recording>,
}

/// One client, bound to one server.
#[derive(Clone, Default)]
struct Client {
    busy: bool,
    /// What it has not learnt the end of: the id and the message, to be sent again.
    unsure: Option<(Value, Value)>,
}

struct World {
    chaos: Chaos,
    sim: Sim<ReplicatedLog>,
    random: Random,
    recorder: Recorder,
    clients: Vec<Client>,
    asked: BTreeMap<RequestId, Asked>,
    acknowledged: Vec<Acked>,
    messages: u64,
    story: Vec<String>,
}

#[derive(Clone, Default)]
struct Text(Arc<Mutex<Vec<u8>>>);

impl io::Write for Text {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("nobody panics").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Chaos {
    pub fn run(&self, seed: u64) -> Run {
        let text = Text::default();
        let replication = Replication {
            tolerate: self.tolerate,
            durable: self.durable,
            read_only_without_quorum: false,
        };
        let settings = Settings {
            replication,
            jitter: MS(2),
            defect: self.defect,
            ..Settings::new(self.servers, seed)
        };
        let mut world = World {
            chaos: *self,
            sim: Sim::new(settings, ReplicatedLog::new, ()),
            random: Random::new(seed).fork(7),
            recorder: Recorder::new(text.clone()),
            clients: vec![Client::default(); 2 * self.servers as usize],
            asked: BTreeMap::new(),
            acknowledged: Vec::new(),
            messages: 0,
            story: Vec::new(),
        };
        (0..STEPS).for_each(|_| world.step());
        let settled = world.settle();
        let bytes = text.0.lock().expect("nobody panics").clone();
        let reading = read("the run", &bytes[..], Some(Format::JsonLines)).expect("it is whole");
        let World { acknowledged, story, .. } = world;
        let (logs, silent) = match settled {
            Ok(logs) => (logs, None),
            Err(who) => (Vec::new(), Some(who)),
        };
        Run { history: reading.history, acknowledged, logs, silent, story }
    }
}

impl World {
    fn step(&mut self) {
        let dice = self.random.below(100);
        match dice {
            0..70 => self.ask(),
            70..90 => self.link_fault(),
            90..97 => self.server_fault(),
            _ => self.mend(),
        }
        let pause = [1, 3, 10, 40, 300, 1_500][self.random.below(6) as usize];
        let pause = MS(self.random.below(pause) + 1);
        self.pass(pause);
    }

    fn pass(&mut self, time: Duration) {
        let until = self.sim.now() + time;
        while let Some(answer) = self.sim.next_answer(until) {
            self.end(answer.request, answer.at, &answer.outcome);
        }
    }

    fn server(&mut self) -> NodeId {
        NodeId(1 + self.random.below(self.chaos.servers.into()) as u32)
    }

    /// Every second client is at the master; the others only read.
    fn ask(&mut self) {
        let client = self.random.below(self.clients.len() as u64) as usize;
        if self.clients[client].busy {
            return;
        }
        let at = if client.is_multiple_of(2) {
            NodeId(1)
        } else {
            NodeId(2 + (client as u32 / 2) % (self.chaos.servers - 1))
        };
        let (op, new) = if at == NodeId(1) && self.random.percent(70.0) {
            self.append(client)
        } else {
            (Op::WHOLE_LOG, true)
        };
        self.request(client, at, op, new);
    }

    /// A new message, or one again of which the client does not know what became; and whether it is new.
    fn append(&mut self, client: usize) -> (Op, bool) {
        let known = self.clients[client].unsure.take();
        let again = known.filter(|_| self.random.percent(80.0));
        let new = again.is_none();
        let (id, message) = again.unwrap_or_else(|| {
            self.messages += 1;
            let text: Value = format!("m{}", self.messages).into();
            (format!("id-{text}").into(), text)
        });
        self.clients[client].unsure = Some((id.clone(), message.clone()));
        let w = Concern::Count(1 + self.random.below(self.chaos.servers.into()) as u32);
        let timeout = Some(MS(50 + self.random.below(3_000)));
        (Op::Append { message, id: Some(id), w, timeout }, new)
    }

    /// What is sent again is no operation of its own: the first one, whose end nobody knows, stands for it.
    fn request(&mut self, client: usize, at: NodeId, op: Op, new: bool) {
        let now = self.sim.now();
        self.tell(format!("c{client} {op} @{}", at.0));
        let name = format!("c{client}");
        let recording = new.then(|| self.recorder.invoke(&name, now, &op)).flatten();
        let request = self.sim.request(at, op.clone());
        self.clients[client].busy = true;
        let recording = recording.map(|recording| recording.at(at));
        self.asked.insert(request, Asked { client, op, recording });
    }

    fn end(&mut self, request: RequestId, at: Duration, outcome: &Outcome) {
        let Some(Asked { client, op, recording }) = self.asked.remove(&request) else { return };
        self.tell(format!("c{client} {op}: {outcome}"));
        self.clients[client].busy = false;
        let new = recording.is_some();
        if let Some(recording) = recording {
            self.recorder.complete(recording, at, outcome);
        }
        let Op::Append { message, w: Concern::Count(w), .. } = op else { return };
        match outcome {
            Outcome::Appended { seq, id, acks } => {
                let (id, message) = (id.to_string(), message.to_string());
                self.acknowledged.push(Acked { seq: *seq, id, message, w, acks: *acks });
                self.clients[client].unsure = None;
            }
            Outcome::Refused(_) if new => self.clients[client].unsure = None,
            // A refusal says nothing of an earlier try with the same id.
            Outcome::Refused(_) | Outcome::Unknown(_) => {}
            other => panic!("an append ends as {other}"),
        }
    }

    fn tell(&mut self, what: String) {
        self.story.push(format!("{:>9.2} {what}", self.sim.now().as_secs_f64() * 1e3));
    }

    fn fault(&mut self, text: &str) {
        let fault: Fault = text.parse().expect(text);
        if self.sim.fault(fault).is_ok() {
            self.tell(format!("! {text}"));
        }
    }

    fn link_fault(&mut self) {
        let (a, b) = (self.server(), self.server());
        if a == b {
            return;
        }
        let link = [format!("{}->{}", a.0, b.0), format!("{}-{}", a.0, b.0), "all".to_string()];
        let link = link[self.random.below(3) as usize].clone();
        let size = self.random.below(90) + 5;
        let fault = match self.random.below(6) {
            0 => format!("cut {link}"),
            1 => format!("lose {link} {size}%"),
            2 => format!("duplicate {link} {size}%"),
            3 => format!("reorder {link} {}ms", size * 10),
            4 => format!("slow {link} {}ms", size * 5),
            _ => format!("heal {link}"),
        };
        self.fault(&fault);
    }

    fn server_fault(&mut self) {
        let node = self.server();
        if self.random.percent(20.0) {
            self.fault(&format!("pause {}", node.0));
        } else if self.may_be_killed(node) {
            self.fault(&format!("kill {}", node.0));
            if self.random.percent(50.0) {
                self.fault(&format!("restart {}", node.0));
            }
        }
    }

    fn may_be_killed(&self, node: NodeId) -> bool {
        if self.chaos.kill_any {
            return true;
        }
        if !self.chaos.kill_f {
            return node != NodeId(1);
        }
        let f = self.chaos.tolerate.unwrap_or((self.chaos.servers - 1) / 2);
        let others = (1..=self.chaos.servers).map(NodeId).filter(|other| *other != node);
        let lacks = |id: &NodeId| self.sim.status(*id).is_none_or(|status| status.state != "ready");
        (others.filter(lacks).count() as u32) < f
    }

    fn mend(&mut self) {
        self.fault("heal");
        for id in 1..=self.chaos.servers {
            self.fault(&format!("resume {id}"));
            self.fault(&format!("restart {id}"));
        }
    }

    /// Mends everything and waits until all is quiet; then the log of each server, or which one has none.
    fn settle(&mut self) -> Result<Vec<Vec<(String, String)>>, String> {
        self.mend();
        self.pass(Duration::from_secs(30));
        assert!(self.asked.is_empty(), "a request never ends: {:#?}", self.story);
        (1..=self.chaos.servers).map(|id| self.log_of(NodeId(id))).collect()
    }

    fn log_of(&mut self, at: NodeId) -> Result<Vec<(String, String)>, String> {
        let request = self.sim.request(at, Op::WHOLE_LOG);
        let until = self.sim.now() + Duration::from_secs(1);
        let answer = self.sim.next_answer(until).expect("a read is answered");
        assert_eq!(answer.request, request);
        match answer.outcome {
            Outcome::Messages { messages, .. } => Ok(messages
                .into_iter()
                .map(|logged| (logged.id.to_string(), logged.message.to_string()))
                .collect()),
            other => Err(format!("{at} has no log in the end: {other}")),
        }
    }
}
