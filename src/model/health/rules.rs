//! The rules themselves: figures in, findings out. The table of them is at the head of [`super`].

use super::figures::{ShardFigures, recent_sum, refused_since, span_words};
use super::{Cause, Finding, Severity, look_back, since_when};
use crate::model::format;
use crate::model::limits::{CRITICAL_SHARE, ITERATOR_AGE_CRITICAL_MILLIS, ITERATOR_AGE_WARN_MILLIS, WARN_SHARE};
use crate::model::metrics::{Source, WriteMetrics};
use crate::model::sentence::{Sentence, Span};
use crate::model::time::Millis;
use crate::model::utilisation::BoundBy;

/// What is wrong with one shard by its own figures; `None` when it is fine or not known.
pub(super) fn shard(figures: &ShardFigures) -> Option<Finding> {
    let level = figures.level?;
    let refused = figures.refused_lately;
    let (severity, cause) = match figures.source {
        _ if level >= CRITICAL_SHARE || (level >= WARN_SHARE && refused > 0.0) => (Severity::Critical, Cause::HotShard),
        // Records that were refused cannot be read: a shard that is read at its limit may refuse any number of them.
        Source::Sampled if level >= SAMPLED_CRITICAL => (Severity::Critical, Cause::HotShard),
        _ if level >= WARN_SHARE => (Severity::Warning, Cause::HotShard),
        Source::Sampled if figures.burst_seconds > 0 => (Severity::Warning, Cause::Bursts),
        Source::CloudWatch if refused > 0.0 && figures.warm_periods.0 == 0 => (Severity::Warning, Cause::Bursts),
        Source::CloudWatch if refused > 0.0 => (Severity::Warning, Cause::WritesThrottled),
        _ => return None,
    };
    let sentence = match (cause, figures.source) {
        (Cause::HotShard, _) => hot(figures, level, severity),
        (Cause::Bursts, Source::Sampled) => sampled_bursts(figures),
        (Cause::Bursts, Source::CloudWatch) => refusals(figures).plain(match figures.resolution_seconds {
            60 => ", yet no minute mean reached 80 %: bursts within the minute.".to_owned(),
            step => format!(", yet no mean of {} reached 80 %: shorter bursts.", span_words(1, step)),
        }),
        _ => refusals(figures).plain("."),
    };
    let since = if cause == Cause::HotShard { figures.warm_since } else { figures.refused_since };
    Some(Finding { severity, cause, shard: Some(figures.shard.clone()), since, sentence })
}

/// Accepted bytes of a shard that is written to without pause stay a little under its limit, as far as seconds tell.
const SAMPLED_CRITICAL: f64 = 0.93;

fn hot(figures: &ShardFigures, level: f64, severity: Severity) -> Sentence {
    let text = format::percent(level).replace('%', " %");
    let (warm, known) = figures.warm_periods;
    let of = match figures.source {
        Source::CloudWatch => {
            // The figure that says how long has the unit of the one that says of how much.
            let (over, all) =
                (span_words(warm, figures.resolution_seconds), span_words(known, figures.resolution_seconds));
            match over.split_once(' ').zip(all.split_once(' ')) {
                Some(((number, unit), (_, all_unit))) if unit == all_unit => format!("{number} of the last {all}"),
                _ => format!("{over} of the last {all}"),
            }
        }
        Source::Sampled => format!("{warm} of {known} s read"),
    };
    let sentence = Sentence::new()
        .plain("Shard ")
        .span(Span::Code(figures.shard.short()))
        .plain(" at ")
        .span(if severity == Severity::Critical { Span::Crit(text) } else { Span::Warn(text) })
        .plain(match figures.bound_by {
            BoundBy::Records => " of 1,000 records/s",
            BoundBy::Bytes => " of 1 MiB/s",
        })
        .plain(format!(", over 80 % for {of}"));
    if figures.refused_lately <= 0.0 {
        return sentence.plain(".");
    }
    sentence.plain("; ").span(writes(figures.refused_lately)).plain(" refused.")
}

fn sampled_bursts(figures: &ShardFigures) -> Sentence {
    let share = |value: Option<f64>| format::percent(value.unwrap_or(0.0)).replace('%', " %");
    let (_, known) = figures.warm_periods;
    Sentence::new()
        .plain("Shard ")
        .span(Span::Code(figures.shard.short()))
        .plain(" has a mean of ")
        .span(Span::Strong(share(figures.mean)))
        .plain(", yet ")
        .span(Span::Warn(format!("{} of {known} s", figures.burst_seconds)))
        .plain(" reach its write limit, up to ")
        .span(Span::Warn(share(figures.peak)))
        .plain(".")
}

fn refusals(figures: &ShardFigures) -> Sentence {
    Sentence::new()
        .plain("Shard ")
        .span(Span::Code(figures.shard.short()))
        .plain(" refused ")
        .span(writes(figures.refused_lately))
        .plain(format!(" in the last {}", look_back(figures.resolution_seconds)))
}

fn writes(count: f64) -> Span {
    Span::Throttle(format!("{} writes", format::grouped(count as i64)))
}

pub(super) fn refused_writes(total: &WriteMetrics, shards: u32) -> Option<Finding> {
    let refused = recent_sum(&total.write_throttled);
    (refused > 0.0).then(|| {
        let mean = total.utilisation(shards).last_known().map(|(_, share)| share);
        let sentence = Sentence::new()
            .span(Span::Throttle(format!("{} writes", format::grouped(refused as i64))))
            .plain(format!(" refused in the last {}", look_back(total.write_throttled.step_seconds())))
            .plain(mean.map_or(String::new(), |share| {
                format!(
                    " while the stream as a whole is at {}: one shard or short bursts",
                    format::percent(share).replace('%', " %")
                )
            }))
            .plain(".");
        let since = refused_since(&total.write_throttled);
        Finding { severity: Severity::Warning, cause: Cause::WritesThrottled, shard: None, since, sentence }
    })
}

pub(super) fn refused_reads(total: &WriteMetrics) -> Option<Finding> {
    let refused = recent_sum(&total.read_throttled);
    (refused > 0.0).then(|| Finding {
        severity: Severity::Warning,
        cause: Cause::ReadsThrottled,
        shard: None,
        since: refused_since(&total.read_throttled),
        sentence: Sentence::new()
            .plain("Reads throttled: ")
            .span(Span::Throttle(format!("{} GetRecords calls", format::grouped(refused as i64))))
            .plain(format!(
                " refused in the last {}. Polling consumers share 5 calls/s and 2 MiB/s per shard.",
                look_back(total.read_throttled.step_seconds())
            )),
    })
}

pub(super) fn slow_consumer(total: &WriteMetrics, retention_hours: u32) -> Option<Finding> {
    let (_, age) = total.iterator_age_millis.last_known()?;
    let half_of_retention = f64::from(retention_hours) * 3_600_000.0 / 2.0;
    let severity = match age {
        age if age >= ITERATOR_AGE_CRITICAL_MILLIS || (retention_hours > 0 && age >= half_of_retention) => {
            Severity::Critical
        }
        age if age >= ITERATOR_AGE_WARN_MILLIS => Severity::Warning,
        _ => return None,
    };
    let text = format::duration(Millis(age as i64));
    let figure = if severity == Severity::Critical { Span::Crit(text) } else { Span::Warn(text) };
    Some(Finding {
        severity,
        cause: Cause::SlowConsumer,
        shard: None,
        since: since_when(&total.iterator_age_millis, |age| age >= ITERATOR_AGE_WARN_MILLIS),
        sentence: Sentence::new()
            .plain("A polling consumer is ")
            .span(figure)
            .plain(" behind the tip (largest iterator age of all readers)."),
    })
}
