//! The records that are held: those that may leave, those that wait for another try, those that wait for an earlier one of
//! their key. Packs calls by the limits of `PutRecords`. Calls nothing.

use std::collections::{BTreeMap, HashMap, VecDeque};

use tokio::time::Instant;

use crate::model::ids::PartitionKey;
use crate::model::limits::{PUT_RECORDS_MAX_BYTES, PUT_RECORDS_MAX_ENTRIES};
use crate::model::time::{Millis, Timestamp};
use crate::model::writes::{PutEntry, PutOutcome};

/// Records that are held before no more are taken in.
const HELD_RECORDS: usize = 8_000;
/// Bytes that are held before no more are taken in.
const HELD_BYTES: usize = 32 * 1_048_576;

/// A record on its way.
#[derive(Debug)]
pub(super) struct Flight {
    pub(super) entry: PutEntry,
    pub(super) track: Track,
}

/// What has become of it so far.
#[derive(Debug)]
pub(super) struct Track {
    /// Its number in the source.
    pub(super) number: u64,
    /// The wait behind each failed attempt.
    pub(super) waits: Vec<Millis>,
    /// When it was first sent.
    pub(super) began: Option<Timestamp>,
    /// Why it was refused last.
    pub(super) refusal: Option<PutOutcome>,
}

impl Flight {
    pub(super) fn new(number: u64, entry: PutEntry) -> Self {
        Self { entry, track: Track { number, waits: Vec::new(), began: None, refusal: None } }
    }
}

/// Everything that is held and not in a call.
#[derive(Debug, Default)]
pub(super) struct Queue {
    keeps_order: bool,
    ready: VecDeque<Flight>,
    waiting: BTreeMap<(Instant, u64), Flight>,
    /// By key: those behind one that is ready, waiting or in a call. A key is here as long as it has such a one.
    behind: HashMap<PartitionKey, VecDeque<Flight>>,
    /// Held here or in a call.
    records: usize,
    bytes: usize,
}

impl Queue {
    /// Holds nothing. Where order is kept, at most one record of a key is out at a time.
    pub(super) fn new(keeps_order: bool) -> Self {
        Self { keeps_order, ..Self::default() }
    }

    /// Takes a new record in.
    pub(super) fn accept(&mut self, flight: Flight) {
        self.records += 1;
        self.bytes += flight.entry.size_bytes();
        if self.keeps_order {
            if let Some(behind) = self.behind.get_mut(&flight.entry.partition_key) {
                behind.push_back(flight);
                return;
            }
            self.behind.insert(flight.entry.partition_key.clone(), VecDeque::new());
        }
        self.ready.push_back(flight);
    }

    /// The records of the next call, at most so many and so large; at least one, where one may leave.
    pub(super) fn take(&mut self, (most_records, most_bytes): (usize, usize)) -> Option<Vec<Flight>> {
        let (most_records, most_bytes) =
            (most_records.min(PUT_RECORDS_MAX_ENTRIES), most_bytes.min(PUT_RECORDS_MAX_BYTES));
        let mut call = Vec::new();
        let mut bytes = 0;
        while let Some(next) = self.ready.front() {
            bytes += next.entry.size_bytes();
            if call.len() >= most_records || (bytes > most_bytes && !call.is_empty()) {
                break;
            }
            call.extend(self.ready.pop_front());
        }
        (!call.is_empty()).then_some(call)
    }

    /// Holds a refused record until then.
    pub(super) fn put_off(&mut self, flight: Flight, until: Instant) {
        self.waiting.insert((until, flight.track.number), flight);
    }

    /// Forgets a record that has ended: the next of its key may leave.
    pub(super) fn release(&mut self, entry: &PutEntry) {
        self.records = self.records.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(entry.size_bytes());
        let Some(behind) = self.behind.get_mut(&entry.partition_key) else { return };
        match behind.pop_front() {
            Some(next) => self.ready.push_back(next),
            None => {
                self.behind.remove(&entry.partition_key);
            }
        }
    }

    /// Lets those leave that have waited long enough, before all others.
    pub(super) fn wake_due(&mut self, now: Instant) {
        let later = self.waiting.split_off(&(now, u64::MAX));
        for flight in std::mem::replace(&mut self.waiting, later).into_values().rev() {
            self.ready.push_front(flight);
        }
    }

    /// When the next one has waited long enough.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.waiting.first_key_value().map(|((due, _), _)| *due)
    }

    /// Whether one may leave now.
    pub(super) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Whether no more should be taken in.
    pub(super) fn is_full(&self) -> bool {
        self.records >= HELD_RECORDS || self.bytes >= HELD_BYTES
    }

    /// Whether nothing is on its way.
    pub(super) fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// Gives up: everything that was refused and waits, or is about to leave again.
    pub(super) fn refused(self) -> impl Iterator<Item = Flight> {
        let all = self.ready.into_iter().chain(self.waiting.into_values());
        all.filter(|flight| flight.track.refusal.is_some())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    fn entry(key: &str, size: usize) -> PutEntry {
        PutEntry { partition_key: PartitionKey::from(key), explicit_hash_key: None, data: vec![0; size] }
    }

    const NO_LIMITS: (usize, usize) = (usize::MAX, usize::MAX);

    #[test]
    fn calls_are_packed_by_both_limits_and_keys_count() {
        let calls = |entries: Vec<PutEntry>| {
            let mut queue = Queue::new(false);
            for (number, entry) in entries.into_iter().enumerate() {
                queue.accept(Flight::new(number as u64, entry));
            }
            std::iter::from_fn(|| queue.take(NO_LIMITS)).map(|call| call.len()).collect::<Vec<_>>()
        };
        assert_eq!(calls((0..1_200).map(|_| entry("k", 10)).collect()), [500, 500, 200]);
        assert_eq!(calls((0..20).map(|_| entry("k", 1_000_000)).collect()), [10, 10]);
        assert_eq!(calls(vec![entry("k", 11 * 1_048_576), entry("k", 1)]), [1, 1]);
        // Ten records fill a call to the byte; a key one byte longer takes one of them out.
        assert_eq!(calls((0..10).map(|_| entry("k", 1_048_575)).collect()), [10]);
        assert_eq!(calls((0..10).map(|_| entry("kk", 1_048_575)).collect()), [9, 1]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn every_call_keeps_the_limits_and_every_record_leaves_once_in_order(
            sizes in prop::collection::vec((0usize..4, prop_oneof![8 => 0usize..2_000, 1 => 0usize..3_000_000]), 1..1_300),
        ) {
            let mut queue = Queue::new(false);
            for (number, (key, size)) in sizes.iter().enumerate() {
                queue.accept(Flight::new(number as u64, entry(&"k".repeat(key + 1), *size)));
            }
            let mut seen = Vec::new();
            while let Some(call) = queue.take(NO_LIMITS) {
                let bytes: usize = call.iter().map(|flight| flight.entry.size_bytes()).sum();
                prop_assert!(call.len() <= PUT_RECORDS_MAX_ENTRIES && bytes <= PUT_RECORDS_MAX_BYTES);
                seen.extend(call.iter().map(|flight| flight.track.number));
            }
            prop_assert_eq!(seen, (0..sizes.len() as u64).collect::<Vec<_>>());
        }

        #[test]
        fn in_order_one_of_a_key_is_out_at_a_time(
            keys in prop::collection::vec(0u8..6, 1..200),
            refusals in prop::collection::vec(any::<bool>(), 400),
        ) {
            let mut queue = Queue::new(true);
            let now = Instant::now();
            for (number, key) in keys.iter().enumerate() {
                queue.accept(Flight::new(number as u64, entry(&key.to_string(), 1)));
            }
            let mut refusals = refusals.into_iter();
            let mut ended: Vec<(PartitionKey, u64)> = Vec::new();
            while !queue.is_empty() {
                queue.wake_due(now);
                let call = queue.take(NO_LIMITS).expect("something may leave");
                let out: HashSet<_> = call.iter().map(|flight| flight.entry.partition_key.clone()).collect();
                prop_assert_eq!(out.len(), call.len());
                for flight in call {
                    if refusals.next().unwrap_or(false) {
                        queue.put_off(flight, now);
                    } else {
                        queue.release(&flight.entry);
                        ended.push((flight.entry.partition_key, flight.track.number));
                    }
                }
            }
            prop_assert_eq!(ended.len(), keys.len());
            for key in 0u8..6 {
                let of_key: Vec<u64> =
                    ended.iter().filter(|(k, _)| k.as_str() == key.to_string()).map(|(_, n)| *n).collect();
                prop_assert!(of_key.is_sorted());
            }
        }
    }
}
