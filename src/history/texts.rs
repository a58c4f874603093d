//! Many short texts in one buffer, each under a number.

use hashbrown::HashTable;
use rustc_hash::FxHasher;
use std::hash::Hasher;

/// An interner: equal texts get equal numbers, counted from 0. About 16 bytes a text beside its own.
#[derive(Debug, Clone, Default)]
pub struct Texts {
    buffer: String,
    ends: Vec<usize>,
    found: HashTable<u32>,
}

impl Texts {
    /// The number of `text`, which it keeps from then on.
    pub fn intern(&mut self, text: &str) -> u32 {
        let hash = hash(text);
        let (buffer, ends) = (&self.buffer, &self.ends);
        if let Some(&id) = self.found.find(hash, |&id| slice(buffer, ends, id) == text) {
            return id;
        }
        let id = self.ends.len() as u32;
        self.buffer.push_str(text);
        self.ends.push(self.buffer.len());
        let (buffer, ends) = (&self.buffer, &self.ends);
        self.found.insert_unique(hash, id, |&id| self::hash(slice(buffer, ends, id)));
        id
    }

    /// The text under a number that [`Texts::intern`] gave; empty for others.
    pub fn get(&self, id: u32) -> &str {
        if (id as usize) < self.ends.len() { slice(&self.buffer, &self.ends, id) } else { "" }
    }

    /// How many different texts there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// True where there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

fn slice<'a>(buffer: &'a str, ends: &[usize], id: u32) -> &'a str {
    let start = if id == 0 { 0 } else { ends[id as usize - 1] };
    &buffer[start..ends[id as usize]]
}

fn hash(text: &str) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(text.as_bytes());
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::Texts;

    #[test]
    fn equal_texts_get_equal_numbers() {
        let mut texts = Texts::default();
        let ids: Vec<u32> = ["", "a", "b", "a", ""].iter().map(|text| texts.intern(text)).collect();
        assert_eq!(ids, [0, 1, 2, 1, 0]);
        assert_eq!((texts.get(1), texts.get(9), texts.len()), ("a", "", 3));
    }
}
