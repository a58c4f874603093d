//! Lines that are written often: gathered as bytes and handed on in pieces.

use std::fmt::{self, Display, Write as _};
use std::io::{self, Write};

/// Text is handed on in pieces of about this size.
const PIECE: usize = 1 << 16;

/// Lines on their way to a file.
pub struct Lines {
    out: Box<dyn Write + Send>,
    text: Text,
    failed: Option<io::Error>,
}

impl Lines {
    /// Lines on their way into `out`.
    pub fn into(out: impl Write + Send + 'static) -> Self {
        let text = Text(Vec::with_capacity(PIECE + PIECE / 8));
        Lines { out: Box::new(out), text, failed: None }
    }

    /// Where the next line goes; to be followed by [`Lines::hand_on`].
    pub fn text(&mut self) -> &mut Text {
        &mut self.text
    }

    /// A line is whole.
    pub fn hand_on(&mut self) {
        if self.text.0.len() >= PIECE {
            self.flush();
        }
    }

    /// Hands on what is left.
    ///
    /// # Errors
    /// The first error in writing, if there was one.
    pub fn close(&mut self) -> io::Result<()> {
        self.flush();
        self.failed.take().map_or(Ok(()), Err)
    }

    fn flush(&mut self) {
        if self.failed.is_none() {
            let written = self.out.write_all(&self.text.0).and_then(|()| self.out.flush());
            self.failed = written.err();
        }
        self.text.clear();
    }
}

/// Text that is made in pieces and written away: as bytes, for nobody looks at its characters again.
#[derive(Debug, Default)]
pub struct Text(Vec<u8>);

impl Text {
    /// The bytes so far.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Forgets what is there; its room is kept.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Appends text as it is.
    #[inline]
    pub fn push(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    /// Appends a number, without the detour through a formatter: that is what most of a line is.
    pub fn number(&mut self, number: u64) {
        match number {
            0..10 => self.0.push(b'0' + number as u8),
            _ => self.digits(number, 1),
        }
    }

    /// Appends a number with zeros before it, where it has fewer digits than `least`.
    pub fn digits(&mut self, mut number: u64, least: usize) {
        let mut digits = [b'0'; 20];
        let mut first = digits.len();
        while number >= 10 {
            let pair = 2 * (number % 100) as usize;
            first -= 2;
            digits[first..first + 2].copy_from_slice(&PAIRS[pair..pair + 2]);
            number /= 100;
        }
        if number > 0 {
            first -= 1;
            digits[first] = b'0' + number as u8;
        }
        let first = first.min(digits.len().saturating_sub(least));
        self.0.extend_from_slice(&digits[first..]);
    }

    /// Appends what something says.
    pub fn show(&mut self, what: impl Display) {
        let _ = write!(self, "{what}"); // into memory: there is no error
    }

    /// Appends a text in quotes, as JSON writes it.
    pub fn quote(&mut self, plain: &str) {
        self.0.push(b'"');
        let from = self.0.len();
        self.push(plain);
        self.end_quote(from);
    }

    /// Appends what something says, in quotes.
    pub fn quote_shown(&mut self, what: impl Display) {
        self.0.push(b'"');
        let from = self.0.len();
        self.show(what);
        self.end_quote(from);
    }

    /// What stands there since `from` is the inside of a JSON string. Hardly any has something to escape.
    fn end_quote(&mut self, from: usize) {
        let is_odd = |byte: u8| byte < 0x20 || byte == b'"' || byte == b'\\';
        // To the end, whatever was met: many bytes are then looked at in one step.
        if self.0[from..].iter().fold(false, |odd, byte| odd | is_odd(*byte)) {
            for byte in self.0.split_off(from) {
                self.escape(byte);
            }
        }
        self.0.push(b'"');
    }

    fn escape(&mut self, byte: u8) {
        match byte {
            b'"' | b'\\' => self.0.extend([b'\\', byte]),
            b'\n' => self.push("\\n"),
            b'\t' => self.push("\\t"),
            b'\r' => self.push("\\r"),
            control @ 0..0x20 => self.show(format_args!("\\u{control:04x}")),
            plain => self.0.push(plain),
        }
    }
}

impl fmt::Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text);
        Ok(())
    }
}

/// 00 to 99: half the divisions that single digits would take.
const PAIRS: [u8; 200] = pairs();

const fn pairs() -> [u8; 200] {
    let mut pairs = [0; 200];
    let mut number = 0;
    while number < 100 {
        pairs[2 * number] = b'0' + (number / 10) as u8;
        pairs[2 * number + 1] = b'0' + (number % 10) as u8;
        number += 1;
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Text)) -> String {
        let mut text = Text::default();
        write(&mut text);
        String::from_utf8(text.0).expect("text was written")
    }

    #[test]
    fn numbers_are_written_as_others_write_them() {
        for number in [0, 7, 10, 99, 100, 101, 12_345, 1_000_000_000_007, u64::MAX] {
            assert_eq!(text(|text| text.number(number)), number.to_string());
            assert_eq!(text(|text| text.digits(number, 6)), format!("{number:06}"));
        }
    }

    #[test]
    fn what_is_quoted_is_json() {
        for plain in ["", "x", "a\"b\\c", "tab\tline\nend\r\u{1}", "größer ✓"] {
            let quoted = text(|text| text.quote(plain));
            assert_eq!(serde_json::from_str::<String>(&quoted).expect("it is JSON"), plain);
            assert_eq!(text(|text| text.quote_shown(plain)), quoted);
        }
    }
}
