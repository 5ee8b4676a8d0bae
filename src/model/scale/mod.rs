//! Uniform scaling: which numbers of shards can be asked for, how much work each is, and how hot its hottest shard would be.
//!
//! `UpdateShardCount` cuts the key space into equal ranges, whatever lands in them: the skew stays. So the load is laid out over the
//! key space once, as finely as it is known, and read off for the ranges of each target. Where records were sampled it is known by
//! hash key, and a hot key is a step that no range can divide: the largest is the floor of every target. Elsewhere the load of a
//! shard is taken to be even inside.

mod reach;
#[cfg(test)]
mod tests;

use super::hash_range::{HashKey, HashKeyRange};
use super::ids::ShardId;
use super::metrics::StreamMetrics;
use super::sample::StreamSample;
use super::sample::density::Cell;
use super::shard_map::ShardMap;
use super::utilisation::Utilisation;

/// Most open shards that a stream can be scaled to (API: `UpdateShardCount`); a stream that has more can only go below.
pub const MOST_SHARDS: u32 = 10_000;

/// The numbers of shards that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Fewest: half of what is open, rounded up.
    pub least: u32,
    /// Most: double, unless a quota is below.
    pub most: u32,
    /// Whether the account's quota and not the doubling is the upper end.
    pub is_cut_by_quota: bool,
}

/// What can be asked for of a stream with so many open shards, where the account may still open `free` more; without a figure
/// the quota is not looked at (API: `UpdateShardCount`, limits; that half is rounded up is not documented).
pub fn bounds(open: u32, free: Option<u32>) -> Bounds {
    let open = open.max(1);
    let least = open.div_ceil(2);
    let double = open.saturating_mul(2).min(MOST_SHARDS.max(least));
    let quota = free.map_or(u32::MAX, |free| open.saturating_add(free));
    Bounds { least, most: double.min(quota).max(least), is_cut_by_quota: quota < double }
}

/// The change in quarters of what is open, where it is a whole number of them: such targets finish sooner (API: `UpdateShardCount`).
pub fn quarters(open: u32, target: u32) -> Option<i64> {
    let change = i64::from(target) - i64::from(open);
    let quarters = change.checked_mul(4)?.checked_div(i64::from(open))?;
    (quarters * i64::from(open) == change * 4).then_some(quarters)
}

/// The least work of a scaling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    /// Cuts that are made.
    pub splits: usize,
    /// Cuts that go away.
    pub merges: usize,
}

/// Counts the cuts of the key space that a scaling makes and takes away. Cuts as near to each other as rounding puts them are one.
pub fn work(map: &ShardMap, target: u32) -> Work {
    let old: Vec<u128> = map.open().map(|shard| shard.range.start.0).filter(|start| *start > 0).collect();
    let new: Vec<u128> =
        HashKeyRange::uniform(target).iter().map(|range| range.start.0).filter(|start| *start > 0).collect();
    let near = u128::from(target) + old.len() as u128;
    let (mut at, mut kept) = (0, 0);
    for start in &new {
        while old.get(at).is_some_and(|cut| cut.saturating_add(near) < *start) {
            at += 1;
        }
        if old.get(at).is_some_and(|cut| cut.abs_diff(*start) <= near) {
            kept += 1;
            at += 1;
        }
    }
    Work { splits: new.len() - kept, merges: old.len() - kept }
}

/// The hash key that carries most.
#[derive(Clone, Debug, PartialEq)]
pub struct Floor {
    /// Where it lands.
    pub hash: HashKey,
    /// Its own load, a fraction of the limit of one shard.
    pub share: f64,
    /// Its partition key, where that is known.
    pub key: Option<super::ids::PartitionKey>,
}

/// A stretch of the key space and what lands in it, in shares of the limits of one shard.
#[derive(Clone, Copy, Debug)]
struct Piece {
    range: HashKeyRange,
    load: Utilisation,
}

/// Load over the key space.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Disjoint, in hash order.
    pieces: Vec<Piece>,
    /// What lands below each piece; one more entry than pieces.
    below: Vec<Utilisation>,
    /// Open shards whose load is not known; they are left out.
    pub unknown_shards: usize,
    /// Open shards whose load was laid out by sampled records.
    pub sampled_shards: usize,
    /// The largest single key, where records were sampled.
    pub floor: Option<Floor>,
}

const NOTHING: Utilisation = Utilisation { bytes_share: 0.0, records_share: 0.0 };

fn plus(a: Utilisation, b: Utilisation, part: f64) -> Utilisation {
    Utilisation {
        bytes_share: a.bytes_share + b.bytes_share * part,
        records_share: a.records_share + b.records_share * part,
    }
}

impl Profile {
    /// Lays the load of every open shard out; `None` where none is known. A shard's load is that of its newest known period, or
    /// the mean of its sample.
    pub fn new(map: &ShardMap, metrics: Option<&StreamMetrics>, sample: Option<&StreamSample>) -> Option<Self> {
        let (mut pieces, mut unknown_shards, mut sampled_shards) = (Vec::new(), 0, 0);
        let mut floor: Option<(Floor, ShardId)> = None;
        for shard in map.open() {
            let counted = sample.and_then(|sample| sample.shard(&shard.id)).filter(|counted| counted.records() > 0);
            let measured =
                newest(metrics, &shard.id).or_else(|| counted.and_then(|counted| counted.mean_utilisation()));
            let Some(load) = measured else {
                unknown_shards += 1;
                continue;
            };
            let cells: Vec<Cell> = counted.map_or_else(Vec::new, |counted| counted.landings());
            let laid = lay(shard.range, load, &cells);
            if !laid.is_empty() {
                sampled_shards += 1;
                for piece in laid.iter().filter(|piece| piece.range.start == piece.range.end) {
                    let share = piece.load.value();
                    if floor.as_ref().is_none_or(|(floor, _)| share > floor.share) {
                        floor = Some((Floor { hash: piece.range.start, share, key: None }, shard.id.clone()));
                    }
                }
                pieces.extend(laid);
            } else {
                pieces.push(Piece { range: shard.range, load });
            }
        }
        // A listing in the middle of a reshard may have ranges that overlap.
        pieces.sort_by_key(|piece: &Piece| piece.range.start);
        let mut sum = NOTHING;
        let mut below = vec![NOTHING];
        for piece in &pieces {
            sum = plus(sum, piece.load, 1.0);
            below.push(sum);
        }
        let floor = floor.map(|(floor, shard)| Floor { key: key_at(sample, &shard, floor.hash), ..floor });
        (!pieces.is_empty()).then_some(Self { pieces, below, unknown_shards, sampled_shards, floor })
    }

    /// What lands below a hash key.
    fn up_to(&self, key: HashKey) -> Utilisation {
        let count = self.pieces.partition_point(|piece| piece.range.end < key);
        let whole = self.below.get(count).copied().unwrap_or(NOTHING);
        match self.pieces.get(count).filter(|piece| piece.range.start < key) {
            Some(Piece { range, load }) => {
                let part = (key.0 - range.start.0) as f64 / ((range.end.0 - range.start.0) as f64 + 1.0);
                plus(whole, *load, part)
            }
            None => whole,
        }
    }

    /// Load of everything.
    pub fn total(&self) -> Utilisation {
        self.below.last().copied().unwrap_or(NOTHING)
    }

    /// The ranges of a target and their loads, fractions of the limit of one shard.
    pub fn shares(&self, target: u32) -> Vec<(HashKeyRange, f64)> {
        let mut lower = NOTHING;
        let of = |range: HashKeyRange| {
            let upper = range.end.0.checked_add(1).map_or_else(|| self.total(), |next| self.up_to(HashKey(next)));
            // Sums of many small figures: what is left of nothing may be a little below it.
            let share = plus(upper, lower, -1.0).value().max(0.0);
            lower = upper;
            (range, share)
        };
        HashKeyRange::uniform(target).into_iter().map(of).collect()
    }

    /// The hottest shard of a target: its position in hash order and its load.
    pub fn hottest(&self, target: u32) -> (usize, f64) {
        let shares = self.shares(target);
        let first = (0, 0.0);
        shares
            .iter()
            .enumerate()
            .fold(first, |best, (at, (_, share))| if *share > best.1 { (at, *share) } else { best })
    }
}

fn newest(metrics: Option<&StreamMetrics>, shard: &ShardId) -> Option<Utilisation> {
    let own = metrics?.shards.get(shard)?;
    let (index, _) = own.utilisation(1).last_known()?;
    let at = own.incoming_bytes.time_of(index);
    let records = own.incoming_records.index_of(at).and_then(|index| own.incoming_records.at(index));
    let seconds = f64::from(own.incoming_bytes.step_seconds());
    let bytes = own.incoming_bytes.at(index).unwrap_or(0.0);
    Some(Utilisation::from_rates(bytes / seconds, records.unwrap_or(0.0) / seconds, 1))
}

/// A shard's load by the cells of its sample; empty where none of them lies in its range.
fn lay(range: HashKeyRange, load: Utilisation, cells: &[Cell]) -> Vec<Piece> {
    let own = || cells.iter().filter(|cell| range.contains(cell.low) && range.contains(cell.high));
    let bytes: f64 = own().map(|cell| cell.bytes as f64).sum();
    let records: f64 = own().map(|cell| cell.records as f64).sum();
    if bytes <= 0.0 || records <= 0.0 {
        return Vec::new();
    }
    own()
        .map(|cell| Piece {
            range: HashKeyRange { start: cell.low, end: cell.high },
            load: Utilisation {
                bytes_share: load.bytes_share * cell.bytes as f64 / bytes,
                records_share: load.records_share * cell.records as f64 / records,
            },
        })
        .collect()
}

fn key_at(sample: Option<&StreamSample>, shard: &ShardId, hash: HashKey) -> Option<super::ids::PartitionKey> {
    let counters = sample?.shard(shard)?.keys_by_bytes().counters();
    let landed = counters.iter().filter(|counter| counter.extra.landed == hash);
    landed.max_by_key(|counter| counter.count).map(|counter| counter.key.clone())
}
