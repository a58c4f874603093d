//! The few strokes that charts are made of.

use super::look::{Look, Mark};
use super::{Figure, PlotError};
use plotters::coord::Shift;
use plotters::element::{Circle, PathElement, Polygon, Rectangle};
use plotters::prelude::{DrawingArea, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{
    Color, FontStyle, FontTransform, IntoFont, RGBColor, ShapeStyle, TextStyle, WHITE,
};

/// Text and axes.
pub(super) const INK: RGBColor = RGBColor(34, 34, 34);
/// What is said by the way.
pub(super) const MUTED: RGBColor = RGBColor(90, 90, 90);
const GRID: RGBColor = RGBColor(225, 225, 225);
/// The backend writes fonts so much smaller than asked.
const FONT_SCALE: f64 = 1.24;

/// Where a text stands relative to its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Left,
    Middle,
    Right,
}

/// The paper of a figure.
pub(super) struct Canvas<'a, 'b> {
    area: &'a DrawingArea<SVGBackend<'b>, Shift>,
}

impl<'a, 'b> Canvas<'a, 'b> {
    /// White paper.
    pub fn new(area: &'a DrawingArea<SVGBackend<'b>, Shift>) -> Result<Self, PlotError> {
        area.fill(&WHITE).map_err(Figure::refused)?;
        Ok(Canvas { area })
    }

    /// A text whose top is at the point.
    pub fn text(
        &self,
        text: &str,
        at: (i32, i32),
        size: u32,
        colour: RGBColor,
        anchor: Anchor,
    ) -> Result<(), PlotError> {
        let across = match anchor {
            Anchor::Left => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::Right => HPos::Right,
        };
        let style = style(size, FontStyle::Normal, colour).pos(Pos::new(across, VPos::Top));
        self.area.draw_text(text, &style, at).map_err(Figure::refused)
    }

    /// A bold text whose top left is at the point.
    pub fn bold(
        &self,
        text: &str,
        at: (i32, i32),
        size: u32,
        colour: RGBColor,
    ) -> Result<(), PlotError> {
        let style = style(size, FontStyle::Bold, colour).pos(Pos::new(HPos::Left, VPos::Top));
        self.area.draw_text(text, &style, at).map_err(Figure::refused)
    }

    /// A text that runs upwards, its middle at the point.
    pub fn upright(&self, text: &str, at: (i32, i32), size: u32) -> Result<(), PlotError> {
        let style = style(size, FontStyle::Normal, INK).pos(Pos::new(HPos::Center, VPos::Top));
        let style = TextStyle { font: style.font.transform(FontTransform::Rotate270), ..style };
        self.area.draw_text(text, &style, at).map_err(Figure::refused)
    }

    /// A text that rises from the point.
    pub fn rising(&self, text: &str, at: (i32, i32), size: u32) -> Result<(), PlotError> {
        let style = style(size, FontStyle::Normal, INK).pos(Pos::new(HPos::Left, VPos::Center));
        let style = TextStyle { font: style.font.transform(FontTransform::Rotate270), ..style };
        self.area.draw_text(text, &style, at).map_err(Figure::refused)
    }

    /// A line through the points.
    pub fn line(
        &self,
        points: &[(i32, i32)],
        colour: RGBColor,
        width: u32,
    ) -> Result<(), PlotError> {
        let path = PathElement::new(points.to_vec(), colour.stroke_width(width));
        self.area.draw(&path).map_err(Figure::refused)
    }

    /// A faint line.
    pub fn grid(&self, points: &[(i32, i32)]) -> Result<(), PlotError> {
        self.line(points, GRID, 1)
    }

    /// A filled box.
    pub fn fill(
        &self,
        from: (i32, i32),
        to: (i32, i32),
        colour: RGBColor,
    ) -> Result<(), PlotError> {
        self.area.draw(&Rectangle::new([from, to], colour.filled())).map_err(Figure::refused)
    }

    /// A mark around the point, `size` pixels from its middle to its rim.
    pub fn mark(&self, (x, y): (i32, i32), look: Look, size: i32) -> Result<(), PlotError> {
        let fill: ShapeStyle = look.colour.filled();
        let polygon = |points: Vec<(i32, i32)>| {
            self.area.draw(&Polygon::new(points, fill)).map_err(Figure::refused)
        };
        match look.mark {
            Mark::Circle => {
                self.area.draw(&Circle::new((x, y), size, fill)).map_err(Figure::refused)
            }
            Mark::Ring => {
                let stroke = look.colour.stroke_width(2);
                self.area.draw(&Circle::new((x, y), size, stroke)).map_err(Figure::refused)
            }
            Mark::Square => {
                self.fill((x - size + 1, y - size + 1), (x + size - 1, y + size - 1), look.colour)
            }
            Mark::Frame => {
                let (left, right, top, bottom) = (x - size, x + size, y - size, y + size);
                let corners = [(left, top), (right, top), (right, bottom), (left, bottom)];
                self.line(&[&corners[..], &corners[..1]].concat(), look.colour, 2)
            }
            Mark::Wedge => polygon(vec![
                (x, y + size + 1),
                (x + size + 1, y - size + 1),
                (x - size - 1, y - size + 1),
            ]),
            Mark::Triangle => polygon(vec![
                (x, y - size - 1),
                (x + size + 1, y + size - 1),
                (x - size - 1, y + size - 1),
            ]),
            Mark::Diamond => {
                let rim = size + 1;
                polygon(vec![(x, y - rim), (x + rim, y), (x, y + rim), (x - rim, y)])
            }
            Mark::Cross => {
                self.line(&[(x - size, y - size), (x + size, y + size)], look.colour, 2)?;
                self.line(&[(x - size, y + size), (x + size, y - size)], look.colour, 2)
            }
            Mark::Plus => {
                self.line(&[(x - size - 1, y), (x + size + 1, y)], look.colour, 2)?;
                self.line(&[(x, y - size - 1), (x, y + size + 1)], look.colour, 2)
            }
        }
    }
}

fn style(size: u32, weight: FontStyle, colour: RGBColor) -> TextStyle<'static> {
    let font = ("sans-serif", f64::from(size) * FONT_SCALE, weight).into_font();
    TextStyle { color: colour.to_backend_color(), ..TextStyle::from(font) }
}

impl Figure {
    /// What the backend says when it does not draw.
    pub(super) fn refused(error: impl std::fmt::Display) -> PlotError {
        PlotError(error.to_string())
    }
}
