//! Where to split a shard so that both children carry the same, and whether that helps at all.
//!
//! A split moves hash keys, and a partition key is one hash key: whatever the cut, a key lands whole in one child. The balanced
//! cut is the weighted median of the load by hash key, in bytes or records, whichever is nearer its limit. Rules, and where they
//! come from: AWS's *Strategies for resharding* (split hot shards, merge cold ones), and the README of its hot shard advisor
//! (more shards do not help when a single key is the cause).

#[cfg(test)]
mod tests;

use super::hash_range::{HashKey, HashKeyRange};
use super::ids::PartitionKey;
use super::sample::ShardSample;
use super::sample::density::Cell;
use super::utilisation::{BoundBy, Utilisation};

/// User records below which a cut would rest on chance: with 200, a half is known to ± 7 points.
pub const LEAST_RECORDS: u64 = 200;
/// Part of a shard from which one key is said to dominate it: no cut brings any child below.
pub const DOMINANT_SHARE: f64 = 0.5;
/// A split helps when the busier child keeps at most this part of the load.
pub const MOST_LEFT_SHARE: f64 = 0.75;

/// One side of a cut, as the sample predicts it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Child {
    /// The hash keys it would own.
    pub range: HashKeyRange,
    /// Part of the parent's load, a fraction of 1, in bytes or records, whichever is nearer its limit.
    pub share: f64,
    /// Its load against the limits of one shard; `None` where the parent's is not known.
    pub utilisation: Option<Utilisation>,
}

/// A cut and what it would do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cut {
    /// `NewStartingHashKey`: the first hash key of the right child.
    pub new_starting_hash_key: HashKey,
    /// The lower half.
    pub left: Child,
    /// The upper half.
    pub right: Child,
}

impl Cut {
    /// Part of the load that the busier child keeps.
    pub fn busier_share(&self) -> f64 {
        self.left.share.max(self.right.share)
    }

    /// Utilisation of the busier child, the greater of both shares of the limit.
    pub fn busier_utilisation(&self) -> Option<f64> {
        let value = |child: &Child| child.utilisation.map(Utilisation::value);
        Some(value(&self.left)?.max(value(&self.right)?))
    }
}

/// The heaviest hash key of a shard.
#[derive(Clone, Debug, PartialEq)]
pub struct HeaviestKey {
    /// Its partition key, where that is known; a producer can send several to one hash key.
    pub key: Option<PartitionKey>,
    /// Where it lands.
    pub hash: HashKey,
    /// Part of the shard's load.
    pub share: f64,
    /// Its own load against the limits of one shard.
    pub utilisation: Option<Utilisation>,
}

/// A hot key put into a shard of its own by splitting at its hash key and right behind it.
#[derive(Clone, Debug, PartialEq)]
pub struct Isolation {
    /// `NewStartingHashKey` of each split, in order: one or two.
    pub cuts: Vec<HashKey>,
    /// The shard of the key alone.
    pub own: Child,
    /// What remains below and above, where anything does.
    pub rest: Vec<Child>,
}

/// Why a split helps or does not.
#[derive(Clone, Debug, PartialEq)]
pub enum SplitReason {
    /// Both children carry about the same.
    Balances,
    /// One key is more than half of the load and stays whole.
    OneKeyDominates(HeaviestKey),
    /// No key dominates, yet the heavy ones leave one child with most of the load.
    LeavesOneChildBusy,
    /// Too little was read to tell: this many user records.
    TooFewSamples(u64),
    /// The shard owns one hash key only.
    RangeOfOneHash,
}

/// What splitting a shard would do.
#[derive(Clone, Debug, PartialEq)]
pub struct SplitAdvice {
    /// The shard's range.
    pub range: HashKeyRange,
    /// Which limit is nearer; shares are of this.
    pub measure: BoundBy,
    /// Its load now; `None` where it is not known.
    pub now: Option<Utilisation>,
    /// User records that this rests on.
    pub samples: u64,
    /// Whether splitting is worth it.
    pub helps: bool,
    /// Why.
    pub reason: SplitReason,
    /// The cut that leaves the children nearest to each other; `None` where the range cannot be cut or nothing was read.
    pub balanced: Option<Cut>,
    /// The cut through the middle of the range, for comparison.
    pub even: Option<Cut>,
    /// Offered where one key dominates and fits a shard of its own.
    pub isolation: Option<Isolation>,
}

/// Judges a split of the shard that owns `range`. `now` is its load as CloudWatch or another source has it; without one it is
/// the mean of the sample's known seconds.
pub fn advise(range: HashKeyRange, sample: &ShardSample, now: Option<Utilisation>) -> SplitAdvice {
    let now = now.or_else(|| sample.mean_utilisation());
    let measure = now.map_or(BoundBy::Bytes, Utilisation::bound_by);
    // Hash keys outside of the range are of records from before a reshard, or of a wrong guess at a placement.
    let cells: Vec<Cell> =
        sample.landings().into_iter().filter(|cell| range.contains(cell.low) && range.contains(cell.high)).collect();
    let load = LoadByHash::new(range, &cells, measure, now);
    let samples = cells.iter().map(|cell| cell.records).sum();
    let heaviest = load.heaviest(sample);
    let balanced = load.balanced();
    let reason = match (&heaviest, &balanced) {
        _ if range.start == range.end => SplitReason::RangeOfOneHash,
        _ if samples < LEAST_RECORDS => SplitReason::TooFewSamples(samples),
        (Some(key), _) if key.share > DOMINANT_SHARE => SplitReason::OneKeyDominates(key.clone()),
        (_, Some(cut)) if cut.busier_share() <= MOST_LEFT_SHARE => SplitReason::Balances,
        _ => SplitReason::LeavesOneChildBusy,
    };
    let isolation = match &reason {
        SplitReason::OneKeyDominates(key) => load.isolate(key),
        _ => None,
    };
    let even = if cells.is_empty() { None } else { range.even_split().and_then(|at| load.cut(at)) };
    let helps = reason == SplitReason::Balances;
    SplitAdvice { range, measure, now, samples, helps, reason, balanced, even, isolation }
}

/// What a cut of the shard's choice would do, as the sample has it; `None` where the cut does not lie inside the range.
pub fn predict(range: HashKeyRange, sample: &ShardSample, at: HashKey) -> Option<Cut> {
    let now = sample.mean_utilisation();
    let cells: Vec<Cell> =
        sample.landings().into_iter().filter(|cell| range.contains(cell.low) && range.contains(cell.high)).collect();
    LoadByHash::new(range, &cells, now.map_or(BoundBy::Bytes, Utilisation::bound_by), now).cut(at)
}

/// The load of a shard in the order of its hash keys.
struct LoadByHash<'a> {
    range: HashKeyRange,
    cells: &'a [Cell],
    measure: BoundBy,
    now: Option<Utilisation>,
    bytes: f64,
    records: f64,
}

impl<'a> LoadByHash<'a> {
    fn new(range: HashKeyRange, cells: &'a [Cell], measure: BoundBy, now: Option<Utilisation>) -> Self {
        let bytes = cells.iter().map(|cell| cell.bytes as f64).sum();
        let records = cells.iter().map(|cell| cell.records as f64).sum();
        Self { range, cells, measure, now, bytes, records }
    }

    fn weight(&self, cell: &Cell) -> f64 {
        match self.measure {
            BoundBy::Bytes => cell.bytes as f64,
            BoundBy::Records => cell.records as f64,
        }
    }

    fn total(&self) -> f64 {
        match self.measure {
            BoundBy::Bytes => self.bytes,
            BoundBy::Records => self.records,
        }
    }

    /// A child that carries these bytes and records of the sample.
    fn child(&self, range: HashKeyRange, bytes: f64, records: f64) -> Child {
        let part = |own: f64, all: f64| if all > 0.0 { own / all } else { 0.0 };
        let (bytes_part, records_part) = (part(bytes, self.bytes), part(records, self.records));
        Child {
            range,
            share: if self.measure == BoundBy::Bytes { bytes_part } else { records_part },
            utilisation: self.now.map(|now| Utilisation {
                bytes_share: now.bytes_share * bytes_part,
                records_share: now.records_share * records_part,
            }),
        }
    }

    /// What a cut at this hash key would do. A joined range that is cut through is taken to be even inside.
    fn cut(&self, at: HashKey) -> Option<Cut> {
        let (left, right) = self.range.split_at(at)?;
        let (mut bytes, mut records) = (0.0, 0.0);
        for cell in self.cells.iter().take_while(|cell| cell.low < at) {
            let part =
                if cell.high < at { 1.0 } else { (at.0 - cell.low.0) as f64 / (cell.high.0 - cell.low.0) as f64 };
            bytes += cell.bytes as f64 * part;
            records += cell.records as f64 * part;
        }
        Some(Cut {
            new_starting_hash_key: at,
            left: self.child(left, bytes, records),
            right: self.child(right, self.bytes - bytes, self.records - records),
        })
    }

    /// The cut before the cell that leaves both sides nearest to each other. It is put halfway between two cells, so that keys
    /// which did not come yet fall to the nearer side.
    fn balanced(&self) -> Option<Cut> {
        let total = self.total();
        if total <= 0.0 {
            return None;
        }
        let mut below = 0.0;
        let mut best: Option<(f64, HashKey)> = None;
        let mut before: Option<HashKey> = None;
        for cell in self.cells {
            let at = match before {
                Some(high) => HashKey(high.0 + (cell.low.0 - high.0).div_ceil(2)),
                // All load on the right is a cut too, where nothing better is.
                None => cell.low,
            };
            let apart = (total - 2.0 * below).abs();
            if self.range.start < at && best.is_none_or(|(least, _)| apart < least) {
                best = Some((apart, at));
            }
            below += self.weight(cell);
            before = Some(cell.high);
        }
        // And all load on the left.
        let behind = before.and_then(|high| high.0.checked_add(1)).map(HashKey).filter(|at| self.range.contains(*at));
        let at = best.map(|(_, at)| at).or(behind)?;
        self.cut(at)
    }

    fn heaviest(&self, sample: &ShardSample) -> Option<HeaviestKey> {
        let total = self.total();
        let cell = self
            .cells
            .iter()
            .filter(|cell| cell.is_exact())
            .max_by(|a, b| self.weight(a).total_cmp(&self.weight(b)))
            .filter(|_| total > 0.0)?;
        let keys = match self.measure {
            BoundBy::Bytes => sample.keys_by_bytes(),
            BoundBy::Records => sample.keys_by_records(),
        };
        let key = keys
            .counters()
            .iter()
            .filter(|counter| counter.extra.landed == cell.low)
            .max_by_key(|counter| counter.count)
            .map(|counter| counter.key.clone());
        let child = self.child(HashKeyRange { start: cell.low, end: cell.low }, cell.bytes as f64, cell.records as f64);
        Some(HeaviestKey { key, hash: cell.low, share: child.share, utilisation: child.utilisation })
    }

    /// Two splits around a key, or one where the key sits at an end of the range; only where the key fits a shard.
    fn isolate(&self, key: &HeaviestKey) -> Option<Isolation> {
        if key.utilisation.is_none_or(|own| own.value() >= 1.0) {
            return None;
        }
        let HashKeyRange { start, end } = self.range;
        let hash = key.hash;
        let (mut cuts, mut rest) = (Vec::new(), Vec::new());
        let side = |range: HashKeyRange| {
            let inside = self.cells.iter().filter(|cell| range.contains(cell.low));
            let (bytes, records) =
                inside.fold((0.0, 0.0), |sum, cell| (sum.0 + cell.bytes as f64, sum.1 + cell.records as f64));
            self.child(range, bytes, records)
        };
        if start < hash {
            cuts.push(hash);
            rest.push(side(HashKeyRange { start, end: HashKey(hash.0 - 1) }));
        }
        if hash < end {
            cuts.push(HashKey(hash.0 + 1));
            rest.push(side(HashKeyRange { start: HashKey(hash.0 + 1), end }));
        }
        let own = side(HashKeyRange { start: hash, end: hash });
        (!cuts.is_empty()).then_some(Isolation { cuts, own, rest })
    }
}

impl SplitAdvice {
    /// The reason in one sentence for a person.
    pub fn sentence(&self) -> String {
        let percent = |share| super::format::percent(share).replace('%', " %");
        match &self.reason {
            SplitReason::Balances => match &self.balanced {
                Some(cut) => format!(
                    "A split at {} leaves {} and {} of the load.",
                    cut.new_starting_hash_key.hex_short(),
                    percent(cut.left.share),
                    percent(cut.right.share)
                ),
                None => "A split balances the load.".to_owned(),
            },
            SplitReason::OneKeyDominates(key) => {
                let name = key
                    .key
                    .as_ref()
                    .map_or_else(|| key.hash.hex_short(), |key| super::format::one_line(key.as_str(), 64));
                let own = key
                    .utilisation
                    .map_or(String::new(), |own| format!(", {} of a shard's limit by itself", percent(own.value())));
                format!(
                    "Key {name} carries {} of the load{own}. It is one hash key, so it stays whole in one child.",
                    percent(key.share)
                )
            }
            SplitReason::LeavesOneChildBusy => {
                let left = self.balanced.as_ref().map_or(1.0, Cut::busier_share);
                format!("A few heavy keys stay together: the busier child would keep {} of the load.", percent(left))
            }
            SplitReason::TooFewSamples(count) => {
                format!(
                    "Only {} were read, too few to tell; at least {LEAST_RECORDS} are needed.",
                    super::format::counted(*count as usize, "record")
                )
            }
            SplitReason::RangeOfOneHash => "The shard owns one hash key only and cannot be split.".to_owned(),
        }
    }
}
