//! What agrees between a run and its repetition, in words: for runs that do not come back to the byte.

use super::runs;
use crate::files::read_text;
use serde_json::Value as Json;
use std::path::Path;

/// What of a run is compared: how it is called, and where it stands in results.json.
const COMPARED: [(&str, &str); 8] = [
    ("verdict", "/verdict"),
    ("what broke", "/broken"),
    ("operations", "/operations"),
    ("lost writes", "/writes/lost"),
    ("fault windows", "/fault_windows/number"),
    ("seeds", "/runs"),
    ("messages", "/messages"),
    ("unknown", "/unknown"),
];

/// A line for each thing that is compared. The load is the same by its seed; when real servers answer is not.
pub fn compared(before: &Path, after: &Path) -> Result<Vec<String>, String> {
    let (old, new) = (results(before)?, results(after)?);
    let mut lines = vec![format!("compared with {}:", before.display())];
    let mut put = |same: bool, what: String| {
        lines.push(format!("  {}  {what}", if same { "same   " } else { "differs" }));
    };
    if let (Some(old), Some(new)) = (faults(before), faults(after)) {
        let (count, now) = (old.len().to_string(), new.len().to_string());
        let same = old == new;
        let order = if same || count != now { "" } else { ", but not the same ones" };
        put(same, told("faults", &count, &now) + order);
    }
    for (name, place) in COMPARED {
        if let (Some(old), Some(new)) = (old.pointer(place), new.pointer(place))
            && (*old != 0 || *new != 0)
        {
            put(old == new, told(name, &shown(old), &shown(new)));
        }
    }
    Ok(lines)
}

fn told(name: &str, old: &str, new: &str) -> String {
    if old == new { format!("{name}: {new}") } else { format!("{name}: {old} then, {new} now") }
}

fn results(folder: &Path) -> Result<Json, String> {
    let path = folder.join(runs::RESULTS);
    let wrong = |error: &dyn std::fmt::Display| format!("cannot read {}: {error}", path.display());
    let text = read_text(&path).map_err(|error| wrong(&error))?;
    serde_json::from_str(&text).map_err(|error| wrong(&error))
}

/// What broke and was mended, in its order; `None` where no run is kept whole.
fn faults(folder: &Path) -> Option<Vec<String>> {
    let text = read_text(&folder.join(runs::FAULTS)).ok()?;
    let fault = |line: &str| {
        let line: Json = serde_json::from_str(line).ok()?;
        line["fault"].as_str().map(str::to_string)
    };
    Some(text.lines().filter_map(fault).collect())
}

/// A value of the results on one line.
fn shown(value: &Json) -> String {
    match value {
        Json::Null => "nothing".to_string(),
        Json::String(text) => text.clone(),
        Json::Array(items) if items.is_empty() => "none".to_string(),
        Json::Array(items) => format!("{}: {}", items.len(), joined(items.iter().map(shown))),
        Json::Object(fields) => {
            joined(fields.iter().map(|(name, value)| format!("{} {name}", shown(value))))
        }
        other => other.to_string(),
    }
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::fs;

    #[test]
    fn what_agrees_and_what_does_not_is_said() {
        let folders = [(); 2].map(|()| tempfile::tempdir().expect("there is room"));
        let run = |number: usize, ok: u64, fault: &str| {
            let folder = folders[number].path();
            let results = json!({ "verdict": "valid", "operations": { "ok": ok, "failed": 0 } });
            let fault = json!({ "time": number, "fault": fault });
            fs::write(folder.join(runs::RESULTS), results.to_string()).expect("it can be written");
            fs::write(folder.join(runs::FAULTS), format!("{fault}\n")).expect("it can be written");
        };
        run(0, 90, "kill 1");
        run(1, 91, "kill 1");
        let lines = compared(folders[0].path(), folders[1].path()).expect("both can be read");
        assert_eq!(
            lines[1..],
            [
                "  same     faults: 1",
                "  same     verdict: valid",
                "  differs  operations: 0 failed, 90 ok then, 0 failed, 91 ok now"
            ]
        );
        run(1, 91, "kill 2");
        let lines = compared(folders[0].path(), folders[1].path()).expect("both can be read");
        assert_eq!(lines[1], "  differs  faults: 1, but not the same ones");
        assert!(compared(folders[0].path(), Path::new("nowhere")).is_err());
    }
}
