//! Where one server's memory is kept: its file of records, and beside it a note that says of which life they are.
//!
//! A server may live in one folder and then in another, started by its cluster or by hand. A file that an earlier life left behind
//! lacks what the later one said, so it is no memory: only the file of the last life is.

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
        let foreign = |whose: &str| {
            let fix = "choose another folder with --data, or take the file away";
            Err(NetError::Refused(format!("{} is {whose}; {fix}", file.display())))
        };
        match fs::read(&note).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
            Some(Note { cluster: other, .. }) if other != cluster => foreign("of another cluster"),
            Some(Note { life, .. }) => Ok(life),
            None => foreign(&format!("of nobody knows which cluster: no {}", note.display())),
        }
    }

    /// A life begins here. Records of no use are put aside first, as `nN.old`: nothing may take them for its memory.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn begin(&self, cluster: &str, life: u64, blank: bool) -> Result<(), NetError> {
        let begun = || {
            fs::create_dir_all(&self.folder)?;
            let file = self.file();
            if blank && file.exists() {
                let old = file.with_extension("old");
                fs::rename(file, old)?;
            }
            write_whole(&self.note(), &Note { cluster: cluster.to_string(), life })
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
}
