//! The charts of the log: what an append costs for each write concern, and what kills take.

use super::Losses;
use super::concern::MANY;
use crate::output::{caption, repetitions};
use crate::results::{Mode, Results, Row};
use crate::subject::{LOGS, Operation, Subject};
use crate::table::against;
use conlab::plot::{Axis, BarSeries, Content, Figure, Panel, Point, Scale, Series, Unit};

/// The charts of this command.
pub fn figures(results: &Results) -> Vec<(&'static str, Figure)> {
    let cost = cost(results).map(|figure| ("log-concern", figure));
    let losses = losses(results).map(|figure| ("log-loss", figure));
    cost.into_iter().chain(losses).collect()
}

fn cost(results: &Results) -> Option<Figure> {
    let rows: Vec<&Row> = results.of("log").filter(|row| row.mode == Mode::Closed).collect();
    let servers = rows.first()?.servers;
    let words = format!(
        "{servers} server processes, all clients at the master, {}; the thin lines reach from the median to the 95th percentile. Echo and \
         chain are the same at each w: an append with w = 1 stands on an echo, others on a chain.",
        repetitions(&rows)
    );
    let panel = |heading: String, clients: u32, y: Axis, point: fn(f64, &Row) -> Point| Panel {
        heading,
        x: Axis::new(
            "write concern w: so many servers must have the message",
            Scale::Linear,
            Unit::Count,
        )
        .with_ticks((1..=servers).map(f64::from).collect()),
        y,
        content: Content::Lines(lines(&rows, servers, clients, point)),
    };
    Some(Figure {
        title: finding(&rows, servers),
        caption: caption(results, &words),
        panels: vec![
            panel(
                "One client: latency".to_string(),
                1,
                Axis::new("latency, median (log scale)", Scale::Log, Unit::Micros),
                |w, row| Point {
                    x: w,
                    y: row.p50(),
                    range: row.latency.at(95.0).map(|high| (row.p50().min(high), high)),
                },
            ),
            panel(
                format!("{MANY} clients: throughput"),
                MANY,
                Axis::new("appends per second (log scale)", Scale::Log, Unit::Count),
                |w, row| Point::at(w, row.throughput()),
            ),
        ],
    })
}

/// A line for each floor, level through all write concerns, and one for each log.
fn lines(rows: &[&Row], servers: u32, clients: u32, point: fn(f64, &Row) -> Point) -> Vec<Series> {
    let subjects = [Subject::Echo, Subject::Chain].into_iter().chain(LOGS);
    let line = |subject: Subject| {
        let at = |w: u32| {
            let operation =
                if subject.is_cluster() { Operation::Append(w) } else { Operation::Call };
            find(rows, subject, operation, clients).map(|row| point(f64::from(w), row))
        };
        Series { name: subject.to_string(), points: (1..=servers).filter_map(at).collect() }
    };
    subjects.map(line).collect()
}

fn find<'a>(
    rows: &[&'a Row],
    subject: Subject,
    operation: Operation,
    clients: u32,
) -> Option<&'a Row> {
    let wanted = (subject, operation, clients);
    rows.iter().find(|row| (row.subject, row.operation, row.clients) == wanted).copied()
}

fn finding(rows: &[&Row], servers: u32) -> String {
    let ratio = |subject, w, clients| {
        let row = find(rows, subject, Operation::Append(w), clients);
        row.and_then(against).map_or("?".to_string(), |ratio| format!("{ratio:.1} ×"))
    };
    format!(
        "One client's append to all {servers} servers takes {} the bare chain of calls, {} on disk; {MANY} clients get {} and {} the \
         chain's throughput",
        ratio(LOGS[0], servers, 1),
        ratio(LOGS[1], servers, 1),
        ratio(LOGS[0], servers, MANY),
        ratio(LOGS[1], servers, MANY),
    )
}

fn losses(results: &Results) -> Option<Figure> {
    let first = results.losses.first()?;
    let ways = [("simulated", "Simulated"), ("live", "Live: server processes, kill -9")];
    let panels: Vec<Panel> =
        ways.into_iter().filter_map(|(how, heading)| loss_panel(results, how, heading)).collect();
    let kills: Vec<String> = ways
        .iter()
        .filter_map(|(how, _)| {
            let one = results.losses.iter().find(|one| one.how == *how)?;
            Some(format!("{} {how} kills", one.kills))
        })
        .collect();
    let words = format!(
        "{} servers, {} for each bar; 16 clients append until the master and all servers but one are killed at once; links from \
         the master take 5 ms and more; the cluster tolerates {} servers without memory.",
        first.servers,
        kills.join(" and "),
        first.servers - 1
    );
    Some(Figure { title: loss_finding(results), caption: caption(results, &words), panels })
}

fn loss_panel(results: &Results, how: &str, heading: &str) -> Option<Panel> {
    let mine: Vec<&Losses> = results.losses.iter().filter(|one| one.how == how).collect();
    let servers = mine.first()?.servers;
    let bars = |subject: Subject| {
        let value = |w| mine.iter().find(|one| (one.subject, one.w) == (subject, w));
        BarSeries {
            name: subject.to_string(),
            values: (1..=servers).map(|w| value(w).map(|one| one.mean())).collect(),
        }
    };
    Some(Panel {
        heading: heading.to_string(),
        x: Axis::new(
            "write concern w: so many servers must have the message",
            Scale::Linear,
            Unit::Count,
        ),
        y: Axis::new("acknowledged appends lost, mean of a kill", Scale::Linear, Unit::Count),
        content: Content::Bars(
            (1..=servers).map(|w| format!("w = {w}")).collect(),
            LOGS.map(bars).to_vec(),
        ),
    })
}

fn loss_finding(results: &Results) -> String {
    let of = |subject: Subject, w: u32| {
        let mut mine = results.losses.iter().filter(|one| (one.subject, one.w) == (subject, w));
        mine.next().map_or("?".to_string(), |one| Unit::Count.shown(one.mean()))
    };
    let servers = results.losses.first().map_or(1, |one| one.servers);
    format!(
        "Killing all servers but one takes {} acknowledged appends with w = 1 from a log in memory, {} with w = {servers}; \
         from a log on disk it takes {}",
        of(LOGS[0], 1),
        of(LOGS[0], servers),
        of(LOGS[1], 1),
    )
}
