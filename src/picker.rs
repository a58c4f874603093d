//! The level menu: arrow keys or the number on a terminal, a line of text elsewhere.
//!
//! ```text
//! ? Which consistency level?
//! > 1 Linearizability  writes and reads are ordered
//!   2 Sequential       writes are ordered and answered when every server has them
//! ```
//!
//! ```
//! use conlab::{picker, systems::System};
//! assert_eq!(picker::read("3"), Ok(System::Causal));
//! assert_eq!(picker::read(""), Ok(System::Linearizable));
//! assert!(picker::read("9").is_err());
//! ```

use crate::systems::System;
use inquire::{InquireError, Select};
use std::fmt::{self, Display};

/// One line of the menu.
struct Choice {
    number: usize,
    system: System,
}

impl Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let about = self.system.about();
        let gist = about.how.split(';').next().unwrap_or_default(); // one line each, on any terminal
        write!(f, "{} {:15}  {gist}", self.number, about.title)
    }
}

/// Asks on the terminal; `None` if the person turned away.
pub fn ask() -> Result<Option<System>, String> {
    let choices =
        System::ALL.into_iter().zip(1..).map(|(system, number)| Choice { number, system });
    let menu = Select::new("Which consistency level?", choices.collect())
        .with_help_message("arrow keys or the number, then Enter")
        .with_formatter(&|choice| choice.value.system.about().title.to_string())
        .with_page_size(System::ALL.len());
    match menu.prompt() {
        Ok(choice) => Ok(Some(choice.system)),
        Err(InquireError::OperationCanceled | InquireError::OperationInterrupted) => Ok(None),
        Err(error) => {
            Err(format!("cannot show the menu: {error}; name the level: conlab up causal"))
        }
    }
}

/// Reads a choice from a line: its number, its name or its title; an empty line chooses the first.
pub fn read(line: &str) -> Result<System, String> {
    let word = line.trim();
    let number = word.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    let by_number = number.and_then(|index| System::ALL.get(index)).copied();
    let named = |system: &System| {
        [system.name(), system.about().title].iter().any(|name| name.eq_ignore_ascii_case(word))
    };
    match by_number.or_else(|| System::ALL.into_iter().find(named)) {
        Some(system) => Ok(system),
        None if word.is_empty() => Ok(System::ALL[0]),
        None => Err(format!(
            "no level {word:?}; the first line of the input chooses one: 1 to {} or one of {}",
            System::ALL.len(),
            System::names()
        )),
    }
}
