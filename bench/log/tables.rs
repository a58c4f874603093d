//! Tables of what kills took, and of catching up.

use super::{CatchingUp, Losses};
use crate::judge::ratios;
use crate::results::Results;
use crate::table::{number, table};
use conlab::stats::median;

/// What kills took.
pub fn losses(results: &Results) -> Option<String> {
    let row = |one: &Losses| {
        vec![
            one.subject.to_string(),
            one.how.clone(),
            one.servers.to_string(),
            one.w.to_string(),
            one.kills.to_string(),
            one.acknowledged.to_string(),
            one.lost.to_string(),
            number(one.mean()),
            one.most.to_string(),
            one.harmful.to_string(),
        ]
    };
    let header = [
        "log",
        "how",
        "servers",
        "w",
        "kills",
        "acknowledged",
        "lost",
        "lost a kill",
        "most",
        "kills that took any",
    ];
    let title = "Acknowledged appends that a kill of the master and of all servers but one takes";
    table(title, &header, 2, results.losses.iter().map(row).collect())
}

/// How fast a server catches up.
pub fn catching_up(results: &Results) -> Option<String> {
    let row = |one: &CatchingUp| {
        let middle = |values: &[f64]| number(median(values).unwrap_or_default());
        vec![
            one.servers.to_string(),
            one.messages.to_string(),
            one.bytes.to_string(),
            one.w.to_string(),
            middle(&one.seconds),
            middle(&one.before),
            middle(&one.during),
            middle(&ratios(&one.during, &one.before)),
        ]
    };
    let header = [
        "servers",
        "messages",
        "bytes each",
        "w of appends",
        "seconds",
        "appends a second before",
        "meanwhile",
        "× before",
    ];
    let title = "A server without memory catches up while 64 clients append";
    table(title, &header, 0, results.catching_up.iter().map(row).collect())
}
