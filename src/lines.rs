//! Lines that are written often: gathered as text and handed on in pieces.

use std::io::{self, Write};

/// Text is handed on in pieces of about this size.
const PIECE: usize = 1 << 16;

/// Lines on their way to a file.
pub struct Lines {
    out: Box<dyn Write + Send>,
    text: String,
    failed: Option<io::Error>,
}

impl Lines {
    /// Lines on their way into `out`.
    pub fn into(out: impl Write + Send + 'static) -> Self {
        Lines { out: Box::new(out), text: String::with_capacity(PIECE + PIECE / 8), failed: None }
    }

    /// Where the next line goes; to be followed by [`Lines::hand_on`].
    pub fn text(&mut self) -> &mut String {
        &mut self.text
    }

    /// A line is whole.
    pub fn hand_on(&mut self) {
        if self.text.len() >= PIECE {
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
            let written = self.out.write_all(self.text.as_bytes()).and_then(|()| self.out.flush());
            self.failed = written.err();
        }
        self.text.clear();
    }
}

/// Writes a number, without the detour through a formatter: that is what most of a line is.
pub fn push_number(text: &mut String, mut number: u64) {
    if number < 10 {
        return text.push(char::from(b'0' + number as u8));
    }
    let mut digits = [0; 20];
    let mut first = digits.len();
    loop {
        first -= 1;
        digits[first] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    text.push_str(std::str::from_utf8(&digits[first..]).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_others_write_them() {
        for number in [0, 7, 10, 1_000_000_000_007, u64::MAX] {
            let mut text = String::new();
            push_number(&mut text, number);
            assert_eq!(text, number.to_string());
        }
    }
}
