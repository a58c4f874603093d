//! A trial as a picture: above, how the clients fared; below, what was broken meanwhile; all on one axis of time.

use super::ticks;
use crate::cli::drawing::{Drawing, Style};
use crate::trial::{Span, Timeline};
use std::time::Duration;

const WIDTH: f64 = 1080.0;
const LEFT: f64 = 96.0;
const RIGHT: f64 = 16.0;
const PANEL: f64 = 120.0;
const GAP: f64 = 34.0;
const ROW: f64 = 22.0;
/// How high a tick of the axis stands.
const TICK: f64 = 5.0;
/// About the width of a letter of the labels.
const LETTER: f64 = 6.7;
/// How wide a point is drawn that has no neighbours.
const ALONE: f64 = 6.0;
/// Local reads of simulated servers take no time, for which a logarithmic scale has no place.
const LEAST_MS: f64 = 0.1;

const LOOK: &str = "\
.band { fill: #f6eddc }
.good { fill: #7fa3c7 }
.bad { fill: #b3261e }
.median { fill: none; stroke: #2f5d8a; stroke-width: 1.5 }
.most { fill: none; stroke: #b3261e; stroke-width: 1; stroke-dasharray: 4 2 }
.fault { fill: #d9822b }";

/// The picture as the text of an SVG element.
pub fn of(timeline: &Timeline) -> String {
    let rows = rows(&timeline.spans);
    let height = 24.0 + 2.0 * (PANEL + GAP) + ROW * rows.len() as f64 + 40.0;
    let mut picture = Picture { drawing: Drawing::new(WIDTH, height), timeline, rows };
    picture.drawing.look(LOOK);
    let (first, second) = (24.0, 24.0 + PANEL + GAP);
    picture.bands(first, second + PANEL);
    picture.availability(first);
    picture.latency(second);
    let bottom = picture.faults(second + PANEL + GAP);
    picture.axis(bottom);
    picture.drawing.finish()
}

/// The words of what broke, in the order in which they come first.
fn rows(spans: &[Span]) -> Vec<String> {
    let mut rows: Vec<String> = Vec::new();
    for word in spans.iter().map(word) {
        if !rows.contains(&word) {
            rows.push(word);
        }
    }
    rows
}

fn word(span: &Span) -> String {
    span.fault.to_string().split(' ').next().unwrap_or_default().to_string()
}

struct Picture<'a> {
    drawing: Drawing,
    timeline: &'a Timeline,
    rows: Vec<String>,
}

impl Picture<'_> {
    fn x(&self, at: Duration) -> f64 {
        let share = at.as_secs_f64() / self.timeline.length.as_secs_f64().max(1e-9);
        LEFT + (WIDTH - LEFT - RIGHT) * share.clamp(0.0, 1.0)
    }

    /// Where a piece begins, and how wide it is.
    fn piece(&self, index: usize) -> (f64, f64) {
        let width = (WIDTH - LEFT - RIGHT) / self.timeline.pieces.len().max(1) as f64;
        (LEFT + width * index as f64, width)
    }

    /// The times at which something was broken, behind all else.
    fn bands(&mut self, top: f64, bottom: f64) {
        for block in blocks(&self.timeline.spans, |_| true, self.scale()) {
            let (from, until) = (self.x(block.from), self.x(block.until));
            self.drawing.rect("band", (from, top), (until - from, bottom - top), "");
        }
    }

    /// How much time a point of the picture is wide.
    fn scale(&self) -> Duration {
        self.timeline.length.div_f64(WIDTH - LEFT - RIGHT)
    }

    fn availability(&mut self, top: f64) {
        let title =
            "acknowledged, of the requests that began then; none began where every client waited";
        self.drawing.text(LEFT, top - 8.0, title, Style::Plain);
        for (label, share) in [("100 %", 0.0), ("50 %", 0.5), ("0 %", 1.0)] {
            let y = top + PANEL * share;
            self.drawing.text(LEFT - 52.0, y + 4.0, label, Style::Plain);
            self.drawing.line((LEFT, y), (WIDTH - RIGHT, y));
        }
        for (index, piece) in self.timeline.pieces.iter().enumerate() {
            if piece.asked == 0 {
                continue;
            }
            let (x, width) = self.piece(index);
            let good = PANEL * piece.ok as f64 / piece.asked as f64;
            let told = format!("{} of {}", piece.ok, piece.asked);
            let size = |height: f64| ((width - 1.0).max(0.5), height);
            self.drawing.rect("good", (x, top + PANEL - good), size(good), &told);
            self.drawing.rect("bad", (x, top), size(PANEL - good), &told);
        }
    }

    /// On a logarithmic scale, in whole powers of ten.
    fn latency(&mut self, top: f64) {
        let title = "latency of the acknowledged, ms: median ── and most ╌╌";
        self.drawing.text(LEFT, top - 8.0, title, Style::Plain);
        let told = || self.timeline.pieces.iter().filter(|piece| piece.ok > 0);
        let least = told().map(|piece| piece.median_ms).fold(f64::MAX, f64::min).max(LEAST_MS);
        let most = told().map(|piece| piece.most_ms).fold(LEAST_MS, f64::max);
        let (low, high) = (least.log10().floor().min(2.0), most.log10().ceil());
        let high = high.max(low + 1.0);
        let y = |ms: f64| {
            top + PANEL * (1.0 - ((ms.max(LEAST_MS).log10() - low) / (high - low)).clamp(0.0, 1.0))
        };
        for power in low as i32..=high as i32 {
            let ms = 10f64.powi(power);
            self.drawing.text(LEFT - 52.0, y(ms) + 4.0, &ms.to_string(), Style::Plain);
            self.drawing.line((LEFT, y(ms)), (WIDTH - RIGHT, y(ms)));
        }
        for (class, of) in [("median", 0), ("most", 1)] {
            let points = self.timeline.pieces.iter().enumerate().map(|(index, piece)| {
                let (x, width) = self.piece(index);
                let ms = if of == 0 { piece.median_ms } else { piece.most_ms };
                (piece.ok > 0).then(|| (x + width / 2.0, y(ms)))
            });
            let points: Vec<Option<(f64, f64)>> = points.collect();
            points.split(Option::is_none).for_each(|run| {
                let mut run: Vec<(f64, f64)> = run.iter().copied().flatten().collect();
                if let [(x, y)] = run[..] {
                    run = vec![(x - ALONE / 2.0, y), (x + ALONE / 2.0, y)]; // a point alone would not be seen
                }
                self.drawing.path(class, &run);
            });
        }
    }

    /// A row for each kind; returns where they end.
    fn faults(&mut self, top: f64) -> f64 {
        for (number, row) in (0..).zip(&self.rows) {
            let y = top + ROW * f64::from(number);
            self.drawing.text(16.0, y + 4.0, row, Style::Plain);
            self.drawing.line((LEFT, y), (WIDTH - RIGHT, y));
        }
        for (number, row) in (0..).zip(self.rows.clone()) {
            let y = top + ROW * f64::from(number);
            for block in blocks(&self.timeline.spans, |span| word(span) == row, self.scale()) {
                let (from, until) = (self.x(block.from), self.x(block.until));
                let size = ((until - from).max(2.0), 12.0);
                self.drawing.rect("fault", (from, y - 6.0), size, &block.told());
            }
        }
        top + ROW * self.rows.len() as f64
    }

    fn axis(&mut self, y: f64) {
        for (at, label) in ticks::of(self.timeline.length) {
            let (x, half) = (self.x(at), label.chars().count() as f64 * LETTER / 2.0);
            self.drawing.line((x, y - TICK), (x, y));
            // A label stands below the middle of its tick; the last one ends where the picture does.
            let from = (x - half).min(WIDTH - 2.0 * half);
            self.drawing.text(from, y + 14.0, &label, Style::Plain);
        }
    }
}

/// Spans that are drawn as one, for nobody could see what lies between them.
struct Block<'a> {
    first: &'a Span,
    spans: usize,
    from: Duration,
    until: Duration,
}

impl Block<'_> {
    fn told(&self) -> String {
        let (from, until) = (self.from.as_secs_f64(), self.until.as_secs_f64());
        match self.spans {
            1 => format!("{}: {from:.2} s to {until:.2} s", self.first.fault),
            many => {
                format!("{} and {} more: {from:.2} s to {until:.2} s", self.first.fault, many - 1)
            }
        }
    }
}

/// The chosen spans, those together between which less than `gap` lies. A long run has many thousands of them: the picture shall
/// stay small.
fn blocks(spans: &[Span], chosen: impl Fn(&Span) -> bool, gap: Duration) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block> = Vec::new();
    for span in spans.iter().filter(|span| chosen(span)) {
        match blocks.last_mut().filter(|last| span.from <= last.until + gap) {
            Some(last) => {
                last.spans += 1;
                last.until = last.until.max(span.until);
            }
            None => {
                blocks.push(Block { first: span, spans: 1, from: span.from, until: span.until })
            }
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_has_round_times_each_below_its_tick() {
        let length = Duration::from_millis(10_500);
        let picture = of(&Timeline { length, pieces: Vec::new(), spans: Vec::new() });
        for (seconds, x) in [(0, "86.0"), (2, "270.3"), (10, "1004.5")] {
            let label = format!("x=\"{x}\" y=\"346.0\">{seconds} s<");
            assert!(picture.contains(&label), "{label}:\n{picture}");
        }
        assert!(!picture.contains("10.5 s"), "{picture}");
    }

    /// However much breaks, the picture has no more marks than it has room for.
    #[test]
    fn what_lies_close_together_is_drawn_as_one() {
        let ms = Duration::from_millis;
        let span = |at| Span {
            from: ms(at),
            until: ms(at + 5),
            fault: "kill 1".parse().expect("it is one"),
        };
        let spans: Vec<Span> = (0..100_000).map(|number| span(number * 10)).collect();
        let timeline = Timeline { length: ms(1_000_000), pieces: Vec::new(), spans: spans.clone() };
        assert!(of(&timeline).len() < 10_000);
        let few = blocks(&spans[..3], |_| true, ms(1));
        assert_eq!(few.iter().map(|block| block.spans).collect::<Vec<_>>(), [1, 1, 1]);
        let one = blocks(&spans[..3], |_| true, ms(5));
        assert_eq!(one[0].told(), "kill 1 and 2 more: 0.00 s to 0.03 s");
    }
}
