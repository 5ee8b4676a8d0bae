//! A record as Kinesis hands it over, and as it is shown once its data was decoded.

use std::sync::Arc;

use super::decode::Decoded;
use super::ids::{PartitionKey, SequenceNumber, ShardId};
use super::time::Timestamp;

/// One record of `GetRecords`, its data not looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawRecord {
    /// Grows within the shard.
    pub sequence_number: SequenceNumber,
    /// As the producer gave it. Streams with AUTO distribution may leave it out; then it is empty.
    pub partition_key: PartitionKey,
    /// When Kinesis took it, server side, to the millisecond; not promised to be in order.
    pub approximate_arrival: Option<Timestamp>,
    /// The bytes that were put.
    pub data: Vec<u8>,
}

impl RawRecord {
    /// What counts against the limits: data and key.
    pub fn size_bytes(&self) -> usize {
        self.data.len() + self.partition_key.as_str().len()
    }
}

/// One record as it is kept and shown: a whole Kinesis record, or one user record of a KPL aggregate.
#[derive(Clone, Debug)]
pub struct Record {
    /// The shard it was read from.
    pub shard_id: ShardId,
    /// Sequence number of the Kinesis record; shared by all user records of an aggregate.
    pub sequence_number: SequenceNumber,
    /// Position inside the aggregate and its number of user records; `None` outside aggregates.
    pub sub_sequence: Option<(u32, u32)>,
    /// Its own partition key.
    pub partition_key: PartitionKey,
    /// When Kinesis took it.
    pub approximate_arrival: Option<Timestamp>,
    /// The bytes of this record alone. Where they are the decoded text as it is, the two share their memory.
    pub data: Arc<[u8]>,
    /// What the bytes turned out to be.
    pub decoded: Decoded,
}

impl Record {
    /// What it takes in memory, for the cap of the store.
    pub fn weight_bytes(&self) -> usize {
        let text = self.decoded.text.as_ref().filter(|text| !std::ptr::eq(text.as_ptr(), self.data.as_ptr()));
        self.data.len()
            + text.map_or(0, |text| text.len())
            + self.decoded.details.as_ref().and_then(|details| details.failed_bytes.as_ref()).map_or(0, Vec::len)
            + self.partition_key.as_str().len()
            + std::mem::size_of::<Self>()
            + 64
    }

    /// Data and key together.
    pub fn size_bytes(&self) -> usize {
        self.data.len() + self.partition_key.as_str().len()
    }

    /// The first line of the decoded record, ready to be drawn: harmless, one line, at most
    /// [`PREVIEW_MAX_CHARS`](super::decode::PREVIEW_MAX_CHARS) characters. Written anew with each call, from so little of the
    /// record that rows in sight can afford it; a million kept ones could not.
    pub fn preview(&self) -> String {
        super::decode::preview(&self.decoded, &self.data)
    }
}
