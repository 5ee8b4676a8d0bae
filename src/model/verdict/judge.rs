//! Puts the figures of both sources together and lets the first rule that holds decide.

use super::words;
use super::{Confidence, FULL_PART, KEY_PART, Note, Verdict, VerdictKind};
use crate::model::health::{Cause, Finding, Severity, ShardFigures, assess, finding_of};
use crate::model::ids::ShardId;
use crate::model::keys::{KeyScope, KeyTable, RankBy};
use crate::model::limits::WARN_SHARE;
use crate::model::metrics::{StreamMetrics, Window};
use crate::model::sample::StreamSample;
use crate::model::sentence::Sentence;
use crate::model::shard_map::ShardMap;
use crate::model::split::{self, SplitAdvice};
use crate::model::stream::StreamSummary;
use crate::model::time::{Millis, Timestamp};
use crate::model::utilisation::BoundBy;

/// Fewest records of a shard whose keys are held to be known.
const LEAST_RECORDS: u64 = 30;

/// Everything that is known of a stream.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// What it says of itself.
    pub summary: Option<&'a StreamSummary>,
    /// Its shards.
    pub shards: &'a ShardMap,
    /// CloudWatch, where there is any.
    pub metrics: Option<&'a StreamMetrics>,
    /// Records that were read, where any were.
    pub sample: Option<&'a StreamSample>,
}

impl Evidence<'_> {
    /// Both readings of one shard: by CloudWatch and by records.
    fn readings(&self, shard: &ShardId) -> (Option<ShardFigures>, Option<ShardFigures>) {
        let by_minutes = self.metrics.and_then(|metrics| {
            Some(ShardFigures::from_metrics(shard, metrics.shards.get(shard)?, metrics.incomplete_from))
        });
        let by_seconds = self.sample.and_then(|sample| {
            let (from, to) = sample.span()?;
            let end = (to + Millis(999)).floor(1);
            let window = Window { start: from.floor(1), end, step_seconds: 1 };
            let (bytes, records) = sample.shard(shard)?.seconds().to_series(window);
            Some(ShardFigures::from_seconds(shard, &bytes, &records))
        });
        (by_minutes.filter(ShardFigures::is_known), by_seconds.filter(ShardFigures::is_known))
    }
}

/// One shard as the rules see it.
struct Case {
    figures: ShardFigures,
    finding: Option<Finding>,
}

/// Concludes. With `focus`, the conclusion is about that shard alone, and costs no more in a stream of many; without, it is
/// about the worst one.
pub fn judge(evidence: &Evidence<'_>, focus: Option<&ShardId>) -> Verdict {
    let cases: Vec<Case> = match focus {
        Some(shard) => vec![case(evidence, shard)],
        None => evidence.shards.open().map(|shard| case(evidence, &shard.id)).collect(),
    };
    let findings = findings(evidence, &cases, focus.is_none());
    let worst = findings.into_iter().next();
    let judging = Judging { evidence, cases: &cases, focus };
    let mut verdict = match &worst {
        Some(finding) if finding.cause == Cause::HotShard => judging.hot(finding),
        Some(finding) => judging.other(finding),
        None => judging.nothing_wrong(),
    };
    verdict.shards = cases.into_iter().map(|case| case.figures).collect();
    verdict.samples = evidence.sample.map_or(0, StreamSample::records);
    verdict
}

/// The reading that says more: minutes where there are any, unless the seconds tell of worse.
fn case(evidence: &Evidence<'_>, shard: &ShardId) -> Case {
    let unknown = || {
        let nothing = Window { start: Timestamp(0), end: Timestamp(0), step_seconds: 1 }.unknown_series();
        ShardFigures::from_seconds(shard, &nothing, &nothing)
    };
    let severity = |finding: &Option<Finding>| finding.as_ref().map_or(Severity::Ok, |finding| finding.severity);
    match evidence.readings(shard) {
        (Some(minutes), Some(seconds)) => {
            let (by_minutes, by_seconds) = (finding_of(&minutes), finding_of(&seconds));
            if severity(&by_seconds) > severity(&by_minutes) {
                Case { figures: ShardFigures { refused: minutes.refused, ..seconds }, finding: by_seconds }
            } else {
                Case { figures: minutes, finding: by_minutes }
            }
        }
        (Some(figures), None) | (None, Some(figures)) => Case { finding: finding_of(&figures), figures },
        (None, None) => Case { figures: unknown(), finding: None },
    }
}

/// What is wrong, worst first: of these shards, and of the stream as a whole.
fn findings(evidence: &Evidence<'_>, cases: &[Case], with_stream: bool) -> Vec<Finding> {
    let of_shards = cases.iter().filter_map(|case| Some((case.figures.level.unwrap_or(0.0), case.finding.clone()?)));
    let mut found: Vec<(f64, Finding)> = of_shards.collect();
    if with_stream && let (Some(summary), Some(metrics)) = (evidence.summary, evidence.metrics) {
        let of_stream = assess(summary, Some(metrics)).findings.into_iter();
        found.extend(of_stream.filter(|finding| finding.shard.is_none()).map(|finding| (0.0, finding)));
    }
    // Of findings that are equally bad, the one on the side of the writes comes first, the hottest shard before others.
    found.sort_by(|(a_level, a), (b_level, b)| b.severity.cmp(&a.severity).then(b_level.total_cmp(a_level)));
    found.into_iter().map(|(_, finding)| finding).collect()
}

struct Judging<'a> {
    evidence: &'a Evidence<'a>,
    cases: &'a [Case],
    focus: Option<&'a ShardId>,
}

impl Judging<'_> {
    /// A hot shard: too few shards, one key, or many keys.
    fn hot(&self, finding: &Finding) -> Verdict {
        let Some(shard) = &finding.shard else { return self.other(finding) };
        let figures = self.cases.iter().map(|case| &case.figures).find(|figures| figures.shard == *shard);
        let keys = self.keys(Some(shard), figures.map_or(BoundBy::Bytes, |figures| figures.bound_by));
        let split = self.split(shard, figures);
        let top = keys.as_ref().filter(|keys| keys.user_records >= LEAST_RECORDS).and_then(|keys| keys.rows.first());
        let dominant = top.filter(|row| row.share > KEY_PART);
        let is_full = self.focus.is_none() && self.is_stream_full();
        let (kind, confidence, note) = match dominant {
            Some(row) if !is_full || self.cases.len() == 1 => {
                let confidence = if row.low > KEY_PART { Confidence::High } else { Confidence::Medium };
                (
                    VerdictKind::HotKey,
                    confidence,
                    words::key_note(row, figures.and_then(|figures| figures.load), split.as_ref()),
                )
            }
            _ if is_full => (VerdictKind::UnderProvisioned, Confidence::High, self.too_few()),
            _ if top.is_none() => (VerdictKind::HotShard, Confidence::Low, words::unknown_keys_note()),
            _ => (VerdictKind::HotShard, Confidence::High, words::spread_note(split.as_ref())),
        };
        let sentence = match (kind, dominant) {
            (VerdictKind::HotKey, Some(row)) => words::with_key(finding.sentence.clone(), row),
            (VerdictKind::UnderProvisioned, _) => words::full(self.cases.iter().map(|case| &case.figures)),
            _ => finding.sentence.clone(),
        };
        let is_about_stream = kind == VerdictKind::UnderProvisioned;
        Verdict {
            kind,
            confidence,
            note: Some(note),
            title: words::title(kind, Some(shard), finding.severity),
            shard: (!is_about_stream).then(|| shard.clone()),
            keys: if is_about_stream { self.keys(None, BoundBy::Bytes) } else { keys },
            split: (!is_about_stream).then_some(split).flatten(),
            ..blank(finding.severity, sentence, finding.since)
        }
    }

    /// Bursts, refusals and consumers that are behind.
    fn other(&self, finding: &Finding) -> Verdict {
        let kind = match finding.cause {
            Cause::HotShard => VerdictKind::HotShard,
            Cause::Bursts | Cause::WritesThrottled => VerdictKind::Bursts,
            Cause::SlowConsumer | Cause::ReadsThrottled => VerdictKind::SlowConsumer,
            Cause::Changing => return self.nothing_wrong(),
        };
        let note = match kind {
            VerdictKind::Bursts => Some(words::burst_note()),
            VerdictKind::SlowConsumer => Some(words::consumer_note(finding.cause)),
            _ => None,
        };
        Verdict {
            kind,
            confidence: Confidence::Medium,
            note,
            title: words::title(kind, finding.shard.as_ref(), finding.severity),
            shard: finding.shard.clone(),
            keys: self.keys(finding.shard.as_ref(), BoundBy::Bytes),
            ..blank(finding.severity, finding.sentence.clone(), finding.since)
        }
    }

    fn nothing_wrong(&self) -> Verdict {
        let figures: Vec<&ShardFigures> = self.cases.iter().map(|case| &case.figures).collect();
        let total = self.evidence.metrics.filter(|_| self.focus.is_none()).map(|metrics| &metrics.total);
        let was_written = figures.iter().any(|figures| figures.peak.is_some_and(|peak| peak > 0.0))
            || total.is_some_and(|total| total.incoming_bytes.max().is_some_and(|most| most > 0.0));
        let (kind, severity) = match was_written {
            true => (VerdictKind::Healthy, Severity::Ok),
            false => (VerdictKind::Unknown, Severity::Unknown),
        };
        let knows_refusals = figures.iter().any(|figures| figures.refused.is_some())
            || total.is_some_and(|total| total.write_throttled.sum().is_some());
        let is_idle = figures.iter().any(|figures| figures.is_known());
        Verdict {
            kind,
            confidence: if was_written { Confidence::High } else { Confidence::Low },
            title: words::title(kind, self.focus, severity),
            shard: self.focus.cloned(),
            keys: self.keys(self.focus, BoundBy::Bytes),
            ..blank(severity, words::calm(was_written, is_idle, knows_refusals, &figures), None)
        }
    }

    /// Whether most of the shards are hot at once, so that no single one is the cause.
    fn is_stream_full(&self) -> bool {
        let levels: Vec<f64> = self.cases.iter().filter_map(|case| case.figures.level).collect();
        let warm = levels.iter().filter(|level| **level >= WARN_SHARE).count();
        let mean = levels.iter().sum::<f64>() / levels.len().max(1) as f64;
        warm > 0 && warm as f64 >= FULL_PART * levels.len() as f64 && mean >= WARN_SHARE
    }

    fn too_few(&self) -> Note {
        let levels = self.cases.iter().filter_map(|case| case.figures.level);
        words::more_shards_note(levels.sum(), self.cases.len(), self.evidence.summary.map(|summary| summary.mode))
    }

    fn keys(&self, shard: Option<&ShardId>, bound_by: BoundBy) -> Option<KeyTable> {
        let sample = self.evidence.sample.filter(|sample| !sample.is_empty())?;
        let scope = shard.map_or(KeyScope::Stream, |shard| KeyScope::Shard(shard.clone()));
        let rank = match bound_by {
            BoundBy::Bytes => RankBy::Bytes,
            BoundBy::Records => RankBy::Records,
        };
        Some(KeyTable::new(sample, scope, rank))
    }

    fn split(&self, shard: &ShardId, figures: Option<&ShardFigures>) -> Option<SplitAdvice> {
        let sample = self.evidence.sample?.shard(shard)?;
        let range = self.evidence.shards.get(shard)?.range;
        Some(split::advise(range, sample, figures.and_then(|figures| figures.load)))
    }
}

/// A verdict of which only the outline is known yet.
fn blank(severity: Severity, sentence: Sentence, since: Option<Timestamp>) -> Verdict {
    Verdict {
        kind: VerdictKind::Unknown,
        severity,
        confidence: Confidence::Low,
        shard: None,
        since,
        title: String::new(),
        sentence,
        note: None,
        shards: Vec::new(),
        keys: None,
        split: None,
        samples: 0,
    }
}
