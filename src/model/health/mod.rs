//! Which stream needs a person, and the sentence that says so.
//!
//! Rules, worst first. A figure is read from the newest known minute; "for N of M min" counts the newest 15 minutes.
//!
//! | rule | holds when | severity |
//! |---|---|---|
//! | hot shard | a shard is at or over 100 % of a write limit, or over 80 % with refused writes | critical |
//! | far behind | iterator age of 5 min or more, or over half of the retention | critical |
//! | bursts | writes refused in the last 15 min though no minute mean reached 80 % | warning |
//! | throttled | writes refused in the last 15 min | warning |
//! | warm shard | a shard is over 80 % of a write limit | warning |
//! | behind | iterator age of 1 min or more | warning |
//! | reads throttled | `GetRecords` calls refused in the last 15 min | warning |
//! | changing | the stream is not `ACTIVE` | changing |
//! | sampled hot shard | records read of it reach 93 % for 15 s together: what was refused cannot be read | critical |
//! | sampled bursts | single seconds reach the limit though no 15 s together reach 80 % | warning |
//!
//! Thresholds are in [`super::limits`]. Only minutes that are known count; a stream without figures is unknown, not healthy.

mod figures;
pub mod resharded;
mod rules;

pub use figures::{LEVEL_SECONDS, ShardFigures};

use super::ids::{ShardId, StreamName};
use super::metrics::{StreamMetrics, WriteMetrics};
use super::sentence::{Sentence, Span};
use super::series::Series;
use super::stream::{StreamStatus, StreamSummary};
use super::time::Timestamp;

/// Periods that "lately" looks back over.
pub const RECENT_PERIODS: usize = 15;

/// The newest [`RECENT_PERIODS`] of this length in words: `15 min`, `2.5 h`.
pub fn look_back(step_seconds: u32) -> String {
    figures::span_words(RECENT_PERIODS, step_seconds)
}

/// How bad it is; greater is worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing is known.
    Unknown,
    /// Within all limits.
    Ok,
    /// Being created, changed or deleted.
    Changing,
    /// Near a limit, or some calls were refused.
    Warning,
    /// Over a limit or far behind.
    Critical,
}

impl Severity {
    /// One word for screen readers and terminals.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unknown => "no data",
            Self::Ok => "fine",
            Self::Changing => "changing",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// One shard is at its write limit.
    HotShard,
    /// Writes were refused although the minute means look fine.
    Bursts,
    /// Writes were refused.
    WritesThrottled,
    /// Reads were refused.
    ReadsThrottled,
    /// A consumer is behind.
    SlowConsumer,
    /// The stream is not active.
    Changing,
}

/// What is found about one stream or shard.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// How bad.
    pub severity: Severity,
    /// What.
    pub cause: Cause,
    /// The shard it is about, where it is one.
    pub shard: Option<ShardId>,
    /// Since when, as far back as the window reaches.
    pub since: Option<Timestamp>,
    /// The sentence to show.
    pub sentence: Sentence,
}

/// The verdict on one stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Health {
    /// Worst severity of all findings, or `Ok`/`Unknown`.
    pub severity: Severity,
    /// Everything that is wrong, worst first.
    pub findings: Vec<Finding>,
    /// Utilisation of the hottest shard and its id, where shard metrics exist.
    pub hottest: Option<(ShardId, f64)>,
}

impl Health {
    /// The verdict on a stream of which nothing is known.
    pub fn unknown() -> Self {
        Self { severity: Severity::Unknown, findings: Vec::new(), hottest: None }
    }
}

/// Judges one stream by its summary and metrics.
pub fn assess(summary: &StreamSummary, metrics: Option<&StreamMetrics>) -> Health {
    let mut findings = Vec::new();
    if let Some(metrics) = metrics {
        for (id, shard) in &metrics.shards {
            findings.extend(shard_finding_as_of(id, shard, metrics.incomplete_from));
        }
        if findings.iter().all(|finding: &Finding| finding.cause == Cause::SlowConsumer) {
            findings.extend(rules::refused_writes(&metrics.total, summary.open_shard_count));
        }
        findings.extend(rules::slow_consumer(&metrics.total, summary.retention_hours));
        findings.extend(rules::refused_reads(&metrics.total));
    }
    if summary.status != StreamStatus::Active {
        findings.push(Finding {
            severity: Severity::Changing,
            cause: Cause::Changing,
            shard: None,
            since: None,
            sentence: Sentence::new()
                .plain("The stream is ")
                .span(Span::Strong(summary.status.as_str().to_owned()))
                .plain("."),
        });
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let hottest = metrics.and_then(|m| m.hottest_shard().map(|(id, share)| (id.clone(), share)));
    let has_figures = metrics.is_some_and(|m| m.total.incoming_bytes.last_known().is_some() || hottest.is_some());
    let severity = match findings.first() {
        Some(worst) => worst.severity,
        None if has_figures => Severity::Ok,
        None => Severity::Unknown,
    };
    Health { severity, findings, hottest }
}

/// What is wrong with one shard by its minute sums; `None` when it is fine or not known.
pub fn shard_finding(id: &ShardId, metrics: &WriteMetrics) -> Option<Finding> {
    shard_finding_as_of(id, metrics, None)
}

/// As [`shard_finding`], where figures may still grow from a period on: a low sum there does not make a hot shard calm.
pub fn shard_finding_as_of(
    id: &ShardId,
    metrics: &WriteMetrics,
    incomplete_from: Option<Timestamp>,
) -> Option<Finding> {
    finding_of(&ShardFigures::from_metrics(id, metrics, incomplete_from))
}

/// What is wrong with one shard by any figures; `None` when it is fine or not known.
pub fn finding_of(figures: &ShardFigures) -> Option<Finding> {
    rules::shard(figures)
}

/// Start of the newest unbroken run of periods for which `test` holds; unknown periods and single calmer periods do not break it.
pub fn since_when(series: &Series, test: impl Fn(f64) -> bool) -> Option<Timestamp> {
    let mut since = None;
    let mut calm = 0;
    for index in (0..series.len()).rev() {
        match series.at(index) {
            Some(value) if test(value) => {
                since = Some(series.time_of(index));
                calm = 0;
            }
            Some(_) => {
                calm += 1;
                if calm > 1 {
                    break;
                }
            }
            None => {}
        }
    }
    since
}

/// One line of the fleet.
#[derive(Clone, Debug)]
pub struct FleetRow {
    /// What the stream says of itself; `None` until it was described.
    pub summary: Option<StreamSummary>,
    /// Its name.
    pub name: StreamName,
    /// Its figures, where there are any.
    pub metrics: Option<StreamMetrics>,
    /// The verdict.
    pub health: Health,
}

impl FleetRow {
    /// Order of the fleet: worst severity first, then the hottest shard, then the name.
    pub fn trouble_order(&self, other: &Self) -> std::cmp::Ordering {
        let heat = |row: &Self| row.health.hottest.as_ref().map_or(-1.0, |(_, share)| *share);
        other
            .health
            .severity
            .cmp(&self.health.severity)
            .then_with(|| heat(other).total_cmp(&heat(self)))
            .then_with(|| self.name.cmp(&other.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::metrics::{Source, Window};
    use crate::model::stream::{Encryption, StreamMode};

    fn summary() -> StreamSummary {
        StreamSummary {
            name: StreamName::from("s"),
            arn: String::new(),
            status: StreamStatus::Active,
            mode: StreamMode::Provisioned,
            open_shard_count: 2,
            retention_hours: 24,
            encryption: Encryption::None,
            enhanced_metrics: vec!["ALL".to_owned()],
            consumer_count: None,
            max_record_size_kib: None,
            created: None,
        }
    }

    fn metrics(share: f64, refused: f64) -> StreamMetrics {
        let window = Window::last_minutes(Timestamp::from_secs(3_600 * 10), 60);
        let mut shard = WriteMetrics::unknown(window);
        for index in 0..59 {
            let at = shard.incoming_bytes.time_of(index);
            let hot = index >= 49;
            shard.incoming_bytes.set(at, if hot { share } else { 0.3 } * 60.0 * 1_048_576.0);
            shard.incoming_records.set(at, 1.0);
            shard.write_throttled.set(at, if index == 55 { refused } else { 0.0 });
        }
        StreamMetrics {
            window,
            total: shard.clone(),
            shards: [(ShardId::from("shardId-000000000007"), shard)].into(),
            source: Source::CloudWatch,
            incomplete_from: None,
        }
    }

    #[test]
    fn a_hot_shard_is_named_with_since_when() {
        let metrics = metrics(0.96, 312.0);
        let health = assess(&summary(), Some(&metrics));
        assert_eq!(health.severity, Severity::Critical);
        let worst = &health.findings[0];
        assert_eq!(worst.cause, Cause::HotShard);
        assert_eq!(worst.since, Some(metrics.total.incoming_bytes.time_of(49)));
        assert_eq!(
            worst.sentence.to_text(),
            "Shard …0007 at 96 % of 1 MiB/s, over 80 % for 10 of the last 14 min; 312 writes refused."
        );
    }

    #[test]
    fn a_minute_that_cloudwatch_has_not_finished_does_not_calm_a_hot_shard() {
        let mut metrics = metrics(0.96, 0.0);
        let newest = metrics.total.incoming_bytes.time_of(59);
        for shard in metrics.shards.values_mut() {
            shard.incoming_bytes.set(newest, 1_000.0);
        }
        assert_eq!(assess(&summary(), Some(&metrics)).severity, Severity::Ok);
        metrics.incomplete_from = Some(newest);
        let health = assess(&summary(), Some(&metrics));
        assert_eq!(health.severity, Severity::Warning);
        assert!(health.hottest.is_some_and(|(_, share)| share > 0.9));
    }

    #[test]
    fn refusals_below_the_warning_are_bursts() {
        let health = assess(&summary(), Some(&metrics(0.5, 9.0)));
        assert_eq!(health.findings[0].cause, Cause::Bursts);
        assert_eq!(health.severity, Severity::Warning);
    }

    #[test]
    fn no_figures_are_not_healthy() {
        assert_eq!(assess(&summary(), None).severity, Severity::Unknown);
        assert_eq!(assess(&summary(), Some(&metrics(0.3, 0.0))).severity, Severity::Ok);
    }
}
