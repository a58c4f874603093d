//! `conlab systems`: what can be run, and what each system claims.

use super::console;
use super::exit::{Exit, Failure};
use crate::systems::System;
use clap::Args;

/// Show the systems and what they claim, as a table
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conlab systems
  conlab systems | grep causal")]
pub struct Systems {}

impl Systems {
    /// Prints the table.
    pub fn run(self) -> Result<Exit, Failure> {
        console::result(&table())?;
        Ok(Exit::Done)
    }
}

/// The table, as Markdown has it.
fn table() -> String {
    let rows = System::ALL.map(|system| {
        let about = system.about();
        let kept = if about.durable { "yes" } else { "no" };
        format!(
            "| `{}` | {} | {} | {} | {} | {kept} | {} |",
            about.name, about.model, about.clients, about.how, about.faults, about.not
        )
    });
    let head = "| system | model | clients | how | faults that the claim covers | acknowledged writes outlive them | what it does not give |";
    format!("{head}\n| --- | --- | --- | --- | --- | --- | --- |\n{}", rows.join("\n"))
}
