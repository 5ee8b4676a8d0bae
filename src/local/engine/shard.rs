//! One shard: its range, its parents, its records and what it lets through.

use std::collections::VecDeque;

use super::budget::{ReadBudget, WriteBudget};
use super::metrics::MinuteStore;
use super::record::{PutEntry, StoredRecord};
use crate::model::hash_range::HashKeyRange;
use crate::model::ids::ShardId;
use crate::model::sequence::{CLOSING_COUNTER, Sequence};
use crate::model::time::Timestamp;

#[derive(Debug)]
pub(super) struct Shard {
    pub(super) index: u32,
    pub(super) id: ShardId,
    pub(super) range: HashKeyRange,
    pub(super) parents: Vec<u32>,
    pub(super) created: Timestamp,
    pub(super) closed: Option<Timestamp>,
    pub(super) records: VecDeque<StoredRecord>,
    /// Counter that the next record gets.
    pub(super) next_counter: u64,
    pub(super) weight_bytes: usize,
    pub(super) write: WriteBudget,
    pub(super) read: ReadBudget,
    pub(super) metrics: MinuteStore,
}

/// A closed or open shard as it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShardInfo {
    /// Its index in the stream.
    pub index: u32,
    /// Its id.
    pub id: ShardId,
    /// The hash keys it owns.
    pub range: HashKeyRange,
    /// None, one (split) or two (merge).
    pub parents: Vec<ShardId>,
    /// First sequence number.
    pub starting: Sequence,
    /// Last sequence number, when it is closed.
    pub ending: Option<Sequence>,
}

/// The id of the shard with this index.
pub fn shard_id(index: u32) -> ShardId {
    ShardId::from(format!("shardId-{index:012}"))
}

/// The index behind a shard's id.
pub fn shard_index(id: &str) -> Option<u32> {
    id.strip_prefix("shardId-").and_then(|digits| digits.parse().ok())
}

pub(super) fn secs(at: Timestamp) -> u64 {
    u64::try_from(at.as_secs()).unwrap_or(0)
}

impl Shard {
    pub(super) fn new(index: u32, range: HashKeyRange, parents: Vec<u32>, created: Timestamp) -> Self {
        Self {
            index,
            id: shard_id(index),
            range,
            parents,
            created,
            closed: None,
            records: VecDeque::new(),
            next_counter: 1,
            weight_bytes: 0,
            write: WriteBudget::default(),
            read: ReadBudget::default(),
            metrics: MinuteStore::default(),
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.closed.is_none()
    }

    pub(super) fn sequence(&self, counter: u64, at: Timestamp) -> Sequence {
        Sequence { created_secs: secs(self.created), shard_index: self.index, counter, time_secs: secs(at) }
    }

    pub(super) fn info(&self) -> ShardInfo {
        ShardInfo {
            index: self.index,
            id: self.id.clone(),
            range: self.range,
            parents: self.parents.iter().map(|index| shard_id(*index)).collect(),
            starting: self.sequence(0, self.created),
            ending: self.closed.map(|at| self.sequence(CLOSING_COUNTER, at)),
        }
    }

    /// Appends a record without asking the limits.
    pub(super) fn append(&mut self, entry: PutEntry, now: Timestamp) -> Sequence {
        // Searching by time rests on this order, also when the clock of the machine is set back.
        let now = self.records.back().map_or(now, |last| last.arrival.max(now));
        let sequence = self.sequence(self.next_counter, now);
        self.next_counter += 1;
        let record =
            StoredRecord { sequence, arrival: now, partition_key: entry.partition_key, payload: entry.payload };
        self.weight_bytes += record.weight_bytes();
        self.records.push_back(record);
        sequence
    }

    /// Drops the oldest record.
    pub(super) fn trim_one(&mut self) {
        if let Some(record) = self.records.pop_front() {
            self.weight_bytes = self.weight_bytes.saturating_sub(record.weight_bytes());
        }
    }

    /// Drops what arrived before `horizon`.
    pub(super) fn trim_before(&mut self, horizon: Timestamp) {
        while self.records.front().is_some_and(|record| record.arrival < horizon) {
            self.trim_one();
        }
    }

    /// Counter of the oldest record that is kept; that of the next one where none is.
    pub(super) fn oldest_counter(&self) -> u64 {
        self.records.front().map_or(self.next_counter, |record| record.sequence.counter)
    }

    /// Position in the queue of the first record at or behind `counter`.
    pub(super) fn offset_of(&self, counter: u64) -> usize {
        usize::try_from(counter.saturating_sub(self.oldest_counter())).unwrap_or(usize::MAX).min(self.records.len())
    }

    /// Counter of the first record that arrived at or after `at`.
    pub(super) fn counter_at(&self, at: Timestamp) -> u64 {
        let offset = self.records.partition_point(|record| record.arrival < at);
        self.records.get(offset).map_or(self.next_counter, |record| record.sequence.counter)
    }
}
