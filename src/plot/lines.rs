//! Lines, with marks and intervals.

use super::canvas::Canvas;
use super::look::look;
use super::{Frame, PlotError, Series};

/// The thinnest line, and the smallest mark.
const LINE: u32 = 2;
const MARK: i32 = 4;
/// By so much the earlier ones are wider, at most.
const WIDER: i32 = 3;
/// Intervals of neighbours stand so many pixels apart.
const APART: i32 = 4;

/// Draws each series as a line; with a mark on each of its points, or on its middle one only. Earlier ones are wider,
/// so that lines which lie on each other are all seen.
pub(super) fn draw(
    canvas: &Canvas<'_, '_>,
    frame: &Frame,
    series: &[Series],
    marked: bool,
) -> Result<(), PlotError> {
    for (one, above) in series.iter().zip((0..series.len() as i32).rev()) {
        draw_one(canvas, frame, one, above, marked)?;
    }
    Ok(())
}

/// Draws one series; so many are drawn over it.
fn draw_one(
    canvas: &Canvas<'_, '_>,
    frame: &Frame,
    series: &Series,
    above: i32,
    marked: bool,
) -> Result<(), PlotError> {
    let look = look(&series.name);
    let place = |x: f64, y: f64| (frame.x.place(x), frame.y.place(y));
    let points: Vec<_> = series.points.iter().map(|point| place(point.x, point.y)).collect();
    let wider = above.min(WIDER);
    canvas.line(&points, look.colour, LINE + wider.unsigned_abs())?;
    for point in &series.points {
        if let Some((low, high)) = point.range {
            let ((x, bottom), (_, top)) = (place(point.x, low), place(point.x, high));
            canvas.line(
                &[(x - APART * above, bottom), (x - APART * above, top)],
                look.colour,
                1,
            )?;
        }
    }
    let middle = points.len() / 2;
    let marks = if marked { points.get(..) } else { points.get(middle..=middle) };
    marks.unwrap_or_default().iter().try_for_each(|at| canvas.mark(*at, look, MARK + wider))
}
