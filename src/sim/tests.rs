//! The simulator under a process that does what its requests say and keeps a diary of all that happens to it.

use super::*;
use crate::process::{Ctx, Effect, EffectOf, Step, Ticket};
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
                let others = self.start.members().filter(|id| *id != self.start.id).collect();
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

fn sim() -> Sim<Diary> {
    Sim::new(Settings::new(3, 1), diary, ())
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

#[test]
fn messages_take_the_links_time_and_answers_none() {
    let mut sim = sim();
    sim.request(N1, set("tell", "hello"));
    assert_eq!(next(&mut sim), (1, ms(0), "ok".into()));
    assert_eq!(pages(&mut sim, N2), "");
    sim.run_until(ms(1));
    assert_eq!(pages(&mut sim, N2), "n1: hello");
    assert!(sim.is_idle() && sim.delivered() == 2);
}

#[test]
fn effects_after_a_record_wait_until_it_is_durable() {
    let mut sim = sim();
    sim.request(N1, set("persist", "a"));
    sim.request(N1, set("tell", "b")); // a later step: it waits too
    assert_eq!(next(&mut sim), (1, Duration::from_micros(500), "ok".into()));
    assert_eq!(next(&mut sim), (2, Duration::from_micros(500), "ok".into()));
    sim.run_until(ms(1));
    assert_eq!(pages(&mut sim, N2), "");
    sim.run_until(Duration::from_micros(1500));
    assert_eq!(pages(&mut sim, N2), "n1: b");
}

#[test]
fn one_sync_takes_all_records_that_wait_when_it_begins() {
    let mut sim = sim();
    sim.request(N1, set("persist", "a"));
    sim.run_until(Duration::from_micros(100));
    sim.request(N1, set("persist", "b"));
    sim.request(N1, set("persist", "c"));
    let ends: Vec<_> = (0..3).map(|_| next(&mut sim).1.as_micros()).collect();
    assert_eq!(ends, [500, 1000, 1000]);
}

#[test]
fn a_crash_loses_what_was_not_durable_and_nothing_else() {
    let mut sim = sim();
    sim.request(N1, set("persist", "kept"));
    sim.run_until(Duration::from_micros(600));
    sim.request(N1, set("persist", "lost"));
    sim.run_until(Duration::from_micros(900));
    fault(&mut sim, "kill 1");
    assert_eq!(next(&mut sim).2, "ok");
    assert_eq!(next(&mut sim).2, "unknown: the connection broke before the answer came");
    fault(&mut sim, "restart 1");
    sim.run_until(ms(3));
    let diary = sim.status(N1).expect("it runs").keys;
    assert_eq!((pages(&mut sim, N1).as_str(), diary), ("life 2, blank true", 2));
}

#[test]
fn a_dead_server_refuses_and_loses_but_what_it_sent_arrives() {
    let mut sim = sim();
    sim.request(N1, set("tell", "last words"));
    sim.request(N1, set("hang", ""));
    sim.run_until(ms(0));
    fault(&mut sim, "kill 1");
    sim.request(N1, set("tell", "too late"));
    sim.request(N2, set("tell", "are you there"));
    assert_eq!(next(&mut sim).2, "ok");
    assert_eq!(next(&mut sim).2, "unknown: the connection broke before the answer came");
    assert_eq!(next(&mut sim).2, "refused: server 1 is down: it refuses connections");
    sim.run_until(ms(5));
    fault(&mut sim, "restart 1");
    assert!(sim.status(N1).is_some());
    assert_eq!(pages(&mut sim, N2), "n1: last words");
    assert_eq!(pages(&mut sim, N1), "");
}

#[test]
fn a_paused_server_handles_everything_in_order_when_it_goes_on() {
    let mut sim = sim();
    sim.request(N1, set("later", ""));
    sim.run_until(ms(0));
    fault(&mut sim, "pause 1");
    sim.run_until(ms(20));
    sim.request(N2, set("tell", "hello"));
    sim.run_until(ms(25));
    sim.request(N1, set("tell", "at last"));
    sim.run_until(ms(30));
    fault(&mut sim, "resume 1");
    assert_eq!(next(&mut sim), (2, ms(20), "ok".into()));
    assert_eq!(next(&mut sim), (1, ms(30), "ok".into()));
    assert_eq!(next(&mut sim), (3, ms(30), "ok".into()));
    assert_eq!(pages(&mut sim, N1), "later at 30; n2: hello");
}

#[test]
fn a_client_gives_up_on_a_server_that_stands_still() {
    let mut sim = sim();
    fault(&mut sim, "pause 1");
    sim.request(N1, set("tell", "hello"));
    assert_eq!(
        next(&mut sim),
        (1, ms(6000), "unknown: timed out after 6000 ms waiting for an answer".into())
    );
    fault(&mut sim, "resume 1");
    sim.run_until(ms(6001));
    assert_eq!(pages(&mut sim, N2), "n1: hello");
}

#[test]
fn a_timer_of_no_time_fires_after_all_that_has_arrived() {
    let mut sim = sim();
    sim.request(N1, set("tell", "alarm"));
    sim.request(NodeId(3), set("tell", "at the same time"));
    sim.run_until(ms(1));
    assert_eq!(pages(&mut sim, N2), "n1: alarm; n3: at the same time; soon at 1");
}

#[test]
fn a_timer_armed_again_fires_once_at_its_new_time() {
    let mut sim = sim();
    sim.request(N1, set("later", ""));
    sim.run_until(ms(5));
    sim.request(N1, set("later", ""));
    sim.run_until(ms(40));
    assert_eq!(pages(&mut sim, N1), "later at 15");
}

#[test]
fn faults_that_make_no_sense_are_refused() {
    let mut sim = sim();
    let mut error = |text: &str| sim.fault(text.parse().expect(text)).expect_err(text).to_string();
    assert_eq!(error("kill 4"), "there is no server 4; the servers are 1 to 3");
    assert_eq!(error("restart 1"), "server 1 is running; kill it first");
    assert_eq!(error("cut 1-9"), "there is no server 9; the servers are 1 to 3");
    fault(&mut sim, "kill 2");
    let error = sim.fault(Fault::Pause(N2)).expect_err("it is down");
    assert_eq!(error.to_string(), "server 2 is down; restart it first");
}

/// Writes down all that it sees.
#[derive(Default)]
struct Log(Vec<String>);

impl Observer<Diary> for Log {
    fn begins(&mut self, at: Duration, node: NodeId, cause: Cause<'_, Diary>) {
        self.0.push(format!("{at:?} {node} {cause:?}"));
    }
    fn ends(&mut self, at: Duration, node: NodeId, left: Left<'_, Diary>) {
        self.0.push(format!("{at:?} {node} {left:?}"));
    }
    fn lost(&mut self, at: Duration, from: NodeId, to: NodeId, message: &Page, loss: Loss) {
        self.0.push(format!("{at:?} {from} {to} {message} {loss:?}"));
    }
    fn duplicated(&mut self, at: Duration, from: NodeId, to: NodeId, message: &Page) {
        self.0.push(format!("{at:?} {from} {to} {message} twice"));
    }
    fn answered(&mut self, at: Duration, request: RequestId, outcome: &Outcome) {
        self.0.push(format!("{at:?} {request:?} {outcome}"));
    }
    fn fault(&mut self, at: Duration, fault: Fault) {
        self.0.push(format!("{at:?} {fault}"));
    }
}

fn stormy(seed: u64) -> Vec<String> {
    let settings = Settings { jitter: ms(3), ..Settings::new(3, seed) };
    let mut sim = Sim::new(settings, diary, Log::default());
    fault(&mut sim, "lose all 30%");
    fault(&mut sim, "duplicate all 30%");
    for step in 0..50u64 {
        let at = NodeId((step % 3) as u32 + 1);
        let key = ["tell", "persist", "soon", "later"][(step % 4) as usize];
        sim.request(at, set(key, &step.to_string()));
        sim.run_until(ms(step));
        if step == 25 {
            fault(&mut sim, "kill 2");
            fault(&mut sim, "restart 2");
        }
    }
    sim.run_until(ms(100));
    std::mem::take(&mut sim.observer().0)
}

#[test]
fn one_seed_is_one_run_and_another_seed_another() {
    assert_eq!(stormy(7), stormy(7));
    assert_ne!(stormy(7), stormy(8));
    let seen = stormy(7).join("\n");
    assert!(seen.contains("Chance") && seen.contains("twice"));
}

#[test]
fn the_observer_sees_what_happens_now_and_what_waits() {
    struct Counts(Vec<(usize, usize)>);
    impl Observer<Diary> for Counts {
        fn ends(&mut self, _: Duration, _: NodeId, left: Left<'_, Diary>) {
            let replies = |effects: &[EffectOf<Diary>]| {
                effects.iter().filter(|effect| matches!(effect, Effect::Reply { .. })).count()
            };
            self.0.push((replies(left.effects), replies(left.held)));
        }
    }
    let mut sim = Sim::new(Settings::new(1, 1), diary, Counts(Vec::new()));
    sim.request(N1, set("persist", "a"));
    sim.run_until(ms(1));
    assert_eq!(sim.observer().0, [(0, 0), (0, 1), (1, 0)]);
}
