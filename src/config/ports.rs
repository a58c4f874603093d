//! Whether the ports of a layout go together.

use super::{Config, MOST_SERVERS};
use crate::faults::Fault;
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// The first thing that is wrong: the key to change, the value and the fix.
pub fn conflict(config: &Config) -> Option<(&'static str, String)> {
    count(config)
        .or_else(|| range(config))
        .or_else(|| duplicates(config))
        .or_else(|| strangers(config))
}

fn count(config: &Config) -> Option<(&'static str, String)> {
    let listed = config.addresses.len();
    if config.servers == 0 || config.servers > MOST_SERVERS {
        let text =
            format!("{} servers; a cluster has 1 to {MOST_SERVERS}, as in 3", config.servers);
        return Some(("servers", text));
    }
    if listed > 0 && listed != config.servers as usize {
        let text = format!(
            "{listed} addresses for {} servers; list one address per server, or none",
            config.servers
        );
        return Some(("addresses", text));
    }
    None
}

fn range(config: &Config) -> Option<(&'static str, String)> {
    let start = u32::from(config.client_port_start);
    let last = start + config.servers - 1;
    if start == 0 || !config.addresses.is_empty() || last <= u32::from(u16::MAX) {
        return None;
    }
    let most = u32::from(u16::MAX) + 1 - config.servers;
    let text =
        format!("{start} leaves no ports for {} servers; choose at most {most}", config.servers);
    Some(("client_port_start", text))
}

/// A link of a server that is not there would never be noticed.
fn strangers(config: &Config) -> Option<(&'static str, String)> {
    let mut links =
        config.links.iter().map(|(link, delay)| (link, Fault::Slow(*link, *delay).highest_node()));
    let (link, server) = links.find(|(_, highest)| *highest > config.servers)?;
    let text = format!("\"{link}\" names server {server}; the servers are 1 to {}", config.servers);
    Some(("links", text))
}

fn duplicates(config: &Config) -> Option<(&'static str, String)> {
    let mut owners: BTreeMap<SocketAddr, usize> = BTreeMap::new();
    for (index, address) in config.server_addresses().into_iter().enumerate() {
        let id = index + 1;
        match owners.insert(address, id) {
            Some(other) if address.port() != 0 => {
                let text = format!(
                    "{address} is listed for server {other} and for server {id}; give each its own"
                );
                return Some(("addresses", text));
            }
            _ => {}
        }
    }
    let owner = owners.get(&config.controller())?;
    (config.controller_port != 0).then(|| {
        let text = format!(
            "{} is the port of server {owner} too; choose a port that no server has",
            config.controller_port
        );
        ("controller_port", text)
    })
}
