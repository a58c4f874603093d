//! `staleness`: does a read at another server see a write that was answered a while ago, how many versions is it behind,
//! and how long does a causal read wait so that it is not?
//!
//! One trial: a client writes a few values in a row at server 2; so long after the last answer another client reads at
//! some other server, without a session. Bailis et al. (2012) call the result t-visibility. Simulated, links take a
//! millisecond and up to four more by chance, and writes are 5 ms apart so that they keep their order; live, links are
//! what the machine has.

mod live;
mod simulated;

use super::output::caption;
use super::results::{Results, Visibility, Waiting};
use super::run::Run;
use clap::Args;
use conlab::cli::Failure;
use conlab::plot::{Axis, Content, Figure, Panel, Point, Scale, Series, Unit};
use conlab::process::{NodeId, Outcome};
use conlab::random::Random;
use conlab::stats::{Latencies, wilson};
use conlab::systems::System;

/// How many servers there are.
const SERVERS: u32 = 5;
/// The writer's server.
const WRITER: NodeId = NodeId(2);
/// So many writes in a row, so that a read can be more than one version behind.
const BURST: u64 = 4;
/// When reads start, after the last answer.
const AFTER_US: [u64; 8] = [10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000];
/// The points of a cumulative curve.
const CURVE: u32 = 100;

/// How stale local reads are, and how long causal reads wait so as not to be
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conlab-bench staleness
  conlab-bench staleness --json | jq .visibility")]
pub struct Staleness {
    /// Simulated reads at each level and time
    #[arg(long, value_name = "N", default_value_t = 400, value_parser = clap::value_parser!(u32).range(1..))]
    pub reads: u32,
    /// Live reads at each level and time; 0 leaves them out
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub live_reads: u32,
}

impl Staleness {
    /// Simulates, then measures live.
    pub async fn measure(&self, run: &mut Run) -> Result<(), Failure> {
        let seed = run.common.seed;
        for system in System::LEVELS {
            run.show(&format!("{system}, simulated"));
            run.results.visibility.extend(simulated::visibility(system, seed, self.reads));
        }
        run.results.waiting.push(simulated::waiting(seed, self.reads));
        run.save()?;
        if self.live_reads > 0 { live::measure(run, self.live_reads).await } else { Ok(()) }
    }
}

/// What reads at one time saw.
#[derive(Debug, Default)]
struct Seen {
    reads: u64,
    fresh: u64,
    behind: u64,
    most_behind: u64,
}

impl Seen {
    /// A read returned `outcome` when `last` was written last; values are numbers that grow by one.
    fn read(&mut self, last: u64, outcome: &Outcome) {
        let Outcome::Got { value, .. } = outcome else { return };
        let seen: u64 = value.as_deref().and_then(|value| value.parse().ok()).unwrap_or_default();
        let behind = last.saturating_sub(seen);
        self.reads += 1;
        self.fresh += u64::from(behind == 0);
        self.behind += behind;
        self.most_behind = self.most_behind.max(behind);
    }

    fn told(&self, system: System, how: &str, after_us: u64) -> Visibility {
        Visibility {
            subject: super::subject::Subject::Level(system),
            how: how.to_string(),
            servers: SERVERS,
            after_us: after_us as f64,
            reads: self.reads,
            fresh: self.fresh,
            mean_behind: self.behind as f64 / self.reads.max(1) as f64,
            most_behind: self.most_behind,
        }
    }
}

/// Any server but the writer's.
fn elsewhere(random: &mut Random, servers: u32) -> NodeId {
    let number = random.below(u64::from(servers) - 1) as u32 + 1;
    NodeId(if number >= WRITER.0 { number + 1 } else { number })
}

fn told(how: &str, servers: u32, reads: u64, waits: &Latencies) -> Waiting {
    let curve = if waits.is_empty() { Vec::new() } else { waits.curve(CURVE) };
    Waiting {
        how: how.to_string(),
        servers,
        reads,
        waited: waits.len(),
        latency: waits.summary(),
        curve,
    }
}

/// The charts of this command.
pub fn figures(results: &Results) -> Vec<(&'static str, Figure)> {
    let mut figures = Vec::new();
    let panels: Vec<Panel> = [
        ("simulated", "Simulated: links take 1 to 5 ms"),
        ("live", "Live: processes of one machine"),
    ]
    .into_iter()
    .filter_map(|(how, heading)| panel(results, how, heading))
    .collect();
    if !panels.is_empty() {
        let words = "5 servers, a read elsewhere after 4 writes, no session; thin lines are 95 % Wilson intervals.";
        let caption = caption(results, words);
        figures.push(("staleness", Figure { title: finding(results), caption, panels }));
    }
    if let Some(figure) = waits(results) {
        figures.push(("staleness-wait", figure));
    }
    figures
}

fn panel(results: &Results, how: &str, heading: &str) -> Option<Panel> {
    let of = |system: System| {
        let mine = |one: &&Visibility| one.how == how && one.subject.to_string() == system.name();
        let point = |one: &Visibility| {
            let range = wilson(one.fresh, one.reads);
            let y = one.fresh as f64 / one.reads.max(1) as f64;
            Point { x: one.after_us, y, range: Some((range.low, range.high)) }
        };
        let points: Vec<Point> = results.visibility.iter().filter(mine).map(point).collect();
        Series { name: system.name().to_string(), points }
    };
    let series: Vec<Series> =
        System::LEVELS.map(of).into_iter().filter(|series| !series.points.is_empty()).collect();
    (!series.is_empty()).then(|| Panel {
        heading: heading.to_string(),
        x: Axis::new(
            "read started so long after the write's answer (log scale)",
            Scale::Log,
            Unit::Micros,
        )
        .with_ticks(AFTER_US.map(|us| us as f64).to_vec()),
        y: Axis::new("reads that see the last write", Scale::Linear, Unit::Share),
        content: Content::Lines(series),
    })
}

fn finding(results: &Results) -> String {
    let seen = |system: System, after: f64| {
        let mine = |one: &&Visibility| {
            one.how == "simulated"
                && one.subject.to_string() == system.name()
                && one.after_us == after
        };
        let one = results.visibility.iter().find(mine);
        one.map_or(0.0, |one| one.fresh as f64 * 100.0 / one.reads.max(1) as f64)
    };
    format!(
        "A millisecond after a write's answer {:.0} % of sequential reads elsewhere see it, {:.0} % of causal ones without a session, {:.0} % of eventual ones",
        seen(System::Sequential, 1e3),
        seen(System::Causal, 1e3),
        seen(System::Eventual, 1e3)
    )
}

fn waits(results: &Results) -> Option<Figure> {
    let simulated = results.waiting.iter().find(|one| one.how == "simulated")?;
    let line = |one: &Waiting| Series {
        name: "causal".to_string(),
        points: one.curve.iter().map(|(us, share)| Point::at(*us, *share)).collect(),
    };
    let panel = |one: &Waiting| Panel {
        heading: match one.how.as_str() {
            "live" => "Live: the link from the primary to server 3 takes 20 ms".to_string(),
            _ => "Simulated: links take 1 to 5 ms".to_string(),
        },
        x: Axis::new("wait of a GET that had to wait", Scale::Linear, Unit::Micros),
        y: Axis::new("share answered by then", Scale::Linear, Unit::Share),
        content: Content::Curves(vec![line(one)]),
    };
    let share = |one: &Waiting| one.waited as f64 * 100.0 / one.reads.max(1) as f64;
    let title = format!(
        "{:.0} % of causal GETs elsewhere, right after the client's own SET, wait: half of those for {} or less",
        share(simulated),
        Unit::Micros.shown(simulated.latency.at(50.0).unwrap_or_default())
    );
    let shares: Vec<String> = results
        .waiting
        .iter()
        .map(|one| format!("{} {} of {} reads waited", one.how, one.waited, one.reads))
        .collect();
    let caption =
        caption(results, &format!("The client carries its session; {}.", shares.join(", ")));
    let panels = results.waiting.iter().filter(|one| !one.curve.is_empty()).map(panel).collect();
    Some(Figure { title, caption, panels })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stronger_levels_are_never_stale_and_eventual_is() {
        let fresh = |system| -> Vec<(u64, u64)> {
            simulated::visibility(system, 3, 30).iter().map(|one| (one.fresh, one.reads)).collect()
        };
        for system in [System::Linearizable, System::Sequential] {
            assert!(fresh(system).iter().all(|(fresh, reads)| fresh == reads));
        }
        let eventual = fresh(System::Eventual);
        assert_eq!(eventual[0].0, 0);
        assert_eq!(eventual[7], (30, 30));
    }

    #[test]
    fn causal_reads_elsewhere_do_wait() {
        let waiting = simulated::waiting(3, 50);
        assert!(
            waiting.waited > 10 && waiting.waited < 50,
            "{} of {}",
            waiting.waited,
            waiting.reads
        );
    }

    #[test]
    fn a_reader_is_never_at_the_writers_server() {
        let mut random = Random::new(1);
        let servers: std::collections::BTreeSet<u32> =
            (0..200).map(|_| elsewhere(&mut random, 4).0).collect();
        assert_eq!(servers.into_iter().collect::<Vec<_>>(), [1, 3, 4]);
    }
}
