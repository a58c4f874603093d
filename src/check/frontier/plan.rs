//! The events of one key, and the unknown operations by kind.

use super::moves::Move;
use crate::history::{Act, End, History, OpId};
use rustc_hash::FxHashMap as HashMap;
use rustc_hash::FxHashSet as HashSet;

/// One event.
#[derive(Debug, Clone, Copy)]
pub enum Event {
    /// An operation of known outcome is invoked.
    Invoke(OpId),
    /// It returns.
    Return(OpId),
    /// An operation of unknown outcome is invoked: one more of this kind.
    Unknown(u32),
}

/// What the search goes through.
#[derive(Debug, Default)]
pub struct Plan {
    /// The events, in their order.
    pub events: Vec<Event>,
    /// The kinds of unknown operations.
    pub kinds: Vec<Move>,
    /// How many reads of lists there are.
    pub list_reads: u32,
}

impl Plan {
    /// The plan for one key. Unknown writes of values that nobody wants are left out: they could only go unseen.
    pub fn of(history: &History, ids: &[OpId]) -> Self {
        let unknown = |&id: &OpId| history.operation(id).end() == End::Info;
        let wanted =
            if ids.iter().any(unknown) { Wanted::by(history, ids) } else { Wanted::default() };
        let mut plan = Plan::default();
        let mut kinds: HashMap<Move, u32> = HashMap::default();
        let mut events: Vec<(u32, Event)> = Vec::with_capacity(2 * ids.len());
        for &id in ids {
            let operation = history.operation(id);
            let Some(made) = Move::of(operation) else { continue };
            if operation.end() == End::Info {
                if wanted.includes(made) {
                    let kind = *kinds.entry(made).or_insert(plan.kinds.len() as u32);
                    if kind as usize == plan.kinds.len() {
                        plan.kinds.push(made);
                    }
                    events.push((operation.invoked(), Event::Unknown(kind)));
                }
                continue;
            }
            plan.list_reads += u32::from(operation.act() == Act::ReadList);
            events.push((operation.invoked(), Event::Invoke(id)));
            events.push((operation.returned(), Event::Return(id)));
        }
        events.sort_unstable_by_key(|event| event.0);
        plan.events = events.into_iter().map(|event| event.1).collect();
        plan
    }
}

/// The values that some operation wants to find.
#[derive(Debug, Default)]
struct Wanted {
    values: HashSet<u32>,
    not: HashSet<u32>,
}

impl Wanted {
    fn by(history: &History, ids: &[OpId]) -> Self {
        let mut wanted = Wanted::default();
        for made in ids.iter().filter_map(|&id| Move::of(history.operation(id))) {
            match made {
                Move::Read(value) | Move::Cas(value, _) => wanted.values.insert(value),
                Move::Not(value) => wanted.not.insert(value),
                Move::Write(_) | Move::Append(_) => continue,
            };
        }
        wanted
    }

    fn includes(&self, made: Move) -> bool {
        match made {
            Move::Write(value) | Move::Cas(_, value) => {
                self.values.contains(&value) || self.not.iter().any(|&not| not != value)
            }
            _ => true,
        }
    }
}
