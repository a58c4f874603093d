//! What a server does with messages that no correct peer sends, or that speak of a time long gone: nothing.

use conlab::order::{Entry, Message, Round};
use conlab::process::{
    Action, Ctx, Effect, NodeId, Op, Outcome, Process, Reason, Replication, Start, Ticket, Timing,
    Triple,
};
use conlab::random::Random;
use conlab::systems::Linearizable;
use std::sync::Arc;
use std::time::Duration;

const N1: NodeId = NodeId(1);
const N2: NodeId = NodeId(2);
const N3: NodeId = NodeId(3);

type Effects = Vec<Effect<Message, conlab::order::Timer, conlab::process::Nothing>>;

/// One server, driven by hand.
struct Server {
    process: Linearizable,
    ctx: Ctx<Linearizable>,
}

impl Server {
    fn new(id: NodeId, incarnation: u64) -> Self {
        let start = Start {
            id,
            servers: 3,
            incarnation,
            blank: incarnation > 1,
            cluster: "c".to_string(),
            timing: Timing::default(),
            replication: Replication::default(),
            defect: None,
        };
        let mut server = Server {
            process: Linearizable::new(&start),
            ctx: Ctx::new(id, incarnation, Random::new(1)),
        };
        server.process.on_start(&mut server.ctx);
        server.left();
        server
    }

    fn left(&mut self) -> Effects {
        self.ctx.finish().0.collect()
    }

    fn hears(&mut self, from: NodeId, message: Message) -> Effects {
        self.process.on_message(&mut self.ctx, from, message);
        self.left()
    }

    fn asked(&mut self, counter: u64) -> Effects {
        let op = Op::Set { key: "x".into(), value: "1".into(), session: None };
        let ticket = ticket(self.ctx.id(), counter);
        self.process.on_request(&mut self.ctx, ticket, op);
        self.left()
    }

    fn due(&mut self, timer: conlab::order::Timer) -> Effects {
        self.ctx.begin(self.ctx.now() + Duration::from_millis(1));
        self.process.on_timer(&mut self.ctx, timer);
        self.left()
    }
}

fn ticket(node: NodeId, counter: u64) -> Ticket {
    Ticket { node, incarnation: 1, counter }
}

fn entry(ticket: Ticket, action: Action, key: &str) -> Entry {
    let value = (action == Action::Set).then(|| "2".into());
    let triple = Triple { action, key: Some(key.into()), value };
    Entry { ticket, epoch: 1, settled: 1, triple, seen: None }
}

fn replies(effects: &Effects) -> usize {
    effects.iter().filter(|effect| matches!(effect, Effect::Reply { .. })).count()
}

fn refusals(effects: &Effects) -> usize {
    let refused = |effect: &&Effect<_, _, _>| {
        matches!(effect, Effect::Send { message: Message::Refused { .. }, .. })
    };
    effects.iter().filter(refused).count()
}

/// A primary whose own request is in the round that holds the lock.
fn primary_with_an_open_round() -> Server {
    let mut primary = Server::new(N1, 1);
    primary.asked(1);
    primary.due(conlab::order::Timer::Round);
    primary
}

#[test]
fn nobody_tells_the_primary_that_its_round_is_done() {
    let mut primary = primary_with_an_open_round();
    assert_eq!(replies(&primary.hears(N2, Message::Done { epoch: 1, number: 1 })), 0);
    let ack = Message::Ack { epoch: 1, number: 1, incarnation: 1 };
    // Delivered, for another memory holds it; but server 3 has not acknowledged it.
    assert_eq!(replies(&primary.hears(N2, ack.clone())), 0);
    assert_eq!(replies(&primary.hears(N3, ack)), 1);
}

#[test]
fn nobody_refuses_what_the_primary_has_ordered() {
    let mut primary = primary_with_an_open_round();
    let refused = Message::Refused { epoch: 1, ticket: ticket(N1, 1), reason: Reason::NoMajority };
    assert_eq!(replies(&primary.hears(N2, refused)), 0);
}

#[test]
fn a_server_that_does_not_lead_refuses_nothing() {
    let mut backup = Server::new(N2, 1);
    let entries = vec![entry(ticket(N1, 1), Action::Set, "x")];
    assert_eq!(refusals(&backup.hears(N1, Message::Submit { epoch: 1, entries })), 0);
}

/// It has ordered the write, and others may have delivered it: to refuse a copy of it would be false.
#[test]
fn a_deposed_primary_refuses_nothing() {
    let mut primary = Server::new(N1, 1);
    let submit =
        Message::Submit { epoch: 1, entries: vec![entry(ticket(N2, 1), Action::Set, "x")] };
    primary.hears(N2, submit.clone());
    primary.due(conlab::order::Timer::Round);
    primary.hears(N3, Message::Ack { epoch: 2, number: 0, incarnation: 1 });
    assert_eq!(refusals(&primary.hears(N2, submit)), 0);
}

#[test]
fn a_peer_submits_only_what_its_own_clients_ask() {
    let mut primary = Server::new(N1, 1);
    let entries = vec![entry(ticket(N3, 1), Action::Set, "x")];
    primary.hears(N2, Message::Submit { epoch: 1, entries });
    assert_eq!(primary.process.status().queue, 0);
}

/// A round that no peer accepts would hold the lock for ever.
#[test]
fn what_fits_into_no_round_is_refused_whatever_it_does() {
    for action in [Action::Set, Action::Delete, Action::Get] {
        let mut primary = Server::new(N1, 1);
        let entries = vec![entry(ticket(N2, 1), action, &"k".repeat(20 << 20))];
        let effects = primary.hears(N2, Message::Submit { epoch: 1, entries });
        assert_eq!((refusals(&effects), primary.process.status().queue), (1, 0), "{action:?}");
    }
}

#[test]
fn a_round_that_does_not_follow_is_not_delivered() {
    let mut backup = Server::new(N2, 1);
    let entries = vec![entry(ticket(N3, 1), Action::Set, "x")];
    let round = Arc::new(Round { epoch: 1, number: 1, base: u64::MAX, entries });
    backup.hears(N1, Message::Broadcast { round, done: 0 });
    assert_eq!(backup.process.status().rounds, 0);
}

/// Whatever a peer says of numbers, nobody panics and every request still ends.
#[test]
fn extreme_numbers_do_no_harm() {
    let most = u64::MAX;
    let pull = |after: u64| {
        let text =
            format!(r#"{{"Pull":{{"incarnation":1,"after":{after},"snapshot":[{most},{most}]}}}}"#);
        serde_json::from_str::<Message>(&text).expect("it is the wire form")
    };
    let snapshot = format!(
        r#"{{"Snapshot":{{"epoch":1,"incarnation":2,"place":{{"epoch":1,"number":{most},"counter":{most},"starts":{{}}}},"from":0,"items":[],"last":true,"head":{most}}}}}"#
    );
    let mut blank = Server::new(N2, 2);
    blank.hears(N1, serde_json::from_str(&snapshot).expect("it is the wire form"));
    blank.hears(N1, Message::Probe { epoch: 1, head: most });
    assert_eq!(blank.process.status().state, "blank");

    let mut primary = primary_with_an_open_round();
    for message in [pull(most), pull(0), Message::Ack { epoch: 1, number: most, incarnation: 1 }] {
        primary.hears(N2, message);
    }
    let odd = Ticket { node: N2, incarnation: most, counter: most };
    let odd = Entry { settled: most, epoch: most, ..entry(odd, Action::Set, "x") };
    primary.hears(N2, Message::Submit { epoch: 1, entries: vec![odd] });
    primary.ctx.begin(Duration::from_secs(60));
    primary.process.on_timer(&mut primary.ctx, conlab::order::Timer::Deadline);
    let ended = primary.left().into_iter().any(|effect| {
        matches!(effect, Effect::Reply { outcome: Outcome::Unknown(_) | Outcome::Set { .. }, .. })
    });
    assert!(ended, "the client still waits");
}
