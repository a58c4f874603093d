//! `history`: a long history from a seed, to measure checkers with.

use super::check::generate::{self, Load};
use clap::Args;
use conlab::cli::{Exit, Failure};
use conlab::history::write_jsonl;
use std::fs::File;
use std::io::{self, BufWriter, Write, stdout};
use std::path::{Path, PathBuf};

/// Write a long made-up history, to measure checkers with
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conlab-bench history h.jsonl && conlab check h.jsonl --model linearizable")]
pub struct MakeHistory {
    /// Where to write it, as JSON Lines; `-` is stdout
    #[arg(value_name = "FILE")]
    to: PathBuf,
    /// How many operations
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1..=100_000_000))]
    operations: u32,
    /// On how many keys
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    keys: u32,
    /// Of how many clients, all always busy
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    clients: u32,
    /// With so many servers, of which each applies the one order of all writes in its own time: sequential, but from 2 on not
    /// linearizable
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    servers: u32,
    /// Write one of so many values [default: every value is another]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    values: Option<u64>,
    /// A quarter of the operations are cas
    #[arg(long)]
    cas: bool,
    /// One read near the end returns an old value
    #[arg(long)]
    stale: bool,
}

impl MakeHistory {
    /// Writes the history of this seed.
    pub fn run(&self, seed: u64) -> Result<Exit, Failure> {
        let history = generate::history(self.load(), seed);
        let wrong = |error: io::Error| {
            Failure::usage(format!("cannot write {}: {error}", self.to.display()))
        };
        let mut out: Box<dyn Write> = if self.to == Path::new("-") {
            Box::new(BufWriter::new(stdout().lock()))
        } else {
            Box::new(BufWriter::new(File::create(&self.to).map_err(wrong)?))
        };
        match write_jsonl(&history, &mut out).and_then(|()| out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(wrong(error)),
            _ => Ok(Exit::Done),
        }
    }

    fn load(&self) -> Load {
        Load {
            operations: self.operations as usize,
            keys: self.keys as usize,
            clients: self.clients as usize,
            values: self.values.unwrap_or(0),
            cas: self.cas,
            servers: self.servers as usize,
            stale: self.stale,
            versions: true,
        }
    }
}
