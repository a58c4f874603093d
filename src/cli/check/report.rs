//! The verdicts as a person reads them: a ladder, and the reason why the weakest broken models break.

use super::{Times, read_as};
use crate::check::{Counterexample, Ladder, Rung, Verdict, names};
use crate::cli::console::took;
use crate::history::Reading;
use std::fmt::Write;

/// The report on one file.
pub fn of(name: &str, reading: &Reading, ladder: &Ladder, times: Times) -> String {
    let (read, checked) = (took(times.read), took(times.checked));
    let mut text =
        format!("{name}: {}; read in {read}, checked in {checked}\n\n", read_as(reading));
    let mut above = "";
    for rung in &ladder.rungs {
        let reason = reason(rung);
        let shown = if reason == above && !reason.is_empty() { "the same" } else { reason };
        above = reason;
        let _ = writeln!(
            text,
            "{}",
            format!("{} {:<20} {shown}", sign(rung), rung.model.name()).trim_end()
        );
    }
    let (holds, breaks) = (ladder.strongest_holding(), ladder.weakest_broken());
    if ladder.rungs.len() > 1 {
        let _ = writeln!(text, "\nstrongest that hold: {}", names(&holds));
        let _ = writeln!(text, "weakest that break:  {}", names(&breaks));
    }
    let weakest = ladder.rungs.iter().filter(|rung| breaks.contains(&rung.model));
    let mut shown: Vec<&Counterexample> = Vec::new();
    for found in weakest.filter_map(|rung| rung.verdict.counterexample()) {
        let _ = match shown.iter().find(|earlier| alike(earlier, found)) {
            Some(earlier) => writeln!(text, "\nnot {}: as not {}", found.model, earlier.model),
            None => write!(text, "\n{found}"),
        };
        shown.push(found);
    }
    text
}

/// The same operations, for the same reasons.
fn alike(one: &Counterexample, other: &Counterexample) -> bool {
    one.history.operations() == other.history.operations() && one.edges == other.edges
}

fn sign(rung: &Rung) -> char {
    match rung.verdict {
        Verdict::Valid => '✓',
        Verdict::Invalid(_) => '✗',
        Verdict::Unknown(_) => '?',
    }
}

/// Why it does not hold, or why nobody knows.
fn reason(rung: &Rung) -> &str {
    match &rung.verdict {
        Verdict::Valid => "",
        Verdict::Invalid(found) => &found.summary,
        Verdict::Unknown(reason) => reason,
    }
}
