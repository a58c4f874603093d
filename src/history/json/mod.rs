//! A cursor over one line of JSON. It copies nothing that it need not, and it never calls itself: deep nesting costs a
//! counter, not the stack.
//!
//! It reads what a history line can hold: an object of known fields, scalars, and arrays of scalars. What it does not
//! know it skips, and it still says so where that is not JSON.

mod nested;
mod number;

use super::datum::Datum;
use number::is_number;
use std::borrow::Cow;

/// Why text is not JSON, and where: the reason as a lower-case fragment.
pub(in crate::history) type Reason = String;

/// A position in a text.
#[derive(Debug, Clone)]
pub(in crate::history) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    /// The start of `text`.
    pub fn new(text: &'a str) -> Self {
        Cursor { text, at: 0 }
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// Takes `byte`, if it comes next.
    #[inline]
    pub fn take(&mut self, byte: u8) -> bool {
        if self.peek() != Some(byte) {
            self.skip_space();
        }
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Takes `byte`, which must come next.
    #[inline]
    pub fn expect(&mut self, byte: u8) -> Result<(), Reason> {
        if self.take(byte) { Ok(()) } else { Err(self.expected(&format!("`{}`", byte as char))) }
    }

    /// Nothing but space may be left.
    #[inline]
    pub fn end(&mut self) -> Result<(), Reason> {
        self.skip_space();
        if self.at == self.text.len() { Ok(()) } else { Err(self.expected("the end of the line")) }
    }

    /// The name of the next field and its colon; `first` says that no comma stands before it. `None` at the end of the
    /// object.
    #[inline]
    pub fn field(&mut self, first: bool) -> Result<Option<Cow<'a, str>>, Reason> {
        if self.take(b'}') {
            return Ok(None);
        }
        if !first {
            self.expect(b',')?;
        }
        self.skip_space();
        if self.peek() != Some(b'"') {
            return Err(self.expected("the name of a field in quotes"));
        }
        let name = self.string()?;
        self.expect(b':')?;
        Ok(Some(name))
    }

    /// The next value.
    #[inline]
    pub fn value(&mut self) -> Result<Datum<'a>, Reason> {
        self.skip_space();
        match self.peek() {
            Some(b'"') => self.string().map(Datum::Text),
            Some(b'[' | b'{') => self.nested().map(Datum::Nested),
            _ => match self.bare()? {
                "null" => Ok(Datum::Null),
                word => Ok(Datum::Bare(word)),
            },
        }
    }

    /// A string: borrowed, unless it has escapes.
    #[inline]
    fn string(&mut self) -> Result<Cow<'a, str>, Reason> {
        let start = self.at + 1;
        let rest = self.text.as_bytes().get(start..).unwrap_or_default();
        let odd = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
        self.at = start + rest.iter().position(odd).unwrap_or(rest.len());
        match self.peek() {
            Some(b'"') => {
                self.at += 1;
                Ok(Cow::Borrowed(&self.text[start..self.at - 1]))
            }
            Some(b'\\') => self.escaped(start),
            Some(_) => Err(self.expected("an escape, not a control character")),
            None => Err(self.expected("a closing `\"`")),
        }
    }

    /// The rest of a string that began at `start`, from its first escape on.
    fn escaped(&mut self, start: usize) -> Result<Cow<'a, str>, Reason> {
        let mut text = self.text[start..self.at].to_string();
        let mut run = self.at;
        loop {
            match self.peek() {
                Some(b'"') => {
                    text.push_str(&self.text[run..self.at]);
                    self.at += 1;
                    return Ok(Cow::Owned(text));
                }
                Some(b'\\') => {
                    text.push_str(&self.text[run..self.at]);
                    text.push(self.escape()?);
                    run = self.at;
                }
                Some(0..0x20) => return Err(self.expected("an escape, not a control character")),
                Some(_) => self.at += 1,
                None => return Err(self.expected("a closing `\"`")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Reason> {
        let sign = self.text.as_bytes().get(self.at + 1).copied();
        let plain = match sign {
            Some(b'n') => '\n',
            Some(b't') => '\t',
            Some(b'r') => '\r',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(sign @ (b'"' | b'\\' | b'/')) => sign as char,
            Some(b'u') => return self.unicode(),
            _ => return Err(self.expected("an escape such as \\n or \\u00e9")),
        };
        self.at += 2;
        Ok(plain)
    }

    /// `\u00e9`, or two of them for a character past the basic plane.
    fn unicode(&mut self) -> Result<char, Reason> {
        let wrong = |cursor: &Self| cursor.expected("an escape of a Unicode character");
        let first = self.hex().ok_or_else(|| wrong(self))?;
        if let Some(plain) = char::from_u32(first) {
            return Ok(plain);
        }
        let second = self.hex().filter(|second| (0xdc00..0xe000).contains(second));
        let (0xd800..0xdc00, Some(second)) = (first, second) else { return Err(wrong(self)) };
        let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        char::from_u32(code).ok_or_else(|| wrong(self))
    }

    fn hex(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 6)?.strip_prefix("\\u")?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        self.at += 6;
        u32::from_str_radix(digits, 16).ok()
    }

    /// A number or a word, checked.
    #[inline]
    fn bare(&mut self) -> Result<&'a str, Reason> {
        let start = self.at;
        while matches!(
            self.peek(),
            Some(b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'+' | b'.')
        ) {
            self.at += 1;
        }
        let word = &self.text[start..self.at];
        if matches!(word, "null" | "true" | "false") || is_number(word.as_bytes()) {
            return Ok(word);
        }
        self.at = start;
        Err(self.expected("a value"))
    }

    #[cold]
    /// What should have stood here: `column 12: expected a value, found `x``.
    fn expected(&self, what: &str) -> Reason {
        let found = match self.text[self.at.min(self.text.len())..].chars().next() {
            Some(found) => format!("{found:?}"),
            None => "the end of the line".to_string(),
        };
        format!("column {}: expected {what}, found {found}", self.column())
    }

    fn column(&self) -> usize {
        self.text[..self.at.min(self.text.len())].chars().count() + 1
    }
}

/// The values of an array that [`Cursor::value`] has read; `None` if it is an object.
pub(in crate::history) fn items(nested: &str) -> Option<Items<'_>> {
    let mut cursor = Cursor::new(nested);
    cursor.take(b'[').then_some(Items { cursor })
}

/// The values of an array.
#[derive(Debug, Clone)]
pub(in crate::history) struct Items<'a> {
    cursor: Cursor<'a>,
}

impl<'a> Iterator for Items<'a> {
    type Item = Datum<'a>;

    fn next(&mut self) -> Option<Datum<'a>> {
        self.cursor.take(b',');
        if self.cursor.take(b']') { None } else { self.cursor.value().ok() }
    }
}

#[cfg(test)]
mod tests;
