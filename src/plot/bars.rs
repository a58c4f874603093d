//! Grouped bars: each has its series' mark on top, and its value above that.

use super::canvas::{Anchor, Canvas, INK};
use super::look::look;
use super::{BarSeries, Frame, PlotError, Unit};

/// The share of a group's width that its bars take.
const FILLED: f64 = 0.86;
/// So many pixels a bar's mark and value take above it.
pub(super) const ROOM: i32 = 62;

/// Draws one group after the other, and its name below it.
pub(super) fn draw(
    canvas: &Canvas<'_, '_>,
    frame: &Frame,
    groups: &[String],
    series: &[BarSeries],
    unit: Unit,
    below: i32,
) -> Result<(), PlotError> {
    for (group, number) in groups.iter().zip(0..) {
        let middle = frame.x.place(f64::from(number) + 0.5);
        canvas.text(group, (middle, below + 7), 12, INK, Anchor::Middle)?;
        let bars: Vec<(&str, f64)> = series
            .iter()
            .filter_map(|one| Some((one.name.as_str(), one.values.get(number as usize).copied()??)))
            .collect();
        let (from, to) = (f64::from(number), f64::from(number) + 1.0);
        draw_group(canvas, frame, &bars, (from, to), unit, below)?;
    }
    Ok(())
}

fn draw_group(
    canvas: &Canvas<'_, '_>,
    frame: &Frame,
    bars: &[(&str, f64)],
    (from, to): (f64, f64),
    unit: Unit,
    below: i32,
) -> Result<(), PlotError> {
    let width = (to - from) * FILLED / bars.len().max(1) as f64;
    let start = from + (to - from) * (1.0 - FILLED) / 2.0;
    for ((name, value), number) in bars.iter().zip(0..) {
        let look = look(name);
        let left = frame.x.place(start + width * f64::from(number));
        let right = frame.x.place(start + width * f64::from(number + 1)) - 2;
        let (top, middle) = (frame.y.place(*value), (left + right) / 2);
        canvas.fill((left, top), (right, below), look.colour)?;
        canvas.mark((middle, top - 8), look, 4)?;
        canvas.rising(&unit.shown(*value), (middle, top - 16), 11)?;
    }
    Ok(())
}
