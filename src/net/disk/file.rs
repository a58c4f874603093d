//! One server's file of records.

use super::frame::{self, Found};
use crate::net::NetError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Stands at the beginning of each file.
const TITLE: &[u8] = b"conlab records 1\n";
/// The last life of a server has let go of its file by then.
const FREED: Duration = Duration::from_secs(2);
/// How often to look whether it has.
const LOOK: Duration = Duration::from_millis(5);

/// A file that records are added to.
#[derive(Debug)]
pub(in crate::net) struct DiskFile {
    path: PathBuf,
    file: File,
}

/// A file, and the records that it held when it was opened.
#[derive(Debug)]
pub(in crate::net) struct Opened {
    pub file: DiskFile,
    records: Vec<Vec<u8>>,
}

impl Opened {
    /// Opens the file at `path`, or makes it. A torn write at its end is cut off.
    ///
    /// # Errors
    /// If it cannot be read or written, is no such file, or has a bad record in its middle: with its name and the place.
    pub async fn at(path: &Path) -> Result<Opened, NetError> {
        let failed = |error: io::Error| unusable(path, &error);
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        let mut file = options.open(path).map_err(failed)?;
        lock(&file).await.map_err(failed)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed)?;
        let records = if bytes.len() < TITLE.len() && TITLE.starts_with(&bytes) {
            begin(&mut file, path).map_err(failed)?;
            Vec::new()
        } else {
            let (records, good) = records(path, &bytes)?;
            if good < bytes.len() {
                file.set_len(good as u64).and_then(|()| file.sync_data()).map_err(failed)?;
            }
            records.into_iter().map(<[u8]>::to_vec).collect()
        };
        Ok(Opened { file: DiskFile { path: path.to_path_buf(), file }, records })
    }

    /// The records, oldest first, and the file that further ones go to.
    ///
    /// # Errors
    /// If one of them is no record of this system.
    pub fn read<R: DeserializeOwned>(self) -> Result<(Vec<R>, DiskFile), NetError> {
        let path = &self.file.path;
        let read = |(number, bytes): (usize, &Vec<u8>)| {
            serde_json::from_slice(bytes).map_err(|error| {
                let text = format!("record {} of {}: {error}", number + 1, path.display());
                NetError::Refused(text)
            })
        };
        let records = self.records.iter().enumerate().map(read).collect::<Result<_, _>>()?;
        Ok((records, self.file))
    }
}

impl DiskFile {
    /// Adds what `batch` holds, and returns when it is on disk.
    ///
    /// # Errors
    /// If it cannot be written: nobody knows how much of it is.
    pub fn add(mut self, batch: &[u8]) -> Result<DiskFile, NetError> {
        let written = self.file.write_all(batch).and_then(|()| self.file.sync_data());
        written.map_err(|error| unusable(&self.path, &error))?;
        Ok(self)
    }
}

/// Whether the file at `path` holds a record. One that is no file of records does: whoever opens it is told so.
pub(super) fn holds_records(path: &Path) -> bool {
    let Ok(bytes) = fs::read(path) else { return path.exists() };
    match bytes.strip_prefix(TITLE) {
        Some(frames) => frame::holds_any(frames),
        None => !TITLE.starts_with(&bytes),
    }
}

/// The last record of the file at `path` that is one of `marks`, as its place among them. A file that is damaged has none: whoever
/// opens it is told so.
pub(super) fn last_of<R: Serialize>(path: &Path, marks: &[R]) -> Option<usize> {
    let marks: Vec<Vec<u8>> =
        marks.iter().filter_map(|mark| serde_json::to_vec(mark).ok()).collect();
    let bytes = fs::read(path).ok()?;
    let Found::Good(records, _) = frame::read(bytes.strip_prefix(TITLE)?) else { return None };
    records.iter().rev().find_map(|record| marks.iter().position(|mark| mark == record))
}

/// Waits until no other process has the file; it may be that of an earlier life, which is just ending.
pub(in crate::net) async fn lock(file: &File) -> io::Result<()> {
    let end = Instant::now() + FREED;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if Instant::now() >= end => {
                return Err(io::Error::other("another process uses it"));
            }
            Err(TryLockError::WouldBlock) => sleep(LOOK).await,
        }
    }
}

/// Makes a new file one of records; its name is on disk then too.
fn begin(file: &mut File, path: &Path) -> io::Result<()> {
    file.set_len(0)?;
    file.write_all(TITLE)?;
    file.sync_all()?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

/// The records, and how many bytes of the file are good.
fn records<'a>(path: &Path, bytes: &'a [u8]) -> Result<(Vec<&'a [u8]>, usize), NetError> {
    let shown = path.display();
    let Some(frames) = bytes.strip_prefix(TITLE) else {
        let text = format!("{shown} is no file of records; choose another folder with --data");
        return Err(NetError::Refused(text));
    };
    match frame::read(frames) {
        Found::Good(records, good) => Ok((records, TITLE.len() + good)),
        Found::Bad(at) => {
            let at = TITLE.len() + at;
            Err(NetError::Refused(format!(
                "{shown}: the record at byte {at} is bad, and there are good ones behind it; \
                 restore the file, or take it away: the server then gets its memory from the others"
            )))
        }
    }
}

fn unusable(path: &Path, error: &io::Error) -> NetError {
    NetError::Refused(format!("{} cannot be used: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::super::batch;
    use super::*;

    async fn read(path: &Path) -> Result<Vec<String>, NetError> {
        Opened::at(path).await?.read().map(|(records, _)| records)
    }

    #[tokio::test]
    async fn what_was_added_is_there_and_a_torn_write_is_cut_off() {
        let folder = tempfile::tempdir().expect("there is room");
        let path = folder.path().join("n1.log");
        let file = Opened::at(&path).await.expect("it is new").file;
        let file = file.add(&batch(&["a", "b"])).expect("there is room");
        drop(file.add(&batch(&["c"])).expect("there is room"));
        let whole = fs::metadata(&path).expect("it is there").len();
        fs::OpenOptions::new()
            .write(true)
            .open(&path)
            .and_then(|file| file.set_len(whole - 1))
            .expect("it can be cut");
        assert_eq!(read(&path).await.expect("it is good"), ["a", "b"]);
        let file = Opened::at(&path).await.expect("it is good").file;
        drop(file.add(&batch(&["d"])).expect("there is room"));
        assert_eq!(read(&path).await.expect("it is good"), ["a", "b", "d"]);
    }

    #[tokio::test]
    async fn a_bad_record_in_the_middle_is_named_with_its_place() {
        let folder = tempfile::tempdir().expect("there is room");
        let path = folder.path().join("n1.log");
        let file = Opened::at(&path).await.expect("it is new").file;
        drop(file.add(&batch(&["a", "b", "c"])).expect("there is room"));
        let mut bytes = fs::read(&path).expect("it is there");
        bytes[TITLE.len() + 11 + 8] ^= 1;
        fs::write(&path, bytes).expect("it can be written");
        let error = read(&path).await.expect_err("it is bad").to_string();
        assert!(error.contains("n1.log: the record at byte 28 is bad"), "{error}");
        fs::write(&path, "something else").expect("it can be written");
        assert!(read(&path).await.is_err_and(|error| error.to_string().contains("no file of")));
    }

    #[tokio::test]
    async fn two_processes_cannot_share_a_file() {
        let folder = tempfile::tempdir().expect("there is room");
        let path = folder.path().join("n1.log");
        let first = Opened::at(&path).await.expect("it is new");
        let second = Opened::at(&path).await.expect_err("the first still has it");
        assert!(second.to_string().contains("another process"), "{second}");
        drop(first);
        assert!(Opened::at(&path).await.is_ok());
    }
}
