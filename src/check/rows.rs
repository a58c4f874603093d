//! Vector clocks in little memory.
//!
//! Along one process a clock only grows, and mostly by little. So a row is a byte for each process: how much more than a whole clock,
//! its base, says. A row that does not fit becomes a base itself.

/// Clocks, each with a number for each process. The first is all zero.
#[derive(Debug)]
pub struct Rows {
    width: usize,
    /// Whole clocks, one after another.
    bases: Vec<u32>,
    /// By row: its base.
    base_of: Vec<u32>,
    /// By row: what it has more than its base, for each process.
    more: Vec<u8>,
    /// Room for one clock.
    clock: Vec<u32>,
}

impl Rows {
    /// The first clock, of so many processes.
    pub fn new(width: usize) -> Self {
        let zero = vec![0; width];
        Rows { width, bases: zero.clone(), base_of: vec![0], more: vec![0; width], clock: zero }
    }

    /// The number of one process.
    pub fn get(&self, row: u32, process: usize) -> u32 {
        let row = row as usize;
        let base = self.base_of[row] as usize;
        self.bases[base * self.width + process] + u32::from(self.more[row * self.width + process])
    }

    /// All numbers.
    pub fn read(&self, row: u32, clock: &mut [u32]) {
        let (base, more) = self.row(row);
        for (number, (base, more)) in clock.iter_mut().zip(base.iter().zip(more)) {
            *number = base + u32::from(*more);
        }
    }

    /// A new clock: two joined, and at least `number` for a process. It is stored like the first, which it should exceed by little.
    pub fn join(&mut self, first: u32, second: u32, (process, number): (usize, u32)) -> u32 {
        let mut clock = std::mem::take(&mut self.clock);
        self.read(first, &mut clock);
        let (base, more) = self.row(second);
        for (number, (base, more)) in clock.iter_mut().zip(base.iter().zip(more)) {
            *number = (*number).max(base + u32::from(*more));
        }
        clock[process] = clock[process].max(number);
        let joined = self.push(first, &clock);
        self.clock = clock;
        joined
    }

    /// Their size in memory.
    pub fn bytes(&self) -> usize {
        (self.bases.len() + self.base_of.len()) * size_of::<u32>() + self.more.len()
    }

    fn row(&self, row: u32) -> (&[u32], &[u8]) {
        let (base, row) = (self.base_of[row as usize] as usize, row as usize);
        let of = |number: usize| number * self.width..(number + 1) * self.width;
        (&self.bases[of(base)], &self.more[of(row)])
    }

    fn push(&mut self, near: u32, clock: &[u32]) -> u32 {
        let number = self.base_of.len() as u32;
        let near = self.base_of[near as usize];
        let start = near as usize * self.width;
        let base = &self.bases[start..start + self.width];
        let most = clock.iter().zip(base).map(|(number, base)| number.wrapping_sub(*base)).max();
        if most.is_none_or(|most| most <= u32::from(u8::MAX)) {
            self.base_of.push(near);
            self.more.extend(clock.iter().zip(base).map(|(number, base)| (number - base) as u8));
        } else {
            self.base_of.push((self.bases.len() / self.width) as u32);
            self.bases.extend_from_slice(clock);
            self.more.resize(self.more.len() + self.width, 0);
        }
        number
    }
}

#[cfg(test)]
mod tests {
    use super::Rows;

    #[test]
    fn a_row_is_what_was_joined_however_far_it_is_from_its_base() {
        let mut rows = Rows::new(3);
        let near = rows.join(0, 0, (1, 255));
        let far = rows.join(near, 0, (1, 256));
        let both = rows.join(far, near, (2, 7));
        let read = |row| [0, 1, 2].map(|process| rows.get(row, process));
        assert_eq!([0, near, far, both].map(read), [[0; 3], [0, 255, 0], [0, 256, 0], [0, 256, 7]]);
        let mut clock = [9; 3];
        rows.read(both, &mut clock);
        assert_eq!(clock, [0, 256, 7]);
        assert_eq!(rows.bases.len(), 2 * 3, "only one row needed a base of its own");
    }
}
