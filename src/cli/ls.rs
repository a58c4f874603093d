//! `conlab ls`: the runs that are kept, with their verdicts.

use super::console;
use super::exit::{Exit, Failure};
use super::runs::{self, Begun};
use crate::history::words::table;
use clap::Args;
use serde_json::{Value as Json, json};
use std::path::Path;

/// List the runs that are kept in store/, with their verdicts
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conlab ls
  conlab ls --json | jq '.[] | select(.verdict != \"valid\") | .folder'")]
pub struct Ls {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Ls {
    /// Lists them, the oldest first.
    pub fn run(self) -> Result<Exit, Failure> {
        let rows: Vec<(String, String, String)> =
            runs::folders().iter().map(|folder| row(folder)).collect();
        if self.json {
            let rows: Vec<Json> = rows
                .iter()
                .map(|(folder, verdict, command)| json!({ "folder": folder, "verdict": verdict, "command": command }))
                .collect();
            console::result(&Json::from(rows).to_string())?;
            return Ok(Exit::Done);
        }
        if rows.is_empty() {
            console::remark(&format!(
                "there is no run in {}/ yet; conlab test leaves one",
                runs::STORE
            ));
            return Ok(Exit::Done);
        }
        let heads = ["folder", "verdict", "command"].map(str::to_string);
        let rows: Vec<[String; 3]> = std::iter::once(heads)
            .chain(rows.into_iter().map(|(folder, verdict, command)| [folder, verdict, command]))
            .collect();
        console::result(table(&rows).trim_end())?;
        Ok(Exit::Done)
    }
}

/// The folder, its verdict if it has one, and the command.
fn row(folder: &Path) -> (String, String, String) {
    let results = crate::files::read_text(&folder.join(runs::RESULTS)).ok();
    let results = results.and_then(|text| serde_json::from_str::<Json>(&text).ok());
    let verdict = results.as_ref().and_then(|results| results["verdict"].as_str());
    let command = match Begun::read(folder) {
        Ok(begun) => format!("conlab {}", begun.arguments.join(" ")),
        Err(reason) => reason,
    };
    (
        folder.display().to_string(),
        verdict.unwrap_or("-").to_string(),
        command.trim_end().to_string(),
    )
}
