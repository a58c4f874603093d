//! What a person, a script or a program is shown of an answer.

use super::exit::{Exit, Failure, with_hint};
use crate::net::{Failure as CallFailure, Fate};
use crate::process::{Key, Outcome, Versioned};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// The exit code that an answer stands for.
pub fn exit_of(outcome: &Outcome) -> Exit {
    match outcome {
        Outcome::Got { value: None, .. } | Outcome::Deleted { existed: false, .. } => Exit::No,
        Outcome::Refused(_) => Exit::Unavailable,
        Outcome::Unknown(_) => Exit::Unknown,
        _ => Exit::Done,
    }
}

/// The exact text of an answer for a script; `None` where there is nothing to print.
pub fn plain(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Set { .. } | Outcome::Deleted { existed: true, .. } => Some("ok".to_string()),
        Outcome::Got { value, .. } => value.as_ref().map(|value| value.to_string()),
        Outcome::All { values, .. } if !values.is_empty() => Some(tabbed(values)),
        Outcome::Appended { seq, .. } => Some(seq.to_string()),
        Outcome::Messages { messages, .. } if !messages.is_empty() => {
            let lines = messages.iter().map(|logged| escaped(&logged.message));
            Some(lines.collect::<Vec<_>>().join("\n"))
        }
        _ => None,
    }
}

fn tabbed(values: &BTreeMap<Key, Versioned>) -> String {
    let line = |(key, versioned): (&Key, &Versioned)| {
        format!("{}\t{}", escaped(key), escaped(&versioned.value))
    };
    values.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Text on one line and in one field: as tab-separated files write it.
fn escaped(text: &str) -> String {
    let replacements = [('\\', "\\\\"), ('\t', "\\t"), ('\n', "\\n"), ('\r', "\\r")];
    replacements.iter().fold(text.to_string(), |text, (odd, sign)| text.replace(*odd, sign))
}

/// An answer on one line, for the shell: `ok`, the value, `(absent)`, or pairs `x=7 y=3`.
pub fn on_one_line(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Got { value: Some(value), .. } => printable(value),
        Outcome::All { values, .. } if !values.is_empty() => {
            let pairs =
                values.iter().map(|(k, v)| format!("{}={}", printable(k), printable(&v.value)));
            pairs.collect::<Vec<_>>().join(" ")
        }
        Outcome::Messages { messages, .. } if !messages.is_empty() => {
            let texts = messages.iter().map(|logged| printable(&logged.message));
            texts.collect::<Vec<_>>().join(" ")
        }
        Outcome::Got { .. }
        | Outcome::Deleted { existed: false, .. }
        | Outcome::All { .. }
        | Outcome::Messages { .. } => "(absent)".to_string(),
        other => other.to_string(),
    }
}

/// Text as it is, or quoted where it could break the line or drive the terminal.
fn printable(text: &str) -> String {
    if text.is_empty() || text.chars().any(char::is_control) {
        format!("{text:?}")
    } else {
        text.to_string()
    }
}

/// An answer for a program: the result of the JSON-RPC call, with the server and the time it took.
pub fn as_json(outcome: &Outcome, server: &str, took: Duration) -> Json {
    let mut json = match outcome {
        Outcome::Set { version, session } => json!({ "version": version, "session": session }),
        Outcome::Deleted { existed, version, session } => {
            json!({ "existed": existed, "version": version, "session": session })
        }
        Outcome::Got { value, version, session } => {
            json!({ "value": value, "version": version, "session": session })
        }
        Outcome::All { values, session } => json!({ "values": values, "session": session }),
        Outcome::Appended { seq, id, acks } => json!({ "seq": seq, "id": id, "acks": acks }),
        Outcome::Messages { messages, head } => json!({ "messages": messages, "head": head }),
        Outcome::Refused(reason) => json!({ "error": reason.to_string() }),
        Outcome::Unknown(reason) => json!({ "error": reason.to_string() }),
    };
    json["outcome"] = match outcome {
        Outcome::Refused(_) => "refused".into(),
        Outcome::Unknown(_) => "unknown".into(),
        _ => "ok".into(),
    };
    json["server"] = server.into();
    json["took_ms"] = took_ms(took).into();
    json
}

/// A call without an answer for a program.
pub fn failure_as_json(failure: &CallFailure, server: &str, took: Duration) -> Json {
    json!({
        "outcome": fate_word(failure.fate),
        "error": failure.message,
        "code": failure.code,
        "server": server,
        "took_ms": took_ms(took),
    })
}

/// A call that was not made for a program: surely nothing happened.
pub fn unasked_as_json(text: &str) -> Json {
    json!({ "outcome": fate_word(Fate::Refused), "error": text, "code": null, "server": null, "took_ms": 0.0 })
}

/// Whole microseconds are all that was measured.
fn took_ms(took: Duration) -> f64 {
    took.as_micros() as f64 / 1e3
}

fn fate_word(fate: Fate) -> &'static str {
    match fate {
        Fate::Refused => "refused",
        Fate::Unknown => "unknown",
    }
}

/// A call without an answer on one line: `refused: …`.
pub fn failure_line(failure: &CallFailure) -> String {
    format!("{}: {}", fate_word(failure.fate), failure.message)
}

/// A call without an answer, as the end of a command.
pub fn failed(failure: &CallFailure) -> Failure {
    let exit = exit_of_fate(failure.fate);
    Failure { exit, text: with_hint(&failure_line(failure), &failure.hint) }
}

/// The exit code that the lack of an answer stands for.
pub fn exit_of_fate(fate: Fate) -> Exit {
    match fate {
        Fate::Refused => Exit::Unavailable,
        Fate::Unknown => Exit::Unknown,
    }
}
