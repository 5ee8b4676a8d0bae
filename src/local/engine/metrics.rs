//! Minute sums as CloudWatch keeps them, of a stream or of one shard. A minute without a sample has no data point.

use std::collections::VecDeque;

use crate::model::time::Timestamp;

/// Minutes that are kept.
pub const KEPT_MINUTES: usize = 240;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// Bytes that were accepted, keys included.
    IncomingBytes,
    /// Records that were accepted.
    IncomingRecords,
    /// Records that were refused.
    WriteThrottled,
    /// `GetRecords` calls that were refused.
    ReadThrottled,
    /// Bytes that were read, by polling and by fan-out; shards only.
    OutgoingBytes,
    /// Records that were read, by polling and by fan-out; shards only.
    OutgoingRecords,
    /// Age of the last record of a `GetRecords` call, in milliseconds.
    IteratorAge,
    /// Bytes of `GetRecords` calls; streams only.
    GetRecordsBytes,
    /// Records of `GetRecords` calls; streams only.
    GetRecordsRecords,
    /// `GetRecords` calls that succeeded; streams only.
    GetRecordsSuccess,
    /// Bytes of `PutRecord` calls; streams only.
    PutRecordBytes,
    /// `PutRecord` calls that succeeded; streams only.
    PutRecordSuccess,
    /// Bytes of `PutRecords` calls; streams only.
    PutRecordsBytes,
    /// `PutRecords` calls with at least one accepted record; streams only.
    PutRecordsSuccess,
    /// Records handed to `PutRecords`; streams only.
    PutRecordsTotal,
    /// Records that `PutRecords` accepted; streams only.
    PutRecordsSuccessful,
    /// Records that `PutRecords` refused; streams only.
    PutRecordsThrottled,
}

const METRIC_COUNT: usize = 17;

impl Metric {
    /// Every metric.
    pub const ALL: [Self; METRIC_COUNT] = [
        Self::IncomingBytes,
        Self::IncomingRecords,
        Self::WriteThrottled,
        Self::ReadThrottled,
        Self::OutgoingBytes,
        Self::OutgoingRecords,
        Self::IteratorAge,
        Self::GetRecordsBytes,
        Self::GetRecordsRecords,
        Self::GetRecordsSuccess,
        Self::PutRecordBytes,
        Self::PutRecordSuccess,
        Self::PutRecordsBytes,
        Self::PutRecordsSuccess,
        Self::PutRecordsTotal,
        Self::PutRecordsSuccessful,
        Self::PutRecordsThrottled,
    ];

    /// Its name under the dimension `StreamName`.
    pub fn stream_name(self) -> Option<&'static str> {
        Some(match self {
            Self::IncomingBytes => "IncomingBytes",
            Self::IncomingRecords => "IncomingRecords",
            Self::WriteThrottled => "WriteProvisionedThroughputExceeded",
            Self::ReadThrottled => "ReadProvisionedThroughputExceeded",
            Self::OutgoingBytes | Self::OutgoingRecords => return None,
            Self::IteratorAge => "GetRecords.IteratorAgeMilliseconds",
            Self::GetRecordsBytes => "GetRecords.Bytes",
            Self::GetRecordsRecords => "GetRecords.Records",
            Self::GetRecordsSuccess => "GetRecords.Success",
            Self::PutRecordBytes => "PutRecord.Bytes",
            Self::PutRecordSuccess => "PutRecord.Success",
            Self::PutRecordsBytes => "PutRecords.Bytes",
            Self::PutRecordsSuccess => "PutRecords.Success",
            Self::PutRecordsTotal => "PutRecords.TotalRecords",
            Self::PutRecordsSuccessful => "PutRecords.SuccessfulRecords",
            Self::PutRecordsThrottled => "PutRecords.ThrottledRecords",
        })
    }

    /// Its name under the dimensions `StreamName` and `ShardId`, which is also its name in enhanced monitoring.
    pub fn shard_name(self) -> Option<&'static str> {
        match self {
            Self::OutgoingBytes => Some("OutgoingBytes"),
            Self::OutgoingRecords => Some("OutgoingRecords"),
            Self::IteratorAge => Some("IteratorAgeMilliseconds"),
            Self::IncomingBytes | Self::IncomingRecords | Self::WriteThrottled | Self::ReadThrottled => {
                self.stream_name()
            }
            _ => None,
        }
    }

    /// The metric of this name of a stream.
    pub fn of_stream(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.stream_name() == Some(name))
    }

    /// The metric of this name of a shard.
    pub fn of_shard(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.shard_name() == Some(name))
    }

    /// CloudWatch's unit.
    pub fn unit(self) -> &'static str {
        match self {
            Self::IncomingBytes
            | Self::OutgoingBytes
            | Self::GetRecordsBytes
            | Self::PutRecordBytes
            | Self::PutRecordsBytes => "Bytes",
            Self::IteratorAge => "Milliseconds",
            _ => "Count",
        }
    }
}

/// A statistic set of one period.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StatSet {
    /// Sum of the samples.
    pub sum: f64,
    /// Number of samples; 0 means no data.
    pub count: f64,
    /// Smallest sample.
    pub min: f64,
    /// Largest sample.
    pub max: f64,
}

impl StatSet {
    /// Adds one sample.
    pub fn add(&mut self, value: f64) {
        self.merge(Self { sum: value, count: 1.0, min: value, max: value });
    }

    /// Adds another set.
    pub fn merge(&mut self, other: Self) {
        if other.count <= 0.0 {
            return;
        }
        if self.count <= 0.0 {
            *self = other;
            return;
        }
        self.sum += other.sum;
        self.count += other.count;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// One of CloudWatch's statistics by name; `None` without data or for another name.
    pub fn statistic(&self, name: &str) -> Option<f64> {
        if self.count <= 0.0 {
            return None;
        }
        match name {
            "Sum" => Some(self.sum),
            "Average" => Some(self.sum / self.count),
            "Maximum" => Some(self.max),
            "Minimum" => Some(self.min),
            "SampleCount" => Some(self.count),
            _ => None,
        }
    }
}

/// The minutes of one stream or shard, oldest first.
#[derive(Debug, Default)]
pub struct MinuteStore {
    minutes: VecDeque<(i64, [StatSet; METRIC_COUNT])>,
}

impl MinuteStore {
    /// Adds one sample to the minute that holds `at`.
    pub fn add(&mut self, metric: Metric, at: Timestamp, value: f64) {
        self.add_set(metric, at, StatSet { sum: value, count: 1.0, min: value, max: value });
    }

    /// Adds a set of samples to the minute that holds `at`.
    pub fn add_set(&mut self, metric: Metric, at: Timestamp, set: StatSet) {
        let minute = at.as_secs().div_euclid(60);
        let position = match self.minutes.back() {
            Some((last, _)) if *last == minute => self.minutes.len() - 1,
            Some((last, _)) if *last > minute => {
                let position = self.minutes.partition_point(|(m, _)| *m < minute);
                if self.minutes.get(position).is_none_or(|(m, _)| *m != minute) {
                    self.minutes.insert(position, (minute, Default::default()));
                }
                position
            }
            _ => {
                self.minutes.push_back((minute, Default::default()));
                self.minutes.len() - 1
            }
        };
        if let Some(slot) = self.minutes.get_mut(position).and_then(|(_, sets)| sets.get_mut(metric as usize)) {
            slot.merge(set);
        }
        while self.minutes.len() > KEPT_MINUTES {
            self.minutes.pop_front();
        }
    }

    /// The periods of `period_seconds` from `start` (inclusive) to `end` (exclusive) that have data, oldest first.
    pub fn periods(
        &self,
        metric: Metric,
        start: Timestamp,
        end: Timestamp,
        period_seconds: u32,
    ) -> Vec<(Timestamp, StatSet)> {
        let period = period_seconds.max(60);
        let first = start.floor(60).as_secs().div_euclid(60);
        let mut out: Vec<(Timestamp, StatSet)> = Vec::new();
        let from = self.minutes.partition_point(|(minute, _)| *minute < first);
        for (minute, sets) in self.minutes.range(from..) {
            let at = Timestamp::from_secs(minute.saturating_mul(60));
            if at >= end {
                break;
            }
            let Some(set) = sets.get(metric as usize).filter(|set| set.count > 0.0) else { continue };
            let stamp = at.floor(period);
            match out.last_mut() {
                Some((last, sum)) if *last == stamp => sum.merge(*set),
                _ => out.push((stamp, *set)),
            }
        }
        out
    }

    /// Whether this metric has any data point.
    pub fn has(&self, metric: Metric) -> bool {
        self.minutes.iter().any(|(_, sets)| sets.get(metric as usize).is_some_and(|set| set.count > 0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_without_traffic_has_no_point() {
        let mut store = MinuteStore::default();
        store.add(Metric::IncomingBytes, Timestamp::from_secs(60), 5.0);
        store.add(Metric::IncomingBytes, Timestamp::from_secs(119), 7.0);
        store.add(Metric::IncomingBytes, Timestamp::from_secs(240), 1.0);
        store.add(Metric::IncomingRecords, Timestamp::from_secs(180), 1.0);
        let points = store.periods(Metric::IncomingBytes, Timestamp(0), Timestamp::from_secs(600), 60);
        let sums: Vec<_> = points.iter().map(|(at, set)| (at.as_secs(), set.sum)).collect();
        assert_eq!(sums, [(60, 12.0), (240, 1.0)]);
    }

    #[test]
    fn start_is_inclusive_and_end_is_exclusive() {
        let mut store = MinuteStore::default();
        for minute in 0..10 {
            store.add(Metric::IncomingBytes, Timestamp::from_secs(minute * 60), 1.0);
        }
        let points = store.periods(Metric::IncomingBytes, Timestamp::from_secs(120), Timestamp::from_secs(240), 60);
        assert_eq!(points.len(), 2);
        let coarse = store.periods(Metric::IncomingBytes, Timestamp(0), Timestamp::from_secs(600), 300);
        assert_eq!(coarse.iter().map(|(_, set)| set.sum).collect::<Vec<_>>(), [5.0, 5.0]);
    }

    #[test]
    fn minutes_that_come_late_are_put_in_place() {
        let mut store = MinuteStore::default();
        store.add(Metric::IncomingBytes, Timestamp::from_secs(600), 2.0);
        store.add(Metric::IncomingBytes, Timestamp::from_secs(60), 1.0);
        let points = store.periods(Metric::IncomingBytes, Timestamp(0), Timestamp::from_secs(6_000), 60);
        assert_eq!(points.iter().map(|(_, set)| set.sum).collect::<Vec<_>>(), [1.0, 2.0]);
    }
}
