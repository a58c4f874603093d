//! Interleaved measurement: in each repetition every series gets one block, so that what the machine does meanwhile
//! falls on all alike, and a ratio of two series is one of neighbours in time.

use super::bed::Bed;
use super::block::{self, Load};
use super::caller::Caller;
use super::results::Row;
use super::run::Run;
use super::subject::{Operation, Subject};
use conlab::cli::Failure;
use conlab::random::Random;
use conlab::stats::Latencies;

/// This share of a block comes before it, to warm up, and is discarded.
const WARM_UP: f64 = 0.15;
/// A warm-up has at least so many requests, where requests are counted.
const WARM_UP_REQUESTS: u32 = 20;

/// At which servers the clients are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// All at one backup: server 2, or server 1 where it is alone.
    One,
    /// One after the other, each at the next server.
    Spread,
    /// All at this server, counted from 0.
    At(u32),
}

impl Place {
    /// At the master of a log.
    pub const MASTER: Place = Place::At(0);

    /// The server of client `number`, counted from 0.
    pub fn index(self, number: u32, servers: u32) -> u32 {
        match self {
            Place::One => u32::from(servers > 1),
            Place::At(server) => server % servers,
            Place::Spread => number.wrapping_add(1) % servers,
        }
    }
}

/// What one series measures, and what it has measured so far.
#[derive(Debug, Clone)]
pub struct Series {
    /// Who answers.
    pub subject: Subject,
    /// What is asked for.
    pub operation: Operation,
    /// How many clients ask.
    pub clients: u32,
    /// At which servers they are.
    pub place: Place,
    /// How much they ask.
    pub load: Load,
    /// How many requests go in one batch.
    pub batch: u32,
    /// All latencies.
    pub latencies: Latencies,
    /// The median latency of each repetition, in microseconds.
    pub p50_us: Vec<f64>,
    /// Operations a second in each repetition.
    pub per_second: Vec<f64>,
    /// How many calls failed.
    pub failed: u64,
}

impl Series {
    /// A series without measurements.
    pub fn new(
        subject: Subject,
        operation: Operation,
        clients: u32,
        place: Place,
        load: Load,
    ) -> Self {
        Series {
            subject,
            operation,
            clients,
            place,
            load,
            batch: 1,
            latencies: Latencies::default(),
            p50_us: Vec::new(),
            per_second: Vec::new(),
            failed: 0,
        }
    }

    /// The series with its requests in batches.
    pub fn batched(self, batch: u32) -> Self {
        Series { batch, ..self }
    }

    /// One block of this series.
    async fn measure(&mut self, bed: &Bed, run: &mut Run) -> Result<(), Failure> {
        let callers = self.connect(bed).await?;
        let (_, callers) = block::run(callers, warm_up(self.load)).await;
        let (block, _) = block::run(callers, self.load).await;
        let what = format!("{} {}, {} clients", self.subject, self.operation, self.clients);
        if let Some(failure) = &block.failure {
            run.warn(format!("{what}: {} calls failed, the last with: {failure}", block.failed));
        }
        if block.operations == 0 {
            let why =
                block.failure.unwrap_or_else(|| "the time was too short; give it more".to_string());
            return Err(Failure::unavailable(format!("{what}: nothing was answered: {why}")));
        }
        run.saw_busy(self.subject, self.clients, block.busy);
        self.latencies.merge(&block.latencies);
        self.p50_us.push(block.latencies.percentile_us(50.0));
        self.per_second.push(block.per_second());
        self.failed += block.failed;
        Ok(())
    }

    async fn connect(&self, bed: &Bed) -> Result<Vec<Caller>, Failure> {
        let mut callers = Vec::new();
        for number in 0..self.clients {
            let caller = bed.caller(self.subject, self.operation, self.place, number).await?;
            callers.push(if self.batch > 1 { caller.batching(self.batch).await? } else { caller });
        }
        Ok(callers)
    }

    /// Whether `other` is the floor under this series, under the same load.
    fn stands_on(&self, other: &Series) -> bool {
        self.subject.floor(self.operation) == Some(other.subject)
            && (self.clients, self.load) == (other.clients, other.load)
    }
}

fn warm_up(load: Load) -> Load {
    match load {
        Load::Requests(requests) => {
            Load::Requests(WARM_UP_REQUESTS.max((f64::from(requests) * WARM_UP) as u32))
        }
        Load::Closed(time) => Load::Closed(time.mul_f64(WARM_UP)),
        Load::Open(rate, time) => Load::Open(rate, time.mul_f64(WARM_UP)),
    }
}

/// Measures all series in turns, `repetitions` times, each time in another order, so that none has always the same
/// neighbour before it.
pub async fn interleave(
    run: &mut Run,
    bed: &Bed,
    series: &mut [Series],
    repetitions: u32,
) -> Result<(), Failure> {
    let mut random = Random::new(run.common.seed).fork(5);
    for _ in 0..repetitions {
        for turn in shuffled(&mut random, series.len()) {
            let one = &mut series[turn];
            run.show(&format!("{} {}, {} clients", one.subject, one.operation, one.clients));
            one.measure(bed, run).await?;
            bed.quiet(one.subject).await;
        }
    }
    Ok(())
}

/// The numbers below `count` in an order by chance.
fn shuffled(random: &mut Random, count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    for last in (1..count).rev() {
        order.swap(last, random.below(last as u64 + 1) as usize);
    }
    order
}

/// The rows of all series, each with its ratios to the floor under it.
pub fn rows(command: &str, servers: u32, series: &[Series]) -> Vec<Row> {
    let row = |one: &Series| {
        let floor = series.iter().find(|other| one.stands_on(other));
        Row::of(command, servers, one, floor)
    };
    series.iter().map(row).collect()
}
