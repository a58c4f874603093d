//! Lines, with marks and intervals.

use super::canvas::Canvas;
use super::look::look;
use super::{Frame, PlotError, Series};

/// Draws each series as a line; with a mark on each of its points, or on its last one only.
pub(super) fn draw(
    canvas: &Canvas<'_, '_>,
    frame: &Frame,
    series: &[Series],
    marked: bool,
) -> Result<(), PlotError> {
    for one in series {
        draw_one(canvas, frame, one, marked)?;
    }
    Ok(())
}

fn draw_one(
    canvas: &Canvas<'_, '_>,
    frame: &Frame,
    series: &Series,
    marked: bool,
) -> Result<(), PlotError> {
    let look = look(&series.name);
    let place = |x: f64, y: f64| (frame.x.place(x), frame.y.place(y));
    let points: Vec<_> = series.points.iter().map(|point| place(point.x, point.y)).collect();
    canvas.line(&points, look.colour, 2)?;
    for point in &series.points {
        if let Some((low, high)) = point.range {
            canvas.line(&[place(point.x, low), place(point.x, high)], look.colour, 1)?;
        }
    }
    let marks = if marked {
        points.as_slice()
    } else {
        points.get(points.len() / 2..=points.len() / 2).unwrap_or_default()
    };
    marks.iter().try_for_each(|at| canvas.mark(*at, look, 5))
}
