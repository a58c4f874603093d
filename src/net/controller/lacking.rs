//! Which servers' memories a cluster's folder lacks, and what a person can do about that.

use crate::process::NodeId;

/// The servers without memory, by what became of it.
#[derive(Debug, Default)]
pub(super) struct Lacking {
    /// They lived in other folders last, and have it there.
    pub elsewhere: Vec<NodeId>,
    /// Their files were taken away, whether to be thrown away or to live in another folder.
    pub gone: Vec<NodeId>,
    /// They lost it, began again with nothing, and had not caught up when they ended.
    pub blank: Vec<NodeId>,
}

impl Lacking {
    /// All of them, in order.
    pub fn servers(&self) -> Vec<NodeId> {
        let mut servers = [&self.elsewhere[..], &self.gone, &self.blank].concat();
        servers.sort_unstable();
        servers
    }

    /// What to do. While the master has its memory nothing is lost, so there is always a way on.
    pub fn advice(&self) -> String {
        let mut advice = Vec::new();
        if !self.elsewhere.is_empty() {
            let files = files(&self.elsewhere);
            advice.push(format!("copy {files} here from the folders in which they lived last"));
        }
        if self.servers().contains(&super::data::FIRST) {
            advice.extend(self.without_master());
        } else {
            let (stale, folder) = (files(&self.elsewhere), "from this folder");
            advice.push(format!(
                "if they are lost, take the old {stale} away {folder}: the master has everything"
            ));
        }
        advice.join("; ")
    }

    fn without_master(&self) -> Vec<String> {
        let mut advice = Vec::new();
        if !self.gone.is_empty() {
            let files = files(&self.gone);
            advice.push(format!("put {files} back as they were when the cluster ended"));
        }
        if !self.blank.is_empty() {
            advice.push(format!("servers {} had not caught up", numbers(&self.blank)));
        }
        advice.push("else what was acknowledged may be lost: begin again in another folder".into());
        advice
    }
}

/// Servers' numbers, for messages.
pub(super) fn numbers(servers: &[NodeId]) -> String {
    listed(servers, |id| id.0.to_string())
}

fn files(servers: &[NodeId]) -> String {
    listed(servers, |id| format!("n{0}.log, n{0}.json", id.0))
}

fn listed(servers: &[NodeId], shown: impl Fn(&NodeId) -> String) -> String {
    servers.iter().map(shown).collect::<Vec<_>>().join(", ")
}
