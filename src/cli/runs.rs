//! The runs that are kept: `store/<name>/<20260102T030405Z>/`, with `run.json` and `history.jsonl` in each.

use super::exit::Failure;
use crate::files::read_text;
use crate::history::Recorder;
use serde::Deserialize;
use serde_json::json;
use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Where runs are kept, from the working directory.
pub const STORE: &str = "store";
/// The arguments, the seed and the version.
pub const RUN: &str = "run.json";
/// What the clients saw.
pub const HISTORY: &str = "history.jsonl";
/// Every message between servers.
pub const MESSAGES: &str = "messages.jsonl";
/// What broke, and when.
pub const FAULTS: &str = "faults.jsonl";
/// The verdict and the figures.
pub const RESULTS: &str = "results.json";
/// The whole run on one page, for people.
pub const REPORT: &str = "report.html";
/// The folder of what real servers keep on disk.
pub const DATA: &str = "data";
/// The folder of the servers' logs.
const NODES: &str = "nodes";
/// A scenario that shows the violation.
pub const VIOLATION: &str = "violation.scn";
/// How the folders are laid out; a later layout has a higher number.
const LAYOUT: u64 = 1;
/// So many runs of one name may begin in one second.
const MOST_A_SECOND: u32 = 100;

/// A run that is being recorded.
pub struct Run {
    /// Its history.
    pub history: PathBuf,
    /// Takes what its clients see.
    pub recorder: Recorder,
}

/// Begins a run of this name; `about` goes into its run.json.
pub fn begin(name: &str, about: serde_json::Value) -> io::Result<Run> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let directory = begin_folder(name, &arguments, json!({ "run": about }))?;
    let history = directory.join(HISTORY);
    Ok(Run { recorder: Recorder::new(File::create(&history)?), history })
}

/// A new folder with its run.json.
fn begin_folder(name: &str, arguments: &[String], more: serde_json::Value) -> io::Result<PathBuf> {
    let begun = stamp(since_epoch());
    let directory = new_directory(&Path::new(STORE).join(name), &begun)?;
    let mut run = json!({
        "layout": LAYOUT,
        "begun": begun,
        "arguments": arguments,
        "conlab": env!("CARGO_PKG_VERSION"),
    });
    if let (Some(run), serde_json::Value::Object(more)) = (run.as_object_mut(), more) {
        run.extend(more);
    }
    fs::write(directory.join(RUN), format!("{run:#}\n"))?;
    Ok(directory)
}

/// The folder of a trial.
pub struct Folder(PathBuf);

impl Folder {
    /// A new folder; `arguments` run the trial again.
    pub fn begin(name: &str, arguments: &[String], seed: u64) -> io::Result<Folder> {
        begin_folder(name, arguments, json!({ "seed": seed })).map(Folder)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Where a file of it is.
    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// A new file in it.
    pub fn create(&self, name: &str) -> io::Result<BufWriter<File>> {
        File::create(self.file(name)).map(BufWriter::new)
    }

    /// A new log in it for each of so many servers, from the first on: `nodes/n1.log`, …
    pub fn create_logs(&self, servers: u32) -> io::Result<Vec<BufWriter<File>>> {
        fs::create_dir_all(self.file(NODES))?;
        (1..=servers).map(|id| self.create(&log_of(id))).collect()
    }

    /// The files in it by now, those in folders of it too, in the order of their names.
    pub fn names(&self) -> Vec<String> {
        let names_in = |folder: &Path| {
            let files = fs::read_dir(folder).into_iter().flatten().flatten();
            let files = files.map(|file| file.path()).filter(|path| path.is_file());
            files
                .filter_map(|path| Some(path.strip_prefix(&self.0).ok()?.display().to_string()))
                .collect::<Vec<_>>()
        };
        let mut names = names_in(&self.0);
        names.extend(names_in(&self.file(NODES)));
        // n2 before n10.
        names.sort_unstable_by_key(|name| {
            let digits: String = name.chars().filter(char::is_ascii_digit).collect();
            (name.replace(|c: char| c.is_ascii_digit(), ""), digits.parse::<u64>().ok())
        });
        names
    }

    /// Writes a whole file.
    pub fn write(&self, name: &str, text: &str) -> io::Result<()> {
        fs::write(self.file(name), text)
    }
}

/// The log of a server, in the folder of its run.
pub fn log_of(server: u32) -> String {
    format!("{NODES}/n{server}.log")
}

/// The store cannot be written.
pub fn unwritable(error: &io::Error) -> Failure {
    Failure::usage(format!("cannot write into {STORE}/: {error}; run where you may write"))
}

/// What run.json says.
#[derive(Debug, Deserialize)]
pub struct Begun {
    #[serde(default)]
    layout: u64,
    /// The version that made it.
    conlab: String,
    /// The words after `conlab`.
    pub arguments: Vec<String>,
    /// Where its chance began.
    #[serde(default)]
    pub seed: u64,
}

impl Begun {
    /// Reads the run.json of a folder. The error says what is wrong with it.
    pub fn read(folder: &Path) -> Result<Begun, String> {
        let path = folder.join(RUN);
        let name = path.display();
        let text = read_text(&path).map_err(|error| format!("cannot read {name}: {error}"))?;
        let begun: Begun = serde_json::from_str(&text)
            .map_err(|error| format!("{name} is not of a run: {error}"))?;
        let own = env!("CARGO_PKG_VERSION");
        if begun.layout != LAYOUT || begun.conlab != own {
            let (layout, conlab) = (begun.layout, &begun.conlab);
            return Err(format!(
                "{name} is of conlab {conlab}, layout {layout}; this is {own}, layout {LAYOUT}: use that version"
            ));
        }
        Ok(begun)
    }

    /// Whether `conlab test` made it.
    pub fn is_test(&self) -> bool {
        self.arguments.first().is_some_and(|word| word == "test")
    }
}

/// All runs, the oldest first.
pub fn folders() -> Vec<PathBuf> {
    let names = fs::read_dir(STORE).into_iter().flatten().flatten();
    let runs = names.filter_map(|name| fs::read_dir(name.path()).ok()).flatten().flatten();
    let runs = runs.map(|run| run.path()).filter(|run| run.join(RUN).is_file());
    let mut folders: Vec<PathBuf> = runs.collect();
    let began = |folder: &PathBuf| {
        let name = folder.file_name().unwrap_or_default().to_os_string();
        newness(&(name, folder.join(RUN)))
    };
    folders.sort_by_key(began);
    folders
}

/// A directory that is not there yet: runs of the same second are numbered.
fn new_directory(parent: &Path, stamp: &str) -> io::Result<PathBuf> {
    fs::create_dir_all(parent)?;
    let mut number = 1;
    loop {
        let end = if number == 1 { String::new() } else { format!("-{number:02}") };
        let directory = parent.join(format!("{stamp}{end}"));
        match fs::create_dir(&directory) {
            Err(error)
                if error.kind() == io::ErrorKind::AlreadyExists && number < MOST_A_SECOND =>
            {
                number += 1;
            }
            made => return made.map(|()| directory),
        }
    }
}

/// The history of the last run, if there is one.
pub fn latest() -> Option<PathBuf> {
    latest_in(Path::new(STORE))
}

fn latest_in(store: &Path) -> Option<PathBuf> {
    let names = fs::read_dir(store).ok()?.flatten();
    let runs = names.filter_map(|name| fs::read_dir(name.path()).ok()).flatten().flatten();
    let kept = runs.map(|run| (run.file_name(), run.path().join(HISTORY)));
    kept.filter(|(_, history)| history.is_file()).max_by_key(newness).map(|(_, history)| history)
}

/// The time in the name; of the same second, when the history was last written.
fn newness((name, history): &(std::ffi::OsString, PathBuf)) -> (String, Option<SystemTime>) {
    let name = name.to_string_lossy();
    let second = name.split('-').next().unwrap_or_default().to_string();
    (second, fs::metadata(history).and_then(|about| about.modified()).ok())
}

/// Seconds since 1970.
#[allow(clippy::disallowed_methods)] // the name of a run is the time of day; nothing replays it
fn since_epoch() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

/// A time of day in UTC, as `20260102T030405Z`, from seconds since 1970.
fn stamp(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = date(days);
    let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
}

/// The date so many days after the first of 1970, in years that begin in March, so that leap days come last.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468; // since the first of March of the year 0
    let era = days / 146_097;
    let of_era = days % 146_097;
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_dates() {
        assert_eq!(stamp(0), "19700101T000000Z");
        assert_eq!(stamp(951_782_400), "20000229T000000Z");
        assert_eq!(stamp(1_767_323_045), "20260102T030405Z");
        assert_eq!(stamp(4_107_542_399), "21000228T235959Z");
    }

    #[test]
    fn the_latest_run_of_all_names_is_found() {
        let store = tempfile::tempdir().expect("a directory can be made");
        assert_eq!(latest_in(store.path()), None);
        for run in ["a/20260102T030405Z", "b/20250102T030405Z", "b/20270102T030405Z"] {
            let directory = store.path().join(run);
            fs::create_dir_all(&directory).expect("it can be made");
            if run != "b/20270102T030405Z" {
                fs::write(directory.join(HISTORY), "").expect("it can be written"); // one without a history
            }
        }
        let latest = latest_in(store.path()).expect("there is one");
        assert!(latest.ends_with("a/20260102T030405Z/history.jsonl"), "{}", latest.display());
        let parent = store.path().join("c");
        let made = [(); 2].map(|()| new_directory(&parent, "x").expect("it can be made"));
        assert!(made[1].ends_with("x-02"), "{made:?}");
    }
}
