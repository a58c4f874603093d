//! What a trial says to a person, and to a program.

use super::judge::{Broken, Judgement};
use super::measure::Figures;
use super::nemesis;
use super::plan::Plan;
use super::{Trial, run::Deed};
use crate::check::Verdict;
use crate::stats::Summary;
use serde_json::{Value as Json, json};
use std::fmt::Write;
use std::time::Duration;

/// So many lost writes are named.
const MOST_NAMED: usize = 5;

/// The report, without the commands around it.
pub fn text(plan: &Plan, trial: &Trial) -> String {
    let (about, figures) = (plan.system.about(), &trial.figures);
    let mut text = format!(
        "{}, {}, {} ({}), {}, links {}\n",
        plan.system,
        counted(plan.servers.into(), "server"),
        counted(plan.clients.into(), "client"),
        plan.sessions,
        counted(plan.keys.into(), "key"),
        plan.links
    );
    let _ = writeln!(text, "claim        {} for clients: {}", about.model, about.clients);
    let _ = writeln!(text, "faults       {}", broke(plan, trial));
    for beyond in plan.beyond_the_claim() {
        let _ = writeln!(text, "note         the claim does not cover {beyond}");
    }
    text.push('\n');
    judgement(&mut text, &trial.judgement);
    text.push('\n');
    costs(&mut text, plan, figures);
    text
}

/// A number of things: `1 key`, `5 keys`.
pub fn counted(number: u64, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

/// How often what broke.
fn broke(plan: &Plan, trial: &Trial) -> String {
    let faults = trial.done.deeds.iter().filter(|deed| matches!(deed, Deed::Broke { .. })).count();
    match plan.faults.is_empty() {
        true => "none".to_string(),
        false => format!("{faults} of {}", nemesis::names(&plan.faults).replace(',', ", ")),
    }
}

/// What held and what broke, and the counterexamples.
fn judgement(text: &mut String, judgement: &Judgement) {
    let mut row = |sign: char, what: &str, more: String| {
        let _ = writeln!(text, "{}", format!("{sign} {what:<18} {more}").trim_end());
    };
    let verdict = |verdict: &Verdict| match verdict {
        Verdict::Valid => ('✓', "held".to_string()),
        Verdict::Invalid(found) => ('✗', found.summary.clone()),
        Verdict::Unknown(reason) => ('?', reason.clone()),
    };
    let (sign, more) = verdict(&judgement.claim);
    row(sign, judgement.model.name(), more);
    let (sign, more) = match verdict(&judgement.convergence) {
        ('✓', _) => ('✓', "all servers agree in the end".to_string()),
        other => other,
    };
    row(sign, "convergence", more);
    let (sign, more) = lost(judgement);
    row(sign, "lost writes", more);
    for verdict in [&judgement.claim, &judgement.convergence] {
        if let Some(found) = verdict.counterexample() {
            let _ = write!(text, "\n{found}");
        }
        if judgement.claim == judgement.convergence {
            break;
        }
    }
}

fn lost(judgement: &Judgement) -> (char, String) {
    let writes = &judgement.writes;
    let with_origin = match writes.lost_with_origin {
        0 => String::new(),
        number => format!("; {number} went with the memory of the server that acknowledged them"),
    };
    let all = writes.acknowledged;
    match writes.lost.len() {
        0 => ('✓', format!("none of {all} acknowledged{with_origin}")),
        number => {
            let named: Vec<&str> =
                writes.lost.iter().take(MOST_NAMED).map(String::as_str).collect();
            let more = if number > MOST_NAMED { ", …" } else { "" };
            let sign = if writes.durable { '✗' } else { '!' };
            (
                sign,
                format!("{number} of {all} acknowledged: {}{more}{with_origin}", named.join(", ")),
            )
        }
    }
}

fn costs(text: &mut String, plan: &Plan, figures: &Figures) {
    let Figures { ok, failed, unknown, .. } = figures;
    let all = figures.operations();
    let _ = writeln!(text, "operations   {all}: {ok} ok, {failed} failed, {unknown} unknown");
    let _ = writeln!(text, "rate         {}", rate(plan, figures));
    let (times, broken) = figures.windows;
    let _ = writeln!(
        text,
        "available    {} while all was well, {} while something was broken ({}, {} of {})",
        share(figures.calm),
        share(figures.troubled),
        counted(times, "time"),
        seconds(broken),
        seconds(figures.length),
    );
    let _ = writeln!(text, "latency ms   reads {}", percentiles(&figures.reads));
    let _ = writeln!(text, "             writes {}", percentiles(&figures.writes));
    if let Some(each) = figures.messages_per_operation() {
        let _ = writeln!(
            text,
            "messages     {}, {each:.1} for each acknowledged operation{}",
            figures.messages,
            speed(figures)
        );
    }
    let (longest, from) = figures.standstill;
    let _ = writeln!(
        text,
        "standstill   {} without an acknowledgement, from {} on",
        seconds(longest),
        seconds(from)
    );
}

/// How many asked a second, and how many found every client waiting: then it was less than what was asked for.
fn rate(plan: &Plan, figures: &Figures) -> String {
    let rate = format!("{:.1} a second of {}", figures.rate(), plan.rate);
    match figures.turned_away {
        0 => rate,
        number => format!(
            "{rate}; {number} more came while all {} clients waited, and were not asked (see --clients)",
            plan.clients
        ),
    }
}

/// How fast the simulator was: the one figure of a simulated run that differs from time to time.
fn speed(figures: &Figures) -> String {
    match figures.messages_per_second() {
        Some(speed) => {
            format!("; simulated and recorded at {:.2} million a second of one core", speed / 1e6)
        }
        None => String::new(),
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

fn share((ok, all): (u64, u64)) -> String {
    match all {
        0 => "–".to_string(),
        _ => format!("{:.1} %", 100.0 * ok as f64 / all as f64),
    }
}

fn percentiles(summary: &Summary) -> String {
    if summary.samples == 0 {
        return "none".to_string();
    }
    let told = summary.percentiles.iter();
    let told = told.map(|one| format!("p{} {:.2}, ", one.percent, one.us / 1e3));
    format!("{}most {:.2}", told.collect::<String>(), summary.most_us / 1e3)
}

/// The same for a program.
pub fn json(plan: &Plan, trial: &Trial) -> Json {
    let (judgement, figures) = (&trial.judgement, &trial.figures);
    let available = |(ok, all): (u64, u64)| json!({ "ok": ok, "of": all });
    json!({
        "system": plan.system,
        "claim": plan.system.about().model,
        "model": judgement.model.name(),
        "seed": plan.seed,
        "verdict": judgement.word(),
        "broken": judgement.broken().map(|broken| match broken {
            Broken::Model(model) => model.name(),
            Broken::Durability => "durability",
        }),
        "beyond_the_claim": plan.beyond_the_claim(),
        "claim_verdict": verdict(&judgement.claim),
        "convergence": verdict(&judgement.convergence),
        "writes": {
            "acknowledged": judgement.writes.acknowledged,
            "lost": judgement.writes.lost,
            "lost_with_origin": judgement.writes.lost_with_origin,
        },
        "operations": {
            "ok": figures.ok, "failed": figures.failed, "unknown": figures.unknown,
        },
        "available": { "calm": available(figures.calm), "troubled": available(figures.troubled) },
        "fault_windows": { "number": figures.windows.0, "ms": millis(figures.windows.1) },
        "length_ms": millis(figures.length),
        "latency": { "reads": figures.reads, "writes": figures.writes },
        "rate": { "asked_for": plan.rate, "had": figures.rate(), "turned_away": figures.turned_away },
        "messages": figures.messages,
        "messages_per_second": figures.messages_per_second(),
        "messages_per_operation": figures.messages_per_operation(),
        "standstill_ms": millis(figures.standstill.0),
    })
}

fn millis(time: Duration) -> f64 {
    time.as_micros() as f64 / 1e3
}

fn verdict(verdict: &Verdict) -> Json {
    match verdict {
        Verdict::Valid => json!({ "verdict": "valid" }),
        Verdict::Unknown(reason) => json!({ "verdict": "unknown", "reason": reason }),
        Verdict::Invalid(found) => json!({
            "verdict": "invalid",
            "reason": found.summary,
            "counterexample": found.to_string(),
            "lines": found.lines(),
        }),
    }
}
