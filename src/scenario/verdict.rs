//! Whether a request ended as its line wants.

use super::grammar::{Answer, Want};
use super::runner::Ended;
use crate::faults::shown;
use crate::process::{Logged, Outcome, Short};
use std::time::Duration;

/// What the line wants, in words, if the request did not end so. `within` counts only where time is `exact`.
pub fn broken(ended: &Ended, exact: bool) -> Option<String> {
    let want = ended.request.want.as_ref()?;
    (!held(ended, exact)).then(|| in_words(want))
}

/// Whether the request ended as the line wants, if it wants anything.
pub(super) fn held(ended: &Ended, exact: bool) -> bool {
    let Some(want) = &ended.request.want else { return true };
    let answered = want.answers.iter().any(|answer| fits(answer, &ended.outcome));
    let after = want.after.is_none_or(|least| ended.took >= least);
    let within = !exact || want.within.is_none_or(|most| ended.took <= most);
    answered && after && within
}

/// An outcome without its reason.
pub(super) fn brief(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Refused(_) => "refused".to_string(),
        Outcome::Unknown(_) => "unknown".to_string(),
        done => done.to_string(),
    }
}

fn fits(answer: &Answer, outcome: &Outcome) -> bool {
    match (answer, outcome) {
        (Answer::Value(value), Outcome::Got { value: Some(got), .. }) => **value == **got,
        (Answer::Value(value), Outcome::All { .. }) => *value == pairs(outcome),
        (Answer::Value(value), Outcome::Appended { seq, .. }) => *value == seq.to_string(),
        (Answer::Value(value), Outcome::Messages { messages, .. }) => *value == texts(messages),
        (Answer::Ok, Outcome::Set { .. } | Outcome::Deleted { existed: true, .. })
        | (Answer::Ok, Outcome::All { .. } | Outcome::Appended { .. } | Outcome::Messages { .. })
        | (Answer::Absent, Outcome::Got { value: None, .. })
        | (Answer::Absent, Outcome::Deleted { existed: false, .. })
        | (Answer::Refused, Outcome::Refused(_))
        | (Answer::Unknown, Outcome::Unknown(_)) => true,
        (Answer::Absent, Outcome::All { values, .. }) => values.is_empty(),
        (Answer::Absent, Outcome::Messages { messages, .. }) => messages.is_empty(),
        _ => false,
    }
}

/// All variables and values of an answer to `all`, whatever their length.
fn pairs(outcome: &Outcome) -> String {
    let Outcome::All { values, .. } = outcome else { return String::new() };
    let pairs = values.iter().map(|(key, value)| format!("{key}={}", value.value));
    pairs.collect::<Vec<_>>().join(" ")
}

/// All messages of an answer, whatever their length.
fn texts(messages: &[Logged]) -> String {
    messages.iter().map(|logged| &*logged.message).collect::<Vec<_>>().join(" ")
}

/// What a line wants.
pub(super) fn in_words(want: &Want) -> String {
    let answers: Vec<String> = want.answers.iter().map(word).collect();
    let time = |word: &str, time: Option<Duration>| {
        time.map_or(String::new(), |time| format!(" {word} {}", shown(time)))
    };
    format!("{}{}{}", answers.join("|"), time("after", want.after), time("within", want.within))
}

fn word(answer: &Answer) -> String {
    match answer {
        Answer::Value(value)
            if ["ok", "absent", "refused", "unknown"].contains(&value.as_str()) =>
        {
            format!("'{value}'")
        }
        Answer::Value(value) => Short(value).to_string(),
        Answer::Ok => "ok".to_string(),
        Answer::Absent => "absent".to_string(),
        Answer::Refused => "refused".to_string(),
        Answer::Unknown => "unknown".to_string(),
    }
}
