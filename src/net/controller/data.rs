//! The folder of a cluster that keeps its log on disk: what the cluster is, and how often each server has lived.
//!
//! A server that is started again must never take a number of an earlier life, also where the whole cluster was started again;
//! and how many servers may lack their memory is fixed for as long as the log lives. A number that was given away is not yet a life:
//! a server whose start failed has said nothing that its records lack. So two numbers are kept, the last one given and the last one
//! that ran.

use super::ClusterOptions;
use super::about::{ABOUT, About};
use super::lacking::{Lacking, numbers};
use crate::net::NetError;
use crate::net::disk::{Home, lock, write_whole};
use crate::process::NodeId;
use crate::systems::LogRecord;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Held by the controller that uses the folder.
const LOCK: &str = "lock";
/// The master: what was acknowledged is in its memory.
pub(super) const FIRST: NodeId = NodeId(1);

/// The folder of this cluster.
#[derive(Debug)]
pub(super) struct Data {
    folder: PathBuf,
    about: Mutex<About>,
    _lock: File,
}

impl Data {
    /// Opens the folder that `options` name, or makes it, for a cluster that is called `cluster` if it is new.
    ///
    /// # Errors
    /// If it cannot be used, another controller uses it, or it is that of another cluster.
    pub async fn open(
        folder: &Path,
        options: &ClusterOptions,
        cluster: String,
    ) -> Result<Data, NetError> {
        let unusable = |error: io::Error| {
            NetError::Refused(format!("{} cannot be used: {error}", folder.display()))
        };
        fs::create_dir_all(folder).map_err(unusable)?;
        let held = OpenOptions::new().create(true).append(true).open(folder.join(LOCK));
        let held = held.map_err(unusable)?;
        if lock(&held).await.is_err() {
            let text = format!("another cluster uses {}; stop it first", folder.display());
            return Err(NetError::Refused(text));
        }
        let about = match fs::read(folder.join(ABOUT)) {
            Ok(bytes) => About::known(folder, &bytes, options)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => About::new(options, cluster),
            Err(error) => return Err(unusable(error)),
        };
        let data = Data { folder: folder.to_path_buf(), about: Mutex::new(about), _lock: held };
        data.must_remember_enough()?;
        data.save().map_err(unusable)?;
        Ok(data)
    }

    /// The cluster's name.
    pub fn cluster(&self) -> String {
        self.with(|about| about.cluster.clone())
    }

    /// How many servers may lack their memory at once.
    pub fn tolerate(&self) -> u32 {
        self.with(|about| about.tolerate)
    }

    /// Where a server's records are, if it lives here.
    pub fn home(&self, id: NodeId) -> Home {
        Home::new(&self.folder, id)
    }

    /// Begins a server's next life, in this folder: which it is, and whether the memory of the one before is gone.
    ///
    /// # Errors
    /// If that cannot be written down, or there are records of another cluster.
    pub fn begin_life(&self, id: NodeId) -> Result<(u64, bool), NetError> {
        let (home, cluster) = (self.home(id), self.cluster());
        let (life, blank) = self.next_life(id, home.life(&cluster)?);
        home.begin(&cluster, life, blank)?;
        self.saved().map(|()| (life, blank))
    }

    /// The same, but it lives elsewhere, with the records of this life; 0 where there are none.
    ///
    /// # Errors
    /// If that cannot be written down.
    pub fn begin_life_elsewhere(&self, id: NodeId, records: u64) -> Result<(u64, bool), NetError> {
        let next = self.next_life(id, records);
        self.saved().map(|()| next)
    }

    /// The next life of a server, and whether these records are not those of the last one that ran.
    fn next_life(&self, id: NodeId, records: u64) -> (u64, bool) {
        let index = id.0 as usize - 1;
        self.with(|about| {
            let Some(life) = about.lives.get_mut(index) else { return (1, false) };
            *life += 1;
            (*life, about.ran.get(index).is_some_and(|ran| records < *ran))
        })
    }

    /// A life of a server is about to run: from then on no records but its own are the server's memory.
    ///
    /// # Errors
    /// If that cannot be written down.
    pub fn runs(&self, id: NodeId, life: u64) -> Result<(), NetError> {
        let news = self.with(|about| {
            let ran = about.ran.get_mut(id.0 as usize - 1).filter(|ran| **ran < life);
            ran.map(|ran| *ran = life).is_some()
        });
        if news { self.saved() } else { Ok(()) }
    }

    /// Whether the cluster can be started from this folder. A master with its memory has all that was acknowledged, and whoever lacks
    /// it gets it from there; but a memory that is in another folder is brought first, for it counts for nothing once its server
    /// lives here. A master without memory needs n − f servers with theirs, and would wait for them for ever.
    fn must_remember_enough(&self) -> Result<(), NetError> {
        let (lacking, f) = (self.lacking()?, self.tolerate());
        let servers = lacking.servers();
        let harmless = lacking.elsewhere.is_empty() && !servers.contains(&FIRST);
        if servers.len() <= f as usize || harmless {
            return Ok(());
        }
        Err(NetError::Refused(format!(
            "{} lacks the memory of servers {}; this cluster tolerates {f} without memory; {}",
            self.folder.display(),
            numbers(&servers),
            lacking.advice()
        )))
    }

    fn lacking(&self) -> Result<Lacking, NetError> {
        let (cluster, ran) = self.with(|about| (about.cluster.clone(), about.ran.clone()));
        let mut lacking = Lacking::default();
        for (id, ran) in (1..).map(NodeId).zip(ran) {
            let home = self.home(id);
            let remembered = home.life(&cluster)? >= ran;
            match home.last() {
                _ if remembered && !home.forgot(LogRecord::Blank, LogRecord::CaughtUp) => {}
                // Its last life would have left a note here; where nothing is left of a server, nobody knows where it was.
                last if (1..ran).contains(&last) => lacking.elsewhere.push(id),
                _ if home.file().exists() => lacking.blank.push(id),
                _ => lacking.gone.push(id),
            }
        }
        Ok(lacking)
    }

    fn saved(&self) -> Result<(), NetError> {
        self.save().map_err(|error| {
            NetError::Refused(format!("{} cannot be written: {error}", self.folder.display()))
        })
    }

    fn with<T>(&self, work: impl FnOnce(&mut About) -> T) -> T {
        work(&mut self.about.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Writes down what is known, whole or not at all.
    fn save(&self) -> io::Result<()> {
        self.with(|about| write_whole(&self.folder.join(ABOUT), about))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::disk::{Opened, batch};
    use crate::systems::System;

    async fn open(folder: &Path, servers: u32, tolerate: Option<u32>) -> Result<Data, NetError> {
        let mut options = ClusterOptions { servers, ..ClusterOptions::new(System::ReplicatedLog) };
        options.replication.tolerate = tolerate;
        Data::open(folder, &options, "c1".to_string()).await
    }

    /// A server lives in the cluster's folder and leaves a file of records.
    fn lives_here(data: &Data, id: NodeId) -> (u64, bool) {
        let (life, blank) = data.begin_life(id).expect("it can be written");
        fs::write(data.home(id).file(), "records").expect("there is room");
        data.runs(id, life).expect("it can be written");
        (life, blank)
    }

    /// A server lives in another folder, with these records.
    fn lives_elsewhere(data: &Data, id: NodeId, records: u64) -> (u64, bool) {
        let (life, blank) = data.begin_life_elsewhere(id, records).expect("it can be written");
        data.runs(id, life).expect("it can be written");
        (life, blank)
    }

    #[tokio::test]
    async fn lives_go_on_where_the_last_cluster_ended() {
        let folder = tempfile::tempdir().expect("there is room");
        let data = open(folder.path(), 3, Some(2)).await.expect("it is new");
        assert_eq!(lives_here(&data, NodeId(2)), (1, false));
        fs::remove_file(data.home(NodeId(2)).file()).expect("it is there");
        assert_eq!(lives_here(&data, NodeId(2)), (2, true));
        let busy = open(folder.path(), 3, None).await.expect_err("it is in use");
        assert!(busy.to_string().contains("stop it first"), "{busy}");
        drop(data);
        let data = open(folder.path(), 3, None).await.expect("it is free");
        assert_eq!((data.begin_life(NodeId(2)), data.tolerate()), (Ok((3, false)), 2));
        assert_eq!(data.cluster(), "c1");
    }

    #[tokio::test]
    async fn only_the_records_of_the_last_life_are_a_memory() {
        let folder = tempfile::tempdir().expect("there is room");
        let data = open(folder.path(), 3, None).await.expect("it is new");
        let (id, file) = (NodeId(3), data.home(NodeId(3)).file());
        assert_eq!(lives_here(&data, id), (1, false));
        assert_eq!(lives_elsewhere(&data, id, 0), (2, true));
        assert_eq!(lives_elsewhere(&data, id, 2), (3, false));
        assert_eq!(lives_elsewhere(&data, id, 1), (4, true));
        assert_eq!((data.begin_life(id), file.exists()), (Ok((5, true)), false));
    }

    #[tokio::test]
    async fn a_life_that_never_ran_makes_no_records_worthless() {
        let folder = tempfile::tempdir().expect("there is room");
        let data = open(folder.path(), 3, None).await.expect("it is new");
        let id = NodeId(3);
        assert_eq!(lives_here(&data, id), (1, false));
        assert_eq!(data.begin_life_elsewhere(id, 0), Ok((2, true))); // the answer comes too late
        drop(data);
        let data = open(folder.path(), 3, None).await.expect("it is free");
        assert_eq!(lives_here(&data, id), (3, false));
        assert_eq!(data.begin_life_elsewhere(id, 1), Ok((4, true)));
    }

    #[tokio::test]
    async fn a_folder_without_enough_memories_starts_no_cluster() {
        let folder = tempfile::tempdir().expect("there is room");
        let data = open(folder.path(), 3, None).await.expect("it is new");
        (1..=3).map(NodeId).for_each(|id| _ = lives_here(&data, id));
        lives_elsewhere(&data, NodeId(2), 0);
        drop(data);
        let data = open(folder.path(), 3, None).await.expect("one may lack its memory");
        lives_elsewhere(&data, NodeId(3), 0);
        let (home, notes) = (data.home(NodeId(3)), folder.path().join("elsewhere"));
        drop(data);
        let two = open(folder.path(), 3, None).await.expect_err("two may not").to_string();
        assert!(two.contains("lacks the memory of servers 2, 3"), "{two}");
        assert!(two.contains("tolerates 1") && two.contains("copy n2.log, n2.json"), "{two}");
        // What server 3 wrote elsewhere is brought here.
        let elsewhere = Home::new(&notes, NodeId(3));
        assert_eq!(elsewhere.begin("c1", 2, true), Ok(()));
        fs::write(elsewhere.file(), "records").expect("there is room");
        for name in ["n3.log", "n3.json"] {
            fs::copy(notes.join(name), folder.path().join(name)).expect("it is there");
        }
        assert_eq!(home.life("c1"), Ok(2));
        assert!(open(folder.path(), 3, None).await.is_ok());
    }

    #[tokio::test]
    async fn lost_files_of_secondaries_do_not_matter_while_the_master_has_its_own() {
        let folder = tempfile::tempdir().expect("there is room");
        let data = open(folder.path(), 3, None).await.expect("it is new");
        (1..=3).map(NodeId).for_each(|id| _ = lives_here(&data, id));
        let files = [1, 2, 3].map(|id| data.home(NodeId(id)).file());
        drop(data);
        files[1..].iter().for_each(|file| fs::remove_file(file).expect("it is there"));
        drop(open(folder.path(), 3, None).await.expect("the master has all"));
        fs::remove_file(&files[0]).expect("it is there");
        let all = open(folder.path(), 3, None).await.expect_err("nobody has it").to_string();
        assert!(all.contains("servers 1, 2, 3"), "{all}");
    }

    /// A server lives here, with these records at the end of its file.
    async fn lives_with(data: &Data, id: NodeId, records: &[LogRecord]) {
        let (life, _) = data.begin_life(id).expect("it can be written");
        let file = Opened::at(&data.home(id).file()).await.expect("it is a file of records").file;
        drop(file.add(&batch(records)).expect("there is room"));
        data.runs(id, life).expect("it can be written");
    }

    async fn three_with_memory(folder: &Path) -> Data {
        let data = open(folder, 3, None).await.expect("it is new");
        for id in 1..=3 {
            lives_with(&data, NodeId(id), &[LogRecord::Promised(1)]).await;
        }
        data
    }

    fn lose(data: &Data, id: u32) {
        fs::remove_file(data.home(NodeId(id)).file()).expect("it is there");
    }

    fn lose_all(folder: &Path, id: u32) {
        for end in ["log", "json"] {
            fs::remove_file(folder.join(format!("n{id}.{end}"))).expect("it is there");
        }
    }

    /// A master without memory would wait for ever for one that cannot have its own back without the master.
    #[tokio::test]
    async fn a_server_that_has_not_caught_up_is_no_memory() {
        let folder = tempfile::tempdir().expect("there is room");
        let data = three_with_memory(folder.path()).await;
        lose(&data, 2);
        lives_with(&data, NodeId(2), &[LogRecord::Blank, LogRecord::Promised(1)]).await;
        drop(data);
        let data = open(folder.path(), 3, None).await.expect("the master has all");
        let file = data.home(NodeId(1)).file();
        fs::rename(&file, folder.path().join("away")).expect("it is there");
        drop(data);
        let two = open(folder.path(), 3, None).await.expect_err("one has it").to_string();
        assert!(two.contains("lacks the memory of servers 1, 2;"), "{two}");
        assert!(two.contains("put n1.log, n1.json back") && !two.contains("n2.log"), "{two}");
        fs::rename(folder.path().join("away"), file).expect("it is there");
        let data = open(folder.path(), 3, None).await.expect("that was good advice");
        lives_with(&data, NodeId(2), &[LogRecord::CaughtUp]).await;
        lose(&data, 1);
        drop(data);
        assert!(open(folder.path(), 3, None).await.is_ok(), "two have it");
    }

    #[tokio::test]
    async fn a_master_that_has_not_caught_up_needs_the_others() {
        let folder = tempfile::tempdir().expect("there is room");
        let data = three_with_memory(folder.path()).await;
        lose(&data, 1);
        lives_with(&data, NodeId(1), &[LogRecord::Blank]).await;
        drop(data);
        let data = open(folder.path(), 3, None).await.expect("two have it");
        lose(&data, 3);
        drop(data);
        let two = open(folder.path(), 3, None).await.expect_err("one has it").to_string();
        assert!(two.contains("servers 1, 3;") && two.contains("put n3.log, n3.json back"), "{two}");
    }

    #[tokio::test]
    async fn whole_places_of_secondaries_may_be_gone_while_the_master_has_its_memory() {
        let folder = tempfile::tempdir().expect("there is room");
        let data = three_with_memory(folder.path()).await;
        lose_all(folder.path(), 2);
        lose_all(folder.path(), 3);
        drop(data);
        let data = open(folder.path(), 3, None).await.expect("the master has all");
        assert_eq!(data.begin_life(NodeId(2)), Ok((2, true)));
    }

    /// What is gone cannot be copied, and need not be.
    #[tokio::test]
    async fn only_what_is_elsewhere_is_asked_for_while_the_master_has_its_memory() {
        let folder = tempfile::tempdir().expect("there is room");
        let data = three_with_memory(folder.path()).await;
        lose(&data, 2);
        lives_elsewhere(&data, NodeId(3), 0);
        drop(data);
        let two = open(folder.path(), 3, None).await.expect_err("two lack it").to_string();
        assert!(
            two.contains("servers 2, 3;") && two.contains("copy n3.log, n3.json here"),
            "{two}"
        );
        assert!(!two.contains("n2.log"), "{two}");
        assert!(two.contains("if they are lost, take the old"), "{two}");
        lose_all(folder.path(), 3);
        assert!(open(folder.path(), 3, None).await.is_ok(), "that was good advice");
    }

    #[tokio::test]
    async fn a_folder_is_of_one_cluster() {
        let folder = tempfile::tempdir().expect("there is room");
        drop(open(folder.path(), 3, None).await.expect("it is new"));
        let error = async |servers, f| {
            open(folder.path(), servers, f).await.expect_err("another").to_string()
        };
        assert!(error(5, None).await.contains("say --servers 3"));
        assert!(error(3, Some(2)).await.contains("say --tolerate 1"));
        fs::write(folder.path().join(ABOUT), "{").expect("there is room");
        assert!(error(3, None).await.contains("cluster.json cannot be read"));
    }
}
