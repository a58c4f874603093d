//! From the text of config.json to a [`Config`], or to the line and text of what is wrong.

use super::entries::{Entries, Entry, line_of};
use super::log::LOG_FORM;
use super::{Config, MOST_SERVERS};
use crate::faults::{Link, MAX_DELAY, parse_time, shown};
use crate::nearest::nearest;
use crate::systems::System;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

/// A line, from 1, and what is wrong there.
type Wrong = (usize, String);

/// Every key, and under which other name the reference system knows it.
const KEYS: [(&str, Option<&str>); 13] = [
    ("system", None),
    ("servers", Some("NO_OF_SERVERS")),
    ("host", Some("MASTER_ADDRESS")),
    ("client_port_start", Some("PORT_START_RANGE")),
    ("controller_port", Some("MASTER_PORT")),
    ("addresses", None),
    ("links", None),
    ("request_timeout_ms", None),
    ("suspect_after_ms", None),
    ("tolerate", None),
    ("read_only_without_quorum", None),
    ("log", None),
    ("token", None),
];

/// Reads and checks the text of a config file.
pub fn parse(text: &str) -> Result<Config, Wrong> {
    let Entries(entries) =
        serde_json::from_str(text).map_err(|error| (error.line().max(1), syntax(&error)))?;
    let mut config = Config::default();
    let mut lines = BTreeMap::new();
    for entry in &entries {
        let line = entry.line(text);
        let key = known(&entry.key).map_err(|wrong| (line, wrong))?;
        if let Some(earlier) = lines.insert(key, line) {
            return Err((line, twice(&entry.key, key, earlier)));
        }
        assign(&mut config, key, entry, text)?;
    }
    if !config.addresses.is_empty() && !lines.contains_key("servers") {
        config.servers = config.addresses.len() as u32;
    }
    // How many servers there are may be said elsewhere.
    let counted = lines.contains_key("servers") || !config.addresses.is_empty();
    let wrong = too_hasty(&config).or_else(|| config.conflict());
    let wrong = wrong.or_else(|| forgetful(&config).filter(|_| counted));
    match wrong {
        Some((key, wrong)) => Err((blamed(&lines, key), format!("{key:?}: {wrong}"))),
        None => Ok(config),
    }
}

fn syntax(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let cause = text.rsplit_once(" at line").map_or(text.as_str(), |(cause, _)| cause);
    format!("not valid JSON: {cause} (column {}); see docs/reference.md", error.column())
}

fn known(written: &str) -> Result<&'static str, String> {
    let names =
        || KEYS.iter().flat_map(|(key, other)| other.iter().chain([key]).map(|n| (*n, *key)));
    if let Some((_, key)) = names().find(|(name, _)| *name == written) {
        return Ok(key);
    }
    Err(match nearest(written, names().map(|(name, _)| name)) {
        Some(name) => format!("unknown key {written:?}; did you mean {name:?}?"),
        None => format!("unknown key {written:?}; one of {}", KEYS.map(|(key, _)| key).join(", ")),
    })
}

fn twice(written: &str, key: &str, earlier: usize) -> String {
    if written == key {
        format!("{key:?} stands on line {earlier} already; keep one of them")
    } else {
        format!("{written:?} means {key:?}, which line {earlier} already sets; keep one of them")
    }
}

/// The line of the key to blame; where the file leaves it out, that of the count of servers, or else the first.
fn blamed(lines: &BTreeMap<&str, usize>, key: &str) -> usize {
    let fallbacks = [key, "servers", "client_port_start", "controller_port"];
    fallbacks.iter().find_map(|key| lines.get(key)).copied().unwrap_or(1)
}

fn too_hasty(config: &Config) -> Option<(&'static str, String)> {
    let after = config.suspect_after?;
    let least = Config { suspect_after: None, ..config.clone() }.timing().suspect_after;
    let text = || {
        format!(
            "{} is shorter than {}; a server on the slowest link would be taken for dead",
            after.as_millis(),
            least.as_millis()
        )
    };
    (after < least).then(|| ("suspect_after_ms", text()))
}

/// One server of a log at least must remember. Flags may change the servers, so this looks at the file alone.
fn forgetful(config: &Config) -> Option<(&'static str, String)> {
    let (servers, most) = (config.servers, config.servers.saturating_sub(1));
    let f = config.tolerate.filter(|f| *f > most)?;
    Some(("tolerate", format!("{f}: of {servers} servers at most {most} may lack their memory")))
}

fn assign(config: &mut Config, key: &str, entry: &Entry, text: &str) -> Result<(), Wrong> {
    let wrong = |expected: String| {
        let value = entry.value.get();
        let short: String = value.chars().take(40).collect();
        (entry.line(text), format!("{:?} is {short}; expected {expected}", entry.key))
    };
    let value = entry.value;
    match key {
        "system" => config.system = word(value, &one_of_systems()).map_err(wrong)?,
        "servers" => config.servers = number(value, 1, MOST_SERVERS).map_err(wrong)?,
        "host" => config.host = host(value).map_err(wrong)?,
        "client_port_start" => config.client_port_start = port(value).map_err(wrong)?,
        "controller_port" => config.controller_port = port(value).map_err(wrong)?,
        "addresses" => config.addresses = addresses(value, text)?,
        "links" => config.links = links(value, text)?,
        "request_timeout_ms" => config.request_timeout = time(value).map_err(wrong)?,
        "suspect_after_ms" => config.suspect_after = Some(time(value).map_err(wrong)?),
        "tolerate" => {
            config.tolerate = Some(number(value, 0, MOST_SERVERS - 1).map_err(wrong)?);
        }
        "read_only_without_quorum" => {
            config.read_only_without_quorum = plain(value, "true or false").map_err(wrong)?;
        }
        "log" => config.log = word(value, LOG_FORM).map_err(wrong)?,
        "token" => config.token = Some(token(value).map_err(wrong)?),
        _ => {}
    }
    Ok(())
}

fn plain<T: DeserializeOwned>(value: &RawValue, expected: &str) -> Result<T, String> {
    serde_json::from_str(value.get()).map_err(|_| expected.to_string())
}

fn word<T: FromStr>(value: &RawValue, expected: &str) -> Result<T, String> {
    plain::<String>(value, expected)?.parse().map_err(|_| expected.to_string())
}

fn one_of_systems() -> String {
    format!("one of {}", System::names())
}

fn number<T>(value: &RawValue, least: T, most: T) -> Result<T, String>
where
    T: DeserializeOwned + PartialOrd + Display,
{
    let expected = format!("a whole number from {least} to {most}");
    let number: T = plain(value, &expected)?;
    if number < least || number > most { Err(expected) } else { Ok(number) }
}

fn port(value: &RawValue) -> Result<u16, String> {
    number(value, 0, u16::MAX)
        .map_err(|expected| format!("a port: {expected} (0 takes free ports)"))
}

fn time(value: &RawValue) -> Result<Duration, String> {
    let most = MAX_DELAY.as_millis() as u64;
    number(value, 1, most)
        .map(Duration::from_millis)
        .map_err(|expected| format!("milliseconds: {expected}"))
}

fn host(value: &RawValue) -> Result<IpAddr, String> {
    let expected = "an IP address, as in \"127.0.0.1\"";
    match plain::<String>(value, expected)?.as_str() {
        "localhost" => Ok(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        text => text.parse().map_err(|_| expected.to_string()),
    }
}

/// Whether this can stand in the header that carries a token.
pub(super) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn token(value: &RawValue) -> Result<String, String> {
    let expected = "letters and digits in quotes, as CONLAB_TOKEN holds them";
    let token: String = plain(value, expected)?;
    if is_token(&token) { Ok(token) } else { Err(expected.to_string()) }
}

fn addresses(value: &RawValue, text: &str) -> Result<Vec<SocketAddr>, Wrong> {
    let wrong = |at: &RawValue, expected: &str| {
        (line_of(text, at), format!("address {}; expected {expected}", at.get()))
    };
    let list: Vec<&RawValue> = serde_json::from_str(value.get())
        .map_err(|_| wrong(value, "a list, as in [\"127.0.0.1:6485\"]"))?;
    let one = |item: &&RawValue| {
        let text: Option<String> = serde_json::from_str(item.get()).ok();
        let address = text.and_then(|text| text.replace("localhost", "127.0.0.1").parse().ok());
        address.ok_or_else(|| wrong(item, "IP:PORT in quotes, as in \"127.0.0.1:6485\""))
    };
    list.iter().map(one).collect()
}

fn links(value: &RawValue, text: &str) -> Result<Vec<(Link, Duration)>, Wrong> {
    let expected = "expected links with their delays, as in { \"1->3\": \"300ms\" }";
    let Entries(entries) = serde_json::from_str(value.get())
        .map_err(|_| (line_of(text, value), format!("\"links\" is {}; {expected}", value.get())))?;
    let one = |entry: &Entry| {
        let wrong = |error: String| (entry.line(text), format!("\"links\": {error}"));
        let link: Link = entry.key.parse().map_err(wrong)?;
        let delay: String = plain(entry.value, expected).map_err(wrong)?;
        let delay = parse_time(&delay).map_err(wrong)?;
        if delay > MAX_DELAY {
            return Err(wrong(format!("{} is more than {}", shown(delay), shown(MAX_DELAY))));
        }
        Ok((link, delay))
    };
    entries.iter().map(one).collect()
}
