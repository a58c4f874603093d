//! Linearizability (Herlihy and Wing, *Linearizability: a correctness condition for concurrent objects*, TOPLAS 12(3), 1990),
//! key by key: a history is linearizable exactly when it is so on each key alone.
//!
//! Distinct values are decided by zones ([`zones`](super::zones)), lists of distinct elements by their longest read
//! ([`append`](super::append)), everything else by a search ([`frontier`](super::frontier)).

use super::append::{Appended, lists};
use super::frontier::{self, Found};
use super::keys::Keys;
use super::meter::Meter;
use super::zones::{Zoned, Zones};
use super::{Budget, Model, Verdict, shrink};
use crate::history::{Act, History, KeyId, OpId};
use rayon::prelude::*;

/// Keys that one thread takes at a time, so that its memory serves many of them.
const KEYS_AT_ONCE: usize = 16;

/// Histories shorter than this are checked by one thread.
const SMALL: usize = 4_096;

/// What is wrong with a key.
#[derive(Debug)]
enum Fault {
    /// These operations break it by themselves.
    Few(Vec<OpId>),
    /// So do these, with the appends of what they name.
    Lists(Vec<OpId>),
    /// Nothing was possible when this operation returned.
    At(OpId),
    /// The budget was spent.
    Unknown(String),
}

/// Checks a history. The first broken key, by number, gives the counterexample.
pub fn check(history: &History, budget: &Budget) -> Verdict {
    let meter = Meter::start(budget);
    let keys = Keys::of(history);
    let mut faults = faults(history, &keys, &meter);
    let broken = faults.iter().position(|(_, fault)| !matches!(fault, Fault::Unknown(_)));
    match (broken, faults.is_empty()) {
        (_, true) => Verdict::Valid,
        (None, false) => {
            let (key, fault) = faults.swap_remove(0);
            let name = history.key_name(KeyId(key as u32));
            let Fault::Unknown(reason) = fault else { return Verdict::Valid };
            Verdict::Unknown(if name.is_empty() { reason } else { format!("key {name}: {reason}") })
        }
        (Some(first), false) => {
            let (key, fault) = &faults[first];
            let ids = keys.operations(*key).into_owned();
            let ids = match fault {
                Fault::Few(few) if breaks(&history.restrict(few), &meter) => few.clone(),
                _ => ids,
            };
            let suspects = match fault {
                Fault::At(last) => return shrink::until(history, &ids, *last, budget),
                Fault::Lists(few) => few,
                _ => &ids,
            };
            shrink::counterexample(history, &ids, suspects, Model::Linearizable, budget)
        }
    }
}

/// True where the whole history is surely linearizable.
pub fn holds(history: &History, meter: &Meter) -> bool {
    faults(history, &Keys::of(history), meter).is_empty()
}

/// The keys that are broken or cannot be decided, in their order. A small history is not worth waking other threads.
fn faults(history: &History, keys: &Keys, meter: &Meter) -> Vec<(usize, Fault)> {
    let limit = meter.limit();
    let new = || (Zones::new(history.values()), Meter::of(limit));
    let of_key = |(zones, meter): &mut (Zones, Meter), key: usize| {
        let (ids, lists) = (keys.operations(key), keys.is_list(key));
        fault(history, &ids, lists, zones, meter).map(|fault| (key, fault))
    };
    if history.len() < SMALL {
        let mut own = new();
        return (0..keys.len()).filter_map(|key| of_key(&mut own, key)).collect();
    }
    let all = (0..keys.len()).into_par_iter().with_min_len(KEYS_AT_ONCE.min(keys.len() / 4 + 1));
    all.map_init(new, of_key).flatten().collect()
}

/// Checks one key's operations alone, without a counterexample: true where they are surely not linearizable.
pub fn breaks(history: &History, meter: &Meter) -> bool {
    let ids: Vec<OpId> = (0..history.len() as OpId).collect();
    let mut zones = Zones::new(history.values());
    let lists = history.operations().iter().any(|operation| operation.act() == Act::ReadList);
    matches!(
        fault(history, &ids, lists, &mut zones, meter),
        Some(Fault::Few(_) | Fault::Lists(_) | Fault::At(_))
    )
}

fn fault(
    history: &History,
    ids: &[OpId],
    is_list: bool,
    zones: &mut Zones,
    meter: &Meter,
) -> Option<Fault> {
    if is_list {
        match lists(history, ids) {
            Appended::Holds => return None,
            Appended::Breaks(few) => return Some(Fault::Lists(few)),
            Appended::NotDistinct => {}
        }
    } else {
        match zones.check(history, ids) {
            Zoned::Holds => return None,
            Zoned::Breaks(few) => return Some(Fault::Few(few)),
            Zoned::NotDistinct => {}
        }
    }
    match frontier::search(history, ids, meter) {
        Found::Holds => None,
        Found::Breaks(id) => Some(Fault::At(id)),
        Found::Unknown(reason) => Some(Fault::Unknown(reason)),
    }
}
