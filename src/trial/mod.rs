//! Trials: a cluster under random load and faults, what its clients saw, and whether that is what the system claims.
//!
//! ```text
//!   plan ──▶ load ─────▶ requests ─┐
//!     │                            ├──▶ cluster ──▶ history ──▶ claim, convergence, lost writes
//!     └────▶ nemesis ──▶ faults ───┘
//! ```
//!
//! A [`Plan`] and its seed fix who asks what when, and what breaks when. On simulated servers they fix the whole run, to
//! the bit; on real ones the same load and the same faults are tried again. At the end all is mended, and when the
//! servers have settled every key is read at every server.
//!
//! A violation found in the simulator is made smaller ([`shrink`]) and becomes a scenario.
//!
//! ```
//! use conlab::{systems::System, trial::{Journal, Length, Plan, simulate}};
//! let plan = Plan { length: Length::Operations(200), ..Plan::of(System::Causal) };
//! let trial = simulate(&plan, Journal::default())?;
//! assert!(trial.judgement.broken().is_none());
//! # Ok::<(), String>(())
//! ```

mod journal;
mod judge;
mod live;
mod load;
mod measure;
mod mix;
mod nemesis;
mod plan;
mod profile;
mod report;
mod run;
mod script;
mod shapes;
mod shrink;
mod simulated;
mod standing;
mod stopwatch;
mod sweep;
mod timeline;

pub use journal::{Journal, say_message};
pub use judge::{Broken, Judgement};
pub use live::run_live;
pub use measure::Figures;
pub use mix::{Mix, Sessions};
pub use nemesis::Kind;
pub use plan::{Length, MOST_OPERATIONS, Plan};
pub use profile::LinkProfile;
pub use report::{counted, json, text};
pub use run::{Deed, Done};
pub use shapes::Shape;
pub use shrink::{Shrunk, shrink};
pub use simulated::{simulate, simulate_into};
pub use stopwatch::Stopwatch;
pub use sweep::{Found, Sweep, Swept, sweep};
pub use timeline::{Piece, Span, Timeline};

use crate::history::History;
use crate::process::Value;
use crate::session::Version;
use std::collections::BTreeMap;

/// A trial that is over.
#[derive(Debug)]
pub struct Trial {
    /// What was asked and what broke, in order.
    pub done: Done,
    /// What the clients saw.
    pub history: History,
    /// Whether that is what the system claims.
    pub judgement: Judgement,
    /// What it cost.
    pub figures: Figures,
}

impl Trial {
    /// Judges and measures what happened. `applied` says where in the order each value is, where that is known.
    pub fn of(
        plan: &Plan,
        done: Done,
        history: History,
        applied: Option<&BTreeMap<Value, Version>>,
    ) -> Self {
        let judgement = judge::judge(plan, &history, &done, applied);
        let figures = measure::measure(&history, &done);
        Trial { done, history, judgement, figures }
    }
}
