//! Single rules of the log, each where it would be missed first.

use conlab::log::{Entry, Held, Lead, MASTER, Message, Record, ReplicatedLog, Run, Timer};
use conlab::process::{
    Ctx, Effect, NodeId, Op, Outcome, Process, Reason, Replication, Start, Ticket, Timing,
};
use conlab::random::Random;
use std::sync::Arc;
use std::time::Duration;

type Effects = Vec<Effect<Message, Timer, Record>>;

const N2: NodeId = NodeId(2);
const N3: NodeId = NodeId(3);

/// One server, and what its last step left.
struct Server {
    process: ReplicatedLog,
    ctx: Ctx<ReplicatedLog>,
    now: Duration,
    tickets: u64,
}

impl Server {
    fn start(id: NodeId, servers: u32, incarnation: u64) -> (Self, Effects) {
        let start = Start {
            id,
            servers,
            incarnation,
            blank: incarnation > 1,
            cluster: "c".to_string(),
            timing: Timing::default(),
            replication: Replication::default(),
            defect: None,
        };
        let ctx = Ctx::new(id, incarnation, Random::new(1));
        let process = ReplicatedLog::new(&start);
        let mut server = Server { process, ctx, now: Duration::ZERO, tickets: 0 };
        let effects = server.step(|process, ctx| process.on_start(ctx));
        (server, effects)
    }

    fn step(
        &mut self,
        handler: impl FnOnce(&mut ReplicatedLog, &mut Ctx<ReplicatedLog>),
    ) -> Effects {
        self.ctx.begin(self.now);
        handler(&mut self.process, &mut self.ctx);
        self.ctx.finish().0.collect()
    }

    fn hears(&mut self, from: NodeId, message: Message) -> Effects {
        self.step(|process, ctx| process.on_message(ctx, from, message))
    }

    fn ask(&mut self, op: Op) -> Effects {
        self.tickets += 1;
        let (node, counter) = (self.ctx.id(), self.tickets);
        let ticket = Ticket { node, incarnation: self.ctx.incarnation(), counter };
        self.step(|process, ctx| process.on_request(ctx, ticket, op))
    }

    fn log(&mut self) -> Vec<String> {
        match replies(self.ask(Op::WHOLE_LOG)).remove(0) {
            Outcome::Messages { messages, .. } => {
                messages.into_iter().map(|logged| logged.message.to_string()).collect()
            }
            other => panic!("{other}"),
        }
    }
}

fn replies(effects: Effects) -> Vec<Outcome> {
    let reply = |effect| match effect {
        Effect::Reply { outcome, .. } => Some(outcome),
        _ => None,
    };
    effects.into_iter().filter_map(reply).collect()
}

fn sent(effects: Effects) -> Vec<Message> {
    let message = |effect| match effect {
        Effect::Send { message, .. } => Some(message),
        _ => None,
    };
    effects.into_iter().filter_map(message).collect()
}

fn entry(epoch: u64, text: &str) -> Arc<Entry> {
    Arc::new(Entry { epoch, id: format!("id-{text}").into(), message: text.into() })
}

fn append(text: &str, w: u32) -> Op {
    let w = conlab::process::Concern::Count(w);
    Op::Append { message: text.into(), id: Some(format!("id-{text}").into()), w, timeout: None }
}

fn have(epoch: u64, incarnation: u64, seq: u64) -> Message {
    Message::Have(Held { epoch, incarnation, seq })
}

#[test]
fn an_acknowledgement_of_an_earlier_life_or_epoch_counts_for_nothing() {
    let (mut master, _) = Server::start(MASTER, 3, 1);
    for text in ["a", "b"] {
        assert!(replies(master.ask(append(text, 2))).is_empty());
    }
    // n2 lives for the second time: what its first life has is gone, whenever its word of that arrives.
    let told = sent(master.hears(N2, have(0, 2, 0)));
    assert!(matches!(&told[..], [Message::Lead(Lead { incarnation: 2, .. })]), "{told:?}");
    assert!(replies(master.hears(N2, have(1, 1, 2))).is_empty());
    assert!(replies(master.hears(N2, have(0, 2, 2))).is_empty());
    assert_eq!(replies(master.hears(N2, have(1, 2, 1))).len(), 1);
    assert_eq!(replies(master.hears(N3, have(1, 1, 2))).len(), 1);
}

#[test]
fn who_says_that_it_has_more_than_there_is_is_not_believed() {
    let (mut master, _) = Server::start(MASTER, 2, 1);
    master.ask(append("a", 2));
    assert!(replies(master.hears(N2, have(1, 1, 2))).is_empty());
    assert!(replies(master.hears(NodeId(7), have(1, 1, 1))).is_empty());
    assert!(replies(master.hears(N2, Message::Heartbeat { epoch: 9, head: 9 })).is_empty());
    assert_eq!(replies(master.hears(N2, have(1, 1, 1))).len(), 1);
}

#[test]
fn a_secondary_shows_no_gap_and_nothing_twice() {
    let (mut secondary, _) = Server::start(N2, 2, 1);
    let part = |after, texts: &[&str]| Message::Append {
        epoch: 1,
        after,
        entries: texts.iter().map(|text| entry(1, text)).collect(),
    };
    secondary.hears(MASTER, part(0, &["a", "b"]));
    secondary.hears(MASTER, part(3, &["d", "e"]));
    assert_eq!(secondary.log(), ["a", "b"]);
    secondary.hears(MASTER, part(1, &["b"]));
    assert_eq!(secondary.log(), ["a", "b"]);
    let said = sent(secondary.hears(MASTER, part(1, &["b", "c"])));
    assert_eq!(secondary.log(), ["a", "b", "c", "d", "e"]);
    assert_eq!(said, [have(1, 1, 5)]);
}

#[test]
fn an_epoch_is_entered_by_its_lead_alone() {
    let (mut secondary, _) = Server::start(N2, 3, 1);
    let entries = vec![entry(1, "a"), entry(1, "b")];
    secondary.hears(MASTER, Message::Append { epoch: 1, after: 0, entries });
    let late = || Message::Append { epoch: 4, after: 1, entries: vec![entry(4, "c")] };
    assert_eq!(sent(secondary.hears(MASTER, late())), [have(1, 1, 2)]);
    assert_eq!(secondary.log(), ["a", "b"]);
    let runs = vec![Run { epoch: 1, first: 1 }, Run { epoch: 4, first: 2 }];
    let lead = |incarnation| {
        let runs = runs.clone();
        Message::Lead(Lead { epoch: 4, incarnation, base: 1, runs, head: 2 })
    };
    assert!(sent(secondary.hears(MASTER, lead(2))).is_empty(), "meant for another life");
    assert_eq!(sent(secondary.hears(MASTER, lead(1))), [have(4, 1, 1)]);
    assert_eq!(secondary.log(), ["a"]);
    secondary.hears(MASTER, late());
    secondary.hears(MASTER, Message::Append { epoch: 1, after: 2, entries: vec![entry(1, "x")] });
    assert_eq!(secondary.log(), ["a", "c"]);
}

#[test]
fn appends_are_refused_for_one_clear_reason_each() {
    let (mut master, _) = Server::start(MASTER, 3, 1);
    let (mut secondary, _) = Server::start(N2, 3, 1);
    let reason = |effects| match replies(effects).remove(0) {
        Outcome::Refused(reason) => reason.to_string(),
        other => panic!("{other}"),
    };
    let w = |w| append("a", w);
    assert_eq!(reason(master.ask(w(0))), "w is 0, and there are 3 servers; it may be 1 to 3");
    assert_eq!(reason(master.ask(w(4))), "w is 4, and there are 3 servers; it may be 1 to 3");
    let elsewhere = reason(secondary.ask(w(1)));
    assert_eq!(elsewhere, "this server is a secondary; append at the master, server 1");
    master.ask(w(1));
    let id = Some("id-a".into());
    let other = Op::Append { message: "b".into(), id, w: Default::default(), timeout: None };
    let taken = "the id id-a is that of another message, number 1 of the log";
    assert_eq!(reason(master.ask(other)), taken);
    let get = Op::Get { key: "x".into(), session: None };
    assert!(reason(master.ask(get)).contains("does not support get"));
}

#[test]
fn the_end_of_patience_says_how_many_have_the_message() {
    let (mut master, _) = Server::start(MASTER, 3, 1);
    let Op::Append { message, id, .. } = append("a", 2) else { return };
    let timeout = Some(Duration::from_millis(100));
    let w = conlab::process::Concern::Count(2);
    master.ask(Op::Append { message, id, w, timeout });
    master.now = Duration::from_millis(100);
    let late = replies(master.step(|process, ctx| process.on_timer(ctx, Timer::Deadline)));
    assert_eq!(late, [Outcome::Unknown(Reason::TooFewAcks { want: 2, got: 1 })]);
    assert_eq!(late[0].to_string(), "unknown: timed out waiting for 2 acknowledgements, got 1");
    assert_eq!(master.log(), ["a"]);
}

#[test]
fn a_master_without_memory_takes_the_latest_epoch_before_the_longest_log() {
    let (mut master, recall) = Server::start(MASTER, 3, 6);
    assert_eq!(sent(recall), [Message::Recall { epoch: 6 }]);
    let holding = |complete, seq| {
        let (incarnation, blank) = (1, false);
        Message::Holding(conlab::log::Holding { epoch: 6, incarnation, complete, seq, blank })
    };
    assert!(sent(master.hears(N2, holding(1, 9))).is_empty());
    assert_eq!(sent(master.hears(N3, holding(5, 1))), [Message::Fetch { epoch: 6, after: 0 }]);
    let entries = vec![entry(1, "a")];
    let fetched = Message::Fetched { epoch: 6, incarnation: 1, after: 0, entries };
    master.hears(N3, fetched);
    assert_eq!(master.log(), ["a"]);
}

#[test]
fn a_server_that_lacks_much_is_sent_it_at_a_steady_pace() {
    let (mut master, _) = Server::start(MASTER, 2, 1);
    for number in 0..20 * 1_024 {
        master.ask(append(&number.to_string(), 1));
    }
    let mut fires = |after_ms, timer| {
        master.now += Duration::from_millis(after_ms);
        let effects = master.step(|process, ctx| process.on_timer(ctx, timer));
        let armed =
            |effect: &Effect<_, _, _>| matches!(effect, Effect::Arm { timer: Timer::Batch, .. });
        (effects.iter().any(armed), sent(effects).len())
    };
    // A burst goes at once, then a batch each time that one is due; the last ends it.
    assert_eq!(fires(0, Timer::Ship), (true, 16));
    assert_eq!(fires(3, Timer::Ship), (false, 0));
    assert_eq!(fires(1, Timer::Batch), (true, 1));
    assert_eq!(fires(8, Timer::Batch), (true, 2));
    assert_eq!(fires(4, Timer::Batch), (false, 1));
}

#[test]
fn a_place_beyond_all_places_is_read_as_nothing() {
    for id in [MASTER, N2] {
        let (mut server, _) = Server::start(id, 2, 1);
        let nothing = Outcome::Messages { messages: Vec::new(), head: 0 };
        let asked = server.ask(Op::Messages { from: u64::MAX, limit: None });
        assert_eq!(replies(asked), [nothing]);
    }
    let (mut secondary, _) = Server::start(N2, 2, 1);
    for (after, messages) in
        [(u64::MAX - 1, 1), (u64::MAX - 1, 0), (u64::MAX - 2, 1), (u64::MAX, 0)]
    {
        let entries = vec![entry(1, "a"); messages];
        secondary.hears(MASTER, Message::Append { epoch: 1, after, entries });
        assert_eq!(secondary.log().len(), 0, "behind {after}");
    }
}
