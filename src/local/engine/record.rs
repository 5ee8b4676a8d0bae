//! A record as a shard keeps it. Two parts, so that generated records can share what is the same in all of them.

use std::sync::Arc;

use crate::model::ids::PartitionKey;
use crate::model::sequence::Sequence;
use crate::model::time::Timestamp;

/// What a stored record takes beside its own bytes.
const OVERHEAD_BYTES: usize = 96;

/// The data of a record: `head` followed by `tail`.
#[derive(Clone, Debug, Default)]
pub struct Payload {
    head: Arc<[u8]>,
    tail: Option<Arc<[u8]>>,
}

impl Payload {
    /// Data of its own.
    pub fn new(data: impl Into<Arc<[u8]>>) -> Self {
        Self { head: data.into(), tail: None }
    }

    /// Data that ends in bytes shared with other records.
    pub fn with_shared_tail(head: impl Into<Arc<[u8]>>, tail: Arc<[u8]>) -> Self {
        Self { head: head.into(), tail: Some(tail) }
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.head.len() + self.tail.as_ref().map_or(0, |tail| tail.len())
    }

    /// Whether there is no data.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What it takes in memory by itself; shared bytes do not count.
    pub(super) fn owned_bytes(&self) -> usize {
        self.head.len()
    }

    /// The data in one piece.
    pub fn to_vec(&self) -> Vec<u8> {
        let mut data = Vec::with_capacity(self.len());
        data.extend_from_slice(&self.head);
        data.extend_from_slice(self.tail.as_deref().unwrap_or_default());
        data
    }
}

/// One record to be put.
#[derive(Clone, Debug)]
pub struct PutEntry {
    /// 1 to 256 characters.
    pub partition_key: PartitionKey,
    /// Decides the shard in place of the key.
    pub explicit_hash_key: Option<u128>,
    /// The data.
    pub payload: Payload,
}

impl PutEntry {
    /// What counts against the limits: data and key.
    pub fn size_bytes(&self) -> usize {
        self.payload.len() + self.partition_key.as_str().len()
    }
}

/// One record of a shard.
#[derive(Clone, Debug)]
pub struct StoredRecord {
    /// Its sequence number.
    pub sequence: Sequence,
    /// When it was taken.
    pub arrival: Timestamp,
    /// As it was put.
    pub partition_key: PartitionKey,
    /// As it was put.
    pub payload: Payload,
}

impl StoredRecord {
    /// What counts against the limits: data and key.
    pub fn size_bytes(&self) -> usize {
        self.payload.len() + self.partition_key.as_str().len()
    }

    pub(super) fn weight_bytes(&self) -> usize {
        self.payload.owned_bytes() + self.partition_key.as_str().len() + OVERHEAD_BYTES
    }
}
