//! What a line typed at the prompt asks for: a line of the one grammar, or a word that only the shell knows.

use crate::faults::{self, Fault};
use crate::nearest::nearest;
use crate::net::Shown;
use crate::process::NodeId;
use crate::scenario::grammar::{Action, Line, Request, parse_line};
use std::time::Duration;

/// One line of the shell, not yet done.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// A blank line or a comment.
    Nothing,
    /// A client asks for something.
    Request(Request),
    /// Something breaks, or is mended.
    Fault(Fault),
    /// Nothing for so long.
    Wait(Duration),
    /// How a client behaves.
    Client {
        /// Its name.
        name: String,
        /// Whether it carries a session.
        session: bool,
    },
    /// How the servers are.
    Status,
    /// Whose logs are shown.
    Logs(Shown),
    /// The level's test case, live.
    Demo,
    /// What can be typed.
    Help,
    /// The end.
    Quit,
}

/// The first words of requests.
pub const REQUESTS: [&str; 6] = ["set", "get", "delete", "all", "append", "messages"];
/// The words that every shell knows beside requests.
pub const ALWAYS: [&str; 6] = ["status", "client", "wait", "help", "quit", "exit"];
/// The words that only the shell knows that started its cluster, beside faults.
pub const OWNERS: [&str; 2] = ["demo", "logs"];

/// Every first word.
pub fn words() -> impl Iterator<Item = &'static str> {
    // The clock of a real server cannot be set.
    let faults = faults::WORDS.into_iter().filter(|word| *word != "clock");
    REQUESTS.into_iter().chain(ALWAYS).chain(OWNERS).chain(faults)
}

/// Reads a line.
pub fn parse(line: &str) -> Result<Command, String> {
    let mut words = line.split_whitespace();
    let first = words.next().unwrap_or_default();
    let rest: Vec<&str> = words.collect();
    match (first, rest.as_slice()) {
        ("status", []) => Ok(Command::Status),
        ("demo", []) => Ok(Command::Demo),
        ("help" | "?", _) => Ok(Command::Help),
        ("quit" | "exit", []) => Ok(Command::Quit),
        ("logs", rest) => logs(rest).map(Command::Logs),
        ("status" | "demo" | "quit" | "exit", [extra, ..]) => {
            Err(format!("{first} takes no words after it, found {extra:?}"))
        }
        ("cluster", _) => Err("a cluster runs already; quit and start another".to_string()),
        ("check", _) => {
            Err("check belongs into scenario files; here quit, then conlab check latest"
                .to_string())
        }
        ("at", _) => Err("at belongs into scenario files; see wait".to_string()),
        _ => in_grammar(first, line),
    }
}

fn in_grammar(first: &str, line: &str) -> Result<Command, String> {
    let known = first.is_empty()
        || first.ends_with(':')
        || first.starts_with(['#', '\'', '"'])
        || self::words().any(|word| word == first);
    if !known {
        return Err(unknown(first));
    }
    match parse_line(line).map_err(|error| format!("{error} (column {})", error.column()))? {
        None => Ok(Command::Nothing),
        Some(Line::Wait(time)) => Ok(Command::Wait(time)),
        Some(Line::Client { name, session }) => Ok(Command::Client { name, session }),
        Some(Line::Act { action: Action::Request(request), .. }) => Ok(Command::Request(request)),
        Some(Line::Act { action: Action::Fault(fault), .. }) => Ok(Command::Fault(fault)),
        Some(Line::Cluster(_)) => Err("a cluster runs already".to_string()),
        Some(Line::Check(_)) => Err("check belongs into scenario files".to_string()),
    }
}

fn logs(words: &[&str]) -> Result<Shown, String> {
    match words {
        ["on"] | [] => Ok(Shown::All),
        ["off"] => Ok(Shown::Nobody),
        [number] if number.parse::<u32>().is_ok_and(|number| number > 0) => {
            Ok(Shown::Only(NodeId(number.parse().unwrap_or(1))))
        }
        other => {
            Err(format!("expected logs on, logs off or logs SERVER, found {:?}", other.join(" ")))
        }
    }
}

fn unknown(word: &str) -> String {
    match nearest(word, words()) {
        Some(known) => format!("unknown command {word:?}; did you mean {known}? help shows all"),
        None => format!("unknown command {word:?}; help shows all"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_its_own_words_and_the_grammars() {
        assert_eq!(parse("  # nothing"), Ok(Command::Nothing));
        assert_eq!(parse("status"), Ok(Command::Status));
        assert_eq!(parse("logs 3"), Ok(Command::Logs(Shown::Only(NodeId(3)))));
        assert_eq!(parse("wait 20ms"), Ok(Command::Wait(Duration::from_millis(20))));
        assert!(matches!(parse("a: get x @3 &"), Ok(Command::Request(r)) if r.background));
        assert!(matches!(parse("slow 300ms"), Ok(Command::Fault(Fault::Slow(..)))));
    }

    #[test]
    fn wrong_lines_say_what_is_wrong() {
        let error = |line: &str| parse(line).expect_err(line);
        assert!(error("gett x").contains("did you mean get?"));
        assert!(error("xyzzy").contains("help shows all"));
        assert!(error("get").contains("expected a key"));
        assert!(error("logs loud").contains("logs SERVER"));
        assert!(error("status now").contains("\"now\""));
        assert!(error("cluster causal").contains("runs already"));
    }

    proptest::proptest! {
        #[test]
        fn any_line_is_read_or_refused_without_a_panic(line in "\\PC{0,60}") {
            let _ = parse(&line);
        }
    }
}
