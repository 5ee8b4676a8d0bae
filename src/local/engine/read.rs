//! Reading records by polling: iterators, read limits, distance to the tip, the end of a closed shard.

use super::error::{ApiError, ApiResult, ErrorKind};
use super::iterator::Position;
use super::metrics::Metric;
use super::record::StoredRecord;
use super::shard::{Shard, ShardInfo, secs};
use super::stream::Stream;
use super::{ACCOUNT, Engine};
use crate::model::limits::GET_RECORDS_MAX_RECORDS;
use crate::model::sequence::{CLOSING_COUNTER, Sequence};
use crate::model::stream::StreamStatus;
use crate::model::time::{Millis, Timestamp};

/// Most bytes that one `GetRecords` answers.
const REPLY_MAX_BYTES: usize = 10 * 1_048_576;

/// A caller's clock may be ahead, and its times are rounded.
const CLOCK_TOLERANCE: Millis = Millis::from_secs(1);

/// Where reading begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IteratorStart {
    /// At the oldest record.
    TrimHorizon,
    /// Behind the newest record.
    Latest,
    /// At this sequence number.
    AtSequence(String),
    /// Behind this sequence number.
    AfterSequence(String),
    /// At the first record that arrived then or later.
    AtTimestamp(Timestamp),
}

/// What a `GetRecords` answers.
#[derive(Clone, Debug)]
pub struct ReadReply {
    /// The records, oldest first.
    pub records: Vec<StoredRecord>,
    /// Where to go on; `None` at the end of a closed shard.
    pub next_iterator: Option<String>,
    /// Distance to the tip in milliseconds; 0 at the tip.
    pub millis_behind: i64,
    /// The children, at the end of a closed shard.
    pub children: Vec<ShardInfo>,
    /// Whether the stream is encrypted under KMS.
    pub encrypted: bool,
}

/// Records from one position on.
pub(super) struct Slice {
    pub(super) records: Vec<StoredRecord>,
    pub(super) bytes: usize,
    /// Counter behind the last record.
    pub(super) next: u64,
    pub(super) millis_behind: i64,
    /// The shard is closed and read to its end.
    pub(super) has_ended: bool,
}

impl Shard {
    /// Up to `limit` records and `max_bytes` from `counter` on, but at least one record where there is one.
    pub(super) fn slice(&self, counter: u64, limit: usize, max_bytes: usize, now: Timestamp) -> Slice {
        let offset = self.offset_of(counter);
        let mut slice = Slice {
            records: Vec::new(),
            bytes: 0,
            next: counter.max(self.oldest_counter()),
            millis_behind: 0,
            has_ended: false,
        };
        for record in self.records.range(offset..).take(limit) {
            let size = record.size_bytes();
            if !slice.records.is_empty() && slice.bytes + size > max_bytes {
                break;
            }
            slice.bytes += size;
            slice.next = record.sequence.counter + 1;
            slice.records.push(record.clone());
        }
        if let Some(unread) = self.records.get(offset + slice.records.len()) {
            slice.millis_behind = unread.arrival.age_at(now).0.max(1);
        } else {
            slice.has_ended = !self.is_open();
        }
        slice
    }

    /// Counter at which reading begins.
    pub(super) fn start_counter(&self, start: &IteratorStart, now: Timestamp) -> ApiResult<u64> {
        match start {
            IteratorStart::TrimHorizon => Ok(self.oldest_counter()),
            IteratorStart::Latest => Ok(self.next_counter),
            IteratorStart::AtTimestamp(at) if *at > now + CLOCK_TOLERANCE => Err(ApiError::invalid(format!(
                "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. \
                 timestampInMillis: {}, currentTimestampInMillis: {}",
                at.0, now.0
            ))),
            IteratorStart::AtTimestamp(at) => Ok(self.counter_at(*at)),
            IteratorStart::AtSequence(text) => self.counter_of(text),
            IteratorStart::AfterSequence(text) => {
                let counter = self.counter_of(text)?;
                Ok(if counter == CLOSING_COUNTER { self.next_counter } else { counter.saturating_add(1) })
            }
        }
    }

    fn counter_of(&self, text: &str) -> ApiResult<u64> {
        let sequence = Sequence::parse(text)
            .ok_or_else(|| ApiError::invalid(format!("StartingSequenceNumber {text} is invalid.")))?;
        let is_mine = sequence.shard_index == self.index && sequence.created_secs == secs(self.created);
        let is_known = sequence.counter < self.next_counter || sequence.counter == CLOSING_COUNTER;
        if is_mine && is_known {
            return Ok(sequence.counter);
        }
        Err(ApiError::invalid(format!(
            "StartingSequenceNumber {text} used in GetShardIterator on shard {} is invalid because it did not come \
             from this stream and shard.",
            self.id
        )))
    }
}

impl Stream {
    pub(super) fn children_of(&self, index: u32) -> Vec<ShardInfo> {
        self.shards.values().filter(|shard| shard.parents.contains(&index)).map(Shard::info).collect()
    }
}

impl Engine {
    /// `GetShardIterator`.
    ///
    /// # Errors
    /// ResourceNotFound, InvalidArgument for a foreign sequence number or a time that lies ahead.
    pub fn shard_iterator(&self, name: &str, shard_id: &str, start: &IteratorStart) -> ApiResult<String> {
        self.with_stream(name, |stream, now| {
            if stream.status == StreamStatus::Creating {
                stream.require_active(ACCOUNT)?;
            }
            let shard = stream.shard_named(shard_id, ACCOUNT)?;
            let position = Position {
                stream: name.to_owned(),
                stream_created: stream.created,
                shard: shard.index,
                counter: shard.start_counter(start, now)?,
            };
            Ok(self.sealer.iterator(&position, now))
        })
    }

    /// Number of records that a shard keeps from one moment (inclusive) to another (exclusive).
    pub fn count_between(&self, name: &str, shard_id: &str, from: Timestamp, until: Timestamp) -> usize {
        let count = self.with_stream(name, |stream, _| {
            let shard = stream.shard_named(shard_id, ACCOUNT)?;
            Ok(shard.counter_at(until).saturating_sub(shard.counter_at(from)))
        });
        count.ok().and_then(|count| usize::try_from(count).ok()).unwrap_or(0)
    }

    /// `GetRecords`. Counts against the read limits of the shard.
    ///
    /// # Errors
    /// ExpiredIterator, ProvisionedThroughputExceeded, InvalidArgument, ResourceNotFound.
    pub fn get_records(&self, iterator: &str, limit: Option<i64>) -> ApiResult<ReadReply> {
        let limit = limit.unwrap_or(i64::from(GET_RECORDS_MAX_RECORDS));
        let limit = match usize::try_from(limit) {
            Ok(count) if count >= 1 && limit <= i64::from(GET_RECORDS_MAX_RECORDS) => count,
            _ => return Err(ApiError::invalid("Limit must lie between 1 and 10000.")),
        };
        let mut position = self.sealer.position(iterator, self.now())?;
        let name = position.stream.clone();
        self.with_stream(&name, |stream, now| {
            if stream.created != position.stream_created {
                return Err(ApiError::not_found(format!("Stream {name} was deleted and made again.")));
            }
            let slice = stream.read(position.shard, position.counter, limit, now)?;
            let children = if slice.has_ended { stream.children_of(position.shard) } else { Vec::new() };
            position.counter = slice.next;
            Ok(ReadReply {
                next_iterator: (!slice.has_ended).then(|| self.sealer.iterator(&position, now)),
                records: slice.records,
                millis_behind: slice.millis_behind,
                children,
                encrypted: stream.key_id.is_some(),
            })
        })
    }
}

impl Stream {
    fn read(&mut self, index: u32, counter: u64, limit: usize, now: Timestamp) -> ApiResult<Slice> {
        let Some(shard) = self.shards.get_mut(&index) else {
            return Err(ApiError::not_found(format!(
                "Shard {} in stream {} under account {ACCOUNT} does not exist",
                super::shard_id(index),
                self.name
            )));
        };
        let enhanced = &self.enhanced;
        if !shard.read.take_call(now) {
            shard.measure(enhanced, Metric::ReadThrottled, now, 1.0);
            self.metrics.add(Metric::ReadThrottled, now, 1.0);
            self.metrics.add(Metric::GetRecordsSuccess, now, 0.0);
            return Err(ApiError::new(
                ErrorKind::ProvisionedThroughputExceeded,
                super::put::throttle_message(&self.name, index),
            ));
        }
        let slice = shard.slice(counter, limit, REPLY_MAX_BYTES, now);
        shard.read.pay(slice.bytes);
        let age = slice.records.last().map_or(0, |record| record.arrival.age_at(now).0) as f64;
        let (bytes, records) = (slice.bytes as f64, slice.records.len() as f64);
        shard.measure(enhanced, Metric::ReadThrottled, now, 0.0);
        shard.measure(enhanced, Metric::IteratorAge, now, age);
        shard.measure(enhanced, Metric::OutgoingBytes, now, bytes);
        shard.measure(enhanced, Metric::OutgoingRecords, now, records);
        self.metrics.add(Metric::ReadThrottled, now, 0.0);
        self.metrics.add(Metric::IteratorAge, now, age);
        self.metrics.add(Metric::GetRecordsSuccess, now, 1.0);
        self.metrics.add(Metric::GetRecordsBytes, now, bytes);
        self.metrics.add(Metric::GetRecordsRecords, now, records);
        Ok(slice)
    }
}
