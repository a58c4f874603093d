//! What the shell says.

use super::cluster::Answered;
use crate::cli::answer::{exit_of, exit_of_fate, failure_line, on_one_line};
use crate::cli::console;
use crate::cli::exit::Exit;
use crate::net::{Answer, ClusterInfo};
use crate::process::Outcome;
use crate::scenario::grammar::Request;
use crate::scenario::{Ended, broken};
use std::time::Duration;

/// An answer's line, what to do about it, and the exit code that it stands for.
pub fn answer(answer: &Answer) -> (String, &str, Exit) {
    match answer {
        Ok(outcome) => (on_one_line(outcome), "", exit_of(outcome)),
        Err(failure) => (failure_line(failure), &failure.hint, exit_of_fate(failure.fate)),
    }
}

/// What the line wanted instead of this answer, if it did: `get x => 7`.
pub fn unwanted(request: &Request, answered: &Answered) -> Option<String> {
    let ended = Ended {
        line: 0,
        request: request.clone(),
        began: Duration::ZERO,
        took: answered.took,
        outcome: answered.answer.clone().unwrap_or_else(Outcome::from),
    };
    let (outcome, took) = (&ended.outcome, console::took(ended.took));
    broken(&ended, true).map(|wanted| format!("wanted {wanted}, got {outcome} after {took}"))
}

/// Says which cluster this is and what to try.
pub fn welcome(info: &ClusterInfo, controller: &str, own: bool) {
    let addresses = info.servers.iter().map(|server| server.address.to_string());
    let addresses = addresses.collect::<Vec<_>>().join(" ");
    let (system, servers) = (info.system, info.servers.len());
    console::remark(&format!("{system}, {servers} servers: {addresses}, controller {controller}"));
    let faults = if own { "slow 300ms · " } else { "" };
    let demo = if own { "demo · " } else { "" };
    let requests = if info.system.is_log() {
        "append Msg1 w=2 & · messages @3"
    } else {
        "set x 7 @2 & · get x @3"
    };
    console::advice(&format!("try: {faults}{requests} · {demo}help"));
}

/// What can be typed.
pub fn help(own: bool) -> String {
    let more = if own { OWN } else { "" };
    format!("{COMMON}{more}")
}

const COMMON: &str = "  set KEY VALUE [@N] [&]   write at server N; & does not wait for the answer
  get KEY [@N]             read
  delete KEY [@N]          remove
  all [@N]                 read everything
  append MESSAGE [w=2]     of a log: a message at its end, at w servers
  messages [@N]            of a log: read it
  a: get KEY               as client a, who remembers what it has seen
  client a session=off     a client that remembers nothing
  wait 300ms               nothing for so long
  status                   how the servers are
  quit                     leave, as Ctrl-D; Ctrl-C leaves a waiting command";

const OWN: &str = "
  slow [LINK] TIME         a message takes so long: slow 300ms, slow 1->3 2s
  cut LINK, heal [LINK]    nothing passes a link; all is as at the start again
  lose LINK 10%, duplicate LINK 10%, reorder LINK 50ms
  kill N, restart N, pause N, resume N
  demo                     this level's test case, live
  logs on, logs off, logs N";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_is_indented_and_no_wider_than_78_columns() {
        for line in help(true).lines() {
            assert!(line.starts_with("  ") && line.chars().count() <= 78, "{line}");
        }
    }
}
