//! The folder of a cluster that keeps its log on disk: what the cluster is, and how often each server has lived.
//!
//! A server that is started again must never take a number of an earlier life, also where the whole cluster was started again;
//! and how many servers may lack their memory is fixed for as long as the log lives.

use super::ClusterOptions;
use crate::net::NetError;
use crate::net::disk::{Home, lock, write_whole};
use crate::process::NodeId;
use crate::systems::System;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// What the cluster is.
const ABOUT: &str = "cluster.json";
/// Held by the controller that uses the folder.
const LOCK: &str = "lock";
/// The form of [`ABOUT`].
const VERSION: u32 = 1;

/// A cluster that was started with a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct About {
    version: u32,
    system: System,
    cluster: String,
    servers: u32,
    tolerate: u32,
    /// For each server, which life it is in or was in last.
    lives: Vec<u64>,
}

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
        let servers = options.servers;
        let new = About {
            version: VERSION,
            system: options.system,
            cluster,
            servers,
            tolerate: options.replication.tolerated(servers),
            lives: vec![0; servers as usize],
        };
        let about = match fs::read(folder.join(ABOUT)) {
            Ok(bytes) => known(folder, &bytes, &new, options)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => new,
            Err(error) => return Err(unusable(error)),
        };
        let data = Data { folder: folder.to_path_buf(), about: Mutex::new(about), _lock: held };
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

    /// The next life of a server, and whether these records are not those of the last one.
    fn next_life(&self, id: NodeId, records: u64) -> (u64, bool) {
        self.with(|about| {
            let Some(life) = about.lives.get_mut(id.0 as usize - 1) else { return (1, false) };
            let blank = records < *life;
            *life += 1;
            (*life, blank)
        })
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

/// The cluster that the folder is of, if it is the one that is asked for.
fn known(
    folder: &Path,
    bytes: &[u8],
    wanted: &About,
    options: &ClusterOptions,
) -> Result<About, NetError> {
    let shown = folder.display();
    let about: About = serde_json::from_slice(bytes)
        .map_err(|error| NetError::Refused(format!("{shown}/{ABOUT} cannot be read: {error}")))?;
    let other = |what: String, fix: String| {
        Err(NetError::Usage(format!("{shown} is the folder of {what}; {fix}, or choose another")))
    };
    if about.version != VERSION || about.system != wanted.system {
        return other(format!("{} (form {})", about.system, about.version), "start that".into());
    }
    if about.servers != wanted.servers || about.lives.len() != wanted.lives.len() {
        let servers = about.servers;
        return other(format!("{servers} servers"), format!("say --servers {servers}"));
    }
    if options.replication.tolerate.is_some_and(|f| f != about.tolerate) {
        let f = about.tolerate;
        return other(format!("a cluster that tolerates {f}"), format!("say --tolerate {f}"));
    }
    Ok(about)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn open(folder: &Path, servers: u32, tolerate: Option<u32>) -> Result<Data, NetError> {
        let mut options = ClusterOptions { servers, ..ClusterOptions::new(System::ReplicatedLog) };
        options.replication.tolerate = tolerate;
        Data::open(folder, &options, "c1".to_string()).await
    }

    #[tokio::test]
    async fn lives_go_on_where_the_last_cluster_ended() {
        let folder = tempfile::tempdir().expect("there is room");
        let data = open(folder.path(), 3, Some(2)).await.expect("it is new");
        assert_eq!(data.begin_life(NodeId(2)), Ok((1, false)));
        assert_eq!(data.begin_life(NodeId(2)), Ok((2, true))); // its file is not there
        fs::write(data.home(NodeId(2)).file(), "").expect("there is room");
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
        assert_eq!(data.begin_life(id), Ok((1, false)));
        fs::write(&file, "").expect("there is room");
        assert_eq!(data.begin_life_elsewhere(id, 0), Ok((2, true)));
        assert_eq!(data.begin_life_elsewhere(id, 2), Ok((3, false)));
        assert_eq!(data.begin_life_elsewhere(id, 1), Ok((4, true)));
        assert_eq!((data.begin_life(id), file.exists()), (Ok((5, true)), false));
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
