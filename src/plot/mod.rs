//! Charts as SVG text: lines and grouped bars, drawn on plotters' SVG backend.
//!
//! A [`Figure`] is one or more panels below each other, 800 pixels wide, under a title that states the finding and above
//! a caption that says how it was measured. Every level and every floor has one colour and one mark, the same in all
//! charts ([`look`]): the colours are those of Okabe and Ito (2008), which colour-blind people can tell apart, and the
//! marks do without them.
//!
//! ```
//! use conlab::plot::{Axis, Content, Figure, Panel, Point, Scale, Series, Unit};
//!
//! let series = Series { name: "causal".into(), points: vec![Point::at(1.0, 80.0), Point::at(64.0, 900.0)] };
//! let figure = Figure {
//!     title: "A write takes longer under load".into(),
//!     caption: "seed 1, 3 servers".into(),
//!     panels: vec![Panel {
//!         heading: String::new(),
//!         x: Axis::new("clients", Scale::Log, Unit::Count),
//!         y: Axis::new("latency, p50", Scale::Log, Unit::Micros),
//!         content: Content::Lines(vec![series]),
//!     }],
//! };
//! assert!(figure.svg()?.contains("causal"));
//! # Ok::<(), conlab::plot::PlotError>(())
//! ```

mod axis;
mod bars;
mod canvas;
mod lines;
mod look;
#[cfg(test)]
mod tests;

pub use axis::{Axis, Scale, Unit};
pub use look::{Look, Mark, look};

use axis::Ruler;
use canvas::{Anchor, Canvas, INK, MUTED};
use plotters::prelude::{IntoDrawingArea, SVGBackend};
use thiserror::Error;

/// How wide every figure is, in pixels.
pub const WIDTH: i32 = 800;
/// How high one panel is.
const PANEL: i32 = 370;
/// What is left of and right of a panel's plot.
const LEFT: i32 = 92;
const RIGHT: i32 = 26;
/// So many letters of a title, and of a caption, fit on one line.
const TITLE_LETTERS: usize = 68;
const CAPTION_LETTERS: usize = 124;

/// A chart could not be drawn.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the chart cannot be drawn: {0}")]
pub struct PlotError(String);

/// A chart with all that a reader needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// The finding, in a sentence.
    pub title: String,
    /// How it was measured: seed, runs, servers, machine.
    pub caption: String,
    /// The panels, the first on top.
    pub panels: Vec<Panel>,
}

/// One plot of a figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// What distinguishes it from the other panels; may be empty.
    pub heading: String,
    /// The axis below.
    pub x: Axis,
    /// The axis on the left.
    pub y: Axis,
    /// What is drawn.
    pub content: Content,
}

/// What a panel shows.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Lines with a mark on each point.
    Lines(Vec<Series>),
    /// Lines without marks: for curves of many points. Every line ends in its mark.
    Curves(Vec<Series>),
    /// Groups of bars: the groups' names, and one bar of each series in each group.
    Bars(Vec<String>, Vec<BarSeries>),
}

/// The points of one line.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Its name in the legend; one that [`look`] knows has its colour and mark.
    pub name: String,
    /// The points, from left to right.
    pub points: Vec<Point>,
}

/// One bar in each group.
#[derive(Debug, Clone, PartialEq)]
pub struct BarSeries {
    /// Its name in the legend.
    pub name: String,
    /// Its value in each group; `None` where there is none.
    pub values: Vec<Option<f64>>,
}

/// One point, with the interval of its value if there is one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Where it stands.
    pub x: f64,
    /// Its value.
    pub y: f64,
    /// From where to where its value may reach.
    pub range: Option<(f64, f64)>,
}

impl Point {
    /// A point without an interval.
    pub fn at(x: f64, y: f64) -> Self {
        Point { x, y, range: None }
    }
}

impl Content {
    fn names(&self) -> Vec<&str> {
        match self {
            Content::Lines(series) | Content::Curves(series) => {
                series.iter().map(|series| series.name.as_str()).collect()
            }
            Content::Bars(_, series) => series.iter().map(|series| series.name.as_str()).collect(),
        }
    }

    fn x_values(&self) -> Vec<f64> {
        match self {
            Content::Lines(series) | Content::Curves(series) => {
                series.iter().flat_map(|series| &series.points).map(|point| point.x).collect()
            }
            Content::Bars(groups, _) => vec![0.0, groups.len() as f64],
        }
    }

    fn y_values(&self) -> Vec<f64> {
        match self {
            Content::Lines(series) | Content::Curves(series) => {
                let points = series.iter().flat_map(|series| &series.points);
                points.flat_map(|p| p.range.map_or([p.y, p.y], |(low, high)| [low, high])).collect()
            }
            Content::Bars(_, series) => {
                series.iter().flat_map(|series| &series.values).flatten().copied().collect()
            }
        }
    }
}

/// Where a panel's plot lies, and the rulers along it.
struct Frame {
    x: Ruler,
    y: Ruler,
}

impl Figure {
    /// The figure as SVG text.
    ///
    /// # Errors
    /// If the backend refuses to draw.
    pub fn svg(&self) -> Result<String, PlotError> {
        let title = wrapped(&self.title, TITLE_LETTERS);
        let legend = self.legend();
        let caption = wrapped(&self.caption, CAPTION_LETTERS);
        let top = 14 + 24 * title.len() as i32 + 22 * legend.len() as i32 + 8;
        let height = top + PANEL * self.panels.len() as i32 + 17 * caption.len() as i32 + 12;
        let mut svg = String::new();
        {
            let size = (WIDTH as u32, height.unsigned_abs());
            let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
            let canvas = Canvas::new(&area)?;
            self.head(&canvas, &title, &legend)?;
            for (panel, number) in self.panels.iter().zip(0..) {
                panel.draw(&canvas, top + PANEL * number)?;
            }
            let below = top + PANEL * self.panels.len() as i32;
            for (line, number) in caption.iter().zip(0..) {
                canvas.text(line, (14, below + 17 * number), 12, MUTED, Anchor::Left)?;
            }
            area.present().map_err(|error| PlotError(error.to_string()))?;
        }
        Ok(scalable(svg))
    }

    fn head(
        &self,
        canvas: &Canvas<'_, '_>,
        title: &[String],
        legend: &[Vec<&str>],
    ) -> Result<(), PlotError> {
        for (line, number) in title.iter().zip(0..) {
            canvas.bold(line, (14, 12 + 24 * number), 18, INK)?;
        }
        let mut y = 14 + 24 * title.len() as i32;
        for row in legend {
            let mut x = 22;
            for name in row {
                let look = look(name);
                canvas.line(&[(x - 8, y + 8), (x + 8, y + 8)], look.colour, 2)?;
                canvas.mark((x, y + 8), look, 5)?;
                canvas.text(name, (x + 14, y + 1), 14, INK, Anchor::Left)?;
                x += entry_width(name);
            }
            y += 22;
        }
        Ok(())
    }

    /// The names of all series, in rows that fit.
    fn legend(&self) -> Vec<Vec<&str>> {
        let mut names: Vec<&str> = Vec::new();
        for name in self.panels.iter().flat_map(|panel| panel.content.names()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let mut rows: Vec<Vec<&str>> = Vec::new();
        let mut room = 0;
        for name in names {
            if entry_width(name) > room || rows.is_empty() {
                rows.push(Vec::new());
                room = WIDTH - 30;
            }
            room -= entry_width(name);
            if let Some(row) = rows.last_mut() {
                row.push(name);
            }
        }
        rows
    }
}

impl Panel {
    fn draw(&self, canvas: &Canvas<'_, '_>, top: i32) -> Result<(), PlotError> {
        let (above, below) = (top + 34, top + PANEL - 62);
        let x = match &self.content {
            Content::Bars(..) => Axis { scale: Scale::Linear, ..self.x.clone() },
            _ => self.x.clone(),
        };
        // Above the highest bar stands its value.
        let room = if matches!(self.content, Content::Bars(..)) { bars::ROOM } else { 0 };
        let frame = Frame {
            x: Ruler::new(&x, &self.content.x_values(), (LEFT, WIDTH - RIGHT)),
            y: Ruler::new(&self.y, &self.content.y_values(), (below, above + room)),
        };
        canvas.bold(&self.heading, (LEFT, top + 8), 14, INK)?;
        self.axes(canvas, &frame, (above, below))?;
        match &self.content {
            Content::Lines(series) => lines::draw(canvas, &frame, series, true),
            Content::Curves(series) => lines::draw(canvas, &frame, series, false),
            Content::Bars(groups, series) => {
                bars::draw(canvas, &frame, groups, series, self.y.unit, below)
            }
        }
    }

    fn axes(
        &self,
        canvas: &Canvas<'_, '_>,
        frame: &Frame,
        (above, below): (i32, i32),
    ) -> Result<(), PlotError> {
        canvas.upright(&self.y.title, (16, (above + below) / 2), 13)?;
        canvas.text(
            &self.x.title,
            ((LEFT + WIDTH - RIGHT) / 2, below + 28),
            13,
            INK,
            Anchor::Middle,
        )?;
        for tick in frame.y.ticks() {
            let y = frame.y.place(*tick);
            canvas.grid(&[(LEFT, y), (WIDTH - RIGHT, y)])?;
            canvas.text(&self.y.unit.shown(*tick), (LEFT - 8, y - 7), 12, INK, Anchor::Right)?;
        }
        if !matches!(self.content, Content::Bars(..)) {
            for tick in frame.x.ticks() {
                let x = frame.x.place(*tick);
                canvas.grid(&[(x, above), (x, below)])?;
                canvas.text(&self.x.unit.shown(*tick), (x, below + 7), 12, INK, Anchor::Middle)?;
            }
        }
        canvas.line(&[(LEFT, above), (LEFT, below), (WIDTH - RIGHT, below)], INK, 1)
    }
}

fn entry_width(name: &str) -> i32 {
    48 + 8 * name.chars().count() as i32
}

/// The text in lines of at most so many letters, broken between words.
fn wrapped(text: &str, letters: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= letters => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_string()),
        }
    }
    lines
}

/// Lets a browser shrink the figure to the width that it has.
fn scalable(svg: String) -> String {
    svg.replacen("<svg ", "<svg style=\"max-width:100%;height:auto\" ", 1)
}
