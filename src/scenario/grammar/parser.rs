//! A parser over the words of one line: each method reads one rule of the grammar.

use super::{
    Action, Answer, Check, Cluster, GrammarError, Line, MAX_SERVERS, MAX_TIME, Request, Verb, Want,
    Where,
};
use crate::faults::{self, Fault, parse_time, shown};
use crate::process::{Concern, NodeId, Value};
use crate::scenario::words::{self, Word};
use std::str::FromStr;
use std::time::Duration;

const REQUESTS: [&str; 6] = ["set", "get", "delete", "all", "append", "messages"];

/// What may stand before `=` after a message or after `messages`.
pub(super) const OPTIONS: [&str; 5] = ["w", "id", "timeout", "from", "limit"];

/// The words of a line that are not read yet.
pub(super) struct Parser {
    words: std::iter::Peekable<std::vec::IntoIter<Word>>,
    end: usize,
}

type Parsed<T> = Result<T, GrammarError>;

impl Parser {
    pub fn new(words: Vec<Word>) -> Self {
        let end = words.last().map_or(1, |word| word.column + word.raw.chars().count());
        Parser { words: words.into_iter().peekable(), end }
    }

    pub fn line(mut self) -> Parsed<Line> {
        let line = match self.keyword().unwrap_or_default().as_str() {
            "cluster" => self.skip().cluster().map(Line::Cluster),
            "client" => self.skip().client(),
            "wait" => self.skip().time().map(Line::Wait),
            "check" => self.skip().check().map(Line::Check),
            "at" => {
                let at = self.skip().time()?;
                self.action("a request or a fault").map(|action| Line::Act { at: Some(at), action })
            }
            _ => {
                let action =
                    self.action("cluster, client, wait, check, at, a request or a fault")?;
                Ok(Line::Act { at: None, action })
            }
        }?;
        self.at_end("the end of the line")?;
        Ok(line)
    }

    pub fn only_request(mut self) -> Parsed<Request> {
        let request = self.request()?;
        self.at_end("the end of the request")?;
        Ok(request)
    }

    fn cluster(&mut self) -> Parsed<Cluster> {
        let system = self.parsed("a system", |text| text.parse())?;
        let mut cluster = Cluster::of(system);
        for word in self.words.by_ref() {
            let (key, value) = word.text.split_once('=').unwrap_or((&word.text, ""));
            let set = match key {
                "servers" => number(value, 1, MAX_SERVERS).map(|n| cluster.servers = n),
                "link" => bounded_time(value).map(|time| cluster.link = time),
                "jitter" => bounded_time(value).map(|time| cluster.jitter = time),
                "timeout" => bounded_time(value).map(|time| cluster.timeout = time),
                "seed" => number(value, 0, u64::MAX).map(|seed| cluster.seed = Some(seed)),
                "data" => switch(value).map(|on| cluster.replication.durable = on),
                "read-only" => {
                    switch(value).map(|on| cluster.replication.read_only_without_quorum = on)
                }
                "tolerate" => number(value, 0, MAX_SERVERS - 1)
                    .map(|f| cluster.replication.tolerate = Some(f)),
                "break" => value.parse().map(|defect| cluster.defect = Some(defect)),
                _ => Err(format!(
                    "expected servers=, link=, jitter=, timeout=, seed=, data=, tolerate=, read-only= or break=, found {word}"
                )),
            };
            set.map_err(|reason| GrammarError::Invalid { column: word.column, reason })?;
        }
        Ok(cluster)
    }

    fn client(&mut self) -> Parsed<Line> {
        let name = self.parsed("a client's name", client_name)?;
        let session = match self.take_if(|word| word.is("session=off") || word.is("session=on")) {
            Some(word) => word.is("session=on"),
            None if self.words.peek().is_some() => return Err(self.unexpected("session=off")),
            None => true,
        };
        Ok(Line::Client { name, session })
    }

    fn check(&mut self) -> Parsed<Check> {
        let property =
            self.parsed("a model, as in check sequential => valid", |text| text.parse())?;
        if self.take_if(|word| word.is("=>")).is_none() {
            return Err(self.unexpected("=> valid, => invalid or => unknown"));
        }
        let want = self.parsed("valid, invalid or unknown", |text| text.parse())?;
        Ok(Check { property, want: Some(want) })
    }

    fn action(&mut self, expected: &str) -> Parsed<Action> {
        match self.keyword() {
            Some(word) if faults::WORDS.contains(&word.as_str()) => self.fault().map(Action::Fault),
            Some(word) if REQUESTS.contains(&word.as_str()) || word.ends_with(':') => {
                self.request().map(Action::Request)
            }
            _ => Err(self.unexpected(expected)),
        }
    }

    fn fault(&mut self) -> Parsed<Fault> {
        let words: Vec<Word> = self.words.by_ref().collect();
        let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        texts.join(" ").parse().map_err(|reason: String| {
            // The reason ends with what it has found, where that is a word.
            let wrong = words.iter().find(|word| reason.ends_with(&format!("{:?}", word.text)));
            let column = wrong.or(words.first()).map_or(self.end, |word| word.column);
            GrammarError::Invalid { column, reason }
        })
    }

    fn request(&mut self) -> Parsed<Request> {
        let client = match self.take_if(|word| word.raw.ends_with(':')) {
            Some(word) => Some(
                client_name(word.raw.trim_end_matches(':'))
                    .map_err(|reason| GrammarError::Invalid { column: word.column, reason })?,
            ),
            None => None,
        };
        let op = self.verb()?;
        let at = self.place()?;
        let want = match self.take_if(|word| word.is("=>")) {
            Some(_) => Some(self.want(&op)?),
            None => None,
        };
        let background = self.take_if(|word| word.is("&")).is_some();
        Ok(Request { client, op, at, want, background })
    }

    fn verb(&mut self) -> Parsed<Verb> {
        match self.keyword().as_deref() {
            Some("set") => {
                let key = self.skip().literal("a key")?.into();
                Ok(Verb::Set { key, value: self.literal("a value")?.into() })
            }
            Some("get") => Ok(Verb::Get { key: self.skip().literal("a key")?.into() }),
            Some("delete") => Ok(Verb::Delete { key: self.skip().literal("a key")?.into() }),
            Some("all") => {
                self.skip();
                Ok(Verb::All)
            }
            Some("append") => {
                let message = self.skip().literal("a message")?.into();
                self.append(message)
            }
            Some("messages") => self.skip().messages(),
            _ => Err(self.unexpected("set, get, delete, all, append or messages")),
        }
    }

    fn append(&mut self, message: Value) -> Parsed<Verb> {
        let (mut id, mut w, mut timeout) = (None, Concern::default(), None);
        while let Some((column, key, value)) = self.option(&["w", "id", "timeout"]) {
            let set = match key.as_str() {
                "w" => value.parse().map(|concern| w = concern),
                "timeout" => bounded_time(&value).map(|time| timeout = Some(time)),
                _ => {
                    id = Some(value.into());
                    Ok(())
                }
            };
            set.map_err(|reason| GrammarError::Invalid { column, reason })?;
        }
        Ok(Verb::Append { message, id, w, timeout })
    }

    fn messages(&mut self) -> Parsed<Verb> {
        let (mut from, mut limit) = (1, None);
        while let Some((column, key, value)) = self.option(&["from", "limit"]) {
            let set = match key.as_str() {
                "from" => number(&value, 1, u64::MAX).map(|first| from = first),
                _ => number(&value, 0, u64::MAX).map(|most| limit = Some(most)),
            };
            set.map_err(|reason| GrammarError::Invalid { column, reason })?;
        }
        Ok(Verb::Messages { from, limit })
    }

    /// `KEY=VALUE` with one of these keys: where it stands, and both parts.
    fn option(&mut self, keys: &[&str]) -> Option<(usize, String, String)> {
        let key_of = |word: &Word| {
            let (key, _) = word.raw.split_once('=')?;
            keys.contains(&key).then(|| key.to_string())
        };
        let word = self.take_if(|word| key_of(word).is_some())?;
        let key = key_of(&word)?;
        let value = word.text.get(key.len() + 1..).unwrap_or_default().to_string();
        Some((word.column, key, value))
    }

    /// A key or a value: any word that is not written like a place, `=>` or `&`.
    fn literal(&mut self, expected: &str) -> Parsed<String> {
        let found = self.take_if(|word| {
            let bare = word.unquoted();
            !bare.is_some_and(|text| text == "=>" || text == "&" || like_a_place(text))
        });
        found.map(|word| word.text).ok_or_else(|| self.unexpected(expected))
    }

    fn place(&mut self) -> Parsed<Where> {
        match self.take_if(|word| word.raw.starts_with('@')) {
            None => Ok(Where::Default),
            Some(word) => place(&word.text).ok_or_else(|| GrammarError::Unexpected {
                column: word.column,
                expected: "a server's number from 1 or HOST:PORT after @".to_string(),
                found: word.to_string(),
            }),
        }
    }

    fn want(&mut self, op: &Verb) -> Parsed<Want> {
        let word = self.words.next().ok_or_else(|| self.unexpected(wanted_of(op)))?;
        let parts = words::alternatives(&word)?;
        let answers = parts.iter().map(|part| answer(part, op)).collect::<Parsed<_>>()?;
        let column = self.words.peek().map_or(self.end, |word| word.column);
        let after = self.time_after("after")?;
        let within = self.time_after("within")?;
        if let (Some(least), Some(most)) = (after, within)
            && least > most
        {
            return Err(GrammarError::Invalid { column, reason: never(least, most) });
        }
        Ok(Want { answers, after, within })
    }

    fn time_after(&mut self, keyword: &str) -> Parsed<Option<Duration>> {
        match self.take_if(|word| word.is(keyword)) {
            Some(_) => self.time().map(Some),
            None => Ok(None),
        }
    }

    fn time(&mut self) -> Parsed<Duration> {
        self.parsed("a time, as in 300ms or 1.5s", bounded_time)
    }

    fn parsed<T>(&mut self, expected: &str, parse: fn(&str) -> Result<T, String>) -> Parsed<T> {
        let word = self.words.next().ok_or_else(|| self.unexpected(expected))?;
        let column = word.column;
        parse(&word.text).map_err(|reason| GrammarError::Invalid { column, reason })
    }

    /// The next word if it is written without quotes.
    fn keyword(&mut self) -> Option<String> {
        self.words.peek().and_then(Word::unquoted).map(str::to_string)
    }

    fn skip(&mut self) -> &mut Self {
        self.words.next();
        self
    }

    fn take_if(&mut self, fits: impl FnOnce(&Word) -> bool) -> Option<Word> {
        self.words.next_if(|word| fits(word))
    }

    fn at_end(&mut self, expected: &str) -> Parsed<()> {
        if self.words.peek().is_none() { Ok(()) } else { Err(self.unexpected(expected)) }
    }

    fn unexpected(&mut self, expected: &str) -> GrammarError {
        let (column, found) = match self.words.peek() {
            Some(word) => (word.column, word.to_string()),
            None => (self.end, "the end of the line".to_string()),
        };
        GrammarError::Unexpected { column, expected: expected.to_string(), found }
    }
}

fn never(least: Duration, most: Duration) -> String {
    let (least, most) = (shown(least), shown(most));
    format!("no answer comes after {least} and within {most}; say after {most} within {least}")
}

fn wanted_of(op: &Verb) -> &'static str {
    match op {
        Verb::Set { .. } => "ok, refused or unknown",
        Verb::Delete { .. } => "ok, absent, refused or unknown",
        Verb::Get { .. } => "a value, absent, refused or unknown",
        Verb::Append { .. } => "its place, ok, refused or unknown",
        Verb::Messages { .. } => "messages in quotes as in 'a b', ok, absent, refused or unknown",
        Verb::All => "pairs in quotes as in 'x=7 y=3', ok, absent, refused or unknown",
    }
}

fn answer(word: &Word, op: &Verb) -> Parsed<Answer> {
    let tells = op.reads() || matches!(op, Verb::Append { .. });
    match (word.raw.as_str(), op) {
        ("refused", _) => Ok(Answer::Refused),
        ("unknown", _) => Ok(Answer::Unknown),
        ("ok", op) if !matches!(op, Verb::Get { .. }) => Ok(Answer::Ok),
        ("absent", op) if op.reads() || matches!(op, Verb::Delete { .. }) => Ok(Answer::Absent),
        (raw, _) if tells && !["ok", "absent", "&", ""].contains(&raw) => {
            Ok(Answer::Value(word.text.clone()))
        }
        _ => Err(GrammarError::Unexpected {
            column: word.column,
            expected: wanted_of(op).to_string(),
            found: word.to_string(),
        }),
    }
}

fn place(text: &str) -> Option<Where> {
    let rest = text.strip_prefix('@')?;
    match rest.parse() {
        Ok(number) if number > 0 => Some(Where::Server(NodeId(number))),
        Ok(_) => None,
        Err(_) => {
            let (host, port) = rest.rsplit_once(':')?;
            let fits = !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0);
            fits.then(|| Where::Address(rest.to_string()))
        }
    }
}

fn like_a_place(text: &str) -> bool {
    let number = text.strip_prefix('@').is_some_and(|rest| rest.parse::<u64>().is_ok());
    number || place(text).is_some()
}

fn client_name(text: &str) -> Result<String, String> {
    const LONGEST: usize = 16; // its column in a trace must hold it
    let fits = (1..=LONGEST).contains(&text.chars().count())
        && text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    let wrong = || {
        format!("expected a client's name of letters and digits, at most {LONGEST}, found {text:?}")
    };
    fits.then(|| text.to_string()).ok_or_else(wrong)
}

fn number<N: FromStr + PartialOrd + std::fmt::Display>(
    text: &str,
    least: N,
    most: N,
) -> Result<N, String> {
    let number = text.parse().ok().filter(|number| (&least..=&most).contains(&number));
    number.ok_or_else(|| format!("expected a number from {least} to {most}, found {text:?}"))
}

fn switch(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(format!("expected on or off, found {text:?}")),
    }
}

fn bounded_time(text: &str) -> Result<Duration, String> {
    let time = parse_time(text)?;
    let fits = time <= MAX_TIME;
    fits.then_some(time)
        .ok_or_else(|| format!("expected a time of at most {}, found {text:?}", shown(MAX_TIME)))
}
