//! The verdicts as a person reads them: a ladder, and the reason why the weakest broken models break.

use super::{Times, read_as, words};
use crate::check::{Counterexample, Ladder, Model, Rung, Verdict};
use crate::cli::console::took;
use crate::history::{OpId, Reading};
use std::fmt::Write;

/// The report on one file.
pub fn of(name: &str, reading: &Reading, ladder: &Ladder, times: Times) -> String {
    let (read, checked) = (took(times.read), took(times.checked));
    let mut text =
        format!("{name}: {}; read in {read}, checked in {checked}\n\n", read_as(reading));
    for rung in &ladder.rungs {
        let _ = writeln!(text, "{}", line(rung).trim_end());
    }
    let (holds, breaks) = (ladder.strongest_holding(), ladder.weakest_broken());
    if ladder.rungs.len() > 1 {
        let _ = writeln!(text, "\nstrongest that hold: {}", names(&holds));
        let _ = writeln!(text, "weakest that break:  {}", names(&breaks));
    }
    let weakest = ladder.rungs.iter().filter(|rung| breaks.contains(&rung.model));
    for found in weakest.filter_map(|rung| rung.verdict.counterexample()) {
        text.push_str(&counterexample(found));
    }
    text
}

fn line(rung: &Rung) -> String {
    let (sign, reason) = match &rung.verdict {
        Verdict::Valid => ('✓', ""),
        Verdict::Invalid(found) => ('✗', found.summary.as_str()),
        Verdict::Unknown(reason) => ('?', reason.as_str()),
    };
    format!("{sign} {:<20} {reason}", rung.model.name())
}

/// Names of models in a row.
pub fn names(models: &[Model]) -> String {
    let names: Vec<&str> = models.iter().map(|model| model.name()).collect();
    if names.is_empty() { "none".to_string() } else { names.join(", ") }
}

/// The operations, each with its letter, and why they cannot be put in order.
fn counterexample(found: &Counterexample) -> String {
    let mut text = format!("\nnot {}: {}\n\n", found.model, found.summary);
    let history = &found.history;
    let first = history.operations().iter().map(|one| one.invoked_time()).min().unwrap_or_default();
    let mut rows =
        vec![["", "process", "operation", "ended", "from", "to", "lines"].map(str::to_string)];
    for (id, operation) in (0..).zip(history.operations()) {
        let since = |time: u64| words::after(time.saturating_sub(first));
        let last = operation.ended_line().map_or(String::new(), |line| format!(", {line}"));
        rows.push([
            letter(id),
            history.process_name(operation.process()).to_string(),
            words::does(history, operation),
            words::ended(operation.end()).to_string(),
            since(operation.invoked_time()),
            operation.ended_time().map_or("?".to_string(), since),
            format!("{}{last}", operation.invoked_line()),
        ]);
    }
    text.push_str(&table(&rows));
    if !found.edges.is_empty() {
        text.push('\n');
    }
    for edge in &found.edges {
        let _ = writeln!(text, "  {} → {}  {}", letter(edge.from), letter(edge.to), edge.why);
    }
    if !found.still_hold.is_empty() {
        let _ = writeln!(text, "\n  still hold: {}", names(&found.still_hold));
    }
    text
}

/// `a` for the first operation, `b` for the second, `a1` for the 27th.
pub fn letter(id: OpId) -> String {
    let letter = char::from(b'a' + (id % 26) as u8);
    if id < 26 { letter.to_string() } else { format!("{letter}{}", id / 26) }
}

/// Rows under each other, two spaces between their columns.
pub fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let width =
        |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..N).map(width).collect();
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        format!("  {}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}
