//! Write concern: how many servers must have a message before its append is answered.

use super::Reason;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt::{self, Display};
use std::str::FromStr;

/// How many servers must have a message before its append is answered; the master counts as one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Concern {
    /// So many.
    Count(u32),
    /// More than half of the servers.
    #[default]
    Majority,
    /// Every server.
    All,
}

impl Concern {
    /// How many that are, of `servers`.
    ///
    /// # Errors
    /// [`Reason::BadConcern`] for 0, and for more than there are.
    pub fn among(self, servers: u32) -> Result<u32, Reason> {
        let w = match self {
            Concern::Count(w) => w,
            Concern::Majority => servers / 2 + 1,
            Concern::All => servers,
        };
        if (1..=servers).contains(&w) { Ok(w) } else { Err(Reason::BadConcern { w, servers }) }
    }
}

impl Display for Concern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Concern::Count(w) => write!(f, "{w}"),
            Concern::Majority => f.write_str("majority"),
            Concern::All => f.write_str("all"),
        }
    }
}

impl FromStr for Concern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "majority" => Ok(Concern::Majority),
            "all" => Ok(Concern::All),
            _ => text.parse().map(Concern::Count).map_err(|_| {
                format!("expected a number of servers, majority or all, found {text:?}")
            }),
        }
    }
}

/// `2`, `"majority"` or `"all"`.
impl Serialize for Concern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Concern::Count(w) => serializer.serialize_u32(*w),
            word => serializer.collect_str(word),
        }
    }
}

impl<'de> Deserialize<'de> for Concern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Either)
    }
}

/// Reads a number or a word.
struct Either;

impl Visitor<'_> for Either {
    type Value = Concern;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of servers, \"majority\" or \"all\"")
    }

    fn visit_u64<E: Error>(self, w: u64) -> Result<Concern, E> {
        // A number past the bound is past the number of servers too, and is told so.
        Ok(Concern::Count(u32::try_from(w).unwrap_or(u32::MAX)))
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Concern, E> {
        word.parse().map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_among_the_servers_and_no_further() {
        assert_eq!(Concern::Count(3).among(3), Ok(3));
        assert_eq!([1, 2, 3, 4, 5].map(|n| Concern::Majority.among(n)), [1, 2, 2, 3, 3].map(Ok));
        assert_eq!(Concern::All.among(4), Ok(4));
        for w in [0, 4] {
            assert_eq!(Concern::Count(w).among(3), Err(Reason::BadConcern { w, servers: 3 }));
        }
    }

    #[test]
    fn reads_back_from_words_and_from_json() {
        for concern in [Concern::Count(2), Concern::Majority, Concern::All] {
            assert_eq!(concern.to_string().parse(), Ok(concern));
            let json = serde_json::to_string(&concern).expect("it is plain data");
            assert_eq!(serde_json::from_str::<Concern>(&json).ok(), Some(concern));
        }
        assert!("most".parse::<Concern>().is_err_and(|error| error.contains("majority")));
        assert!(serde_json::from_str::<Concern>("[2]").is_err());
    }
}
