//! One run of the driver: what it has measured so far, kept on disk from the first row on.

use super::args::Common;
use super::machine::{Machine, Versions, stamp};
use super::results::{Results, Row, SCHEMA};
use super::scratch::Scratch;
use super::subject::Subject;
use super::{index, output};
use conlab::cli::{Exit, Failure};
use conlab::stats::spread;
use indicatif::{ProgressBar, ProgressStyle};
use std::fs;
use std::future::Future;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// From this share of its core on the driver is what is measured.
const BUSY: f64 = 0.95;
/// From this spread of the floor's medians on the machine is called noisy.
const NOISY: f64 = 0.25;

/// A run.
pub struct Run {
    /// What it has measured so far.
    pub results: Results,
    /// The flags that all commands share.
    pub common: Common,
    results_file: PathBuf,
    bar: ProgressBar,
    /// Where this process was the bottleneck.
    busy: Vec<(Subject, u32)>,
}

impl Run {
    /// Starts a run, and makes sure that its results can be written.
    pub fn start(command: &str, common: Common) -> Result<Run, Failure> {
        let started = stamp();
        let results_file = common.results.clone();
        let results_file = results_file
            .unwrap_or_else(|| Path::new("store/bench").join(&started).join("results.json"));
        let results = Results {
            schema: SCHEMA,
            command: command.to_string(),
            arguments: std::env::args().skip(1).collect(),
            started,
            seed: common.seed,
            machine: Machine::here(),
            versions: Versions::here(),
            rows: Vec::new(),
            visibility: Vec::new(),
            waiting: Vec::new(),
            losses: Vec::new(),
            catching_up: Vec::new(),
            simulator_per_second: Vec::new(),
            goals: Vec::new(),
            warnings: Vec::new(),
        };
        let mut run = Run { results, common, results_file, bar: bar(), busy: Vec::new() };
        let out = run.common.out.clone();
        writable(&out).map_err(|error| unwritable(&out, &error, "--out"))?;
        run.save()?;
        run.look_around();
        Ok(run)
    }

    /// The program that plays the floor and the driver.
    pub fn own_executable() -> Result<PathBuf, Failure> {
        std::env::current_exe()
            .map_err(|error| Failure::internal(format!("this program cannot find itself: {error}")))
    }

    /// A folder for what servers write, beside the results.
    pub fn scratch(&self, name: &str) -> Result<Scratch, Failure> {
        let parent = self.results_file.parent().filter(|parent| !parent.as_os_str().is_empty());
        Scratch::new(parent.unwrap_or(Path::new(".")), name)
    }

    /// Keeps rows.
    pub fn add(&mut self, rows: Vec<Row>) -> Result<(), Failure> {
        self.results.rows.extend(rows);
        self.save()
    }

    /// Tells whoever reads the results; once.
    pub fn warn(&mut self, text: String) {
        if !self.results.warnings.contains(&text) {
            self.bar.suspend(|| output::remark(&format!("warning: {text}")));
            self.results.warnings.push(text);
        }
    }

    /// Shows what is being measured, on a terminal.
    pub fn show(&self, what: &str) {
        self.bar.set_message(format!("{}: {what}", self.results.command));
        self.bar.tick();
    }

    /// Remembers where this process used all of its core.
    pub fn saw_busy(&mut self, subject: Subject, clients: u32, busy: f64) {
        if busy > BUSY && clients > 1 && !self.busy.contains(&(subject, clients)) {
            self.busy.push((subject, clients));
        }
    }

    /// Writes what was measured so far, whole or not at all.
    pub fn save(&self) -> Result<(), Failure> {
        let path = &self.results_file;
        let written = write(path, &self.json()?);
        written.map_err(|error| unwritable(path, &error, "--results"))
    }

    /// The results as JSON.
    pub fn json(&self) -> Result<String, Failure> {
        serde_json::to_string_pretty(&self.results).map_err(|error| {
            Failure::internal(format!("the results cannot be written as JSON: {error}"))
        })
    }

    /// Ends the run: warns, keeps the results, draws the charts, prints the tables. If measuring failed, what was
    /// measured before is kept and shown all the same.
    pub fn finish(mut self, measured: Result<(), Failure>) -> Result<Exit, Failure> {
        self.warn_of_noise();
        self.bar.finish_and_clear();
        let kept = self.save();
        let drawn = self.draw();
        if kept.is_err() || self.common.json {
            output::result(&self.json()?)?;
        } else {
            output::result(&output::report(&self.results))?;
            output::remark(&format!("results: {}", self.results_file.display()));
        }
        match measured {
            Ok(()) => kept.and(drawn).map(|()| Exit::Done),
            Err(failure) => {
                let kept = self.results_file.display();
                Err(Failure {
                    text: format!("{}; what was measured before is in {kept}", failure.text),
                    ..failure
                })
            }
        }
    }

    fn draw(&self) -> Result<(), Failure> {
        let out = &self.common.out;
        let mut drawn = Vec::new();
        for (name, figure) in output::figures(&self.results) {
            let svg =
                figure.svg().map_err(|error| Failure::internal(format!("{name}: {error}")))?;
            let path = out.join(format!("{name}.svg"));
            write(&path, &svg).map_err(|error| unwritable(&path, &error, "--out"))?;
            drawn.push((name, figure));
        }
        if self.results.command == "all" {
            let path = out.join("index.html");
            write(&path, &index::page(&self.results, &drawn))
                .map_err(|error| unwritable(&path, &error, "--out"))?;
        }
        if !drawn.is_empty() {
            output::remark(&format!("charts: {}", out.display()));
        }
        Ok(())
    }

    fn look_around(&mut self) {
        let Machine { load, cores, .. } = self.results.machine;
        if load > cores as f64 * 0.5 {
            self.warn(format!(
                "{load:.1} processes want this machine's {cores} cores already; trust ratios, not times, or stop the others"
            ));
        }
        if cfg!(debug_assertions) {
            self.warn(
                "this is a debug build; measure with cargo run --release --bin conlab-bench"
                    .to_string(),
            );
        }
    }

    fn warn_of_noise(&mut self) {
        let floors =
            self.results.rows.iter().filter(|row| row.floor.is_none() && row.p50_us.len() > 2);
        let worst = floors
            .filter_map(|row| Some((spread(&row.p50_us)?, row.name())))
            .max_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((width, name)) = worst.filter(|(width, _)| *width > NOISY) {
            self.warn(format!(
                "noisy machine: the medians of {name} spread over {:.0} % of their middle; give it more --repetitions, or stop other programs",
                width * 100.0
            ));
        }
        let mut busy = std::mem::take(&mut self.busy);
        busy.sort_unstable();
        if let Some((subject, clients)) = busy.first() {
            let places = busy.len();
            self.warn(format!(
                "the clients are the bottleneck in {places} loads ({subject} with {clients} clients, …): this process used its whole core there, so a server could do more; the ratios to the floor hold, whose clients are the same"
            ));
        }
    }
}

fn bar() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
}

/// Makes the folder, and makes sure that a file can be written in it.
fn writable(folder: &Path) -> std::io::Result<()> {
    let probe = folder.join(".conlab-bench");
    write(&probe, "")?;
    fs::remove_file(probe)
}

/// Writes a file, whole or not at all, with the folders that it needs.
pub fn write(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let part = path.with_extension("part");
    fs::write(&part, text)?;
    fs::rename(part, path)
}

fn unwritable(path: &Path, error: &std::io::Error, flag: &str) -> Failure {
    Failure::usage(format!(
        "cannot write {}: {error}; name another place with {flag}",
        path.display()
    ))
}

/// Runs something to its end on this thread alone.
pub fn block_on<T, E: Into<Failure>>(
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime =
        runtime.map_err(|error| Failure::internal(format!("cannot start the runtime: {error}")))?;
    let result = runtime.block_on(work);
    runtime.shutdown_background(); // nothing that is left may hold up the end
    result.map_err(Into::into)
}
