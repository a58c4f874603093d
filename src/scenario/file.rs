//! A scenario file: its lines, read and checked as a whole, and its recorded output.

use super::ScenarioError;
use super::grammar::{
    self, Action, Check, Cluster, GrammarError, Line, MAX_SERVERS, Request, Where,
};
use crate::faults::{Fault, shown};
use crate::process::{NodeId, Timing};
use std::collections::BTreeMap;
use std::time::Duration;

/// What parts the scenario from its recorded output.
const RULE: &str = "---";

/// A scenario that can be played.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// The file, as it was named.
    pub path: String,
    /// What it runs on.
    pub cluster: Cluster,
    /// Clients with a line of their own, and whether they carry sessions. All others do.
    pub clients: BTreeMap<String, bool>,
    /// What happens, in the order of the file.
    pub lines: Vec<ScenarioLine>,
    /// The text above the line `---`.
    pub script: String,
    /// The text below it, if there is such a line.
    pub recording: Option<String>,
}

/// One line that does something.
#[derive(Debug, Clone, PartialEq)]
pub struct ScenarioLine {
    /// Its number in the file, from 1.
    pub number: usize,
    /// When it starts; else it does when all lines above have ended.
    pub at: Option<Duration>,
    /// What it does.
    pub what: What,
}

/// What a line does.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// A client asks this server for something.
    Request(NodeId, Request),
    /// Something breaks, or is mended.
    Fault(Fault),
    /// Nothing, for so long.
    Wait(Duration),
    /// A model is checked, when all above it has ended.
    Check(Check),
}

impl Scenario {
    /// Reads and checks the whole text; `path` is for messages only.
    ///
    /// # Errors
    /// [`ScenarioError::Line`] names the first line that is wrong, and how it would be right.
    pub fn parse(path: &str, text: &str) -> Result<Scenario, ScenarioError> {
        let (script, recording) = parted(text);
        let mut reader = Reader::default();
        let mut number = 0;
        for text in script.lines() {
            number += 1;
            let read = grammar::parse_line(text)
                .and_then(|line| line.map_or(Ok(()), |line| reader.take(number, line)));
            read.map_err(|error| wrong(path, number, error))?;
        }
        let cluster = reader.cluster.ok_or_else(|| wrong(path, number.max(1), no_cluster()))?;
        Ok(Scenario {
            path: path.to_string(),
            cluster,
            clients: reader.clients,
            lines: reader.lines,
            script: script.to_string(),
            recording: recording.map(str::to_string),
        })
    }

    /// The file's text: the script and, if there is one, the recording.
    pub fn text(&self) -> String {
        let Some(recording) = &self.recording else { return self.script.clone() };
        let end = if self.script.ends_with('\n') { "" } else { "\n" };
        format!("{}{end}{RULE}\n{recording}", self.script)
    }

    /// Forgets what the lines want, for a system that the file is not written for.
    pub fn want_nothing(&mut self) {
        for line in &mut self.lines {
            match &mut line.what {
                What::Request(_, request) => request.want = None,
                What::Check(check) => check.want = None,
                What::Fault(_) | What::Wait(_) => {}
            }
        }
    }

    /// From which of its lines on all is quiet: nothing but reads and checks stand below the last `wait`.
    pub fn quiet_from(&self) -> usize {
        let quiet = |line: &ScenarioLine| match &line.what {
            What::Request(_, request) => request.op.reads(),
            What::Check(_) => true,
            What::Fault(_) | What::Wait(_) => false,
        };
        let last = self.lines.iter().rposition(|line| !quiet(line));
        match last {
            Some(last) if matches!(self.lines[last].what, What::Wait(_)) => last + 1,
            _ => self.lines.len(),
        }
    }

    /// How long its servers wait for what: a link that the scenario makes slow makes nobody suspect another.
    pub fn timing(&self) -> Timing {
        let slow = self.lines.iter().filter_map(|line| match line.what {
            What::Fault(Fault::Slow(_, delay)) => Some(delay),
            _ => None,
        });
        let slowest = slow.chain([self.cluster.link + self.cluster.jitter]).max();
        Timing::for_links(slowest.unwrap_or_default(), self.cluster.timeout)
    }
}

/// The lines read so far.
#[derive(Default)]
struct Reader {
    cluster: Option<Cluster>,
    clients: BTreeMap<String, bool>,
    lines: Vec<ScenarioLine>,
}

impl Reader {
    fn take(&mut self, number: usize, line: Line) -> Result<(), GrammarError> {
        let servers = self.cluster.as_ref().map(|cluster| cluster.servers);
        let (at, what) = match (servers, line) {
            (None, Line::Cluster(cluster)) => {
                self.cluster = Some(cluster);
                return Ok(());
            }
            (Some(_), Line::Cluster(_)) => {
                return Err(invalid(
                    "the cluster is described already; leave one of the two lines out",
                ));
            }
            (None, _) => return Err(no_cluster()),
            (Some(_), Line::Client { name, session }) => return self.client(name, session),
            (Some(_), Line::Wait(time)) => (None, What::Wait(time)),
            (Some(_), Line::Check(check)) => (None, What::Check(check)),
            (Some(servers), Line::Act { at, action: Action::Fault(fault) }) => {
                known(fault.highest_node(), servers)?;
                (at, What::Fault(fault))
            }
            (Some(servers), Line::Act { at, action: Action::Request(request) }) => {
                (at, What::Request(server(&request.at, servers)?, request))
            }
        };
        self.in_order(at)?;
        self.lines.push(ScenarioLine { number, at, what });
        Ok(())
    }

    /// What happens is read from above: a time is not before one above it.
    fn in_order(&self, at: Option<Duration>) -> Result<(), GrammarError> {
        let above = self.lines.iter().rev().find_map(|line| line.at.map(|at| (at, line.number)));
        match (at, above) {
            (Some(at), Some((last, line))) if at < last => Err(invalid(&format!(
                "at {} is before at {} in line {line}; move it above that line",
                shown(at),
                shown(last)
            ))),
            _ => Ok(()),
        }
    }

    fn client(&mut self, name: String, session: bool) -> Result<(), GrammarError> {
        let asks = |line: &ScenarioLine| match &line.what {
            What::Request(_, request) => request.client.as_ref() == Some(&name),
            _ => false,
        };
        if self.lines.iter().any(asks) {
            return Err(invalid(&format!("client {name} has asked already; describe it above")));
        }
        self.clients.insert(name, session);
        Ok(())
    }
}

/// The script and, below the first line that says `---`, the recording.
fn parted(text: &str) -> (&str, Option<&str>) {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if line.trim_end() == RULE {
            return (&text[..start], Some(&text[start + line.len()..]));
        }
        start += line.len();
    }
    (text, None)
}

fn server(place: &Where, servers: u32) -> Result<NodeId, GrammarError> {
    match place {
        Where::Default => Ok(NodeId(1)),
        Where::Server(node) => known(node.0, servers).map(|()| *node),
        Where::Address(address) => Err(invalid(&format!(
            "expected a server's number, found @{address}; a scenario has servers of its own"
        ))),
    }
}

fn known(number: u32, servers: u32) -> Result<(), GrammarError> {
    if number <= servers {
        return Ok(());
    }
    let advice = if number <= MAX_SERVERS {
        format!("; say servers={number} in the line `cluster`")
    } else {
        String::new()
    };
    Err(invalid(&format!("expected a server from 1 to {servers}, found {number}{advice}")))
}

fn no_cluster() -> GrammarError {
    invalid("expected `cluster SYSTEM` above all other lines, as in `cluster causal servers=3`")
}

fn invalid(reason: &str) -> GrammarError {
    GrammarError::Invalid { column: 1, reason: reason.to_string() }
}

fn wrong(path: &str, line: usize, error: GrammarError) -> ScenarioError {
    ScenarioError::Line { path: path.to_string(), line, error }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_without_a_panic(text in "(cluster causal\\n)?(\\PC|\\n){0,80}") {
            if let Ok(scenario) = Scenario::parse("x.scn", &text) {
                prop_assert!(text.starts_with(&scenario.script));
            }
        }
    }

    fn error(text: &str) -> String {
        Scenario::parse("x.scn", text).expect_err(text).to_string()
    }

    #[test]
    fn reads_a_file_with_its_recording() {
        let text = "# One claim.\ncluster causal servers=4\nclient b session=off\n\nb: get x @4 => 7\n---\nout\nput\n";
        let scenario = Scenario::parse("x.scn", text).expect("it is well formed");
        assert_eq!((scenario.cluster.servers, scenario.lines[0].number), (4, 5));
        assert_eq!(scenario.clients.get("b"), Some(&false));
        assert_eq!(scenario.recording.as_deref(), Some("out\nput\n"));
        assert_eq!(scenario.text(), text);
        let mut bare = Scenario::parse("x.scn", "cluster causal\nall").expect("it is well formed");
        assert_eq!((bare.recording.take(), bare.text()), (None, "cluster causal\nall".into()));
        bare.recording = Some("out".into());
        assert_eq!(bare.text(), "cluster causal\nall\n---\nout");
    }

    #[test]
    fn errors_name_file_and_line() {
        assert_eq!(
            error("cluster causal\nget"),
            "x.scn:2:4: expected a key, found the end of the line"
        );
        assert!(
            error("cluster causal\nget x @4")
                .starts_with("x.scn:2:1: expected a server from 1 to 3, found 4")
        );
        assert!(error("cluster causal\nkill 9").contains("found 9"));
        assert!(error("cluster causal\nget x @a:1").contains("found @a:1"));
        assert_eq!(
            error("cluster causal\nat 5ms heal\nget x\nat 3ms heal"),
            "x.scn:4:1: at 3ms is before at 5ms in line 2; move it above that line"
        );
        assert!(error("get x").contains("expected `cluster SYSTEM`"));
        assert!(error("").starts_with("x.scn:1:1: expected `cluster SYSTEM`"));
        assert!(error("cluster causal\ncluster causal").contains("already"));
        assert!(error("cluster causal\na: get x\nclient a session=off").contains("already"));
    }

    #[test]
    fn reads_below_the_last_wait_are_of_a_quiet_period() {
        for (lines, from) in [
            ("set x 1\nwait 1s\nget x\nall\ncheck eventual => valid", 2),
            ("set x 1\nget x", 2),
            ("wait 1s\nset x 1\nget x", 3),
            ("wait 1s\nheal\nget x", 3),
        ] {
            let text = format!("cluster causal\n{lines}");
            let scenario = Scenario::parse("x.scn", &text).expect("it is well formed");
            assert_eq!(scenario.quiet_from(), from, "{lines}");
        }
    }

    #[test]
    fn a_slow_link_of_the_scenario_makes_nobody_suspect() {
        let text = "cluster causal\nslow 1->3 2s\nget x";
        let scenario = Scenario::parse("x.scn", text).expect("it is well formed");
        assert_eq!(scenario.timing().suspect_after, Duration::from_secs(8));
    }
}
