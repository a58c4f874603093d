//! Random small histories. A tiny store answers most reads, so that many are valid; some answers are drawn instead.

use conlab::history::{Asked, Builder, History, Observed, Stamp};
use conlab::random::Random;

/// What a family of histories is made of.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    pub operations: u64,
    pub processes: u64,
    pub keys: u64,
    /// Values are drawn below this; 0 where all are distinct.
    pub values: u64,
    pub cas: bool,
    pub delete: bool,
    pub lists: bool,
    /// How many of 100 operations end unknown, and how many fail.
    pub unknown: f64,
    pub fail: f64,
    /// How many of 100 reads are drawn, not answered.
    pub wrong: f64,
    /// How many of 100 reads are answered by an old state.
    pub stale: f64,
    pub versions: bool,
    /// How many of 100 answers lack their version.
    pub bare: f64,
    /// How far versions may stray from the order of the writes.
    pub disorder: u64,
    /// When all is quiet, this many servers are read, each key at each.
    pub servers: u32,
}

impl Shape {
    pub const PLAIN: Shape = Shape {
        operations: 6,
        processes: 3,
        keys: 1,
        values: 0,
        cas: false,
        delete: false,
        lists: false,
        unknown: 8.0,
        fail: 4.0,
        wrong: 8.0,
        stale: 45.0,
        versions: false,
        bare: 0.0,
        disorder: 0,
        servers: 0,
    };
}

#[derive(Debug, Clone)]
enum Want {
    Read,
    Write(String),
    Cas(String, String),
    Delete,
    Append(String),
}

/// What a key held after each of its writes, oldest first: (version, elements or the one value).
type Past = Vec<(u64, Vec<String>)>;

struct Store {
    past: Vec<Past>,
    version: u64,
    disorder: Random,
    shape: Shape,
}

impl Store {
    fn now(&self, key: usize) -> &(u64, Vec<String>) {
        self.past[key].last().expect("the first state is empty")
    }

    fn put(&mut self, key: usize, state: Vec<String>) -> u64 {
        self.version += 1;
        let stray = self.disorder.below(self.shape.disorder + 1);
        let version = (self.version + stray) * 64 + self.version;
        self.past[key].push((version, state));
        version
    }
}

/// What a client waits for: key, want, and the answer once it took effect.
type Open = (usize, Want, Option<Answer>);

/// The history of a seed: equal seeds give equal histories.
pub fn history(shape: Shape, seed: u64) -> History {
    let mut random = Random::new(seed);
    let mut builder = Builder::new();
    let mut store = Store {
        past: vec![vec![(0, Vec::new())]; shape.keys as usize],
        version: 0,
        disorder: random.fork(1),
        shape,
    };
    // A client's number, and what it waits for.
    let mut clients: Vec<(i64, Option<Open>)> =
        (0..shape.processes as i64).map(|number| (number, None)).collect();
    let (mut started, mut time, mut fresh) = (0, 0, shape.processes as i64);
    let count = 2 + random.below(shape.operations - 1);
    let plan: Vec<(usize, Want)> = (1..=count)
        .map(|number| (random.below(shape.keys) as usize, draw(shape, &mut random, number)))
        .collect();
    loop {
        time += 1;
        let at = Stamp::new(time, time as u32);
        let chosen = random.below(shape.processes) as usize;
        let (process, open) = clients[chosen].clone();
        match open {
            None if started < count => {
                let (key, want) = plan[started as usize].clone();
                started += 1;
                let asked = match &want {
                    Want::Read => Asked::Read,
                    Want::Write(value) => Asked::Write(value),
                    Want::Cas(old, new) => Asked::Cas(old, new),
                    Want::Delete => Asked::Delete,
                    Want::Append(element) => Asked::Append(element),
                };
                builder.invoke(at, process, &format!("k{key}"), asked).expect("it is idle");
                clients[chosen].1 = Some((key, want, None));
            }
            None => {
                if clients.iter().all(|client| client.1.is_none()) {
                    quiet(shape, &mut random, &store, &plan, &mut builder, time);
                    return builder.finish();
                }
            }
            Some((key, want, None)) if random.percent(60.0) => {
                let answer = effect(shape, &mut random, &mut store, key, &want, &plan);
                clients[chosen].1 = Some((key, want, Some(answer)));
            }
            Some((_, _, None)) => {
                if random.percent(shape.fail) {
                    builder.fail(at, process, false).expect("it is open");
                    clients[chosen].1 = None;
                } else if random.percent(shape.unknown) {
                    builder.info(at, process).expect("it is open");
                    clients[chosen] = (fresh, None);
                    fresh += 1;
                }
            }
            Some((_, _, Some(answer))) => {
                if random.percent(shape.unknown) {
                    builder.info(at, process).expect("it is open");
                    clients[chosen] = (fresh, None);
                    fresh += 1;
                } else {
                    let bare = shape.bare > 0.0 && random.percent(shape.bare);
                    let shape = Shape { versions: shape.versions && !bare, ..shape };
                    reply(&mut builder, at, process, &answer, shape);
                    clients[chosen].1 = None;
                }
            }
        }
    }
}

/// The final reads; now and then one is left out.
fn quiet(
    shape: Shape,
    random: &mut Random,
    store: &Store,
    plan: &[(usize, Want)],
    builder: &mut Builder,
    mut time: u64,
) {
    for node in 1..=shape.servers {
        for key in 0..shape.keys as usize {
            if random.percent(3.0) {
                continue;
            }
            let answer = read(shape, random, store, key, plan);
            time += 2;
            let at = |time: u64| Stamp::new(time, time as u32);
            let process = 1_000 + i64::from(node);
            builder.invoke(at(time - 1), process, &format!("k{key}"), Asked::Read).expect("idle");
            let state = answer.seen.unwrap_or_default();
            let observed = match state.first() {
                _ if shape.lists => Observed::list(builder.list(state.iter().map(String::as_str))),
                Some(value) => Observed::scalar(value),
                None => Observed::nothing(),
            };
            builder.ok(at(time), process, observed.finally(node)).expect("it is open");
        }
    }
}

#[derive(Debug, Clone)]
struct Answer {
    /// What a read saw.
    seen: Option<Vec<String>>,
    /// False where a cas found another value.
    took: bool,
    version: u64,
}

fn draw(shape: Shape, random: &mut Random, number: u64) -> Want {
    let value = |random: &mut Random| match shape.values {
        0 => number.to_string(),
        values => (1 + random.below(values)).to_string(),
    };
    if random.percent(45.0) {
        return Want::Read;
    }
    if shape.lists {
        return Want::Append(value(random));
    }
    if shape.delete && random.percent(25.0) {
        return Want::Delete;
    }
    if shape.cas && random.percent(50.0) {
        let below = if shape.values == 0 { number } else { shape.values + 1 };
        let old = match random.below(below) {
            0 => "null".to_string(),
            old => old.to_string(),
        };
        return Want::Cas(old, value(random));
    }
    Want::Write(value(random))
}

fn effect(
    shape: Shape,
    random: &mut Random,
    store: &mut Store,
    key: usize,
    want: &Want,
    plan: &[(usize, Want)],
) -> Answer {
    let put = |store: &mut Store, state| {
        let version = store.put(key, state);
        Answer { seen: None, took: true, version }
    };
    match want {
        Want::Read => read(shape, random, store, key, plan),
        Want::Write(value) => put(store, vec![value.clone()]),
        Want::Delete => put(store, Vec::new()),
        Want::Append(element) => {
            let mut list = store.now(key).1.clone();
            list.push(element.clone());
            put(store, list)
        }
        Want::Cas(old, new) => {
            let found = store.now(key).1.first().map_or("null", |value| value.as_str());
            match (found == old) ^ random.percent(shape.wrong / 2.0) {
                true => put(store, vec![new.clone()]),
                false => Answer { seen: None, took: false, version: 0 },
            }
        }
    }
}

fn read(
    shape: Shape,
    random: &mut Random,
    store: &Store,
    key: usize,
    plan: &[(usize, Want)],
) -> Answer {
    let past = &store.past[key];
    let mut place = past.len() - 1;
    if random.percent(shape.stale) {
        place = random.below(past.len() as u64) as usize;
    }
    let (version, mut state) = past[place].clone();
    if random.percent(shape.wrong) && !shape.versions {
        // Any value that is written to the key at some time, or none.
        let written = plan.iter().filter(|planned| planned.0 == key);
        let written: Vec<&String> = written
            .filter_map(|planned| match &planned.1 {
                Want::Write(value) | Want::Cas(_, value) | Want::Append(value) => Some(value),
                Want::Read | Want::Delete => None,
            })
            .collect();
        let drawn = random.below(written.len() as u64 + 2) as usize;
        let value = match drawn {
            0 => "0".to_string(),
            1 if random.percent(5.0) => "99".to_string(),
            _ => written.get(drawn.saturating_sub(2)).map_or("0".into(), |value| (*value).clone()),
        };
        match (shape.lists, state.len()) {
            (true, 0) | (false, _) if value == "0" => state.clear(),
            (true, 0) | (false, _) => state = vec![value],
            (true, length) => {
                let (a, b) = (random.below(length as u64), random.below(length as u64));
                state.swap(a as usize, b as usize);
                if random.percent(30.0) {
                    state.pop();
                }
                if random.percent(50.0) {
                    // Perhaps a second time, or of an append that failed.
                    state.push(value);
                }
            }
        }
    }
    Answer { seen: Some(state), took: true, version }
}

fn reply(builder: &mut Builder, at: Stamp, process: i64, answer: &Answer, shape: Shape) {
    if !answer.took {
        return builder.fail(at, process, true).expect("it is open");
    }
    let mut observed = match &answer.seen {
        None => Observed::nothing(),
        Some(state) if shape.lists => {
            Observed::list(builder.list(state.iter().map(String::as_str)))
        }
        Some(state) => match state.first() {
            Some(value) => Observed::scalar(value),
            None => Observed::nothing(),
        },
    };
    if shape.versions {
        observed = observed.at_version(answer.version);
    }
    builder.ok(at, process, observed).expect("it is open");
}

/// The history as text, for failures.
pub fn text(history: &History) -> String {
    let mut lines = String::new();
    for operation in history.operations() {
        let list = operation.act() == conlab::history::Act::ReadList;
        let value = match list {
            true => history.list_texts(operation.list()).join(" "),
            false => history.value_text(operation.value()).to_string(),
        };
        lines += &format!(
            "{:>3}..{:<4} process {} {:?} {} {} (old {}) {:?} version {:?}\n",
            operation.invoked(),
            operation.ended().map_or("open".into(), |end| end.to_string()),
            history.process_name(operation.process()),
            operation.act(),
            history.key_name(operation.key()),
            value,
            history.value_text(operation.old()),
            operation.end(),
            operation.version(),
        );
    }
    lines
}
