//! Histories that papers and books show, each with the models that accept it and those that reject it.
//!
//! A history is written as its events in order, one a word: `0:w1` process 0 is invoked to write 1, `0.` it returns, `1:r` a read,
//! `1=1` it returned 1 (`1=-` absent), `0!` nobody knows. A key other than `x` stands before the value: `0:wy1`, `1:ry`. After `@` stands a
//! version.

use Model::{
    Causal, CausalConvergent, Linearizable, MonotonicReads, MonotonicWrites, ReadYourWrites,
    Sequential, WritesFollowReads,
};
use conlab::check::{Budget, Model, Verdict, check};
use conlab::history::{Asked, Builder, History, Observed, Stamp};

fn parse(text: &str) -> History {
    let mut builder = Builder::new();
    for (place, word) in (1..).zip(text.split_whitespace()) {
        let at = Stamp::new(place * 1_000, place as u32);
        let split = word.find([':', '.', '=', '!']).expect("a process, then what it did");
        let process: i64 = word[..split].parse().expect("a number");
        let (what, rest) = (&word[split..=split], &word[split + 1..]);
        let (rest, version) = match rest.split_once('@') {
            Some((rest, version)) => (rest, version.parse().ok()),
            None => (rest, None),
        };
        let observed = |seen: Observed<'static>| match version {
            Some(version) => seen.at_version(version),
            None => seen,
        };
        match what {
            ":" => {
                let (act, rest) = rest.split_at(1);
                let named = rest.strip_prefix('y').map(|rest| ("y", rest));
                let (key, value) = named.unwrap_or(("x", rest));
                let cas = value.split_once('>');
                let asked = match (act, cas) {
                    ("r", _) => Asked::Read,
                    ("c", Some((old, new))) => Asked::Cas(old, new),
                    ("d", _) => Asked::Delete,
                    _ => Asked::Write(value),
                };
                builder.invoke(at, process, key, asked)
            }
            "." => builder.ok(at, process, observed(Observed::nothing())),
            "!" => builder.info(at, process),
            _ if rest == "-" => builder.ok(at, process, observed(Observed::nothing())),
            _ => {
                let value: String = rest.into();
                let seen = match version {
                    Some(version) => Observed::scalar(&value).at_version(version),
                    None => Observed::scalar(&value),
                };
                builder.ok(at, process, seen)
            }
        }
        .unwrap_or_else(|error| panic!("{word}: {error}"));
    }
    builder.finish()
}

fn accept(text: &str, models: &[Model]) {
    for &model in models {
        assert_eq!(
            check(&parse(text), model, &Budget::default()),
            Verdict::Valid,
            "{model}: {text}"
        );
    }
}

fn reject(text: &str, models: &[Model]) {
    for &model in models {
        let verdict = check(&parse(text), model, &Budget::default());
        assert!(verdict.counterexample().is_some(), "{model}: {text}: {verdict:?}");
    }
}

/// Herlihy and Wing 1990, section 2: overlapping writes may take effect in either order, but for all readers in the same.
#[test]
fn herlihy_and_wing_registers() {
    let one = "0:w0 0. 0:w1 1:r 1=1 1:w0 2:r 2=1 0. 1. 2:r 2=0";
    accept(
        &one.replace("w0 1:r", "w2 1:r").replace("w0 2", "w2 2").replace("=0", "=2"),
        &[Linearizable],
    );
    reject("0:w5 0. 0:w1 1:r 1=1 2:r 2=5 0.", &[Linearizable]);
    accept("0:w5 0. 0:w1 1:r 1=1 2:r 2=5 0.", &[Sequential, CausalConvergent]);
}

/// Lamport 1979: sequential consistency asks for no clock.
#[test]
fn lamport_stale_but_in_order() {
    let stale = "0:w1 0. 1:r 1=- 1:r 1=1";
    reject(stale, &[Linearizable]);
    accept(stale, &[Sequential, CausalConvergent, Causal]);
}

/// Dekker's store buffering: each process misses the write of the other. Causal, even convergent; not sequential.
#[test]
fn store_buffering() {
    let dekker = "0:w1 0. 1:wy2 1. 0:ry 0=- 1:r 1=-";
    reject(dekker, &[Linearizable, Sequential]);
    accept(dekker, &[CausalConvergent, Causal, ReadYourWrites]);
}

/// Each key alone is sequential, both together are not (Herlihy and Wing 1990, section 3.3): the property is not local.
#[test]
fn sequential_is_not_local() {
    let both = "0:w1 0. 1:w2 1. 1:wy2 1. 0:wy1 0. 0:r 0=2 1:ry 1=1";
    accept("0:w1 0. 1:w2 1. 0:r 0=2", &[Sequential]);
    let crossed = "0:w1 0. 0:wy1 0. 1:wy2 1. 1:w2 1. 0:ry 0=2 1:r 1=1";
    reject(crossed, &[Sequential]);
    accept(both, &[Sequential]);
}

/// Independent reads of independent writes: two readers disagree on the order of two writes.
#[test]
fn independent_reads_of_independent_writes() {
    let iriw = "0:w1 0. 1:wy2 1. 2:r 2=1 2:ry 2=- 3:ry 3=2 3:r 3=-";
    reject(iriw, &[Linearizable, Sequential]);
    accept(iriw, &[CausalConvergent, Causal]);
}

/// Ahamad et al. 1995, causal memory: concurrent writes may be seen in either order, but then the copies never converge.
#[test]
fn concurrent_writes_in_either_order() {
    let either = "0:w1 0. 1:w2 1. 2:r 2=1 2:r 2=2 3:r 3=2 3:r 3=1";
    accept(either, &[Causal]);
    reject(either, &[CausalConvergent, Sequential, Linearizable]);
}

/// The lost ring (Lloyd et al., COPS, 2011): who sees the answer has seen the question.
#[test]
fn the_answer_before_the_question() {
    let lost = "0:w1 0. 1:r 1=1 1:wy2 1. 2:ry 2=2 2:r 2=-";
    reject(lost, &[Causal, CausalConvergent, Sequential, Linearizable]);
    accept(lost, &[ReadYourWrites, MonotonicReads, MonotonicWrites, WritesFollowReads]);
    accept(&lost.replace("2:r 2=-", "2:r 2=1"), &[Causal, CausalConvergent]);
}

/// Bouajjani et al. 2017, figure 3: CC allows what CCv forbids, and the reverse of causal memory is not asked.
#[test]
fn bad_patterns() {
    // A cycle of the causal order: each reads what the other writes later.
    reject("0:ry 0=2 0:w1 0. 1:r 1=1 1:wy2 1.", &[Causal, Sequential]);
    // Thin air.
    reject("0:r 0=7", &[Linearizable, Sequential, CausalConvergent, Causal, MonotonicReads]);
    // A read of the initial absence with a write in its past.
    reject("0:w1 0. 0:r 0=-", &[Causal, ReadYourWrites]);
    // Overwritten in the past.
    reject("0:w1 0. 0:w2 0. 1:r 1=2 1:r 1=1", &[Causal, CausalConvergent]);
}

/// Terry et al. 1994, by versions: each guarantee broken alone.
#[test]
fn session_guarantees() {
    let ryw = "0:w1 0.@1 1:w2 1.@2 1:r 1=1@1";
    reject(ryw, &[ReadYourWrites]);
    accept(ryw, &[MonotonicReads, MonotonicWrites, WritesFollowReads]);
    // A version is that of its value.
    reject("0:w1 0.@1 1:r 1=1@2", &[ReadYourWrites, MonotonicReads, Causal]);
    let mr = "0:w1 0.@1 0:w2 0.@2 1:r 1=2@2 1:r 1=1@1";
    reject(mr, &[MonotonicReads]);
    accept(mr, &[ReadYourWrites, MonotonicWrites, WritesFollowReads]);
    let mw = "0:w1 0.@2 0:w2 0.@1";
    reject(mw, &[MonotonicWrites]);
    accept(mw, &[ReadYourWrites, MonotonicReads, WritesFollowReads]);
    let wfr = "0:w1 0.@2 1:r 1=1@2 1:w2 1.@1";
    reject(wfr, &[WritesFollowReads]);
    accept(wfr, &[ReadYourWrites, MonotonicReads, MonotonicWrites]);
}

/// Gibbons and Korach 1997: two forward zones overlap; a backward one inside a forward one.
#[test]
fn zones() {
    reject("0:w1 0. 1:w2 1. 0:r 0=1 1:r 1=2", &[Linearizable]);
    reject("0:w1 0. 1:w2 1. 0:r 0=1", &[Linearizable]);
    accept("0:w1 1:w2 0. 1. 0:r 0=1", &[Linearizable]);
}

/// What may have happened may also happen late, once, or never.
#[test]
fn unknown_outcomes() {
    accept("0:w1 0! 1:r 1=- 1:r 1=1", &[Linearizable, Sequential]);
    accept("0:w1 0! 1:r 1=-", &[Linearizable, Sequential, Causal]);
    reject("0:w1 0! 1:r 1=1 1:r 1=-", &[Linearizable, Sequential, Causal]);
    reject("0:w1 0! 1:w2 1. 1:r 1=1 1:r 1=2 1:r 1=1", &[Linearizable, Sequential]);
}

/// Two cas cannot both find the same value; a deleted key is absent again.
#[test]
fn cas_and_delete() {
    reject("0:w1 0. 1:c1>2 1. 2:c1>3 2.", &[Linearizable, Sequential]);
    accept("0:w1 0. 1:c1>2 1. 2:c1>3 2.", &[CausalConvergent, Causal]);
    accept("0:w1 0. 1:c1>2 1. 2:c2>3 2. 0:r 0=3", &[Linearizable, Sequential]);
    accept("0:w1 0. 1:d 1. 0:r 0=-", &[Linearizable]);
    reject("0:w1 0. 1:d 1. 1:r 1=1", &[Linearizable]);
}

/// Unknown operations that leave the same value can still do different things: of two that may explain the first read, only the cas
/// can be spent, as the second read needs the write.
#[test]
fn unknown_operations_differ_by_kind() {
    accept("0:w1 0. 1:w2 1! 2:c1>2 2! 3:r 3=2 0:w3 0. 3:r 3=2", &[Linearizable, Sequential]);
    accept("0:w1 0. 2:c1>2 2! 1:w2 1! 3:r 3=2 0:w3 0. 3:r 3=2", &[Linearizable, Sequential]);
    reject("0:w1 0. 1:c1>2 1! 2:c1>2 2! 3:r 3=2 0:w3 0. 3:r 3=2", &[Linearizable]);
}

/// An open write may be wanted only by a cas of unknown outcome, whose value was read. The repeated value asks for the search.
#[test]
fn an_open_write_that_an_unknown_cas_found() {
    accept("3:w5 3. 3:w5 3. 0:w1 1:c1>2 1! 2:r 2=2 0.", &[Linearizable, Sequential]);
    reject("3:w5 3. 3:w5 3. 0:w1 1:c4>2 1! 2:r 2=2 0.", &[Linearizable, Sequential]);
}

/// A cas from a value to itself needs another operation that writes the value.
#[test]
fn a_cas_that_changes_nothing() {
    accept("0:w1 0. 1:c1>1 1. 0:r 0=1", &[Linearizable, Sequential]);
    accept("0:c1>1 0!", &[Linearizable, Sequential]);
    reject("0:c1>1 0.", &[Linearizable, Sequential]);
    reject("0:c1>1 0! 1:r 1=1", &[Linearizable, Sequential]);
    reject("0:c1>1 0! 1:c1>2 1.", &[Linearizable, Sequential]);
}

/// The same operations may leave different values: that they led nowhere in one order says nothing about the other. Here `x` must be
/// written by the second process first, and only then by the one that is tried first.
#[test]
fn the_same_operations_in_another_order() {
    let reads = "2:ry 2=1 2:ry 2=2 2:r 2=1";
    let crossed = format!("0:w1 0. 1:w2 1. 0:wy1 0. 0:wy1 0. 1:wy2 1. {reads}");
    reject(&crossed, &[Linearizable]);
    accept(&crossed, &[Sequential]);
}

/// What is learned through another process counts, however many writes lie behind it: more than fit the byte of a short clock.
#[test]
fn the_answer_before_the_last_of_many_questions() {
    let questions: String = (1..=300).map(|number| format!("0:w{number} 0. ")).collect();
    let answer = format!("{questions} 1:r 1=300 1:wy1 1. 2:ry 2=1");
    reject(&format!("{answer} 2:r 2=100"), &[Causal, CausalConvergent, Sequential]);
    accept(&format!("{answer} 2:r 2=300"), &[Causal, CausalConvergent, Sequential]);
}
