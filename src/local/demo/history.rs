//! The past that a demo cannot have measured: streams that are old, an hour of minute sums, two minutes of records.

use std::sync::Arc;

use super::source::{Load, Source, Spec, noise};
use crate::local::engine::metrics::{Metric, StatSet};
use crate::local::engine::{Alarm, AlarmState, Comparison, Dimensions, Engine, MetricKey};
use crate::model::stream::StreamMode;
use crate::model::time::{Millis, Timestamp};

/// Minutes of generated metrics.
const PAST_MINUTES: i64 = 60;
/// Seconds of generated records, and the share of the usual traffic in them.
const PAST_SECONDS: i64 = 120;
const PAST_SHARE: f64 = 0.06;
/// Put and read calls of one shard in a minute.
const CALLS_PER_MINUTE: f64 = 600.0;

/// Makes a stream that has been there for days.
pub(super) fn create(engine: &Arc<Engine>, spec: &Spec) {
    let created = engine.live_since() - Millis::from_secs(spec.days_old * 86_400 + 4_711);
    let mode = if spec.is_on_demand { StreamMode::OnDemand } else { StreamMode::Provisioned };
    engine.create_ready_stream(spec.name, mode, spec.shards, created);
    let tags = [("team".to_owned(), spec.team.to_owned()), ("data".to_owned(), "demo".to_owned())];
    // The stream was just made: neither can fail.
    let _ = engine.add_tags(spec.name, &tags);
    if spec.is_enhanced {
        let _ = engine.set_monitoring(spec.name, &["ALL".to_owned()], true);
    }
}

/// Generates the past of a stream.
pub(super) fn backfill(engine: &Arc<Engine>, source: &mut dyn Source, seed: u64) {
    let live = engine.live_since();
    let minute = live.floor(60);
    for ago in (0..=PAST_MINUTES).rev() {
        let at = minute - Millis::from_mins(ago);
        // The running minute is generated up to now and measured from now on.
        let seconds = if ago == 0 { (live - minute).as_secs_f64() } else { 60.0 };
        if seconds >= 1.0 {
            write_minute(engine, source, at, ago, seconds, seed);
        }
    }
    let mut records = Vec::new();
    for ago in (1..=PAST_SECONDS).rev() {
        let at = live - Millis::from_secs(ago);
        records.extend(source.entries(at, PAST_SHARE).into_iter().map(|entry| (at, entry)));
    }
    let _ = engine.backfill(source.spec().name, records);
}

fn set(sum: f64, count: f64, spread: f64) -> StatSet {
    let mean = sum / count.max(1.0);
    StatSet {
        sum: sum.round(),
        count: count.round().max(1.0),
        min: (mean * (1.0 - spread)).floor(),
        max: (mean * (1.0 + spread)).ceil(),
    }
}

fn write_minute(engine: &Arc<Engine>, source: &dyn Source, at: Timestamp, ago: i64, seconds: f64, seed: u64) {
    let spec = source.spec();
    let mut total = Load::default();
    for shard in 0..spec.shards {
        let load = source.load(shard, ago);
        total.bytes += load.bytes;
        total.records += load.records;
        total.throttled += load.throttled;
        if spec.is_enhanced {
            write_load(engine, spec, Some(shard), at, load, seconds, seed);
        }
    }
    write_load(engine, spec, None, at, total, seconds, seed);
}

fn write_load(
    engine: &Arc<Engine>,
    spec: &Spec,
    shard: Option<u32>,
    at: Timestamp,
    load: Load,
    seconds: f64,
    seed: u64,
) {
    let put = |metric, set| engine.backfill_metric(spec.name, shard, metric, at, set);
    let calls = CALLS_PER_MINUTE * seconds / 60.0;
    let (bytes, records) = (load.bytes * seconds, load.records * seconds);
    let throttled = (load.throttled * seconds).round();
    put(Metric::IncomingBytes, set(bytes, calls, 0.6));
    put(Metric::IncomingRecords, set(records, calls, 0.6));
    put(Metric::WriteThrottled, set(throttled, calls, 3.0));
    if shard.is_none() {
        put(Metric::PutRecordsBytes, set(bytes, calls, 0.6));
        put(Metric::PutRecordsSuccess, StatSet { sum: calls, count: calls, min: 1.0, max: 1.0 });
        put(Metric::PutRecordsTotal, set(records + throttled, calls, 0.6));
        put(Metric::PutRecordsSuccessful, set(records, calls, 0.6));
        put(Metric::PutRecordsThrottled, set(throttled, calls, 3.0));
    }
    let Some(lag) = spec.lag else { return };
    let reads = seconds * f64::from(if shard.is_some() { 1 } else { spec.shards });
    let age = (lag as f64 + 0.4) * 1_000.0 * (0.85 + 0.3 * noise(seed, at.as_secs(), 77));
    put(Metric::IteratorAge, StatSet { sum: age * reads, count: reads.round(), min: age * 0.8, max: age * 1.2 });
    put(Metric::ReadThrottled, StatSet { sum: 0.0, count: reads.round(), min: 0.0, max: 0.0 });
    if shard.is_some() {
        put(Metric::OutgoingBytes, set(bytes, reads, 0.4));
        put(Metric::OutgoingRecords, set(records, reads, 0.4));
    } else {
        put(Metric::GetRecordsBytes, set(bytes, reads, 0.4));
        put(Metric::GetRecordsRecords, set(records, reads, 0.4));
        put(Metric::GetRecordsSuccess, StatSet { sum: reads.round(), count: reads.round(), min: 1.0, max: 1.0 });
    }
}

/// An alarm on refused writes, as AWS recommends it.
pub(super) fn hot_stream_alarm(engine: &Arc<Engine>, stream: &str) -> Alarm {
    Alarm {
        description: Some("Producers are being throttled.".to_owned()),
        state: AlarmState::Alarm,
        // Two of the first minutes of throttling had to be over.
        since: engine.live_since().floor(60) - Millis::from_mins(super::clickstream::HOT_SINCE_MINUTES - 4),
        ..alarm(engine, stream, "write-throttled", "WriteProvisionedThroughputExceeded", "Sum", 0.0)
    }
}

/// An alarm on readers that fall behind.
pub(super) fn lag_alarm(engine: &Arc<Engine>, stream: &str) -> Alarm {
    Alarm {
        description: Some("A reader is more than a minute behind.".to_owned()),
        ..alarm(engine, stream, "iterator-age", "GetRecords.IteratorAgeMilliseconds", "Maximum", 60_000.0)
    }
}

fn alarm(engine: &Arc<Engine>, stream: &str, name: &str, metric: &str, statistic: &str, threshold: f64) -> Alarm {
    let now = engine.live_since();
    Alarm {
        name: format!("{stream}-{name}"),
        description: None,
        namespace: "AWS/Kinesis".to_owned(),
        metric: MetricKey {
            name: metric.to_owned(),
            dimensions: Dimensions { stream: stream.to_owned(), shard: None },
        },
        statistic: statistic.to_owned(),
        period: 60,
        evaluation_periods: 3,
        datapoints_to_alarm: Some(2),
        threshold,
        comparison: Comparison::Greater,
        treat_missing: Some("notBreaching".to_owned()),
        actions: Vec::new(),
        actions_enabled: true,
        configured: now - Millis::from_secs(9 * 86_400),
        state: AlarmState::Ok,
        reason: "Unchecked: Initial alarm creation".to_owned(),
        since: now,
    }
}
