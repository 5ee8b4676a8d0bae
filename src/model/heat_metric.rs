//! What a cell of the heatmap can show, against which limit it is held, and how its figures are written.

use super::format;
use super::heat_thresholds::HeatThresholds;
use super::limits::ITERATOR_AGE_WARN_MILLIS;
use super::metrics::FigureSet;
use super::time::Millis;

/// A metric of the heatmap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum HeatMetric {
    /// The greater share of both write limits.
    #[default]
    Utilization,
    /// Share of 1 MiB/s.
    BytesIn,
    /// Share of 1,000 records/s.
    RecordsIn,
    /// Refused writes.
    Throttles,
    /// What all consumers read together, as a share of 2 MiB/s. Fan-out consumers have 2 MiB/s each on top, so it may pass 1.
    ReadOut,
    /// How far the slowest polling consumer is behind.
    IteratorAge,
}

impl HeatMetric {
    /// Every metric, in the order of the toolbar.
    pub const ALL: [Self; 6] =
        [Self::Utilization, Self::BytesIn, Self::RecordsIn, Self::Throttles, Self::ReadOut, Self::IteratorAge];

    /// Its name on screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::Utilization => "Utilization",
            Self::BytesIn => "Bytes in",
            Self::RecordsIn => "Records in",
            Self::Throttles => "Throttles",
            Self::ReadOut => "Read out",
            Self::IteratorAge => "Iterator age",
        }
    }

    /// What the colours of the cells mean.
    pub fn legend(self) -> &'static str {
        match self {
            Self::Utilization => "% of shard write limit",
            Self::BytesIn => "% of 1 MiB/s per shard",
            Self::RecordsIn => "% of 1,000 rec/s",
            Self::Throttles => "throttled writes/min",
            Self::ReadOut => "% of 2 MiB/s per shard",
            Self::IteratorAge => "iterator age, log",
        }
    }

    /// The figures of every shard that a heatmap of this metric needs: its own, and those behind the marks of its rows.
    pub fn figures(self) -> FigureSet {
        match self {
            Self::Utilization | Self::BytesIn | Self::RecordsIn | Self::Throttles => FigureSet::WRITE,
            Self::ReadOut => FigureSet::WRITE.with(FigureSet::OUTGOING),
            Self::IteratorAge => FigureSet::WRITE.with(FigureSet::ITERATOR_AGE),
        }
    }

    /// The shard-level metric of CloudWatch that it is made of.
    pub fn source_name(self) -> &'static str {
        match self {
            Self::Utilization => "IncomingBytes and IncomingRecords",
            Self::BytesIn => "IncomingBytes",
            Self::RecordsIn => "IncomingRecords",
            Self::Throttles => "WriteProvisionedThroughputExceeded",
            Self::ReadOut => "OutgoingBytes",
            Self::IteratorAge => "IteratorAgeMilliseconds",
        }
    }

    /// Whether the thresholds hold for it; refused writes have none, since one is too many.
    pub fn has_thresholds(self) -> bool {
        self != Self::Throttles
    }

    /// Whether its figures are sums of load, which are low while a period is not whole.
    pub fn is_load(self) -> bool {
        !matches!(self, Self::Throttles | Self::IteratorAge)
    }

    /// Place on the heat scale, where 1 is the limit. Refused writes are over it from the first one on; an iterator age
    /// goes by its logarithm, with 60 s as the limit, so that 26 s is where the warning begins.
    pub fn share(self, value: f64) -> f64 {
        match self {
            Self::Utilization | Self::BytesIn | Self::RecordsIn | Self::ReadOut => value,
            Self::Throttles if value >= 1.0 => 1.0,
            Self::Throttles => 0.0,
            Self::IteratorAge => (value.max(0.0) / 1_000.0).ln_1p() / (ITERATOR_AGE_WARN_MILLIS / 1_000.0).ln_1p(),
        }
    }

    /// The words for a share of the scale: `80`, or the iterator age in seconds that stands there.
    pub fn scale_label(self, share: f64) -> String {
        match self {
            Self::IteratorAge => {
                let seconds = ((ITERATOR_AGE_WARN_MILLIS / 1_000.0).ln_1p() * share).exp_m1();
                format!("{seconds:.0}")
            }
            _ => format!("{:.0}", share * 100.0),
        }
    }

    /// Unit of [`Self::scale_label`].
    pub fn scale_unit(self) -> &'static str {
        match self {
            Self::IteratorAge => "s",
            Self::Throttles => "",
            _ => "%",
        }
    }

    /// Whether a figure is critical by these thresholds.
    pub fn is_critical(self, value: f64, thresholds: HeatThresholds) -> bool {
        match self {
            Self::Throttles => value >= 1.0,
            _ => self.share(value) >= thresholds.critical(),
        }
    }

    /// A figure in at most four characters, for the columns beside the cells.
    pub fn short(self, value: f64) -> String {
        match self {
            Self::Utilization | Self::BytesIn | Self::RecordsIn | Self::ReadOut => format::percent(value),
            Self::Throttles => short_count(value),
            Self::IteratorAge => short_duration(value),
        }
    }

    /// A figure as it is said, `96 %`, `312`, `1.2 s`.
    pub fn long(self, value: f64) -> String {
        match self {
            Self::Utilization | Self::BytesIn | Self::RecordsIn | Self::ReadOut => format!("{:.0} %", value * 100.0),
            Self::Throttles => format::grouped(value.round() as i64),
            Self::IteratorAge => format::duration(Millis(value as i64)),
        }
    }
}

fn short_count(value: f64) -> String {
    match value {
        v if v < 1_000.0 => format!("{v:.0}"),
        v if v < 9_950.0 => format!("{:.1}k", v / 1_000.0),
        v if v < 999_500.0 => format!("{:.0}k", v / 1_000.0),
        v => format!("{:.0}M", v / 1_000_000.0),
    }
}

fn short_duration(millis: f64) -> String {
    let seconds = (millis / 1_000.0).max(0.0);
    match seconds {
        s if s < 9.95 => format!("{s:.1}s"),
        s if s < 100.0 => format!("{s:.0}s"),
        s if s < 6_000.0 => format!("{:.0}m", s / 60.0),
        s if s < 172_800.0 => format!("{:.0}h", s / 3_600.0),
        s => format!("{:.0}d", s / 86_400.0),
    }
}

/// Order of the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum HeatSort {
    /// Along the key space; neighbours can be merged.
    #[default]
    HashRange,
    /// Highest figure now.
    HottestNow,
    /// Highest figure of the window.
    Peak,
    /// By id, which is the order they were made in.
    ShardId,
    /// By when they were made, the newest first: what the last reshard made stands at the top.
    Creation,
}

impl HeatSort {
    /// Every order.
    pub const ALL: [Self; 5] = [Self::HashRange, Self::HottestNow, Self::Peak, Self::ShardId, Self::Creation];

    /// Its name on screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::HashRange => "Hash range",
            Self::HottestNow => "Hottest now",
            Self::Peak => "Peak",
            Self::ShardId => "Shard id",
            Self::Creation => "Creation",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_figures_fit_four_characters() {
        for millis in [0.0, 1_200.0, 9_900.0, 9_960.0, 99_900.0, 5e6, 6.1e6, 1.7e8, 9e8] {
            assert!(HeatMetric::IteratorAge.short(millis).len() <= 4, "{}", HeatMetric::IteratorAge.short(millis));
        }
        for count in [0.0, 312.0, 999.0, 1_234.0, 9_960.0, 123_456.0, 5e6] {
            assert!(HeatMetric::Throttles.short(count).len() <= 4, "{}", HeatMetric::Throttles.short(count));
        }
    }

    #[test]
    fn every_metric_has_its_own_limit() {
        assert_eq!(HeatMetric::Throttles.share(0.0), 0.0);
        assert_eq!(HeatMetric::Throttles.share(1.0), 1.0);
        assert!((HeatMetric::IteratorAge.share(60_000.0) - 1.0).abs() < 1e-12);
        assert!(HeatMetric::IteratorAge.share(8_000.0) < 0.8);
        assert_eq!(HeatMetric::BytesIn.share(0.5), 0.5);
        assert_eq!(HeatMetric::IteratorAge.scale_label(0.8), "26");
        assert_eq!(HeatMetric::IteratorAge.scale_label(1.0), "60");
        assert_eq!(HeatMetric::ReadOut.scale_label(0.8), "80");
    }
}
