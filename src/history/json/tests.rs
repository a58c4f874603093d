//! What is JSON and what is not.

use super::*;
use proptest::prelude::*;

fn whole(text: &str) -> Result<Datum<'_>, Reason> {
    let mut cursor = Cursor::new(text);
    let value = cursor.value()?;
    cursor.end().map(|()| value)
}

#[test]
fn values_are_read_without_copies() {
    assert_eq!(whole(" null "), Ok(Datum::Null));
    assert_eq!(whole("-1.5e+3"), Ok(Datum::Bare("-1.5e+3")));
    assert!(matches!(whole("\"a b\""), Ok(Datum::Text(Cow::Borrowed("a b")))));
    assert_eq!(whole(r#""a\n\u00e9\ud83d\ude00\"""#), Ok(Datum::Text("a\né😀\"".into())));
    let list = whole("[1, \"b\", null]");
    let Ok(Datum::Nested(list)) = list else { panic!("{list:?}") };
    let found: Vec<Datum<'_>> = items(list).into_iter().flatten().collect();
    assert_eq!(found, [Datum::Bare("1"), Datum::Text("b".into()), Datum::Null]);
    assert!(items("{}").is_none());
}

#[test]
fn what_is_wrong_is_said_with_its_column() {
    let deep = "[".repeat(1_000_000);
    for (text, expected) in [
        ("", "column 1: expected a value, found the end of the line"),
        ("1 2", "column 3: expected the end of the line, found '2'"),
        ("01", "expected a value"),
        ("\"é\\x\"", "column 3: expected an escape"),
        ("\"\\ud800\"", "escape of a Unicode character"),
        ("\"a", "expected a closing"),
        ("[1,]", "column 4: expected a value"),
        ("[1}", "expected `]`"),
        ("{\"a\":1]", "expected `}`"),
        ("{a:1}", "name of a field"),
        (&deep, "more than 128 brackets"),
    ] {
        let error = whole(text).expect_err(text);
        assert!(error.contains(expected), "{text} says {error}");
    }
}

proptest! {
    /// The same texts are JSON here and for a reader that builds trees.
    #[test]
    fn agrees_with_another_reader(text in r#"[\[\]{}",:0-9a\\ntrue .eE+\-]{0,24}"#) {
        let other = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
        prop_assert_eq!(whole(&text).is_ok(), other, "{}", text);
    }

    #[test]
    fn strings_come_out_as_they_went_in(text in ".{0,20}") {
        let written = serde_json::to_string(&text).expect("a string can be written");
        prop_assert_eq!(whole(&written), Ok(Datum::Text(text.into())));
    }
}
