//! Where a history comes from: a file, stdin, or the last run.

use crate::cli::exit::Failure;
use crate::cli::runs;
use crate::history::{self, Format, Reading};
use std::fs::File;
use std::io::{Read, stdin};
use std::path::{Path, PathBuf};

/// The file that a word names: `latest` is the history of the last run, unless there is a file of that name.
pub fn named(word: &Path) -> Result<PathBuf, Failure> {
    if word != Path::new("latest") || word.exists() {
        return Ok(word.to_path_buf());
    }
    runs::latest().ok_or_else(|| {
        Failure::usage(format!(
            "there is no run in {}/ yet; a session of `conlab` leaves one",
            runs::STORE
        ))
    })
}

/// Opens a history; `-` is stdin.
fn open(path: &Path) -> Result<Box<dyn Read>, Failure> {
    if path == Path::new("-") {
        return Ok(Box::new(stdin().lock()));
    }
    let wrong =
        |reason: String| Failure::usage(format!("cannot read {}: {reason}", path.display()));
    let file = File::open(path).map_err(|error| wrong(error.to_string()))?;
    if file.metadata().is_ok_and(|about| about.is_dir()) {
        return Err(wrong("it is a directory; name the history.jsonl in it".to_string()));
    }
    Ok(Box::new(file))
}

/// Reads a history.
pub fn read(path: &Path, format: Option<Format>) -> Result<Reading, Failure> {
    let name =
        if path == Path::new("-") { "stdin".to_string() } else { path.display().to_string() };
    let reading = history::read(&name, open(path)?, format);
    reading.map_err(|error| Failure::usage(error.to_string()))
}
