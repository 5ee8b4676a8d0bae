//! What became of every record of a run, kept small: a few dozen bytes for each, whatever the records weigh. Holds keys,
//! never data.

mod lines;

use std::collections::HashMap;

pub use lines::{ResultsOf, ResultsWish, head, line, number_lines};

use super::hash_range::HashKey;
use super::ids::{PartitionKey, SequenceNumber, ShardId};
use super::writes::{InjectRow, PutOutcome};

/// Memory that the results of a run may take, in bytes; what is sent or left out beyond it is only counted.
pub const MOST_BYTES: usize = 192 * 1_048_576;
/// Decimal digits of which a `u64` holds every combination.
const CHUNK: usize = 19;

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The stream has it.
    Sent,
    /// It was refused for good, or the run ended before it was taken.
    Failed,
    /// No answer is known: it may be in the stream.
    Unknown,
    /// It was left out, as was asked for.
    Skipped,
}

impl Status {
    /// As files name it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Skipped => "skipped",
        }
    }
}

/// One result, as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultRow<'a> {
    /// The number of the record in its source.
    pub number: u64,
    /// Its key; `None` where it has none that can be read.
    pub key: Option<&'a str>,
    /// Where it lands by an explicit hash key; otherwise the key decides.
    pub explicit: Option<HashKey>,
    /// Where it landed.
    pub shard: Option<&'a ShardId>,
    /// Its sequence number.
    pub sequence: Option<String>,
    /// How often it was sent.
    pub attempts: u32,
    /// What became of it.
    pub status: Status,
    /// Why it was not sent.
    pub reason: Option<&'a str>,
}

/// A sequence number of up to 57 digits without leading zeros, as every server gives them; others are kept as text.
#[derive(Clone, Copy, Debug)]
enum Digits {
    None,
    Decimal([u64; 3]),
    Text(u32),
}

#[derive(Clone, Copy, Debug)]
struct Kept {
    number: u64,
    key_end: usize,
    sequence: Digits,
    attempts: u32,
    /// Places in the tables, from 1.
    shard: u32,
    explicit: u32,
    reason: u32,
    status: Status,
    has_key: bool,
}

/// Texts or hash keys, each kept once and named by its place from 1.
#[derive(Clone, Debug)]
struct Table<T> {
    all: Vec<T>,
    places: HashMap<T, u32>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { all: Vec::new(), places: HashMap::new() }
    }
}

impl<T: Clone + Eq + std::hash::Hash> Table<T> {
    fn place(&mut self, value: Option<&T>) -> u32 {
        let Some(value) = value else { return 0 };
        if let Some(place) = self.places.get(value) {
            return *place;
        }
        self.all.push(value.clone());
        let place = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.places.insert(value.clone(), place);
        place
    }

    fn get(&self, place: u32) -> Option<&T> {
        self.all.get((place as usize).checked_sub(1)?)
    }
}

/// The results of one run, in the order in which they came to be.
#[derive(Clone, Debug, Default)]
pub struct Results {
    rows: Vec<Kept>,
    keys: String,
    shards: Table<ShardId>,
    explicit: Table<HashKey>,
    reasons: Table<String>,
    odd_sequences: Vec<SequenceNumber>,
    sent_beyond: u64,
    skipped_beyond: u64,
}

impl Results {
    /// Nothing has an end yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The results of records that were typed, numbered from 1. Those that are under way have none.
    pub fn of_rows(rows: &[InjectRow]) -> Self {
        let mut results = Self::new();
        for (number, row) in (1..).zip(rows) {
            if let Some(outcome) = &row.outcome {
                let outcome = outcome.as_ref().map_err(|problem| (problem.leaves_open(), problem.sentence.as_str()));
                results.ended(number, &row.partition_key, row.explicit_hash_key, row.waits.len() as u32 + 1, outcome);
            }
        }
        results
    }

    /// A record has ended: with an answer, or without one, where the first of both says that it may be in the stream.
    pub fn ended(
        &mut self,
        number: u64,
        key: &PartitionKey,
        explicit: Option<HashKey>,
        attempts: u32,
        outcome: Result<&PutOutcome, (bool, &str)>,
    ) {
        let (status, shard, sequence, reason) = match outcome {
            Ok(PutOutcome::Accepted { shard_id, sequence_number }) => {
                (Status::Sent, Some(shard_id), Some(sequence_number), None)
            }
            Ok(PutOutcome::Refused { code, message }) => {
                (Status::Failed, None, None, Some(format!("{code}: {message}")))
            }
            Err((true, words)) => (Status::Unknown, None, None, Some(words.to_owned())),
            Err((false, words)) => (Status::Failed, None, None, Some(words.to_owned())),
        };
        if status == Status::Sent && self.is_full() {
            self.sent_beyond += 1;
            return;
        }
        let kept = Kept {
            number,
            key_end: 0,
            sequence: self.digits(sequence),
            attempts,
            shard: self.shards.place(shard),
            explicit: self.explicit.place(explicit.as_ref()),
            reason: self.reasons.place(reason.as_ref()),
            status,
            has_key: true,
        };
        self.push(kept, key.as_str());
    }

    /// A record was left out.
    pub fn skipped(&mut self, number: u64, key: Option<&PartitionKey>, shard: Option<&ShardId>, reason: &str) {
        if self.is_full() {
            self.skipped_beyond += 1;
            return;
        }
        let kept = Kept {
            number,
            key_end: 0,
            sequence: Digits::None,
            attempts: 0,
            shard: self.shards.place(shard),
            explicit: 0,
            reason: self.reasons.place(Some(&reason.to_owned())),
            status: Status::Skipped,
            has_key: key.is_some(),
        };
        self.push(kept, key.map_or("", |key| key.as_str()));
    }

    fn push(&mut self, kept: Kept, key: &str) {
        self.keys.push_str(key);
        self.rows.push(Kept { key_end: self.keys.len(), ..kept });
    }

    fn digits(&mut self, sequence: Option<&SequenceNumber>) -> Digits {
        let Some(sequence) = sequence else { return Digits::None };
        if let Some(chunks) = pack(sequence.as_str()) {
            return Digits::Decimal(chunks);
        }
        self.odd_sequences.push(sequence.clone());
        Digits::Text(u32::try_from(self.odd_sequences.len() - 1).unwrap_or(u32::MAX))
    }

    fn is_full(&self) -> bool {
        self.rows.len() * size_of::<Kept>() + self.keys.len() >= MOST_BYTES
    }

    /// Records that are kept.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether nothing has an end yet.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Records that are only counted, since there was no more room: all of them, or only those that were left out.
    pub fn beyond(&self, only_unsent: bool) -> u64 {
        self.skipped_beyond + if only_unsent { 0 } else { self.sent_beyond }
    }

    /// Every result by its number, or only those that are not sent.
    pub fn sorted(&self, only_unsent: bool) -> impl Iterator<Item = ResultRow<'_>> {
        let mut order: Vec<u32> = (0..u32::try_from(self.rows.len()).unwrap_or(u32::MAX)).collect();
        order.retain(|at| !only_unsent || self.rows.get(*at as usize).is_some_and(|row| row.status != Status::Sent));
        order.sort_by_key(|at| self.rows.get(*at as usize).map_or(0, |row| row.number));
        order.into_iter().filter_map(|at| self.row(at as usize))
    }

    fn row(&self, at: usize) -> Option<ResultRow<'_>> {
        let kept = self.rows.get(at)?;
        let from = at.checked_sub(1).and_then(|before| self.rows.get(before)).map_or(0, |before| before.key_end);
        Some(ResultRow {
            number: kept.number,
            key: self.keys.get(from..kept.key_end).filter(|_| kept.has_key),
            explicit: self.explicit.get(kept.explicit).copied(),
            shard: self.shards.get(kept.shard),
            sequence: match kept.sequence {
                Digits::None => None,
                Digits::Decimal(chunks) => Some(unpack(chunks)),
                Digits::Text(at) => self.odd_sequences.get(at as usize).map(|text| text.as_str().to_owned()),
            },
            attempts: kept.attempts,
            status: kept.status,
            reason: self.reasons.get(kept.reason).map(String::as_str),
        })
    }
}

/// Up to 57 decimal digits as three numbers; `None` for anything else.
fn pack(text: &str) -> Option<[u64; 3]> {
    let is_plain = !text.starts_with('0') && text.len() <= 3 * CHUNK && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_plain || text.is_empty() {
        return None;
    }
    let (rest, last) = text.split_at_checked(text.len().saturating_sub(CHUNK))?;
    let (first, middle) = rest.split_at_checked(rest.len().saturating_sub(CHUNK))?;
    let number = |text: &str| if text.is_empty() { Some(0) } else { text.parse().ok() };
    Some([number(first)?, number(middle)?, number(last)?])
}

fn unpack(chunks: [u64; 3]) -> String {
    match chunks {
        [0, 0, last] => last.to_string(),
        [0, middle, last] => format!("{middle}{last:019}"),
        [first, middle, last] => format!("{first}{middle:019}{last:019}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn accepted(shard: &str, sequence: &str) -> PutOutcome {
        PutOutcome::Accepted { shard_id: ShardId::from(shard), sequence_number: SequenceNumber::from(sequence) }
    }

    #[test]
    fn every_record_comes_back_in_the_order_of_the_source() {
        let mut results = Results::new();
        let slow =
            PutOutcome::Refused { code: "ProvisionedThroughputExceededException".into(), message: "slow".into() };
        results.ended(7, &"b".into(), Some(HashKey(5)), 1, Ok(&accepted("shardId-1", "49668412730951846205")));
        results.ended(3, &"a".into(), None, 6, Ok(&slow));
        results.skipped(5, None, None, "not JSON");
        results.ended(4, &"".into(), None, 1, Err((true, "no answer")));
        results.ended(9, &"c".into(), None, 2, Ok(&accepted("shardId-1", "odd-1")));
        let rows: Vec<_> = results.sorted(false).collect();
        assert_eq!(rows.iter().map(|row| row.number).collect::<Vec<_>>(), [3, 4, 5, 7, 9]);
        assert_eq!((rows[0].key, rows[0].status, rows[0].attempts), (Some("a"), Status::Failed, 6));
        assert_eq!(rows[0].reason, Some("ProvisionedThroughputExceededException: slow"));
        assert_eq!((rows[1].status, rows[2].key, rows[2].reason), (Status::Unknown, None, Some("not JSON")));
        assert_eq!((rows[3].explicit, rows[3].sequence.as_deref()), (Some(HashKey(5)), Some("49668412730951846205")));
        assert_eq!(
            (rows[4].sequence.as_deref(), rows[4].shard.map(|id| id.as_str())),
            (Some("odd-1"), Some("shardId-1"))
        );
        assert_eq!(results.sorted(true).map(|row| row.number).collect::<Vec<_>>(), [3, 4, 5]);
    }

    proptest! {
        #[test]
        fn a_sequence_number_keeps_every_digit(text in "[1-9][0-9]{0,56}") {
            prop_assert_eq!(pack(&text).map(unpack), Some(text));
        }

        #[test]
        fn what_is_no_plain_number_is_not_packed(text in "(0[0-9]{0,9}|[0-9]{58,70}|[0-9]{0,5}[a-z ][0-9]{0,5}|)") {
            prop_assert_eq!(pack(&text), None);
        }
    }
}
