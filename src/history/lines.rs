//! Lines of a stream, lent out of one buffer: no copy for each line, and no more memory than the longest line takes.

use super::fault::Fault;
use std::io::{self, Read};

/// So much is read at a time.
const CHUNK: usize = 256 * 1024;
/// No event is longer than this; a file whose lines are is no history, or not one that fits into memory.
pub(super) const MAX_LINE: usize = 16 << 20;

/// A stream, line by line.
pub(super) struct Lines<R> {
    input: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// The number of the line given last, from 1.
    number: u64,
    ended: bool,
}

impl<R: Read> Lines<R> {
    /// The lines of `input`, from its first.
    pub fn new(input: R) -> Self {
        Lines { input, buffer: Vec::new(), start: 0, end: 0, number: 0, ended: false }
    }

    /// The number of the line given last, from 1.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The next line without its end; `None` after the last one.
    ///
    /// # Errors
    /// If it is not UTF-8, too long, or cannot be read.
    pub fn next(&mut self) -> Result<Option<&str>, Fault> {
        let Some(length) = self.find_end()? else { return Ok(None) };
        self.number += 1;
        let line = &self.buffer[self.start..self.start + length];
        self.start = (self.start + length + 1).min(self.end);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match std::str::from_utf8(line) {
            Ok(line) => Ok(Some(line)),
            Err(error) => {
                let byte = error.valid_up_to() + 1;
                let reason = format!("byte {byte} is not UTF-8; save the file as UTF-8");
                Err(Fault::at(self.number, reason))
            }
        }
    }

    /// The length of the next line; reads until its end is in the buffer.
    fn find_end(&mut self) -> Result<Option<usize>, Fault> {
        let mut searched = 0;
        loop {
            let rest = &self.buffer[self.start..self.end];
            if let Some(found) = memchr::memchr(b'\n', &rest[searched..]) {
                return Ok(Some(searched + found));
            }
            searched = rest.len();
            if self.ended {
                return Ok((searched > 0).then_some(searched));
            }
            if searched > MAX_LINE {
                return Err(Fault::at(self.number + 1, too_long()));
            }
            self.read_more()?;
        }
    }

    fn read_more(&mut self) -> Result<(), Fault> {
        self.buffer.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        if self.buffer.len() < self.end + CHUNK {
            self.buffer.resize((self.end + CHUNK).max(self.buffer.len() * 2), 0);
        }
        let count = loop {
            match self.input.read(&mut self.buffer[self.end..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result.map_err(|error| Fault::unread(self.number + 1, &error))?,
            }
        };
        self.end += count;
        self.ended = count == 0;
        Ok(())
    }
}

fn too_long() -> String {
    let limit = MAX_LINE >> 20;
    format!("it is longer than {limit} MiB; write one event on each line")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            (buffer[0], self.0) = (*first, rest);
            Ok(1)
        }
    }

    fn all(input: impl Read) -> Result<Vec<String>, Fault> {
        let mut lines = Lines::new(input);
        let mut found = Vec::new();
        while let Some(line) = lines.next()? {
            found.push(line.to_string());
        }
        assert_eq!(lines.number(), found.len() as u64);
        Ok(found)
    }

    #[test]
    fn lines_end_with_a_break_or_with_the_stream() {
        for (text, lines) in [
            ("", vec![]),
            ("\n", vec![""]),
            ("a\r\n\nbé\n", vec!["a", "", "bé"]),
            ("a\nb", vec!["a", "b"]),
        ] {
            assert_eq!(all(text.as_bytes()), Ok(lines.iter().map(|l| l.to_string()).collect()));
            assert_eq!(all(Slow(text.as_bytes())), all(text.as_bytes()), "{text:?}");
        }
        let long = format!("{}\n{}", "x".repeat(3 * CHUNK), "y".repeat(CHUNK));
        assert_eq!(all(long.as_bytes()).map(|lines| lines[0].len()), Ok(3 * CHUNK));
    }

    #[test]
    fn what_cannot_be_a_line_is_told_with_its_number() {
        let error = all(&b"a\nb\xff"[..]).expect_err("it is not UTF-8");
        assert_eq!(error.line, Some(2));
        assert!(error.reason.starts_with("byte 2 is not UTF-8"), "{error:?}");
        let error = all(io::repeat(b'x')).expect_err("it never ends");
        assert!(error.reason.contains("longer than 16 MiB"), "{error:?}");
    }
}
