//! How an event becomes one line.

use super::{LogFormat, LogLevel, LogLine, LogOptions};
use crate::net::clock::Clock;
use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::subscriber::Interest;
use tracing::{Dispatch, Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

/// Where this program's own events come from; other crates' are not shown.
pub(in crate::net) const TARGET: &str = "conlab";

/// Where finished lines go, each without its line end.
pub(in crate::net) type LineSink = Arc<dyn Fn(&str) + Send + Sync>;

/// Changes a server's level while it runs.
#[derive(Debug, Clone)]
pub(in crate::net) struct LevelHandle(Arc<AtomicU8>);

impl LevelHandle {
    /// Logs so much from now on.
    pub fn set(&self, level: LogLevel) {
        self.0.store(level as u8, Ordering::Relaxed);
    }

    fn admits(&self, level: Level) -> bool {
        self.0.load(Ordering::Relaxed) >= needed(level) as u8
    }
}

/// How much must be logged for events of this level to be there.
fn needed(level: Level) -> LogLevel {
    match level {
        Level::ERROR | Level::WARN => LogLevel::Warn,
        Level::INFO => LogLevel::Info,
        Level::DEBUG | Level::TRACE => LogLevel::Debug,
    }
}

/// What makes one server's events lines, as `options` say, on the run's clock.
pub(in crate::net) fn dispatch(
    options: LogOptions,
    clock: Clock,
    sink: LineSink,
) -> (Dispatch, LevelHandle) {
    let level = LevelHandle(Arc::new(AtomicU8::new(options.level as u8)));
    let lines = Lines { options, level: level.clone(), clock, sink };
    (Dispatch::new(tracing_subscriber::registry().with(lines)), level)
}

struct Lines {
    options: LogOptions,
    level: LevelHandle,
    clock: Clock,
    sink: LineSink,
}

impl<S: Subscriber> Layer<S> for Lines {
    // Asked anew for each event: the level may change, and differs between servers that are threads of one process.
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if metadata.target() == TARGET { Interest::sometimes() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.target() == TARGET && self.level.admits(*metadata.level())
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::DEBUG)
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let (level, seconds) = (*event.metadata().level(), self.clock.now().as_secs_f64());
        let Fields { server, request, message } = fields;
        let line = LogLine::new(seconds, needed(level), server, request, message);
        (self.sink)(&match self.options.format {
            LogFormat::Text => line.text(self.options.colour),
            LogFormat::Json => line.json(),
        });
    }
}

/// What an event says: which server, which request, and the remark.
#[derive(Default)]
struct Fields {
    server: Option<u64>,
    request: Option<String>,
    message: String,
}

impl Visit for Fields {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "server" {
            self.server = Some(value);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            "request" => self.request = Some(format!("{value:?}")),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::sync::Mutex;

    /// What is logged where is kept by the process as a whole: two subscribers that come and go disturb each other.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

    fn lines(options: LogOptions, work: impl FnOnce(&LevelHandle)) -> Vec<String> {
        let _alone = ONE_AT_A_TIME.lock().expect("no panic");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sink = {
            let seen = seen.clone();
            Arc::new(move |line: &str| seen.lock().expect("no panic").push(line.to_string()))
        };
        let (dispatch, level) = dispatch(options, Clock::stopped(), sink);
        tracing::dispatcher::with_default(&dispatch, || work(&level));
        seen.lock().expect("no panic").clone()
    }

    #[test]
    fn a_line_names_clock_server_and_request() {
        let lines = lines(LogOptions::default(), |_| {
            tracing::info!(target: TARGET, server = 3u32, request = %"n3#1", "received {}", "get x");
            tracing::warn!(target: TARGET, "odd");
            tracing::warn!(target: "elsewhere", "not ours");
        });
        assert_eq!(lines, ["+0.000 s n3 received get x  n3#1", "+0.000 s ! odd"]);
    }

    #[test]
    fn the_level_can_be_changed_and_json_is_json() {
        let options = LogOptions { format: LogFormat::Json, ..LogOptions::default() };
        let lines = lines(options, |level| {
            level.set(LogLevel::Off);
            tracing::warn!(target: TARGET, "unseen");
            level.set(LogLevel::Debug);
            tracing::debug!(target: TARGET, server = 1u32, "sent \"x\"");
        });
        assert_eq!(lines.len(), 1);
        let line: serde_json::Value = serde_json::from_str(&lines[0]).expect("it is JSON");
        assert_eq!((&line["server"], &line["message"]), (&json!(1), &json!("sent \"x\"")));
    }
}
