//! Reading files that a user names: whole, as UTF-8, and never without bound.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// No config, session or scenario is near this size; `/dev/full` would be.
const MOST_BYTES: u64 = 16 << 20;

/// The text of the file at `path`.
///
/// # Errors
/// If it cannot be read, is not UTF-8, or has more than 16 MiB.
pub fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let read = File::open(path)?.take(MOST_BYTES + 1).read_to_string(&mut text)?;
    if read as u64 > MOST_BYTES {
        return Err(io::Error::other(format!("it has more than {} MiB", MOST_BYTES >> 20)));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endless_file_is_an_error() {
        let folder = tempfile::tempdir().expect("there is room");
        let path = folder.path().join("large");
        File::create(&path).and_then(|file| file.set_len(MOST_BYTES + 1)).expect("it can be made");
        assert!(read_text(&path).expect_err("it is too large").to_string().contains("16 MiB"));
    }
}
