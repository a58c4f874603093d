//! Messages, timers, records and faults, one claim each.

use super::*;

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
    assert_eq!((pages(&mut sim, N1).as_str(), diary), ("life 2, blank false", 2));
}

#[test]
fn of_a_write_under_way_some_is_there_after_a_crash_and_some_is_not() {
    let left = |seed| {
        let mut sim = Sim::new(settings(3, seed), diary, ());
        (0..3).for_each(|page: u32| _ = sim.request(N1, set("persist", &page.to_string())));
        sim.run_until(Duration::from_micros(900)); // the first is on disk, the others are under way
        fault(&mut sim, "kill 1");
        fault(&mut sim, "restart 1");
        sim.run_until(ms(3));
        sim.status(N1).expect("it runs").keys - 1 // one page says that it lives again
    };
    let found: std::collections::BTreeSet<u64> = (1..=30).map(left).collect();
    assert_eq!(found.into_iter().collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn a_server_restarted_with_its_memory_goes_on_where_it_was() {
    let mut sim = sim();
    sim.request(N1, set("later", ""));
    sim.request(N1, set("persist", "half way"));
    sim.run_until(Duration::from_micros(100));
    fault(&mut sim, "kill 1");
    let lost = "unknown: the connection broke before the answer came";
    assert_eq!([next(&mut sim).2, next(&mut sim).2], [lost, lost]);
    sim.request(N2, set("tell", "unheard"));
    sim.run_until(ms(20));
    fault(&mut sim, "restart 1 with memory");
    sim.run_until(ms(30));
    // No new life, and nothing was forgotten: what fell due meanwhile is done late, and what was sent meanwhile is lost.
    assert_eq!(pages(&mut sim, N1), "later at 20");
    sim.request(N1, set("persist", "more"));
    let answers: Vec<String> = std::iter::from_fn(|| sim.next_answer(ms(40)))
        .map(|answer| answer.outcome.to_string())
        .collect();
    assert_eq!(answers.last().map(String::as_str), Some("ok"));
    assert!(sim.fault("restart 1 with memory".parse().expect("it is a fault")).is_err());
    fault(&mut sim, "kill 1");
    fault(&mut sim, "restart 1");
    assert_eq!(pages(&mut sim, N1), "recovered more; life 2, blank false");
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
