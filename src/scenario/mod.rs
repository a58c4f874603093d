//! Scenarios: text files that say who asks what, what breaks, and what should come of it.

pub mod grammar;
mod words;
