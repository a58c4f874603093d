//! The search for one order: each process runs its operations, the search chooses who goes next.
//!
//! What only looks goes as soon as it may: it never hurts. A write waits until all reads of what it overwrites are done, where it is known
//! which those are. Where nobody can go on, the last choice is taken back, and the place is remembered so that no other way leads
//! there again; where processes wait for each other in a circle, the last write that is to blame is taken back, with all that came
//! after it. No recursion: choices stand on a stack.

use super::hints::Hints;
use super::run::Run;
use crate::check::meter::Meter;
use crate::history::History;
use std::collections::HashSet;

/// What a search finds.
#[derive(Debug)]
pub enum Found {
    /// There is an order.
    Order,
    /// There is none.
    None,
    /// Nobody knows: it has stepped back as often as it may.
    Impatient,
    /// The budget was spent.
    Unknown(String),
}

/// A place with several ways on.
struct Choice {
    /// How much had been done.
    length: usize,
    /// The way that was tried last.
    tried: Option<(u32, u32)>,
}

/// Tries the orders that the hints allow, until it has stepped back so many times.
pub fn search(history: &History, hints: &Hints, patience: usize, meter: &Meter) -> Found {
    let mut run = Run::new(history, hints);
    let mut failed: HashSet<Box<[u32]>> = HashSet::new();
    let (mut steps_back, mut furthest) = (0, 0);
    run.look();
    let mut choices = vec![Choice { length: run.length(), tried: None }];
    while !run.is_over() {
        if let Err(reason) = meter.spend(failed.len() * run.place_bytes()) {
            return Found::Unknown(reason);
        }
        if steps_back > patience {
            return Found::Impatient;
        }
        let Some(choice) = choices.last_mut() else { return Found::None };
        run.undo(choice.length);
        let met = choice.tried.is_none() && !failed.is_empty() && failed.contains(&run.place());
        let way = if met { None } else { run.first_way(choice.tried) };
        choice.tried = way;
        let Some((_, process)) = way else {
            furthest = furthest.max(run.length());
            failed.insert(run.place());
            choices.pop();
            steps_back += 1;
            continue;
        };
        run.go(process as usize);
        run.look();
        // Where it was stuck before, it looks whether it will be again: until it chooses otherwise where a write is to blame.
        if run.length() <= furthest
            && let Some(blame) = run.stuck()
        {
            steps_back += 1;
            let Some(length) = blame else { return Found::None };
            while choices.last().is_some_and(|choice| choice.length > length) {
                choices.pop();
            }
            continue;
        }
        choices.push(Choice { length: run.length(), tried: None });
    }
    Found::Order
}
