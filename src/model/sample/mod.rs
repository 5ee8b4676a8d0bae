//! What was counted from the records of a stream that were read: load by the second, keys, and where they land.
//!
//! Whatever comes, memory stays within [`budget::Budget`]; every figure says how sure it is. Records inside KPL aggregates count
//! under their own keys and hash keys, while the aggregate counts as one record of its full size for the shard's limits, as
//! Kinesis itself counts it.

pub mod budget;
pub mod burst;
pub mod density;
pub mod interval;
pub mod periods;
pub mod seconds;
pub mod shard;
pub mod state;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use shard::ShardSample;

use super::decode::aggregate::Scratch;
use super::ids::ShardId;
use super::record::RawRecord;
use super::sketch::hyper_log_log::{Estimate, HyperLogLog};
use super::sketch::tag::{TagMap, Tagger};
use super::time::Timestamp;
use budget::Budget;

/// What was counted of a stream, by shard. A clone shares the shards and costs next to nothing; a shard is copied when it is
/// counted on while a clone still shows it.
#[derive(Clone, Debug)]
pub struct StreamSample {
    budget: Budget,
    tagger: Tagger,
    shards: BTreeMap<ShardId, Arc<ShardSample>>,
}

impl StreamSample {
    /// Nothing counted yet; memory is divided among this many shards.
    pub fn new(shards: usize) -> Self {
        Self { budget: Budget::for_shards(shards), tagger: Tagger::default(), shards: BTreeMap::new() }
    }

    /// Counts records that were read from a shard.
    pub fn take(&mut self, shard: &ShardId, records: &[RawRecord]) {
        if !records.is_empty() {
            self.shard_mut(shard).take(records, &mut Scratch::default());
        }
    }

    /// Every record of the shard that arrived in `[from, to)` has been taken: the whole seconds inside are known from now on,
    /// those without a record as idle. Seconds that are partly covered stay unknown.
    pub fn mark_known(&mut self, shard: &ShardId, from: Timestamp, to: Timestamp) {
        self.shard_mut(shard).mark_known(from, to);
    }

    fn shard_mut(&mut self, shard: &ShardId) -> &mut ShardSample {
        let (budget, tagger) = (self.budget, self.tagger);
        Arc::make_mut(self.shards.entry(shard.clone()).or_insert_with(|| Arc::new(ShardSample::new(budget, tagger))))
    }

    /// What was counted of one shard.
    pub fn shard(&self, id: &ShardId) -> Option<&ShardSample> {
        self.shards.get(id).map(|sample| &**sample)
    }

    /// The same, shared: as long as nothing more is counted of the shard, it stays the same allocation.
    pub fn shared(&self, id: &ShardId) -> Option<&Arc<ShardSample>> {
        self.shards.get(id)
    }

    /// This sample with another count of one shard in the place of its own.
    #[must_use]
    pub fn with_shard(&self, id: ShardId, shard: Arc<ShardSample>) -> Self {
        let mut sample = self.clone();
        sample.shards.insert(id, shard);
        sample
    }

    /// Every shard of which something is known, by id.
    pub fn shards(&self) -> impl Iterator<Item = (&ShardId, &ShardSample)> {
        self.shards.iter().map(|(id, sample)| (id, &**sample))
    }

    /// Kinesis records that were read; an aggregate is one.
    pub fn records(&self) -> u64 {
        self.shards.values().map(|sample| sample.records()).sum()
    }

    /// Their bytes, keys included.
    pub fn bytes(&self) -> u64 {
        self.shards.values().map(|sample| sample.bytes()).sum()
    }

    /// User records: those inside aggregates count one by one.
    pub fn user_records(&self) -> u64 {
        self.shards.values().map(|sample| sample.user_records()).sum()
    }

    /// From the first to the last moment of which something is known.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        self.shards.values().filter_map(|sample| sample.span()).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }

    /// Whether no record was read.
    pub fn is_empty(&self) -> bool {
        self.shards.values().all(|sample| sample.records() == 0)
    }

    /// Different keys of the whole stream among the records that were read.
    pub fn distinct_keys(&self) -> Estimate {
        if let Some(exact) = self.distinct_exactly() {
            return Estimate::exact(exact);
        }
        let mut union = HyperLogLog::new(self.budget.distinct_precision);
        for sample in self.shards.values() {
            union.merge(sample.distinct_sketch());
        }
        union.estimate()
    }

    /// The number of keys, where every one of them still has a place in its shard's ranking.
    fn distinct_exactly(&self) -> Option<u64> {
        let mut keys: TagMap<()> = TagMap::default();
        for sample in self.shards.values() {
            if sample.keys_by_bytes().floor() > 0 {
                return None;
            }
            keys.extend(sample.keys_by_bytes().counters().iter().map(|counter| (counter.tag(), ())));
        }
        Some(keys.len() as u64)
    }

    /// What is kept takes about this much memory, in bytes.
    pub fn memory_bytes(&self) -> usize {
        self.shards.values().map(|sample| sample.memory_bytes()).sum()
    }
}
