//! What a `check` line finds.

use super::grammar::{Judgement, Property};
use crate::check::{Budget, Counterexample, Verdict, check};
use crate::history::{History, OpId, is_acknowledged, lost_writes, words};
use crate::sim::Places;
use std::fmt::{self, Display, Write};
use std::time::Duration;

/// What the check of a line may spend; the histories of scenarios are small.
const BUDGET: Budget = Budget { time: Duration::from_secs(10), memory: 256 << 20 };

/// Whether what the clients saw has a property.
#[derive(Debug, Clone, PartialEq)]
pub enum Finding {
    /// What a model's checker says.
    Model(Verdict),
    /// The acknowledged writes that are lost, or why nobody knows which are.
    Lost(Result<Lost, String>),
}

/// Acknowledged writes that are lost.
#[derive(Debug, Clone)]
pub struct Lost {
    /// What the clients saw.
    pub history: History,
    /// The writes.
    pub writes: Vec<OpId>,
}

impl PartialEq for Lost {
    fn eq(&self, other: &Self) -> bool {
        let operations = |one: &Self| one.history.operations().to_vec();
        (operations(self), &self.writes) == (operations(other), &other.writes)
    }
}

impl Finding {
    /// Whether `history` has the property; `places` says where in the order each value is, where that is known.
    pub(super) fn of(property: Property, history: History, places: Option<&Places>) -> Self {
        match property {
            Property::Model(model) => Finding::Model(check(&history, model, &BUDGET)),
            Property::Durable => {
                let writes = lost_writes(&history, places.map(Places::of_values).as_ref());
                let why = "no key is read in the end: read below a last `wait`";
                Finding::Lost(match writes {
                    None => Err(why.to_string()),
                    Some(lost) if lost.is_empty() && places.is_none() && hides_places(&history) => {
                        let why = "writes that are answered without a version can be followed in the simulator only";
                        Err(why.to_string())
                    }
                    Some(writes) => Ok(Lost { history, writes }),
                })
            }
        }
    }

    /// Nobody knows, for this reason.
    pub(super) fn unknown(reason: String) -> Self {
        Finding::Model(Verdict::Unknown(reason))
    }

    /// Valid, invalid or unknown.
    pub fn judgement(&self) -> Judgement {
        match self {
            Finding::Model(verdict) => Judgement::of(verdict),
            Finding::Lost(Ok(lost)) if lost.writes.is_empty() => Judgement::Valid,
            Finding::Lost(Ok(_)) => Judgement::Invalid,
            Finding::Lost(Err(_)) => Judgement::Unknown,
        }
    }

    /// Why it is not valid, in a sentence; nothing where it is.
    pub fn reason(&self) -> String {
        match self {
            Finding::Model(Verdict::Invalid(found)) => found.summary.clone(),
            Finding::Model(Verdict::Unknown(reason)) | Finding::Lost(Err(reason)) => reason.clone(),
            Finding::Lost(Ok(lost)) if !lost.writes.is_empty() => lost.summary(),
            Finding::Model(Verdict::Valid) | Finding::Lost(Ok(_)) => String::new(),
        }
    }

    /// The counterexample of a model that breaks.
    pub fn counterexample(&self) -> Option<&Counterexample> {
        match self {
            Finding::Model(verdict) => verdict.counterexample(),
            Finding::Lost(_) => None,
        }
    }

    /// What shows that it is not valid, over several lines.
    pub fn shown(&self) -> Option<String> {
        match self {
            Finding::Lost(Ok(lost)) if !lost.writes.is_empty() => Some(lost.to_string()),
            found => found.counterexample().map(ToString::to_string),
        }
    }
}

/// Whether a write was acknowledged without its place in the order.
fn hides_places(history: &History) -> bool {
    history.operations().iter().any(|one| is_acknowledged(one) && one.version().is_none())
}

impl Lost {
    fn summary(&self) -> String {
        match self.writes.len() {
            1 => "an acknowledged write is lost".to_string(),
            many => format!("{many} acknowledged writes are lost"),
        }
    }
}

impl Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = format!("not durable: {}\n", self.summary());
        for write in self.writes.iter().map(|id| self.history.operation(*id)) {
            let process = self.history.process_name(write.process());
            let (line, does) = (write.invoked_line(), words::does(&self.history, write));
            let version =
                write.version().map_or(String::new(), |place| format!(", version {place}"));
            writeln!(text, "  line {line}  process {process}: {does}{version}")?;
        }
        f.write_str(&text)
    }
}
