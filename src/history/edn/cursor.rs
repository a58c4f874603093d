//! A cursor over one EDN map. It copies nothing that it need not, and it never calls itself.

use crate::history::datum::Datum;
use std::borrow::Cow;

/// A value may nest so deep.
const MAX_DEPTH: usize = 128;

/// Why text is not EDN: a lower-case fragment.
pub(in crate::history) type Reason = String;

/// A position in the text of a map.
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

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Space, commas and comments mean nothing.
    fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b',' => self.at += 1,
                b';' => self.at += self.rest().find('\n').unwrap_or(self.rest().len()),
                byte if byte.is_ascii_whitespace() => self.at += 1,
                _ => return,
            }
        }
    }

    /// Takes `byte`, if it comes next.
    pub fn take(&mut self, byte: u8) -> bool {
        self.skip_space();
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// The next value. A tag is read over: what it stands before is the value.
    pub fn value(&mut self) -> Result<Datum<'a>, Reason> {
        loop {
            self.skip_space();
            match self.peek() {
                Some(b'#') if !self.rest().starts_with("#{") => self.tag()?,
                Some(b'"') => return self.string().map(Datum::Text),
                Some(b'\\') => return self.character(),
                Some(b'[' | b'(' | b'{' | b'#') => return self.nested().map(Datum::Nested),
                _ => return self.word(),
            }
        }
    }

    fn tag(&mut self) -> Result<(), Reason> {
        if self.rest().starts_with("#_") {
            return Err("`#_` leaves out the value after it; take both out of the file".to_string());
        }
        self.at += 1;
        self.word().map(drop)
    }

    fn string(&mut self) -> Result<Cow<'a, str>, Reason> {
        self.at += 1;
        let mut text = Cow::Borrowed("");
        loop {
            let rest = self.rest();
            let end = rest.find(['"', '\\']).ok_or("a text has no closing `\"`")?;
            if text.is_empty() {
                text = Cow::Borrowed(&rest[..end]);
            } else {
                text.to_mut().push_str(&rest[..end]);
            }
            self.at += end;
            if self.take(b'"') {
                return Ok(text);
            }
            text.to_mut().push(self.escape()?);
        }
    }

    /// `\n`, `\u00e9` and the like, in a text.
    fn escape(&mut self) -> Result<char, Reason> {
        let sign = self.rest().chars().nth(1);
        self.at += 2;
        match sign {
            Some('n') => Ok('\n'),
            Some('t') => Ok('\t'),
            Some('r') => Ok('\r'),
            Some('b') => Ok('\u{8}'),
            Some('f') => Ok('\u{c}'),
            Some(sign @ ('"' | '\\')) => Ok(sign),
            Some('u') => {
                let digits = self.rest().get(..4).unwrap_or_default();
                let code = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
                self.at += digits.len();
                code.ok_or_else(|| format!("\\u{digits} is no character"))
            }
            _ => Err("a `\\` in a text stands before n, t, r, b, f, u, a quote or another `\\`"
                .to_string()),
        }
    }

    /// `\a`, `\newline` and the like.
    fn character(&mut self) -> Result<Datum<'a>, Reason> {
        let start = self.at + 1;
        self.at = start + self.text[start..].chars().next().map_or(0, char::len_utf8);
        self.at += self.word_length();
        let text = match &self.text[start..self.at] {
            "" => return Err("a `\\` stands before a character".to_string()),
            "newline" => "\n",
            "space" => " ",
            "tab" => "\t",
            "return" => "\r",
            other => other,
        };
        Ok(Datum::Text(Cow::Borrowed(text)))
    }

    fn word_length(&self) -> usize {
        let ends = |c: char| c.is_whitespace() || "()[]{}\",;\\".contains(c);
        self.rest().find(ends).unwrap_or(self.rest().len())
    }

    /// `nil`, `true`, a number, a keyword or a symbol.
    fn word(&mut self) -> Result<Datum<'a>, Reason> {
        let length = self.word_length();
        if length == 0 {
            return Err(match self.rest().chars().next() {
                Some(found) => format!("expected a value, found {found:?}"),
                None => "expected a value, found the end of the map".to_string(),
            });
        }
        let word = &self.rest()[..length];
        self.at += length;
        let number =
            word.strip_prefix(['+', '-']).unwrap_or(word).starts_with(|c: char| c.is_ascii_digit());
        Ok(match word {
            "nil" => Datum::Null,
            "true" | "false" => Datum::Bare(word),
            _ if number => {
                Datum::Bare(word.strip_prefix('+').unwrap_or(word).trim_end_matches(['N', 'M']))
            }
            _ => Datum::Text(Cow::Borrowed(word)),
        })
    }

    /// A vector, list, set or map, whatever it holds.
    fn nested(&mut self) -> Result<&'a str, Reason> {
        let start = self.at;
        let mut open: Vec<u8> = Vec::new();
        loop {
            self.skip_space();
            let rest = self.rest();
            match self.peek() {
                Some(b'#') if rest.starts_with("#{") => self.at += 1,
                Some(b'#') => self.tag()?,
                Some(bracket @ (b'[' | b'(' | b'{')) => {
                    if open.len() == MAX_DEPTH {
                        return Err(format!("more than {MAX_DEPTH} brackets are open"));
                    }
                    open.push(closing(bracket));
                    self.at += 1;
                }
                Some(byte) if open.last() == Some(&byte) => {
                    open.pop();
                    self.at += 1;
                    if open.is_empty() {
                        return Ok(&self.text[start..self.at]);
                    }
                }
                Some(b'"') => drop(self.string()?),
                Some(b'\\') => drop(self.character()?),
                _ => drop(self.word()?),
            }
        }
    }
}

fn closing(bracket: u8) -> u8 {
    match bracket {
        b'[' => b']',
        b'(' => b')',
        _ => b'}',
    }
}

/// The values of a vector or list that [`Cursor::value`] has read; `None` if it is a map or a set.
pub(in crate::history) fn items(nested: &str) -> Option<Items<'_>> {
    let mut cursor = Cursor::new(nested);
    let end = if cursor.take(b'[') { b']' } else { b')' };
    (end == b']' || cursor.take(b'(')).then_some(Items { cursor, end })
}

/// The values of a vector or list.
#[derive(Debug, Clone)]
pub(in crate::history) struct Items<'a> {
    cursor: Cursor<'a>,
    end: u8,
}

impl<'a> Iterator for Items<'a> {
    type Item = Datum<'a>;

    fn next(&mut self) -> Option<Datum<'a>> {
        if self.cursor.take(self.end) { None } else { self.cursor.value().ok() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value(text: &str) -> Result<Datum<'_>, Reason> {
        Cursor::new(text).value()
    }

    #[test]
    fn values_are_read() {
        assert_eq!(value(" ,nil"), Ok(Datum::Null));
        assert_eq!(value("+7N"), Ok(Datum::Bare("7")));
        assert_eq!(value(":timed-out}"), Ok(Datum::Text(":timed-out".into())));
        assert_eq!(value("\"\\\"a\\u00e9\\n\""), Ok(Datum::Text("\"aé\n".into())));
        assert_eq!(value("\\space"), Ok(Datum::Text(" ".into())));
        assert_eq!(value("#inst \"x\""), Ok(Datum::Text("x".into())));
        assert_eq!(
            value("[1 #{2} ; ]\n {:a \"]\"}] 3"),
            Ok(Datum::Nested("[1 #{2} ; ]\n {:a \"]\"}]"))
        );
        let found: Vec<Datum<'_>> = items("[1, nil [2 3]]").into_iter().flatten().collect();
        assert_eq!(found, [Datum::Bare("1"), Datum::Null, Datum::Nested("[2 3]")]);
        assert!(items("{}").is_none() && items("#{1}").is_none());
    }

    #[test]
    fn what_is_wrong_is_said() {
        let deep = "[".repeat(1_000_000);
        for (text, expected) in [
            ("", "found the end"),
            ("}", "found '}'"),
            ("\"a", "no closing"),
            ("\"\\x\"", "stands before"),
            ("\"\\ud800\"", "no character"),
            ("#_ 1 2", "leaves out"),
            ("[1", "found the end"),
            ("[1}", "found '}'"),
            (&deep, "more than 128"),
        ] {
            let error = value(text).expect_err(text);
            assert!(error.contains(expected), "{text} says {error}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in r#"[\[\]{}()"\\#:,;_0-9aé n]{0,24}"#) {
            if let Ok(Datum::Nested(nested)) = value(&text) {
                prop_assert!(text.contains(nested));
                if let Some(items) = items(nested) {
                    prop_assert!(items.count() <= nested.len());
                }
            }
        }
    }
}
