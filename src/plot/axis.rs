//! Axes: from values to pixels, and where the ticks stand.

/// How an axis grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Equal steps for equal differences, from 0 where the ticks are not given.
    Linear,
    /// Equal steps for equal ratios. Values at or below 0 are left out.
    Log,
}

/// What an axis counts; says how its ticks are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Microseconds, written as µs, ms or s.
    Micros,
    /// A number.
    Count,
    /// A share from 0 to 1, written in percent.
    Share,
}

impl Unit {
    /// The value as a tick shows it: `20 µs`, `1.5 ms`, `64k`, `90 %`.
    pub fn shown(self, value: f64) -> String {
        let scaled = |steps: &[(f64, &str)]| {
            let fits = steps.iter().rev().find(|(from, _)| value.abs() >= from * 0.9999);
            let (from, name) = fits.or(steps.first()).copied().unwrap_or((1.0, ""));
            format!("{}{name}", plain(value / from))
        };
        match self {
            Unit::Micros => scaled(&[(1.0, " µs"), (1e3, " ms"), (1e6, " s")]),
            Unit::Count => scaled(&[(1.0, ""), (1e3, "k"), (1e6, "M")]),
            Unit::Share => format!("{} %", plain(value * 100.0)),
        }
    }
}

/// Three digits, without zeros at the end.
fn plain(value: f64) -> String {
    let digits = match value.abs() {
        hundreds if hundreds >= 99.95 => 0,
        tens if tens >= 9.995 => 1,
        _ => 2,
    };
    let text = format!("{value:.digits$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_string(),
        false => text,
    }
}

/// One axis of a panel.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// What it shows, with its unit.
    pub title: String,
    /// How it grows.
    pub scale: Scale,
    /// What it counts.
    pub unit: Unit,
    /// Where the ticks stand; if empty, where it is round.
    pub ticks: Vec<f64>,
}

impl Axis {
    /// An axis with round ticks.
    pub fn new(title: &str, scale: Scale, unit: Unit) -> Self {
        Axis { title: title.to_string(), scale, unit, ticks: Vec::new() }
    }

    /// The same axis with ticks at these values.
    pub fn with_ticks(self, ticks: Vec<f64>) -> Self {
        Axis { ticks, ..self }
    }
}

/// An axis with its values laid along pixels.
#[derive(Debug)]
pub(super) struct Ruler {
    scale: Scale,
    low: f64,
    high: f64,
    pixels: (i32, i32),
    ticks: Vec<f64>,
}

impl Ruler {
    /// Lays `values` and the axis' own ticks along the pixels from the first to the second.
    pub fn new(axis: &Axis, values: &[f64], pixels: (i32, i32)) -> Self {
        let scale = axis.scale;
        let fits = |value: &f64| value.is_finite() && (scale == Scale::Linear || *value > 0.0);
        let all: Vec<f64> = values.iter().chain(&axis.ticks).copied().filter(fits).collect();
        let (least, most) = (least(&all), most(&all));
        let ticks = match scale {
            _ if !axis.ticks.is_empty() => axis.ticks.clone(),
            Scale::Linear if axis.unit == Unit::Share && most <= 1.0 => linear(1.0),
            Scale::Linear => linear(most),
            Scale::Log => log(least, most),
        };
        let first =
            if scale == Scale::Linear { 0.0 } else { ticks.first().copied().unwrap_or(1.0) };
        let (low, high) = (first.min(least), ticks.last().copied().unwrap_or(1.0).max(most));
        // With ticks of its own the outermost points keep off the frame.
        let (low, high) = match scale {
            Scale::Log if !axis.ticks.is_empty() => {
                let room = (high / low).max(1.01).powf(0.03);
                (low / room, high * room)
            }
            Scale::Linear if !axis.ticks.is_empty() => {
                let room = (high - least).max(1.0) * 0.09;
                (least - room, high + room)
            }
            _ => (low, high),
        };
        Ruler { scale, low, high, pixels, ticks }
    }

    /// Where the ticks stand.
    pub fn ticks(&self) -> &[f64] {
        &self.ticks
    }

    /// The pixel of a value; values beyond an end stand at that end.
    pub fn place(&self, value: f64) -> i32 {
        let (from, to) = (f64::from(self.pixels.0), f64::from(self.pixels.1));
        let share = match self.scale {
            Scale::Linear => (value - self.low) / (self.high - self.low),
            Scale::Log => (value.max(self.low) / self.low).ln() / (self.high / self.low).ln(),
        };
        let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.5 };
        (from + (to - from) * share).round() as i32
    }
}

fn least(values: &[f64]) -> f64 {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    if least.is_finite() { least } else { 1.0 }
}

fn most(values: &[f64]) -> f64 {
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if most.is_finite() { most } else { 1.0 }
}

/// Round values from 0 past `most`, about five.
fn linear(most: f64) -> Vec<f64> {
    let most = if most > 0.0 { most } else { 1.0 };
    let rough = most / 5.0;
    let magnitude = 10f64.powf(rough.log10().floor());
    let steps = [1.0, 2.0, 2.5, 5.0, 10.0].map(|step| step * magnitude);
    let step = steps.into_iter().find(|step| *step >= rough * 0.999).unwrap_or(rough);
    let count = (most / step - 1e-9).ceil() as i32;
    (0..=count).map(|number| f64::from(number) * step).collect()
}

/// Round values from at or below `least` to at or above `most`: 1, 2, 5, 10 … or, over a wide range, powers of ten.
fn log(least: f64, most: f64) -> Vec<f64> {
    let (first, last) = (least.log10().floor() as i32, most.log10().ceil() as i32);
    let wide = last - first > 3;
    let leads: &[f64] = if wide { &[1.0] } else { &[1.0, 2.0, 5.0] };
    let all: Vec<f64> = (first..=last.max(first + 1))
        .flat_map(|power| leads.iter().map(move |lead| lead * 10f64.powi(power)))
        .collect();
    let start = all.iter().rposition(|tick| *tick <= least * 1.000_1).unwrap_or(0);
    let end = all.iter().position(|tick| *tick >= most * 0.999_9).unwrap_or(all.len() - 1);
    all.get(start..=end.max(start + 1).min(all.len() - 1)).unwrap_or(&all).to_vec()
}
