//! The lines that conlab itself writes, read in one pass: the same fields in the same order, no spaces, no escapes. Any other
//! line is left to the reader that takes all of JSON, and with it all errors.

use crate::history::datum::Datum;
use crate::history::event::{Event, Function, Type};
use std::borrow::Cow;

/// No number of so many digits overflows.
const MOST_DIGITS: usize = 18;

/// The event of a line at this position among the events; `None` where it is written in another way, or is wrong.
pub(super) fn event(line: &str, position: u32) -> Option<Event<'_>> {
    let mut rest = Rest(line);
    let index = rest.after("{\"index\":")?.number()?;
    let time = rest.after(",\"time\":")?.number()?;
    let process = rest.after(",\"process\":")?.number()?;
    let kind = Type::of(rest.after(",\"type\":")?.text()?)?;
    let function = Function::of(rest.after(",\"f\":")?.text()?)?;
    let key = rest.after(",\"key\":")?.text()?;
    let value = rest.after(",\"value\":")?.value()?;
    let version = match rest.after(",\"version\":") {
        Some(rest) => Some(rest.number()?),
        None => None,
    };
    let node = match rest.after(",\"node\":") {
        Some(rest) => Some(u32::try_from(rest.number()?).ok()?),
        None => None,
    };
    let is_final = rest.after(",\"final\":true").is_some();
    let whole = rest.0 == "}" && index == u64::from(position);
    whole.then_some(Event {
        time: Some(time),
        process: i64::try_from(process).ok()?,
        kind,
        function,
        key: Cow::Borrowed(key),
        value,
        version,
        node,
        is_final,
        mismatch: false,
    })
}

/// What is left of a line.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    /// Takes `text`, if it comes next.
    #[inline]
    fn after(&mut self, text: &str) -> Option<&mut Self> {
        self.0 = self.0.strip_prefix(text)?;
        Some(self)
    }

    /// Takes digits, as JSON writes a whole number that is not negative.
    #[inline]
    fn digits(&mut self) -> Option<&'a str> {
        let count = self.0.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.0.split_at(count);
        self.0 = rest;
        let padded = count > 1 && digits.starts_with('0');
        ((1..=MOST_DIGITS).contains(&count) && !padded).then_some(digits)
    }

    #[inline]
    fn number(&mut self) -> Option<u64> {
        let digits = self.digits()?.bytes();
        Some(digits.fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
    }

    /// Takes a string without escapes.
    #[inline]
    fn text(&mut self) -> Option<&'a str> {
        let inside = self.0.strip_prefix('"')?;
        let odd = |byte: u8| matches!(byte, b'"' | b'\\' | 0..0x20);
        let end = inside.bytes().position(odd)?;
        self.0 = inside[end..].strip_prefix('"')?;
        Some(&inside[..end])
    }

    #[inline]
    fn value(&mut self) -> Option<Datum<'a>> {
        match self.0.as_bytes().first()? {
            b'"' => self.text().map(|text| Datum::Text(Cow::Borrowed(text))),
            b'n' => self.after("null").map(|_| Datum::Null),
            _ => self.digits().map(Datum::Bare),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Fields;
    use super::*;
    use proptest::prelude::*;

    fn slow(line: &str, position: u32) -> Option<Event<'_>> {
        Fields::of(line).and_then(|fields| fields.event(position)).ok()
    }

    const LINE: &str = r#"{"index":2,"time":10,"process":3,"type":"ok","f":"read","key":"é","value":"7","version":4,"node":3,"final":true}"#;

    #[test]
    fn the_lines_that_conlab_writes_are_read() {
        let without = |part: &str| LINE.replace(part, "");
        for line in [
            LINE,
            &without(",\"version\":4"),
            &without(",\"node\":3"),
            &without(",\"final\":true"),
            &LINE.replace("\"7\"", "null"),
        ] {
            assert_eq!(event(line, 2), slow(line, 2));
            assert!(event(line, 2).is_some(), "{line}");
        }
    }

    proptest! {
        /// What this reads, the other reads too, and as the same.
        #[test]
        fn nothing_is_read_otherwise(at in 0..LINE.len(), cut in 0..3usize, put in r#"["0-9a\\{}:,.e\-]{0,3}"#) {
            let end = (at + cut).min(LINE.len());
            if LINE.is_char_boundary(at) && LINE.is_char_boundary(end) {
                let line = format!("{}{put}{}", &LINE[..at], &LINE[end..]);
                if let Some(swift) = event(&line, 2) {
                    prop_assert_eq!(Some(swift), slow(&line, 2), "{}", line);
                }
            }
        }
    }
}
