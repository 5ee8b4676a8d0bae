//! The heaviest keys of each of the newest seconds, so that the keys of a burst can be held against those of the calm around it.

use std::collections::VecDeque;

use super::seconds::{Load, Seconds};
use crate::model::hash_range::HashKey;
use crate::model::ids::PartitionKey;
use crate::model::limits::{SHARD_WRITE_BYTES_PER_SEC, SHARD_WRITE_RECORDS_PER_SEC};
use crate::model::sketch::tag::TagMap;
use crate::model::time::Timestamp;
use crate::model::utilisation::BoundBy;

/// Keys kept of a second that is over.
const KEYS_KEPT: usize = 8;
/// Newest seconds that are still growing.
const OPEN_SECONDS: i64 = 3;
/// Keys that are listed of a burst.
const KEYS_LISTED: usize = 16;

#[derive(Clone, Debug)]
struct KeyLoad {
    tag: u64,
    key: PartitionKey,
    hash: HashKey,
    bytes: u32,
    records: u32,
}

impl KeyLoad {
    /// Share of both limits together; only for comparing.
    fn cost(&self) -> f64 {
        f64::from(self.bytes) / SHARD_WRITE_BYTES_PER_SEC + f64::from(self.records) / SHARD_WRITE_RECORDS_PER_SEC
    }
}

#[derive(Clone, Debug, Default)]
struct SecondKeys {
    /// All ranked bytes of the second.
    bytes: u64,
    /// All ranked records of the second.
    records: u64,
    /// Every key while the second is growing, up to a bound; empty when it is over.
    open: TagMap<KeyLoad>,
    /// The heaviest when it is over.
    kept: Vec<KeyLoad>,
}

impl SecondKeys {
    fn keys(&self) -> impl Iterator<Item = &KeyLoad> {
        self.kept.iter().chain(self.open.values())
    }
}

/// The heaviest keys by second.
#[derive(Clone, Debug)]
pub(super) struct KeySeconds {
    capacity: usize,
    /// Keys counted in one second; any more of them count only in the sum.
    most_keys: usize,
    first: i64,
    ring: VecDeque<SecondKeys>,
}

/// One key in and outside of the burst seconds; both are shares of all that came in those seconds, fractions of 1.
#[derive(Clone, Debug, PartialEq)]
pub struct BurstKey {
    /// The key.
    pub key: PartitionKey,
    /// Where it lands.
    pub hash: HashKey,
    /// Its share of the burst seconds.
    pub burst_share: f64,
    /// Its share of the other seconds. At least this: a key that was not among the heaviest of a second counts as absent.
    pub else_share: f64,
}

/// The keys of the burst seconds of a shard against those of the others.
#[derive(Clone, Debug, PartialEq)]
pub struct BurstKeys {
    /// Which limit the bursts hit; shares are of this.
    pub measure: BoundBy,
    /// Known seconds above the threshold.
    pub burst_seconds: usize,
    /// Known seconds below.
    pub else_seconds: usize,
    /// The heaviest keys of the burst seconds first.
    pub keys: Vec<BurstKey>,
    /// Share of the burst seconds that the listed keys do not carry.
    pub burst_other_share: f64,
    /// The same for the other seconds.
    pub else_other_share: f64,
}

impl KeySeconds {
    pub(super) fn new(capacity: usize, most_keys: usize) -> Self {
        Self { capacity: capacity.max(1), most_keys, first: 0, ring: VecDeque::new() }
    }

    /// Counts one user record. The caller has made sure that the second is not absurd.
    pub(super) fn add(&mut self, second: i64, tag: u64, bytes: usize, enter: impl FnOnce() -> (PartitionKey, HashKey)) {
        let newest = self.first + self.ring.len() as i64 - 1;
        // What comes late to a second that is over finds room only where that has fewer keys than are kept anyway.
        let is_over = !self.ring.is_empty() && second <= newest - OPEN_SECONDS;
        let most_keys = if is_over { KEYS_KEPT } else { self.most_keys };
        let Some(slot) = self.slot(second) else { return };
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        slot.bytes += u64::from(bytes);
        slot.records += 1;
        let known = match slot.kept.iter_mut().find(|known| known.tag == tag) {
            Some(known) => Some(known),
            None => slot.open.get_mut(&tag),
        };
        if let Some(known) = known {
            known.bytes = known.bytes.saturating_add(bytes);
            known.records = known.records.saturating_add(1);
        } else if slot.kept.len() + slot.open.len() < most_keys {
            let (key, hash) = enter();
            slot.open.insert(tag, KeyLoad { tag, key, hash, bytes, records: 1 });
        }
    }

    fn slot(&mut self, second: i64) -> Option<&mut SecondKeys> {
        let capacity = self.capacity as i64;
        let newest = self.first + self.ring.len() as i64 - 1;
        if self.ring.is_empty() || second.saturating_sub(newest) >= capacity {
            self.ring.clear();
            self.first = second;
            self.ring.push_back(SecondKeys::default());
        } else if second > newest {
            for next in newest + 1..=second {
                if self.ring.len() == self.capacity {
                    self.ring.pop_front();
                    self.first += 1;
                }
                self.ring.push_back(SecondKeys::default());
                self.close(next - OPEN_SECONDS);
            }
        } else if second < self.first {
            if newest - second >= capacity {
                return None;
            }
            for _ in second..self.first {
                self.ring.push_front(SecondKeys::default());
            }
            self.first = second;
        }
        self.ring.get_mut(usize::try_from(second - self.first).ok()?)
    }

    /// Keeps only the heaviest keys of a second that is over.
    fn close(&mut self, second: i64) {
        let index = usize::try_from(second - self.first).ok();
        if let Some(slot) = index.and_then(|index| self.ring.get_mut(index)) {
            slot.kept.extend(std::mem::take(&mut slot.open).into_values());
            slot.kept.sort_by(|a, b| b.cost().total_cmp(&a.cost()).then(a.tag.cmp(&b.tag)));
            slot.kept.truncate(KEYS_KEPT);
            slot.kept.shrink_to_fit();
        }
    }

    /// Splits the known seconds at `threshold`, a fraction of the shard's limit. `None` where no known second passes it.
    pub(super) fn compare(&self, seconds: &Seconds, threshold: f64) -> Option<BurstKeys> {
        let (mut burst, mut calm) = (Side::default(), Side::default());
        for (offset, keys) in (0i64..).zip(&self.ring) {
            let Some(load) = seconds.at(Timestamp::from_secs(self.first + offset)) else { continue };
            let side = if load.utilisation().value() >= threshold { &mut burst } else { &mut calm };
            side.add(load, keys);
        }
        if burst.seconds == 0 {
            return None;
        }
        let measure = burst.load_measure();
        let (burst_total, calm_total) = (burst.total(measure), calm.total(measure));
        let share = |weight: f64, total: f64| if total > 0.0 { (weight / total).min(1.0) } else { 0.0 };
        let mut keys: Vec<BurstKey> = burst
            .weights(measure)
            .into_iter()
            .map(|(key, hash, weight)| BurstKey {
                burst_share: share(weight, burst_total),
                else_share: share(calm.weight_of(&key, measure), calm_total),
                key,
                hash,
            })
            .collect();
        keys.sort_by(|a, b| b.burst_share.total_cmp(&a.burst_share).then_with(|| a.key.cmp(&b.key)));
        keys.truncate(KEYS_LISTED);
        let rest = |of: fn(&BurstKey) -> f64| (1.0 - keys.iter().map(of).sum::<f64>()).max(0.0);
        let (burst_other_share, else_other_share) = (rest(|key| key.burst_share), rest(|key| key.else_share));
        let (burst_seconds, else_seconds) = (burst.seconds, calm.seconds);
        Some(BurstKeys { measure, burst_seconds, else_seconds, keys, burst_other_share, else_other_share })
    }

    /// What is kept takes this much memory, in bytes.
    pub(super) fn memory_bytes(&self) -> usize {
        let keys: usize = self
            .ring
            .iter()
            .map(|second| {
                let text: usize = second.keys().map(|key| key.key.as_str().len() + 16).sum();
                (second.kept.capacity() + second.open.capacity()) * (size_of::<KeyLoad>() + 9) + text
            })
            .sum();
        self.ring.capacity() * size_of::<SecondKeys>() + keys
    }
}

/// Sums over the seconds on one side of the threshold.
#[derive(Default)]
struct Side {
    seconds: usize,
    bytes: u64,
    records: u64,
    limit_bytes: f64,
    limit_records: f64,
    keys: std::collections::HashMap<PartitionKey, (HashKey, u64, u64)>,
}

impl Side {
    fn add(&mut self, load: Load, keys: &SecondKeys) {
        self.seconds += 1;
        self.bytes += keys.bytes;
        self.records += keys.records;
        self.limit_bytes += load.utilisation().bytes_share;
        self.limit_records += load.utilisation().records_share;
        for key in keys.keys() {
            let sum = self.keys.entry(key.key.clone()).or_insert((key.hash, 0, 0));
            sum.1 += u64::from(key.bytes);
            sum.2 += u64::from(key.records);
        }
    }

    fn load_measure(&self) -> BoundBy {
        if self.limit_records > self.limit_bytes { BoundBy::Records } else { BoundBy::Bytes }
    }

    fn total(&self, measure: BoundBy) -> f64 {
        match measure {
            BoundBy::Bytes => self.bytes as f64,
            BoundBy::Records => self.records as f64,
        }
    }

    fn weights(&self, measure: BoundBy) -> Vec<(PartitionKey, HashKey, f64)> {
        self.keys.iter().map(|(key, (hash, ..))| (key.clone(), *hash, self.weight_of(key, measure))).collect()
    }

    fn weight_of(&self, key: &PartitionKey, measure: BoundBy) -> f64 {
        self.keys.get(key).map_or(0.0, |(_, bytes, records)| match measure {
            BoundBy::Bytes => *bytes as f64,
            BoundBy::Records => *records as f64,
        })
    }
}
