//! What a run prints: the trace, one line for each request, and what failed.

use super::verdict::broken;
use super::{Ended, Report, Scenario};
use crate::faults::shown;
use similar::TextDiff;
use std::fmt::Write;

/// The width of a line.
const WIDTH: usize = 80;

/// What came of the requests, against what the file wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// A table with a line for each request.
    pub table: String,
    /// For each expectation that failed: `test-cases/x.scn:4: wanted …, got …`.
    pub failed: Vec<String>,
    /// How many requests had an expectation.
    pub expectations: usize,
}

/// Compares what came of the requests with what the file wants. `within` counts only where time is `exact`.
pub fn judge(scenario: &Scenario, ended: &[Ended], exact: bool) -> Judged {
    let mut table = "line  request                           took ms  answer\n".to_string();
    let mut failed = Vec::new();
    for one in ended {
        let wanted = broken(one, exact);
        table.push_str(&row(one, wanted.as_deref()));
        if let Some(wanted) = wanted {
            let (line, millis) = (one.line, millis(one));
            failed.push(format!(
                "{}:{line}: wanted {wanted}, got {} after {millis}ms",
                scenario.path, one.outcome
            ));
        }
    }
    let expectations = ended.iter().filter(|one| one.request.want.is_some()).count();
    Judged { table, failed, expectations }
}

fn row(one: &Ended, wanted: Option<&str>) -> String {
    let sign = match (&one.request.want, wanted) {
        (None, _) => ' ',
        (Some(_), None) => '✓',
        (Some(_), Some(_)) => '✗',
    };
    let wanted = wanted.map_or(String::new(), |wanted| format!(" (wanted {wanted})"));
    let request = cut(&one.request.to_string(), 30);
    let line = format!(
        "{:>4}  {request:<30}  {:>9}  {sign} {}{wanted}",
        one.line,
        millis(one),
        one.outcome
    );
    format!("{}\n", cut(line.trim_end(), WIDTH))
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
    format!("{what}\n\n{trace}\n{}", judged.table)
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
