//! The outputs in docs/ are those of the scenarios: each marked block is the script or the trace of its file.
//!
//! A block that follows a line `<!-- run: conlab test … -->` is that command and what it prints, but for where the run is kept and
//! how fast this machine was; after `<!-- violation: conlab test … -->` it is the scenario that the run leaves.
//!
//! A block follows a line `<!-- FILE: script -->`, or `trace`, `counterexample`, or `check`: what `conlab check` says of the history
//! of the scenario, but for the times that it took. After a scenario was recorded anew,
//! `DOCS_RECORD=1 cargo test --test docs` fills the blocks again.

use assert_cmd::Command;
use std::fs;
use std::path::{Path, PathBuf};

fn pages() -> Vec<PathBuf> {
    let docs = fs::read_dir("docs")
        .expect("docs/ is there")
        .map(|entry| entry.expect("it can be read").path());
    let pages = docs.filter(|path| path.extension().is_some_and(|end| end == "md"));
    pages.chain([PathBuf::from("README.md")]).collect()
}

/// What a marker names: part of a scenario file.
fn named(marker: &str) -> Option<String> {
    let (file, part) = marker.strip_prefix("<!-- ")?.strip_suffix(" -->")?.split_once(": ")?;
    match file {
        "run" => return Some(format!("$ {part}\n{}", tested(part).0)),
        "violation" => return Some(tested(part).1),
        _ => {}
    }
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{marker}: {error}"));
    let (script, recording) = text.split_once("\n---\n").unwrap_or((&text, ""));
    match part {
        "script" => Some(script.trim_end().to_string()),
        "trace" => {
            let rule = |line: &&str| line.starts_with('─');
            let lines: Vec<&str> =
                recording.lines().skip(2).take_while(|line| !line.starts_with("line ")).collect();
            let end = lines.iter().rposition(rule).unwrap_or(lines.len());
            Some(lines[..end].iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n"))
        }
        "counterexample" => {
            let start = recording.find("\nnot ").expect("a model breaks");
            Some(recording[start..].trim().to_string())
        }
        "check" => Some(checked(file)),
        other => panic!("{marker}: expected script, trace, counterexample or check, found {other}"),
    }
}

/// What a `conlab test` prints, and the scenario that it leaves.
fn tested(command: &str) -> (String, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let words = command.strip_prefix("conlab ").expect("it is a command of conlab");
    let mut conlab = Command::cargo_bin("conlab").expect("it is built with the tests");
    let run = conlab.current_dir(folder.path()).args(words.split(' ')).output().expect("it runs");
    let printed = String::from_utf8(run.stdout).expect("it prints text");
    let lines: Vec<String> = printed.lines().map(without_chance).collect();
    let scenario = find(folder.path(), "violation.scn");
    let scenario = scenario.map(|path| fs::read_to_string(path).expect("it can be read"));
    (lines.join("\n").trim_end().to_string(), scenario.unwrap_or_default().trim_end().to_string())
}

fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).expect("it is a folder").flatten().map(|entry| entry.path());
    entries.into_iter().find_map(|path| {
        if path.is_dir() { find(&path, name) } else { path.ends_with(name).then_some(path) }
    })
}

/// A line without what differs from run to run: when it was run, how long it took, and how fast that is.
fn without_chance(line: &str) -> String {
    let mut words: Vec<String> = line.split(' ').map(without_stamp).collect();
    let after = |words: &[String], before: &[&str]| {
        let at = words.windows(before.len()).position(|window| window == before);
        at.map(|at| at + before.len())
    };
    if let Some(at) = after(&words, &["recorded", "at"]) {
        words[at] = "…".to_string();
    }
    if let Some(at) = after(&words, &["messages,", "in"]) {
        words.truncate(at);
        words.push("…".to_string());
    }
    words.join(" ")
}

/// `store/causal/20260102T030405Z/report.html` without the time.
fn without_stamp(word: &str) -> String {
    let is_stamp =
        |part: &&str| part.len() == 16 && part.as_bytes()[8] == b'T' && part.ends_with('Z');
    match word.split('/').find(is_stamp) {
        Some(stamp) => word.replace(stamp, "…"),
        None => word.to_string(),
    }
}

/// What `conlab check` prints of the history of a scenario; the times are made up.
fn checked(file: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let scenario = fs::canonicalize(file).expect("it is there");
    let conlab = |words: &[&str]| {
        let mut command = Command::cargo_bin("conlab").expect("it is built with the tests");
        let run = command.current_dir(folder.path()).args(words).output().expect("it runs");
        String::from_utf8(run.stdout).expect("it prints text")
    };
    conlab(&["run", scenario.to_str().expect("it is text"), "--history", "h.jsonl"]);
    let printed = conlab(&["check", "h.jsonl"]);
    let (first, rest) = printed.split_once('\n').expect("it prints lines");
    let (what, _) = first.split_once("; read in ").expect("it says how long it took");
    format!("{what}; read in 0.20 ms, checked in 0.30 ms\n{}", rest.trim_end())
}

/// The page with every marked block filled, and how many there are.
fn filled(page: &Path) -> (String, String, usize) {
    let text = fs::read_to_string(page).expect("the page can be read");
    let (mut out, mut blocks) = (Vec::new(), 0);
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        out.push(line.to_string());
        let Some(content) = named(line) else { continue };
        assert_eq!(lines.next(), Some("```"), "{}: a block follows {line}", page.display());
        lines.by_ref().find(|line| *line == "```").expect("the block ends");
        out.extend(["```".to_string(), content, "```".to_string()]);
        blocks += 1;
    }
    (text, out.join("\n") + "\n", blocks)
}

#[test]
fn every_output_shown_is_that_of_a_scenario() {
    let mut blocks = 0;
    for page in pages() {
        let (text, filled, found) = filled(&page);
        blocks += found;
        if std::env::var("DOCS_RECORD").is_ok() {
            fs::write(&page, &filled).expect("the page can be written");
        } else if let Some((line, (is, should))) =
            text.lines().zip(filled.lines()).enumerate().find(|(_, (is, should))| is != should)
        {
            let page = page.display();
            panic!(
                "{page}:{}: is `{is}`, the scenario has `{should}`; DOCS_RECORD=1 cargo test --test docs",
                line + 1
            );
        }
        assert!(
            std::env::var("DOCS_RECORD").is_ok() || text == filled,
            "{}: a block is cut short",
            page.display()
        );
    }
    assert!(blocks > 0, "no page shows a scenario");
}
