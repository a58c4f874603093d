//! How each level and each floor looks: one colour and one mark, the same in every chart.

use plotters::style::RGBColor;

/// The form of a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A filled circle.
    Circle,
    /// A filled square.
    Square,
    /// A filled triangle.
    Triangle,
    /// A filled square on its point.
    Diamond,
    /// A diagonal cross.
    Cross,
    /// An upright cross.
    Plus,
    /// An empty circle.
    Ring,
    /// An empty square.
    Frame,
    /// A filled triangle on its point.
    Wedge,
}

/// A colour and a mark.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// The colour.
    pub colour: RGBColor,
    /// The mark.
    pub mark: Mark,
}

const LOOKS: [(&str, Look); 8] = [
    ("linearizable", Look { colour: RGBColor(0, 114, 178), mark: Mark::Circle }),
    ("sequential", Look { colour: RGBColor(230, 159, 0), mark: Mark::Square }),
    ("causal", Look { colour: RGBColor(0, 158, 115), mark: Mark::Triangle }),
    ("eventual", Look { colour: RGBColor(213, 94, 0), mark: Mark::Diamond }),
    ("replicated-log", Look { colour: RGBColor(86, 180, 233), mark: Mark::Frame }),
    ("durable-log", Look { colour: RGBColor(117, 70, 150), mark: Mark::Wedge }),
    ("echo", Look { colour: RGBColor(0, 0, 0), mark: Mark::Cross }),
    ("chain", Look { colour: RGBColor(110, 110, 110), mark: Mark::Plus }),
];

/// The look of the series `name`, by its first word: `causal get` looks like `causal`. Any other is grey-violet, and
/// has a ring.
pub fn look(name: &str) -> Look {
    let first = name.split_whitespace().next().unwrap_or_default();
    let known = LOOKS.iter().find(|(known, _)| *known == first);
    known.map_or(Look { colour: RGBColor(204, 121, 167), mark: Mark::Ring }, |(_, look)| *look)
}
