//! The verdicts for a program.

use super::Times;
use crate::check::{Counterexample, Ladder, Model, Verdict};
use crate::history::{Operation, Reading, words};
use serde_json::{Value as Json, json};

/// The verdicts on one file.
pub fn of(name: &str, reading: &Reading, ladder: &Ladder, times: Times) -> Json {
    let history = &reading.history;
    let models: Vec<Json> =
        ladder.rungs.iter().map(|rung| verdict(rung.model, &rung.verdict)).collect();
    json!({
        "file": name,
        "format": reading.format.name(),
        "operations": history.len(),
        "processes": history.processes(),
        "keys": history.keys(),
        "left_out": reading.left_out,
        "read_ms": times.read.as_micros() as f64 / 1e3,
        "checked_ms": times.checked.as_micros() as f64 / 1e3,
        "models": models,
        "strongest_that_hold": names(&ladder.strongest_holding()),
        "weakest_that_break": names(&ladder.weakest_broken()),
    })
}

fn verdict(model: Model, verdict: &Verdict) -> Json {
    match verdict {
        Verdict::Valid => json!({ "model": model.name(), "verdict": "valid" }),
        Verdict::Unknown(reason) => {
            json!({ "model": model.name(), "verdict": "unknown", "reason": reason })
        }
        Verdict::Invalid(found) => json!({
            "model": model.name(),
            "verdict": "invalid",
            "reason": found.summary,
            "operations": found.history.operations().iter().map(|one| operation(found, one)).collect::<Vec<_>>(),
            "edges": found.edges.iter().map(|edge| json!({ "from": edge.from, "to": edge.to, "why": edge.why })).collect::<Vec<_>>(),
            "lines": found.lines(),
            "still_hold": names(&found.still_hold),
        }),
    }
}

fn operation(found: &Counterexample, operation: &Operation) -> Json {
    let history = &found.history;
    let lines: Vec<u32> =
        [Some(operation.invoked_line()), operation.ended_line()].into_iter().flatten().collect();
    json!({
        "process": history.process_name(operation.process()),
        "does": words::does(history, operation),
        "key": history.key_name(operation.key()),
        "ended": words::ended(operation.end()),
        "from_ns": history.timed().then_some(operation.invoked_time()),
        "to_ns": operation.ended_time().filter(|_| history.timed()),
        "from_event": operation.invoked(),
        "to_event": operation.ended(),
        "version": operation.version(),
        "lines": lines,
    })
}

fn names(models: &[Model]) -> Vec<&'static str> {
    models.iter().map(|model| model.name()).collect()
}
