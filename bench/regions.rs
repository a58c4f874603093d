//! Five regions, and how far apart they are: `regions.csv` beside this file, which names its source.

use conlab::cli::Failure;
use conlab::faults::{Fault, Link};
use conlab::process::NodeId;
use std::time::Duration;

const MATRIX: &str = include_str!("regions.csv");

/// Five servers, one in each region; the first is the primary's.
#[derive(Debug, Clone, PartialEq)]
pub struct Regions {
    /// Their names.
    pub names: Vec<String>,
    /// Each pair's one-way delay: half the round trip.
    delays: Vec<(usize, usize, Duration)>,
}

impl Regions {
    /// The published matrix.
    pub fn published() -> Result<Regions, Failure> {
        Regions::read(MATRIX).map_err(|error| Failure::internal(format!("regions.csv: {error}")))
    }

    fn read(text: &str) -> Result<Regions, String> {
        let mut regions = Regions { names: Vec::new(), delays: Vec::new() };
        let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        for line in lines.skip(1) {
            let [from, to, rtt] = line.split(',').collect::<Vec<_>>()[..] else {
                return Err(format!("expected from,to,rtt_ms, found {line:?}"));
            };
            let rtt = rtt.parse::<f64>().ok().filter(|rtt| (0.0..10_000.0).contains(rtt));
            let rtt = rtt.ok_or_else(|| format!("expected milliseconds, found {line:?}"))?;
            let (from, to) = (regions.index(from), regions.index(to));
            // Whole microseconds: that is what links can be slowed by.
            let one_way = Duration::from_micros((rtt * 500.0).round() as u64);
            regions.delays.push((from, to, one_way));
        }
        Ok(regions)
    }

    fn index(&mut self, name: &str) -> usize {
        let known = self.names.iter().position(|known| known == name);
        known.unwrap_or_else(|| {
            self.names.push(name.to_string());
            self.names.len() - 1
        })
    }

    /// How many servers there are.
    pub fn servers(&self) -> u32 {
        self.names.len() as u32
    }

    /// The delay of each link, in both directions.
    pub fn links(&self) -> Vec<(Link, Duration)> {
        let node = |index: usize| NodeId(index as u32 + 1);
        let link = |(from, to, delay): &(usize, usize, Duration)| {
            (Link::Both(node(*from), node(*to)), *delay)
        };
        self.delays.iter().map(link).collect()
    }

    /// The same as faults of the simulator's links.
    pub fn faults(&self) -> Vec<Fault> {
        self.links().into_iter().map(|(link, delay)| Fault::Slow(link, delay)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_matrix_is_complete() {
        let regions = Regions::published().expect("the file is in the tree");
        assert_eq!(regions.names, ["virginia", "oregon", "ireland", "tokyo", "sydney"]);
        let mut pairs: Vec<_> =
            regions.delays.iter().map(|(a, b, _)| (a.min(b), a.max(b))).collect();
        pairs.sort_unstable();
        pairs.dedup();
        assert_eq!(pairs.len(), 10);
        assert_eq!(regions.links()[1].1, Duration::from_micros(40_270));
    }

    #[test]
    fn a_wrong_line_is_named() {
        assert!(Regions::read("h\na,b\n").is_err_and(|error| error.contains("a,b")));
        assert!(Regions::read("h\na,b,far\n").is_err_and(|error| error.contains("far")));
    }
}
