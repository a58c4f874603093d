//! `conlab set`, `get`, `delete`, `all`, `append` and `messages`: one request to one server.

use super::answer;
use super::args::Globals;
use super::console;
use super::exit::{Exit, Failure};
use super::find::{self, Found};
use super::session_file::SessionFile;
use crate::faults::{parse_time, shown};
use crate::net::{Answer, Client};
use crate::process::Concern;
use crate::scenario::grammar::{Request, parse_request_words};
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::Instant;

/// Write a variable
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conlab set x 7                   at server 1
  conlab set x 7 @2                at server 2
  conlab set x -5 @127.0.0.1:6486  at that address, without asking the controller
  conlab set x 7 @2 --session s.json
  conlab set x @2 @1               the value @2, at server 1

Prints `ok`; exit code 69 if the write was refused, 2 if it may have happened.")]
pub struct Set {
    /// The variable
    key: String,
    /// Its new value
    #[arg(allow_negative_numbers = true)]
    value: String,
    #[command(flatten)]
    common: Common,
}

/// Read a variable
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conlab get x                     at server 1
  conlab get x @3                  at server 3
  conlab get x @3 --session s.json a read that waits for what the session has seen
  conlab get x --json

Prints the value alone; nothing and exit code 1 if the variable has none.")]
pub struct Get {
    /// The variable
    key: String,
    #[command(flatten)]
    common: Common,
}

/// Remove a variable
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conlab delete x
  conlab delete x @3

Prints `ok`; nothing and exit code 1 if the variable had no value.")]
pub struct Delete {
    /// The variable
    key: String,
    #[command(flatten)]
    common: Common,
}

/// Read all variables
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conlab all                       at server 1
  conlab all @3 | sort
  conlab all --json

Prints KEY<TAB>VALUE, sorted by key; tabs, line breaks and backslashes as \\t, \\n and \\\\.")]
pub struct All {
    #[command(flatten)]
    common: Common,
}

/// Put a message at the end of the log
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conlab append Msg1               answered when a majority of the servers have it
  conlab append Msg1 -w 2          when the master and one secondary have it
  conlab append Msg1 -w all --timeout 3s
  conlab append Msg1 --id order-17 the same id adds nothing twice

Prints the message's place in the log; exit code 69 if it was refused, 2 if it may be in the log: then it
stays there, and the servers that lack it still get it.")]
pub struct Append {
    /// The message
    #[arg(allow_hyphen_values = true)]
    message: String,
    /// How many servers must have it before the answer: a number, majority or all [default: majority]
    #[arg(short, long, value_name = "W", value_parser = str::parse::<Concern>)]
    w: Option<Concern>,
    /// What tells it from every other append [default: made by the master]
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// How long to wait for the servers [default: an hour]
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    timeout: Option<Duration>,
    #[command(flatten)]
    common: Asking,
}

/// Read the log
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conlab messages                  at the master
  conlab messages @3               what server 3 has of it
  conlab messages --from 100 --limit 10 --json

Prints a message a line; tabs, line breaks and backslashes as \\t, \\n and \\\\.")]
pub struct Messages {
    /// Begin with the message at this place
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    from: Option<u64>,
    /// Read so many at most
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    #[command(flatten)]
    common: Asking,
}

/// What every request understands, to whatever system.
#[derive(Debug, Args)]
struct Asking {
    /// Which server: @2 for server 2, or @HOST:PORT [default: @1]
    #[arg(value_name = "@WHERE")]
    place: Option<String>,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

/// What every request to a store of variables understands.
#[derive(Debug, Args)]
struct Common {
    /// Which server: @2 for server 2, or @HOST:PORT [default: @1]
    #[arg(value_name = "@WHERE")]
    place: Option<String>,
    /// Carry the causal session in this file from request to request
    #[arg(long, value_name = "FILE")]
    session: Option<PathBuf>,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

/// Why a command ended early.
enum Ended {
    /// Before anything was asked.
    Before(Failure),
    /// After the answer was told.
    Told(Failure),
}

impl From<Failure> for Ended {
    fn from(failure: Failure) -> Self {
        Ended::Before(failure)
    }
}

impl Set {
    /// Writes.
    pub async fn run(self, globals: &Globals) -> Result<Exit, Failure> {
        self.common.ask(&["set", &self.key, &self.value], globals).await
    }
}

impl Get {
    /// Reads.
    pub async fn run(self, globals: &Globals) -> Result<Exit, Failure> {
        self.common.ask(&["get", &self.key], globals).await
    }
}

impl Delete {
    /// Deletes.
    pub async fn run(self, globals: &Globals) -> Result<Exit, Failure> {
        self.common.ask(&["delete", &self.key], globals).await
    }
}

impl All {
    /// Reads everything.
    pub async fn run(self, globals: &Globals) -> Result<Exit, Failure> {
        self.common.ask(&["all"], globals).await
    }
}

impl Append {
    /// Appends.
    pub async fn run(self, globals: &Globals) -> Result<Exit, Failure> {
        let w = self.w.map(|w| format!("w={w}"));
        let id = self.id.map(|id| format!("id={id}"));
        let timeout = self.timeout.map(|time| format!("timeout={}", shown(time)));
        let options = [w, id, timeout];
        let words: Vec<&str> = ["append", &self.message]
            .into_iter()
            .chain(options.iter().flatten().map(String::as_str))
            .collect();
        self.common.ask(&words, globals).await
    }
}

impl Messages {
    /// Reads.
    pub async fn run(self, globals: &Globals) -> Result<Exit, Failure> {
        let from = self.from.map(|from| format!("from={from}"));
        let limit = self.limit.map(|limit| format!("limit={limit}"));
        let options = [from, limit];
        let words: Vec<&str> =
            ["messages"].into_iter().chain(options.iter().flatten().map(String::as_str)).collect();
        self.common.ask(&words, globals).await
    }
}

impl Asking {
    async fn ask(self, words: &[&str], globals: &Globals) -> Result<Exit, Failure> {
        let Asking { place, json } = self;
        Common { place, session: None, json }.ask(words, globals).await
    }
}

impl Common {
    /// Asks. With `--json` a program reads stdout, so it is told there too where nothing was asked at all.
    async fn ask(&self, words: &[&str], globals: &Globals) -> Result<Exit, Failure> {
        let asked = self.asked(words, globals).await;
        if let (true, Err(Ended::Before(failure))) = (self.json, &asked) {
            console::result(&answer::unasked_as_json(&failure.text).to_string())?;
        }
        asked.map_err(|ended| match ended {
            Ended::Before(failure) | Ended::Told(failure) => failure,
        })
    }

    async fn asked(&self, words: &[&str], globals: &Globals) -> Result<Exit, Ended> {
        let request = self.request(words)?;
        let mut file = self.session.as_deref().map(SessionFile::open).transpose()?;
        let (found, info) = find::find(&request.at, || globals.controller()).await?;
        if let (Some(file), Some(info)) = (&file, &info) {
            file.must_be_of(&info.cluster)?;
        }
        let session = file.as_ref().map(|file| file.session.clone());
        let client = Client::connect_for(&found.address, found.request_timeout).await;
        let client = client.map_err(Failure::from)?;
        let start = Instant::now();
        let answer = client.call(&request.op.operation(session)).await;
        let took = start.elapsed();
        console::remark(&format!("{} answered in {}", found.name, console::took(took)));
        let saved = save(&mut file, &answer);
        let exit = self.show(&answer, &found, took).map_err(Ended::Told)?;
        saved.map(|()| exit).map_err(Ended::Told)
    }

    /// The request that the command's words and place make.
    fn request(&self, words: &[&str]) -> Result<Request, Failure> {
        let place = self.place.as_deref();
        if let Some(odd) = place.filter(|place| !place.starts_with('@')) {
            let text = format!("expected @2 or @HOST:PORT after the request, found {odd:?}");
            return Err(Failure::usage(text));
        }
        parse_request_words(words, place).map_err(|error| {
            let signs = |word: &&&str| word.starts_with(['@', '&', '=']);
            match place.is_none() && words[1..].iter().any(|word| signs(&word)) {
                true => Failure::usage(format!(
                    "{error}; to mean it as it stands, add @1 or another place"
                )),
                false => Failure::usage(error.to_string()),
            }
        })
    }

    fn show(&self, answer: &Answer, found: &Found, took: Duration) -> Result<Exit, Failure> {
        match answer {
            Ok(outcome) if self.json => {
                console::result(&answer::as_json(outcome, &found.address, took).to_string())?;
            }
            Ok(outcome) => {
                if let Some(text) = answer::plain(outcome) {
                    console::result(&text)?;
                }
            }
            Err(failure) => {
                if self.json {
                    let json = answer::failure_as_json(failure, &found.address, took);
                    console::result(&json.to_string())?;
                }
                return Err(answer::failed(failure));
            }
        }
        Ok(answer.as_ref().map_or(Exit::Done, answer::exit_of))
    }
}

/// Keeps the session that came with the answer.
fn save(file: &mut Option<SessionFile>, answer: &Answer) -> Result<(), Failure> {
    let (Some(file), Ok(outcome)) = (file, answer) else { return Ok(()) };
    match outcome.session() {
        Some(session) => file.save(session.clone()),
        None => {
            console::remark("this system keeps no sessions; the session file is as it was");
            Ok(())
        }
    }
}
