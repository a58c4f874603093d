//! The shapes of partitions.

use crate::faults::{Fault, Link};
use crate::order::PRIMARY;
use crate::process::NodeId;
use crate::random::Random;
use std::fmt::{self, Display};
use std::str::FromStr;

/// Who is parted from whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// Any of the shapes below.
    Any,
    /// One server alone.
    One,
    /// Two halves, or nearly.
    Halves,
    /// Each server sees a majority, and no two the same.
    Ring,
    /// Two halves, and one server that sees both.
    Bridge,
    /// The primary alone.
    Primary,
    /// One server is heard and does not hear, or the other way round.
    OneWay,
    /// These links.
    Links(Vec<Link>),
}

const NAMED: [(&str, Shape); 7] = [
    ("any", Shape::Any),
    ("one", Shape::One),
    ("halves", Shape::Halves),
    ("ring", Shape::Ring),
    ("bridge", Shape::Bridge),
    ("primary", Shape::Primary),
    ("one-way", Shape::OneWay),
];

impl Shape {
    /// The links to cut among `servers`, by chance where the shape leaves it open.
    pub fn links(&self, servers: u32, random: &mut Random) -> Vec<Link> {
        let mut order: Vec<NodeId> = (1..=servers).map(NodeId).collect();
        shuffle(&mut order, random);
        let half = order.len() / 2;
        match self {
            Shape::Any => {
                let shape = &NAMED[1 + random.below(NAMED.len() as u64 - 1) as usize].1;
                shape.links(servers, random)
            }
            Shape::One => between(&order[..1], &order[1..], Link::Both),
            Shape::Halves => between(&order[..half], &order[half..], Link::Both),
            Shape::Ring => ring(&order),
            Shape::Bridge => between(&order[..half], &order[half + 1..], Link::Both),
            Shape::Primary => {
                order.retain(|node| *node != PRIMARY);
                between(&[PRIMARY], &order, Link::Both)
            }
            Shape::OneWay if random.percent(50.0) => {
                between(&order[..1], &order[1..], Link::OneWay)
            }
            Shape::OneWay => between(&order[1..], &order[..1], Link::OneWay),
            Shape::Links(links) => links.clone(),
        }
    }

    /// The highest server that it names.
    pub fn highest_node(&self) -> u32 {
        match self {
            Shape::Links(links) => {
                links.iter().map(|link| Fault::Cut(*link).highest_node()).max().unwrap_or(0)
            }
            _ => 0,
        }
    }

    /// The fewest servers among which it cuts anything. Any shape will do whatever there is.
    pub fn fewest_servers(&self) -> u32 {
        match self {
            Shape::Any | Shape::Links(_) => 1,
            Shape::One | Shape::Halves | Shape::Primary | Shape::OneWay => 2,
            Shape::Bridge => 3,
            Shape::Ring => 4,
        }
    }
}

fn shuffle(nodes: &mut [NodeId], random: &mut Random) {
    for last in (1..nodes.len()).rev() {
        nodes.swap(last, random.below(last as u64 + 1) as usize);
    }
}

fn between(some: &[NodeId], others: &[NodeId], link: fn(NodeId, NodeId) -> Link) -> Vec<Link> {
    some.iter().flat_map(|a| others.iter().map(move |b| link(*a, *b))).collect()
}

/// In a ring of `nodes`, links longer than it takes to see a majority are cut.
fn ring(nodes: &[NodeId]) -> Vec<Link> {
    let servers = nodes.len();
    let near = (servers / 2).div_ceil(2);
    let mut cut = Vec::new();
    for (a, from) in nodes.iter().enumerate() {
        for (b, to) in nodes.iter().enumerate().skip(a + 1) {
            if (b - a).min(servers - (b - a)) > near {
                cut.push(Link::Both(*from, *to));
            }
        }
    }
    cut
}

impl Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Shape::Links(links) = self {
            let links: Vec<String> = links.iter().map(Link::to_string).collect();
            return f.write_str(&links.join("+"));
        }
        let name = NAMED.iter().find(|(_, shape)| shape == self);
        f.write_str(name.map_or("", |(name, _)| name))
    }
}

impl FromStr for Shape {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some((_, shape)) = NAMED.into_iter().find(|(name, _)| *name == text) {
            return Ok(shape);
        }
        let links: Result<Vec<Link>, String> = text.split('+').map(str::parse).collect();
        links.map(Shape::Links).map_err(|_| {
            let names = NAMED.map(|(name, _)| name).join(", ");
            format!("expected {names}, or links as in 1-3+2->4, found {text:?}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Whom each server hears and is heard by, itself included.
    fn sees(links: &[Link], servers: u32) -> Vec<BTreeSet<u32>> {
        let parted = |a: u32, b: u32| {
            links
                .iter()
                .any(|link| link.covers(NodeId(a), NodeId(b)) || link.covers(NodeId(b), NodeId(a)))
        };
        (1..=servers)
            .map(|a| (1..=servers).filter(|b| a == *b || !parted(a, *b)).collect())
            .collect()
    }

    #[test]
    fn shapes_part_whom_they_say() {
        let mut random = Random::new(3);
        let sizes = |shape: Shape, random: &mut Random| {
            let mut sizes: Vec<usize> =
                sees(&shape.links(5, random), 5).iter().map(BTreeSet::len).collect();
            sizes.sort_unstable();
            sizes
        };
        assert_eq!(sizes(Shape::One, &mut random), [1, 4, 4, 4, 4]);
        assert_eq!(sizes(Shape::Halves, &mut random), [2, 2, 3, 3, 3]);
        assert_eq!(sizes(Shape::Bridge, &mut random), [3, 3, 3, 3, 5]);
        assert_eq!(sees(&Shape::Primary.links(5, &mut random), 5)[0].len(), 1);
        let ring = sees(&Shape::Ring.links(5, &mut random), 5);
        assert!(ring.iter().all(|seen| seen.len() == 3));
        assert_eq!(ring.iter().collect::<BTreeSet<_>>().len(), 5);
        assert!(Shape::Any.links(1, &mut random).is_empty());
    }

    #[test]
    fn a_shape_cuts_nothing_among_fewer_servers_than_it_needs() {
        let mut random = Random::new(3);
        for (name, shape) in &NAMED[1..] {
            let fewest = shape.fewest_servers();
            assert!(shape.links(fewest - 1, &mut random).is_empty(), "{name}");
            assert!(!shape.links(fewest, &mut random).is_empty(), "{name}");
        }
    }

    #[test]
    fn names_and_links_read_back() {
        for text in ["any", "one-way", "ring", "1-3+2->4"] {
            assert_eq!(text.parse::<Shape>().map(|shape| shape.to_string()), Ok(text.to_string()));
        }
        assert!("thirds".parse::<Shape>().is_err_and(|error| error.contains("halves")));
    }
}
