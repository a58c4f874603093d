//! Where words go: results to stdout, everything else to stderr under the run's clock.
//!
//! While a prompt is shown both must pass through it, so that it is redrawn under them; the shell then puts its own
//! printer in their way.

use serde_json::json;
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Takes text that ends with a line break to the terminal.
pub type Printer = Box<dyn FnMut(String) + Send>;

static PRINTER: Mutex<Option<Printer>> = Mutex::new(None);
static JSON: AtomicBool = AtomicBool::new(false);
static START: Mutex<Option<Instant>> = Mutex::new(None);

/// Starts the run's clock anew: a run begins when its cluster does, not when its menu is shown.
pub fn restart_clock() {
    *lock(&START) = Some(Instant::now());
}

/// Sets the run's clock to that of a run that began so long ago: the servers' lines and these stand under one clock.
pub fn began(ago: Duration) {
    *lock(&START) = Instant::now().checked_sub(ago);
}

fn elapsed() -> Duration {
    lock(&START).get_or_insert_with(Instant::now).elapsed()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on text goes to `printer`, or with `None` straight to the streams again.
pub fn print_through(printer: Option<Printer>) {
    *lock(&PRINTER) = printer;
}

/// Writes one result, with a line break after it, to stdout.
pub fn result(text: &str) -> io::Result<()> {
    through_printer(text, true).unwrap_or_else(|| {
        let mut out = io::stdout().lock();
        out.write_all(format!("{text}\n").as_bytes())?;
        out.flush()
    })
}

/// From now on remarks are JSON objects, as the servers' log lines then are, or text again.
pub fn remark_as_json(json: bool) {
    JSON.store(json, Ordering::Relaxed);
}

/// Writes one remark to stderr, under the run's clock.
pub fn remark(text: &str) {
    if JSON.load(Ordering::Relaxed) {
        return object("info", text);
    }
    plain_remark(&format!("+{:.3} s  {text}", elapsed().as_secs_f64()));
}

/// Writes advice for a person to stderr; a program that reads JSON gets none.
pub fn advice(text: &str) {
    if !JSON.load(Ordering::Relaxed) {
        plain_remark(text);
    }
}

/// Writes what went wrong to stderr.
pub fn complaint(text: &str) {
    if JSON.load(Ordering::Relaxed) {
        return object("error", text);
    }
    let mark = if colours() { "\u{1b}[1;31merror:\u{1b}[0m" } else { "error:" };
    plain_remark(&format!("{mark} {text}"));
}

/// Writes a remark in the form of the servers' log lines.
fn object(level: &str, text: &str) {
    let clock = elapsed().as_secs_f64();
    let line = json!({ "clock_s": clock, "level": level, "message": text, "request": null, "server": null });
    plain_remark(&line.to_string());
}

/// Writes text to stderr as it is. Whoever closed stderr does not want to know.
pub fn plain_remark(text: &str) {
    let written = through_printer(text, io::stderr().is_terminal());
    if written.is_none() {
        let _ = io::stderr().lock().write_all(format!("{text}\n").as_bytes());
    }
}

/// Gives text to the printer, if there is one and the text is meant for the terminal.
fn through_printer(text: &str, for_terminal: bool) -> Option<io::Result<()>> {
    match lock(&PRINTER).as_mut() {
        Some(print) if for_terminal => {
            print(format!("{text}\n"));
            Some(Ok(()))
        }
        _ => None,
    }
}

/// Whether stderr may be coloured: a terminal, and nobody said `NO_COLOR`.
pub fn colours() -> bool {
    io::stderr().is_terminal() && colours_wanted()
}

/// Whether stdout may be coloured.
pub fn results_coloured() -> bool {
    io::stdout().is_terminal() && colours_wanted()
}

fn colours_wanted() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// A measured time, short: `0.41 ms`, `12.3 ms`, `1.52 s`; from a minute on `68.3 s`.
pub fn took(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1e3;
    match ms {
        _ if ms < 10.0 => format!("{ms:.2} ms"),
        _ if ms < 1_000.0 => format!("{ms:.1} ms"),
        _ if ms < 60_000.0 => format!("{:.2} s", ms / 1e3),
        _ => format!("{:.1} s", ms / 1e3),
    }
}
