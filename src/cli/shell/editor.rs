//! The prompt on a terminal: history, completion, and output that redraws it.

use super::command::{self, REQUESTS};
use super::input::Input;
use crate::cli::console::{self, Printer};
use crate::cli::exit::Failure;
use crate::faults;
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::DefaultHistory;
use rustyline::validate::Validator;
use rustyline::{ColorMode, CompletionType, Config, Context, ExternalPrinter, Helper};
use std::collections::VecDeque;
use std::fs;
use std::path::PathBuf;

/// The most lines that the history keeps.
const HISTORY: usize = 1_000;

/// Reads lines from a terminal.
pub struct Editor {
    lines: rustyline::Editor<Words, DefaultHistory>,
    prompt: String,
    /// What was pasted behind the line that was read last.
    pasted: VecDeque<String>,
}

impl Editor {
    /// Takes the terminal over for a cluster with so many servers: from now on output goes past its prompt.
    pub fn open(prompt: &str, servers: u32) -> Result<Self, Failure> {
        let config = Config::builder()
            .max_history_size(HISTORY)
            .and_then(|builder| builder.history_ignore_dups(true))
            .map_err(cannot_edit)?
            .completion_type(CompletionType::List)
            .color_mode(if console::results_coloured() {
                ColorMode::Enabled
            } else {
                ColorMode::Disabled
            })
            .build();
        let mut lines = rustyline::Editor::with_config(config).map_err(cannot_edit)?;
        lines.set_helper(Some(Words { servers }));
        if let Some(file) = history_file() {
            let _ = lines.load_history(&file); // none yet
        }
        if let Ok(printer) = lines.create_external_printer() {
            console::print_through(Some(past_the_prompt(printer)));
        }
        Ok(Editor { lines, prompt: format!("{prompt}> "), pasted: VecDeque::new() })
    }

    /// Shows the prompt and reads one line.
    pub fn read(&mut self) -> Input {
        if let Some(line) = self.pasted.pop_front() {
            return Input::Line(line);
        }
        match self.lines.readline(&self.prompt) {
            Ok(lines) => {
                self.remember(&lines);
                self.pasted = lines.lines().map(str::to_string).collect();
                Input::Line(self.pasted.pop_front().unwrap_or_default())
            }
            Err(ReadlineError::Interrupted) => Input::Interrupt,
            Err(_) => Input::End,
        }
    }

    /// Keeps a line for later; a history that cannot be written is not worth a word.
    fn remember(&mut self, line: &str) {
        if line.trim().is_empty() || !self.lines.add_history_entry(line).unwrap_or(false) {
            return;
        }
        if let Some(file) = history_file() {
            let _ = file.parent().map(fs::create_dir_all);
            let _ = self.lines.save_history(&file);
        }
    }
}

fn cannot_edit(error: ReadlineError) -> Failure {
    Failure::internal(format!("cannot read from the terminal: {error}"))
}

fn past_the_prompt(mut printer: impl ExternalPrinter + Send + 'static) -> Printer {
    Box::new(move |text| {
        let _ = printer.print(text); // the terminal is gone: nobody reads
    })
}

/// `$XDG_STATE_HOME/conlab/history`, or the same under `~/.local/state`.
fn history_file() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state = set("XDG_STATE_HOME").or_else(|| Some(set("HOME")?.join(".local/state")))?;
    Some(state.join("conlab/history"))
}

/// What can be typed: for completion.
struct Words {
    servers: u32,
}

impl Words {
    /// The words that may stand after `before`.
    fn after(&self, before: &str) -> Vec<String> {
        let owned = |words: &[&str]| words.iter().map(|word| word.to_string()).collect();
        let mut words = before.split_whitespace().skip_while(|word| word.ends_with(':'));
        let numbers = |prefix: &str| (1..=self.servers).map(|n| format!("{prefix}{n}")).collect();
        match words.next() {
            None => command::words().map(str::to_string).collect(),
            Some("logs") => {
                ["on", "off"].map(str::to_string).into_iter().chain(numbers("")).collect()
            }
            Some("kill" | "restart" | "pause" | "resume") => numbers(""),
            Some("client") => owned(&["session=off"]),
            Some(word) if faults::WORDS.contains(&word) => owned(&["all"]),
            Some(word) if REQUESTS.contains(&word) => numbers("@"),
            Some(_) => Vec::new(),
        }
    }
}

impl Completer for Words {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        pos: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        let typed = line[..pos].rsplit(char::is_whitespace).next().unwrap_or_default();
        let start = pos - typed.len();
        let mut words = self.after(&line[..start]);
        words.retain(|word| word.starts_with(typed));
        Ok((start, words))
    }
}

impl Hinter for Words {
    type Hint = String;
}

impl Highlighter for Words {}
impl Validator for Words {}
impl Helper for Words {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completes_commands_servers_and_switches() {
        let words = Words { servers: 3 };
        assert!(words.after("").contains(&"slow".to_string()));
        assert_eq!(words.after("a: get x "), ["@1", "@2", "@3"]);
        assert_eq!(words.after("logs "), ["on", "off", "1", "2", "3"]);
        assert_eq!(words.after("kill "), ["1", "2", "3"]);
    }
}
