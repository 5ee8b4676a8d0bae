//! The heaviest partition keys in bounded memory: weighted Space-Saving.
//!
//! Metwally, Agrawal, El Abbadi, *Efficient Computation of Frequent and Top-k Elements in Data Streams* (ICDT 2005): at most
//! `capacity` keys are counted. A key that comes while all places are taken replaces the lightest one and inherits its
//! count as a possible error. With `total` the weight of everything that came,
//!
//! - the true weight of a counted key lies in `[count − error, count]`, and `error ≤ total / capacity`;
//! - a key with more than `total / capacity` is always among the counted.
//!
//! The weights are of any size, so the paper's list of equal counts becomes a binary min-heap. A heavy key sits at the bottom
//! of the heap and stays there: counting it costs one look-up. The worst case is `log2(capacity)` swaps; nothing is ever
//! scanned. Two sketches merge as in Agarwal et al., *Mergeable Summaries* (PODS 2012), and the bounds hold for the union.

use std::collections::{HashMap, HashSet};

use crate::model::hash_range::HashKey;
use crate::model::ids::PartitionKey;

/// One counted key.
#[derive(Clone, Debug)]
pub struct Counter<T> {
    /// The key.
    pub key: PartitionKey,
    /// Its MD5, computed once.
    pub hash: HashKey,
    /// Never less than the true weight.
    pub count: u64,
    /// The true weight is at least `count − error`.
    pub error: u64,
    /// What else is kept of the key, since it is among the counted.
    pub extra: T,
    tag: u64,
}

impl<T> Counter<T> {
    /// What the key weighs at the least.
    pub fn at_least(&self) -> u64 {
        self.count - self.error
    }

    /// The tag it was added by; the same key has the same tag in every sketch that one tagger feeds.
    pub fn tag(&self) -> u64 {
        self.tag
    }
}

/// The heaviest keys and their weights, with `T` kept beside each.
#[derive(Clone, Debug)]
pub struct SpaceSaving<T> {
    capacity: usize,
    counters: Vec<Counter<T>>,
    /// Counts and indices of counters, the lightest first. The counts stand here too, so that the heap is walked without a look
    /// at the counters, which are large.
    heap: Vec<(u64, u32)>,
    /// Where each counter stands in the heap.
    places: Vec<u32>,
    /// Open addressing by tag: index of a counter plus one, or zero for a free place. A power of two, at most half full.
    table: Vec<u32>,
    total: u64,
    floor: u64,
}

impl<T: Default + Clone> SpaceSaving<T> {
    /// Counts at most this many keys at a time; at least one, at most 2^24.
    pub fn new(capacity: usize) -> Self {
        Self {
            capacity: capacity.clamp(1, 1 << 24),
            counters: Vec::new(),
            heap: Vec::new(),
            places: Vec::new(),
            table: Vec::new(),
            total: 0,
            floor: 0,
        }
    }

    /// Most keys that are counted at a time.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Weight of everything that came.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// What a key that is not among the counted can weigh at the most. Zero means that every key that came is counted.
    pub fn floor(&self) -> u64 {
        self.floor
    }

    /// The counted keys, in no order.
    pub fn counters(&self) -> &[Counter<T>] {
        &self.counters
    }

    /// The counted keys, heaviest first; equal ones by key, so that the order is the same every time.
    pub fn ranked(&self) -> Vec<&Counter<T>> {
        let mut ranked: Vec<_> = self.counters.iter().collect();
        ranked.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.key.cmp(&b.key)));
        ranked
    }

    /// Adds `weight` to the key whose tag this is. `enter` is asked for the key and its MD5 only when the key was not
    /// among the counted. Hands back the counter, and whether the key has just become one of the counted.
    pub fn add(
        &mut self,
        tag: u64,
        key: &str,
        weight: u64,
        enter: impl FnOnce() -> (PartitionKey, HashKey),
    ) -> (&mut Counter<T>, bool) {
        self.total = self.total.saturating_add(weight);
        let (index, is_new) = match self.find(tag, key) {
            Some(index) => (index, false),
            None => (self.enter(tag, enter()), true),
        };
        let count = self.counters[index].count.saturating_add(weight);
        self.counters[index].count = count;
        let place = self.places[index] as usize;
        self.heap[place].0 = count;
        self.sink(place);
        (&mut self.counters[index], is_new)
    }

    /// Takes another sketch in; `combine` joins what is kept beside a key that both have counted.
    pub fn merge(&mut self, other: &Self, combine: impl Fn(&mut T, &T)) {
        let mut joined: HashMap<PartitionKey, Counter<T>> =
            self.counters.drain(..).map(|counter| (counter.key.clone(), counter)).collect();
        let mine: Vec<PartitionKey> = joined.keys().cloned().collect();
        for theirs in &other.counters {
            let counter = joined.entry(theirs.key.clone()).or_insert_with(|| Counter {
                count: self.floor,
                error: self.floor,
                extra: T::default(),
                ..theirs.clone()
            });
            counter.count = counter.count.saturating_add(theirs.count);
            counter.error = counter.error.saturating_add(theirs.error);
            combine(&mut counter.extra, &theirs.extra);
        }
        let theirs: HashSet<&PartitionKey> = other.counters.iter().map(|counter| &counter.key).collect();
        for key in mine.iter().filter(|key| !theirs.contains(key)) {
            if let Some(counter) = joined.get_mut(key) {
                counter.count = counter.count.saturating_add(other.floor);
                counter.error = counter.error.saturating_add(other.floor);
            }
        }
        let mut all: Vec<Counter<T>> = joined.into_values().collect();
        all.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.key.cmp(&b.key)));
        let dropped = all.get(self.capacity).map_or(0, |first| first.count);
        all.truncate(self.capacity);
        self.total = self.total.saturating_add(other.total);
        self.floor = self.floor.saturating_add(other.floor).max(dropped);
        self.rebuild(all);
    }

    /// What the sketch takes in memory, keys' text included, in bytes.
    pub fn memory_bytes(&self) -> usize {
        let text: usize = self.counters.iter().map(|counter| counter.key.as_str().len() + 16).sum();
        self.counters.capacity() * size_of::<Counter<T>>()
            + self.heap.capacity() * size_of::<(u64, u32)>()
            + (self.places.capacity() + self.table.capacity()) * size_of::<u32>()
            + text
    }

    fn rebuild(&mut self, counters: Vec<Counter<T>>) {
        // Ascending order is a heap.
        self.heap = counters
            .iter()
            .zip(0..counters.len() as u32)
            .rev()
            .map(|(counter, index)| (counter.count, index))
            .collect();
        self.places = (0..counters.len() as u32).rev().collect();
        self.counters = counters;
        self.table.clear();
        self.grow_table();
    }

    /// A counter for a key that has none: a free place, or that of the lightest.
    fn enter(&mut self, tag: u64, (key, hash): (PartitionKey, HashKey)) -> usize {
        if self.counters.len() < self.capacity {
            let index = self.counters.len();
            let (count, error) = (self.floor, self.floor);
            self.counters.push(Counter { key, hash, count, error, extra: T::default(), tag });
            self.places.push(self.heap.len() as u32);
            self.heap.push((count, index as u32));
            self.rise(self.heap.len() - 1);
            if self.table.len() < self.counters.len() * 2 {
                self.grow_table();
            } else {
                self.note(index);
            }
            return index;
        }
        let index = self.heap[0].1 as usize;
        self.forget(index);
        let lightest = &mut self.counters[index];
        self.floor = lightest.count;
        *lightest = Counter { key, hash, count: self.floor, error: self.floor, extra: T::default(), tag };
        self.note(index);
        index
    }

    fn rise(&mut self, mut place: usize) {
        while place > 0 {
            let above = (place - 1) / 2;
            if self.heap[above].0 <= self.heap[place].0 {
                break;
            }
            self.swap(place, above);
            place = above;
        }
    }

    fn sink(&mut self, mut place: usize) {
        loop {
            let left = 2 * place + 1;
            if left >= self.heap.len() {
                break;
            }
            let right = left + 1;
            let is_right = right < self.heap.len() && self.heap[right].0 < self.heap[left].0;
            let lighter = if is_right { right } else { left };
            if self.heap[place].0 <= self.heap[lighter].0 {
                break;
            }
            self.swap(place, lighter);
            place = lighter;
        }
    }

    #[inline]
    fn swap(&mut self, a: usize, b: usize) {
        self.heap.swap(a, b);
        self.places[self.heap[a].1 as usize] = a as u32;
        self.places[self.heap[b].1 as usize] = b as u32;
    }

    #[inline]
    fn find(&self, tag: u64, key: &str) -> Option<usize> {
        let mask = self.table.len().checked_sub(1)?;
        let mut at = tag as usize & mask;
        loop {
            let index = (*self.table.get(at)?).checked_sub(1)? as usize;
            let counter = self.counters.get(index)?;
            if counter.tag == tag && counter.key.as_str() == key {
                return Some(index);
            }
            at = (at + 1) & mask;
        }
    }

    fn grow_table(&mut self) {
        let size = (self.counters.len().max(8) * 4).next_power_of_two();
        self.table.clear();
        self.table.resize(size, 0);
        for index in 0..self.counters.len() {
            self.note(index);
        }
    }

    fn note(&mut self, index: usize) {
        let mask = self.table.len() - 1;
        let mut at = self.counters[index].tag as usize & mask;
        while self.table[at] != 0 {
            at = (at + 1) & mask;
        }
        self.table[at] = index as u32 + 1;
    }

    /// Takes a counter out of the table, and moves those behind it up so that no look-up ends too early.
    fn forget(&mut self, index: usize) {
        let mask = self.table.len() - 1;
        let mut free = self.counters[index].tag as usize & mask;
        while self.table[free] != index as u32 + 1 {
            free = (free + 1) & mask;
        }
        let mut at = free;
        loop {
            at = (at + 1) & mask;
            let Some(other) = self.table[at].checked_sub(1) else { break };
            let home = self.counters[other as usize].tag as usize & mask;
            // It may move up only where its home does not lie between the gap and itself.
            if (at.wrapping_sub(home) & mask) >= (at.wrapping_sub(free) & mask) {
                self.table[free] = self.table[at];
                free = at;
            }
        }
        self.table[free] = 0;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::sketch::tag::Tagger;

    fn feed(sketch: &mut SpaceSaving<()>, tagger: Tagger, stream: &[(u16, u64)]) {
        for (key, weight) in stream {
            let key = format!("key-{key}");
            sketch.add(tagger.tag(key.as_bytes()), &key, *weight, || (key.as_str().into(), HashKey(0)));
        }
    }

    fn truth(stream: &[(u16, u64)]) -> HashMap<String, u64> {
        let mut truth = HashMap::new();
        for (key, weight) in stream {
            *truth.entry(format!("key-{key}")).or_default() += weight;
        }
        truth
    }

    fn check(sketch: &SpaceSaving<()>, truth: &HashMap<String, u64>) {
        let total: u64 = truth.values().sum();
        assert_eq!(sketch.total(), total);
        assert!(sketch.counters().len() <= sketch.capacity());
        let bound = total / sketch.capacity() as u64;
        for counter in sketch.counters() {
            let real = truth.get(counter.key.as_str()).copied().unwrap_or(0);
            assert!(counter.at_least() <= real && real <= counter.count, "{counter:?} {real}");
            assert!(counter.error <= bound, "{counter:?} {bound}");
        }
        for (key, real) in truth {
            let is_counted = sketch.counters().iter().any(|counter| counter.key.as_str() == key);
            assert!(is_counted || *real <= bound, "{key} of {real} is missing");
            assert!(is_counted || *real <= sketch.floor(), "{key} of {real} is above the floor");
        }
    }

    fn streams() -> impl Strategy<Value = Vec<(u16, u64)>> {
        // Skewed: low keys come more often.
        prop::collection::vec((0u16..16, 0u16..300, 1u64..2_000), 0..600)
            .prop_map(|items| items.into_iter().map(|(a, b, w)| (if w % 3 == 0 { a } else { b }, w)).collect())
    }

    proptest! {
        #[test]
        fn counts_are_never_less_and_never_more_than_the_error_above_the_truth(
            stream in streams(), capacity in 1usize..80,
        ) {
            let mut sketch = SpaceSaving::new(capacity);
            feed(&mut sketch, Tagger::default(), &stream);
            check(&sketch, &truth(&stream));
        }

        #[test]
        fn a_merged_sketch_keeps_the_bounds_of_the_union(
            one in streams(), two in streams(), capacity in 1usize..80,
        ) {
            let tagger = Tagger::default();
            let (mut a, mut b) = (SpaceSaving::new(capacity), SpaceSaving::new(capacity));
            feed(&mut a, tagger, &one);
            feed(&mut b, tagger, &two);
            a.merge(&b, |_, _| ());
            let mut both = one.clone();
            both.extend_from_slice(&two);
            check(&a, &truth(&both));
            // It still counts on as before.
            feed(&mut a, tagger, &one);
            both.extend_from_slice(&one);
            check(&a, &truth(&both));
        }
    }

    #[test]
    fn nothing_is_estimated_while_every_key_has_a_place() {
        let mut sketch = SpaceSaving::new(4);
        feed(&mut sketch, Tagger::default(), &[(1, 5), (2, 7), (1, 5), (3, 1)]);
        assert_eq!(sketch.floor(), 0);
        let ranked: Vec<(&str, u64, u64)> =
            sketch.ranked().iter().map(|c| (c.key.as_str(), c.count, c.error)).collect();
        assert_eq!(ranked, [("key-1", 10, 0), ("key-2", 7, 0), ("key-3", 1, 0)]);
    }

    #[test]
    fn keys_that_share_a_tag_stay_apart() {
        let mut sketch = SpaceSaving::<()>::new(2);
        for key in ["a", "b", "a", "c"] {
            sketch.add(7, key, 1, || (key.into(), HashKey(0)));
        }
        assert_eq!(sketch.ranked().iter().map(|c| c.count).collect::<Vec<_>>(), [2, 2]);
        assert_eq!(sketch.total(), 4);
    }
}
