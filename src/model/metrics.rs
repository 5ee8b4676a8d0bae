//! Figures over time of a stream and its shards, and where they come from.

use std::collections::BTreeMap;

use super::ids::{ShardId, StreamName};
use super::limits::METRIC_SETTLES_MILLIS;
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

    /// When the `index`-th period begins.
    pub fn time_of(self, index: usize) -> Timestamp {
        self.start + Millis::from_secs(index as i64 * i64::from(self.step_seconds))
    }

    /// The first period whose figures may still change at `now`; `None` where all are final.
    pub fn incomplete_from(self, now: Timestamp) -> Option<Timestamp> {
        let first =
            (0..self.len()).rev().take_while(|index| !is_final(self.time_of(*index), self.step_seconds, now)).last();
        first.map(|index| self.time_of(index))
    }

    /// A series over this window of which nothing is known yet.
    pub fn unknown_series(self) -> Series {
        Series::unknown(self.start, self.step_seconds, self.len())
    }
}

/// Whether the period of `step_seconds` that begins at `start` is final at `now`: CloudWatch adds to a period for some
/// minutes after it has ended.
pub fn is_final(start: Timestamp, step_seconds: u32, now: Timestamp) -> bool {
    start + Millis::from_secs(i64::from(step_seconds)) + Millis(METRIC_SETTLES_MILLIS) <= now
}

/// One of the figures that are kept of a stream and of a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Figure {
    /// [`WriteMetrics::incoming_bytes`].
    IncomingBytes,
    /// [`WriteMetrics::incoming_records`].
    IncomingRecords,
    /// [`WriteMetrics::write_throttled`].
    WriteThrottled,
    /// [`WriteMetrics::read_throttled`].
    ReadThrottled,
    /// [`WriteMetrics::iterator_age_millis`].
    IteratorAge,
    /// [`WriteMetrics::outgoing_bytes`].
    OutgoingBytes,
}

impl Figure {
    /// Every figure, in the order of their numbers.
    pub const ALL: [Self; 6] = [
        Self::IncomingBytes,
        Self::IncomingRecords,
        Self::WriteThrottled,
        Self::ReadThrottled,
        Self::IteratorAge,
        Self::OutgoingBytes,
    ];

    /// Its series.
    pub fn of(self, metrics: &WriteMetrics) -> &Series {
        match self {
            Self::IncomingBytes => &metrics.incoming_bytes,
            Self::IncomingRecords => &metrics.incoming_records,
            Self::WriteThrottled => &metrics.write_throttled,
            Self::ReadThrottled => &metrics.read_throttled,
            Self::IteratorAge => &metrics.iterator_age_millis,
            Self::OutgoingBytes => &metrics.outgoing_bytes,
        }
    }

    /// Its series, to change it.
    pub fn of_mut(self, metrics: &mut WriteMetrics) -> &mut Series {
        match self {
            Self::IncomingBytes => &mut metrics.incoming_bytes,
            Self::IncomingRecords => &mut metrics.incoming_records,
            Self::WriteThrottled => &mut metrics.write_throttled,
            Self::ReadThrottled => &mut metrics.read_throttled,
            Self::IteratorAge => &mut metrics.iterator_age_millis,
            Self::OutgoingBytes => &mut metrics.outgoing_bytes,
        }
    }
}

/// Which figures are wanted. Each one costs, so a view asks only for those it shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FigureSet(u8);

impl FigureSet {
    /// None.
    pub const NONE: Self = Self(0);
    /// Bytes in, records in and refused writes: what the write limits are held against.
    pub const WRITE: Self = Self(0b111);
    /// Refused reads.
    pub const READ_THROTTLES: Self = Self(1 << Figure::ReadThrottled as u8);
    /// How far polling consumers are behind.
    pub const ITERATOR_AGE: Self = Self(1 << Figure::IteratorAge as u8);
    /// What all consumers read.
    pub const OUTGOING: Self = Self(1 << Figure::OutgoingBytes as u8);
    /// Every figure.
    pub const ALL: Self = Self(0b11_1111);

    /// What is in either.
    #[must_use]
    pub const fn with(self, more: Self) -> Self {
        Self(self.0 | more.0)
    }

    /// Whether this figure is wanted.
    pub const fn contains(self, figure: Figure) -> bool {
        self.0 & (1 << figure as u8) != 0
    }

    /// Whether everything in `other` is wanted here too.
    pub const fn covers(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The figures in it.
    pub fn iter(self) -> impl Iterator<Item = Figure> {
        Figure::ALL.into_iter().filter(move |figure| self.contains(*figure))
    }

    /// How many there are.
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether nothing is wanted.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// One series of CloudWatch.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MetricId {
    /// Of which stream.
    pub stream: StreamName,
    /// Of which of its shards; `None` is the stream as a whole.
    pub shard: Option<ShardId>,
    /// Which figure.
    pub figure: Figure,
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

    /// CloudWatch has no point for a period without a throttle. Where records came in, such a period is known to be zero,
    /// for the figures in `asked`.
    pub fn fill_absent_throttles(&mut self, asked: FigureSet) {
        for figure in [Figure::WriteThrottled, Figure::ReadThrottled] {
            if asked.contains(figure) {
                let Self { incoming_records, write_throttled, read_throttled, .. } = self;
                let series = if figure == Figure::WriteThrottled { write_throttled } else { read_throttled };
                series.zero_where_known(incoming_records);
            }
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
    /// From this period on CloudWatch may still add to the figures: a sum that looks low there may only be late. `None`
    /// where all periods are final.
    pub incomplete_from: Option<Timestamp>,
}

impl StreamMetrics {
    /// Whether the period that begins at `at` may still change.
    pub fn is_incomplete(&self, at: Timestamp) -> bool {
        self.incomplete_from.is_some_and(|from| at >= from)
    }

    /// The shard with the highest utilisation in its newest settled period, and that utilisation.
    pub fn hottest_shard(&self) -> Option<(&ShardId, f64)> {
        self.shards
            .iter()
            .filter_map(|(id, metrics)| Some((id, metrics.utilisation(1).last_settled(self.incomplete_from)?.1)))
            .max_by(|a, b| a.1.total_cmp(&b.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_throttles_are_zero_only_where_records_came_in() {
        let window = Window { start: Timestamp(0), end: Timestamp(180_000), step_seconds: 60 };
        let mut metrics = WriteMetrics::unknown(window);
        metrics.incoming_records.set(Timestamp(0), 5.0);
        metrics.incoming_records.set(Timestamp(60_000), 5.0);
        metrics.write_throttled.set(Timestamp(60_000), 7.0);
        metrics.fill_absent_throttles(FigureSet::WRITE);
        assert_eq!(metrics.write_throttled.values(), [Some(0.0), Some(7.0), None]);
        assert_eq!(metrics.read_throttled.values(), [None, None, None], "nobody asked for them");
        metrics.fill_absent_throttles(FigureSet::ALL);
        assert_eq!(metrics.read_throttled.values(), [Some(0.0), Some(0.0), None]);
        assert_eq!(metrics.iterator_age_millis.values(), [None, None, None]);
    }

    #[test]
    fn a_period_is_final_three_minutes_after_it_ended() {
        let window = Window::last_minutes(Timestamp::from_secs(36_030), 60);
        assert_eq!(window.incomplete_from(Timestamp::from_secs(36_030)), Some(Timestamp::from_secs(36_000 - 180)));
        assert_eq!(window.incomplete_from(Timestamp::from_secs(36_000)), Some(Timestamp::from_secs(36_000 - 180)));
        assert_eq!(window.incomplete_from(Timestamp::from_secs(36_180)), None);
        assert_eq!(window.incomplete_from(Timestamp::from_secs(0)), Some(window.start));
    }

    #[test]
    fn a_set_of_figures_holds_what_was_put_in() {
        let set = FigureSet::WRITE.with(FigureSet::OUTGOING);
        assert_eq!(set.len(), 4);
        assert_eq!(set.iter().last(), Some(Figure::OutgoingBytes));
        assert!(FigureSet::ALL.covers(set) && !set.covers(FigureSet::ALL));
        assert_eq!(FigureSet::ALL.iter().count(), Figure::ALL.len());
    }
}
