//! How long messages take on the links of a trial.

use crate::faults::{parse_time, shown};
use std::fmt::{self, Display};
use std::str::FromStr;
use std::time::Duration;

/// The longest that a link of a profile may take.
const SLOWEST_LINK: Duration = Duration::from_secs(10);

/// How long messages take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkProfile {
    /// At least so long.
    pub delay: Duration,
    /// And so much longer, by chance.
    pub jitter: Duration,
}

/// Names for links: those in one room, one city, one continent, and those on which messages overtake each other by far.
const PROFILES: [(&str, u64, u64); 4] =
    [("lan", 1, 1), ("city", 5, 2), ("continent", 40, 20), ("wild", 1, 400)];

impl Default for LinkProfile {
    fn default() -> Self {
        LinkProfile { delay: Duration::from_millis(1), jitter: Duration::from_millis(1) }
    }
}

impl LinkProfile {
    fn named(name: &str) -> Option<Self> {
        let (_, delay, jitter) = PROFILES.into_iter().find(|(known, ..)| *known == name)?;
        Some(LinkProfile {
            delay: Duration::from_millis(delay),
            jitter: Duration::from_millis(jitter),
        })
    }
}

impl Display for LinkProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = PROFILES.iter().find(|(name, ..)| LinkProfile::named(name) == Some(*self));
        match name {
            Some((name, ..)) => f.pad(name),
            None => write!(f, "{}+{}", shown(self.delay), shown(self.jitter)),
        }
    }
}

impl FromStr for LinkProfile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(profile) = LinkProfile::named(text) {
            return Ok(profile);
        }
        let names = PROFILES.map(|(name, ..)| name).join(", ");
        let wrong =
            || format!("expected {names}, or a delay and its jitter as in 5ms+2ms, found {text:?}");
        let (delay, jitter) = text.split_once('+').ok_or_else(wrong)?;
        let delay = parse_time(delay).map_err(|_| wrong())?;
        let jitter = parse_time(jitter).map_err(|_| wrong())?;
        if delay + jitter > SLOWEST_LINK {
            return Err(format!("a link takes at most {}, found {text:?}", shown(SLOWEST_LINK)));
        }
        Ok(LinkProfile { delay, jitter })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_read_back() {
        for text in ["lan", "wild", "5ms+0ms"] {
            assert_eq!(
                text.parse::<LinkProfile>().map(|links| links.to_string()),
                Ok(text.to_string())
            );
        }
        assert!("5ms".parse::<LinkProfile>().is_err_and(|error| error.contains("jitter")));
        assert!("9s+9s".parse::<LinkProfile>().is_err_and(|error| error.contains("10s")));
    }
}
