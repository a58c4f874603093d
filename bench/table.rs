//! Tables for people.

use super::compare::Change;
use super::judge::{Goal, Verdict};
use super::latency::REFERENCE;
use super::results::{Results, Row};
use super::subject::{Operation, Subject};
use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};
use conlab::plot::Unit;
use conlab::stats::{median, wilson};

/// A line under the header, and no other.
const RULED: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// Builds a table whose first `words` columns are words, and all others numbers.
pub fn table(title: &str, header: &[&str], words: usize, rows: Vec<Vec<String>>) -> Option<String> {
    if rows.is_empty() {
        return None;
    }
    let mut table = Table::new();
    table.load_style(RULED).set_header(header.to_vec());
    for (number, column) in table.column_iter_mut().enumerate() {
        if number >= words {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.add_rows(rows);
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_string()).collect();
    Some(format!("{title}\n\n{}\n", lines.join("\n")))
}

/// The rows that `command` has measured.
pub fn rows(results: &Results, command: &str, title: &str) -> Option<String> {
    let header = [
        "level",
        "op",
        "servers",
        "clients",
        "",
        "mean ± σ",
        "p50",
        "tail",
        "per second",
        "× floor",
        "floor",
        "msgs/op",
        "bytes/op",
    ];
    let row = |row: &Row| {
        let tail = row.latency.highest().filter(|tail| tail.percent > 50.0);
        let (mean, deviation) = (row.latency.mean_us, row.latency.deviation_us);
        vec![
            row.subject.to_string(),
            row.operation.to_string(),
            row.servers.to_string(),
            row.clients.to_string(),
            row.condition.clone().unwrap_or_default(),
            format!("{} ± {}", Unit::Micros.shown(mean), Unit::Micros.shown(deviation)),
            Unit::Micros.shown(row.p50()),
            tail.map_or(String::new(), |tail| {
                format!("p{} {}", tail.percent, Unit::Micros.shown(tail.us))
            }),
            if row.per_second.is_empty() {
                String::new()
            } else {
                format!("{:.0}", row.throughput())
            },
            against(row).map_or(String::new(), |ratio| format!("{ratio:.2}")),
            row.floor.map_or(String::new(), |floor| floor.to_string()),
            row.messages.map_or(String::new(), |messages| format!("{messages:.1}")),
            row.bytes.map_or(String::new(), |bytes| format!("{bytes:.0}")),
        ]
    };
    let rows: Vec<_> = results.of(command).map(row).collect();
    let note = "× floor: of the median latency with one client, of the throughput with more.\n";
    table(title, &header, 2, rows).map(|text| text + note)
}

/// The ratio to the floor that counts: of latencies for one client, of throughput for more.
pub fn against(row: &Row) -> Option<f64> {
    median(if row.clients == 1 { &row.latency_ratio } else { &row.throughput_ratio })
}

/// The reference's published latencies beside ours.
pub fn reference(results: &Results) -> Option<String> {
    let ours = |level, operation| {
        results
            .of("latency")
            .find(|row| (row.subject, row.operation) == (Subject::Level(level), operation))
    };
    let line = |(system, set, get)| {
        let pair = |operation, published: f64| {
            let ours = ours(system, operation)?;
            let times = published * 1e3 / ours.latency.mean_us;
            Some([
                format!("{published} ms"),
                Unit::Micros.shown(ours.latency.mean_us),
                format!("{times:.0} ×"),
            ])
        };
        let cells = [pair(Operation::Set, set)?, pair(Operation::Get, get)?].concat();
        Some([vec![system.to_string()], cells].concat())
    };
    let rows: Vec<_> = REFERENCE.into_iter().filter_map(line).collect();
    let header = ["level", "SET, reference", "ours", "", "GET, reference", "ours", ""];
    let title = "Mean latency beside the reference's, as published; its caption says that those include its polls and start-up";
    table(title, &header, 1, rows)
}

/// How often reads see writes.
pub fn visibility(results: &Results) -> Option<String> {
    let row = |one: &super::results::Visibility| {
        let interval = wilson(one.fresh, one.reads);
        vec![
            one.subject.to_string(),
            one.how.clone(),
            Unit::Micros.shown(one.after_us),
            one.reads.to_string(),
            format!("{:.1} %", one.fresh as f64 * 100.0 / one.reads.max(1) as f64),
            format!("{:.1}–{:.1} %", interval.low * 100.0, interval.high * 100.0),
            format!("{:.2}", one.mean_behind),
            one.most_behind.to_string(),
        ]
    };
    let header = [
        "level",
        "how",
        "after",
        "reads",
        "fresh",
        "95 % interval",
        "versions behind, mean",
        "most",
    ];
    table(
        "Reads elsewhere that see the last write",
        &header,
        2,
        results.visibility.iter().map(row).collect(),
    )
}

/// How long causal reads wait.
pub fn waiting(results: &Results) -> Option<String> {
    let row = |one: &super::results::Waiting| {
        let tail = one.latency.highest();
        vec![
            one.how.clone(),
            one.servers.to_string(),
            one.reads.to_string(),
            format!("{:.1} %", one.waited as f64 * 100.0 / one.reads.max(1) as f64),
            one.latency.at(50.0).map_or(String::new(), |us| Unit::Micros.shown(us)),
            tail.map_or(String::new(), |tail| {
                format!("p{} {}", tail.percent, Unit::Micros.shown(tail.us))
            }),
        ]
    };
    let header = ["how", "servers", "reads", "waited", "wait, p50", "tail"];
    table(
        "Causal GETs elsewhere, right after the client's own SET",
        &header,
        1,
        results.waiting.iter().map(row).collect(),
    )
}

/// How fast it must be.
pub fn goals(results: &Results) -> Option<String> {
    let row = |goal: &Goal| {
        let sign = if goal.less_is_better { '≤' } else { '≥' };
        let verdict = match goal.verdict {
            Verdict::Pass if goal.stretched() => "pass, stretch too",
            Verdict::Pass => "pass",
            Verdict::Short => "short",
        };
        vec![
            goal.work.clone(),
            goal.measure.clone(),
            number(goal.value),
            goal.interval.map_or(String::new(), |range| {
                format!("{} to {}", number(range.low), number(range.high))
            }),
            format!("{sign} {}", number(goal.limit)),
            verdict.to_string(),
        ]
    };
    let header = ["work", "measure", "median", "95 % of the mean", "goal", "verdict"];
    table("How fast", &header, 2, results.goals.iter().map(row).collect())
}

/// A number with as many digits as say something.
pub fn number(value: f64) -> String {
    if value.abs() >= 1000.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

/// Rows before and after.
pub fn changes(changes: &[Change]) -> String {
    let row = |change: &Change| {
        let range = change.interval.map(|range| format!("{:.2} to {:.2}", range.low, range.high));
        let word = match change.interval {
            _ if change.regressed => "worse",
            Some(range) if range.high < 1.0 => "better",
            _ => "",
        };
        vec![
            change.name.clone(),
            change.of.to_string(),
            format!("{:.2}", change.ratio),
            range.unwrap_or_default(),
            word.to_string(),
        ]
    };
    let header = ["row", "cost in", "after / before", "95 % interval", ""];
    table("Cost after and before", &header, 2, changes.iter().map(row).collect())
        .unwrap_or_default()
}
