//! What goes through a stream, as far as it was measured: the ground on which its price stands.

use crate::model::format;
use crate::model::limits::{SHARD_WRITE_BYTES_PER_SEC, SHARD_WRITE_RECORDS_PER_SEC};
use crate::model::metrics::StreamMetrics;
use crate::model::series::Series;

/// Mean traffic over the minutes of which it is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Traffic {
    /// Bytes in, data and keys.
    pub bytes_per_sec: f64,
    /// Records in.
    pub records_per_sec: f64,
    /// Bytes in of the busiest period.
    pub peak_bytes_per_sec: f64,
    /// Bytes that all readers together took; `None` where that was not measured.
    pub out_bytes_per_sec: Option<f64>,
    /// Seconds that were measured.
    pub seconds: f64,
}

impl Traffic {
    /// From the figures of a stream: its total, or the sum of its shards where there is no total. `None` where neither is
    /// known.
    pub fn of(metrics: &StreamMetrics) -> Option<Self> {
        let sum = |pick: fn(&crate::model::metrics::WriteMetrics) -> &Series| {
            let total = rate(pick(&metrics.total));
            total.or_else(|| {
                let shards: Vec<_> = metrics.shards.values().filter_map(|shard| rate(pick(shard))).collect();
                let longest = shards.iter().map(|rate| rate.seconds).fold(0.0, f64::max);
                (!shards.is_empty()).then(|| Rate {
                    mean: shards.iter().map(|rate| rate.mean).sum(),
                    peak: shards.iter().map(|rate| rate.peak).sum(),
                    seconds: longest,
                })
            })
        };
        let bytes = sum(|figures| &figures.incoming_bytes)?;
        let records = sum(|figures| &figures.incoming_records)?;
        let out = rate(&metrics.total.outgoing_bytes);
        Some(Self {
            bytes_per_sec: bytes.mean,
            records_per_sec: records.mean,
            peak_bytes_per_sec: bytes.peak,
            out_bytes_per_sec: out.map(|out| out.mean),
            seconds: bytes.seconds,
        })
    }

    /// Mean size of a record in bytes; 0 without records.
    pub fn record_bytes(&self) -> f64 {
        if self.records_per_sec > 0.0 { self.bytes_per_sec / self.records_per_sec } else { 0.0 }
    }

    /// The same records and readers at another rate of bytes.
    pub fn at(&self, bytes_per_sec: f64) -> Self {
        let factor = if self.bytes_per_sec > 0.0 { bytes_per_sec / self.bytes_per_sec } else { 0.0 };
        Self {
            bytes_per_sec,
            records_per_sec: self.records_per_sec * factor,
            peak_bytes_per_sec: self.peak_bytes_per_sec * factor,
            out_bytes_per_sec: self.out_bytes_per_sec.map(|out| out * factor),
            seconds: self.seconds,
        }
    }

    /// Fewest shards that take this traffic when it is spread evenly.
    pub fn least_shards(&self) -> u32 {
        let by = (self.peak_bytes_per_sec / SHARD_WRITE_BYTES_PER_SEC)
            .max(self.records_per_sec / SHARD_WRITE_RECORDS_PER_SEC);
        (by.ceil() as u32).max(1)
    }

    /// `60 min: 8.06 MiB/s, 5,692 rec/s, 1.45 KiB per record`.
    pub fn words(&self) -> String {
        let minutes = (self.seconds / 60.0).round() as i64;
        let span = match minutes {
            0..=119 => format!("{minutes} min"),
            120..=2_879 => format!("{} h", minutes / 60),
            _ => format!("{} d", minutes / 1_440),
        };
        format!(
            "{span}: {} MiB/s, {} rec/s, {} per record",
            format::mib_per_sec(self.bytes_per_sec),
            format::grouped(self.records_per_sec.round() as i64),
            format::bytes(self.record_bytes().round() as u64)
        )
    }
}

struct Rate {
    mean: f64,
    peak: f64,
    seconds: f64,
}

/// Per second; gaps do not count as zero.
fn rate(series: &Series) -> Option<Rate> {
    let per_second = series.per_second();
    let known = per_second.values().iter().flatten().count();
    let (mean, peak) = (per_second.mean()?, per_second.max()?);
    Some(Rate { mean, peak, seconds: known as f64 * f64::from(series.step_seconds()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::metrics::{Source, Window, WriteMetrics};
    use crate::model::time::Timestamp;

    #[test]
    fn minutes_without_figures_are_left_out_of_the_mean() {
        let window = Window { start: Timestamp::from_secs(0), end: Timestamp::from_secs(600), step_seconds: 60 };
        let mut total = WriteMetrics::unknown(window);
        for minute in [0, 1] {
            total.incoming_bytes.set(window.time_of(minute), 60.0 * 2_048.0 * (minute + 1) as f64);
            total.incoming_records.set(window.time_of(minute), 60.0);
        }
        let metrics = StreamMetrics {
            window,
            total,
            shards: std::collections::BTreeMap::default(),
            source: Source::CloudWatch,
            incomplete_from: None,
        };
        let traffic = Traffic::of(&metrics).expect("known");
        assert_eq!((traffic.bytes_per_sec, traffic.peak_bytes_per_sec), (3_072.0, 4_096.0));
        assert_eq!((traffic.record_bytes(), traffic.seconds), (3_072.0, 120.0));
        assert_eq!(traffic.out_bytes_per_sec, None);
        assert_eq!(traffic.least_shards(), 1);
        assert_eq!(traffic.at(6_144.0).records_per_sec, 2.0);
    }
}
