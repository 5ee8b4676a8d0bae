//! The share of a key and its 95 % interval, from what a bounded sample keeps.
//!
//! Three things make a share uncertain, and the interval covers all of them:
//!
//! 1. *Which records came.* Wilson's score interval on the effective number of records. For shares of records that is their
//!    number. For shares of bytes a few large records say less than many equal ones: `n_eff = (Σw)² / Σw²` (Kish, *Survey
//!    Sampling*, 1965). Where the key's own records are unusually large or small, the linearised variance of the ratio,
//!    `((1 − p)²·Σₖw² + p²·(Σw² − Σₖw²)) / (Σw)²`, is larger still; the smaller `n_eff` of the two is taken.
//! 2. *When they came.* Records of one moment resemble each other. The periods of a sample are clusters, and the ratio estimator
//!    over them has the variance `m/(m−1) · Σ(yᵢ − p·xᵢ)² / (Σx)²` (Cochran, *Sampling Techniques*, 3rd ed., §6.3 and §11), with
//!    Student's quantile for `m − 1`. Used from five clusters on; the wider interval of 1. and 2. is stated.
//! 3. *What the sketch forgot.* The lower end starts from the least the key can weigh, the upper end from the most.

use crate::model::sample::ShardSample;
use crate::model::sample::interval::{student_t95, wilson};
use crate::model::sample::periods::{PERIODS, PeriodClock};
use crate::model::sample::shard::{KeyCounter, KeySketch};

use super::RankBy;

/// Clusters from which on their spread says something.
const LEAST_CLUSTERS: usize = 5;

/// What the interval of any key of a scope rests on.
pub(super) struct Evidence {
    total: f64,
    /// Sum of squared weights; for records that is their number.
    squared: f64,
    rank_by: RankBy,
    periods: [u32; PERIODS],
}

impl Evidence {
    pub(super) fn of(shard: &ShardSample, sketch: &KeySketch, rank_by: RankBy, periods: [u32; PERIODS]) -> Self {
        let total = sketch.total() as f64;
        let squared = match rank_by {
            RankBy::Bytes => shard.squared_bytes(),
            RankBy::Records => total,
        };
        Self { total, squared, rank_by, periods }
    }

    /// Of several shards, of which each carries this part of the whole: a shard of which little was read for what it carries
    /// makes all of it less sure.
    pub(super) fn together<'a>(parts: impl Iterator<Item = (&'a Self, f64)>) -> Self {
        let mut all = Self { total: 0.0, squared: 0.0, rank_by: RankBy::Bytes, periods: [0; PERIODS] };
        for (part, weight) in parts {
            // Each record stands for `weight / total` of the whole.
            let scale = if part.total > 0.0 { weight / part.total } else { 0.0 };
            all.total += weight;
            all.squared += part.squared * scale * scale;
            all.rank_by = part.rank_by;
        }
        all
    }

    /// Wilson's interval on the effective number of records. `own_squared` is the key's sum of squared bytes, zero where it is
    /// not on the scale of this evidence.
    pub(super) fn wilson(&self, share: f64, own_squared: f64) -> (f64, f64) {
        if self.squared <= 0.0 {
            return (0.0, 1.0);
        }
        let kish = self.total * self.total / self.squared;
        let spread = share * (1.0 - share);
        let own = own_squared.clamp(0.0, self.squared);
        let ratio = (1.0 - share).powi(2) * own + share * share * (self.squared - own);
        let n = if self.rank_by == RankBy::Bytes && ratio > 0.0 && spread > 0.0 {
            kish.min(spread * self.total * self.total / ratio)
        } else {
            kish
        };
        wilson(share, n)
    }

    /// Half-width from the spread over the periods; `None` where there are too few.
    fn cluster_half_width(&self, own: &[u32; PERIODS]) -> Option<f64> {
        let clusters: Vec<(f64, f64)> = own
            .iter()
            .zip(&self.periods)
            .filter(|(_, all)| **all > 0)
            .map(|(own, all)| (f64::from(*own), f64::from(*all)))
            .collect();
        if clusters.len() < LEAST_CLUSTERS {
            return None;
        }
        let m = clusters.len() as f64;
        let (y, x) = clusters.iter().fold((0.0, 0.0), |sum, cluster| (sum.0 + cluster.0, sum.1 + cluster.1));
        let squares: f64 = clusters.iter().map(|(own, all)| (own - y / x * all).powi(2)).sum();
        Some(student_t95(clusters.len() - 1) * (m / (m - 1.0) * squares).sqrt() / x)
    }
}

/// The 95 % interval of a key's part of its shard.
pub(super) struct Share {
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Share {
    pub(super) fn of(counter: &KeyCounter, evidence: &Evidence, clock: PeriodClock) -> Self {
        let part = |weight: u64| (weight as f64 / evidence.total.max(1.0)).min(1.0);
        let (least, most) = (part(counter.at_least()), part(counter.count));
        let squares = counter.extra.squared_bytes;
        let (mut low, mut high) = (evidence.wilson(least, squares).0, evidence.wilson(most, squares).1);
        if let Some(half) = evidence.cluster_half_width(&counter.extra.periods.at(clock)) {
            low = low.min((least - half).max(0.0));
            high = high.max((most + half).min(1.0));
        }
        Self { low, high }
    }
}
