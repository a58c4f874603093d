//! What observers see, and that it is the same every time.

use super::*;
use crate::process::{Effect, EffectOf};

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
    let settings = Settings { jitter: ms(3), ..settings(3, seed) };
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
    let mut sim = Sim::new(settings(1, 1), diary, Counts(Vec::new()));
    sim.request(N1, set("persist", "a"));
    sim.run_until(ms(1));
    assert_eq!(sim.observer().0, [(0, 0), (0, 1), (1, 0)]);
}
