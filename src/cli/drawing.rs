//! A small drawing as the text of an SVG file. All text goes through [`escaped`]: it comes from histories.

use std::fmt::Write;

/// About the width of a letter of the labels.
const LETTER: f64 = 6.7;
/// How high it stands above its line.
const LETTER_HEIGHT: f64 = 11.0;

/// How something is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    Title,
    Plain,
    Bar,
    Marked,
}

impl Style {
    fn class(self) -> &'static str {
        match self {
            Style::Title => "title",
            Style::Plain => "plain",
            Style::Bar => "bar",
            Style::Marked => "marked",
        }
    }
}

/// A drawing under way.
pub struct Drawing {
    text: String,
}

const LOOK: &str = "\
<style>
text { font-family: 'DejaVu Sans', sans-serif; font-size: 12px; fill: #1f2328;
  paint-order: stroke; stroke: #ffffff; stroke-width: 3px; stroke-linejoin: round }
.title { font-size: 15px; font-weight: bold }
.behind { fill: #ffffff; fill-opacity: 0.9 }
.row { stroke: #d0d7de }
.bar { fill: #dbe7f3; stroke: #57708a }
.marked { fill: #ffd8cc; stroke: #b3261e; stroke-width: 2 }
.open { stroke-dasharray: 5 3 }
.arrow { fill: none; stroke: #b3261e; stroke-width: 1.5; marker-end: url(#head) }
.head { fill: #b3261e }
</style>
<defs><marker id=\"head\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\">\
<path class=\"head\" d=\"M0 0 8 4 0 8z\"/></marker></defs>
";

impl Drawing {
    /// An empty drawing of this size.
    pub fn new(width: f64, height: f64) -> Self {
        let mut text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\">\n"
        );
        text.push_str(LOOK);
        text.push_str("<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n");
        Drawing { text }
    }

    /// Text from a point on.
    pub fn text(&mut self, x: f64, y: f64, text: &str, style: Style) {
        let (class, text) = (style.class(), escaped(text));
        let _ =
            writeln!(self.text, "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{text}</text>");
    }

    /// Text from a point on, cut where it would go past `most`. What was drawn there before goes behind it.
    pub fn label(&mut self, x: f64, y: f64, text: &str, most: f64) {
        let room = ((most - x) / LETTER).max(1.0) as usize;
        let cut: String = if text.chars().count() <= room {
            text.to_string()
        } else {
            text.chars().take(room.saturating_sub(1)).chain(['…']).collect()
        };
        let width = cut.chars().count() as f64 * LETTER;
        self.rect("behind", (x - 2.0, y - LETTER_HEIGHT), (width + 4.0, LETTER_HEIGHT + 3.0), "");
        self.text(x, y, &cut, Style::Plain);
    }

    /// A line of the background.
    pub fn line(&mut self, from: (f64, f64), to: (f64, f64)) {
        let ((a, b), (c, d)) = (from, to);
        let _ = writeln!(
            self.text,
            "<line class=\"row\" x1=\"{a:.1}\" y1=\"{b:.1}\" x2=\"{c:.1}\" y2=\"{d:.1}\"/>"
        );
    }

    /// A bar; `open` at its end if nobody knows when it ends.
    pub fn bar(&mut self, at: (f64, f64), size: (f64, f64), style: Style, open: bool) {
        let ((x, y), (width, height)) = (at, size);
        let class =
            if open { format!("{} open", style.class()) } else { style.class().to_string() };
        let _ = writeln!(
            self.text,
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"4\"/>"
        );
    }

    /// Adds to the look, for the classes of [`Drawing::rect`] and [`Drawing::path`].
    pub fn look(&mut self, css: &str) {
        let _ = writeln!(self.text, "<style>\n{css}\n</style>");
    }

    /// A plain rectangle; `told` is what it says to somebody who points at it, if anything.
    pub fn rect(&mut self, class: &str, at: (f64, f64), size: (f64, f64), told: &str) {
        let ((x, y), (width, height)) = (at, size);
        if width <= 0.0 || height <= 0.0 {
            return;
        }
        let _ = write!(
            self.text,
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\""
        );
        let _ = match told {
            "" => writeln!(self.text, "/>"),
            told => writeln!(self.text, "><title>{}</title></rect>", escaped(told)),
        };
    }

    /// A line through these points.
    pub fn path(&mut self, class: &str, points: &[(f64, f64)]) {
        if points.is_empty() {
            return;
        }
        let points: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let _ =
            writeln!(self.text, "<polyline class=\"{class}\" points=\"{}\"/>", points.join(" "));
    }

    /// A bent arrow: of two between the same points, one goes above and one below.
    pub fn arrow(&mut self, from: (f64, f64), to: (f64, f64)) {
        let ((a, b), (c, d)) = (from, to);
        let length = (c - a).hypot(d - b).max(1.0);
        let bend = (length / 5.0).clamp(14.0, 40.0);
        let (x, y) =
            ((a + c) / 2.0 - (d - b) / length * bend, (b + d) / 2.0 + (c - a) / length * bend);
        let _ = writeln!(
            self.text,
            "<path class=\"arrow\" d=\"M{a:.1} {b:.1}Q{x:.1} {y:.1} {c:.1} {d:.1}\"/>"
        );
    }

    /// The whole text.
    pub fn finish(self) -> String {
        self.text + "</svg>\n"
    }
}

/// Text in lines that fit between `x` and `most`.
pub fn wrapped(text: &str, x: f64, most: f64) -> Vec<String> {
    let room = ((most - x) / LETTER).max(1.0) as usize;
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let Some(line) = lines.last_mut() else { break };
        if !line.is_empty() && line.chars().count() + word.chars().count() >= room {
            lines.push(word.to_string());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

/// Text as XML takes it: no markup, and no character that XML 1.0 lacks.
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_broken_between_words() {
        assert_eq!(wrapped("aa bb cc", 0.0, 6.0 * LETTER), ["aa bb", "cc"]);
        assert_eq!(wrapped("", 0.0, 10.0), [""]);
    }

    #[test]
    fn text_cannot_be_markup() {
        assert_eq!(
            escaped("<a href='x'>&\"\u{0}\u{ffff}é"),
            "&lt;a href=&#39;x&#39;&gt;&amp;&quot;\u{fffd}\u{fffd}é"
        );
    }
}
