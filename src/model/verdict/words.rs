//! The words of the conclusion: titles, sentences with their figures, and the note that names the trap and the way out.

use super::{KEY_PART, Note, VerdictKind};
use crate::model::format;
use crate::model::health::{Cause, LEVEL_SECONDS, Severity, ShardFigures};
use crate::model::ids::ShardId;
use crate::model::keys::KeyRow;
use crate::model::sentence::{Sentence, Span};
use crate::model::split::{SplitAdvice, SplitReason};
use crate::model::stream::StreamMode;
use crate::model::utilisation::{BoundBy, Utilisation};

/// Share of the limit that shards should have after a change, so that it holds for a while.
const TARGET_SHARE: f64 = 0.7;

fn percent(share: f64) -> String {
    format::percent(share).replace('%', " %")
}

/// `shardId-…0007` for ids of AWS's form; others stay whole.
pub(super) fn shard_name(shard: &ShardId) -> String {
    if shard.as_str().starts_with("shardId-") { format!("shardId-{}", shard.short()) } else { shard.to_string() }
}

/// The one line.
pub(super) fn title(kind: VerdictKind, shard: Option<&ShardId>, severity: Severity) -> String {
    let subject = shard.map_or_else(|| "The stream".to_owned(), shard_name);
    match (kind, shard) {
        (VerdictKind::HotKey | VerdictKind::HotShard, _) if severity == Severity::Critical => {
            format!("{subject} is hot")
        }
        (VerdictKind::HotKey | VerdictKind::HotShard, _) => format!("{subject} is warm"),
        (VerdictKind::UnderProvisioned, _) => "The stream has too few shards".to_owned(),
        (VerdictKind::Bursts, Some(_)) => format!("{subject} bursts within the minute"),
        (VerdictKind::Bursts, None) => "Writes are refused in short bursts".to_owned(),
        (VerdictKind::SlowConsumer, _) => "A consumer is falling behind".to_owned(),
        (VerdictKind::Healthy, Some(_)) => format!("{subject} is fine"),
        (VerdictKind::Healthy, None) => "No shard needs attention".to_owned(),
        (VerdictKind::Unknown, _) => "Nothing is known yet".to_owned(),
    }
}

/// The sentence about a hot shard, with the key that carries it.
pub(super) fn with_key(sentence: Sentence, row: &KeyRow) -> Sentence {
    let name = format::one_line(row.key.as_str(), 40);
    sentence.plain(" Key ").span(Span::Code(name)).plain(" carries ").span(Span::Strong(percent(row.share))).plain(
        match (percent(row.low), percent(row.high)) {
            (low, high) if low == high => " of it.".to_owned(),
            (low, high) => format!(" of it ({} to {high} at 95 % confidence).", low.trim_end_matches(" %")),
        },
    )
}

/// What a split does to a hot key, and what helps instead.
pub(super) fn key_note(row: &KeyRow, load: Option<Utilisation>, split: Option<&SplitAdvice>) -> Note {
    // Its part of what the shard is measured with: the records that were read may be of a calmer moment.
    let own = load.map(|load| row.share * load.value());
    let mut text = format!("One key hashes to one shard. After any split the child that owns {}", row.hash.hex_short());
    match load {
        Some(load) if load.bound_by() == BoundBy::Bytes => {
            text.push_str(&format!(" still takes {:.2} MiB/s", row.share * load.bytes_share))
        }
        Some(load) => text.push_str(&format!(" still takes {:.0} records/s", row.share * load.records_share * 1_000.0)),
        None => text.push_str(&format!(" still takes {} of the load", percent(row.share))),
    }
    text.push_str(". Salt the key at the producer");
    match (split.and_then(|split| split.isolation.as_ref()), own) {
        (Some(isolation), Some(own)) if own < 1.0 => {
            let splits = if isolation.cuts.len() == 1 { "one split" } else { "two splits" };
            text.push_str(&format!(
                ", or give it a shard of its own by {splits}: alone it is at {} of a shard.",
                percent(own)
            ));
        }
        (_, Some(own)) if own >= 1.0 => text.push_str(": alone it fills a shard."),
        _ => text.push('.'),
    }
    Note { title: "Splitting will not help".to_owned(), text }
}

/// A hot shard whose load is spread.
pub(super) fn spread_note(split: Option<&SplitAdvice>) -> Note {
    let Some(split) = split else { return unknown_keys_note() };
    match (&split.reason, &split.balanced) {
        (SplitReason::Balances, Some(cut)) => {
            let child = |share: f64, value: Option<f64>| value.map_or_else(|| percent(share), percent);
            let left = child(cut.left.share, cut.left.utilisation.map(|load| load.value()));
            let right = child(cut.right.share, cut.right.utilisation.map(|load| load.value()));
            let key = cut.new_starting_hash_key.hex_short();
            let even = split.even.as_ref().map(|even| percent(even.busier_share()));
            let even = even.map_or(String::new(), |busier| {
                format!(" An even split would leave {busier} of the load in one child.")
            });
            Note {
                title: "A split at the balanced point helps".to_owned(),
                text: format!("Many keys share the load. Cut at {key}, the children take {left} and {right}.{even}"),
            }
        }
        _ => Note { title: "A split helps little".to_owned(), text: split.sentence() },
    }
}

/// A hot shard of whose keys nothing is known.
pub(super) fn unknown_keys_note() -> Note {
    Note {
        title: "Look at its keys before you split".to_owned(),
        text: format!(
            "A split helps when many keys share the load. When one key carries more than {}, all its records still go to \
             one shard. Sample the keys to see which it is.",
            percent(KEY_PART)
        ),
    }
}

/// The sentence about a stream that is full.
pub(super) fn full<'a>(figures: impl Iterator<Item = &'a ShardFigures>) -> Sentence {
    let known: Vec<&ShardFigures> = figures.filter(|figures| figures.level.is_some()).collect();
    let warm = known.iter().filter(|figures| figures.is_warm()).count();
    let mean = known.iter().filter_map(|figures| figures.level).sum::<f64>() / known.len().max(1) as f64;
    let refused: f64 = known.iter().filter_map(|figures| figures.refused).sum();
    let sentence = Sentence::new()
        .span(Span::Crit(format!("{warm} of {}", format::counted(known.len(), "shard"))))
        .plain(if warm == 1 { " is over 80 % of its write limit" } else { " are over 80 % of their write limit" })
        .plain(", the mean of all is ")
        .span(Span::Strong(percent(mean)));
    match refused > 0.0 {
        true => sentence
            .plain("; ")
            .span(Span::Throttle(format!("{} writes", format::grouped(refused as i64))))
            .plain(" refused."),
        false => sentence.plain("."),
    }
}

/// How many shards the load needs.
pub(super) fn more_shards_note(levels: f64, shards: usize, mode: Option<StreamMode>) -> Note {
    let needed = ((levels / TARGET_SHARE).ceil() as usize).max(shards + 1);
    let text = match mode {
        Some(StreamMode::OnDemand) => {
            "The stream is on-demand: AWS adds shards within 15 minutes, as long as traffic does \
             not more than double in that time. Slow the producers down until then."
                .to_owned()
        }
        _ => format!(
            "The load as it was accepted needs {needed} shards to stay under {} each; what was refused comes on top. \
             UpdateShardCount at most doubles them in one call.",
            percent(TARGET_SHARE)
        ),
    };
    Note { title: "Splitting one shard is not enough".to_owned(), text }
}

/// Bursts.
pub(super) fn burst_note() -> Note {
    Note {
        title: "Smooth the producer first".to_owned(),
        text: format!(
            "The limit holds for every second; a mean over a minute, or over {LEVEL_SECONDS} s, hides what goes over it. \
             Spread the writes, or retry with backoff and jitter. More shards only help if a burst has many keys."
        ),
    }
}

/// Readers.
pub(super) fn consumer_note(cause: Cause) -> Note {
    match cause {
        Cause::ReadsThrottled => Note {
            title: "Readers get in each other's way".to_owned(),
            text: "All polling consumers of a shard share 5 GetRecords calls and 2 MiB/s. Poll less often, or give one of \
                   them enhanced fan-out."
                .to_owned(),
        },
        _ => Note {
            title: "More shards do not speed up a slow reader".to_owned(),
            text: "Records wait until they are read and are lost at the end of the retention. Look at the consumer's \
                   errors, batch size and parallelism first."
                .to_owned(),
        },
    }
}

/// When no rule holds.
pub(super) fn calm(was_written: bool, is_known: bool, knows_refusals: bool, figures: &[&ShardFigures]) -> Sentence {
    let hottest = figures.iter().filter_map(|figures| Some((figures.level?, *figures)));
    match hottest.max_by(|a, b| a.0.total_cmp(&b.0)) {
        Some((level, hottest)) if was_written => Sentence::new()
            .plain("The hottest shard, ")
            .span(Span::Code(hottest.shard.short()))
            .plain(", is at ")
            .span(Span::Strong(percent(level)))
            .plain(match knows_refusals {
                true => " of its write limit and nothing was refused.",
                false => " of its write limit. Whether writes were refused cannot be seen in records.",
            }),
        None if was_written => Sentence::new()
            .plain("The stream as a whole is within its limits; single shards cannot be seen without shard metrics."),
        _ if is_known => Sentence::new().plain("Nothing was written in this time: there is no load to judge."),
        _ => {
            Sentence::new().plain("There are no figures and no records of this time, which is not the same as no load.")
        }
    }
}
