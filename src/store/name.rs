//! The names of variables, so that few comparisons look at text.
//!
//! A search in a tree compares a key with many others, and each of these lies elsewhere in memory. So the first eight bytes stand
//! in the tree itself, as a number.

use crate::process::Key;
use std::borrow::Borrow;
use std::cmp::Ordering;

/// A key, with its beginning beside it: two beginnings that differ decide, and whatever begins alike is looked at whole.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    beginning: u64,
    key: Key,
}

impl Name {
    /// The name that this key is.
    pub fn of(key: Key) -> Self {
        Name { beginning: beginning(&key), key }
    }

    /// The key.
    pub fn key(&self) -> &Key {
        &self.key
    }
}

/// What can be looked for among names.
pub trait Named {
    /// The first eight bytes as a number, in whose order keys are; zeros where there are fewer.
    fn beginning(&self) -> u64;
    /// All of it.
    fn text(&self) -> &str;
}

/// A key that is only looked for.
pub struct Sought<'a> {
    beginning: u64,
    text: &'a str,
}

impl<'a> Sought<'a> {
    /// Looks for this key.
    pub fn of(text: &'a str) -> Self {
        Sought { beginning: beginning(text), text }
    }
}

impl Named for Name {
    fn beginning(&self) -> u64 {
        self.beginning
    }

    fn text(&self) -> &str {
        &self.key
    }
}

impl Named for Sought<'_> {
    fn beginning(&self) -> u64 {
        self.beginning
    }

    fn text(&self) -> &str {
        self.text
    }
}

impl<'a> Borrow<dyn Named + 'a> for Name {
    fn borrow(&self) -> &(dyn Named + 'a) {
        self
    }
}

/// The order of names.
impl Ord for dyn Named + '_ {
    fn cmp(&self, other: &Self) -> Ordering {
        self.beginning().cmp(&other.beginning()).then_with(|| self.text().cmp(other.text()))
    }
}

impl PartialOrd for dyn Named + '_ {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for dyn Named + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for dyn Named + '_ {}

fn beginning(key: &str) -> u64 {
    let mut first = [0; 8];
    let length = key.len().min(first.len());
    first[..length].copy_from_slice(&key.as_bytes()[..length]);
    u64::from_be_bytes(first)
}
