//! What a process may expect of itself: that it does not go back on a key.
//!
//! Two operations of one process, on one key, are bound by a duty: the later must not show or make an older write than the earlier. With
//! versions two operations are enough to break it. Without, a duty says in which order two writes stand, and it breaks in a circle.

use super::facts::{Facts, Source, elements};
use super::graph::{Graph, Step};
use super::order;
use super::sentence;
use crate::check::{Edge, Model};
use crate::history::{Act, End, OpId};

/// What is wrong, and a circle of steps.
pub fn explain(facts: &Facts, model: Model) -> Option<(String, Vec<Edge>)> {
    let duties = duties(facts, model);
    let broken = duties.iter().find(|&&duty| goes_back(facts, duty));
    match broken {
        Some(&(first, then)) => Some(plain(facts, (first, then))),
        None => circle(facts, &duties),
    }
}

/// Pairs of operations of one process and key that the model binds.
fn duties(facts: &Facts, model: Model) -> Vec<Step> {
    let history = facts.history;
    let reads = |id: OpId| history.operation(id).act().is_read();
    let (first_reads, then_reads) = match model {
        Model::ReadYourWrites => (false, true),
        Model::MonotonicReads => (true, true),
        Model::MonotonicWrites => (false, false),
        _ => (true, false),
    };
    let pairs = facts
        .ids()
        .flat_map(|first| (first + 1..facts.history.len() as OpId).map(move |then| (first, then)));
    let bound = |&(first, then): &Step| {
        let (one, other) = (history.operation(first), history.operation(then));
        let same = one.process() == other.process() && one.key() == other.key();
        let took = facts.live[first as usize] && facts.live[then as usize];
        same && took && reads(first) == first_reads && reads(then) == then_reads
    };
    pairs.filter(bound).collect()
}

/// The version that an operation shows or made; of a write that does not say, what its readers say.
fn version(facts: &Facts, id: OpId) -> Option<u64> {
    let own = |id: OpId| facts.history.operation(id).version();
    let made = |write: OpId| {
        let mut readers =
            facts.ids().filter(|&read| facts.source(read) == Some(Source::Write(write)));
        own(write).or_else(|| readers.find_map(own))
    };
    own(id).or_else(|| match write_of(facts, id)? {
        Source::Start => Some(0),
        Source::Write(write) => made(write),
    })
}

/// The write that an operation shows, or is.
fn write_of(facts: &Facts, id: OpId) -> Option<Source> {
    match facts.history.operation(id).act() {
        Act::Read => facts.source(id),
        Act::ReadList => Some(match elements(facts.history, id).last() {
            Some(&last) => Source::Write(facts.append(id, last)?),
            None => Source::Start,
        }),
        _ => Some(Source::Write(id)),
    }
}

fn goes_back(facts: &Facts, (first, then): Step) -> bool {
    let writes = !facts.history.operation(then).act().is_read();
    match (version(facts, first), version(facts, then)) {
        (Some(one), Some(other)) => other < one || writes && other == one,
        _ if write_of(facts, first) == Some(Source::Write(then)) => true,
        _ => {
            write_of(facts, then) == Some(Source::Start)
                && write_of(facts, first).is_some_and(|write| write != Source::Start)
        }
    }
}

/// Two operations of which the second is older than the first.
fn plain(facts: &Facts, (first, then): Step) -> (String, Vec<Edge>) {
    let history = facts.history;
    let versions = (version(facts, first), version(facts, then));
    let (summary, why) = match versions {
        (Some(one), Some(other)) => (
            sentence::in_turn(history, (first, Some(one)), (then, Some(other))),
            sentence::older(other, one),
        ),
        _ if write_of(facts, first) == Some(Source::Write(then)) => {
            (sentence::too_early(history, first, then), sentence::read_from(history, then, first))
        }
        _ => (
            sentence::in_turn(history, (first, None), (then, None)),
            sentence::before_any(history, then),
        ),
    };
    let edges = vec![
        Edge { from: first, to: then, why: sentence::own(history, first, then) },
        Edge { from: then, to: first, why },
    ];
    (summary, edges)
}

/// The order of writes that duties, versions and lists ask for leads back to where it began.
fn circle(facts: &Facts, duties: &[Step]) -> Option<(String, Vec<Edge>)> {
    let history = facts.history;
    let mut graph = Graph::default();
    order::lists(facts, &mut graph);
    for &(first, then) in duties {
        if let (Some(Source::Write(one)), Some(Source::Write(other))) =
            (write_of(facts, first), write_of(facts, then))
        {
            graph.add(
                (one, other),
                || sentence::in_turn(history, (first, None), (then, None)),
                Vec::new(),
            );
        }
    }
    for one in facts.ids().filter(|&id| history.operation(id).end() == End::Ok) {
        for other in facts.writes_beside(one) {
            let versions = (version(facts, one), version(facts, other));
            let writes = !history.operation(one).act().is_read();
            if let (Some(low), Some(high)) = versions
                && writes
                && low < high
            {
                let why = || format!("version {low} comes before version {high}");
                graph.add((one, other), why, Vec::new());
            }
        }
    }
    let circle = graph.circle()?;
    let summary =
        "the orders in which processes met these writes contradict each other".to_string();
    Some((summary, graph.told(&circle)))
}
