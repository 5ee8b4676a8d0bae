//! What was counted from the records of a stream that were read: load by the second, keys, and where they land.

pub mod state;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ids::ShardId;
use super::record::RawRecord;
use super::time::Timestamp;

/// What was counted of one shard.
#[derive(Clone, Debug, Default)]
pub struct ShardSample {
    records: u64,
    bytes: u64,
    span: Option<(Timestamp, Timestamp)>,
}

/// What was counted of a stream, by shard. A clone shares the shards and costs next to nothing.
#[derive(Clone, Debug, Default)]
pub struct StreamSample {
    shards: BTreeMap<ShardId, Arc<ShardSample>>,
}

impl StreamSample {
    /// Nothing counted yet; memory is divided among this many shards.
    pub fn new(_shards: usize) -> Self {
        Self::default()
    }

    /// Counts records that were read from a shard.
    pub fn take(&mut self, shard: &ShardId, records: &[RawRecord]) {
        let sample = Arc::make_mut(self.shards.entry(shard.clone()).or_default());
        for record in records {
            sample.records += 1;
            sample.bytes += record.size_bytes() as u64;
            if let Some(at) = record.approximate_arrival {
                let (from, to) = sample.span.unwrap_or((at, at));
                sample.span = Some((from.min(at), to.max(at)));
            }
        }
    }

    /// Every record of the shard that arrived in `[from, to)` has been taken.
    pub fn mark_known(&mut self, shard: &ShardId, from: Timestamp, to: Timestamp) {
        let sample = Arc::make_mut(self.shards.entry(shard.clone()).or_default());
        let (first, last) = sample.span.unwrap_or((from, to));
        sample.span = Some((first.min(from), last.max(to)));
    }

    /// What was counted of one shard.
    pub fn shard(&self, id: &ShardId) -> Option<&ShardSample> {
        self.shards.get(id).map(|sample| &**sample)
    }

    /// Every shard of which something is known.
    pub fn shards(&self) -> impl Iterator<Item = (&ShardId, &ShardSample)> {
        self.shards.iter().map(|(id, sample)| (id, &**sample))
    }

    /// Kinesis records that were read.
    pub fn records(&self) -> u64 {
        self.shards.values().map(|sample| sample.records).sum()
    }

    /// Their bytes, keys included.
    pub fn bytes(&self) -> u64 {
        self.shards.values().map(|sample| sample.bytes).sum()
    }

    /// From the first to the last moment of which something is known.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        self.shards.values().filter_map(|sample| sample.span).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }

    /// Whether no record was read.
    pub fn is_empty(&self) -> bool {
        self.records() == 0
    }
}
