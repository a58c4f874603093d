//! Linearizability of a register whose values are distinct: zones (Gibbons and Korach, *Testing shared memories*, SIAM Journal
//! on Computing 26(4), 1997).
//!
//! All operations of one value form a block: its write, and the reads that return it. Let `f` be the first return in the block and
//! `s` the last invocation. If `f < s`, the register surely holds the value from `f` to `s`: a forward zone. Else some
//! instant between `s` and `f` is enough: a backward zone. The history is linearizable exactly when forward zones are disjoint, no
//! backward zone lies inside a forward one, and no read returns before its write is invoked.
//!
//! ```text
//! write 7  |------|                     f = end of write 7
//! read 7             |---|   |-----|    s = start of the last read
//!                 [==========]          forward zone: nothing else fits in here
//! ```
//!
//! An unknown write counts only where its value was seen; its return is then at +∞. The initial absence is a write at −∞.
//! A cas joins the block of the value that it found to the block of the value that it wrote; such a chain is one block, in which no
//! operation of a later value may return before one of an earlier value is invoked.

use crate::history::{Act, End, History, OpId, ValueId};

/// What the zones say.
#[derive(Debug, PartialEq, Eq)]
pub enum Zoned {
    /// The key is linearizable.
    Holds,
    /// It is not, and these operations alone show it.
    Breaks(Vec<OpId>),
    /// Values repeat, or something else here needs a search.
    NotDistinct,
}

const NONE: u32 = u32::MAX;
/// Beyond this disorder an insertion sort loses to a general one.
const MOVES_PER_ZONE: usize = 32;
/// The block of the initial absence.
const INITIAL: u32 = 0;

/// One value: its write and its reads. Positions are those of events plus one; 0 is −∞ and `u32::MAX` is +∞.
#[derive(Debug, Clone, Copy)]
struct Block {
    writer: u32,
    written: u32,
    /// The first return and the last invocation, of writer, readers and the cas that ends it.
    first_return: u32,
    last_invocation: u32,
    observed: bool,
    by_cas: bool,
    next: u32,
}

impl Block {
    fn new() -> Self {
        Block {
            writer: NONE,
            written: 0,
            first_return: NONE,
            last_invocation: 0,
            observed: false,
            by_cas: false,
            next: NONE,
        }
    }

    fn include(&mut self, invoked: u32, returned: u32) {
        self.first_return = self.first_return.min(returned);
        self.last_invocation = self.last_invocation.max(invoked);
    }
}

/// Where the register surely or possibly holds a block: `low..high`, and the block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Zone {
    low: u32,
    high: u32,
    block: u32,
}

/// Memory that one key after another uses: for each value, its block in the present key.
#[derive(Debug)]
pub struct Zones {
    slots: Vec<(u32, u32)>,
    epoch: u32,
    blocks: Vec<Block>,
    cas: Vec<OpId>,
    forward: Vec<Zone>,
    backward: Vec<Zone>,
}

impl Zones {
    /// Memory for a history with so many values.
    pub fn new(values: usize) -> Self {
        let (blocks, cas, forward, backward) = Default::default();
        Zones { slots: vec![(0, 0); values], epoch: 0, blocks, cas, forward, backward }
    }

    /// Checks the operations of one key, given in the order of their invocations.
    pub fn check(&mut self, history: &History, ids: &[OpId]) -> Zoned {
        self.start();
        for &id in ids {
            if !self.take(history, id) {
                return Zoned::NotDistinct;
            }
        }
        let broken = self
            .link(history)
            .or_else(|| self.misread())
            .or_else(|| self.merge())
            .or_else(|| self.overlap());
        match broken {
            Some(blocks) => Zoned::Breaks(self.witnesses(history, ids, &blocks)),
            None => Zoned::Holds,
        }
    }

    fn start(&mut self) {
        self.epoch += 1;
        self.blocks.clear();
        self.cas.clear();
        self.forward.clear();
        self.backward.clear();
        let initial = self.block(ValueId::ABSENT) as usize;
        let initial = &mut self.blocks[initial];
        initial.writer = NONE - 1;
        initial.first_return = 0;
    }

    /// The block of a value in the present key.
    fn block(&mut self, value: ValueId) -> u32 {
        let (epoch, block) = self.slots[value.0 as usize];
        if epoch == self.epoch {
            return block;
        }
        let block = self.blocks.len() as u32;
        self.slots[value.0 as usize] = (self.epoch, block);
        self.blocks.push(Block::new());
        block
    }

    /// Takes one operation in; false where it needs a search.
    fn take(&mut self, history: &History, id: OpId) -> bool {
        let operation = history.operation(id);
        let (invoked, returned) = span(history, id);
        match (operation.act(), operation.end()) {
            (_, End::Fail) | (Act::Read, End::Info) => true,
            (Act::Read, _) => {
                let block = self.block(operation.value());
                let block = &mut self.blocks[block as usize];
                block.observed = true;
                block.include(invoked, returned);
                true
            }
            (Act::Write, _) => self.write(operation.value(), id, (invoked, returned)),
            (Act::Cas, End::Mismatch) => false,
            (Act::Cas, _) => {
                self.cas.push(id);
                self.write(operation.value(), id, (invoked, returned))
            }
            (Act::Delete | Act::Append | Act::ReadList, _) => false,
        }
    }

    fn write(&mut self, value: ValueId, id: OpId, (invoked, returned): (u32, u32)) -> bool {
        let block = self.block(value);
        let block = &mut self.blocks[block as usize];
        let fresh = block.writer == NONE;
        block.writer = id;
        block.written = invoked;
        block.observed |= returned != NONE;
        block.include(invoked, returned);
        fresh
    }

    /// Joins the blocks that a cas joins. A cas of unknown outcome counts where its value was seen.
    fn link(&mut self, history: &History) -> Option<Vec<u32>> {
        let mut live: Vec<OpId> = Vec::new();
        for index in 0..self.cas.len() {
            let id = self.cas[index];
            let new = self.block(history.operation(id).value()) as usize;
            if self.blocks[new].observed && self.blocks[new].writer == id {
                self.blocks[new].by_cas = true;
                live.push(id);
            }
        }
        while let Some(id) = live.pop() {
            let operation = history.operation(id);
            let (old, new) = (self.block(operation.old()), self.block(operation.value()));
            if self.blocks[old as usize].next != NONE {
                return Some(vec![old, new, self.blocks[old as usize].next]);
            }
            let (invoked, returned) = span(history, id);
            let block = &mut self.blocks[old as usize];
            block.next = new;
            block.include(invoked, returned);
            let unseen = !block.observed && !block.by_cas;
            block.observed = true;
            let writer = block.writer;
            if unseen && writer < NONE - 1 && history.operation(writer).act() == Act::Cas {
                self.blocks[old as usize].by_cas = true;
                live.push(writer);
            }
        }
        None
    }

    /// A value that nobody wrote, or an operation that returns before its write is invoked.
    fn misread(&self) -> Option<Vec<u32>> {
        let wrong = |block: &Block| {
            block.observed && (block.writer == NONE || block.first_return < block.written)
        };
        self.blocks.iter().position(wrong).map(|block| vec![block as u32])
    }

    /// Turns each chain of blocks into one zone, unless the chain contradicts itself.
    fn merge(&mut self) -> Option<Vec<u32>> {
        let mut met = 0;
        for root in 0..self.blocks.len() as u32 {
            let block = self.blocks[root as usize];
            if block.by_cas || !block.observed && root != INITIAL {
                continue;
            }
            let (mut low, mut high, mut at) = (block.first_return, block.last_invocation, block);
            met += 1;
            while at.next != NONE {
                at = self.blocks[at.next as usize];
                met += 1;
                if at.first_return < high {
                    return Some(self.chain(root));
                }
                low = low.min(at.first_return);
                high = high.max(at.last_invocation);
            }
            match low < high {
                true => self.forward.push(Zone { low, high, block: root }),
                false => self.backward.push(Zone { low: high, high: low, block: root }),
            }
        }
        let live = self.blocks.iter().skip(1).filter(|block| block.observed).count() + 1;
        (met < live).then(|| self.circle())
    }

    fn chain(&self, root: u32) -> Vec<u32> {
        let mut chain = vec![root];
        let mut at = self.blocks[root as usize].next;
        while at != NONE && at != root {
            chain.push(at);
            at = self.blocks[at as usize].next;
        }
        chain
    }

    /// Some blocks that were written by cas only, each from the last: no write starts them.
    fn circle(&self) -> Vec<u32> {
        let mut reached = vec![false; self.blocks.len()];
        for root in 0..self.blocks.len() as u32 {
            if !self.blocks[root as usize].by_cas {
                self.chain(root).iter().for_each(|&block| reached[block as usize] = true);
            }
        }
        let lost = |&block: &u32| !reached[block as usize] && self.blocks[block as usize].observed;
        let start = (0..self.blocks.len() as u32).find(lost);
        start.map(|start| self.chain(start)).unwrap_or_default()
    }

    /// Two zones that exclude each other.
    fn overlap(&mut self) -> Option<Vec<u32>> {
        sort(&mut self.forward);
        sort(&mut self.backward);
        let both = |a: Zone, b: Zone| {
            let mut blocks = self.chain(a.block);
            blocks.extend(self.chain(b.block));
            Some(blocks)
        };
        for pair in self.forward.windows(2) {
            if pair[1].low < pair[0].high {
                return both(pair[0], pair[1]);
            }
        }
        let mut around = 0;
        for &zone in &self.backward {
            while around + 1 < self.forward.len() && self.forward[around + 1].low < zone.low {
                around += 1;
            }
            let inside = |outer: &&Zone| outer.low < zone.low && zone.high < outer.high;
            if let Some(&outer) = self.forward.get(around).filter(inside) {
                return both(outer, zone);
            }
        }
        None
    }

    /// The operations that span these blocks: the write of each, its first return, its last invocation.
    fn witnesses(&mut self, history: &History, ids: &[OpId], blocks: &[u32]) -> Vec<OpId> {
        let mut found = Vec::new();
        for &id in ids {
            let operation = history.operation(id);
            if operation.end() == End::Fail {
                continue;
            }
            let (invoked, returned) = span(history, id);
            let mut of = vec![self.block(operation.value())];
            if operation.act() == Act::Cas {
                of.push(self.block(operation.old()));
            }
            let spans = |block: &u32| {
                let at = &self.blocks[*block as usize];
                at.writer == id || at.first_return == returned || at.last_invocation == invoked
            };
            if of.iter().any(|block| blocks.contains(block) && spans(block)) {
                found.push(id);
            }
        }
        found
    }
}

/// Sorts zones that are nearly sorted already, since blocks begin in the order of their first operations.
fn sort(zones: &mut [Zone]) {
    let mut moves = 0;
    for end in 1..zones.len() {
        let zone = zones[end];
        let mut place = end;
        while place > 0 && zones[place - 1] > zone {
            zones[place] = zones[place - 1];
            place -= 1;
        }
        zones[place] = zone;
        moves += end - place;
        if moves > MOVES_PER_ZONE * (end + 64) {
            return zones.sort_unstable();
        }
    }
}

/// The interval of an operation: positions plus one.
fn span(history: &History, id: OpId) -> (u32, u32) {
    let operation = history.operation(id);
    (operation.invoked() + 1, operation.returned().saturating_add(1))
}
