//! Cuts a stream of EDN into the maps of its operations: one vector of them, or map after map. Only one map is in memory
//! at a time, so a history on a single line is read like any other.

use crate::history::fault::Fault;
use crate::history::lines::MAX_LINE;
use std::io::{self, Read};

/// So much is read at a time.
const CHUNK: usize = 64 * 1024;

/// The maps of a stream.
pub(in crate::history) struct Forms<R> {
    input: R,
    chunk: Vec<u8>,
    at: usize,
    /// The line of the next byte, from 1.
    line: u64,
    /// What closes the vector or list around the maps, once it is open.
    outer: Option<u8>,
    form: Vec<u8>,
}

/// Where in a map the cutter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Plain,
    Text,
    /// After a backslash, in a text or before a character.
    Escape {
        text: bool,
    },
    Comment,
}

impl<R: Read> Forms<R> {
    /// The maps of `input`, from its start.
    pub fn new(input: R) -> Self {
        Forms { input, chunk: Vec::new(), at: 0, line: 1, outer: None, form: Vec::new() }
    }

    /// The next map and the line on which it begins; `None` at the end.
    ///
    /// # Errors
    /// If something else stands there, or the map is cut off, too long or not UTF-8.
    pub fn next(&mut self) -> Result<Option<(u64, &str)>, Fault> {
        if !self.find_map()? {
            return Ok(None);
        }
        let line = self.line;
        self.take_map(line)?;
        match std::str::from_utf8(&self.form) {
            Ok(form) => Ok(Some((line, form))),
            Err(_) => Err(Fault::at(line, "the map is not UTF-8; save the file as UTF-8")),
        }
    }

    /// Goes to the `{` of the next map. Whether there is one.
    fn find_map(&mut self) -> Result<bool, Fault> {
        while let Some(byte) = self.byte()? {
            match byte {
                b'{' => {
                    self.at -= 1;
                    return Ok(true);
                }
                b' ' | b'\t' | b'\r' | b'\n' | b',' => {}
                b';' => self.skip(|byte| byte != b'\n')?,
                b'#' => self.skip(|byte| !byte.is_ascii_whitespace() && !b"{[(".contains(&byte))?,
                b'[' if self.outer.is_none() => self.outer = Some(b']'),
                b'(' if self.outer.is_none() => self.outer = Some(b')'),
                byte if self.outer == Some(byte) => self.outer = None,
                other => {
                    let found = (other as char).escape_default();
                    return Err(Fault::at(
                        self.line,
                        format!(
                            "expected a map of an operation, as in {{:process 0, …}}, found `{found}`"
                        ),
                    ));
                }
            }
        }
        match self.outer {
            Some(end) => Err(Fault::at(
                self.line,
                format!("expected `{}` at the end of the file; it is cut off", end as char),
            )),
            None => Ok(false),
        }
    }

    /// Collects a map up to its `}`.
    fn take_map(&mut self, line: u64) -> Result<(), Fault> {
        self.form.clear();
        let (mut state, mut depth) = (State::Plain, 0u64);
        while let Some(byte) = self.byte()? {
            self.form.push(byte);
            if self.form.len() > MAX_LINE {
                let limit = MAX_LINE >> 20;
                return Err(Fault::at(
                    line,
                    format!("the map is longer than {limit} MiB; is a `}}` missing?"),
                ));
            }
            let before = state;
            state = before.after(byte);
            match byte {
                b'{' | b'[' | b'(' if before == State::Plain => depth += 1,
                b'}' | b']' | b')' if before == State::Plain => depth = depth.saturating_sub(1),
                _ => continue,
            }
            if depth == 0 {
                return Ok(());
            }
        }
        Err(Fault::at(line, "the map that begins here never ends; the file is cut off"))
    }

    fn skip(&mut self, goes_on: impl Fn(u8) -> bool) -> Result<(), Fault> {
        while let Some(byte) = self.byte()? {
            if !goes_on(byte) {
                self.at -= 1;
                self.line -= u64::from(byte == b'\n');
                return Ok(());
            }
        }
        Ok(())
    }

    fn byte(&mut self) -> Result<Option<u8>, Fault> {
        if self.at == self.chunk.len() && !self.read_more()? {
            return Ok(None);
        }
        let byte = self.chunk[self.at];
        self.at += 1;
        self.line += u64::from(byte == b'\n');
        Ok(Some(byte))
    }

    fn read_more(&mut self) -> Result<bool, Fault> {
        self.chunk.resize(CHUNK, 0);
        let count = loop {
            match self.input.read(&mut self.chunk) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result.map_err(|error| Fault::unread(self.line, &error))?,
            }
        };
        self.chunk.truncate(count);
        self.at = 0;
        Ok(count > 0)
    }
}

impl State {
    fn after(self, byte: u8) -> State {
        match (self, byte) {
            (State::Plain, b'"') => State::Text,
            (State::Plain, b';') => State::Comment,
            (State::Plain, b'\\') => State::Escape { text: false },
            (State::Text, b'"') | (State::Comment, b'\n') | (State::Escape { text: false }, _) => {
                State::Plain
            }
            (State::Text, b'\\') => State::Escape { text: true },
            (State::Escape { text: true }, _) => State::Text,
            (state, _) => state,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Result<Vec<(u64, String)>, Fault> {
        let mut forms = Forms::new(text.as_bytes());
        let mut found = Vec::new();
        while let Some((line, form)) = forms.next()? {
            found.push((line, form.to_string()));
        }
        Ok(found)
    }

    #[test]
    fn maps_stand_alone_or_in_a_vector() {
        let two = Ok(vec![(1, "{:a 1}".to_string()), (2, "{:b [{}]}".to_string())]);
        assert_eq!(all("{:a 1}\n{:b [{}]}"), two);
        assert_eq!(all("[{:a 1},\n{:b [{}]}]\n"), two);
        assert_eq!(all("(#op.Op{:a 1} ; {\n#op.Op {:b [{}]})"), two);
        let odd = "{:a \"}\\\"\" :b \\} ; }\n}";
        assert_eq!(all(odd), Ok(vec![(1, odd.to_string())]));
        assert_eq!(all(""), Ok(vec![]));
    }

    #[test]
    fn what_is_cut_off_or_no_map_is_told_with_its_line() {
        for (text, line, expected) in [
            ("\n{:a", 2, "never ends"),
            ("[{}\n", 2, "expected `]`"),
            ("{}\n:a", 2, "found `:`"),
            ("{}]", 1, "found `]`"),
            ("[[", 1, "found `[`"),
        ] {
            let error = all(text).expect_err(text);
            assert_eq!(error.line, Some(line), "{text}");
            assert!(error.reason.contains(expected), "{text} says {error:?}");
        }
    }
}
