//! The report of a run on one page that needs nothing else: `report.html`.

use super::timeline;
use crate::cli::check::svg;
use crate::cli::drawing::escaped;
use crate::stats::Summary;
use crate::trial::{Plan, Trial};
use std::fmt::Write;

const LOOK: &str = "\
body { font: 15px/1.5 'DejaVu Sans', system-ui, sans-serif; color: #1f2328; background: #ffffff;
  max-width: 1112px; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin-top: 2rem }
h1.valid { color: #1a7f37 } h1.invalid { color: #b3261e } h1.unknown { color: #9a6700 }
pre, code { font: 13px/1.45 'DejaVu Sans Mono', ui-monospace, monospace; background: #f6f8fa }
pre { padding: .8rem; overflow-x: auto } svg { max-width: 100%; height: auto }
table { border-collapse: collapse } td, th { padding: .2rem .9rem; text-align: right; border-bottom: 1px solid #d0d7de }";

/// What a page says, besides what the trial itself has to say.
pub struct Page<'a> {
    /// The command that runs it again.
    pub replay: &'a str,
    /// The report as a person reads it on the terminal.
    pub report: &'a str,
    /// The scenario that shows a violation, if there is one.
    pub scenario: Option<&'a str>,
    /// The files beside the page.
    pub files: &'a [String],
}

/// The page of one trial.
pub fn of_trial(plan: &Plan, trial: &Trial, page: &Page) -> String {
    let mut html = head(plan, trial.judgement.word(), page.replay);
    section(&mut html, "What held and what broke", &pre(page.report));
    for (verdict, name) in
        [(&trial.judgement.claim, "Counterexample"), (&trial.judgement.convergence, "Convergence")]
    {
        if let Some(found) = verdict.counterexample() {
            section(&mut html, name, &format!("{}{}", svg::of(found), pre(&found.to_string())));
        }
        if trial.judgement.claim == trial.judgement.convergence {
            break;
        }
    }
    if let Some(scenario) = page.scenario {
        let what = "the same violation, made smaller: <code>violation.scn</code>, played by <code>conlab run</code>";
        section(&mut html, "Smaller", &format!("<p>{what}</p>{}", pre(scenario)));
    }
    section(
        &mut html,
        "Availability and latency, and what was broken",
        &timeline::of(&trial.timeline()),
    );
    let figures = &trial.figures;
    section(
        &mut html,
        "Latency, ms",
        &latencies(&[("reads", &figures.reads), ("writes", &figures.writes)]),
    );
    let links = page.files.iter().map(|file| format!("<a href=\"{0}\">{0}</a>", escaped(file)));
    section(&mut html, "Files", &format!("<p>{}</p>", links.collect::<Vec<_>>().join(" · ")));
    html
}

/// The page of many seeds, none of which is kept whole.
pub fn of_sweep(plan: &Plan, verdict: &str, replay: &str, report: &str) -> String {
    let mut html = head(plan, verdict, replay);
    section(&mut html, "What held and what broke", &pre(report));
    html
}

fn head(plan: &Plan, verdict: &str, replay: &str) -> String {
    let (title, sign) = (format!("{}: {verdict}", plan.system), sign(verdict));
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>{title}</title>\n<style>\n{LOOK}\n</style>\n\
         <h1 class=\"{verdict}\">{sign} {title}</h1>\n<p>seed {} · again: <code>{}</code></p>\n",
        plan.seed,
        escaped(replay)
    )
}

fn sign(verdict: &str) -> char {
    match verdict {
        "valid" => '✓',
        "unknown" => '?',
        _ => '✗',
    }
}

fn section(html: &mut String, title: &str, content: &str) {
    let _ = writeln!(html, "<h2>{title}</h2>\n{content}");
}

fn pre(text: &str) -> String {
    let lines: Vec<String> = text.trim_end().lines().map(escaped).collect();
    format!("<pre>{}</pre>", lines.join("\n"))
}

/// A row for each kind of operation, a column for each percentile that some kind has.
fn latencies(rows: &[(&str, &Summary)]) -> String {
    let mut percents: Vec<f64> =
        rows.iter().flat_map(|(_, row)| row.percentiles.iter().map(|one| one.percent)).collect();
    percents.sort_by(f64::total_cmp);
    percents.dedup();
    let heads: String = percents.iter().map(|percent| format!("<th>p{percent}</th>")).collect();
    let mut html = format!("<table><tr><th></th><th>how many</th>{heads}<th>most</th></tr>\n");
    for (name, row) in rows {
        let cell = |percent: &f64| {
            let told = row.at(*percent).map(|us| format!("{:.2}", us / 1e3));
            format!("<td>{}</td>", told.unwrap_or_else(|| "–".to_string()))
        };
        let cells: String = percents.iter().map(cell).collect();
        let _ = writeln!(
            html,
            "<tr><th>{name}</th><td>{}</td>{cells}<td>{:.2}</td></tr>",
            row.samples,
            row.most_us / 1e3
        );
    }
    html + "</table>"
}
