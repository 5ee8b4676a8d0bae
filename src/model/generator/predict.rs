//! What a load would do to every shard, before anything is sent.

use super::BusyShard;
use super::keys::{Keys, ShardMix};
use crate::model::utilisation::Utilisation;

/// One shard under the load.
#[derive(Clone, Debug, PartialEq)]
pub struct ShardLoad {
    /// The shard.
    pub shard: BusyShard,
    /// What it gets of the load.
    pub mix: ShardMix,
    /// What the load adds, a share of the shard's limit.
    pub added: f64,
}

impl ShardLoad {
    /// Its share of the limit under the load. What is not known now counts as nothing.
    pub fn with(&self) -> f64 {
        self.shard.now.unwrap_or(0.0) + self.added
    }
}

/// All open shards under a load.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// In the order of the ranges.
    pub loads: Vec<ShardLoad>,
    records_per_sec: f64,
}

impl Prediction {
    /// Adds a load of so many records a second, each of so many bytes with its key. The sum of both utilisations is never
    /// below the utilisation of both loads together, so the prediction errs on the safe side.
    pub fn new(shards: &[BusyShard], keys: &Keys, records_per_sec: f64, record_bytes: f64) -> Self {
        let ranges: Vec<_> = shards.iter().map(|shard| (shard.id.clone(), shard.range)).collect();
        let mix = keys.mix(&ranges);
        let load = |(shard, mix): (&BusyShard, ShardMix)| {
            let records = records_per_sec * mix.share;
            let added = Utilisation::from_rates(records * record_bytes, records, 1).value();
            ShardLoad { shard: shard.clone(), mix, added }
        };
        Self { loads: shards.iter().zip(mix).map(load).collect(), records_per_sec }
    }

    /// The shard that is fullest under the load.
    pub fn hottest(&self) -> Option<&ShardLoad> {
        self.loads.iter().max_by(|a, b| a.with().total_cmp(&b.with()))
    }

    /// The mean over the shards.
    pub fn mean(&self) -> f64 {
        self.loads.iter().map(ShardLoad::with).sum::<f64>() / self.loads.len().max(1) as f64
    }

    /// How many shards have a load that is not known.
    pub fn unknown(&self) -> usize {
        self.loads.iter().filter(|load| load.shard.now.is_none()).count()
    }

    /// Records a second with this mix of keys at which the first shard reaches `cap`.
    pub fn allowed(&self, cap: f64) -> Option<f64> {
        let of = |load: &ShardLoad| {
            let room = (cap - load.shard.now.unwrap_or(0.0)).max(0.0);
            (load.added > 0.0).then(|| self.records_per_sec * room / load.added)
        };
        self.loads.iter().filter_map(of).min_by(f64::total_cmp)
    }
}
