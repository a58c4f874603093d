//! Where one server's memory is kept: its file of records, and beside it a note that says of which life they are.
//!
//! A server may live in one folder and then in another, started by its cluster or by hand. A file that an earlier life left behind
//! lacks what the later one said, so it is no memory: only the file of the last life is. And a life that begins blank writes that
//! down as its first record: if it was killed before that, its empty file is no memory either, and the note says so.

use super::file::{holds_records, last_of};
use crate::net::NetError;
use crate::process::NodeId;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// One server's place in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::net) struct Home {
    folder: PathBuf,
    id: NodeId,
}

/// Whose the file of records is.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    cluster: String,
    life: u64,
    /// Whether that life began blank. As long as its file has no record, nothing else says so.
    #[serde(default)]
    blank: bool,
}

impl Home {
    /// The home of a server in this folder.
    pub fn new(folder: &Path, id: NodeId) -> Self {
        Home { folder: folder.to_path_buf(), id }
    }

    /// The file of its records.
    pub fn file(&self) -> PathBuf {
        self.folder.join(format!("n{}.log", self.id.0))
    }

    fn note(&self) -> PathBuf {
        self.folder.join(format!("n{}.json", self.id.0))
    }

    /// Of which life of the server the records are; 0 where there are none.
    ///
    /// # Errors
    /// If they are those of another cluster, or nothing says whose they are.
    pub fn life(&self, cluster: &str) -> Result<u64, NetError> {
        let (file, note) = (self.file(), self.note());
        if !file.exists() {
            return Ok(0);
        }
        let foreign = |whose: &str, bring: &str| {
            let fix = format!("{bring}choose another folder with --data, or take the former away");
            Err(NetError::Refused(format!("{} is {whose}; {fix}", file.display())))
        };
        match self.noted() {
            Some(Note { cluster: other, .. }) if other != cluster => {
                foreign("of another cluster", "")
            }
            Some(Note { blank: true, .. }) if !holds_records(&file) => Ok(0),
            Some(Note { life, .. }) => Ok(life),
            None => {
                let whose = format!("of nobody knows which cluster: no {}", note.display());
                foreign(&whose, "bring the latter back, ")
            }
        }
    }

    /// Whether its records say that the memory was `lost`, and not that it is `back`.
    pub fn forgot<R: Serialize>(&self, lost: R, back: R) -> bool {
        last_of(&self.file(), &[lost, back]) == Some(0)
    }

    /// The last life that began here, whatever became of its records; 0 where none did.
    pub fn last(&self) -> u64 {
        self.noted().map_or(0, |note| note.life)
    }

    fn noted(&self) -> Option<Note> {
        fs::read(self.note()).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok())
    }

    /// A life begins here. Records of no use are put aside first, as `nN.old`: nothing may take them for its memory.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn begin(&self, cluster: &str, life: u64, blank: bool) -> Result<(), NetError> {
        let begun = || {
            fs::create_dir_all(&self.folder)?;
            let file = self.file();
            match file.exists() {
                true if blank && holds_records(&file) => {
                    fs::rename(&file, file.with_extension("old"))?;
                }
                true if blank => fs::remove_file(&file)?,
                _ => {}
            }
            write_whole(&self.note(), &Note { cluster: cluster.to_string(), life, blank })
        };
        begun().map_err(|error| {
            NetError::Refused(format!("{} cannot be written: {error}", self.folder.display()))
        })
    }
}

/// Writes something down, whole or not at all; it is on disk then.
pub(in crate::net) fn write_whole(path: &Path, what: &impl Serialize) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut file = File::create(&new)?;
    file.write_all(&serde_json::to_vec_pretty(what)?)?;
    file.sync_all()?;
    fs::rename(new, path)?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::disk::Opened;
    use crate::net::disk::frame;

    #[test]
    fn only_records_of_this_cluster_are_a_memory() {
        let folder = tempfile::tempdir().expect("there is room");
        let home = Home::new(&folder.path().join("new"), NodeId(3));
        assert_eq!(home.life("c1"), Ok(0));
        assert_eq!((home.begin("c1", 4, false), home.life("c1")), (Ok(()), Ok(0)));
        fs::write(home.file(), "records").expect("there is room");
        assert_eq!(home.life("c1"), Ok(4));
        let other = home.life("c2").expect_err("another cluster").to_string();
        assert!(other.contains("n3.log is of another cluster"), "{other}");
        assert_eq!((home.begin("c1", 5, true), home.life("c1")), (Ok(()), Ok(0)));
        fs::write(home.file(), "records").expect("there is room");
        fs::remove_file(home.note()).expect("it is there");
        assert!(home.life("c1").is_err_and(|error| error.to_string().contains("nobody knows")));
    }

    #[tokio::test]
    async fn a_blank_life_that_was_killed_before_its_first_record_is_no_memory() {
        let folder = tempfile::tempdir().expect("there is room");
        let home = Home::new(folder.path(), NodeId(3));
        assert_eq!(home.begin("c1", 2, true), Ok(()));
        let file = Opened::at(&home.file()).await.expect("it is new").file;
        assert_eq!((home.life("c1"), home.last()), (Ok(0), 2));
        let mut record = Vec::new();
        frame::put(b"\"Blank\"", &mut record);
        drop(file.add(&record).expect("there is room"));
        assert_eq!(home.life("c1"), Ok(2));
    }

    #[tokio::test]
    async fn what_was_lost_is_forgotten_until_it_is_back() {
        let folder = tempfile::tempdir().expect("there is room");
        let home = Home::new(folder.path(), NodeId(3));
        let forgot = || home.forgot("lost", "back");
        assert!(!forgot(), "there is no file");
        let mut file = Opened::at(&home.file()).await.expect("it is new").file;
        for (record, expected) in
            [("a", false), ("lost", true), ("b", true), ("back", false), ("c", false)]
        {
            file = file.add(&frame::batch(&[record])).expect("there is room");
            assert_eq!(forgot(), expected, "behind {record}");
        }
        fs::write(home.file(), "something else").expect("it can be written");
        assert!(!forgot(), "whoever opens it says what is wrong");
    }

    #[tokio::test]
    async fn an_empty_file_does_not_take_the_place_of_one_that_was_put_aside() {
        let folder = tempfile::tempdir().expect("there is room");
        let home = Home::new(folder.path(), NodeId(3));
        assert_eq!(home.begin("c1", 1, false), Ok(()));
        fs::write(home.file(), "records").expect("there is room");
        assert_eq!(home.begin("c1", 2, true), Ok(()));
        drop(Opened::at(&home.file()).await.expect("it is new"));
        assert_eq!(home.begin("c1", 3, true), Ok(()));
        let kept = fs::read_to_string(folder.path().join("n3.old"));
        assert_eq!((kept.expect("it is there").as_str(), home.file().exists()), ("records", false));
    }
}
