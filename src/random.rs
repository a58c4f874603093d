//! The one source of randomness: a seeded generator small enough to read.
//!
//! Replay promises the same bytes from the same seed, for as long as a recorded scenario lives. A library may change its
//! stream between versions; these few lines (SplitMix64: Steele, Lea and Flood, OOPSLA 2014) never will.

/// A seeded stream of numbers. Equal seeds give equal streams, on every machine.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// A stream that depends on `seed` alone.
    pub fn new(seed: u64) -> Self {
        Random(seed)
    }

    /// A stream of its own for part number `index`, so that one part's draws never shift another's.
    pub fn fork(&self, index: u64) -> Self {
        let mut child = Random(self.0 ^ index.wrapping_mul(0xD6E8_FEB8_6659_FD93));
        child.next();
        child
    }

    /// The next 64 bits.
    #[allow(clippy::should_implement_trait)] // an endless stream: `Option` would only be noise
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`; 0 where `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// A number from 0 to below 1.
    pub fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// True in `percent` of 100 draws.
    pub fn percent(&mut self, percent: f64) -> bool {
        ((self.next() >> 11) as f64) < percent / 100.0 * (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn the_stream_is_fixed_for_ever() {
        let mut random = Random::new(1);
        assert_eq!(random.next(), 0x910A_2DEC_8902_5CC1);
    }

    #[test]
    fn percent_holds_at_its_ends() {
        let mut random = Random::new(7);
        assert!((0..1000).all(|_| random.percent(100.0) && !random.percent(0.0)));
        let hits = (0..10_000).filter(|_| random.percent(30.0)).count();
        assert!((2_700..3_300).contains(&hits), "{hits}");
    }
}
