//! Which neighbours can be merged, and what the merged shard would carry.
//!
//! The loads of both are added minute by minute, bytes and records each against its own limit: the minutes in which both are high
//! decide, and two averages would hide them. A minute counts where both are known. Rules of the API: both shards open, and one
//! begins right behind the other (`MergeShards`). That hot shards stay alone is this program's advice; AWS would take them.

use std::cmp::Ordering;

use super::hash_range::HashKeyRange;
use super::ids::{ShardId, StreamName};
use super::limits::{CRITICAL_SHARE, WARN_SHARE};
use super::metrics::{StreamMetrics, WriteMetrics};
use super::reshard::MergeRequest;
use super::series::Series;
use super::shard_map::{Shard, ShardMap};
use super::utilisation::Utilisation;

/// A merged shard should stay below this part of its limit in its busiest minute: it leaves room for two thirds more traffic.
pub const MOST_MERGED_SHARE: f64 = 0.6;
/// A shard whose busiest minute stays below this part of its limit is idle.
pub const IDLE_SHARE: f64 = 0.005;

/// What the merged shard would carry; fractions of 1 of the limit of one shard.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MergedLoad {
    /// In the newest minute in which both are known.
    pub now: f64,
    /// Mean of all such minutes.
    pub mean: f64,
    /// The busiest of them.
    pub peak: f64,
    /// How many there are.
    pub periods: usize,
}

/// Why a pair is not offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Hash keys lie between them or belong to both: AWS would refuse it.
    NotAdjacent,
    /// The lower one alone is at the warning threshold or above.
    LowerIsHot,
    /// The upper one alone is.
    UpperIsHot,
    /// Together they pass the limit of one shard.
    OverLimit,
    /// Together they pass the warning threshold.
    OverWarning,
    /// Together they pass [`MOST_MERGED_SHARE`].
    OverHeadroom,
}

/// What is to be said of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairVerdict {
    /// The merged shard has room.
    Fits,
    /// It fits, and the lower one is idle.
    LowerIsIdle,
    /// It fits, and the upper one is idle.
    UpperIsIdle,
    /// It fits, but the two came of one split.
    UndoesSplit,
    /// The load of one or both is not known in any minute: it can be merged, blindly.
    Unknown,
    /// It is not offered.
    Refused(Refusal),
}

impl PairVerdict {
    /// Whether the pair can be chosen.
    pub fn is_offered(self) -> bool {
        !matches!(self, Self::Refused(_))
    }

    /// Whether the merged shard is known to have room.
    pub fn fits(self) -> bool {
        matches!(self, Self::Fits | Self::LowerIsIdle | Self::UpperIsIdle | Self::UndoesSplit)
    }

    /// The one that is said first of two that fit.
    fn rank(self) -> u8 {
        match self {
            Self::Fits | Self::LowerIsIdle | Self::UpperIsIdle => 0,
            Self::UndoesSplit => 1,
            Self::Unknown => 2,
            Self::Refused(_) => 3,
        }
    }
}

/// Two open shards that follow each other in hash order.
#[derive(Clone, Debug, PartialEq)]
pub struct MergePair {
    /// The one with the lower hash keys.
    pub lower: ShardId,
    /// The other.
    pub upper: ShardId,
    /// From the first hash key of one to the last of the other.
    pub range: HashKeyRange,
    /// What the merged shard would carry; `None` where no minute is known of both.
    pub load: Option<MergedLoad>,
    /// What is to be said of it.
    pub verdict: PairVerdict,
}

impl MergePair {
    /// The request.
    pub fn request(&self, stream: &StreamName) -> MergeRequest {
        MergeRequest { stream: stream.clone(), lower: self.lower.clone(), upper: self.upper.clone(), range: self.range }
    }

    /// Whether a shard is one of the two.
    pub fn has(&self, shard: &ShardId) -> bool {
        self.lower == *shard || self.upper == *shard
    }

    /// The verdict in a few words.
    pub fn words(&self) -> String {
        let percent = |share: f64| super::format::percent(share).replace('%', " %");
        match self.verdict {
            PairVerdict::Fits => "fits".to_owned(),
            PairVerdict::LowerIsIdle => format!("fits, {} is idle", self.lower.short()),
            PairVerdict::UpperIsIdle => format!("fits, {} is idle", self.upper.short()),
            PairVerdict::UndoesSplit => "fits, but would undo a split".to_owned(),
            PairVerdict::Unknown => "load not known".to_owned(),
            PairVerdict::Refused(Refusal::NotAdjacent) => "not adjacent: hash keys lie between or in both".to_owned(),
            PairVerdict::Refused(Refusal::LowerIsHot) => format!("{} is hot by itself", self.lower.short()),
            PairVerdict::Refused(Refusal::UpperIsHot) => format!("{} is hot by itself", self.upper.short()),
            PairVerdict::Refused(Refusal::OverLimit) => "over the limit, would throttle".to_owned(),
            PairVerdict::Refused(Refusal::OverWarning) => format!("over {}, would soon throttle", percent(WARN_SHARE)),
            PairVerdict::Refused(Refusal::OverHeadroom) => format!("over {}, little room", percent(MOST_MERGED_SHARE)),
        }
    }
}

/// Every pair of open shards that follow each other in hash order: those that fit first, each kind coldest first.
pub fn pairs(map: &ShardMap, metrics: Option<&StreamMetrics>) -> Vec<MergePair> {
    let open: Vec<&Shard> = map.open().collect();
    let of = |shard: &Shard| metrics.and_then(|metrics| metrics.shards.get(&shard.id));
    let mut pairs: Vec<MergePair> = (open.windows(2))
        .filter_map(|two| match two {
            [lower, upper] => Some(pair(lower, upper, of(lower), of(upper))),
            _ => None,
        })
        .collect();
    let peak = |pair: &MergePair| pair.load.map(|load| load.peak);
    pairs.sort_by(|a, b| {
        let by_peak = match (peak(a), peak(b)) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        };
        a.verdict.rank().cmp(&b.verdict.rank()).then(by_peak).then(a.range.start.cmp(&b.range.start))
    });
    pairs
}

/// Positions of the pairs that fit and have no shard in common: each is the coldest that is left.
pub fn without_overlap(pairs: &[MergePair]) -> Vec<usize> {
    let mut taken: std::collections::HashSet<&ShardId> = std::collections::HashSet::new();
    let free = pairs.iter().enumerate().filter(|(_, pair)| pair.verdict.fits()).filter(|(_, pair)| {
        let is_free = !taken.contains(&pair.lower) && !taken.contains(&pair.upper);
        if is_free {
            taken.extend([&pair.lower, &pair.upper]);
        }
        is_free
    });
    free.map(|(at, _)| at).collect()
}

/// Utilisation of both together, period by period; known where both are.
pub fn merged_series(lower: &WriteMetrics, upper: &WriteMetrics) -> Series {
    let bytes = &lower.incoming_bytes;
    let mut out = Series::unknown(bytes.start(), bytes.step_seconds(), bytes.len());
    for (index, share) in merged(lower, upper) {
        out.set(bytes.time_of(index), share);
    }
    out
}

/// The known periods of both together.
fn merged<'a>(lower: &'a WriteMetrics, upper: &'a WriteMetrics) -> impl Iterator<Item = (usize, f64)> + 'a {
    let seconds = f64::from(lower.incoming_bytes.step_seconds());
    let sums = move |metrics: &WriteMetrics, index: usize| {
        let at = lower.incoming_bytes.time_of(index);
        let of = |series: &Series| series.index_of(at).and_then(|index| series.at(index));
        let (bytes, records) = (of(&metrics.incoming_bytes), of(&metrics.incoming_records));
        (bytes.is_some() || records.is_some()).then(|| (bytes.unwrap_or(0.0), records.unwrap_or(0.0)))
    };
    (0..lower.incoming_bytes.len()).filter_map(move |index| {
        let (a, b) = (sums(lower, index)?, sums(upper, index)?);
        Some((index, Utilisation::from_rates((a.0 + b.0) / seconds, (a.1 + b.1) / seconds, 1).value()))
    })
}

fn load(lower: Option<&WriteMetrics>, upper: Option<&WriteMetrics>) -> Option<MergedLoad> {
    let (mut now, mut sum, mut peak, mut periods) = (0.0, 0.0, 0.0_f64, 0_usize);
    for (_, share) in merged(lower?, upper?) {
        now = share;
        sum += share;
        peak = peak.max(share);
        periods += 1;
    }
    (periods > 0).then(|| MergedLoad { now, mean: sum / periods as f64, peak, periods })
}

fn pair(lower: &Shard, upper: &Shard, low: Option<&WriteMetrics>, high: Option<&WriteMetrics>) -> MergePair {
    let load = load(low, high);
    let newest = |metrics: Option<&WriteMetrics>| metrics.and_then(|m| m.utilisation(1).last_known()).map(|(_, v)| v);
    let is_hot = |metrics| newest(metrics).is_some_and(|share| share >= WARN_SHARE);
    let is_idle = |metrics: Option<&WriteMetrics>| {
        metrics.and_then(|m| m.utilisation(1).max()).is_some_and(|peak| peak < IDLE_SHARE)
    };
    let is_of_one_split = lower.parent.is_some()
        && lower.parent == upper.parent
        && lower.adjacent_parent.is_none()
        && upper.adjacent_parent.is_none();
    let verdict = match load.map(|load| load.peak) {
        _ if !lower.range.is_followed_by(upper.range) => PairVerdict::Refused(Refusal::NotAdjacent),
        _ if is_hot(low) => PairVerdict::Refused(Refusal::LowerIsHot),
        _ if is_hot(high) => PairVerdict::Refused(Refusal::UpperIsHot),
        None => PairVerdict::Unknown,
        Some(peak) if peak >= CRITICAL_SHARE => PairVerdict::Refused(Refusal::OverLimit),
        Some(peak) if peak >= WARN_SHARE => PairVerdict::Refused(Refusal::OverWarning),
        Some(peak) if peak >= MOST_MERGED_SHARE => PairVerdict::Refused(Refusal::OverHeadroom),
        Some(_) if is_idle(high) => PairVerdict::UpperIsIdle,
        Some(_) if is_idle(low) => PairVerdict::LowerIsIdle,
        Some(_) if is_of_one_split => PairVerdict::UndoesSplit,
        Some(_) => PairVerdict::Fits,
    };
    MergePair {
        lower: lower.id.clone(),
        upper: upper.id.clone(),
        range: HashKeyRange { start: lower.range.start, end: upper.range.end.max(lower.range.end) },
        load,
        verdict,
    }
}

#[cfg(test)]
mod tests;
