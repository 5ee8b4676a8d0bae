//! What was counted of one shard, in memory that does not grow with what comes.

use super::budget::Budget;
use super::burst::{BurstKeys, KeySeconds};
use super::density::{Cell, Density};
use super::periods::{PERIODS, PeriodClock, Periods};
use super::seconds::{Coverage, Load, Seconds};
use crate::model::decode::aggregate::{self, Scratch, UserView};
use crate::model::hash_range::HashKey;
use crate::model::ids::PartitionKey;
use crate::model::metrics::Window;
use crate::model::record::RawRecord;
use crate::model::series::Series;
use crate::model::sketch::hyper_log_log::{Estimate, HyperLogLog};
use crate::model::sketch::space_saving::{Counter, SpaceSaving};
use crate::model::sketch::tag::Tagger;
use crate::model::time::Timestamp;
use crate::model::utilisation::Utilisation;

/// What is kept of a key beside its weight, since it is among the counted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct KeyTrace {
    /// The other weight: records in the ranking by bytes, bytes in the ranking by records.
    pub other: u64,
    /// Sum of the squares of the bytes of its records.
    pub squared_bytes: f64,
    /// The hash key that its last record landed at: its MD5, or what the producer chose.
    pub landed: HashKey,
    /// Its weight over time.
    pub periods: Periods,
}

/// Seconds that an arrival can lie in: from the epoch to some 35,000 years on. Kinesis stamps records itself; a server that only
/// speaks like it may write anything, and what lies outside is counted without a time.
const SECONDS: std::ops::Range<i64> = 0..1 << 40;

/// A ranking of keys.
pub type KeySketch = SpaceSaving<KeyTrace>;

/// What was counted of one shard.
#[derive(Clone, Debug)]
pub struct ShardSample {
    tagger: Tagger,
    records: u64,
    bytes: u64,
    users: u64,
    keyless: u64,
    aggregates: u64,
    squared_bytes: f64,
    span: Option<(Timestamp, Timestamp)>,
    seconds: Seconds,
    by_bytes: KeySketch,
    by_records: KeySketch,
    distinct: HyperLogLog,
    density: Density,
    key_seconds: KeySeconds,
    clock: PeriodClock,
    periods_bytes: Periods,
    periods_records: Periods,
}

/// One user record on its way in.
struct User<'a> {
    key: &'a str,
    /// The key as the record shares it, where it does.
    shared: Option<&'a PartitionKey>,
    explicit_hash: Option<HashKey>,
    bytes: usize,
    /// Its second and the place of that among the periods, where it is among those kept.
    second: Option<(i64, usize)>,
}

impl ShardSample {
    pub(super) fn new(budget: Budget, tagger: Tagger) -> Self {
        Self {
            tagger,
            records: 0,
            bytes: 0,
            users: 0,
            keyless: 0,
            aggregates: 0,
            squared_bytes: 0.0,
            span: None,
            seconds: Seconds::new(budget.seconds),
            by_bytes: SpaceSaving::new(budget.keys),
            by_records: SpaceSaving::new(budget.keys),
            distinct: HyperLogLog::new(budget.distinct_precision),
            density: Density::new(budget.cells),
            key_seconds: KeySeconds::new(budget.key_seconds, budget.keys.min(256)),
            clock: PeriodClock::default(),
            periods_bytes: Periods::default(),
            periods_records: Periods::default(),
        }
    }

    pub(super) fn take(&mut self, records: &[RawRecord], scratch: &mut Scratch) {
        for record in records {
            self.take_one(record, scratch);
        }
    }

    fn take_one(&mut self, record: &RawRecord, scratch: &mut Scratch) {
        let size = record.size_bytes();
        self.records += 1;
        self.bytes += size as u64;
        let arrival = record.approximate_arrival.filter(|at| SECONDS.contains(&at.as_secs()));
        let second = arrival.and_then(|at| {
            let second = at.as_secs();
            let is_kept = self.seconds.add(second, size);
            if is_kept {
                self.cover(at, at);
                self.clock.advance(second);
            }
            // What is kept reaches back further than the periods do; there is no older one to count it in.
            is_kept.then(|| (second, self.clock.place(second).unwrap_or(usize::MAX)))
        });
        if aggregate::looks_like_aggregate(&record.data) {
            let users = aggregate::visit_users(&record.data, scratch, |user| self.take_inner(user, second));
            if users.is_some() {
                self.aggregates += 1;
                return;
            }
        }
        let key = &record.partition_key;
        self.take_user(User { key: key.as_str(), shared: Some(key), explicit_hash: None, bytes: size, second });
    }

    fn take_inner(&mut self, user: UserView<'_>, second: Option<(i64, usize)>) {
        let key = user.partition_key;
        let explicit_hash = user.explicit_hash_key.and_then(|digits| digits.parse().ok().map(HashKey));
        self.take_user(User { key, shared: None, explicit_hash, bytes: user.data_bytes + key.len(), second });
    }

    fn take_user(&mut self, user: User<'_>) {
        self.users += 1;
        // A stream that distributes by itself has records without keys: there is nothing to rank.
        if user.key.is_empty() {
            self.keyless += 1;
            return;
        }
        let weight = user.bytes as u64;
        let square = weight as f64 * weight as f64;
        self.squared_bytes += square;
        let tag = self.tagger.tag(user.key.as_bytes());
        let enter = || {
            let key = user.shared.cloned().unwrap_or_else(|| PartitionKey::from(user.key));
            (key, HashKey::of_partition_key(user.key))
        };
        let (counter, is_new) = self.by_bytes.add(tag, user.key, weight, enter);
        let (key, hash) = (&counter.key, counter.hash);
        let landed = user.explicit_hash.unwrap_or(hash);
        let trace = &mut counter.extra;
        trace.other += 1;
        trace.squared_bytes += square;
        trace.landed = landed;
        if let Some((_, place)) = user.second {
            trace.periods.add(self.clock, place, weight);
        }
        // Every key that is among the counted was counted as distinct when it came in.
        if is_new {
            self.distinct.add(hash.0);
        }
        let (counter, _) = self.by_records.add(tag, user.key, 1, || (key.clone(), hash));
        let trace = &mut counter.extra;
        trace.other += weight;
        trace.squared_bytes += square;
        trace.landed = landed;
        self.density.add(landed, weight);
        if let Some((second, place)) = user.second {
            trace.periods.add(self.clock, place, 1);
            self.key_seconds.add(second, tag, user.bytes, || (key.clone(), landed));
            self.periods_bytes.add(self.clock, place, weight);
            self.periods_records.add(self.clock, place, 1);
        }
    }

    pub(super) fn mark_known(&mut self, from: Timestamp, to: Timestamp) {
        if from < to && SECONDS.contains(&from.as_secs()) && SECONDS.contains(&to.as_secs()) {
            self.seconds.mark_known(from, to);
            self.cover(from, to);
        }
    }

    fn cover(&mut self, from: Timestamp, to: Timestamp) {
        let (first, last) = self.span.unwrap_or((from, to));
        self.span = Some((first.min(from), last.max(to)));
    }

    /// Kinesis records that were read; an aggregate is one.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Their bytes, keys included.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// User records: those inside aggregates count one by one.
    pub fn user_records(&self) -> u64 {
        self.users
    }

    /// User records without a key: the stream distributes by itself.
    pub fn keyless_records(&self) -> u64 {
        self.keyless
    }

    /// KPL aggregates among the records.
    pub fn aggregates(&self) -> u64 {
        self.aggregates
    }

    /// From the first to the last moment of which something is known.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        self.span
    }

    /// Load by the second.
    pub fn seconds(&self) -> &Seconds {
        &self.seconds
    }

    /// Utilisation of each known second, oldest first.
    pub fn utilisation_per_second(&self) -> impl Iterator<Item = (Timestamp, Utilisation)> + '_ {
        self.seconds.known().map(|(at, load)| (at, load.utilisation()))
    }

    /// Mean load of the known seconds; `None` where none is known.
    pub fn mean_utilisation(&self) -> Option<Utilisation> {
        let (mut count, mut bytes, mut records) = (0u32, 0.0, 0.0);
        for (_, Load { bytes: b, records: r }) in self.seconds.known() {
            count += 1;
            bytes += b as f64;
            records += f64::from(r);
        }
        let seconds = f64::from(count);
        (count > 0).then(|| Utilisation::from_rates(bytes / seconds, records / seconds, 1))
    }

    /// Sums of bytes and records per period of `window`, scaled from the known seconds: see [`Seconds::to_series`].
    pub fn to_series(&self, window: Window) -> (Series, Series) {
        self.seconds.to_series(window)
    }

    /// How much of each period of `window` is known and how well: see [`Seconds::coverage`].
    pub fn coverage(&self, window: Window) -> Vec<Coverage> {
        self.seconds.coverage(window)
    }

    /// Keys by bytes, records inside aggregates under their own keys.
    pub fn keys_by_bytes(&self) -> &KeySketch {
        &self.by_bytes
    }

    /// Keys by user records.
    pub fn keys_by_records(&self) -> &KeySketch {
        &self.by_records
    }

    /// Sum of the squares of the bytes of all ranked records: how unequal they are.
    pub fn squared_bytes(&self) -> f64 {
        self.squared_bytes
    }

    /// Different keys among the records that were read. Exact while all of them have a place in the ranking.
    pub fn distinct_keys(&self) -> Estimate {
        if self.by_bytes.floor() == 0 {
            return Estimate::exact(self.by_bytes.counters().len() as u64);
        }
        self.distinct.estimate()
    }

    pub(super) fn distinct_sketch(&self) -> &HyperLogLog {
        &self.distinct
    }

    /// Load by hash key.
    pub fn density(&self) -> &Density {
        &self.density
    }

    /// Load by hash key with every heavy key standing for itself, also one that was light while its neighbourhood was joined.
    pub fn landings(&self) -> Vec<Cell> {
        let mut cells = self.density.cells();
        for counter in self.by_bytes.ranked().into_iter().take(64) {
            let (hash, bytes) = (counter.extra.landed, counter.at_least());
            let records = counter.extra.other;
            let at = cells.partition_point(|cell| cell.high < hash);
            let Some(cell) = cells.get(at).copied().filter(|cell| cell.low <= hash && !cell.is_exact()) else {
                continue;
            };
            if bytes.saturating_mul(2) > cell.bytes {
                cells.splice(at..=at, carve(cell, hash, bytes.min(cell.bytes), records.min(cell.records)));
            }
        }
        cells
    }

    /// The keys of the seconds at or above `threshold` (a fraction of the shard's limit) against those of the calm ones, over the
    /// newest minutes. `None` where no second passes it.
    pub fn burst_keys(&self, threshold: f64) -> Option<BurstKeys> {
        self.key_seconds.compare(&self.seconds, threshold)
    }

    /// The periods that the lines of all keys share.
    pub fn period_clock(&self) -> PeriodClock {
        self.clock
    }

    /// Ranked bytes in each period, oldest first.
    pub fn period_bytes(&self) -> [u32; PERIODS] {
        self.periods_bytes.at(self.clock)
    }

    /// Ranked user records in each period, oldest first.
    pub fn period_records(&self) -> [u32; PERIODS] {
        self.periods_records.at(self.clock)
    }

    /// What is kept takes about this much memory, in bytes.
    pub fn memory_bytes(&self) -> usize {
        size_of::<Self>()
            + self.seconds.memory_bytes()
            + self.by_bytes.memory_bytes()
            + self.by_records.memory_bytes()
            + self.distinct.memory_bytes()
            + self.density.memory_bytes()
            + self.key_seconds.memory_bytes()
    }
}

/// A joined range as its heavy key and what lies on both sides, the rest being spread evenly.
fn carve(cell: Cell, hash: HashKey, bytes: u64, records: u64) -> Vec<Cell> {
    let (rest_bytes, rest_records) = (cell.bytes - bytes, cell.records - records);
    let width = (cell.high.0 - cell.low.0) as f64;
    let left_share = if width > 0.0 { (hash.0 - cell.low.0) as f64 / width } else { 0.0 };
    let (has_left, has_right) = (cell.low < hash, hash < cell.high);
    let part = |rest: u64| match (has_left, has_right) {
        (true, true) => ((rest as f64 * left_share) as u64).min(rest),
        (true, false) => rest,
        _ => 0,
    };
    let (left_bytes, left_records) = (part(rest_bytes), part(rest_records));
    let mut out = Vec::with_capacity(3);
    if has_left {
        out.push(Cell { low: cell.low, high: HashKey(hash.0 - 1), bytes: left_bytes, records: left_records });
    }
    out.push(Cell { low: hash, high: hash, bytes, records });
    if has_right {
        let (bytes, records) = (rest_bytes - left_bytes, rest_records - left_records);
        out.push(Cell { low: HashKey(hash.0 + 1), high: cell.high, bytes, records });
    }
    out
}

/// A counter of either ranking.
pub type KeyCounter = Counter<KeyTrace>;
