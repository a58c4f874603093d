//! Faults and times as text: how they are written in scenarios, in the shell and in reports, and read back.

use super::{FASTEST_CLOCK, Fault, Link, MAX_DELAY, SLOWEST_CLOCK};
use crate::nearest::unknown;
use crate::process::NodeId;
use crate::say::Say;
use std::fmt::{self, Display};
use std::str::FromStr;
use std::time::Duration;

impl Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Link::OneWay(a, b) => write!(f, "{}->{}", a.0, b.0),
            Link::Both(a, b) => write!(f, "{}-{}", a.0, b.0),
            Link::All => f.write_str("all"),
        }
    }
}

impl Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Slow(link, delay) => write!(f, "slow {link} {}", shown(*delay)),
            Fault::Lose(link, percent) => write!(f, "lose {link} {percent}%"),
            Fault::Duplicate(link, percent) => write!(f, "duplicate {link} {percent}%"),
            Fault::Reorder(link, most) => write!(f, "reorder {link} {}", shown(*most)),
            Fault::Cut(link) => write!(f, "cut {link}"),
            Fault::Heal(Link::All) => f.write_str("heal"),
            Fault::Heal(link) => write!(f, "heal {link}"),
            Fault::Kill(node) => write!(f, "kill {}", node.0),
            Fault::Restart(node) => write!(f, "restart {}", node.0),
            Fault::Revive(node) => write!(f, "restart {} with memory", node.0),
            Fault::Pause(node) => write!(f, "pause {}", node.0),
            Fault::Resume(node) => write!(f, "resume {}", node.0),
            Fault::Jump(node, ahead) => write!(f, "clock {} +{}", node.0, shown(*ahead)),
            Fault::Drift(node, percent) => write!(f, "clock {} {percent}%", node.0),
        }
    }
}

impl Say for Fault {}

/// The words that begin a fault.
pub const WORDS: [&str; 11] = [
    "slow",
    "lose",
    "duplicate",
    "reorder",
    "cut",
    "heal",
    "kill",
    "restart",
    "pause",
    "resume",
    "clock",
];

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        match words.as_slice() {
            ["slow", time] => Ok(Fault::Slow(Link::All, parse_delay(time)?)),
            ["slow", link, time] => Ok(Fault::Slow(link.parse()?, parse_delay(time)?)),
            ["lose", link, share] => Ok(Fault::Lose(link.parse()?, parse_percent(share)?)),
            ["duplicate", link, share] => {
                Ok(Fault::Duplicate(link.parse()?, parse_percent(share)?))
            }
            ["reorder", link, time] => Ok(Fault::Reorder(link.parse()?, parse_delay(time)?)),
            ["cut", link] => Ok(Fault::Cut(link.parse()?)),
            ["heal"] => Ok(Fault::Heal(Link::All)),
            ["heal", link] => Ok(Fault::Heal(link.parse()?)),
            ["kill", node] => Ok(Fault::Kill(parse_node(node)?)),
            ["restart", node] => Ok(Fault::Restart(parse_node(node)?)),
            ["restart", node, "with", "memory"] => Ok(Fault::Revive(parse_node(node)?)),
            ["pause", node] => Ok(Fault::Pause(parse_node(node)?)),
            ["resume", node] => Ok(Fault::Resume(parse_node(node)?)),
            ["clock", node, change] => parse_clock(parse_node(node)?, change),
            [word, ..] => Err(form_of(word)),
            [] => Err("expected a fault, found nothing".to_string()),
        }
    }
}

fn form_of(word: &str) -> String {
    match word {
        "slow" => "expected slow [LINK] TIME, as in `slow 1->3 300ms`".to_string(),
        "lose" | "duplicate" => format!("expected {word} LINK PERCENT, as in `{word} all 10%`"),
        "reorder" => "expected reorder LINK TIME, as in `reorder all 50ms`".to_string(),
        "clock" => "expected clock SERVER +TIME or PERCENT, as in `clock 3 +2s` or `clock 3 120%`"
            .to_string(),
        "cut" => "expected cut LINK, as in `cut 1-3`".to_string(),
        "heal" => "expected heal [LINK], as in `heal 1-3` or `heal`".to_string(),
        "restart" => {
            "expected restart SERVER [with memory], as in `restart 3` or `restart 3 with memory`"
                .to_string()
        }
        "kill" | "pause" | "resume" => format!("expected {word} SERVER, as in `{word} 3`"),
        other => unknown("fault", other, &WORDS),
    }
}

impl FromStr for Link {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "all" {
            return Ok(Link::All);
        }
        let (form, ends): (fn(NodeId, NodeId) -> Link, _) = match text.split_once("->") {
            Some(ends) => (Link::OneWay, Some(ends)),
            None => (Link::Both, text.split_once('-')),
        };
        let (a, b) =
            ends.ok_or_else(|| format!("expected a link A->B, A-B or all, found {text:?}"))?;
        let (a, b) = (parse_node(a)?, parse_node(b)?);
        if a == b {
            return Err(format!("a link joins two servers, found {text:?}"));
        }
        Ok(form(a, b))
    }
}

fn parse_node(text: &str) -> Result<NodeId, String> {
    match text.trim_start_matches('n').parse() {
        Ok(number) if number > 0 => Ok(NodeId(number)),
        _ => Err(format!("expected a server's number from 1, found {text:?}")),
    }
}

/// A jump ahead, or a speed: slow enough and fast enough to matter, and never so that time stands still.
fn parse_clock(node: NodeId, text: &str) -> Result<Fault, String> {
    if let Some(ahead) = text.strip_prefix('+') {
        return Ok(Fault::Jump(node, parse_delay(ahead)?));
    }
    let number = text.strip_suffix('%').and_then(|number| number.parse::<f64>().ok());
    let fit = number.filter(|percent| (SLOWEST_CLOCK..=FASTEST_CLOCK).contains(percent));
    fit.map(|percent| Fault::Drift(node, percent)).ok_or_else(|| {
        format!(
            "expected +TIME or a speed from {SLOWEST_CLOCK}% to {FASTEST_CLOCK}%, found {text:?}"
        )
    })
}

fn parse_percent(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('%').unwrap_or(text).parse::<f64>();
    let fit = number.ok().filter(|percent| (0.0..=100.0).contains(percent));
    fit.ok_or_else(|| format!("expected a share from 0% to 100%, found {text:?}"))
}

fn parse_delay(text: &str) -> Result<Duration, String> {
    let delay = parse_time(text)?;
    if delay > MAX_DELAY {
        return Err(format!(
            "a link can be slowed by at most {}, found {text:?}",
            shown(MAX_DELAY)
        ));
    }
    Ok(delay)
}

/// Reads a time with its unit: `250us`, `300ms`, `1.5s`, `2m`.
pub fn parse_time(text: &str) -> Result<Duration, String> {
    let wrong = || format!("expected a time with a unit, as in 300ms or 1.5s, found {text:?}");
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
    let (number, unit) = text.split_at(digits);
    let scale = match unit {
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return Err(wrong()),
    };
    let seconds = number.parse::<f64>().map_err(|_| wrong())? * scale;
    // Whole microseconds: what is printed reads back as the same time.
    let micros = (seconds * 1e6).round();
    if micros > 1e15 {
        return Err(wrong());
    }
    Ok(Duration::from_micros(micros as u64))
}

/// A time as this program writes it: `300ms`, `1.5s`, `250us`.
pub fn shown(time: Duration) -> String {
    let micros = time.as_micros();
    match micros {
        0 => "0ms".to_string(),
        _ if !micros.is_multiple_of(1_000) => format!("{micros}us"),
        _ if micros < 1_000_000 || !micros.is_multiple_of(100_000) => {
            format!("{}ms", micros / 1_000)
        }
        _ => format!("{}s", micros as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_form_reads_back_as_it_is_shown() {
        let lines = [
            "slow 1->10 500ms",
            "slow 2-3 1.5s",
            "slow all 250us",
            "lose all 12.5%",
            "duplicate 1-2 3%",
            "reorder 1->2 50ms",
            "cut 1->2",
            "heal",
            "heal 1-2",
            "kill 3",
            "restart 3",
            "restart 3 with memory",
            "pause 1",
            "resume 1",
            "clock 3 +2s",
            "clock 3 120%",
        ];
        for line in lines {
            assert_eq!(line.parse::<Fault>().map(|fault| fault.to_string()), Ok(line.to_string()));
        }
    }

    #[test]
    fn wrong_words_say_what_was_expected() {
        let error = |text: &str| text.parse::<Fault>().expect_err(text);
        assert!(
            error("slow 1->3").contains("slow [LINK] TIME") || error("slow 1->3").contains("300ms")
        );
        assert!(error("cut 1").contains("A->B"));
        assert!(error("cut 2-2").contains("two servers"));
        assert!(error("lose all 200%").contains("100%"));
        assert!(error("clock 1 5%").contains("10%") && error("clock 1").contains("+TIME"));
        assert!(error("explode").contains("unknown fault"));
        assert!(error("kill 0").contains("from 1"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_without_a_panic(text in "\\PC{0,40}") {
            let _ = text.parse::<Fault>();
            let _ = parse_time(&text);
        }

        #[test]
        fn times_read_back(micros in 0u64..4_000_000_000) {
            let time = Duration::from_micros(micros);
            prop_assert_eq!(parse_time(&shown(time)), Ok(time));
        }
    }
}
