//! The outputs in docs/ are those of the scenarios: each marked block is the script or the trace of its file.
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
