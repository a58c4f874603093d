//! Why a few operations cannot be put in order, in words.
//!
//! The few operations of a counterexample are put in order once more, slowly: each edge keeps its reason as a sentence, and the
//! shortest circle of edges is the explanation. Where values do not tell which write was read, no circle may show it: then the
//! explanation is what must come before what, and that no order of it fits.

mod graph;
mod words;

use super::reads_from::{Unresolved, resolve, resolve_by_value};
use super::{Edge, Model};
use crate::history::{Act, End, History, OpId};
use graph::Graph;
use words::{did, object};

/// Beyond this, shrinking was cut short, and a circle would tell nobody anything.
const MOST: usize = 64;

/// A sentence, and a cycle of reasons where there is one.
pub fn explain(history: &History, model: Model) -> (String, Vec<Edge>) {
    match model {
        Model::Eventual => (quiet(history), Vec::new()),
        model if model.is_session() => (session(history, model), steps(history)),
        model => order(history, model),
    }
}

fn order(history: &History, model: Model) -> (String, Vec<Edge>) {
    let found = match model {
        Model::Linearizable | Model::Sequential => resolve_by_value(history),
        _ => resolve(history),
    };
    let generic = || format!("no order of these operations is {model}");
    if history.len() > MOST {
        return (generic(), Vec::new());
    }
    match found {
        Ok(reads_from) => {
            let mut graph = Graph::new(history, model, Some(&reads_from));
            match graph.circle() {
                Some(circle) => circle,
                None => (generic(), graph.known()),
            }
        }
        Err(Unresolved::Wrong(few)) => (unwritten(history, &few), Vec::new()),
        Err(Unresolved::Unclear(_)) => (generic(), Graph::new(history, model, None).known()),
    }
}

/// What was read and cannot have been.
fn unwritten(history: &History, few: &[OpId]) -> String {
    let reader = few.last().copied().unwrap_or_default();
    let operation = history.operation(reader);
    if few.len() > 1 && operation.act() == Act::ReadList {
        return format!("{}: an element stands in it twice", did(history, reader));
    }
    if few.len() > 1 {
        return format!("{} under a version that another value has", did(history, reader));
    }
    match operation.act() {
        Act::Cas => format!("{}, but nobody wrote what it found", did(history, reader)),
        Act::ReadList => format!("{}: an element of it was not appended", did(history, reader)),
        _ => format!("{}, which nobody wrote", did(history, reader)),
    }
}

/// What a session guarantee forbids.
fn session(history: &History, model: Model) -> String {
    if let Err(Unresolved::Wrong(few)) = resolve(history) {
        return unwritten(history, &few);
    }
    let why = match model {
        Model::ReadYourWrites => "a process read something older than what it had written",
        Model::MonotonicReads => "a process read something older than what it had read before",
        Model::MonotonicWrites => "a process's write was ordered before its own earlier one",
        _ => "a process's write was ordered before what the process had read",
    };
    why.to_string()
}

/// What each process did one after another, with the versions.
fn steps(history: &History) -> Vec<Edge> {
    let mut edges: Vec<Edge> = Vec::new();
    let ids = 0..history.len() as OpId;
    for to in ids.clone() {
        let [process, key] = [history.operation(to).process().0, history.operation(to).key().0];
        let before = ids.clone().take(to as usize).rfind(|&id| {
            let other = history.operation(id);
            [other.process().0, other.key().0] == [process, key]
        });
        let version = |id: OpId| {
            let version = history.operation(id).version();
            version.map_or(String::new(), |version| format!(" (version {version})"))
        };
        if let Some(from) = before {
            let (first, then) = (did(history, from), did(history, to));
            let why = format!("{first}{}; then {then}{}", version(from), version(to));
            edges.push(Edge { from, to, why });
        }
    }
    edges
}

/// What is wrong with the final reads.
fn quiet(history: &History) -> String {
    let finals = || history.operations().iter().filter(|o| o.is_final() && o.end() == End::Ok);
    let Some(read) = finals().next() else { return "no final read fits".to_string() };
    let name = object(history, read);
    let differ = finals().any(|other| other.value() != read.value());
    let shown = match read.act() {
        Act::ReadList => history.list_texts(read.list()).join(", "),
        _ => history.value_text(read.value()).to_string(),
    };
    if differ {
        return format!("final reads of {name} differ");
    }
    if read.value().0 == 0 {
        return format!(
            "a final read of {name} found nothing, though a write of it was acknowledged"
        );
    }
    format!("a final read of {name} returned {shown}, which nobody wrote")
}
