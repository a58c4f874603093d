//! The simulator under a process that does what its requests say and keeps a diary of all that happens to it.

mod replay;
mod steps;

use super::*;
use crate::process::{Ctx, Replication, Step, Ticket};
use crate::say::Say;
use serde::{Deserialize, Serialize};
use std::fmt::{self, Display};

/// `set persist V`: makes V durable, then answers. `set tell V`: tells all others, and answers. `set soon V` and
/// `set later V`: answers after a timer of no time, or of 10 ms. `set hang V`: never answers. `get`: the diary.
#[derive(Debug)]
struct Diary {
    start: Start,
    pages: Vec<String>,
    asked: Vec<Ticket>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Page(String);

impl Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Say for Page {}

fn ok() -> Outcome {
    Outcome::Set { version: None, session: None }
}

impl Process for Diary {
    type Message = Page;
    type Timer = &'static str;
    type Record = String;

    fn on_start(&mut self, _: &mut Ctx<Self>) {
        self.pages.push(format!("life {}, blank {}", self.start.incarnation, self.start.blank));
    }

    fn on_recover(&mut self, record: String) {
        self.pages.push(format!("recovered {record}"));
    }

    fn on_request(&mut self, ctx: &mut Ctx<Self>, ticket: Ticket, op: Op) {
        let Op::Set { key, value, .. } = op else {
            let value = Some(self.pages.join("; ").into());
            return ctx.reply(ticket, Outcome::Got { value, version: 0, session: None });
        };
        match &*key {
            "persist" => ctx.persist(value.to_string()),
            "tell" => {
                let others = self.start.members().filter(|id| *id != self.start.id);
                ctx.send_all(others, Page(value.to_string()));
            }
            "soon" => ctx.arm("soon", Duration::ZERO),
            "later" => ctx.arm("later", ms(10)),
            _ => return,
        }
        match &*key {
            "soon" | "later" => self.asked.push(ticket),
            _ => ctx.reply(ticket, ok()),
        }
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, from: NodeId, Page(text): Page) {
        if text == "alarm" {
            ctx.arm("soon", Duration::ZERO);
        }
        ctx.note(Step::Ignored { why: "it is only a test" });
        self.pages.push(format!("{from}: {text}"));
    }

    fn on_timer(&mut self, ctx: &mut Ctx<Self>, timer: &'static str) {
        self.pages.push(format!("{timer} at {}", ctx.now().as_millis()));
        self.asked.drain(..).for_each(|ticket| ctx.reply(ticket, ok()));
    }

    fn status(&self) -> Status {
        Status {
            role: "diary".into(),
            state: "ready".into(),
            keys: self.pages.len() as u64,
            version: 0,
            rounds: 0,
            queue: 0,
            waiting: self.asked.len() as u64,
            view: Vec::new(),
            health: Default::default(),
        }
    }
}

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

const N1: NodeId = NodeId(1);
const N2: NodeId = NodeId(2);

fn diary(start: &Start) -> Diary {
    Diary { start: start.clone(), pages: Vec::new(), asked: Vec::new() }
}

/// Servers with disks.
fn settings(servers: u32, seed: u64) -> Settings {
    let replication = Replication { durable: true, ..Replication::default() };
    Settings { replication, ..Settings::new(servers, seed) }
}

fn sim() -> Sim<Diary> {
    Sim::new(settings(3, 1), diary, ())
}

fn set(key: &str, value: &str) -> Op {
    Op::Set { key: key.into(), value: value.into(), session: None }
}

fn fault<O: Observer<Diary>>(sim: &mut Sim<Diary, O>, text: &str) {
    sim.fault(text.parse().expect(text)).expect(text);
}

/// What is in the diary of `at`, without the first line.
fn pages<O: Observer<Diary>>(sim: &mut Sim<Diary, O>, at: NodeId) -> String {
    let request = sim.request(at, Op::Get { key: "".into(), session: None });
    let until = sim.now();
    let mut answers = std::iter::from_fn(|| sim.next_answer(until));
    let answer = answers.find(|answer| answer.request == request).expect("a get answers at once");
    match answer.outcome {
        Outcome::Got { value: Some(value), .. } => {
            value.split_once("; ").map_or(String::new(), |(_, pages)| pages.to_string())
        }
        other => panic!("{other}"),
    }
}

fn next(sim: &mut Sim<Diary>) -> (u64, Duration, String) {
    let answer = sim.next_answer(sim.now() + ms(60_000)).expect("an answer comes");
    (answer.request.0, answer.at, answer.outcome.to_string())
}
