//! What a run prints: the trace, one line for each request, and what failed.

use super::verdict::{held, in_words};
use super::{Checked, Ended, Played, Report, Scenario};
use crate::faults::shown;
use similar::TextDiff;
use std::collections::BTreeMap;
use std::fmt::{self, Display, Write};

/// The width of a line.
const WIDTH: usize = 80;

/// What came of the requests and checks, against what the file wants. Shown as it stands below the trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// A table with a line for each request and check.
    pub table: String,
    /// The counterexamples of the models that break.
    pub counterexamples: String,
    /// For each expectation that failed: `test-cases/x.scn:4: wanted …, got …`.
    pub failed: Vec<String>,
    /// How many requests and checks had an expectation.
    pub expectations: usize,
}

impl Display for Judged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.table, self.counterexamples)
    }
}

/// Compares what came of a scenario with what its file wants. `within` counts only where time is `exact`.
pub fn judge(scenario: &Scenario, played: &Played, exact: bool) -> Judged {
    let requests = played.ended.iter().map(|one| (one.line, Row::of_request(one, exact)));
    let checks = played.checked.iter().map(|one| (one.line, Row::of_check(one)));
    let rows: BTreeMap<usize, Row> = requests.chain(checks).collect();
    let table: String = rows.iter().map(|(number, row)| row.shown(*number)).collect();
    let failed = rows.iter().filter_map(|(number, row)| {
        let (path, wrong) = (&scenario.path, row.wrong.as_ref()?);
        Some(format!("{path}:{number}: {wrong}"))
    });
    let found = played.checked.iter().filter_map(|one| one.finding.shown());
    Judged {
        table: format!("line  request                           took ms  answer\n{table}"),
        counterexamples: found.map(|found| format!("\n{found}")).collect(),
        failed: failed.collect(),
        expectations: rows.values().filter(|row| row.wanted.is_some()).count(),
    }
}

/// A line of the table.
struct Row {
    what: String,
    took: String,
    got: String,
    wanted: Option<String>,
    /// What is wrong, if what was wanted did not come.
    wrong: Option<String>,
}

impl Row {
    fn of_request(one: &Ended, exact: bool) -> Self {
        let (what, took, got) = (one.request.to_string(), millis(one), one.outcome.to_string());
        let wanted = one.request.want.as_ref().map(in_words);
        let failed = wanted.as_ref().filter(|_| !held(one, exact));
        let wrong = failed.map(|wanted| format!("wanted {wanted}, got {got} after {took}ms"));
        Row { what, took, got, wanted, wrong }
    }

    fn of_check(one: &Checked) -> Self {
        let (property, got) = (one.check.property, one.finding.judgement());
        let failed = one.check.want.filter(|want| *want != got);
        let reason = match one.finding.reason() {
            none if none.is_empty() => none,
            reason => format!(": {reason}"),
        };
        Row {
            what: format!("check {property}"),
            took: String::new(),
            got: got.to_string(),
            wanted: one.check.want.map(|want| want.to_string()),
            wrong: failed.map(|want| format!("wanted {property} {want}, got {got}{reason}")),
        }
    }

    fn shown(&self, number: usize) -> String {
        let (sign, wanted) = match (&self.wanted, &self.wrong) {
            (None, _) => (' ', String::new()),
            (Some(_), None) => ('✓', String::new()),
            (Some(wanted), Some(_)) => ('✗', format!(" (wanted {wanted})")),
        };
        let (what, took, got) = (cut(&self.what, 30), &self.took, &self.got);
        let line = format!("{number:>4}  {what:<30}  {took:>9}  {sign} {got}{wanted}");
        format!("{}\n", cut(line.trim_end(), WIDTH))
    }
}

fn millis(one: &Ended) -> String {
    format!("{:.2}", one.took.as_secs_f64() * 1e3)
}

fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_string();
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

/// What is recorded: what it ran on, the trace, and the results.
pub(super) fn output(scenario: &Scenario, seed: u64, trace: &str, judged: &Judged) -> String {
    let cluster = &scenario.cluster;
    let (link, jitter) = (shown(cluster.link), shown(cluster.jitter));
    let what = format!(
        "{}, {} servers, link {link}, jitter {jitter}, seed {seed}",
        cluster.system, cluster.servers
    );
    format!("{what}\n\n{trace}\n{judged}")
}

/// The command that plays the file again, the same way.
pub(super) fn replay(path: &str, options: &str) -> String {
    let path = shlex::try_quote(path).unwrap_or(path.into());
    format!("conlab run {path}{options}")
}

/// The whole report: the output, and whether it is what the file wants and has recorded.
pub(super) fn report(scenario: &Scenario, replay: &str, output: String, judged: &Judged) -> Report {
    let path = &scenario.path;
    let changed = scenario.recording.as_ref().filter(|recorded| **recorded != output);
    let mut text = format!("{output}\n");
    for failure in &judged.failed {
        let _ = writeln!(text, "{failure}");
    }
    if let Some(recorded) = changed {
        let diff = TextDiff::from_lines(recorded, &output);
        let _ = writeln!(text, "{}", diff.unified_diff().header("recorded", "now"));
        let _ =
            writeln!(text, "the output has changed; if it should have: conlab run --record {path}");
    }
    let passed = judged.failed.is_empty() && changed.is_none();
    let _ = writeln!(text, "{}", verdict(judged, changed.is_some()));
    let _ = writeln!(text, "replay: {replay}");
    Report { text, passed }
}

/// `passed: …` or `failed: …`; the count alone would not say that a recording is why.
fn verdict(judged: &Judged, changed: bool) -> String {
    let (all, failed) = (judged.expectations, judged.failed.len());
    let held = format!("{} of {all} expectations held", all - failed);
    match (changed, failed) {
        (true, _) => format!("failed: the output is not the recorded one; {held}"),
        (false, 0) => format!("passed: {held}"),
        (false, _) => format!("failed: {held}"),
    }
}
