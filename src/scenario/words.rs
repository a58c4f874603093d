//! Splits a line into words as a shell does, and remembers where each stood and whether it was quoted.
//!
//! `'…'` takes everything as it is, `"…"` and a backslash outside quotes take the next character as it is. A `#` that
//! begins a word begins a comment. A quoted word is never a keyword: `=> 'ok'` waits for the value `ok`.

use super::grammar::GrammarError;
use std::fmt::{self, Display};

/// One word of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// What it says, without its quotes.
    pub text: String,
    /// As it was written.
    pub raw: String,
    /// Where it begins, in characters from 1.
    pub column: usize,
}

impl Word {
    /// A word that something else has already split and unquoted, as an argument of a command is.
    pub fn bare(text: &str, column: usize) -> Self {
        Word { text: text.to_string(), raw: text.to_string(), column }
    }

    /// A word that cannot be anything but what it says.
    pub fn quoted(text: &str, column: usize) -> Self {
        Word { text: text.to_string(), raw: format!("'{text}'"), column }
    }

    /// Whether it is written as `keyword`, without quotes.
    pub fn is(&self, keyword: &str) -> bool {
        self.raw == keyword
    }

    /// Its text if it was written without quotes.
    pub fn unquoted(&self) -> Option<&str> {
        (self.raw == self.text).then_some(self.text.as_str())
    }
}

impl Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.raw)
    }
}

/// The words of `line`; none for a blank line or a comment.
pub(super) fn split(line: &str) -> Result<Vec<Word>, GrammarError> {
    let parts = separate(line, 1, char::is_whitespace)?;
    let mut words: Vec<Word> = parts.into_iter().filter(|word| !word.raw.is_empty()).collect();
    if let Some(comment) = words.iter().position(|word| word.raw.starts_with('#')) {
        words.truncate(comment);
    }
    Ok(words)
}

/// The alternatives `a|b|c` that `word` is made of; a `|` in quotes does not part them.
pub(super) fn alternatives(word: &Word) -> Result<Vec<Word>, GrammarError> {
    separate(&word.raw, word.column, |c| c == '|')
}

/// Cuts `text`, which begins at `column`, at each separator that is not quoted. Neighbouring separators leave an empty
/// word between them. What follows a `#` at the start of a word may hold open quotes: it is one word.
fn separate(
    text: &str,
    column: usize,
    separates: fn(char) -> bool,
) -> Result<Vec<Word>, GrammarError> {
    let mut words = Vec::new();
    let mut word = Word::bare("", column);
    let mut quote = None;
    let mut chars = text.chars().zip(column..);
    while let Some((c, at)) = chars.next() {
        match (quote, c) {
            (None, '#') if word.raw.is_empty() => {
                word.raw = "#".to_string();
                break;
            }
            (None, c) if separates(c) => {
                words.push(std::mem::replace(&mut word, Word::bare("", at + 1)));
                continue;
            }
            (None, '\'' | '"') => quote = Some((c, at)),
            (Some((open, _)), c) if c == open => quote = None,
            (None | Some(('"', _)), '\\') => {
                let (next, _) = chars.next().ok_or_else(|| GrammarError::after_backslash(at))?;
                word.raw.push('\\');
                word.text.push(next);
                word.raw.push(next);
                continue;
            }
            (_, c) => word.text.push(c),
        }
        word.raw.push(c);
    }
    if let Some((open, at)) = quote {
        return Err(GrammarError::open_quote(open, at));
    }
    words.push(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(line: &str) -> Vec<String> {
        split(line).expect(line).into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn splits_as_a_shell_does() {
        assert_eq!(texts("set x 7 @2"), ["set", "x", "7", "@2"]);
        assert_eq!(
            texts(r#"set 'a b' "c \"d" e\ f g'h'i ''"#),
            ["set", "a b", "c \"d", "e f", "ghi", ""]
        );
        assert_eq!(texts("get x # it's a comment"), ["get", "x"]);
        assert_eq!(texts("set x a#b"), ["set", "x", "a#b"]);
        assert!(texts("  # nothing").is_empty() && texts("").is_empty());
    }

    #[test]
    fn knows_columns_and_quotes() {
        let words = split("get  'ok' ok").expect("it is well formed");
        assert_eq!(words.iter().map(|word| word.column).collect::<Vec<_>>(), [1, 6, 11]);
        assert!(!words[1].is("ok") && words[2].is("ok"));
        assert!(words[1].unquoted().is_none());
    }

    #[test]
    fn alternatives_part_at_bars_outside_quotes() {
        let word = &split("7|'a|b'|absent").expect("it is well formed")[0];
        let parts = alternatives(word).expect("it is well formed");
        assert_eq!(
            parts.iter().map(|p| p.text.as_str()).collect::<Vec<_>>(),
            ["7", "a|b", "absent"]
        );
    }

    #[test]
    fn open_quotes_are_named_with_their_place() {
        let error = split("set x 'a b").expect_err("the quote is open");
        assert_eq!((error.column(), error.to_string().contains('\'')), (7, true));
    }
}
