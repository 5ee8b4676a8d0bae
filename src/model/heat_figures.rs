//! The figures of a shard or a stream, read by column of the heatmap's window.

use super::heat_metric::HeatMetric;
use super::limits::{SHARD_READ_BYTES_PER_SEC, SHARD_WRITE_BYTES_PER_SEC, SHARD_WRITE_RECORDS_PER_SEC};
use super::metrics::{Window, WriteMetrics};
use super::series::Series;
use super::time::Millis;
use super::utilisation::Utilisation;

/// Figures and how they lie against a window.
#[derive(Clone, Copy)]
pub struct Figures<'a> {
    figures: &'a WriteMetrics,
    window: Window,
    shards: f64,
    /// Every series begins with the window, so that its index is the column.
    is_aligned: bool,
}

impl<'a> Figures<'a> {
    /// Figures against the limits of `shards` shards.
    pub fn new(figures: &'a WriteMetrics, window: Window, shards: u32) -> Self {
        let all = [
            &figures.incoming_bytes,
            &figures.incoming_records,
            &figures.write_throttled,
            &figures.outgoing_bytes,
            &figures.iterator_age_millis,
        ];
        let is_aligned =
            all.iter().all(|series| series.start() == window.start && series.step_seconds() == window.step_seconds);
        Self { figures, window, shards: f64::from(shards.max(1)), is_aligned }
    }

    fn at(&self, series: &Series, column: usize) -> Option<f64> {
        if self.is_aligned {
            return series.at(column);
        }
        let offset = Millis::from_secs(column as i64 * i64::from(self.window.step_seconds));
        series.index_of(self.window.start + offset).and_then(|index| series.at(index))
    }

    fn per_second(&self, series: &Series, column: usize) -> Option<f64> {
        Some(self.at(series, column)? / f64::from(self.window.step_seconds.max(1)))
    }

    /// The greater share of both write limits, a fraction of 1; known when at least one of the two is.
    pub fn utilisation(&self, column: usize) -> Option<f64> {
        let bytes = self.per_second(&self.figures.incoming_bytes, column);
        let records = self.per_second(&self.figures.incoming_records, column);
        if bytes.is_none() && records.is_none() {
            return None;
        }
        let shares = Utilisation::from_rates(bytes.unwrap_or(0.0), records.unwrap_or(0.0), self.shards as u32);
        Some(shares.value())
    }

    /// Refused writes.
    pub fn throttled(&self, column: usize) -> Option<f64> {
        self.at(&self.figures.write_throttled, column)
    }

    /// The figure of a metric: a fraction of the limit, a count, or milliseconds.
    pub fn value(&self, metric: HeatMetric, column: usize) -> Option<f64> {
        let share = |series: &Series, limit: f64| Some(self.per_second(series, column)? / (limit * self.shards));
        match metric {
            HeatMetric::Utilization => self.utilisation(column),
            HeatMetric::BytesIn => share(&self.figures.incoming_bytes, SHARD_WRITE_BYTES_PER_SEC),
            HeatMetric::RecordsIn => share(&self.figures.incoming_records, SHARD_WRITE_RECORDS_PER_SEC),
            HeatMetric::Throttles => self.throttled(column),
            HeatMetric::ReadOut => share(&self.figures.outgoing_bytes, SHARD_READ_BYTES_PER_SEC),
            HeatMetric::IteratorAge => self.at(&self.figures.iterator_age_millis, column),
        }
    }

    /// Whether any of these columns has a figure of a metric.
    pub fn knows(&self, metric: HeatMetric, mut columns: std::ops::Range<usize>) -> bool {
        columns.any(|column| self.value(metric, column).is_some())
    }
}
