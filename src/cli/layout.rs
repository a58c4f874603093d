//! From config and flags to the cluster that is started.

use super::args::ClusterFlags;
use super::console;
use super::exit::Failure;
use crate::config::{Config, Log};
use crate::net::{ClusterOptions, LogOptions, Shown};
use crate::process::Replication;
use crate::systems::System;
use std::time::Duration;

/// The cluster that `config` describes, with the flags above it.
pub fn options(
    mut config: Config,
    flags: &ClusterFlags,
    system: System,
) -> Result<ClusterOptions, Failure> {
    overlay(&mut config, flags)?;
    Ok(ClusterOptions {
        system,
        servers: config.servers,
        host: config.host,
        controller_port: config.controller_port,
        client_port_start: config.client_port_start,
        addresses: config.addresses.clone(),
        in_process: flags.in_process,
        timing: config.timing(),
        replication: replication(&config, flags, system),
        data: flags.data.clone(),
        link_delays: config.links.clone(),
        link_jitter: Duration::ZERO,
        faults_allowed: true,
        log: log_options(config.log),
        token: token(&config)?,
        executable: None,
    })
}

/// How a log is kept. What the config says of logs is nothing to other systems; a flag is, and is refused there.
fn replication(config: &Config, flags: &ClusterFlags, system: System) -> Replication {
    let of_log = system.is_log();
    Replication {
        tolerate: flags.tolerate.or(config.tolerate.filter(|_| of_log)),
        read_only_without_quorum: flags.read_only_without_quorum
            || (of_log && config.read_only_without_quorum),
        durable: false, // the folder says it
    }
}

/// What servers log: everything of everyone, coloured where a person reads it.
pub fn log_options(log: Log) -> LogOptions {
    let Log { level, format } = log;
    LogOptions { level, format, colour: console::colours(), shown: Shown::All }
}

/// The token that servers started by hand must show: `CONLAB_TOKEN` stands above the config.
///
/// # Errors
/// If `CONLAB_TOKEN` holds what cannot stand in a header.
pub fn token(config: &Config) -> Result<Option<String>, Failure> {
    let Some(named) = std::env::var_os("CONLAB_TOKEN").filter(|token| !token.is_empty()) else {
        return Ok(config.token.clone());
    };
    match named.into_string() {
        Ok(token) if Config::is_token(&token) => Ok(Some(token)),
        _ => Err(Failure::usage(
            "CONLAB_TOKEN cannot be used; choose letters, digits and signs of ASCII, without spaces",
        )),
    }
}

fn overlay(config: &mut Config, flags: &ClusterFlags) -> Result<(), Failure> {
    if let Some(servers) = flags.servers {
        config.servers = servers;
    }
    if let Some(port) = flags.port {
        // The controller takes the port itself.
        let most = u32::from(u16::MAX).saturating_sub(config.servers);
        if u32::from(port) > most {
            let text = format!(
                "--port: {port} leaves no ports for {} servers; choose at most {most}",
                config.servers
            );
            return Err(Failure::usage(text));
        }
        config.set_port(port);
    }
    match config.conflict() {
        None => Ok(()),
        Some((key, text)) => {
            let source = match (key, flags.servers, flags.port) {
                ("servers" | "addresses", Some(_), _) => "--servers",
                (_, _, Some(_)) => "--port",
                (key, _, _) => key,
            };
            Err(Failure::usage(format!("{source}: {text}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid_out(servers: Option<u32>, port: Option<u16>) -> Result<ClusterOptions, Failure> {
        let flags = ClusterFlags { servers, port, ..ClusterFlags::default() };
        options(Config::default(), &flags, System::Causal)
    }

    #[test]
    fn flags_stand_above_the_config() {
        let options = laid_out(Some(10), Some(4000)).expect("it fits");
        assert_eq!((options.servers, options.controller_port), (10, 4000));
        assert_eq!(options.client_port_start, 4001);
        let free = laid_out(None, Some(0)).expect("it fits");
        assert_eq!((free.controller_port, free.client_port_start), (0, 0));
    }

    #[test]
    fn what_the_config_says_of_logs_is_for_logs() {
        let config =
            Config { tolerate: Some(2), read_only_without_quorum: true, ..Config::default() };
        let laid_out = |flags: ClusterFlags, system| {
            options(config.clone(), &flags, system).expect("it fits").replication
        };
        let log = laid_out(ClusterFlags::default(), System::ReplicatedLog);
        assert_eq!((log.tolerate, log.read_only_without_quorum), (Some(2), true));
        let flags = ClusterFlags { tolerate: Some(1), ..ClusterFlags::default() };
        assert_eq!(laid_out(flags, System::ReplicatedLog).tolerate, Some(1));
        assert_eq!(laid_out(ClusterFlags::default(), System::Causal), Replication::default());
    }

    #[test]
    fn flags_that_do_not_fit_are_named() {
        let text = |servers, port| laid_out(servers, port).expect_err("it does not fit").text;
        assert!(text(Some(0), None).starts_with("--servers: 0 servers"));
        assert!(text(None, Some(65535)).starts_with("--port: "));
    }
}
