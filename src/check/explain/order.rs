//! What the order of a model must be: linearizable, sequential, causal and causal-convergent.
//!
//! Real time or each process's own order, and reads-from, give the first steps. From them follow others. Where a read returned w, and
//! w' writes the same key: if w' comes before the read, it comes before w; if w comes before w', the read comes before w'. A read of
//! nothing comes before every write; a read of a list comes after what it shows, and before what it does not.
//!
//! In one order of everything, steps may rest on steps that were inferred. The causal models infer from the causal order alone: a read
//! may never have in its past what overwrites its value; under convergence a write in the past of a read comes before the one that it returned.

use super::facts::{Facts, Source, elements};
use super::graph::{Graph, Step};
use super::sentence;
use crate::check::{Edge, Model};
use crate::history::{Act, End, History, OpId};

/// What is wrong, and a circle of steps.
pub fn explain(facts: &Facts, model: Model) -> Option<(String, Vec<Edge>)> {
    if model == Model::Linearizable
        && let Some(told) = impossible(facts)
    {
        return Some(told);
    }
    let mut graph = first_steps(facts, model);
    let circle = match model {
        Model::Causal => in_the_past(facts, &mut graph),
        Model::CausalConvergent => {
            in_the_past(facts, &mut graph).or_else(|| one_order_of_writes(facts, &mut graph))
        }
        _ => one_order(facts, &mut graph),
    }?;
    Some((summary(facts, &circle, model), graph.told(&circle)))
}

/// The steps that are sure whatever was read.
pub fn sure(facts: &Facts, model: Model) -> Vec<Edge> {
    let mut graph = Graph::default();
    each_with_its_next(facts, model, &mut graph);
    reads(facts, &mut graph);
    graph.all()
}

fn before(history: &History, from: OpId, to: OpId) -> bool {
    history.operation(from).returned() < history.operation(to).invoked()
}

/// Real time or program order, and reads-from.
fn first_steps(facts: &Facts, model: Model) -> Graph {
    let mut graph = Graph::default();
    base(facts, model, |step, why| {
        graph.add(step, || why, Vec::new());
    });
    reads(facts, &mut graph);
    lists(facts, &mut graph);
    graph
}

/// The order that the model keeps: of all pairs.
fn base(facts: &Facts, model: Model, mut add: impl FnMut(Step, String)) {
    let history = facts.history;
    let counts = |id: &OpId| facts.live[*id as usize];
    for from in facts.ids().filter(counts) {
        for to in facts.ids().filter(counts) {
            let (first, then) = (history.operation(from), history.operation(to));
            if model == Model::Linearizable && before(history, from, to) {
                add((from, to), sentence::time(history, from, to));
            } else if model != Model::Linearizable && first.process() == then.process() && from < to
            {
                add((from, to), sentence::own(history, from, to));
            }
        }
    }
}

/// The same, only to what comes next: the rest follows.
fn each_with_its_next(facts: &Facts, model: Model, graph: &mut Graph) {
    let mut steps = Vec::new();
    base(facts, model, |step, why| steps.push((step, why)));
    let known: Vec<Step> = steps.iter().map(|(step, _)| *step).collect();
    let follows = |(from, to): Step| {
        known.iter().any(|&(first, middle)| first == from && known.contains(&(middle, to)))
    };
    for (step, why) in steps.into_iter().filter(|(step, _)| !follows(*step)) {
        graph.add(step, || why, Vec::new());
    }
}

fn reads(facts: &Facts, graph: &mut Graph) {
    for read in facts.ids() {
        if let Some(Source::Write(write)) = facts.source(read) {
            let why = || sentence::read_from(facts.history, write, read);
            graph.add((write, read), why, Vec::new());
        }
    }
}

/// What lists show of the order of appends.
pub fn lists(facts: &Facts, graph: &mut Graph) {
    let history = facts.history;
    for read in facts.ids() {
        let elements = elements(history, read).into_iter();
        let shown: Vec<OpId> = elements.filter_map(|element| facts.append(read, element)).collect();
        for pair in shown.windows(2) {
            graph.add((pair[0], pair[1]), || sentence::shown_before(history, read), Vec::new());
        }
        for &append in &shown {
            graph.add((append, read), || sentence::read_from(history, append, read), Vec::new());
        }
    }
}

/// A read that no write can explain in real time: each was overwritten before the read began, or had not begun when it ended.
fn impossible(facts: &Facts) -> Option<(String, Vec<Edge>)> {
    facts.ids().find_map(|read| {
        let mut graph = Graph::default();
        let mut summary = None;
        for source in &facts.sources[read as usize] {
            let (wrong, steps) = contradiction(facts, read, *source)?;
            summary = if summary.is_none() { Some(wrong) } else { Some(no_write(facts, read)) };
            for (step, why) in steps {
                graph.add(step, || why, Vec::new());
            }
        }
        Some((summary?, graph.all()))
    })
}

fn no_write(facts: &Facts, read: OpId) -> String {
    let (who, saw) = (sentence::process(facts.history, read), sentence::saw(facts.history, read));
    format!("{who} {saw}, which no write can have left there at that time")
}

/// Why a read cannot have seen this.
fn contradiction(
    facts: &Facts,
    read: OpId,
    source: Source,
) -> Option<(String, Vec<(Step, String)>)> {
    let history = facts.history;
    let time = |from, to| ((from, to), sentence::time(history, from, to));
    if let Source::Write(write) = source
        && before(history, read, write)
    {
        let seen = ((write, read), sentence::read_from(history, write, read));
        return Some((sentence::too_early(history, read, write), vec![time(read, write), seen]));
    }
    let after = |write: OpId| match source {
        Source::Start => true,
        Source::Write(source) => before(history, source, write),
    };
    let mut writes = facts.writes_beside(read);
    let write = writes.find(|&write| before(history, write, read) && after(write))?;
    Some(match source {
        Source::Start => {
            let initial = ((read, write), sentence::initial(history, read, write));
            (sentence::unseen(history, read, write), vec![time(write, read), initial])
        }
        Source::Write(source) => {
            let why = sentence::overwritten(history, read, source, write);
            let steps = vec![time(source, write), time(write, read), ((read, write), why)];
            (sentence::stale(history, read, write), steps)
        }
    })
}

/// One order of everything: infers until a circle shows or nothing is left to infer.
fn one_order(facts: &Facts, graph: &mut Graph) -> Option<Vec<Step>> {
    for read in facts.ids() {
        if facts.source(read) == Some(Source::Start) {
            for write in facts.writes_beside(read) {
                graph.add(
                    (read, write),
                    || sentence::initial(facts.history, read, write),
                    Vec::new(),
                );
            }
        }
    }
    values_before_nothing(facts, graph);
    unread_appends(facts, graph);
    loop {
        if let Some(circle) = graph.circle() {
            return Some(circle);
        }
        if !infer(facts, graph) {
            return None;
        }
    }
}

/// Who read a value, whichever write it is of, comes after who read the initial absence; if no delete can explain that.
fn values_before_nothing(facts: &Facts, graph: &mut Graph) {
    let history = facts.history;
    let sees_value = |&read: &OpId| {
        let sources = &facts.sources[read as usize];
        !sources.is_empty() && !sources.contains(&Source::Start)
    };
    for first in facts.ids().filter(|&read| facts.source(read) == Some(Source::Start)) {
        for read in facts.ids().filter(sees_value) {
            if history.operation(first).key() == history.operation(read).key() {
                let why = || sentence::before_any(history, first);
                graph.add((first, read), why, Vec::new());
            }
        }
    }
}

/// What a list does not show comes after the read.
fn unread_appends(facts: &Facts, graph: &mut Graph) {
    for (read, append) in not_shown(facts) {
        graph.add((read, append), || sentence::initial(facts.history, read, append), Vec::new());
    }
}

/// Every read of a list, with each append that it does not show.
fn not_shown(facts: &Facts) -> Vec<Step> {
    let history = facts.history;
    let looks = |id: &OpId| {
        let operation = history.operation(*id);
        operation.act() == Act::ReadList && operation.end() == End::Ok
    };
    let missing = |read: OpId| {
        let shown = elements(history, read);
        let appends = facts.writes_beside(read);
        let missing = move |append: &OpId| !shown.contains(&history.operation(*append).value());
        appends.filter(missing).map(move |append| (read, append))
    };
    facts.ids().filter(looks).flat_map(missing).collect()
}

/// Every read with the write that it saw, and each other write of its key.
fn triples(facts: &Facts) -> Vec<(OpId, OpId, OpId)> {
    let seen = facts.ids().filter_map(|read| match facts.source(read)? {
        Source::Write(source) => Some((read, source)),
        Source::Start => None,
    });
    let beside = |(read, source)| {
        let others = facts.writes_beside(read).filter(move |&write| write != source);
        others.map(move |write| (read, source, write))
    };
    seen.flat_map(beside).collect()
}

/// Infers what comes after reads; only if there is nothing more, what comes before what they returned.
fn infer(facts: &Facts, graph: &mut Graph) -> bool {
    let history = facts.history;
    let (triples, mut inferred) = (triples(facts), false);
    for &(read, source, write) in &triples {
        if let Some(way) = graph.path(source, write) {
            let why = || sentence::overwritten(history, read, source, write);
            inferred |= graph.add((read, write), why, way);
        }
    }
    if inferred {
        return true;
    }
    for &(read, source, write) in &triples {
        if let Some(way) = graph.path(write, read) {
            let why = || sentence::between(history, write, read);
            inferred |= graph.add((write, source), why, way);
        }
    }
    inferred
}

/// Causal order alone: a circle, or a read with a write in its past that it should have seen.
fn in_the_past(facts: &Facts, graph: &mut Graph) -> Option<Vec<Step>> {
    let history = facts.history;
    if let Some(circle) = graph.circle() {
        return Some(circle);
    }
    let nothing = facts.ids().filter(|&read| facts.source(read) == Some(Source::Start));
    let unseen = nothing.flat_map(|read| facts.writes_beside(read).map(move |write| (read, write)));
    for (read, write) in unseen.chain(not_shown(facts)) {
        if let Some(mut circle) = graph.path(write, read) {
            graph.add((read, write), || sentence::initial(history, read, write), Vec::new());
            circle.push((read, write));
            return Some(circle);
        }
    }
    for (read, source, write) in triples(facts) {
        if let (Some(way), Some(mut circle)) = (graph.path(source, write), graph.path(write, read))
        {
            graph.add((read, write), || sentence::overwritten(history, read, source, write), way);
            circle.push((read, write));
            return Some(circle);
        }
    }
    None
}

/// Convergence: the causal order, and what it says of the order of writes.
fn one_order_of_writes(facts: &Facts, graph: &mut Graph) -> Option<Vec<Step>> {
    let found: Vec<_> = triples(facts)
        .into_iter()
        .filter_map(|triple| Some((triple, graph.path(triple.2, triple.0)?)))
        .collect();
    for ((read, source, write), way) in found {
        graph.add((write, source), || sentence::between(facts.history, write, read), way);
    }
    graph.circle()
}

/// What a circle means, where it can be told from one of its steps.
fn summary(facts: &Facts, circle: &[Step], model: Model) -> String {
    let told = both_took(facts, circle)
        .or_else(|| circle.iter().find_map(|&step| came_late(facts, step)))
        .or_else(|| circle.iter().find_map(|&step| came_early(facts, step, circle)))
        .or_else(|| disagree(facts, circle));
    told.unwrap_or_else(|| super::nothing_fits(model))
}

fn both_took(facts: &Facts, circle: &[Step]) -> Option<String> {
    let &[(one, other), _] = circle else { return None };
    let cas = |id: OpId| facts.history.operation(id).act() == Act::Cas;
    let both = cas(one) && cas(other) && facts.source(one) == facts.source(other);
    both.then(|| sentence::both_took(facts.history, (one, other)))
}

/// A step from a read to a write that it should have seen, or to a read that saw a value already.
fn came_late(facts: &Facts, (read, write): Step) -> Option<String> {
    let history = facts.history;
    if not_shown(facts).contains(&(read, write)) {
        return Some(sentence::unseen(history, read, write));
    }
    let source = facts.source(read)?;
    if source == Source::Start && history.operation(write).act() == Act::Read {
        return Some(sentence::unseen_but_read(history, read, write));
    }
    let beside = facts.writes_beside(read).any(|beside| beside == write);
    let unrelated =
        source != Source::Write(write) && facts.source(write) != Some(Source::Write(read));
    (beside && unrelated).then(|| match source {
        Source::Start => sentence::unseen(history, read, write),
        Source::Write(_) => sentence::stale(history, read, write),
    })
}

/// A read that comes before what it returned.
fn came_early(facts: &Facts, (write, read): Step, circle: &[Step]) -> Option<String> {
    let seen = facts.source(read) == Some(Source::Write(write))
        || elements(facts.history, read).iter().any(|&one| facts.append(read, one) == Some(write));
    (seen && circle.len() == 2).then(|| sentence::too_early(facts.history, read, write))
}

/// Two writes that each come before the other.
fn disagree(facts: &Facts, circle: &[Step]) -> Option<String> {
    let &[(one, other), _] = circle else { return None };
    let writes = |id: OpId| !facts.history.operation(id).act().is_read();
    (writes(one) && writes(other)).then(|| sentence::disagree(facts.history, one, other))
}
