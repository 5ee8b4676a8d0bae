//! Figures over time of a stream and its shards, and where they come from.

use std::collections::BTreeMap;

use super::ids::ShardId;
use super::series::Series;
use super::time::{Millis, Timestamp};
use super::utilisation::utilisation_series;

/// Where a figure comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Sums that CloudWatch keeps.
    CloudWatch,
    /// Counted from records that were read.
    Sampled,
}

/// A span of whole periods, `start` inclusive, `end` exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// First period.
    pub start: Timestamp,
    /// Behind the last period.
    pub end: Timestamp,
    /// Length of a period in seconds.
    pub step_seconds: u32,
}

impl Window {
    /// The newest `minutes` whole minutes. The running minute is left out: its sums are still growing and would look calm.
    pub fn last_minutes(now: Timestamp, minutes: u32) -> Self {
        let end = now.floor(60);
        Self { start: end - Millis::from_mins(i64::from(minutes)), end, step_seconds: 60 }
    }

    /// Number of periods.
    pub fn len(self) -> usize {
        usize::try_from((self.end - self.start).0 / (i64::from(self.step_seconds.max(1)) * 1_000)).unwrap_or(0)
    }

    /// Whether the window holds no period.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// A series over this window of which nothing is known yet.
    pub fn unknown_series(self) -> Series {
        Series::unknown(self.start, self.step_seconds, self.len())
    }
}

/// Per-period figures of one shard, or of a whole stream. Bytes, records and throttles are sums of the period.
#[derive(Clone, Debug, PartialEq)]
pub struct WriteMetrics {
    /// `IncomingBytes`, sum, keys included; only what was accepted.
    pub incoming_bytes: Series,
    /// `IncomingRecords`, sum; only what was accepted.
    pub incoming_records: Series,
    /// `WriteProvisionedThroughputExceeded`, sum of refused records.
    pub write_throttled: Series,
    /// `ReadProvisionedThroughputExceeded`, sum of refused `GetRecords` calls.
    pub read_throttled: Series,
    /// `IteratorAgeMilliseconds`, maximum over all polling consumers.
    pub iterator_age_millis: Series,
    /// `OutgoingBytes` of a shard (`GetRecords.Bytes` of a stream), sum; what all consumers read.
    pub outgoing_bytes: Series,
}

impl WriteMetrics {
    /// Metrics over a window of which nothing is known yet.
    pub fn unknown(window: Window) -> Self {
        let series = window.unknown_series();
        Self {
            incoming_bytes: series.clone(),
            incoming_records: series.clone(),
            write_throttled: series.clone(),
            read_throttled: series.clone(),
            iterator_age_millis: series.clone(),
            outgoing_bytes: series,
        }
    }

    /// Utilisation against the write limits of `shards` shards, a fraction of 1 for each period.
    pub fn utilisation(&self, shards: u32) -> Series {
        utilisation_series(&self.incoming_bytes, &self.incoming_records, shards)
    }
}

/// What CloudWatch knows of one stream over one window.
#[derive(Clone, Debug)]
pub struct StreamMetrics {
    /// The periods asked for.
    pub window: Window,
    /// The stream as a whole.
    pub total: WriteMetrics,
    /// Each shard for which shard-level metrics were asked; empty where enhanced monitoring is off.
    pub shards: BTreeMap<ShardId, WriteMetrics>,
    /// Where the figures come from.
    pub source: Source,
}

impl StreamMetrics {
    /// The shard with the highest utilisation in its newest known period, and that utilisation.
    pub fn hottest_shard(&self) -> Option<(&ShardId, f64)> {
        self.shards
            .iter()
            .filter_map(|(id, metrics)| Some((id, metrics.utilisation(1).last_known()?.1)))
            .max_by(|a, b| a.1.total_cmp(&b.1))
    }
}
