//! A counterexample as a picture: a row for each process, a bar for each operation from its invocation to its end, the
//! operations of the broken order marked, and an arrow with its reason for each step of that order.

use crate::check::{Counterexample, letter};
use crate::cli::drawing::{Drawing, Style, wrapped};
use crate::history::{Operation, ProcessId, words};

const LEFT: f64 = 96.0;
/// The picture is at least so wide, and so much wider for each event.
const LEAST: f64 = 860.0;
const STEP: f64 = 110.0;
const ROW: f64 = 64.0;
const BAR: f64 = 26.0;
const EDGE: f64 = 16.0;
const LINE: f64 = 20.0;
/// Events are drawn at equal distances: their order counts, and times would hide what lies close together.
const MARGIN: f64 = 24.0;

/// The picture as the text of an SVG file.
pub fn of(found: &Counterexample) -> String {
    let mut picture = Picture::of(found);
    let most = picture.width - EDGE;
    let title = wrapped(&format!("not {}: {}", found.model, found.summary), EDGE, most * 0.75);
    let reasons: Vec<String> =
        legend(found).iter().flat_map(|line| wrapped(line, EDGE, most)).collect();
    picture.top = EDGE + LINE * title.len() as f64 + 24.0;
    let bottom = picture.top + ROW * picture.processes.len() as f64 + LINE;
    let mut drawing = Drawing::new(picture.width, bottom + LINE * reasons.len() as f64);
    lines(&mut drawing, EDGE + 10.0, &title, Style::Title);
    picture.rows(&mut drawing);
    picture.bars(&mut drawing);
    picture.arrows(&mut drawing);
    picture.labels(&mut drawing);
    lines(&mut drawing, bottom, &reasons, Style::Plain);
    drawing.finish()
}

/// What stands below: each operation in full, as labels may be cut, and why one comes before another.
fn legend(found: &Counterexample) -> Vec<String> {
    let history = &found.history;
    let operations = (0..).zip(history.operations()).map(|(id, operation)| {
        let process = history.process_name(operation.process());
        let (does, ended) = (words::does(history, operation), words::ended(operation.end()));
        format!("{}  process {process}: {does} ({ended})", letter(id))
    });
    let edges = found.edges.iter().map(|edge| {
        let (from, to) = (letter(edge.from), letter(edge.to));
        format!("{from} → {to}  {}", edge.why)
    });
    operations.chain(edges).collect()
}

fn lines(drawing: &mut Drawing, y: f64, lines: &[String], style: Style) {
    for (number, line) in (0..).zip(lines) {
        drawing.text(EDGE, y + LINE * f64::from(number), line, style);
    }
}

struct Picture<'a> {
    found: &'a Counterexample,
    processes: Vec<ProcessId>,
    /// The positions of all events, ascending.
    moments: Vec<u32>,
    width: f64,
    /// Where the row of the first process begins.
    top: f64,
}

impl<'a> Picture<'a> {
    fn of(found: &'a Counterexample) -> Self {
        let operations = found.history.operations();
        let mut processes: Vec<ProcessId> = operations.iter().map(Operation::process).collect();
        processes.sort_by_key(|process| found.history.process_name(*process));
        processes.dedup();
        let mut moments: Vec<u32> = operations
            .iter()
            .flat_map(|one| [Some(one.invoked()), one.ended()])
            .flatten()
            .collect();
        moments.sort_unstable();
        let width = LEAST.max(LEFT + STEP * moments.len() as f64);
        Picture { found, processes, moments, width, top: 0.0 }
    }

    fn x(&self, position: u32) -> f64 {
        let index = self.moments.partition_point(|moment| *moment < position);
        let steps = self.moments.len().saturating_sub(1).max(1);
        LEFT + MARGIN + (self.width - LEFT - 3.0 * MARGIN) * index as f64 / steps as f64
    }

    fn y(&self, process: ProcessId) -> f64 {
        let row = self.processes.iter().position(|one| *one == process).unwrap_or_default();
        self.top + ROW * row as f64 + ROW / 2.0
    }

    /// Where a bar begins and ends; one without an end goes on to the edge.
    fn span(&self, operation: &Operation) -> (f64, f64) {
        let from = self.x(operation.invoked());
        let open = operation.returned() == u32::MAX;
        let to =
            operation.ended().filter(|_| !open).map_or(self.width - EDGE, |ended| self.x(ended));
        (from, to.max(from + 8.0))
    }

    fn marked(&self, id: u32) -> bool {
        let edges = &self.found.edges;
        edges.is_empty() || edges.iter().any(|edge| edge.from == id || edge.to == id)
    }

    fn rows(&self, drawing: &mut Drawing) {
        for process in &self.processes {
            let y = self.y(*process);
            let name = self.found.history.process_name(*process);
            drawing.text(EDGE, y + 5.0, &format!("process {name}"), Style::Plain);
            drawing.line((LEFT, y), (self.width - EDGE, y));
        }
    }

    fn bars(&self, drawing: &mut Drawing) {
        for (id, operation) in (0..).zip(self.found.history.operations()) {
            let ((from, to), y) = (self.span(operation), self.y(operation.process()));
            let open = operation.returned() == u32::MAX;
            let style = if self.marked(id) { Style::Marked } else { Style::Bar };
            drawing.bar((from, y - BAR / 2.0), (to - from, BAR), style, open);
        }
    }

    /// What each bar is, up to where the next of its process begins.
    fn labels(&self, drawing: &mut Drawing) {
        let history = &self.found.history;
        for (id, operation) in (0..).zip(history.operations()) {
            let x = self.x(operation.invoked());
            let same =
                history.operations().iter().filter(|one| one.process() == operation.process());
            let next = same.map(Operation::invoked).filter(|at| *at > operation.invoked()).min();
            let most = next.map_or(self.width - EDGE, |next| self.x(next) - 8.0);
            let label = format!("{} {}", letter(id), words::does(history, operation));
            drawing.label(x + 4.0, self.y(operation.process()) - BAR / 2.0 - 5.0, &label, most);
        }
    }

    fn arrows(&self, drawing: &mut Drawing) {
        for edge in &self.found.edges {
            let operations = self.found.history.operations();
            let (Some(from), Some(to)) =
                (operations.get(edge.from as usize), operations.get(edge.to as usize))
            else {
                continue;
            };
            let middle = |one: &Operation| {
                let (from, to) = self.span(one);
                ((from + to) / 2.0, self.y(one.process()))
            };
            drawing.arrow(middle(from), middle(to));
        }
    }
}
