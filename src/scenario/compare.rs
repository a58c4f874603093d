//! The same scenario and seed under every system, side by side.

use super::report;
use super::simulated::Simulated;
use super::verdict::brief;
use super::{DEFAULT_SEED, Ended, Scenario, ScenarioError, load};
use crate::systems::System;
use comfy_table::{ContentArrangement, Table, presets};
use std::path::Path;

/// Plays a scenario file under every system and shows each request's answer and wait: a column for each system, a row
/// for each request. What the file wants is not judged: it is written for one system.
///
/// # Errors
/// If the file cannot be read, a line is wrong, or a fault makes no sense.
pub fn compare_systems(path: &Path, seed: Option<u64>) -> Result<String, ScenarioError> {
    let mut scenario = load(path)?;
    let seed = seed.or(scenario.cluster.seed).unwrap_or(DEFAULT_SEED);
    let mut columns = Vec::new();
    for system in System::ALL {
        scenario.cluster.system = system;
        columns.push(system.visit(Simulated { scenario: &scenario, seed, record: None })?.ended);
    }
    Ok(table(&scenario, seed, &columns))
}

fn table(scenario: &Scenario, seed: u64, columns: &[Vec<Ended>]) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table.set_content_arrangement(ContentArrangement::Disabled);
    let names = System::ALL.iter().map(|system| system.name().to_string());
    table.set_header(["line".to_string(), "request".to_string()].into_iter().chain(names));
    let requests = columns.first().map(Vec::as_slice).unwrap_or_default();
    for (index, request) in requests.iter().enumerate() {
        let cells = columns.iter().map(|column| column.get(index).map(cell).unwrap_or_default());
        let request = [request.line.to_string(), request.request.to_string()];
        table.add_row(request.into_iter().chain(cells));
    }
    let replay = report::replay(&scenario.path, &format!(" --system all --seed {seed}"));
    format!("{table}\n{} servers\nreplay: {replay}\n", scenario.cluster.servers)
}

fn cell(ended: &Ended) -> String {
    format!("{}\n{:.2} ms", brief(&ended.outcome), ended.took.as_secs_f64() * 1e3)
}
