//! What is written can be read again, and is the same.

use conlab::history::{
    Asked, Builder, Format, History, Observed, Stamp, read, write_edn, write_jsonl,
};
use proptest::prelude::*;

/// What happens next: who, on which key, what, and how it ends.
type Step = (u8, u8, u8, u8, String);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (0..4u8, 0..3u8, 0..5u8, 0..5u8, "(null|nil|[a-z\"\\\\\n\t\u{1}é😀\\[\\]:;]{0,4})");
    prop::collection::vec(step, 0..40)
}

/// A history of these steps; keys that hold lists are others than those of registers.
fn history(steps: &[Step], keyed: bool) -> History {
    let mut builder = Builder::new();
    let mut next = 4;
    let mut names: Vec<i64> = (0..4).collect();
    for (line, (who, key, what, end, text)) in (1..).zip(steps) {
        let (at, process) = (Stamp::new(u64::from(line) * 10, line), names[usize::from(*who)]);
        let value = serde_json::to_string(text).expect("it is text");
        let list = keyed && *what > 3;
        let key = if keyed {
            format!("{key}{}{text}", if list { "l" } else { "" })
        } else {
            String::new()
        };
        let Some(open) = builder.open(process).copied() else {
            let asked = match what {
                0 => Asked::Read,
                1 => Asked::Write(&value),
                2 => Asked::Cas("null", &value),
                3 => Asked::Delete,
                _ if list => Asked::Append(&value),
                _ => Asked::Cas("7", "8.5"),
            };
            builder.invoke(at, process, &key, asked).expect("it keeps the rules");
            continue;
        };
        let done = match end {
            0 => builder.fail(at, process, *what == 2),
            1 => {
                names[usize::from(*who)] = next;
                next += 1;
                builder.info(at, process)
            }
            2 => continue,
            _ if open.act().is_read() => {
                builder.ok(at, process, Observed::scalar("7").at_version(3))
            }
            _ => builder.ok(at, process, Observed::nothing().at_version(9)),
        };
        done.expect("it keeps the rules");
    }
    builder.finish()
}

fn jsonl(history: &History) -> String {
    let mut text = Vec::new();
    write_jsonl(history, &mut text).expect("memory takes it");
    String::from_utf8(text).expect("it is text")
}

fn edn(history: &History) -> String {
    let mut text = Vec::new();
    write_edn(history, &mut text).expect("memory takes it");
    String::from_utf8(text).expect("it is text")
}

proptest! {
    #[test]
    fn histories_come_back_as_they_went_out(steps in steps(), keyed in any::<bool>()) {
        let before = history(&steps, keyed);
        let text = jsonl(&before);
        let again = read("h", text.as_bytes(), Some(Format::JsonLines)).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        prop_assert_eq!(&jsonl(&again.history), &text);
        let text_of_edn = edn(&before);
        let again = read("h", text_of_edn.as_bytes(), Some(Format::Edn)).map_err(|error| TestCaseError::fail(format!("{error}\n{text_of_edn}")))?;
        prop_assert_eq!(jsonl(&again.history), text, "{}", text_of_edn);
    }
}

#[test]
fn lists_come_back_too() {
    let text = "\
{\"index\":0,\"time\":0,\"process\":0,\"type\":\"invoke\",\"f\":\"append\",\"key\":\"l\",\"value\":\"a b\"}
{\"index\":1,\"time\":1,\"process\":1,\"type\":\"invoke\",\"f\":\"read\",\"key\":\"l\",\"value\":null}
{\"index\":2,\"time\":2,\"process\":1,\"type\":\"ok\",\"f\":\"read\",\"key\":\"l\",\"value\":[\"a b\",1],\"version\":4,\"node\":2,\"final\":true}
{\"index\":3,\"time\":3,\"process\":1,\"type\":\"invoke\",\"f\":\"read\",\"key\":\"l\",\"value\":null}
{\"index\":4,\"time\":3,\"process\":1,\"type\":\"ok\",\"f\":\"read\",\"key\":\"l\",\"value\":[]}
";
    let history = read("h", text.as_bytes(), None).expect("it is well formed").history;
    assert_eq!(jsonl(&history), text);
    let again = read("h", edn(&history).as_bytes(), None).expect("it is well formed");
    assert_eq!(again.format, Format::Edn);
    assert_eq!(jsonl(&again.history), text.replace(",\"node\":2", ""));
}
