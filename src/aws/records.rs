//! Reading records. The SDK's own retries are off here: a hidden retry would spend the shard's read budget, which all
//! polling consumers share. The caller paces itself.

use aws_sdk_kinesis::primitives::DateTime;
use aws_sdk_kinesis::types::ShardIteratorType;

use super::connect::Connection;
use super::error::Call;
use super::page_body::Answer;
use super::shards::range_of;
use super::time::timestamp;
use crate::model::answer::{Problem, ProblemKind};
use crate::model::hash_range::HashKeyRange;
use crate::model::ids::{PartitionKey, SequenceNumber, ShardId, StreamName};
use crate::model::position::StartingPosition;
use crate::model::record::RawRecord;
use crate::model::shard_map::Shard;

/// A shard that came from one that was read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChildShard {
    /// The child.
    pub id: ShardId,
    /// Every shard that it came from.
    pub parents: Vec<ShardId>,
    /// The hash keys it owns, where the server tells.
    pub range: Option<HashKeyRange>,
}

/// A child as a shard: its lineage and its range. Its sequence numbers are not told; a range that a server leaves out may
/// be any.
impl From<ChildShard> for Shard {
    fn from(child: ChildShard) -> Self {
        let mut parents = child.parents.into_iter();
        Self {
            id: child.id,
            range: child.range.unwrap_or(HashKeyRange::FULL),
            parent: parents.next(),
            adjacent_parent: parents.next(),
            starting_sequence_number: SequenceNumber::from(""),
            ending_sequence_number: None,
        }
    }
}

/// One answer of `GetRecords`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordsPage {
    /// In order. May be empty although records lie ahead.
    pub records: Vec<RawRecord>,
    /// Where to go on; `None` when the shard is closed and was read to its end.
    pub next_iterator: Option<String>,
    /// How far this answer is behind the tip of the shard. Some servers always say 0.
    pub millis_behind_latest: Option<i64>,
    /// The children of a shard that was read to its end; some servers never say them.
    pub child_shards: Vec<ChildShard>,
}

impl Connection {
    /// An iterator, good for 5 minutes. One `GetShardIterator` (5 a second and shard, apart from `GetRecords`).
    ///
    /// # Errors
    /// `NotFound` when stream or shard is gone; as every call.
    pub async fn shard_iterator(
        &self,
        stream: &StreamName,
        shard: &ShardId,
        position: &StartingPosition,
    ) -> Result<String, Problem> {
        let call = self.kinesis().get_shard_iterator().stream_name(stream.as_str()).shard_id(shard.as_str());
        let call = match position {
            StartingPosition::Latest => call.shard_iterator_type(ShardIteratorType::Latest),
            StartingPosition::TrimHorizon => call.shard_iterator_type(ShardIteratorType::TrimHorizon),
            StartingPosition::AtTimestamp(at) => {
                call.shard_iterator_type(ShardIteratorType::AtTimestamp).timestamp(DateTime::from_millis(at.0))
            }
            StartingPosition::AtSequence(number) => {
                call.shard_iterator_type(ShardIteratorType::AtSequenceNumber).starting_sequence_number(number.as_str())
            }
            StartingPosition::AfterSequence(number) => call
                .shard_iterator_type(ShardIteratorType::AfterSequenceNumber)
                .starting_sequence_number(number.as_str()),
        };
        let resource = format!("{shard} of {stream}");
        let output = call.send().await.map_err(|err| self.fail(&err, Call::kinesis("GetShardIterator", &resource)))?;
        output.shard_iterator.filter(|iterator| !iterator.is_empty()).ok_or_else(|| {
            let sentence = format!("GetShardIterator on {resource} answered without an iterator. Try again.");
            Problem::new(ProblemKind::NotAws, sentence)
        })
    }

    /// The next records. One `GetRecords` (5 a second and shard, shared by all polling consumers); up to `limit` records
    /// and 10 MiB. `resource` names the shard in an error.
    ///
    /// # Errors
    /// `Throttled` when the shard's budget is used up: nothing was read. `Expired` when the iterator is too old.
    pub async fn get_records(&self, iterator: &str, limit: i32, resource: &str) -> Result<RecordsPage, Problem> {
        let call = self.kinesis_once().get_records().shard_iterator(iterator).limit(limit);
        let answer = Answer::default();
        let call = call.customize().interceptor(answer.clone());
        call.send().await.map_err(|err| self.fail(&err, Call::kinesis("GetRecords", resource)))?;
        let page = answer.take().ok_or_else(|| {
            Problem::new(ProblemKind::NotAws, format!("GetRecords on {resource} answered with nothing. Try again."))
        })?;
        self.meter().count_read(&page.records);
        Ok(page)
    }
}

pub(super) fn child_of(child: aws_sdk_kinesis::types::ChildShard) -> ChildShard {
    ChildShard {
        id: ShardId::from(child.shard_id),
        parents: child.parent_shards.into_iter().map(ShardId::from).collect(),
        range: child.hash_key_range.as_ref().and_then(range_of),
    }
}

pub(super) fn record_of(record: aws_sdk_kinesis::types::Record) -> RawRecord {
    RawRecord {
        sequence_number: SequenceNumber::from(record.sequence_number),
        partition_key: PartitionKey::from(partition_key(record.partition_key)),
        approximate_arrival: record.approximate_arrival_timestamp.as_ref().and_then(timestamp),
        data: record.data.into_inner(),
    }
}

/// Optional in the API since streams may distribute records by themselves; required or not by version of the SDK.
fn partition_key(key: impl Into<Option<String>>) -> String {
    key.into().unwrap_or_default()
}
