#![no_main]

use conlab::history::{Format, read, write_jsonl};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(reading) = read("fuzz", bytes, None) else { return };
    let mut text = Vec::new();
    write_jsonl(&reading.history, &mut text).expect("memory takes it");
    let again =
        read("again", &text[..], Some(Format::JsonLines)).expect("what was written can be read");
    let mut same = Vec::new();
    write_jsonl(&again.history, &mut same).expect("memory takes it");
    assert!(text == same, "it came back as it went out");
});
