//! Utilisation of a shard or a stream: the greater of its share of the byte limit and its share of the record limit.

use super::limits::{SHARD_WRITE_BYTES_PER_SEC, SHARD_WRITE_RECORDS_PER_SEC};
use super::series::Series;

/// Which limit is nearer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoundBy {
    /// 1 MiB/s and shard.
    Bytes,
    /// 1,000 records/s and shard.
    Records,
}

/// Shares of both write limits; fractions of 1 that may pass 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Utilisation {
    /// Share of the byte limit.
    pub bytes_share: f64,
    /// Share of the record limit.
    pub records_share: f64,
}

impl Utilisation {
    /// From rates against the limits of `shards` shards.
    pub fn from_rates(bytes_per_sec: f64, records_per_sec: f64, shards: u32) -> Self {
        let shards = f64::from(shards.max(1));
        Self {
            bytes_share: bytes_per_sec / (SHARD_WRITE_BYTES_PER_SEC * shards),
            records_share: records_per_sec / (SHARD_WRITE_RECORDS_PER_SEC * shards),
        }
    }

    /// The greater of both shares.
    pub fn value(self) -> f64 {
        self.bytes_share.max(self.records_share)
    }

    /// The same mix at another level: the greater share becomes `value`. `None` where there is no load to scale.
    pub fn scaled_to(self, value: f64) -> Option<Self> {
        let factor = value / self.value();
        factor
            .is_finite()
            .then_some(Self { bytes_share: self.bytes_share * factor, records_share: self.records_share * factor })
    }

    /// The limit that the greater share belongs to.
    pub fn bound_by(self) -> BoundBy {
        if self.records_share > self.bytes_share { BoundBy::Records } else { BoundBy::Bytes }
    }
}

/// Utilisation over time from per-period sums of bytes and records. A period is known when at least one of the two is.
pub fn utilisation_series(bytes: &Series, records: &Series, shards: u32) -> Series {
    let seconds = f64::from(bytes.step_seconds());
    let mut out = Series::unknown(bytes.start(), bytes.step_seconds(), bytes.len());
    for index in 0..bytes.len() {
        let at = bytes.time_of(index);
        let record_sum = records.index_of(at).and_then(|i| records.at(i));
        let byte_sum = bytes.at(index);
        if byte_sum.is_some() || record_sum.is_some() {
            let shares =
                Utilisation::from_rates(byte_sum.unwrap_or(0.0) / seconds, record_sum.unwrap_or(0.0) / seconds, shards);
            out.set(at, shares.value());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::Timestamp;

    #[test]
    fn a_mix_is_kept_at_another_level() {
        let sampled = Utilisation { bytes_share: 0.06, records_share: 0.03 };
        let measured = sampled.scaled_to(0.96).expect("there is load");
        assert!((measured.bytes_share - 0.96).abs() < 1e-9 && (measured.records_share - 0.48).abs() < 1e-9);
        assert_eq!(Utilisation { bytes_share: 0.0, records_share: 0.0 }.scaled_to(0.96), None);
    }

    #[test]
    fn the_nearer_limit_decides() {
        let tiny = Utilisation::from_rates(100_000.0, 900.0, 1);
        assert_eq!(tiny.bound_by(), BoundBy::Records);
        assert!((tiny.value() - 0.9).abs() < 1e-9);
        let large = Utilisation::from_rates(1_048_576.0, 10.0, 1);
        assert_eq!(large.bound_by(), BoundBy::Bytes);
        assert!((large.value() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_minute_without_either_sum_stays_unknown() {
        let start = Timestamp::from_secs(0);
        let mut bytes = Series::unknown(start, 60, 3);
        let records = Series::unknown(start, 60, 3);
        bytes.set(start, 60.0 * 1_048_576.0);
        assert_eq!(utilisation_series(&bytes, &records, 1).values(), [Some(1.0), None, None]);
    }
}
