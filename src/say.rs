//! What is said often: the words of messages, remarks and answers, as logs, traces and files have them.
//!
//! The standard formatter serves every receiver, width and fill, and takes longer than the words. What is said of each of
//! millions of events goes straight into bytes instead, and `Display` says the same words.

use std::fmt::{self, Display, Write as _};

/// What can be said in a line. Whoever is seldom asked leaves it to its `Display`; who is often asked says it here, and
/// `display_as_said!` makes a `Display` of that.
pub trait Say: Display {
    /// Appends it to `text`.
    fn say(&self, text: &mut Text) {
        text.show(self);
    }
}

impl Say for String {
    fn say(&self, text: &mut Text) {
        text.push(self);
    }
}

impl Say for &str {
    fn say(&self, text: &mut Text) {
        text.push(self);
    }
}

/// `Display` of these types: what they say.
macro_rules! display_as_said {
    ($($kind:ty),+) => {$(
        impl std::fmt::Display for $kind {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&$crate::say::said(self))
            }
        }
    )+};
}
pub(crate) use display_as_said;

/// What something says.
pub(crate) fn said(what: &impl Say) -> String {
    let mut text = Text::default();
    what.say(&mut text);
    String::from_utf8(text.0).unwrap_or_default() // it was made of text
}

/// Text that is made in pieces and written away: as bytes, for nobody looks at its characters again.
#[derive(Debug, Default)]
pub struct Text(Vec<u8>);

impl Text {
    /// No text, and room for so many bytes.
    pub fn with_room(bytes: usize) -> Self {
        Text(Vec::with_capacity(bytes))
    }

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
    pub fn push(&mut self, text: &str) -> &mut Self {
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    /// Appends what something says.
    #[inline]
    pub fn say(&mut self, what: &impl Say) -> &mut Self {
        what.say(self);
        self
    }

    /// Appends what something shows of itself, by the formatter.
    pub fn show(&mut self, what: impl Display) -> &mut Self {
        let _ = write!(self, "{what}"); // into memory: there is no error
        self
    }

    /// Appends a number.
    pub fn number(&mut self, number: u64) -> &mut Self {
        match number {
            0..10 => self.0.push(b'0' + number as u8),
            10..EIGHT_DIGITS => {
                let digits = eight_digits(number as u32);
                self.last_of_eight(digits, 8 - digits.trailing_zeros() / 8);
            }
            EIGHT_DIGITS.. => {
                self.number(number / EIGHT_DIGITS);
                self.last_of_eight(eight_digits((number % EIGHT_DIGITS) as u32), 8);
            }
        }
        self
    }

    /// Appends the last six digits of a number below 10^8, zeros too.
    pub fn six_digits(&mut self, number: u32) -> &mut Self {
        self.last_of_eight(eight_digits(number), 6);
        self
    }

    /// Appends the last `count` of eight digits.
    fn last_of_eight(&mut self, digits: u64, count: u32) {
        const ZEROS: u64 = u64::from_le_bytes([b'0'; 8]);
        let text = (digits | ZEROS) >> (8 * (8 - count));
        // All eight, and then back: to copy what has a fixed length takes a few instructions and no call.
        let end = self.0.len() + count as usize;
        self.0.extend_from_slice(&text.to_le_bytes());
        self.0.truncate(end);
    }

    /// Appends a text in quotes, as JSON writes it.
    pub fn quote(&mut self, plain: &str) -> &mut Self {
        self.quoted(|text| _ = text.push(plain))
    }

    /// Appends what something says, in quotes.
    pub fn quote_said(&mut self, what: &impl Say) -> &mut Self {
        self.quoted(|text| what.say(text))
    }

    /// Appends what `write` writes, as the inside of a JSON string. Hardly any has something to escape.
    fn quoted(&mut self, write: impl FnOnce(&mut Self)) -> &mut Self {
        self.0.push(b'"');
        let from = self.0.len();
        write(self);
        if has_odd(&self.0[from..]) {
            for byte in self.0.split_off(from) {
                self.escape(byte);
            }
        }
        self.0.push(b'"');
        self
    }

    fn escape(&mut self, byte: u8) {
        match byte {
            b'"' | b'\\' => self.0.extend([b'\\', byte]),
            b'\n' => self.0.extend(b"\\n"),
            b'\t' => self.0.extend(b"\\t"),
            b'\r' => self.0.extend(b"\\r"),
            control @ 0..0x20 => _ = self.show(format_args!("\\u{control:04x}")),
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

/// Whether there is a byte that JSON does not take as it is. Eight are looked at in one step.
fn has_odd(bytes: &[u8]) -> bool {
    const ONES: u64 = u64::MAX / 255;
    const TOPS: u64 = ONES << 7;
    // In each byte of eight: does subtracting so much borrow where the top bit was not set? Then it was less.
    let less = |eight: u64, than: u64| eight.wrapping_sub(ONES * than) & !eight & TOPS;
    let odd = |eight: u64| {
        let is = |byte: u8| less(eight ^ (ONES * u64::from(byte)), 1);
        less(eight, 0x20) | is(b'"') | is(b'\\')
    };
    let (eights, rest) = bytes.as_chunks::<8>();
    let mut last = [b' '; 8];
    last[..rest.len()].copy_from_slice(rest);
    eights.iter().chain([&last]).fold(0, |found, eight| found | odd(u64::from_le_bytes(*eight)))
        != 0
}

/// The first number with more than eight digits.
const EIGHT_DIGITS: u64 = 100_000_000;

/// The eight digits of a number below 10^8, the first in the lowest byte. All are made at once: the number is halved into two
/// of four digits, these into four of two, these into eight, each time in all lanes of one word. A division by 100 or 10 of
/// what is so small is a multiplication and a shift.
fn eight_digits(number: u32) -> u64 {
    let fours = u64::from(number / 10_000) | u64::from(number % 10_000) << 32;
    let hundreds = (fours * 10_486) >> 20 & 0x0000_007f_0000_007f;
    let twos = hundreds | (fours - hundreds * 100) << 16;
    let tens = (twos * 103) >> 10 & 0x000f_000f_000f_000f;
    tens | (twos - tens * 10) << 8
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
        let powers = (0..20)
            .map(|digits| 10_u64.pow(digits))
            .flat_map(|power| [power - 1, power, power.saturating_mul(7) / 3]);
        let many = (0..EIGHT_DIGITS).step_by(9_973);
        for number in
            (0..20_000).chain(many).chain(powers).chain([123_456_789_012, u64::MAX - 1, u64::MAX])
        {
            assert_eq!(text(|text| _ = text.number(number)), number.to_string());
        }
        for number in [0, 7, 10, 1_234, 123_456, 999_999] {
            assert_eq!(text(|text| _ = text.six_digits(number)), format!("{number:06}"));
        }
    }

    #[test]
    fn each_odd_byte_is_found_at_each_place() {
        for byte in 0..=u8::MAX {
            let odd = byte < 0x20 || byte == b'"' || byte == b'\\';
            for place in 0..20 {
                let mut bytes = *b"plain text, \xc3\xa4, \x7f!...";
                bytes[place] = byte;
                assert_eq!(has_odd(&bytes[..20]), odd, "{byte} at {place}");
            }
        }
    }

    #[test]
    fn what_is_quoted_is_json() {
        for plain in ["", "x", "a\"b\\c", "tab\tline\nend\r\u{1}", "größer ✓"] {
            let quoted = text(|text| _ = text.quote(plain));
            assert_eq!(serde_json::from_str::<String>(&quoted).expect("it is JSON"), plain);
            assert_eq!(text(|text| _ = text.quote_said(&plain)), quoted);
        }
    }
}
