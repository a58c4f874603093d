//! A trial as a scenario: the same requests and faults at the same times, and what breaks.

use super::profile::LinkProfile;
use super::run::Deed;
use crate::faults::shown;
use crate::process::{Defect, NodeId, Op};
use crate::scenario::grammar::Property;
use crate::systems::System;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::time::Duration;

/// A scenario in the making.
#[derive(Debug, Clone)]
pub(super) struct Script {
    /// What it shows, for its first line.
    pub title: String,
    pub system: System,
    pub defect: Option<Defect>,
    /// Whether a log is kept on disk.
    pub data: bool,
    pub links: LinkProfile,
    pub servers: u32,
    pub seed: u64,
    pub deeds: Vec<Deed>,
    /// What breaks.
    pub property: Property,
    /// How long to wait before every key is read at every server; `None` where that plays no part.
    pub quiet: Option<Duration>,
}

impl Script {
    /// The text of the file.
    pub fn text(&self) -> String {
        let LinkProfile { delay, jitter } = self.links;
        let mut text = format!("# {}\n", self.title);
        let _ = write!(text, "cluster {} servers={}", self.system, self.servers);
        let _ = write!(text, " link={} jitter={}", shown(delay), shown(jitter));
        if self.data {
            text.push_str(" data=on");
        }
        if let Some(defect) = self.defect {
            let _ = write!(text, " break={defect}");
        }
        let _ = writeln!(text, " seed={}", self.seed);
        for deed in &self.deeds {
            let _ = match deed {
                Deed::Asked { at, client, server, op } => {
                    let (at, what) = (shown(*at), words(op));
                    writeln!(text, "at {at} {client}: {what} @{} &", server.0)
                }
                Deed::Broke { at, fault } => writeln!(text, "at {} {fault}", shown(*at)),
            };
        }
        if let Some(quiet) = self.quiet {
            let _ = writeln!(text, "wait {}", shown(quiet));
            self.read_everything(&mut text);
        }
        let _ = writeln!(text, "check {} => invalid", self.property);
        text
    }

    fn read_everything(&self, text: &mut String) {
        if self.system.is_log() {
            for server in 1..=self.servers {
                let _ = writeln!(text, "final{server}: messages @{server}");
            }
            return;
        }
        let asked = self.deeds.iter().filter_map(|deed| match deed {
            Deed::Asked {
                op: Op::Get { key, .. } | Op::Set { key, .. } | Op::Delete { key, .. },
                ..
            } => Some(&**key),
            Deed::Asked { .. } | Deed::Broke { .. } => None,
        });
        let keys: BTreeSet<&str> = asked.collect();
        for key in keys {
            for server in (1..=self.servers).map(NodeId) {
                let _ = writeln!(text, "final{}: get {key} @{}", server.0, server.0);
            }
        }
    }
}

/// A request in the words of a scenario: `set x 7`.
fn words(op: &Op) -> String {
    match op {
        Op::Set { key, value, .. } => format!("set {key} {value}"),
        Op::Append { message, w, timeout, .. } => {
            let timeout = timeout.map(|timeout| format!(" timeout={}", shown(timeout)));
            format!("append {message} w={w}{}", timeout.unwrap_or_default())
        }
        Op::Get { key, .. } => format!("get {key}"),
        Op::Delete { key, .. } => format!("delete {key}"),
        Op::All { .. } | Op::Messages { .. } => op.to_string(),
    }
}
