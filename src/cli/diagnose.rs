//! `kinescope diagnose`: which shard and key make a stream hot, since when, and what to do.

use std::io::Write;

use serde_json::{Value, json};

use super::{End, args::DiagnoseArgs, out};
use crate::model::format;
use crate::model::health::{Severity, ShardFigures};
use crate::model::ids::ShardId;
use crate::model::keys::{KeyRow, KeyScope, KeyTable, RankBy};
use crate::model::metrics::{Source, StreamMetrics, Window};
use crate::model::sample::StreamSample;
use crate::model::sample::state::SamplePlan;
use crate::model::shard_map::ShardMap;
use crate::model::sketch::hyper_log_log::Estimate;
use crate::model::split::{Child, SplitAdvice};
use crate::model::stream::StreamSummary;
use crate::model::time::Timestamp;
use crate::model::utilisation::{BoundBy, Utilisation};
use crate::model::verdict::{Evidence, Verdict, judge};
use crate::tasks::clock::Clock;
use crate::tasks::sampler::{SamplerOptions, sample_once};
use crate::tasks::session::Session;

/// Minutes of CloudWatch that are looked at: enough to say since when.
const MINUTES: u32 = 60;
/// Keys that are listed.
const MOST_KEYS: usize = 10;

/// One `DescribeStreamSummary`, one `ListShards` a thousand shards, `GetMetricData` for the stream (and its shards, where
/// shard-level metrics are on), and a sample of the newest seconds of every open shard, see [`sample_once`].
pub(super) async fn run(session: &Session, args: &DiagnoseArgs) -> Result<(), End> {
    let connection = &session.connection;
    let clock = Clock::system();
    let summary = connection.describe_summary(&args.stream).await?;
    let shards = ShardMap::new(connection.list_shards(&args.stream).await?);
    let metrics = metrics(session, &summary, &shards, clock.now()).await;
    let options = SamplerOptions {
        shards: shards.open().map(|shard| shard.id.clone()).collect(),
        plan: SamplePlan::Window { seconds: args.window },
        reads_per_sec: args.read_budget,
        not_before: summary.created.max(session.generated_before),
    };
    let read = sample_once(connection, &args.stream, options, &clock).await?;
    for (shard, problem) in &read.failed {
        tracing::warn!(%shard, "{problem}");
    }
    let evidence =
        Evidence { summary: Some(&summary), shards: &shards, metrics: metrics.as_ref(), sample: Some(&read.sample) };
    let verdict = judge(&evidence, None);
    let report = Report {
        stream: args.stream.as_str(),
        shards: &shards,
        keys: shard_keys(&read.sample, verdict.shard.as_ref()),
        distinct: (!read.sample.is_empty()).then(|| read.sample.distinct_keys()),
        window: (read.span.from, read.span.to),
        verdict,
    };
    let mut out = out::stdout();
    if args.json {
        writeln!(out, "{}", report.json())?;
    } else {
        report.text(&mut out)?;
    }
    Ok(out.flush()?)
}

/// A server without CloudWatch is no failure: the records tell as much as they can.
async fn metrics(
    session: &Session,
    summary: &StreamSummary,
    shards: &ShardMap,
    now: Timestamp,
) -> Option<StreamMetrics> {
    let connection = &session.connection;
    if !connection.info().has_cloudwatch {
        return None;
    }
    let with_shards = summary.has_shard_metric("IncomingBytes") || summary.has_shard_metric("IncomingRecords");
    let ids: Vec<ShardId> =
        if with_shards { shards.open().map(|shard| shard.id.clone()).collect() } else { Vec::new() };
    match connection.stream_metrics(&summary.name, Window::last_minutes(now, MINUTES), &ids).await {
        Ok(metrics) => Some(metrics),
        Err(problem) => {
            tracing::info!("{problem}");
            None
        }
    }
}

/// The heaviest keys of one shard, or of every shard, each with its share of its own shard.
fn shard_keys(sample: &StreamSample, only: Option<&ShardId>) -> Vec<KeyRow> {
    let wanted = sample.shards().map(|(id, _)| id).filter(|id| only.is_none_or(|only| only == *id));
    let mut rows: Vec<KeyRow> = wanted
        .flat_map(|id| {
            let mut table = KeyTable::new(sample, KeyScope::Shard(id.clone()), RankBy::Bytes);
            table.rows.truncate(MOST_KEYS);
            table.rows
        })
        .collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.bytes));
    rows.truncate(MOST_KEYS);
    rows
}

/// Everything that is said, as JSON or as text.
struct Report<'a> {
    stream: &'a str,
    shards: &'a ShardMap,
    verdict: Verdict,
    keys: Vec<KeyRow>,
    distinct: Option<Estimate>,
    window: (Timestamp, Timestamp),
}

impl Report<'_> {
    fn json(&self) -> Value {
        let Self { shards, verdict, window: (from, to), .. } = self;
        json!({
            "stream": self.stream,
            "window": { "from": from.to_rfc3339(), "to": to.to_rfc3339() },
            "verdict": verdict.kind.code(),
            "severity": severity(verdict.severity),
            "summary": verdict.to_text(),
            "shards": verdict.shards.iter().map(|figures| shard_json(figures, shards)).collect::<Vec<_>>(),
            "keys": self.keys.iter().map(key_json).collect::<Vec<_>>(),
            "distinct_keys": self.distinct.map(|distinct| json!({
                "estimate": distinct.value.round(),
                "low": distinct.low.round(),
                "high": distinct.high.round(),
            })),
            "split": verdict.split.as_ref().map(|split| split_json(verdict.shard.as_ref(), split)),
            "samples": verdict.samples,
        })
    }

    fn text(&self, out: &mut impl Write) -> std::io::Result<()> {
        let verdict = &self.verdict;
        writeln!(out, "{}  {}: {}", severity(verdict.severity).to_uppercase(), self.stream, verdict.title)?;
        writeln!(out, "{}", verdict.sentence.to_text())?;
        if let Some(note) = &verdict.note {
            writeln!(out, "{}. {}", note.title, note.text)?;
        }
        let seconds = (self.window.1 - self.window.0).0 / 1_000;
        let records = format::grouped(i64::try_from(verdict.samples).unwrap_or(i64::MAX));
        writeln!(out, "\n{records} records read of the last {seconds} s, {}", verdict.confidence.text())?;
        self.key_lines(out)?;
        self.shard_lines(out)
    }

    fn key_lines(&self, out: &mut impl Write) -> std::io::Result<()> {
        if self.keys.is_empty() {
            return Ok(());
        }
        writeln!(out, "\n{:<40} {:>7} {:>6} {:>9}  SHARD", "PARTITION KEY", "SHARE", "± pp", "MiB/s")?;
        for row in &self.keys {
            writeln!(
                out,
                "{:<40} {:>6.1}% {:>6.1} {:>9}  {}",
                format::one_line(row.key.as_str(), 40),
                row.share * 100.0,
                row.half_width() * 100.0,
                self.load_of(row).map_or("—".to_owned(), |load| format!("{:.3}", row.share * load.bytes_share)),
                row.shard,
            )?;
        }
        Ok(())
    }

    /// What the key's shard is measured with; CloudWatch where it knows the shard.
    fn load_of(&self, row: &KeyRow) -> Option<Utilisation> {
        self.verdict.shards.iter().find(|figures| figures.shard == row.shard)?.load
    }

    fn shard_lines(&self, out: &mut impl Write) -> std::io::Result<()> {
        writeln!(out, "\n{:<24} {:>5} {:>5} {:>5}  {:<11} FLAGS", "SHARD", "NOW", "PEAK", "MEAN", "SOURCE")?;
        let share = |value: Option<f64>| value.map_or("—".to_owned(), format::percent);
        for figures in &self.verdict.shards {
            writeln!(
                out,
                "{:<24} {:>5} {:>5} {:>5}  {:<11} {}",
                figures.shard.as_str(),
                share(figures.now),
                share(figures.peak),
                share(figures.mean),
                source(figures.source),
                figures.flags().join(", "),
            )?;
        }
        Ok(())
    }
}

fn source(source: Source) -> &'static str {
    match source {
        Source::CloudWatch => "cloudwatch",
        Source::Sampled => "sampled",
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::Warning => "warning",
        Severity::Ok | Severity::Changing => "ok",
        Severity::Unknown => "unknown",
    }
}

fn shard_json(figures: &ShardFigures, shards: &ShardMap) -> Value {
    let range = shards.get(&figures.shard).map(|shard| shard.range);
    json!({
        "shard_id": figures.shard.as_str(),
        "hash_key_range": range.map(|range| json!({ "start": range.start.to_string(), "end": range.end.to_string() })),
        "utilisation": {
            "now": figures.now,
            "peak": figures.peak,
            "mean": figures.mean,
            "bound_by": figures.is_known().then_some(match figures.bound_by {
                BoundBy::Bytes => "bytes",
                BoundBy::Records => "records",
            }),
        },
        "source": source(figures.source),
        "resolution_seconds": figures.resolution_seconds,
        "throttled_records": figures.refused,
        "flags": figures.flags(),
    })
}

fn key_json(row: &KeyRow) -> Value {
    json!({
        "partition_key": row.key.as_str(),
        "shard_id": row.shard.as_str(),
        "bytes": row.bytes,
        "records": row.records,
        "share_of_shard_bytes": row.share,
        "share_low": row.low,
        "share_high": row.high,
    })
}

fn split_json(shard: Option<&ShardId>, split: &SplitAdvice) -> Value {
    let child = |child: &Child| child.utilisation.map(Utilisation::value);
    json!({
        "helps": split.helps,
        "shard_id": shard.map(ShardId::as_str),
        "new_starting_hash_key": split.balanced.map(|cut| cut.new_starting_hash_key.to_string()),
        "predicted": split.balanced.map(|cut| json!({ "left": child(&cut.left), "right": child(&cut.right) })),
        "reason": split.sentence(),
    })
}
