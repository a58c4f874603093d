//! `demo`: this level's test case, live on the cluster that runs already.

use crate::cli::console;
use crate::cli::exit::{Exit, Failure};
use crate::cli::tape::Tape;
use crate::faults::{Fault, Link};
use crate::net::{ClusterInfo, Connections, Controller};
use crate::process::{Key, NodeId, Op};
use crate::scenario::grammar::Verb;
use crate::scenario::{Scenario, What, judge, play_live};
use crate::systems::System;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// What each level shows; where two show the same, the first for which there are servers enough is played.
const DEMOS: [(System, &str); 6] = [
    (
        System::Linearizable,
        include_str!("../../../test-cases/linearizable/one_order_everywhere.scn"),
    ),
    (
        System::Sequential,
        include_str!("../../../test-cases/sequential/local_read_answers_at_once.scn"),
    ),
    (System::Causal, include_str!("../../../test-cases/causal/blocked_read.scn")),
    (System::Causal, include_str!("../../../test-cases/causal/blocked_read_among_three.scn")),
    (
        System::Eventual,
        include_str!("../../../test-cases/eventual/answered_at_once_seen_later.scn"),
    ),
    (
        System::ReplicatedLog,
        include_str!(
            "../../../test-cases/replicated-log/each_append_waits_for_its_own_concern.scn"
        ),
    ),
];

/// The clients of a demo are others than the shell's of the same name.
const CLIENTS: &str = "demo ";

/// A delete that was answered has reached every server by then, on links that nothing slows.
const SETTLED: Duration = Duration::from_millis(200);

/// Plays the test case, and leaves every link healed.
pub async fn play(controller: Arc<Controller>, tape: Option<Tape>) -> Result<(), Failure> {
    let scenario = Arc::new(chosen(&controller)?);
    all_run(&controller.info())?;
    console::remark(&warning(&scenario));
    let claim = scenario.script.lines().next().unwrap_or_default();
    console::plain_remark(claim);
    fault(&controller, Fault::Heal(Link::All)).await?;
    forget(&controller, &scenario, tape.as_ref()).await?;
    fault(&controller, Fault::Slow(Link::All, scenario.cluster.link)).await?;
    let tell = Box::new(|text: &str| console::remark(text));
    let record = tape.map(|tape| tape.record(CLIENTS));
    let played = play_live(scenario.clone(), controller.clone(), tell, record).await;
    fault(&controller, Fault::Heal(Link::All)).await?;
    let played = played.map_err(|error| Failure::unavailable(error.to_string()))?;
    let judged = judge(&scenario, &played, false);
    console::plain_remark(judged.to_string().trim_end());
    match judged.failed.first() {
        None => Ok(()),
        Some(failed) => Err(Failure { exit: Exit::No, text: failed.clone() }),
    }
}

fn chosen(controller: &Controller) -> Result<Scenario, Failure> {
    let info = controller.info();
    let servers = info.servers.len() as u32;
    let mut least = u32::MAX;
    for (_, text) in DEMOS.iter().filter(|(system, _)| *system == info.system) {
        let scenario = Scenario::parse("demo", text);
        let scenario = scenario.map_err(|error| Failure::internal(error.to_string()))?;
        if scenario.cluster.servers <= servers {
            return Ok(scenario);
        }
        least = least.min(scenario.cluster.servers);
    }
    Err(Failure::usage(match least {
        u32::MAX => format!("there is no demo of {} yet", info.system),
        least => format!("the demo needs {least} servers; start with conlab --servers {least}"),
    }))
}

/// A server that is down or paused would change what the demo shows.
fn all_run(info: &ClusterInfo) -> Result<(), Failure> {
    let Some(server) = info.servers.iter().find(|server| server.state != "running") else {
        return Ok(());
    };
    let first = match server.state.as_str() {
        "paused" => "resume",
        "starting" => "wait for",
        _ => "restart",
    };
    let id = server.id.0;
    Err(Failure::unavailable(format!("{first} {id} first; demo needs every server")))
}

/// What the demo overwrites.
fn warning(scenario: &Scenario) -> String {
    if scenario.cluster.system.is_log() {
        return "demo adds messages to the log".to_string();
    }
    let keys: Vec<String> = keys(scenario).iter().map(|key| key.to_string()).collect();
    let holds = if keys.len() == 1 { "it holds" } else { "they hold" };
    format!("demo uses {}: what {holds} is lost", keys.join(", "))
}

async fn fault(controller: &Controller, fault: Fault) -> Result<(), Failure> {
    Ok(controller.fault(fault).await?)
}

/// Deletes the test case's variables: it begins with none.
async fn forget(
    controller: &Controller,
    scenario: &Scenario,
    tape: Option<&Tape>,
) -> Result<(), Failure> {
    let info = controller.info();
    let first = info.server(NodeId(1)).map(|server| server.address.to_string()).unwrap_or_default();
    let connections = Connections::default();
    for key in keys(scenario) {
        let op = Op::Delete { key, session: None };
        let call = connections.call(&first, info.request_timeout(), &op);
        let answer = match tape {
            Some(tape) => tape.call(CLIENTS, &op, Some(NodeId(1)), call).await,
            None => call.await,
        };
        answer.map_err(|failure| crate::cli::answer::failed(&failure))?;
    }
    tokio::time::sleep(SETTLED).await;
    Ok(())
}

fn keys(scenario: &Scenario) -> BTreeSet<Key> {
    let requests = scenario.lines.iter().filter_map(|line| match &line.what {
        What::Request(_, request) => Some(&request.op),
        _ => None,
    });
    let keys = requests.filter_map(|verb| match verb {
        Verb::Set { key, .. } | Verb::Get { key } | Verb::Delete { key } => Some(key.clone()),
        Verb::All | Verb::Append { .. } | Verb::Messages { .. } => None,
    });
    keys.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_has_a_demo_for_three_servers() {
        for system in System::ALL {
            let mut texts = DEMOS.iter().filter(|(of, _)| *of == system).map(|(_, text)| text);
            let fits = |text: &&str| {
                let scenario = Scenario::parse("demo", text).expect("it is well formed");
                scenario.cluster.system == system && scenario.cluster.servers <= 3
            };
            assert!(texts.any(fits), "{system}");
        }
    }
}
