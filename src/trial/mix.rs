//! What is asked for, by weight, and of which servers.

use std::collections::BTreeSet;
use std::fmt::{self, Display};
use std::str::FromStr;

/// What is asked for, by weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mix {
    /// Reads.
    pub read: u32,
    /// Writes, of values that differ.
    pub write: u32,
    /// Deletes.
    pub delete: u32,
}

/// Whether clients stay at a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sessions {
    /// Each client asks one server for life, also after errors.
    Bound,
    /// Each request goes to any server.
    Roaming,
}

impl Mix {
    /// The sum of the weights.
    pub fn total(self) -> u64 {
        [self.read, self.write, self.delete].into_iter().map(u64::from).sum()
    }
}

impl Display for Mix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "read={},write={},delete={}", self.read, self.write, self.delete)
    }
}

impl FromStr for Mix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut mix = Mix { read: 0, write: 0, delete: 0 };
        let mut named = BTreeSet::new();
        for part in text.split(',') {
            let wrong =
                || format!("expected weights as in read=50,write=45,delete=5, found {part:?}");
            let (name, weight) = part.split_once('=').ok_or_else(wrong)?;
            let weight = weight.parse().map_err(|_| wrong())?;
            if !named.insert(name) {
                return Err(format!("{name} has two weights in {text:?}; give one"));
            }
            match name {
                "read" => mix.read = weight,
                "write" => mix.write = weight,
                "delete" => mix.delete = weight,
                _ => return Err(wrong()),
            }
        }
        Ok(mix)
    }
}

impl Display for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Sessions::Bound => "bound",
            Sessions::Roaming => "roaming",
        })
    }
}

impl FromStr for Sessions {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "bound" => Ok(Sessions::Bound),
            "roaming" => Ok(Sessions::Roaming),
            _ => Err(format!("expected bound or roaming, found {text:?}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_read_back() {
        for text in ["read=50,write=45,delete=5", "read=1,write=0,delete=0"] {
            assert_eq!(text.parse::<Mix>().map(|mix| mix.to_string()), Ok(text.to_string()));
        }
        assert!("read=1,read=2".parse::<Mix>().is_err_and(|error| error.contains("two weights")));
        assert!("read=x".parse::<Mix>().is_err_and(|error| error.contains("expected weights")));
    }
}
