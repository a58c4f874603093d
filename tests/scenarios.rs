//! Every scenario under test-cases/ plays as recorded, and twice the same.

use conlab::scenario::{RunOptions, load, run};
use std::fs;
use std::path::{Path, PathBuf};

fn scenarios() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from("test-cases")]; // tests run in the package's folder
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the folder is there") {
            let path = entry.expect("the entry can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "scn") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// What is wrong with a scenario, if anything is.
fn complaint(path: &Path) -> Option<String> {
    let options = RunOptions::default();
    let (first, again) = match (run(path, &options), run(path, &options)) {
        (Ok(first), Ok(again)) => (first, again),
        (Err(error), _) | (_, Err(error)) => return Some(error.to_string()),
    };
    if first != again {
        return Some(format!("{} plays differently the second time", path.display()));
    }
    (!first.passed).then(|| format!("{}\n{}", path.display(), first.text))
}

#[test]
fn every_scenario_plays_as_recorded_and_twice_the_same() {
    let scenarios = scenarios();
    assert!(!scenarios.is_empty(), "test-cases/ holds scenarios");
    let complaints: Vec<String> = scenarios.iter().filter_map(|path| complaint(path)).collect();
    assert!(
        complaints.is_empty(),
        "{} of {} scenarios fail; where the change is wanted: conlab run --record FILE\n\n{}",
        complaints.len(),
        scenarios.len(),
        complaints.join("\n")
    );
}

#[test]
fn every_scenario_says_its_claim_first_and_is_recorded() {
    for path in scenarios() {
        let scenario = load(&path).expect("it is well formed");
        let name = path.display();
        assert!(scenario.script.starts_with("# "), "{name}: the first line says the claim");
        assert!(scenario.recording.is_some(), "{name}: record it with conlab run --record {name}");
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let plain = stem.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        assert!(plain, "{name}: a claim as a file name has only a-z, 0-9 and _");
        let folder = path.parent().and_then(Path::file_name).and_then(|name| name.to_str());
        assert_eq!(folder, Some(scenario.cluster.system.name()), "{name}: in its system's folder");
    }
}
