//! A map by counter, for what comes and goes nearly in order: requests under way, tickets answered.
//!
//! Each edge counts its requests, so what is kept of them grows at one end and shrinks at the other. Here an entry is found
//! by its distance from the first, most often at once, and is added and removed without a tree to keep in balance. What
//! comes or goes out of turn is slower, and right all the same.

use std::collections::VecDeque;

/// So many places may stand empty beside those that are taken.
const SPARE: usize = 64;

/// Values by counter, in order.
#[derive(Debug, Clone)]
pub struct Window<T> {
    /// By counter; a place whose value was removed stands empty until it is the first, or too many do.
    places: VecDeque<(u64, Option<T>)>,
    taken: usize,
}

impl<T> Window<T> {
    /// How many values there are.
    pub fn len(&self) -> usize {
        self.taken
    }

    /// True where there is none.
    pub fn is_empty(&self) -> bool {
        self.taken == 0
    }

    /// The value at `counter`.
    pub fn get(&self, counter: u64) -> Option<&T> {
        let place = self.find(counter).ok()?;
        self.places[place].1.as_ref()
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, counter: u64) -> Option<&mut T> {
        let place = self.find(counter).ok()?;
        self.places[place].1.as_mut()
    }

    /// Whether there is a value at `counter`.
    pub fn contains(&self, counter: u64) -> bool {
        self.get(counter).is_some()
    }

    /// The first value and its counter.
    pub fn first(&self) -> Option<(u64, &T)> {
        self.iter().next()
    }

    /// Puts a value at `counter`, in the place of any that is there.
    pub fn insert(&mut self, counter: u64, value: T) {
        let before = match self.find(counter) {
            Ok(place) => self.places[place].1.replace(value),
            Err(place) => {
                self.places.insert(place, (counter, Some(value)));
                None
            }
        };
        self.taken += usize::from(before.is_none());
    }

    /// Takes the value at `counter` out.
    pub fn remove(&mut self, counter: u64) -> Option<T> {
        let place = self.find(counter).ok()?;
        let removed = self.places[place].1.take()?;
        self.taken -= 1;
        self.tidy();
        Some(removed)
    }

    /// Takes out all that is below `counter`.
    pub fn remove_below(&mut self, counter: u64) {
        while let Some((_, value)) = self.places.pop_front_if(|(first, _)| *first < counter) {
            self.taken -= usize::from(value.is_some());
        }
        self.tidy();
    }

    /// The values with their counters, in order.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        self.places.iter().filter_map(|(counter, value)| Some((*counter, value.as_ref()?)))
    }

    /// The values, to be changed, in order.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.places.iter_mut().filter_map(|(_, value)| value.as_mut())
    }

    /// The place of `counter`, or where that would be.
    fn find(&self, counter: u64) -> Result<usize, usize> {
        match self.places.back() {
            Some((last, _)) if *last >= counter => {}
            _ => return Err(self.places.len()),
        }
        // Where no counter is left out, its distance from the first is its place.
        let first = self.places.front().map_or(0, |(first, _)| *first);
        let guess = usize::try_from(counter.saturating_sub(first)).unwrap_or(usize::MAX);
        match self.places.get(guess) {
            Some((found, _)) if *found == counter => Ok(guess),
            _ => self.places.binary_search_by_key(&counter, |(counter, _)| *counter),
        }
    }

    /// No empty place comes first, and there are not many of them.
    fn tidy(&mut self) {
        while self.places.pop_front_if(|(_, value)| value.is_none()).is_some() {}
        if self.places.len() > 2 * self.taken + SPARE {
            self.places.retain(|(_, value)| value.is_some());
        }
    }
}

impl<T> Default for Window<T> {
    fn default() -> Self {
        Window { places: VecDeque::new(), taken: 0 }
    }
}

/// Equal values at equal counters, whatever was there before.
impl<T: PartialEq> PartialEq for Window<T> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<T: Eq> Eq for Window<T> {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[derive(Debug, Clone)]
    enum Act {
        Insert(u64),
        Remove(u64),
        RemoveBelow(u64),
    }

    /// Counters that mostly grow, as they do at an edge, and some that do not.
    fn acts() -> impl Strategy<Value = Vec<Act>> {
        let counter = prop_oneof![0..40u64, 200..400u64, Just(u64::MAX)];
        let act = (0..9u8, counter).prop_map(|(kind, counter)| match kind {
            0..5 => Act::Insert(counter),
            5..8 => Act::Remove(counter),
            _ => Act::RemoveBelow(counter),
        });
        prop::collection::vec(act, 0..400)
    }

    proptest! {
        #[test]
        fn is_a_map(acts in acts()) {
            let (mut window, mut map) = (Window::default(), BTreeMap::new());
            for (number, act) in acts.into_iter().enumerate() {
                match act {
                    Act::Insert(counter) => {
                        window.insert(counter, number);
                        map.insert(counter, number);
                    }
                    Act::Remove(counter) => prop_assert_eq!(window.remove(counter), map.remove(&counter)),
                    Act::RemoveBelow(counter) => {
                        window.remove_below(counter);
                        map = map.split_off(&counter);
                    }
                }
                let pairs: Vec<(u64, usize)> = window.iter().map(|(counter, value)| (counter, *value)).collect();
                prop_assert_eq!(pairs, map.clone().into_iter().collect::<Vec<_>>());
                prop_assert_eq!((window.len(), window.is_empty()), (map.len(), map.is_empty()));
                prop_assert_eq!(window.first(), map.first_key_value().map(|(counter, value)| (*counter, value)));
                prop_assert!((0..40).all(|counter| window.get(counter) == map.get(&counter)));
            }
        }
    }

    #[test]
    fn one_that_stays_does_not_keep_the_places_of_those_that_went() {
        let mut window = Window::default();
        window.insert(0, ());
        for counter in 1..10_000 {
            window.insert(counter, ());
            window.remove(counter);
        }
        assert!(window.len() == 1 && window.places.len() <= 2 + SPARE);
    }
}
