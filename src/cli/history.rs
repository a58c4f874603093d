//! `conlab history convert IN OUT`: the same history in another form.

use super::check::{Form, format, open_reading};
use super::console;
use super::exit::{Exit, Failure};
use crate::history::{Format, History, write_edn, write_jsonl};
use clap::{Args, Subcommand};
use std::fs::File;
use std::io::{self, BufWriter, Write, stdout};
use std::path::{Path, PathBuf};

/// Work with recorded histories
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conlab history convert latest h.edn          a run of ours for Jepsen's checkers
  conlab history convert etcd.log h.jsonl
  conlab history convert h.edn - --to jsonl    to stdout")]
pub struct HistoryCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Convert(Convert),
}

/// Write a history as JSON Lines or EDN
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conlab history convert latest h.edn          a run of ours for Jepsen's checkers
  conlab history convert etcd.log h.jsonl
  conlab history convert h.edn - --to jsonl    to stdout")]
struct Convert {
    /// The history; `-` is stdin, `latest` the last run
    #[arg(value_name = "IN")]
    from: PathBuf,
    /// Where to write it: a name that ends with .jsonl or .edn; `-` is stdout
    #[arg(value_name = "OUT")]
    to: PathBuf,
    /// How IN is written: auto, jsonl, edn, jepsen-log, porcupine-kv
    #[arg(long, value_name = "FORMAT", default_value = "auto", value_parser = format)]
    format: Form,
    /// How to write OUT, jsonl or edn [default: as its name ends]
    #[arg(long = "to", id = "form", value_name = "FORMAT", value_parser = written)]
    form: Option<Format>,
}

fn written(name: &str) -> Result<Format, String> {
    match name.parse() {
        Ok(format @ (Format::JsonLines | Format::Edn)) => Ok(format),
        _ => Err(format!("histories are written as jsonl or edn, not as {name:?}")),
    }
}

impl HistoryCommand {
    /// Converts.
    pub fn run(self) -> Result<Exit, Failure> {
        let What::Convert(convert) = self.what;
        convert.run()
    }
}

impl Convert {
    fn run(self) -> Result<Exit, Failure> {
        let form = self.form()?;
        let history = open_reading(&self.from, self.format.0)?.history;
        if self.to == Path::new("-") {
            write(&history, form, BufWriter::new(stdout().lock()))?;
            return Ok(Exit::Done);
        }
        let file = File::create(&self.to).map_err(|error| self.cannot_write(&error))?;
        write(&history, form, BufWriter::new(file)).map_err(|error| self.cannot_write(&error))?;
        console::remark(&format!("{} operations written to {}", history.len(), self.to.display()));
        Ok(Exit::Done)
    }

    /// The form in which to write: as asked for, or as the name says.
    fn form(&self) -> Result<Format, Failure> {
        let by_name = match self.to.extension().and_then(|end| end.to_str()) {
            Some("jsonl" | "json") => Some(Format::JsonLines),
            Some("edn") => Some(Format::Edn),
            _ => None,
        };
        let unnamed = || {
            let name = self.to.display();
            Failure::usage(format!(
                "{name} does not end with .jsonl or .edn; name the form: --to jsonl"
            ))
        };
        self.form.or(by_name).ok_or_else(unnamed)
    }

    fn cannot_write(&self, error: &io::Error) -> Failure {
        Failure::usage(format!("cannot write {}: {error}", self.to.display()))
    }
}

fn write(history: &History, form: Format, mut out: impl Write) -> io::Result<()> {
    match form {
        Format::Edn => write_edn(history, &mut out)?,
        _ => write_jsonl(history, &mut out)?,
    }
    out.flush()
}
