//! What the rules read of one shard, whatever it was measured with: minute sums of CloudWatch, or seconds counted from
//! records.

use super::{Cause, RECENT_PERIODS, Severity, since_when};
use crate::model::ids::ShardId;
use crate::model::limits::WARN_SHARE;
use crate::model::metrics::{Source, WriteMetrics};
use crate::model::series::Series;
use crate::model::time::Timestamp;
use crate::model::utilisation::{BoundBy, Utilisation, utilisation_series};

/// Seconds that make a level when single seconds are known: long enough that one burst is no level.
pub const LEVEL_SECONDS: usize = 15;
/// A single second counts with at most this share towards a level, so that one burst cannot make one.
const LEVEL_CAP: f64 = 1.2;
/// A second, less the usual load of the one beside it, is a burst from this share on. Two bins may share one burst, and a
/// burst that was cut to the limit falls a little short of it.
const BURST_SHARE: f64 = 0.95;

/// Utilisation below which a shard is idle.
const IDLE_SHARE: f64 = 0.005;

/// One shard's utilisation, fractions of its write limit, and what was refused.
#[derive(Clone, Debug, PartialEq)]
pub struct ShardFigures {
    /// The shard.
    pub shard: ShardId,
    /// What it was measured with.
    pub source: Source,
    /// Length of the periods in seconds.
    pub resolution_seconds: u32,
    /// The newest minute, or the mean of the newest [`LEVEL_SECONDS`] that are known.
    pub now: Option<f64>,
    /// The highest period.
    pub peak: Option<f64>,
    /// Over all known periods.
    pub mean: Option<f64>,
    /// What the rules hold against the limit: the newest minute, or the highest mean of [`LEVEL_SECONDS`] in a row.
    pub level: Option<f64>,
    /// Both shares: of the newest minute, or over all known seconds.
    pub load: Option<Utilisation>,
    /// The nearer limit.
    pub bound_by: BoundBy,
    /// Refused records of the window; `None` where that is not known: records that were refused cannot be read.
    pub refused: Option<f64>,
    /// Refused records of the newest [`RECENT_PERIODS`].
    pub refused_lately: f64,
    /// Periods over the warning among those that are looked back on, and how many of those are known.
    pub warm_periods: (usize, usize),
    /// Seconds in which the limit was reached; 0 where only minutes are known.
    pub burst_seconds: usize,
    /// Since when the shard is over the warning.
    pub warm_since: Option<Timestamp>,
    /// Since when writes are refused, without a pause of [`RECENT_PERIODS`]; `None` where none was of late.
    pub refused_since: Option<Timestamp>,
}

impl ShardFigures {
    /// From the minute sums of CloudWatch, which may still grow from `incomplete_from` on.
    pub fn from_metrics(shard: &ShardId, metrics: &WriteMetrics, incomplete_from: Option<Timestamp>) -> Self {
        let utilisation = metrics.utilisation(1);
        let now = utilisation.last_settled(incomplete_from).map(|(_, share)| share);
        let is_warm = |share: f64| share >= WARN_SHARE;
        let rate = |series: &Series| series.per_second().last_known().map_or(0.0, |(_, rate)| rate);
        let newest = Utilisation::from_rates(rate(&metrics.incoming_bytes), rate(&metrics.incoming_records), 1);
        Self {
            shard: shard.clone(),
            source: Source::CloudWatch,
            resolution_seconds: utilisation.step_seconds(),
            now,
            peak: utilisation.max(),
            mean: utilisation.mean(),
            level: now,
            load: now.map(|_| newest),
            bound_by: newest.bound_by(),
            refused: metrics.write_throttled.sum(),
            refused_lately: recent_sum(&metrics.write_throttled),
            warm_periods: (
                utilisation.count_recent(RECENT_PERIODS, is_warm),
                utilisation.count_recent(RECENT_PERIODS, |_| true),
            ),
            burst_seconds: 0,
            warm_since: since_when(&utilisation, is_warm),
            refused_since: refused_since(&metrics.write_throttled),
        }
    }

    /// From bytes and records of single seconds, `None` where a second is not wholly known.
    pub fn from_seconds(shard: &ShardId, bytes: &Series, records: &Series) -> Self {
        let utilisation = utilisation_series(bytes, records, 1);
        let known: Vec<f64> = utilisation.values().iter().flatten().copied().collect();
        let mean_of = |part: &[f64]| part.iter().sum::<f64>() / part.len().max(1) as f64;
        let newest = known.get(known.len().saturating_sub(LEVEL_SECONDS)..).unwrap_or_default();
        let levels = known
            .windows(LEVEL_SECONDS.min(known.len()).max(1))
            .map(|part| part.iter().map(|share| share.min(LEVEL_CAP)).sum::<f64>() / part.len() as f64);
        let load = bytes.mean().zip(records.mean()).map(|(bytes, records)| Utilisation::from_rates(bytes, records, 1));
        Self {
            shard: shard.clone(),
            source: Source::Sampled,
            resolution_seconds: 1,
            now: (!newest.is_empty()).then(|| mean_of(newest)),
            peak: utilisation.max(),
            mean: utilisation.mean(),
            level: levels.reduce(f64::max),
            load,
            bound_by: load.map_or(BoundBy::Bytes, Utilisation::bound_by),
            refused: None,
            refused_lately: 0.0,
            warm_periods: (known.iter().filter(|share| **share >= WARN_SHARE).count(), known.len()),
            burst_seconds: burst_seconds(&utilisation),
            warm_since: since_when(&utilisation, |share| share >= WARN_SHARE),
            refused_since: None,
        }
    }

    /// Words for scripts: `hot`, `warm`, `bursts`, `throttled`, `idle`.
    pub fn flags(&self) -> Vec<&'static str> {
        let finding = super::rules::shard(self);
        let cause = finding.as_ref().map(|finding| (finding.cause, finding.severity));
        let mut flags = Vec::new();
        match cause {
            Some((Cause::HotShard, Severity::Critical)) => flags.push("hot"),
            Some((Cause::HotShard, _)) => flags.push("warm"),
            Some((Cause::Bursts, _)) => flags.push("bursts"),
            _ => {}
        }
        if self.refused.is_some_and(|refused| refused > 0.0) {
            flags.push("throttled");
        }
        if self.peak.is_some_and(|peak| peak < IDLE_SHARE) {
            flags.push("idle");
        }
        flags
    }

    /// Whether anything is known of its load.
    pub fn is_known(&self) -> bool {
        self.mean.is_some()
    }

    /// Whether its level is over the warning.
    pub fn is_warm(&self) -> bool {
        self.level.is_some_and(|level| level >= WARN_SHARE)
    }
}

/// Seconds that reached the limit, alone or together with a neighbour that holds the other part of the same burst.
fn burst_seconds(utilisation: &Series) -> usize {
    let mut known: Vec<f64> = utilisation.values().iter().flatten().copied().collect();
    known.sort_by(f64::total_cmp);
    let usual = known.get(known.len() / 2).copied().unwrap_or(0.0);
    let is_shared = |a: f64, b: f64| a > usual && b > usual && b < BURST_SHARE && a + b - usual >= BURST_SHARE;
    let mut bursts = 0;
    let mut index = 0;
    while index < utilisation.len() {
        index += 1;
        match (utilisation.at(index - 1), utilisation.at(index)) {
            (Some(share), _) if share >= BURST_SHARE => bursts += 1,
            (Some(a), Some(b)) if is_shared(a, b) => {
                bursts += 1;
                index += 1;
            }
            _ => {}
        }
    }
    bursts
}

/// Sum of the newest periods; unknown ones do not count.
pub(super) fn recent_sum(series: &Series) -> f64 {
    series.values().iter().rev().take(RECENT_PERIODS).flatten().sum()
}

/// The first of the periods that are not zero, back from the newest one while no [`RECENT_PERIODS`] lie between two of them.
pub(super) fn refused_since(series: &Series) -> Option<Timestamp> {
    let mut since = series.len();
    for index in (0..series.len()).rev() {
        if since - index > RECENT_PERIODS {
            break;
        }
        if series.at(index).is_some_and(|value| value > 0.0) {
            since = index;
        }
    }
    (since < series.len()).then(|| series.time_of(since))
}

/// That many periods in words: `15 min`, `2.5 h`.
pub(super) fn span_words(periods: usize, step_seconds: u32) -> String {
    let minutes = periods as f64 * f64::from(step_seconds) / 60.0;
    if minutes < 120.0 { format!("{minutes:.0} min") } else { format!("{} h", (minutes / 6.0).round() / 10.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: f64 = 1_048_576.0;

    fn seconds(shares: &[Option<f64>]) -> ShardFigures {
        let start = Timestamp::from_secs(36_000);
        let mut bytes = Series::unknown(start, 1, shares.len());
        let mut records = bytes.clone();
        for (index, share) in shares.iter().enumerate() {
            let at = bytes.time_of(index);
            if let Some(share) = share {
                bytes.set(at, share * MIB);
                records.set(at, share * 100.0);
            }
        }
        ShardFigures::from_seconds(&ShardId::from("s"), &bytes, &records)
    }

    fn calm_with(bursts: &[(usize, f64)]) -> ShardFigures {
        let mut shares = vec![Some(0.2); 60];
        for (at, share) in bursts {
            shares[*at] = Some(*share);
        }
        seconds(&shares)
    }

    #[test]
    fn refusals_count_from_their_first_unless_there_was_a_long_pause() {
        let refused_at = |minutes: &[usize]| {
            let mut refused = Series::unknown(Timestamp(0), 60, 60);
            refused.set_run(0, (0..60).map(|minute| Some(f64::from(u8::from(minutes.contains(&minute))))));
            refused_since(&refused)
        };
        assert_eq!(refused_at(&[]), None);
        assert_eq!(refused_at(&[30]), None, "not of late");
        assert_eq!(refused_at(&[5, 20, 35, 50]), Some(Timestamp(5 * 60_000)));
        assert_eq!(refused_at(&[5, 21, 36, 51]), Some(Timestamp(21 * 60_000)), "a pause of 15 minutes before");
    }

    #[test]
    fn periods_in_words_are_minutes_or_hours() {
        assert_eq!(span_words(15, 60), "15 min");
        assert_eq!(span_words(6, 600), "60 min");
        assert_eq!(span_words(15, 600), "2.5 h");
    }

    #[test]
    fn one_burst_is_a_burst_and_no_level() {
        for (bursts, count) in [
            (vec![(30, 1.4)], 1),
            (vec![(30, 20.0)], 1),
            // One burst that two bins share.
            (vec![(30, 0.7), (31, 0.75)], 1),
            (vec![(10, 1.0), (30, 1.2), (50, 1.1)], 3),
            (vec![], 0),
            (vec![(30, 0.6)], 0),
        ] {
            let figures = calm_with(&bursts);
            assert_eq!(figures.burst_seconds, count, "{bursts:?}");
            assert!(!figures.is_warm(), "{bursts:?} {:?}", figures.level);
        }
    }

    #[test]
    fn a_steady_half_is_no_burst() {
        assert_eq!(seconds(&[Some(0.6); 60]).burst_seconds, 0);
        assert_eq!(seconds(&[Some(0.79); 60]).burst_seconds, 0);
    }

    #[test]
    fn a_level_is_found_although_it_has_passed() {
        let mut shares = vec![Some(0.96); 30];
        shares.extend([Some(0.0); 30]);
        let figures = seconds(&shares);
        assert!(figures.is_warm());
        assert_eq!(figures.now, Some(0.0));
        assert!((figures.mean.unwrap_or(0.0) - 0.48).abs() < 1e-9);
    }

    #[test]
    fn seconds_that_are_not_known_do_not_count_as_zero() {
        let shares: Vec<Option<f64>> = (0..90).map(|second| (second % 6 < 2).then_some(0.9)).collect();
        let figures = seconds(&shares);
        assert_eq!(figures.warm_periods, (30, 30));
        assert!((figures.level.unwrap_or(0.0) - 0.9).abs() < 1e-9);
        let unknown = seconds(&[None; 10]);
        assert!(!unknown.is_known() && unknown.level.is_none() && unknown.now.is_none());
    }
}
