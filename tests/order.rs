//! What the order does when a server is away and comes back: how many messages it takes, and that it comes back at all.

use conlab::process::{NodeId, Op, Step};
use conlab::sim::{Left, Observer, Settings, Sim};
use conlab::systems::{Eventual, Linearizable};
use std::time::Duration;

fn cluster() -> Sim<Linearizable> {
    Sim::new(Settings::new(3, 1), Linearizable::new, ())
}

fn fault(sim: &mut Sim<Linearizable>, text: &str) {
    let fault = text.parse().expect("it is a fault");
    sim.fault(fault).expect("it makes sense now");
}

fn pass(sim: &mut Sim<Linearizable>, ms: u64) {
    sim.run_until(sim.now() + Duration::from_millis(ms));
}

fn set(sim: &mut Sim<Linearizable>, key: &str, value: &str) {
    sim.request(NodeId(2), Op::Set { key: key.into(), value: value.into(), session: None });
    pass(sim, 5);
}

fn state(sim: &Sim<Linearizable>, server: u32) -> String {
    sim.status(NodeId(server)).expect("it runs").state
}

/// How many messages it takes until server 3 has its memory back, on links that repeat everything.
fn messages_of_a_catch_up(mut sim: Sim<Linearizable>) -> u64 {
    fault(&mut sim, "kill 3");
    fault(&mut sim, "duplicate all 100%");
    pass(&mut sim, 5_000);
    let before = sim.delivered();
    fault(&mut sim, "restart 3");
    pass(&mut sim, 1_000);
    assert_eq!(state(&sim, 3), "ready");
    sim.delivered() - before
}

#[test]
fn repeated_messages_do_not_multiply_while_rounds_are_sent() {
    let mut sim = cluster();
    let value = "v".repeat(1 << 20);
    (0..24).for_each(|_| set(&mut sim, "x", &value));
    let messages = messages_of_a_catch_up(sim);
    assert!(messages < 100, "{messages} messages for 4 answers");
}

#[test]
fn repeated_messages_do_not_multiply_while_a_snapshot_is_sent() {
    let mut sim = cluster();
    let value = "v".repeat(1 << 20);
    (0..24).for_each(|number| set(&mut sim, &format!("k{number}"), &value));
    (0..1_100).for_each(|_| set(&mut sim, "x", "1"));
    let messages = messages_of_a_catch_up(sim);
    assert!(messages < 100, "{messages} messages for 4 answers");
}

/// Whether server 3, away for a while, is in the view again within ten seconds of a load that never pauses.
fn returns_under_load(link: &str) -> bool {
    let mut sim = cluster();
    fault(&mut sim, &format!("slow 1-3 {link}"));
    fault(&mut sim, "pause 3");
    (0..1_000).for_each(|_| set(&mut sim, "x", "1"));
    assert_eq!(sim.status(NodeId(1)).map(|status| status.view.len()), Some(2));
    fault(&mut sim, "resume 3");
    for _ in 0..10_000 {
        sim.request(NodeId(2), Op::Set { key: "x".into(), value: "2".into(), session: None });
        pass(&mut sim, 1);
    }
    sim.status(NodeId(1)).is_some_and(|status| status.view.len() == 3)
}

#[test]
fn a_server_returns_under_load_though_its_link_is_slower_than_the_others() {
    for link in ["1ms", "2ms", "20ms", "200ms"] {
        assert!(returns_under_load(link), "with {link}");
    }
}

#[test]
fn a_server_too_slow_for_the_load_does_not_hold_it_up_again_and_again() {
    assert!(!returns_under_load("1500ms"));
}

/// Each look for what is to be sent again goes through all that waits, so there must be few of them.
#[test]
fn an_edge_that_is_cut_off_sends_again_in_few_batches() {
    let mut sim = Sim::new(Settings::new(3, 1), Eventual::new, Resends::default());
    sim.fault("cut 1-2".parse().expect("it is a fault")).expect("it makes sense now");
    for _ in 0..2_000 {
        sim.request(NodeId(2), Op::Set { key: "x".into(), value: "2".into(), session: None });
        sim.run_until(sim.now() + Duration::from_micros(100));
    }
    sim.run_until(Duration::from_secs(2));
    let resends = sim.into_observer().0;
    assert!((3..=60).contains(&resends), "{resends} messages sent again within 2 s");
}

/// How many messages were sent again.
#[derive(Default)]
struct Resends(usize);

impl Observer<Eventual> for Resends {
    fn ends(&mut self, _: Duration, _: NodeId, left: Left<'_, Eventual>) {
        self.0 += left.notes.iter().filter(|note| matches!(note, Step::Resent { .. })).count();
    }
}
