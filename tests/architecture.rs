//! Imports run one way, and the lower layers stay free of clocks, threads, sockets and logs.
//!
//! ```text
//! session, random ← process ← {timers, store, faults} ← {order, log} ← systems ← {sim, net} ← scenario ← trial ← cli ← main
//! process ← history ← check ← scenario
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// For each module, what it may import of this crate.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("session", &[]),
    ("random", &[]),
    ("nearest", &[]),
    ("say", &[]),
    ("window", &[]),
    ("lines", &["say"]),
    ("files", &[]),
    ("process", &["say", "nearest", "session", "random"]),
    ("timers", &["session", "random", "process"]),
    ("store", &["session", "random", "process"]),
    ("faults", &["say", "nearest", "session", "random", "process"]),
    ("order", &["say", "window", "session", "random", "process", "timers", "store"]),
    ("log", &["say", "process"]),
    ("systems", &["nearest", "session", "random", "process", "timers", "store", "order", "log"]),
    (
        "sim",
        &["say", "window", "session", "random", "process", "timers", "store", "faults", "systems"],
    ),
    ("net", &["session", "random", "process", "timers", "store", "faults", "systems"]),
    (
        "scenario",
        &[
            "files", "session", "random", "process", "faults", "systems", "sim", "net", "history",
            "check",
        ],
    ),
    (
        "trial",
        &[
            "say", "lines", "window", "nearest", "session", "random", "process", "order", "log",
            "faults", "systems", "sim", "net", "scenario", "history", "check", "stats",
        ],
    ),
    ("config", &["nearest", "files", "session", "random", "process", "faults", "systems", "net"]),
    ("picker", &["systems"]),
    ("stats", &[]),
    ("plot", &["stats"]),
    ("history", &["say", "session", "random", "process"]),
    ("check", &["nearest", "random", "history"]),
];

/// What stands at the top may import everything, and nothing may import it.
const TOP: &[&str] = &["cli", "main", "lib", "bin"];

/// Modules on which replay relies: nothing in them may name these words.
const PURE: &[&str] = &[
    "session", "random", "process", "timers", "store", "faults", "order", "log", "systems", "sim",
];
const IMPURE: &[&str] = &[
    "tokio",
    "jsonrpsee",
    "tracing",
    "Instant",
    "SystemTime",
    "HashMap",
    "HashSet",
    "println!",
    "eprintln!",
    "std::thread",
    "std::net",
    "std::fs",
];

/// Words that only some modules may name. Of the scenarios only the live stage needs tokio.
const KEPT_IN: &[(&str, &[&str])] =
    &[("jsonrpsee", &["net"]), ("tokio", &["net", "scenario", "trial", "cli", "main"])];

struct Source {
    module: String,
    path: PathBuf,
    /// The code, without comments.
    code: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the folder is there") {
            let path = entry.expect("the entry can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources.push(source(&root, &path));
            }
        }
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}

fn source(root: &Path, path: &Path) -> Source {
    let inside = path.strip_prefix(root).expect("it lies under src");
    let first = inside.components().next().expect("it has a name").as_os_str();
    let module = first.to_string_lossy().trim_end_matches(".rs").to_string();
    let text = fs::read_to_string(path).expect("it is text");
    let code: Vec<&str> =
        text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
    Source { module, code: code.join("\n"), path: inside.to_path_buf() }
}

/// The modules of this crate that the code names: `crate::process::…`, `use crate::{faults, sim::…}`.
fn imports(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for after in code.split("crate::").skip(1) {
        match after.strip_prefix('{') {
            Some(group) => found.extend(names_of_group(group)),
            None => found.extend(first_name(after)),
        }
    }
    found
}

fn first_name(text: &str) -> Option<String> {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    (end > 0).then(|| text[..end].to_string())
}

fn names_of_group(group: &str) -> Vec<String> {
    let mut depth = 0;
    let mut names = vec![String::new()];
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(String::new()),
            c => names.last_mut().expect("it is never empty").push(c),
        }
    }
    names.iter().filter_map(|text| first_name(text.trim())).collect()
}

#[test]
fn imports_run_one_way() {
    let rules: BTreeMap<&str, &[&str]> = MAY_IMPORT.iter().copied().collect();
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| !TOP.contains(&source.module.as_str())) {
        let allowed = rules.get(source.module.as_str()).copied().unwrap_or_default();
        for import in imports(&source.code) {
            let module = rules.contains_key(import.as_str()) || TOP.contains(&import.as_str());
            if module && import != source.module && !allowed.contains(&import.as_str()) {
                wrong.push(format!("{} imports {import}", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "imports run one way, see the table in this file: {wrong:#?}");
}

#[test]
fn every_module_has_its_place() {
    let placed = |module: &str| {
        MAY_IMPORT.iter().any(|(placed, _)| *placed == module) || TOP.contains(&module)
    };
    let modules: BTreeSet<String> = sources().into_iter().map(|source| source.module).collect();
    let lost: Vec<&String> = modules.iter().filter(|module| !placed(module)).collect();
    assert!(lost.is_empty(), "give these modules a place in the table of this file: {lost:?}");
}

#[test]
fn what_must_replay_names_no_clock_socket_or_log() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| PURE.contains(&source.module.as_str())) {
        for word in IMPURE.iter().filter(|word| source.code.contains(**word)) {
            wrong.push(format!("{} names {word}", source.path.display()));
        }
    }
    assert!(wrong.is_empty(), "this belongs to the drivers: {wrong:#?}");
}

#[test]
fn sockets_and_tasks_stay_where_they_belong() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (word, places) in KEPT_IN {
            let allowed = places.iter().any(|place| source.path.starts_with(place));
            if source.code.contains(word) && !allowed {
                wrong.push(format!("{} names {word}", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "only some places may name these: {wrong:#?}");
}

/// The bench driver uses the library as anyone could; bare JSON-RPC is named only where the floor is.
#[test]
fn the_bench_driver_measures_the_library_from_outside() {
    let bench = Path::new(env!("CARGO_MANIFEST_DIR")).join("bench");
    let mut folders = vec![bench.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the folder is there") {
            let path = entry.expect("the entry can be read").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).expect("it is text");
            let inside = path.strip_prefix(&bench).expect("it lies under bench");
            let bare = inside.starts_with("floor") || inside == Path::new("caller.rs");
            assert!(
                bare || !text.contains("use jsonrpsee"),
                "{} names jsonrpsee",
                inside.display()
            );
        }
    }
}

#[test]
fn groups_of_imports_are_read() {
    let code = "use crate::process::Op;\nuse crate::{faults, sim::{Sim, Loss}, net};";
    let found: Vec<String> = imports(code).into_iter().collect();
    assert_eq!(found, ["faults", "net", "process", "sim"]);
}
