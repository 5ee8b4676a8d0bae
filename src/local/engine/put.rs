//! Taking records: routing, limits, partial failure, and the cap on memory.

use super::error::{ApiError, ApiResult, ErrorKind};
use super::metrics::Metric;
use super::record::PutEntry;
use super::shard::{Shard, shard_id};
use super::stream::Stream;
use super::{ACCOUNT, Engine, State};
use crate::model::hash_range::HashKey;
use crate::model::limits::{PARTITION_KEY_MAX_CHARS, PUT_RECORDS_MAX_BYTES, PUT_RECORDS_MAX_ENTRIES};
use crate::model::sequence::Sequence;
use crate::model::stream::StreamStatus;
use crate::model::time::Timestamp;

/// Shards that hold less than this are trimmed last, so that what was put into a quiet stream by hand stays.
const QUIET_SHARD_BYTES: usize = 1_048_576;
/// Records trimmed before the next look for the oldest.
const TRIM_BATCH: usize = 32;

/// What became of one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutOutcome {
    /// It was taken.
    Accepted(Sequence),
    /// This shard's limits refused it.
    Throttled(u32),
}

/// What became of the records of one call, in their order.
#[derive(Clone, Debug)]
pub struct PutReply {
    /// One for each record.
    pub outcomes: Vec<PutOutcome>,
    /// Whether the stream is encrypted under KMS.
    pub encrypted: bool,
}

impl PutReply {
    /// Number of records that were refused.
    pub fn throttled_count(&self) -> usize {
        self.outcomes.iter().filter(|outcome| matches!(outcome, PutOutcome::Throttled(_))).count()
    }
}

/// The message in a refused entry and in the error of `PutRecord`.
pub fn throttle_message(stream: &str, shard: u32) -> String {
    format!("Rate exceeded for shard {} in stream {stream} under account {ACCOUNT}.", shard_id(shard))
}

impl Engine {
    /// `PutRecords`: each record is taken or refused by itself.
    ///
    /// # Errors
    /// Validation beyond 500 entries, InvalidArgument for a record or request that is too large, ResourceNotFound,
    /// ResourceInUse before the stream is active.
    pub fn put_records(&self, name: &str, entries: Vec<PutEntry>) -> ApiResult<PutReply> {
        if entries.is_empty() || entries.len() > PUT_RECORDS_MAX_ENTRIES {
            return Err(ApiError::validation(
                "Value at 'records' failed to satisfy constraint: Member must have length between 1 and 500",
            ));
        }
        if entries.iter().map(PutEntry::size_bytes).sum::<usize>() > PUT_RECORDS_MAX_BYTES {
            return Err(ApiError::invalid("Records size exceeds 10 MB limit"));
        }
        let total = entries.len();
        let reply = self.put(name, entries, |stream, now, bytes, throttled| {
            let accepted = total - throttled;
            if accepted > 0 {
                stream.metrics.add(Metric::PutRecordsBytes, now, bytes as f64);
            }
            stream.metrics.add(Metric::PutRecordsSuccess, now, f64::from(u8::from(accepted > 0)));
            stream.metrics.add(Metric::PutRecordsTotal, now, total as f64);
            stream.metrics.add(Metric::PutRecordsSuccessful, now, accepted as f64);
            stream.metrics.add(Metric::PutRecordsThrottled, now, throttled as f64);
        })?;
        self.enforce_memory_cap();
        Ok(reply)
    }

    /// `PutRecord`.
    ///
    /// # Errors
    /// As [`Self::put_records`], and ProvisionedThroughputExceeded.
    pub fn put_record(&self, name: &str, entry: PutEntry) -> ApiResult<(Sequence, bool)> {
        let reply = self.put(name, vec![entry], |stream, now, bytes, throttled| {
            if throttled == 0 {
                stream.metrics.add(Metric::PutRecordBytes, now, bytes as f64);
            }
            stream.metrics.add(Metric::PutRecordSuccess, now, f64::from(u8::from(throttled == 0)));
        })?;
        self.enforce_memory_cap();
        match reply.outcomes.first() {
            Some(PutOutcome::Accepted(sequence)) => Ok((*sequence, reply.encrypted)),
            Some(PutOutcome::Throttled(shard)) => {
                Err(ApiError::new(ErrorKind::ProvisionedThroughputExceeded, throttle_message(name, *shard)))
            }
            None => Err(ApiError::invalid("No record was given.")),
        }
    }

    /// Puts records that arrived at a moment in the past, past the limits and without metrics: for generated history.
    /// Records of one shard must come in the order of their time.
    ///
    /// # Errors
    /// ResourceNotFound.
    pub fn backfill(&self, name: &str, entries: Vec<(Timestamp, PutEntry)>) -> ApiResult<()> {
        self.with_stream(name, |stream, _| {
            for (at, entry) in entries {
                let key = hash_of(&entry);
                if let Some(shard) = stream.route(key).and_then(|index| stream.shards.get_mut(&index)) {
                    shard.append(entry, at);
                }
            }
            Ok(())
        })
    }

    fn put(
        &self,
        name: &str,
        entries: Vec<PutEntry>,
        measure: impl FnOnce(&mut Stream, Timestamp, usize, usize),
    ) -> ApiResult<PutReply> {
        self.with_stream(name, |stream, now| {
            if !matches!(stream.status, StreamStatus::Active | StreamStatus::Updating) {
                return stream.require_active(ACCOUNT).map(|()| PutReply { outcomes: Vec::new(), encrypted: false });
            }
            for entry in &entries {
                check_entry(stream, entry)?;
            }
            let mut tally = Tally::default();
            let mut outcomes = Vec::with_capacity(entries.len());
            for entry in entries {
                outcomes.push(take(stream, entry, now, &mut tally)?);
            }
            tally.record(stream, now);
            measure(stream, now, tally.bytes, tally.throttled);
            Ok(PutReply { outcomes, encrypted: stream.key_id.is_some() })
        })
    }

    fn enforce_memory_cap(&self) {
        self.lock().trim_to(self.settings.memory_cap_bytes);
    }
}

/// What one call did, to the stream and to each shard it touched.
#[derive(Default)]
struct Tally {
    bytes: usize,
    records: usize,
    throttled: usize,
    shards: Vec<(u32, usize, usize, usize)>,
}

impl Tally {
    fn add(&mut self, shard: u32, bytes: usize, records: usize, throttled: usize) {
        self.bytes += bytes;
        self.records += records;
        self.throttled += throttled;
        match self.shards.iter_mut().find(|(index, ..)| *index == shard) {
            Some((_, b, r, t)) => {
                *b += bytes;
                *r += records;
                *t += throttled;
            }
            None => self.shards.push((shard, bytes, records, throttled)),
        }
    }

    fn record(&self, stream: &mut Stream, now: Timestamp) {
        if self.records > 0 {
            stream.metrics.add(Metric::IncomingBytes, now, self.bytes as f64);
            stream.metrics.add(Metric::IncomingRecords, now, self.records as f64);
        }
        stream.metrics.add(Metric::WriteThrottled, now, self.throttled as f64);
        for (index, bytes, records, throttled) in &self.shards {
            let enhanced = &stream.enhanced;
            let Some(shard) = stream.shards.get_mut(index) else { continue };
            if *records > 0 {
                shard.measure(enhanced, Metric::IncomingBytes, now, *bytes as f64);
                shard.measure(enhanced, Metric::IncomingRecords, now, *records as f64);
            }
            shard.measure(enhanced, Metric::WriteThrottled, now, *throttled as f64);
        }
    }
}

impl Shard {
    /// Adds a sample where enhanced monitoring is on for the metric.
    pub(super) fn measure(
        &mut self,
        enhanced: &std::collections::BTreeSet<&'static str>,
        metric: Metric,
        now: Timestamp,
        value: f64,
    ) {
        if metric.shard_name().is_some_and(|name| enhanced.contains(name)) {
            self.metrics.add(metric, now, value);
        }
    }
}

fn hash_of(entry: &PutEntry) -> u128 {
    entry.explicit_hash_key.unwrap_or_else(|| HashKey::of_partition_key(entry.partition_key.as_str()).0)
}

fn check_entry(stream: &Stream, entry: &PutEntry) -> ApiResult<()> {
    let chars = entry.partition_key.as_str().chars().take(PARTITION_KEY_MAX_CHARS + 1).count();
    if chars == 0 || chars > PARTITION_KEY_MAX_CHARS {
        return Err(ApiError::validation(
            "Value at 'partitionKey' failed to satisfy constraint: Member must have length between 1 and 256",
        ));
    }
    let limit = stream.max_record_kib as usize * 1_024;
    if entry.size_bytes() > limit {
        return Err(ApiError::invalid(format!(
            "Record of {} bytes, partition key included, is larger than the limit of {limit} bytes of stream {}.",
            entry.size_bytes(),
            stream.name
        )));
    }
    Ok(())
}

fn take(stream: &mut Stream, entry: PutEntry, now: Timestamp, tally: &mut Tally) -> ApiResult<PutOutcome> {
    let missing = || ApiError::not_found("No open shard owns the hash key.");
    let index = stream.route(hash_of(&entry)).ok_or_else(missing)?;
    let shard = stream.shards.get_mut(&index).ok_or_else(missing)?;
    let size = entry.size_bytes();
    if !shard.write.take(now, size) {
        tally.add(index, 0, 0, 1);
        return Ok(PutOutcome::Throttled(index));
    }
    tally.add(index, size, 1, 0);
    Ok(PutOutcome::Accepted(shard.append(entry, now)))
}

impl State {
    /// Trims the oldest records until all fit under the cap; shards that hold little go last.
    fn trim_to(&mut self, cap: usize) {
        let mut total = self.weight_bytes();
        while total > cap {
            let oldest = |shard: &&mut Shard| {
                let is_quiet = shard.weight_bytes < QUIET_SHARD_BYTES;
                (is_quiet, shard.records.front().map_or(Timestamp(i64::MAX), |record| record.arrival))
            };
            let shards = self.streams.values_mut().flat_map(|stream| stream.shards.values_mut());
            let Some(shard) = shards.filter(|shard| !shard.records.is_empty()).min_by_key(oldest) else { break };
            let before = shard.weight_bytes;
            for _ in 0..TRIM_BATCH {
                if total.saturating_sub(before - shard.weight_bytes) <= cap {
                    break;
                }
                shard.trim_one();
            }
            total = total.saturating_sub(before - shard.weight_bytes);
        }
    }
}
