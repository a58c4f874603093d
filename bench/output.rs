//! What a person sees: tables, remarks, and which charts there are.

use super::results::{Results, Row};
use super::{latency, log, scale, staleness, table, throughput, wan};
use conlab::cli::Failure;
use conlab::plot::Figure;
use conlab::stats::median;
use std::io::{self, Write};

/// Writes a result to stdout.
pub fn result(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    Ok(out.write_all(format!("{}\n", text.trim_end()).as_bytes()).and_then(|()| out.flush())?)
}

/// Writes a remark to stderr. Whoever closed stderr does not want to know.
pub fn remark(text: &str) {
    let _ = io::stderr().lock().write_all(format!("{text}\n").as_bytes());
}

/// Says why the program ends early.
pub fn complain(failure: &Failure) {
    if !failure.text.is_empty() {
        remark(&format!("error: {}", failure.text));
    }
}

/// All tables that the results fill.
pub fn report(results: &Results) -> String {
    let tables = [
        table::rows(results, "latency", "Latency, one client"),
        table::reference(results),
        table::rows(results, "throughput", "Throughput"),
        table::rows(results, "scale", "Scale"),
        table::rows(results, "wan", "Five regions"),
        table::visibility(results),
        table::waiting(results),
        table::rows(results, "log", "Appends to the replicated log"),
        log::losses(results),
        log::catching_up(results),
        table::goals(results),
    ];
    let tables: Vec<String> = tables.into_iter().flatten().collect();
    tables.join("\n")
}

/// All charts that the results fill, by file name.
pub fn figures(results: &Results) -> Vec<(&'static str, Figure)> {
    let all = [
        latency::figures,
        throughput::figures,
        scale::figures,
        wan::figures,
        staleness::figures,
        log::figures,
    ];
    all.into_iter().flat_map(|figures| figures(results)).collect()
}

/// A chart's caption: what is particular to it, and what all charts of a run share.
pub fn caption(results: &Results, words: &str) -> String {
    let Results { seed, machine, versions, .. } = results;
    let (machine, version, commit) = (machine.short(), &versions.conlab, &versions.commit);
    format!("{words} Seed {seed}, {machine}, conlab {version} at {commit}.")
}

/// How often the rows were measured, for captions: `medians of 7 interleaved repetitions`.
pub fn repetitions(rows: &[&Row]) -> String {
    let most = rows.iter().map(|row| row.p50_us.len()).max().unwrap_or(1);
    format!("medians of {most} interleaved repetitions")
}

/// A row's latency as a multiple of its floor's: `1.2 ×`.
pub fn per_floor(row: &Row) -> Option<String> {
    median(&row.latency_ratio).map(|ratio| format!("{ratio:.2} ×"))
}
