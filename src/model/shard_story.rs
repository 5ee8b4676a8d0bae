//! What happened to one shard, in order: when its load rose, crossed the warning, and writes were first refused; and
//! how its share of the load compares with its share of the key space.

use super::health::{RECENT_PERIODS, since_when};
use super::limits::WARN_SHARE;
use super::metrics::{StreamMetrics, WriteMetrics};
use super::series::Series;
use super::time::Timestamp;

/// How far above the usual load a minute must be to belong to the rise, a fraction of the limit.
const RISE: f64 = 0.10;

/// One step of what happened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// The load left its usual level, a fraction of the limit.
    Rises {
        /// When.
        at: Timestamp,
        /// The level before.
        from: f64,
    },
    /// The load crossed 80 % and stayed there.
    Crosses {
        /// When.
        at: Timestamp,
    },
    /// The first write was refused.
    FirstThrottle {
        /// When.
        at: Timestamp,
    },
}

impl Step {
    /// The minute it happened in.
    pub fn at(self) -> Timestamp {
        match self {
            Self::Rises { at, .. } | Self::Crosses { at } | Self::FirstThrottle { at } => at,
        }
    }

    /// In words, `load rises from 29 %`.
    pub fn text(self) -> String {
        match self {
            Self::Rises { from, .. } => format!("load rises from {:.0} %", from * 100.0),
            Self::Crosses { .. } => "crosses 80 %".to_owned(),
            Self::FirstThrottle { .. } => "first throttled write".to_owned(),
        }
    }
}

/// The steps of the trouble that goes on now, oldest first; empty where there is none.
pub fn steps(figures: &WriteMetrics) -> Vec<Step> {
    let utilisation = figures.utilisation(1);
    let mut steps = Vec::new();
    if let Some(crossed) = since_when(&utilisation, |share| share >= WARN_SHARE) {
        let is_current = utilisation.count_recent(RECENT_PERIODS, |share| share >= WARN_SHARE) > 0;
        if is_current {
            steps.extend(rise(&utilisation, crossed));
            // A run that fills the window began before it: nothing crossed that can be dated.
            if utilisation.index_of(crossed).is_some_and(|index| index > 0) {
                steps.push(Step::Crosses { at: crossed });
            }
        }
    }
    let first = figures.write_throttled.values().iter().position(|count| count.is_some_and(|count| count > 0.0));
    steps.extend(first.map(|index| Step::FirstThrottle { at: figures.write_throttled.time_of(index) }));
    steps.sort_by_key(|step| step.at());
    steps
}

/// The first minute of the climb that leads to `crossed`, and the usual level before it.
fn rise(utilisation: &Series, crossed: Timestamp) -> Option<Step> {
    let top = utilisation.index_of(crossed)?;
    let mut before: Vec<f64> = utilisation.values().get(..top)?.iter().flatten().copied().collect();
    if before.len() < 3 {
        return None;
    }
    before.sort_by(f64::total_cmp);
    let usual = before.get(before.len() / 2).copied()?;
    let is_above = |index: usize| utilisation.at(index).is_some_and(|share| share > usual + RISE);
    let first = (0..top).rev().take_while(|index| is_above(*index)).last().unwrap_or(top);
    Some(Step::Rises { at: utilisation.time_of(first), from: usual })
}

/// A shard's part of the stream's load over the newest minutes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LoadShare {
    /// Of all bytes, 0 to 1; `None` where none are known.
    pub bytes: Option<f64>,
    /// Of all records, 0 to 1.
    pub records: Option<f64>,
}

/// What all shards took together in the newest [`RECENT_PERIODS`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LoadTotals {
    bytes: f64,
    records: f64,
}

impl LoadTotals {
    /// Adds up all shards.
    pub fn of(metrics: &StreamMetrics) -> Self {
        let sum = |pick: fn(&WriteMetrics) -> &Series| {
            metrics.shards.values().filter_map(|figures| recent_sum(pick(figures))).sum()
        };
        Self { bytes: sum(|figures| &figures.incoming_bytes), records: sum(|figures| &figures.incoming_records) }
    }

    /// How much of it one shard took.
    pub fn share_of(self, figures: &WriteMetrics) -> LoadShare {
        let part = |series: &Series, all: f64| recent_sum(series).filter(|_| all > 0.0).map(|own| own / all);
        LoadShare {
            bytes: part(&figures.incoming_bytes, self.bytes),
            records: part(&figures.incoming_records, self.records),
        }
    }
}

fn recent_sum(series: &Series) -> Option<f64> {
    series.values().iter().rev().take(RECENT_PERIODS).flatten().copied().reduce(|a, b| a + b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::metrics::Window;

    fn figures(share_of: impl Fn(usize) -> Option<f64>, refused_from: usize) -> WriteMetrics {
        let window = Window::last_minutes(Timestamp::from_secs(36_000), 60);
        let mut figures = WriteMetrics::unknown(window);
        for index in 0..60 {
            let at = figures.incoming_bytes.time_of(index);
            if let Some(share) = share_of(index) {
                figures.incoming_bytes.set(at, share * 60.0 * 1_048_576.0);
            }
            figures.write_throttled.set(at, if index >= refused_from { 5.0 } else { 0.0 });
        }
        figures
    }

    #[test]
    fn the_story_of_a_hot_key_has_three_steps() {
        let figures = figures(
            |index| {
                Some(match index {
                    0..43 => 0.29,
                    43 => 0.6,
                    44 => 0.85,
                    _ => 0.96,
                })
            },
            45,
        );
        let minute = |index| figures.incoming_bytes.time_of(index);
        let steps = steps(&figures);
        assert_eq!(steps.iter().map(|step| step.at()).collect::<Vec<_>>(), [minute(43), minute(44), minute(45)]);
        assert_eq!(steps[0].text(), "load rises from 29 %");
    }

    #[test]
    fn trouble_older_than_the_window_has_no_invented_start() {
        let steps = steps(&figures(|_| Some(0.95), 99));
        assert!(steps.is_empty(), "{steps:?}");
    }

    #[test]
    fn a_share_of_the_load_is_of_what_is_known() {
        let (hot, calm, silent) = (figures(|_| Some(0.9), 99), figures(|_| Some(0.3), 99), figures(|_| None, 99));
        let shards = [("a", &hot), ("b", &calm), ("c", &silent)];
        let metrics = StreamMetrics {
            window: Window::last_minutes(Timestamp::from_secs(36_000), 60),
            total: silent.clone(),
            shards: shards.map(|(id, figures)| (id.into(), figures.clone())).into(),
            source: crate::model::metrics::Source::CloudWatch,
            incomplete_from: None,
        };
        let totals = LoadTotals::of(&metrics);
        assert!((totals.share_of(&hot).bytes.unwrap_or(0.0) - 0.75).abs() < 1e-9);
        assert_eq!(totals.share_of(&silent).bytes, None);
        assert_eq!(totals.share_of(&hot).records, None);
    }

    #[test]
    fn a_calm_shard_has_no_story() {
        assert!(steps(&figures(|_| Some(0.2), 99)).is_empty());
        assert!(steps(&figures(|_| None, 99)).is_empty());
    }
}
