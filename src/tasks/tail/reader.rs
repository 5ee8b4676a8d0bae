//! The reading of one shard: where it stands, when its next call is due, and what its answers mean. Pure: time and answers
//! are handed in.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::arrivals::Arrivals;
use crate::model::ids::{SequenceNumber, ShardId};
use crate::model::limits::{GET_RECORDS_MAX_RECORDS, SHARD_READ_BYTES_PER_SEC};
use crate::model::position::StartingPosition;
use crate::model::record::RawRecord;
use crate::model::shard_map::Shard;
use crate::model::tail::ShardTailState;
use crate::model::time::{Millis, Timestamp};
use crate::tasks::remedy::Remedy;

/// Pause between two reads at the tip (AWS advises one second, API: `GetRecords`).
const TIP_MILLIS: i64 = 1_000;
/// First and longest wait behind a failure.
const FAILURE_WAIT_MILLIS: (i64, i64) = (1_000, 30_000);
/// First and longest wait behind a throttle: a throttled shard refuses every call of the next second.
const THROTTLE_WAIT_MILLIS: (i64, i64) = (1_000, 16_000);
/// Reads become faster again after this long without a throttle.
const CALM_MILLIS: i64 = 10_000;
/// A closed shard whose server never says that it ended has ended after this many empty answers at its tip.
const EMPTY_ANSWERS_OF_ENDED: u32 = 3;

/// What the first answer of a shard is asked for, while the size of its records is not known.
const FIRST_LIMIT: i32 = 2_000;
/// Fewest records that an answer is asked for.
const LEAST_LIMIT: f64 = 100.0;

/// One answer of `GetRecords`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// In the order of the shard.
    pub records: Vec<RawRecord>,
    /// `None` when the shard is closed and read to its end.
    pub next_iterator: Option<String>,
    /// Distance from the tip of the shard; always 0 on some servers that are not AWS.
    pub millis_behind_latest: Option<i64>,
    /// What came from the shard, told at its end by some servers; without sequence numbers.
    pub children: Vec<Shard>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Waits for its parents.
    Blocked,
    /// Needs an iterator, or a subscription.
    NeedsIterator,
    /// `GetShardIterator` is on its way.
    AskingIterator,
    /// Has an iterator.
    Ready(Arc<str>),
    /// `GetRecords` is on its way.
    Reading(Arc<str>),
    /// `SubscribeToShard` is on its way.
    Subscribing,
    /// Events are pushed; due when the subscription is to be renewed.
    Subscribed,
    /// Read to its tip, and that was all that was asked for.
    AtTip,
    /// Read to its end.
    Ended,
}

/// What an answer of `GetRecords` came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// Read on at the due time.
    ReadOn,
    /// Nothing more was asked for.
    AtTip,
    /// The shard was read to its end.
    Ended,
}

#[derive(Clone, Debug)]
pub(super) struct Reader {
    pub shard: Shard,
    pub phase: Phase,
    /// Where a new iterator would begin: no record behind it has been handed on.
    pub resume: StartingPosition,
    /// The next call, where one is to be made.
    pub due: Timestamp,
    /// Whether a listing has named its parents, so that those it did not name are gone.
    pub is_lineage_known: bool,
    /// Whether it takes no writes any more, as far as is known.
    pub is_closed: bool,
    /// Failures since the last answer with records or without.
    pub failures: u32,
    /// Whether a person was told of them.
    pub is_failure_told: bool,
    /// Lag of the last answer, where it named one.
    pub millis_behind: Option<i64>,
    pub has_answered: bool,
    /// Every wait is this many times longer; above 1 the shard counts as throttled.
    pub slow: i64,
    pub throttles_in_row: u32,
    last_throttle: Timestamp,
    pub sent: Timestamp,
    last: Option<SequenceNumber>,
    /// Bytes of a record of the last answer that had any.
    mean_bytes: Option<f64>,
    pub is_renewed: bool,
    pub empty_at_tip: u32,
    /// Its newest subscription.
    pub subscription: u64,
    /// The newest one when it became known that the shard is closed: what it says may be older than the end.
    pub closed_since: u64,
    /// When that began.
    pub subscribed: Timestamp,
    /// What arrived lately.
    pub arrivals: Arrivals,
}

impl Reader {
    pub(super) fn new(shard: Shard, resume: StartingPosition, is_lineage_known: bool) -> Self {
        Self {
            is_closed: !shard.is_open(),
            shard,
            phase: Phase::Blocked,
            resume,
            due: Timestamp(0),
            is_lineage_known,
            failures: 0,
            is_failure_told: false,
            millis_behind: None,
            has_answered: false,
            slow: 1,
            throttles_in_row: 0,
            last_throttle: Timestamp(0),
            sent: Timestamp(0),
            last: None,
            mean_bytes: None,
            is_renewed: false,
            empty_at_tip: 0,
            subscription: 0,
            closed_since: 0,
            subscribed: Timestamp(0),
            arrivals: Arrivals::default(),
        }
    }

    /// Notes that the shard takes no writes any more.
    pub(super) fn close(&mut self) {
        if !std::mem::replace(&mut self.is_closed, true) {
            self.closed_since = self.subscription;
        }
    }

    pub(super) fn id(&self) -> &ShardId {
        &self.shard.id
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Ended | Phase::AtTip)
    }

    pub(super) fn is_slowed(&self) -> bool {
        self.slow > 1
    }

    pub(super) fn state(&self) -> ShardTailState {
        match self.phase {
            Phase::Ended | Phase::AtTip => ShardTailState::Ended,
            Phase::Blocked => ShardTailState::Waiting,
            _ if self.is_slowed() || self.is_failure_told => ShardTailState::Throttled,
            _ if !self.has_answered => ShardTailState::Waiting,
            _ => ShardTailState::Reading,
        }
    }

    pub(super) fn is_scheduled(&self) -> bool {
        matches!(self.phase, Phase::NeedsIterator | Phase::Ready(_) | Phase::Subscribed)
    }

    /// Notes that the due call is made now.
    pub(super) fn send(&mut self, now: Timestamp) {
        self.sent = now;
        self.phase = match std::mem::replace(&mut self.phase, Phase::Ended) {
            Phase::NeedsIterator => Phase::AskingIterator,
            Phase::Ready(iterator) => Phase::Reading(iterator),
            other => other,
        };
    }

    /// How many records to ask for: what the shard gives in a second. More would have to be waited for afterwards all the
    /// same, and ten megabytes at once are slow to take apart and large to hold.
    pub(super) fn limit(&self) -> i32 {
        let fits = |mean: f64| SHARD_READ_BYTES_PER_SEC / mean.max(1.0);
        let most = f64::from(GET_RECORDS_MAX_RECORDS);
        self.mean_bytes.map_or(FIRST_LIMIT, |mean| fits(mean).clamp(LEAST_LIMIT, most) as i32)
    }

    /// Takes a new iterator.
    pub(super) fn take_iterator(&mut self, iterator: String, now: Timestamp) {
        if self.resume == StartingPosition::Latest {
            // Should this iterator expire before a record was read, LATEST would leave a gap.
            self.resume = StartingPosition::AtTimestamp(self.sent);
        }
        self.phase = Phase::Ready(Arc::from(iterator));
        self.due = now;
    }

    /// Puts the call back, to be made again at a due time that the failure asks for.
    pub(super) fn fail(&mut self, remedy: Remedy, now: Timestamp) {
        self.phase = match (std::mem::replace(&mut self.phase, Phase::Ended), remedy) {
            (Phase::Reading(iterator), Remedy::SlowDown | Remedy::Retry) => Phase::Ready(iterator),
            _ => Phase::NeedsIterator,
        };
        let wait = match remedy {
            Remedy::SlowDown => {
                self.throttles_in_row += 1;
                self.slow = (self.slow * 2).min(16);
                self.last_throttle = now;
                doubled(THROTTLE_WAIT_MILLIS, self.throttles_in_row) + self.jitter(self.throttles_in_row)
            }
            Remedy::Renew => {
                self.is_renewed = true;
                self.failures += 1;
                // The first renewal is ordinary; a server that refuses what it just issued is not asked in a loop.
                if self.failures > 1 { doubled(FAILURE_WAIT_MILLIS, self.failures) } else { 0 }
            }
            _ => {
                self.failures += 1;
                doubled(FAILURE_WAIT_MILLIS, self.failures) + self.jitter(self.failures)
            }
        };
        self.due = now + Millis(wait);
    }

    /// Takes an answer: which records are new, and what comes next. `started` is set where reading ends at the tip as of
    /// that moment.
    pub(super) fn take_page(
        &mut self,
        mut page: Page,
        now: Timestamp,
        reads_per_sec: u32,
        started: Option<Timestamp>,
    ) -> (Vec<RawRecord>, After) {
        self.failures = 0;
        self.throttles_in_row = 0;
        if self.is_slowed() && now - self.last_throttle >= Millis(CALM_MILLIS) {
            self.slow /= 2;
            self.last_throttle = now;
        }
        self.has_answered = true;
        self.millis_behind = page.millis_behind_latest;
        let says_tip = page.millis_behind_latest.unwrap_or(0) == 0;
        let after = match page.next_iterator {
            None => After::Ended,
            Some(_) => self.judge(&page.records, says_tip, started),
        };
        self.skip_what_was_read(&mut page.records);
        let bytes: usize = page.records.iter().map(RawRecord::size_bytes).sum();
        let is_full = page.records.len() >= self.limit() as usize;
        let is_at_tip = says_tip && !is_full && (started.is_none() || page.records.is_empty());
        if !page.records.is_empty() {
            self.mean_bytes = Some(bytes as f64 / page.records.len() as f64);
        }
        self.note_last(&page.records);
        self.phase = match (after, page.next_iterator) {
            (After::ReadOn, Some(iterator)) => Phase::Ready(Arc::from(iterator)),
            (After::AtTip, _) => Phase::AtTip,
            _ => Phase::Ended,
        };
        let pause = 1_000 / i64::from(reads_per_sec.max(1));
        let pause = if is_at_tip { pause.max(TIP_MILLIS) } else { pause } * self.slow;
        self.due = (self.sent + Millis(pause)).max(now + throughput_wait(bytes));
        (page.records, after)
    }

    /// Goes on behind the last of these, should reading begin anew.
    pub(super) fn note_last(&mut self, records: &[RawRecord]) {
        if let Some(last) = records.last() {
            self.last = Some(last.sequence_number.clone());
            self.resume = StartingPosition::AfterSequence(last.sequence_number.clone());
        }
    }

    /// What an answer that does not end the shard comes to. `MillisBehindLatest` of 0 is not enough to stop at: some servers always say 0. It has to come with an empty answer,
    /// or with a record that arrived behind the start.
    pub(super) fn judge(&mut self, records: &[RawRecord], says_tip: bool, started: Option<Timestamp>) -> After {
        let is_empty = records.is_empty();
        self.empty_at_tip = if says_tip && is_empty { self.empty_at_tip + 1 } else { 0 };
        if self.is_closed {
            return if self.empty_at_tip >= EMPTY_ANSWERS_OF_ENDED { After::Ended } else { After::ReadOn };
        }
        let Some(started) = started else { return After::ReadOn };
        let is_past = || records.iter().any(|r| r.approximate_arrival.is_some_and(|at| at >= started));
        if says_tip && (is_empty || is_past()) { After::AtTip } else { After::ReadOn }
    }

    /// A renewed iterator begins behind the last record; a server that begins at it would show it twice.
    pub(super) fn skip_what_was_read(&mut self, records: &mut Vec<RawRecord>) {
        if !self.is_renewed || records.is_empty() {
            return;
        }
        self.is_renewed = false;
        if records.first().map(|record| &record.sequence_number) == self.last.as_ref() {
            records.remove(0);
        }
    }

    /// Up to a quarter of a second that differs from shard to shard and from try to try, so that shards do not all come
    /// back at once.
    fn jitter(&self, attempt: u32) -> i64 {
        let mut hasher = DefaultHasher::new();
        (self.shard.id.as_str(), attempt).hash(&mut hasher);
        (hasher.finish() % 250) as i64
    }
}

/// How long the shard's read throughput needs for so many bytes: after a reply of 10 MiB, calls of the next 5 seconds are
/// throttled (API: `GetRecords`).
pub(super) fn throughput_wait(bytes: usize) -> Millis {
    Millis((bytes as f64 * 1_000.0 / SHARD_READ_BYTES_PER_SEC) as i64)
}

fn doubled((first, longest): (i64, i64), attempt: u32) -> i64 {
    first.saturating_mul(1 << attempt.saturating_sub(1).min(20)).min(longest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::hash_range::HashKeyRange;

    fn page(records: usize, bytes: usize) -> Page {
        let record = |n: usize| RawRecord {
            sequence_number: SequenceNumber::from(format!("{n:09}")),
            partition_key: "k".into(),
            approximate_arrival: None,
            data: vec![b'x'; bytes - 1],
        };
        let records = (0..records).map(record).collect();
        Page { records, next_iterator: Some("next".to_owned()), millis_behind_latest: Some(1), children: Vec::new() }
    }

    #[test]
    fn an_answer_is_asked_for_that_the_shard_gives_in_a_second() {
        let shard = Shard {
            id: ShardId::from("shardId-000000000000"),
            range: HashKeyRange::FULL,
            parent: None,
            adjacent_parent: None,
            starting_sequence_number: SequenceNumber::from("1"),
            ending_sequence_number: None,
        };
        let mut reader = Reader::new(shard, StartingPosition::TrimHorizon, true);
        assert_eq!(reader.limit(), FIRST_LIMIT);
        for (bytes, limit) in [(1_024, 2_048), (50, 10_000), (1_048_576, 100)] {
            reader.take_page(page(3, bytes), Timestamp(0), 5, None);
            assert_eq!(reader.limit(), limit, "{bytes}");
        }
        reader.take_page(page(0, 1), Timestamp(0), 5, None);
        assert_eq!(reader.limit(), 100, "an empty answer says nothing of the size");
    }
}
