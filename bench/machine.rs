//! Where and what ran: figures mean little without it.

use serde::{Deserialize, Serialize};
use std::fs::read_to_string;
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

/// The machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// The processor's name.
    pub cpu: String,
    /// How many cores this process may use.
    pub cores: usize,
    /// Its memory, in MiB; 0 where it is not known.
    pub memory_mib: u64,
    /// The operating system and its version.
    pub system: String,
    /// How many processes wanted to run when the run started, averaged over a minute.
    pub load: f64,
}

/// What ran.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Versions {
    /// conlab's version.
    pub conlab: String,
    /// The commit of the folder in which it ran, `+` behind it if files were changed; `unknown` outside of a repository.
    pub commit: String,
    /// jsonrpsee's version.
    pub jsonrpsee: String,
    /// The compiler that is installed.
    pub rustc: String,
    /// `release` or `debug`.
    pub profile: String,
}

impl Machine {
    /// This machine now.
    pub fn here() -> Machine {
        let field = |file: &str, name: &str| {
            let text = read_to_string(file).unwrap_or_default();
            let line = text.lines().find(|line| line.starts_with(name))?;
            line.split_once(':').map(|(_, value)| value.trim().to_string())
        };
        let kib = field("/proc/meminfo", "MemTotal")
            .and_then(|text| text.split(' ').next()?.parse::<u64>().ok());
        let kernel = read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        let load = read_to_string("/proc/loadavg").unwrap_or_default();
        Machine {
            cpu: field("/proc/cpuinfo", "model name")
                .unwrap_or_else(|| std::env::consts::ARCH.to_string()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_mib: kib.unwrap_or_default() / 1024,
            system: format!("{} {}", std::env::consts::OS, kernel.trim()).trim().to_string(),
            load: load.split(' ').next().and_then(|text| text.parse().ok()).unwrap_or_default(),
        }
    }

    /// In a few words, for captions.
    pub fn short(&self) -> String {
        format!("{} cores of {}, {}", self.cores, self.cpu, self.system)
    }
}

impl Versions {
    /// What runs now.
    pub fn here() -> Versions {
        let lock = include_str!("../Cargo.lock");
        let jsonrpsee = lock.split("name = \"jsonrpsee\"\nversion = \"").nth(1);
        let jsonrpsee = jsonrpsee.and_then(|rest| rest.split('"').next()).unwrap_or("unknown");
        Versions {
            conlab: env!("CARGO_PKG_VERSION").to_string(),
            commit: commit(),
            jsonrpsee: jsonrpsee.to_string(),
            rustc: said("rustc", &["--version"]).unwrap_or_else(|| "unknown".to_string()),
            profile: if cfg!(debug_assertions) { "debug" } else { "release" }.to_string(),
        }
    }
}

fn commit() -> String {
    let Some(commit) = said("git", &["rev-parse", "--short=12", "HEAD"]) else {
        return "unknown".to_string();
    };
    let changed = said("git", &["status", "--porcelain", "--untracked-files=no"])
        .is_some_and(|text| !text.is_empty());
    commit + if changed { "+" } else { "" }
}

fn said(program: &str, words: &[&str]) -> Option<String> {
    let said = Command::new(program).args(words).stderr(Stdio::null()).output().ok()?;
    said.status.success().then(|| String::from_utf8_lossy(&said.stdout).trim().to_string())
}

/// Now, in UTC: `20260102T030405Z`.
pub fn stamp() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (year, month, day) = date(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
}

/// The date that lies so many days after the first of January 1970.
fn date(days: u64) -> (u64, u64, u64) {
    let leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let (mut year, mut rest) = (1970, days);
    while rest >= 365 + u64::from(leap(year)) {
        rest -= 365 + u64::from(leap(year));
        year += 1;
    }
    let lengths = [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 1;
    for length in lengths {
        if rest < length {
            break;
        }
        rest -= length;
        month += 1;
    }
    (year, month, rest + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_know_leap_years() {
        assert_eq!(date(0), (1970, 1, 1));
        assert_eq!(date(11_016), (2000, 2, 29));
        assert_eq!(date(20_454), (2026, 1, 1));
        assert_eq!(date(20_818), (2026, 12, 31));
    }

    #[test]
    fn versions_are_found() {
        assert!(Versions::here().jsonrpsee.starts_with(|c: char| c.is_ascii_digit()));
        assert!(Machine::here().cores > 0);
    }
}
