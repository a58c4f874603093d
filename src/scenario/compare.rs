//! The same scenario and seed under every system, side by side.

use super::report;
use super::simulated::Simulated;
use super::verdict::brief;
use super::{DEFAULT_SEED, Played, Scenario, ScenarioError, What, load};
use crate::systems::System;
use comfy_table::{ContentArrangement, Table, presets};
use std::path::Path;

/// Plays a scenario file under every system and shows each request's answer and wait, and each check's verdict: a column for
/// each system, a row for each request and check. What the file wants is not judged: it is written for one system.
///
/// # Errors
/// If the file cannot be read, a line is wrong, or a fault makes no sense.
pub fn compare_systems(path: &Path, seed: Option<u64>) -> Result<String, ScenarioError> {
    let mut scenario = load(path)?;
    let seed = seed.or(scenario.cluster.seed).unwrap_or(DEFAULT_SEED);
    let mut columns = Vec::new();
    for system in System::LEVELS {
        scenario.cluster.system = system;
        columns.push(system.visit(Simulated { scenario: &scenario, seed, record: None })?.1);
    }
    Ok(table(&scenario, seed, &columns))
}

fn table(scenario: &Scenario, seed: u64, columns: &[Played]) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table.set_content_arrangement(ContentArrangement::Disabled);
    let names = System::LEVELS.iter().map(|system| system.name().to_string());
    table.set_header(["line".to_string(), "request".to_string()].into_iter().chain(names));
    for line in &scenario.lines {
        let request = match &line.what {
            What::Request(_, request) => request.to_string(),
            What::Check(check) => format!("check {}", check.property),
            What::Fault(_) | What::Wait(_) => continue,
        };
        let cells = columns.iter().map(|column| cell(column, line.number));
        table.add_row([line.number.to_string(), request].into_iter().chain(cells));
    }
    let replay = report::replay(&scenario.path, &format!(" --system all --seed {seed}"));
    format!("{table}\n{} servers\nreplay: {replay}\n", scenario.cluster.servers)
}

/// What came of a line.
fn cell(played: &Played, line: usize) -> String {
    let ended = played.ended.iter().find(|one| one.line == line);
    let answer =
        ended.map(|one| format!("{}\n{:.2} ms", brief(&one.outcome), one.took.as_secs_f64() * 1e3));
    let checked = played.checked.iter().find(|one| one.line == line);
    let judgement = checked.map(|one| one.finding.judgement().to_string());
    answer.or(judgement).unwrap_or_default()
}
