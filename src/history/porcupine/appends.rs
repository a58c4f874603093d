//! Which append is the one that a get shows, and after what.

use super::events::{Event, Function, Type};
use crate::history::fault::Fault;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound::{Included, Unbounded};

/// The strings that a history's gets show may add up to so many bytes, every beginning counted by itself.
const MOST_TEXT: usize = 64 << 20;

/// For each append that a get shows, what stands before it.
#[derive(Debug, Default)]
pub struct Appends {
    after: BTreeMap<usize, String>,
}

/// What is known of a key.
#[derive(Debug, Default)]
struct Variable<'a> {
    /// The positions of the invocations of its appends, by their text.
    appends: BTreeMap<&'a str, Vec<usize>>,
    /// The positions of the invocations of its puts, by their text.
    puts: BTreeMap<&'a str, Vec<usize>>,
    /// Whether the string that is this text alone, both put and appended, was put.
    put: BTreeMap<&'a str, bool>,
    /// It was put back to a string that it held before, as far as anyone can tell.
    recurs: bool,
    /// A put made it empty again.
    emptied: bool,
    /// Every beginning of a shown string that ends with an appended text: the text before, and where it showed first.
    shown: BTreeMap<&'a str, BTreeMap<&'a str, usize>>,
}

impl Appends {
    /// Of these events.
    ///
    /// # Errors
    /// If two appends of a text cannot be told apart, or the strings are too long.
    pub fn of(events: &[Event]) -> Result<Self, Fault> {
        let mut variables: BTreeMap<&str, Variable<'_>> = BTreeMap::new();
        for (position, event) in
            events.iter().enumerate().filter(|(_, event)| event.kind == Type::Invoke)
        {
            let variable = variables.entry(&event.key).or_default();
            match event.function {
                Function::Append => {
                    variable.appends.entry(&event.value).or_default().push(position)
                }
                Function::Put => variable.put(position, &event.value),
                Function::Get => {}
            }
        }
        let mut text = 0;
        let shows = |event: &Event| (event.kind, event.function) == (Type::Ok, Function::Get);
        for (position, event) in events.iter().enumerate().filter(|(_, event)| shows(event)) {
            if let Some(variable) = variables.get_mut(event.key.as_str()) {
                variable.show(position, event, &mut text)?;
            }
        }
        let mut appends = Appends::default();
        for variable in variables.values() {
            variable.assign(events, &mut appends.after)?;
        }
        Ok(appends)
    }

    /// What stood before the append invoked at `position`; `None` where no get shows it.
    pub fn shown_after(&self, position: usize) -> Option<&str> {
        self.after.get(&position).map(String::as_str)
    }
}

impl<'a> Variable<'a> {
    fn put(&mut self, position: usize, value: &'a str) {
        if value.is_empty() {
            (self.recurs, self.emptied) = (true, true);
            return;
        }
        let puts = self.puts.entry(value).or_default();
        self.recurs |= !puts.is_empty();
        puts.push(position);
    }

    /// A get shows a string: takes it apart, up to what nobody wrote.
    fn show(&mut self, position: usize, event: &'a Event, text: &mut usize) -> Result<(), Fault> {
        let string = event.value.as_str();
        let mut end = 0;
        while end < string.len() {
            let Some(word) = self.word_at(&string[end..], event)? else { return Ok(()) };
            let put = end == 0 && self.begins_with_put(position, word, event)?;
            if !put && self.appends.contains_key(word) {
                let first = self.shown.entry(word).or_default().entry(&string[..end]);
                if let Entry::Vacant(vacant) = first {
                    vacant.insert(position);
                    *text += end + word.len();
                }
            } else if end > 0 {
                return Ok(()); // a put stands at the beginning
            }
            if *text > MOST_TEXT {
                let limit = MOST_TEXT >> 20;
                return Err(Fault::at(
                    event.line,
                    format!(
                        "the strings add up to more than {limit} MiB; check a shorter part of the run"
                    ),
                ));
            }
            end += word.len();
        }
        Ok(())
    }

    /// Whether the text at the beginning of a string was put there, and not appended to an empty one: where it was both, only
    /// one of them can have been it, as the other had not been asked for yet or shows elsewhere.
    fn begins_with_put(
        &mut self,
        position: usize,
        word: &'a str,
        event: &Event,
    ) -> Result<bool, Fault> {
        let (Some(puts), Some(appends)) = (self.puts.get(word), self.appends.get(word)) else {
            return Ok(self.puts.contains_key(word));
        };
        if let Some(put) = self.put.get(word) {
            return Ok(*put);
        }
        let asked = |positions: &[usize]| positions.partition_point(|asked| *asked < position);
        let elsewhere = self.shown.get(word).map_or(0, BTreeMap::len);
        let (put, appended) = (asked(puts) > 0, asked(appends) > elsewhere);
        if (put && appended) || self.emptied {
            let reason = format!("{word:?} is put and appended; give each a text of its own");
            return Err(Fault::at(event.line, reason));
        }
        self.put.insert(word, put);
        Ok(put)
    }

    /// The one text put or appended with which `rest` begins.
    fn word_at(&self, rest: &str, event: &Event) -> Result<Option<&'a str>, Fault> {
        let words: BTreeSet<&'a str> =
            beginnings(&self.appends, rest).chain(beginnings(&self.puts, rest)).collect();
        let mut words = words.into_iter();
        match (words.next(), words.next()) {
            (Some(one), Some(other)) => Err(Fault::at(
                event.line,
                format!(
                    "{one:?} is the beginning of {other:?}; put and append texts that can be told apart"
                ),
            )),
            (word, _) => Ok(word),
        }
    }

    fn assign(&self, events: &[Event], after: &mut BTreeMap<usize, String>) -> Result<(), Fault> {
        for (word, shown) in &self.shown {
            let mut open = self.appends.get(word).cloned().unwrap_or_default();
            let several = open.len() > 1;
            let mut shown: Vec<(usize, &str)> =
                shown.iter().map(|(before, first)| (*first, *before)).collect();
            shown.sort_by_key(|(first, before)| (*first, before.len()));
            for (index, (first, before)) in shown.iter().enumerate() {
                let candidates = open.iter().filter(|position| *position < first).count();
                let told = candidates < 2
                    || (in_turn(events, &open[..candidates])
                        && in_one_string(&shown[index..], candidates));
                if !told {
                    return Err(twice(&events[open[0]]));
                }
                if candidates > 0 {
                    after.insert(open.remove(0), (*before).to_string());
                }
            }
            if let (true, true, Some(left)) = (several, self.recurs, open.first()) {
                return Err(twice(&events[*left])); // it may have done the same a second time
            }
        }
        Ok(())
    }
}

/// Whether one client did all these, so that the one asked for first also comes first.
fn in_turn(events: &[Event], positions: &[usize]) -> bool {
    positions.windows(2).all(|pair| events[pair[0]].process == events[pair[1]].process)
}

/// Whether so many of the places where a text shows, from the first on, are places in one string.
fn in_one_string(shown: &[(usize, &str)], count: usize) -> bool {
    let nested = |pair: &[(usize, &str)]| {
        pair[1].1.len() > pair[0].1.len() && pair[1].1.starts_with(pair[0].1)
    };
    shown.get(..count).is_some_and(|shown| shown.windows(2).all(nested))
}

fn twice(event: &Event) -> Fault {
    let (value, key) = (&event.value, &event.key);
    Fault::at(
        event.line,
        format!(
            "{value:?} is appended to key {key:?} more than once, and the gets do not tell which is which; append a text of its own each time"
        ),
    )
}

/// The words with which `rest` begins, the longest first. Words between a beginning of `rest` and `rest` itself begin
/// with it too, so each step looks only at what it has in common with the last word.
fn beginnings<'a, 'm, T>(
    words: &'m BTreeMap<&'a str, T>,
    rest: &'m str,
) -> impl Iterator<Item = &'a str> + 'm {
    let mut bound = Some(rest);
    std::iter::from_fn(move || {
        loop {
            let (word, _) = words.range::<str, _>((Unbounded, Included(bound?))).next_back()?;
            let same = |((at, a), b): &((usize, char), char)| (a == b).then_some(at + a.len_utf8());
            let pairs = word.char_indices().zip(rest.chars());
            let common = pairs.map_while(|pair| same(&pair)).last().unwrap_or(0);
            if common < word.len() {
                bound = Some(&rest[..common]);
                continue;
            }
            bound = word.char_indices().next_back().map(|(at, _)| &rest[..at]);
            return Some(*word);
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_begin_a_text_are_found() {
        let words: BTreeMap<&str, ()> =
            ["a", "ab", "abd", "ac", "b", "é"].map(|word| (word, ())).into();
        let found = |text: &str| beginnings(&words, text).map(str::to_string).collect::<Vec<_>>();
        assert_eq!(found("abc"), ["ab", "a"]);
        assert_eq!(found("az"), ["a"]);
        assert_eq!(found("éa"), ["é"]);
        assert!(found("").is_empty() && found("z").is_empty() && found("è").is_empty());
    }
}
