//! Where each id stands in the log.
//!
//! Most ids are a name and a number that counts up: those that the master makes (`n1#7`), and those of most clients (`order-7`). Of
//! these the numbers are kept, below their name: a million of them are searched as fast as integers are, and appended at the end.

use crate::process::Key;
use std::collections::BTreeMap;

/// The place of each id.
#[derive(Debug, Default)]
pub(super) struct Ids {
    /// By name, then by number.
    counted: BTreeMap<Key, BTreeMap<u64, u64>>,
    others: BTreeMap<Key, u64>,
}

impl Ids {
    /// The place of this id, if it is in the log.
    pub fn get(&self, id: &str) -> Option<u64> {
        match parts(id) {
            Some((name, number)) => self.counted.get(name)?.get(&number).copied(),
            None => self.others.get(id).copied(),
        }
    }

    /// This id stands at this place.
    pub fn insert(&mut self, id: &Key, seq: u64) {
        let Some((name, number)) = parts(id) else {
            self.others.insert(id.clone(), seq);
            return;
        };
        match self.counted.get_mut(name) {
            Some(numbers) => _ = numbers.insert(number, seq),
            None => _ = self.counted.insert(name.into(), BTreeMap::from([(number, seq)])),
        }
    }
}

impl<'a> FromIterator<(u64, &'a Key)> for Ids {
    fn from_iter<T: IntoIterator<Item = (u64, &'a Key)>>(places: T) -> Self {
        let mut ids = Ids::default();
        places.into_iter().for_each(|(seq, id)| ids.insert(id, seq));
        ids
    }
}

/// The number at the end of an id, and what is before it. Together they are the id: zeros before the number belong to the name.
fn parts(id: &str) -> Option<(&str, u64)> {
    let digits = id.len() - id.trim_end_matches(|letter: char| letter.is_ascii_digit()).len();
    let number = id[id.len() - digits..].trim_start_matches('0');
    let name = &id[..id.len() - number.len()];
    number.parse().ok().map(|number| (name, number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_id_is_its_name_and_its_number() {
        assert_eq!(parts("n1.2#70"), Some(("n1.2#", 70)));
        assert_eq!(parts("a007"), Some(("a00", 7)));
        assert_eq!(parts("7"), Some(("", 7)));
        for id in ["", "a", "a0", "000", "7a", "9999999999999999999999"] {
            assert_eq!(parts(id), None, "{id}");
        }
    }

    proptest! {
        #[test]
        fn it_finds_what_a_table_of_texts_would(ids in proptest::collection::vec("[a#]{0,2}[0-2]{0,3}'?", 0..40)) {
            let (mut table, mut found) = (BTreeMap::new(), Ids::default());
            for (id, seq) in ids.iter().zip(1..) {
                prop_assert_eq!(found.get(id), table.get(id).copied());
                found.insert(&id.as_str().into(), seq);
                table.insert(id.clone(), seq);
            }
        }
    }
}
