//! The folder of a cluster that keeps its log on disk: what the cluster is, and how often each server has lived.
//!
//! A server that is started again must never take a number of an earlier life, also where the whole cluster was started again;
//! and how many servers may lack their memory is fixed for as long as the log lives.

use super::ClusterOptions;
use crate::net::NetError;
use crate::net::disk::lock;
use crate::process::NodeId;
use crate::systems::System;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
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

    /// The file of a server's records.
    pub fn file(&self, id: NodeId) -> PathBuf {
        self.folder.join(format!("n{}.log", id.0))
    }

    /// Begins a server's next life: which it is, and whether the memory of the one before is gone.
    ///
    /// # Errors
    /// If that cannot be written down.
    pub fn begin_life(&self, id: NodeId) -> Result<(u64, bool), NetError> {
        let life = self.with(|about| {
            let life = about.lives.get_mut(id.0 as usize - 1)?;
            *life += 1;
            Some(*life)
        });
        self.save().map_err(|error| {
            NetError::Refused(format!("{} cannot be written: {error}", self.folder.display()))
        })?;
        let life = life.unwrap_or(1);
        Ok((life, life > 1 && !self.file(id).exists()))
    }

    fn with<T>(&self, work: impl FnOnce(&mut About) -> T) -> T {
        work(&mut self.about.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Writes down what is known, whole or not at all.
    fn save(&self) -> io::Result<()> {
        let text = self.with(|about| serde_json::to_string_pretty(about));
        let new = self.folder.join(format!("{ABOUT}.new"));
        let mut file = File::create(&new)?;
        file.write_all(text.map_err(io::Error::other)?.as_bytes())?;
        file.sync_all()?;
        fs::rename(new, self.folder.join(ABOUT))?;
        File::open(&self.folder)?.sync_all()
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
        fs::write(data.file(NodeId(2)), "").expect("there is room");
        let busy = open(folder.path(), 3, None).await.expect_err("it is in use");
        assert!(busy.to_string().contains("stop it first"), "{busy}");
        drop(data);
        let data = open(folder.path(), 3, None).await.expect("it is free");
        assert_eq!((data.begin_life(NodeId(2)), data.tolerate()), (Ok((3, false)), 2));
        assert_eq!(data.cluster(), "c1");
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
