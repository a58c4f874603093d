//! What a cluster is that keeps its log on disk, as it stands in its folder.

use super::ClusterOptions;
use crate::net::NetError;
use crate::systems::System;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Where it stands.
pub(super) const ABOUT: &str = "cluster.json";
/// The form of [`ABOUT`].
const VERSION: u32 = 1;

/// A cluster that was started with a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct About {
    version: u32,
    system: System,
    /// Its name.
    pub cluster: String,
    servers: u32,
    /// How many servers may lack their memory at once.
    pub tolerate: u32,
    /// For each server, the last life that it was given the number of.
    pub lives: Vec<u64>,
    /// For each server, the last life that ran: its records are the server's memory, and those of no other.
    #[serde(default)]
    pub ran: Vec<u64>,
}

impl About {
    /// A new cluster of this name.
    pub fn new(options: &ClusterOptions, cluster: String) -> Self {
        let servers = options.servers;
        About {
            version: VERSION,
            system: options.system,
            cluster,
            servers,
            tolerate: options.replication.tolerated(servers),
            lives: vec![0; servers as usize],
            ran: vec![0; servers as usize],
        }
    }

    /// The cluster that the folder is of.
    ///
    /// # Errors
    /// If it is not the one that is asked for.
    pub fn known(folder: &Path, bytes: &[u8], options: &ClusterOptions) -> Result<Self, NetError> {
        let shown = folder.display();
        let mut about: About = serde_json::from_slice(bytes).map_err(|error| {
            NetError::Refused(format!("{shown}/{ABOUT} cannot be read: {error}"))
        })?;
        let other = |what: String, fix: String| {
            Err(NetError::Usage(format!(
                "{shown} is the folder of {what}; {fix}, or choose another"
            )))
        };
        if about.version != VERSION || about.system != options.system {
            return other(
                format!("{} (form {})", about.system, about.version),
                "start that".into(),
            );
        }
        if about.servers != options.servers || about.lives.len() != options.servers as usize {
            let servers = about.servers;
            return other(format!("{servers} servers"), format!("say --servers {servers}"));
        }
        if options.replication.tolerate.is_some_and(|f| f != about.tolerate) {
            let f = about.tolerate;
            return other(format!("a cluster that tolerates {f}"), format!("say --tolerate {f}"));
        }
        if about.ran.len() != about.lives.len() {
            // Written before the two were told apart: each life that was given may have run.
            about.ran.clone_from(&about.lives);
        }
        Ok(about)
    }
}
