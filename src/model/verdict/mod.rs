//! The conclusion about one stream: what is wrong, with which shard and key, since when, how sure that is, and what to do.
//!
//! One table. The first rule that holds decides; the findings that the rules rest on are those of [`super::health`], judged
//! by minute sums of CloudWatch, by records that were read, or by both.
//!
//! | verdict | holds when | thresholds and their source | what to do |
//! |---|---|---|---|
//! | under_provisioned | at least [`FULL_PART`] of the shards with figures are over 80 %, at least two of them, and the mean of all is | 80 % of 1 MiB/s or 1,000 records/s (API: `PutRecords`) | more shards, or on-demand mode |
//! | hot_key | a shard is hot and one key carries more than half of what binds it | the lower end of the 95 % interval over one half: sure; the share itself: likely | salt the key, or isolate it; a split will not help |
//! | under_provisioned | the only shard is hot, and no key carries half of it | as above | more shards |
//! | hot_shard | a shard is hot and its load is spread over keys, or nothing is known of its keys | as above | split at the balanced point, or sample its keys |
//! | bursts | a shard refused writes, or reached its limit in single seconds, though no minute (or 15 s) reaches 80 % | limits hold for every second (API: `PutRecords`) | smooth the producer |
//! | slow_consumer | an iterator age of 1 min or more, and no write trouble as bad | AWS's suggested alarm on `GetRecords.IteratorAgeMilliseconds` | look at the consumer |
//! | healthy | figures are known and no rule holds | | nothing |
//! | unknown | no figures, and no records | no data is not zero | look again, or sample |
//!
//! A shard is hot when it is over 80 % (warning), or over 100 %, or over 80 % with refused writes (critical).

mod judge;
mod words;

pub use judge::{Evidence, judge};

use super::health::{Severity, ShardFigures};
use super::ids::ShardId;
use super::keys::KeyTable;
use super::sentence::Sentence;
use super::split::{DOMINANT_SHARE, SplitAdvice};
use super::time::Timestamp;

/// Part of the shards that must be hot for the stream as a whole to be too small.
pub const FULL_PART: f64 = 2.0 / 3.0;
/// Part of a shard's load over which one key decides: above it, no split leaves the child that holds the key with less.
pub const KEY_PART: f64 = DOMINANT_SHARE;

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VerdictKind {
    /// One key carries a hot shard.
    HotKey,
    /// One shard is hot by many keys, or by keys nobody has looked at.
    HotShard,
    /// The stream has too few shards.
    UnderProvisioned,
    /// The limit is reached in single seconds.
    Bursts,
    /// A consumer is behind.
    SlowConsumer,
    /// Nothing is wrong.
    Healthy,
    /// Nothing is known.
    Unknown,
}

impl VerdictKind {
    /// As `kinescope diagnose --json` says it.
    pub fn code(self) -> &'static str {
        match self {
            Self::HotKey => "hot_key",
            Self::HotShard => "hot_shard",
            Self::UnderProvisioned => "under_provisioned",
            Self::Bursts => "bursts",
            Self::SlowConsumer => "slow_consumer",
            Self::Healthy => "healthy",
            Self::Unknown => "unknown",
        }
    }

    /// The words of the tag.
    pub fn tag(self) -> &'static str {
        match self {
            Self::HotKey => "HOT · KEY SKEW",
            Self::HotShard => "HOT SHARD",
            Self::UnderProvisioned => "TOO FEW SHARDS",
            Self::Bursts => "BURSTS",
            Self::SlowConsumer => "SLOW CONSUMER",
            Self::Healthy => "FINE",
            Self::Unknown => "NO DATA",
        }
    }
}

/// How sure the conclusion is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// It rests on figures that leave the cause open.
    Low,
    /// Likely by what was read.
    Medium,
    /// The interval of the figures leaves no other conclusion.
    High,
}

impl Confidence {
    /// In words.
    pub fn text(self) -> &'static str {
        match self {
            Self::Low => "low confidence",
            Self::Medium => "medium confidence",
            Self::High => "high confidence",
        }
    }
}

/// The trap beside the sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// `Splitting will not help`.
    pub title: String,
    /// Why, and what does.
    pub text: String,
}

/// The conclusion about one stream.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// What is wrong.
    pub kind: VerdictKind,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// The shard it is about, where it is one.
    pub shard: Option<ShardId>,
    /// Since when, as far back as the figures reach.
    pub since: Option<Timestamp>,
    /// `shardId-…0007 is hot`.
    pub title: String,
    /// The figures behind it.
    pub sentence: Sentence,
    /// The trap and the next action.
    pub note: Option<Note>,
    /// Every open shard, in hash order.
    pub shards: Vec<ShardFigures>,
    /// Keys of the shard it is about, or of the stream; `None` where no records were read.
    pub keys: Option<KeyTable>,
    /// What a split would do; `None` where the verdict is about no shard.
    pub split: Option<SplitAdvice>,
    /// Records that were read.
    pub samples: u64,
}

impl Verdict {
    /// Title, sentence and note in one paragraph, for the clipboard and for scripts.
    pub fn to_text(&self) -> String {
        let mut text = format!("{}. {}", self.title, self.sentence.to_text());
        if let Some(note) = &self.note {
            text.push_str(&format!(" {}. {}", note.title, note.text));
        }
        text
    }
}

#[cfg(test)]
mod tests;
