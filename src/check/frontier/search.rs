//! The search along the events.

use super::config::{Config, Frontier, Open, SLOTS, Slots};
use super::moves::{Move, UNSEEN};
use super::plan::{Event, Plan};
use crate::check::meter::Meter;
use crate::history::{Act, History, OpId};
use std::mem::{swap, take};

/// What a search finds.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// The key is linearizable.
    Holds,
    /// It is not: the frontier was empty when this operation returned.
    Breaks(OpId),
    /// The budget was spent.
    Unknown(String),
}

/// Searches one key, given its operations in the order of their invocations.
pub fn search(history: &History, ids: &[OpId], meter: &Meter) -> Found {
    let plan = Plan::of(history, ids);
    let mut frontier = Frontier::default();
    frontier.insert(Config::initial(plan.kinds.len()), &Open::default());
    let mut search = Search {
        history,
        meter,
        slots: Vec::new(),
        open: Open::default(),
        kinds: &plan.kinds,
        available: vec![0; plan.kinds.len()],
        list_reads: plan.list_reads,
        frontier,
        room: Room::default(),
    };
    for &event in &plan.events {
        let step = match event {
            Event::Invoke(id) => search.invoke(id),
            Event::Return(id) => search.settle(id),
            Event::Unknown(kind) => {
                let available = &mut search.available[kind as usize];
                *available = available.saturating_add(1);
                Ok(())
            }
        };
        if let Err(reason) = step {
            return Found::Unknown(reason);
        }
        if let (Event::Return(id), true) = (event, search.frontier.is_empty()) {
            return Found::Breaks(id);
        }
    }
    Found::Holds
}

struct Search<'a> {
    history: &'a History,
    meter: &'a Meter,
    /// The open operations of known outcome, by slot.
    slots: Vec<(OpId, Move)>,
    open: Open,
    kinds: &'a [Move],
    available: Vec<u16>,
    /// The reads of lists that have not returned.
    list_reads: u32,
    frontier: Frontier,
    room: Room,
}

/// Memory that one step after another uses.
#[derive(Default)]
struct Room {
    before: Vec<Config>,
    ahead: Vec<Config>,
    seen: Frontier,
    after: Frontier,
    wants: Wants,
}

impl Search<'_> {
    fn invoke(&mut self, id: OpId) -> Result<(), String> {
        let Some(made) = Move::of(self.history.operation(id)) else { return Ok(()) };
        let number = (!self.open.all).trailing_zeros();
        if number == SLOTS {
            return Err(format!("more than {SLOTS} operations of one key are open at once"));
        }
        let slot: Slots = 1 << number;
        self.slots.resize(self.slots.len().max(number as usize + 1), (id, made));
        self.slots[number as usize] = (id, made);
        self.open.all |= slot;
        if made.is_blind() {
            self.open.blind |= slot;
        }
        if made.looks() {
            self.open.looking |= slot;
            let lists = self.history.lists();
            let fits = |state| made.apply(state, lists).is_some();
            self.frontier.change(fits, |config| config.taken |= slot);
        }
        Ok(())
    }

    /// An operation returns: each configuration has taken it, or takes it now.
    fn settle(&mut self, id: OpId) -> Result<(), String> {
        let is_slot =
            |&number: &u32| self.open.all >> number & 1 == 1 && self.slots[number as usize].0 == id;
        let Some(number) = (0..self.slots.len() as u32).find(is_slot) else { return Ok(()) };
        let slot: Slots = 1 << number;
        let open_after = Open {
            all: self.open.all & !slot,
            looking: self.open.looking & !slot,
            blind: self.open.blind & !slot,
        };
        if self.frontier.iter().all(|config| config.taken & slot != 0) {
            self.frontier.change(|_| true, |config| config.close(slot));
        } else {
            let mut room = take(&mut self.room);
            self.take_now(number, &mut room, &open_after)?;
            swap(&mut self.frontier, &mut room.after);
            self.room = room;
        }
        if self.history.operation(id).act() == Act::ReadList {
            self.list_reads -= 1;
        }
        self.open = open_after;
        Ok(())
    }

    /// Takes it in each configuration that has not, and leaves what comes of it in `room.after`.
    fn take_now(&mut self, number: u32, room: &mut Room, open_after: &Open) -> Result<(), String> {
        let slot: Slots = 1 << number;
        let Room { before, ahead, seen, after, wants } = room;
        self.frontier.empty_into(before);
        for mut config in before.drain(..) {
            if config.taken & slot != 0 {
                config.close(slot);
                after.insert(config, open_after);
                continue;
            }
            if config.optional & slot != 0 {
                let mut went_before = config.clone();
                went_before.close(slot);
                after.insert(went_before, open_after);
            }
            if seen.insert(config.clone(), &self.open) {
                ahead.push(config);
            }
        }
        let made = self.slots[number as usize].1;
        while let Some(config) = ahead.pop() {
            self.meter.spend(seen.bytes() + after.bytes())?;
            self.finish(&config, made, slot, after, open_after);
            if config.taken & slot == 0 {
                wants.gather(self, &config);
                self.explore(&config, slot, wants, seen, ahead);
            }
        }
        seen.clear();
        Ok(())
    }

    /// The operation that returns is taken next, if the state allows.
    fn finish(&self, config: &Config, made: Move, slot: Slots, after: &mut Frontier, open: &Open) {
        let done = if config.taken & slot != 0 {
            Some(config.clone())
        } else {
            self.take(config, made, slot)
        };
        if let Some(mut done) = done {
            done.close(slot);
            after.insert(done, open);
        }
    }

    /// What else may be taken first.
    fn explore(
        &self,
        config: &Config,
        returning: Slots,
        wants: &Wants,
        seen: &mut Frontier,
        ahead: &mut Vec<Config>,
    ) {
        let mut push = |next: Config| {
            if seen.insert(next.clone(), &self.open) {
                ahead.push(next);
            }
        };
        let free = self.open.all & !self.open.looking & !config.taken & !returning;
        for number in bits(free) {
            let made = self.slots[number as usize].1;
            if matches!(made, Move::Cas(..)) || wants.want(made) {
                self.take(config, made, 1 << number).into_iter().for_each(&mut push);
            }
        }
        for (kind, &made) in self.kinds.iter().enumerate() {
            if config.used[kind] == self.available[kind] || !wants.want(made) {
                continue;
            }
            if let Some(mut next) = self.take(config, made, 0) {
                next.used[kind] += 1;
                push(next);
            }
        }
    }

    /// The configuration after a move, with all looks taken that the new state allows.
    fn take(&self, config: &Config, made: Move, slot: Slots) -> Option<Config> {
        let lists = self.history.lists();
        let state = made.apply(config.state, lists)?;
        if state == UNSEEN && self.reads_ahead(config) {
            return None;
        }
        let mut next = config.clone();
        next.state = state;
        next.taken |= slot;
        next.optional &= !slot;
        if made.is_blind() {
            next.optional |= self.open.blind & !next.taken;
        }
        for number in bits(self.open.looking & !next.taken) {
            if self.slots[number as usize].1.apply(state, lists).is_some() {
                next.taken |= 1 << number;
            }
        }
        Some(next)
    }

    /// True where some read of the list is still to be taken.
    fn reads_ahead(&self, config: &Config) -> bool {
        (config.taken & self.open.looking).count_ones() < self.list_reads
    }
}

/// The values that open operations want to find.
#[derive(Default)]
struct Wants {
    values: Vec<u32>,
    not: Vec<u32>,
    /// Some read of a list is still to be taken.
    lists: bool,
}

impl Wants {
    /// What those want that a configuration has not taken.
    fn gather(&mut self, search: &Search, config: &Config) {
        self.lists = search.reads_ahead(config);
        self.values.clear();
        self.not.clear();
        for number in bits(search.open.all & !search.open.blind & !config.taken) {
            match search.slots[number as usize].1 {
                Move::Read(value) | Move::Cas(value, _) => self.values.push(value),
                Move::Not(old) => self.not.push(old),
                Move::Write(_) | Move::Append(_) => {}
            }
        }
        self.gather_through_unknown(search, config);
    }

    /// What a cas of unknown outcome wants, where somebody wants what it leaves.
    fn gather_through_unknown(&mut self, search: &Search, config: &Config) {
        loop {
            let known = self.values.len();
            for (kind, &made) in search.kinds.iter().enumerate() {
                if let Move::Cas(old, _) = made
                    && config.used[kind] < search.available[kind]
                    && self.want(made)
                    && !self.values.contains(&old)
                {
                    self.values.push(old);
                }
            }
            if self.values.len() == known {
                return;
            }
        }
    }

    /// True where somebody wants what this move leaves.
    fn want(&self, made: Move) -> bool {
        match made {
            Move::Write(value) | Move::Cas(_, value) => {
                self.values.contains(&value) || self.not.iter().any(|&old| old != value)
            }
            Move::Append(_) => self.lists,
            Move::Read(_) | Move::Not(_) => false,
        }
    }
}

/// The places of the bits that are set.
fn bits(mut set: Slots) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        (set != 0).then(|| {
            let place = set.trailing_zeros();
            set &= set - 1;
            place
        })
    })
}
