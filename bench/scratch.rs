//! A folder for what servers write while they are measured. It is gone at the end.

use conlab::cli::Failure;
use std::fs;
use std::path::{Path, PathBuf};

/// A folder that is removed when this is dropped.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// A new folder called `name` in `parent`, which is on a disk: a folder of the system's for temporary files may not be.
    pub fn new(parent: &Path, name: &str) -> Result<Scratch, Failure> {
        let path = parent.join(format!("{name}-{}", std::process::id()));
        let made = fs::create_dir_all(&path);
        made.map_err(|error| {
            let shown = path.display();
            Failure::usage(format!(
                "cannot write {shown}: {error}; name another place with --results"
            ))
        })?;
        Ok(Scratch(path))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed is left; the measurement is none the worse for it.
        let _ = fs::remove_dir_all(&self.0);
    }
}
