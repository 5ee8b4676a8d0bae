//! Which partition keys carry the load of a shard or a stream, as a sample shows it, each share with its uncertainty.
//!
//! Shares are of the bytes (or user records) that have a key. Rates are the share of the shard's own rate over the seconds that
//! are known, so that the keys of a shard add up to what is held against its limit, whatever an aggregate costs around them.

mod share;
#[cfg(test)]
mod tests;

use super::hash_range::HashKey;
use super::ids::{PartitionKey, ShardId};
use super::metrics::Window;
use super::sample::periods::PERIODS;
use super::sample::shard::{KeyCounter, KeySketch};
use super::sample::{ShardSample, StreamSample};
use super::series::Series;
use super::sketch::hyper_log_log::Estimate;
use super::sketch::tag::TagMap;
use super::time::Timestamp;
use super::utilisation::Utilisation;
use share::{Evidence, Share};

/// Rows that a table holds; the rest is told together.
pub const MOST_ROWS: usize = 300;
/// Keys that a stream should have for each shard at the least, so that they spread evenly: a rule of thumb of the field.
pub const KEYS_PER_SHARD: u64 = 10;

/// Whose keys are ranked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum KeyScope {
    /// All shards that were sampled.
    #[default]
    Stream,
    /// One shard.
    Shard(ShardId),
}

/// What keys are ranked by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RankBy {
    /// Bytes, keys included.
    #[default]
    Bytes,
    /// User records: those inside aggregates count one by one.
    Records,
}

/// One key.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyRow {
    /// The key.
    pub key: PartitionKey,
    /// The hash key that its records land at.
    pub hash: HashKey,
    /// The shard that carries most of it.
    pub shard: ShardId,
    /// Bytes in the sample, keys included.
    pub bytes: u64,
    /// User records in the sample.
    pub records: u64,
    /// Part of the scope's bytes or records, whichever keys are ranked by; a fraction of 1.
    pub share: f64,
    /// Lower end of the 95 % interval of the share.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Its rate; `None` where no second is known.
    pub bytes_per_sec: Option<f64>,
    /// Its rate in user records.
    pub records_per_sec: Option<f64>,
    /// Its rate of what it is ranked by over the newest periods.
    pub spark: Series,
}

impl KeyRow {
    /// Bytes of a record, key included, on average.
    pub fn mean_size(&self) -> f64 {
        if self.records == 0 { 0.0 } else { self.bytes as f64 / self.records as f64 }
    }

    /// The larger distance from the share to an end of its interval.
    pub fn half_width(&self) -> f64 {
        (self.share - self.low).max(self.high - self.share)
    }

    /// Its own load against the limits of one shard; `None` where no second is known.
    pub fn utilisation(&self) -> Option<Utilisation> {
        Some(Utilisation::from_rates(self.bytes_per_sec?, self.records_per_sec?, 1))
    }
}

/// The keys of a scope.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyTable {
    /// Whose keys.
    pub scope: KeyScope,
    /// By what.
    pub rank_by: RankBy,
    /// The heaviest first, at most [`MOST_ROWS`].
    pub rows: Vec<KeyRow>,
    /// Part of the scope that the rows do not carry.
    pub other_share: f64,
    /// About how many keys that is.
    pub other_keys: u64,
    /// Different keys among the records that were read.
    pub distinct: Estimate,
    /// Kinesis records that were read.
    pub records: u64,
    /// Their bytes, keys included.
    pub bytes: u64,
    /// User records that were read.
    pub user_records: u64,
    /// User records without a key, which are not ranked.
    pub keyless_records: u64,
    /// Known seconds of the shard, or of the shard of which most is known.
    pub known_seconds: usize,
    /// From the first to the last moment of which something is known.
    pub span: Option<(Timestamp, Timestamp)>,
}

impl KeyTable {
    /// Ranks the keys of a scope; empty where nothing of it was sampled.
    pub fn new(sample: &StreamSample, scope: KeyScope, rank_by: RankBy) -> Self {
        let shards: Vec<(&ShardId, &ShardSample)> = match &scope {
            KeyScope::Stream => sample.shards().collect(),
            KeyScope::Shard(id) => sample.shard(id).map(|shard| (id, shard)).into_iter().collect(),
        };
        let sources = sources(&shards, rank_by);
        let distinct = match (&scope, shards.first()) {
            (KeyScope::Shard(_), Some((_, shard))) => shard.distinct_keys(),
            (KeyScope::Shard(_), None) => Estimate::exact(0),
            (KeyScope::Stream, _) => sample.distinct_keys(),
        };
        let rows = rows(&sources, rank_by);
        let sum = |of: fn(&ShardSample) -> u64| shards.iter().map(|(_, shard)| of(shard)).sum();
        Self {
            other_share: (1.0 - rows.iter().map(|row| row.share).sum::<f64>()).clamp(0.0, 1.0),
            other_keys: (distinct.value.round() as u64).saturating_sub(rows.len() as u64),
            distinct,
            records: sum(ShardSample::records),
            bytes: sum(ShardSample::bytes),
            user_records: sum(ShardSample::user_records),
            keyless_records: sum(ShardSample::keyless_records),
            known_seconds: shards.iter().map(|(_, shard)| shard.seconds().known_count()).max().unwrap_or(0),
            span: shards.iter().filter_map(|(_, shard)| shard.span()).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))),
            scope,
            rank_by,
            rows,
        }
    }

    /// Part of the scope that its `count` heaviest keys carry together.
    pub fn top_share(&self, count: usize) -> f64 {
        self.rows.iter().take(count).map(|row| row.share).sum::<f64>().min(1.0)
    }

    /// The row of a key.
    pub fn row(&self, key: &PartitionKey) -> Option<&KeyRow> {
        self.rows.iter().find(|row| row.key == *key)
    }

    /// Whether records were read and none of them had a key: the stream distributes by itself.
    pub fn is_keyless(&self) -> bool {
        self.user_records > 0 && self.keyless_records == self.user_records
    }
}

/// Keys that a stream of this many shards should have at the least.
pub fn rule_of_thumb_keys(shards: usize) -> u64 {
    KEYS_PER_SHARD * shards as u64
}

/// One shard as a source of rows.
struct Source<'a> {
    id: &'a ShardId,
    shard: &'a ShardSample,
    sketch: &'a KeySketch,
    /// Part of the scope that this shard carries.
    weight: f64,
    evidence: Evidence,
    /// Mean rates over the known seconds: bytes, user records.
    rates: Option<(f64, f64)>,
    /// Rate of the whole shard in each period.
    period_rates: Series,
    period_weights: [u32; PERIODS],
}

fn sources<'a>(shards: &[(&'a ShardId, &'a ShardSample)], rank_by: RankBy) -> Vec<Source<'a>> {
    let mut sources: Vec<Source<'a>> = shards
        .iter()
        .map(|(id, shard)| {
            let (sketch, period_weights) = match rank_by {
                RankBy::Bytes => (shard.keys_by_bytes(), shard.period_bytes()),
                RankBy::Records => (shard.keys_by_records(), shard.period_records()),
            };
            Source {
                id,
                shard,
                sketch,
                weight: 0.0,
                evidence: Evidence::of(shard, sketch, rank_by, period_weights),
                rates: rates(shard),
                period_rates: period_rates(shard, rank_by),
                period_weights,
            }
        })
        .filter(|source| source.sketch.total() > 0)
        .collect();
    // Shards may have been read for different lengths of time: then their rates say how they weigh, not what was read.
    let rated: Option<Vec<f64>> = sources
        .iter()
        .map(|source| source.rates.map(|(bytes, records)| if rank_by == RankBy::Bytes { bytes } else { records }))
        .collect();
    let weights = match rated {
        Some(rates) if rates.iter().sum::<f64>() > 0.0 => rates,
        _ => sources.iter().map(|source| source.sketch.total() as f64).collect(),
    };
    let total: f64 = weights.iter().sum();
    for (source, weight) in sources.iter_mut().zip(weights) {
        source.weight = weight / total;
    }
    sources
}

/// How many user records a Kinesis record holds.
fn users_per_record(shard: &ShardSample) -> f64 {
    if shard.records() == 0 { 1.0 } else { shard.user_records() as f64 / shard.records() as f64 }
}

fn rates(shard: &ShardSample) -> Option<(f64, f64)> {
    let (mut seconds, mut bytes, mut records) = (0.0, 0.0, 0.0);
    for (_, load) in shard.seconds().known() {
        seconds += 1.0;
        bytes += load.bytes as f64;
        records += f64::from(load.records);
    }
    (seconds > 0.0).then(|| (bytes / seconds, records / seconds * users_per_record(shard)))
}

fn period_rates(shard: &ShardSample, rank_by: RankBy) -> Series {
    let clock = shard.period_clock();
    let step = i64::from(clock.length_seconds());
    let start = Timestamp(clock.start().saturating_mul(1_000));
    let end = Timestamp(start.0.saturating_add(step * PERIODS as i64 * 1_000));
    let (bytes, records) = shard.to_series(Window { start, end, step_seconds: clock.length_seconds() });
    match rank_by {
        RankBy::Bytes => bytes.per_second(),
        RankBy::Records => {
            let users = users_per_record(shard);
            records.per_second().map(|rate| rate * users)
        }
    }
}

fn rows<'a>(sources: &'a [Source<'a>], rank_by: RankBy) -> Vec<KeyRow> {
    // One key can be in several shards: around a reshard, or where a producer chooses hash keys.
    let mut index: TagMap<usize> = TagMap::default();
    let mut ranked: Vec<Ranked<'_>> = Vec::new();
    for source in sources {
        for counter in source.sketch.counters() {
            let share = source.weight * source.share_of(counter);
            let at = *index.entry(counter.tag()).or_insert(ranked.len());
            match ranked.get_mut(at) {
                Some(known) => {
                    known.share += share;
                    known.others.push((source, counter));
                }
                None => ranked.push(Ranked { share, first: (source, counter), others: Vec::new() }),
            }
        }
    }
    let order =
        |a: &Ranked<'_>, b: &Ranked<'_>| b.share.total_cmp(&a.share).then_with(|| a.first.1.key.cmp(&b.first.1.key));
    if ranked.len() > MOST_ROWS {
        ranked.select_nth_unstable_by(MOST_ROWS, order);
        ranked.truncate(MOST_ROWS);
    }
    ranked.sort_by(order);
    let scope = Evidence::together(sources.iter().map(|source| (&source.evidence, source.weight)));
    ranked.into_iter().filter_map(|ranked| row(ranked.share, &ranked.places(), &scope, rank_by)).collect()
}

/// A key in one shard.
type Place<'a> = (&'a Source<'a>, &'a KeyCounter);

/// A key and the shards it was seen in.
struct Ranked<'a> {
    share: f64,
    first: Place<'a>,
    others: Vec<Place<'a>>,
}

impl<'a> Ranked<'a> {
    /// Every shard it was seen in, the one that carries most of it first.
    fn places(self) -> Vec<Place<'a>> {
        let share = |place: &Place<'_>| place.0.weight * place.0.share_of(place.1);
        let mut places = self.others;
        places.push(self.first);
        places.sort_by(|a, b| share(b).total_cmp(&share(a)));
        places
    }
}

fn row(share: f64, places: &[Place<'_>], scope: &Evidence, rank_by: RankBy) -> Option<KeyRow> {
    let (home, heaviest) = places.first()?;
    let (mut bytes, mut records) = (0, 0);
    let (mut low, mut high) = (0.0, 0.0);
    let mut rates: Option<(f64, f64)> = Some((0.0, 0.0));
    for (source, counter) in places {
        let weight = counter.count - counter.error / 2;
        let (own_bytes, own_records) = match rank_by {
            RankBy::Bytes => (weight, counter.extra.other),
            RankBy::Records => (counter.extra.other, weight),
        };
        bytes += own_bytes;
        records += own_records;
        let own = Share::of(counter, &source.evidence, source.shard.period_clock());
        low += source.weight * own.low;
        high += source.weight * own.high;
        rates = rates.zip(source.rates).map(|((bytes, records), (all_bytes, all_records))| {
            let part = |own: u64, all: u64| if all == 0 { 0.0 } else { (own as f64 / all as f64).min(1.0) };
            (
                bytes + all_bytes * part(own_bytes, source.shard.keys_by_bytes().total()),
                records + all_records * part(own_records, source.shard.keys_by_records().total()),
            )
        });
    }
    // Squared bytes on the scale of the scope, where a whole is 1.
    let scale = home.weight / home.sketch.total().max(1) as f64;
    let (scope_low, scope_high) = scope.wilson(share, heaviest.extra.squared_bytes * scale * scale);
    Some(KeyRow {
        key: heaviest.key.clone(),
        hash: heaviest.extra.landed,
        shard: home.id.clone(),
        bytes,
        records,
        share,
        low: low.min(scope_low).clamp(0.0, share),
        high: high.max(scope_high).clamp(share, 1.0),
        bytes_per_sec: rates.map(|rates| rates.0),
        records_per_sec: rates.map(|rates| rates.1),
        spark: home.spark(heaviest),
    })
}

impl Source<'_> {
    /// The key's part of this shard; what it may have inherited counts by half.
    fn share_of(&self, counter: &KeyCounter) -> f64 {
        (counter.count as f64 - counter.error as f64 / 2.0) / self.sketch.total().max(1) as f64
    }

    /// The key's rate over time: its part of each period times the rate of the shard there.
    fn spark(&self, counter: &KeyCounter) -> Series {
        let own = counter.extra.periods.at(self.shard.period_clock());
        let rates = &self.period_rates;
        let mut spark = Series::unknown(rates.start(), rates.step_seconds(), rates.len());
        for (index, (own, all)) in own.into_iter().zip(self.period_weights).enumerate() {
            if let Some(rate) = rates.at(index) {
                let part = if all == 0 { 0.0 } else { f64::from(own) / f64::from(all) };
                spark.set(rates.time_of(index), rate * part);
            }
        }
        spark
    }
}
