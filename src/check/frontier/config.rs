//! One state in which a key may be, and how it got there.

use super::moves::State;

/// A set of open operations, by slot.
pub type Slots = u128;

/// How many operations may be open at once.
pub const SLOTS: u32 = Slots::BITS;

/// The open operations that look and those that write blindly; the others are cas and appends.
#[derive(Debug, Clone, Copy, Default)]
pub struct Open {
    /// All of them.
    pub all: Slots,
    /// Reads and failed cas.
    pub looking: Slots,
    /// Writes and deletes.
    pub blind: Slots,
}

/// A state, with what was taken of the open operations and of the unknown ones.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Config {
    /// The state.
    pub state: State,
    /// The open operations that were taken.
    pub taken: Slots,
    /// The open blind writes, not taken, that may also have gone before a later one, unseen.
    pub optional: Slots,
    /// How many unknown operations of each kind were taken.
    pub used: Box<[u16]>,
}

impl Config {
    /// The configuration before the first event.
    pub fn initial(kinds: usize) -> Self {
        Config { state: 0, taken: 0, optional: 0, used: vec![0; kinds].into() }
    }

    /// True where this one can do whatever the other can: the same state, at most the unknown operations of each kind that the
    /// other used, each look taken that the other has taken, the same cas and appends, and each blind write either as the
    /// other has it or optional, which leaves both ways open.
    pub fn dominates(&self, other: &Config, open: &Open) -> bool {
        let binding = open.all & !open.looking & !open.blind;
        let differ = (self.taken ^ other.taken) | (self.optional ^ other.optional);
        self.state == other.state
            && (self.taken ^ other.taken) & binding == 0
            && other.taken & !self.taken & open.looking == 0
            && differ & open.blind & !self.optional == 0
            && self.used.iter().zip(&other.used).all(|(mine, its)| mine <= its)
    }

    /// Forgets an operation that has returned.
    pub fn close(&mut self, slot: Slots) {
        self.taken &= !slot;
        self.optional &= !slot;
    }

    /// Its size in memory.
    pub fn bytes(&self) -> usize {
        size_of::<Config>() + self.used.len() * size_of::<u16>()
    }
}

/// How many configurations of one state are compared with a new one. More would cost more than it saves.
const COMPARED: usize = 256;

/// Configurations of which none dominates another, as far as they were compared.
#[derive(Debug, Default)]
pub struct Frontier {
    /// By state, ascending; never without a configuration.
    groups: Vec<(State, Vec<Config>)>,
    /// Memory of groups that are gone.
    spare: Vec<Vec<Config>>,
    bytes: usize,
}

impl Frontier {
    /// Adds a configuration; false where another can do all that it can.
    pub fn insert(&mut self, config: Config, open: &Open) -> bool {
        let group = match self.groups.binary_search_by_key(&config.state, |group| group.0) {
            Ok(found) => found,
            Err(place) => {
                let group = self.spare.pop().unwrap_or_default();
                self.groups.insert(place, (config.state, group));
                place
            }
        };
        let group = &mut self.groups[group].1;
        if group.iter().rev().take(COMPARED).any(|other| other.dominates(&config, open)) {
            return false;
        }
        let from = group.len().saturating_sub(COMPARED);
        for index in (from..group.len()).rev() {
            if config.dominates(&group[index], open) {
                self.bytes -= group.swap_remove(index).bytes();
            }
        }
        self.bytes += config.bytes();
        group.push(config);
        true
    }

    /// Changes all configurations of the states that `which` picks, so that none comes to dominate another by it.
    pub fn change(&mut self, which: impl Fn(State) -> bool, change: impl Fn(&mut Config)) {
        let groups = self.groups.iter_mut().filter(|group| which(group.0));
        groups.flat_map(|group| &mut group.1).for_each(change);
    }

    /// Moves all configurations to the end of `out`.
    pub fn empty_into(&mut self, out: &mut Vec<Config>) {
        for (_, mut group) in self.groups.drain(..) {
            out.append(&mut group);
            self.spare.push(group);
        }
        self.bytes = 0;
    }

    /// Forgets all configurations.
    pub fn clear(&mut self) {
        for (_, mut group) in self.groups.drain(..) {
            group.clear();
            self.spare.push(group);
        }
        self.bytes = 0;
    }

    /// All configurations.
    pub fn iter(&self) -> impl Iterator<Item = &Config> {
        self.groups.iter().flat_map(|group| &group.1)
    }

    /// True where no configuration is left.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Its size in memory.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}
