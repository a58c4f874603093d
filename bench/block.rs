//! One block of load on one subject, without a break: in turns, blocks of all subjects make a measurement.

use super::caller::Caller;
use conlab::stats::Latencies;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// A client sleeps until this long before its time and then watches the clock: timers wake a millisecond late.
const WATCH: Duration = Duration::from_millis(2);

/// How much load.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Load {
    /// Each client so many requests, one after the other.
    Requests(u32),
    /// Each client one request after the other, for so long.
    Closed(Duration),
    /// So many requests a second of all clients together, for so long, each at its time whatever became of the others.
    Open(f64, Duration),
}

/// What a block of load gave.
#[derive(Debug, Default)]
pub struct Block {
    /// How long each call took. Under open load from the time at which it was due: a stalled server is not spared the
    /// calls that it held up ("coordinated omission").
    pub latencies: Latencies,
    /// How many operations were answered.
    pub operations: u64,
    /// How long it took.
    pub seconds: f64,
    /// How many calls failed, and how the last of them did.
    pub failed: u64,
    /// What a failed call said.
    pub failure: Option<String>,
    /// The share of one core that this process used.
    pub busy: f64,
}

impl Block {
    /// Operations a second.
    pub fn per_second(&self) -> f64 {
        self.operations as f64 / self.seconds.max(1e-9)
    }

    fn answered(&mut self, caller: &Caller, latency: Duration, answer: Result<(), String>) {
        match answer {
            Ok(()) => {
                self.latencies.record(latency);
                self.operations += caller.operations();
            }
            Err(failure) => {
                self.failed += 1;
                self.failure = Some(failure);
            }
        }
    }

    fn merge(&mut self, other: Block) {
        self.latencies.merge(&other.latencies);
        self.operations += other.operations;
        self.failed += other.failed;
        self.failure = other.failure.or(self.failure.take());
    }
}

/// Lets all `callers` work at once; gives them back for the next block.
pub async fn run(callers: Vec<Caller>, load: Load) -> (Block, Vec<Caller>) {
    let (start, used) = (Instant::now(), cpu_time());
    let clients = callers.len();
    let mut tasks = JoinSet::new();
    for (number, caller) in callers.into_iter().enumerate() {
        tasks.spawn(work(caller, load, start, (number, clients)));
    }
    let (mut block, mut callers) = (Block::default(), Vec::with_capacity(clients));
    while let Some(ended) = tasks.join_next().await {
        if let Ok((part, caller)) = ended {
            block.merge(part);
            callers.push(caller);
        }
    }
    block.seconds = start.elapsed().as_secs_f64();
    block.busy = cpu_time().saturating_sub(used).as_secs_f64() / block.seconds.max(1e-9);
    (block, callers)
}

async fn work(
    mut caller: Caller,
    load: Load,
    start: Instant,
    (number, clients): (usize, usize),
) -> (Block, Caller) {
    let mut block = Block::default();
    match load {
        Load::Requests(requests) => {
            for _ in 0..requests {
                let asked = Instant::now();
                let answer = caller.call().await;
                block.answered(&caller, asked.elapsed(), answer);
            }
        }
        Load::Closed(time) => closed(&mut caller, start + time, &mut block).await,
        Load::Open(rate, time) => {
            let step = clients as f64 / rate;
            let first = number as f64 / rate;
            open(&mut caller, (start, start + time), (first, step), &mut block).await;
        }
    }
    (block, caller)
}

async fn closed(caller: &mut Caller, end: Instant, block: &mut Block) {
    let mut asked = Instant::now();
    // Each client has at least one answer, however slow the machine and short the time.
    loop {
        let answer = caller.call().await;
        let now = Instant::now();
        block.answered(caller, now - asked, answer);
        asked = now;
        // A server that refuses at once must not turn the clients into a busy loop.
        let refused = block.failed > 100 && block.operations == 0;
        if asked >= end || refused {
            return;
        }
    }
}

/// Asks at each of its times, `first` seconds after the start and every `step` seconds from then on.
async fn open(
    caller: &mut Caller,
    (start, end): (Instant, Instant),
    (first, step): (f64, f64),
    block: &mut Block,
) {
    for turn in 0u32.. {
        let due = start + Duration::from_secs_f64(first + step * f64::from(turn));
        if due >= end {
            return;
        }
        wait_until(due).await;
        let answer = caller.call().await;
        block.answered(caller, due.elapsed(), answer);
    }
}

/// Waits until this moment, more exactly than a timer can.
pub async fn wait_until(due: Instant) {
    if due.saturating_duration_since(Instant::now()) > WATCH {
        tokio::time::sleep_until((due - WATCH).into()).await;
    }
    while Instant::now() < due {
        tokio::task::yield_now().await;
    }
}

/// The processor time that this process has used.
#[cfg(unix)]
fn cpu_time() -> Duration {
    use nix::sys::resource::{UsageWho, getrusage};
    let of = |time: nix::sys::time::TimeVal| {
        Duration::from_secs(time.tv_sec().unsigned_abs())
            + Duration::from_micros(time.tv_usec().unsigned_abs())
    };
    getrusage(UsageWho::RUSAGE_SELF)
        .map_or(Duration::ZERO, |usage| of(usage.user_time()) + of(usage.system_time()))
}

/// Not known here.
#[cfg(not(unix))]
fn cpu_time() -> Duration {
    Duration::ZERO
}
