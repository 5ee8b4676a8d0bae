//! The reading of one shard against a shard that is a list of records.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::reading::{Allowance, Reading, Span, Step};
use crate::aws::RecordsPage;
use crate::model::answer::{Problem, ProblemKind};
use crate::model::ids::SequenceNumber;
use crate::model::position::StartingPosition;
use crate::model::record::RawRecord;
use crate::model::time::{Millis, Timestamp};

const START: Timestamp = Timestamp(1_000_000);

/// A shard as a server keeps it.
struct Shard {
    records: Vec<RawRecord>,
    /// Some servers say 0 however far behind a reader is.
    says_behind: bool,
    /// The oldest arrival that is kept when reading begins, in milliseconds; later it is as much more as time has passed.
    kept_from: Option<i64>,
}

impl Shard {
    fn new(arrivals: impl IntoIterator<Item = i64>, size: usize) -> Self {
        let mut arrivals: Vec<i64> = arrivals.into_iter().collect();
        arrivals.sort_unstable();
        let record = |(index, at): (usize, i64)| RawRecord {
            sequence_number: SequenceNumber::from(format!("{index}")),
            partition_key: "k".into(),
            approximate_arrival: Some(START + Millis(at)),
            data: vec![b'x'; size],
        };
        Self { records: arrivals.into_iter().enumerate().map(record).collect(), says_behind: true, kept_from: None }
    }

    /// The first record that is kept so long after the beginning.
    fn oldest(&self, after: Millis) -> usize {
        let kept = self.kept_from.map(|from| START + Millis(from) + after);
        self.records.partition_point(|record| record.approximate_arrival < kept)
    }

    fn index_of(&self, position: &StartingPosition, after: Millis) -> usize {
        match position {
            StartingPosition::AtTimestamp(at) => {
                self.records.partition_point(|record| record.approximate_arrival < Some(*at)).max(self.oldest(after))
            }
            StartingPosition::AfterSequence(number) => {
                number.as_str().parse::<usize>().expect("an index of this test") + 1
            }
            other => panic!("a sampler does not ask for {other:?}"),
        }
    }

    fn page(&self, iterator: &str, limit: i32, after: Millis) -> RecordsPage {
        let from: usize = iterator.parse().expect("an index of this test");
        let from = from.max(self.oldest(after));
        let to = (from + limit as usize).min(self.records.len());
        let behind = if to < self.records.len() && self.says_behind { 5_000 } else { 0 };
        RecordsPage {
            records: self.records[from..to].to_vec(),
            next_iterator: Some(to.to_string()),
            millis_behind_latest: Some(behind),
            child_shards: Vec::new(),
        }
    }
}

#[derive(Default)]
struct Outcome {
    /// How often each record was taken, by its number.
    taken: BTreeMap<usize, usize>,
    known: Vec<Span>,
    bytes: usize,
    reads: usize,
    took: Millis,
}

fn run(shard: &Shard, mut reading: Reading, failures: &mut Vec<ProblemKind>) -> Outcome {
    let mut outcome = Outcome::default();
    let began = START + Millis::from_secs(1_000);
    let mut now = began;
    while let Some(step) = reading.step() {
        now = now.max(reading.due());
        reading.asked(now);
        match step {
            Step::Iterator(position) => reading.on_iterator(&shard.index_of(&position, now - began).to_string()),
            Step::Read { iterator, limit } => {
                outcome.reads += 1;
                assert!(outcome.reads < 10_000, "the reading does not end");
                if let Some(kind) = failures.pop() {
                    reading.on_failure(Problem::new(kind, "on purpose"), now);
                    continue;
                }
                let page = shard.page(&iterator, limit, now - began);
                outcome.bytes += page.records.iter().map(RawRecord::size_bytes).sum::<usize>();
                let taken = reading.on_page(page, now);
                for record in taken.records {
                    *outcome.taken.entry(record.sequence_number.as_str().parse().expect("a number")).or_default() += 1;
                }
                outcome.known.extend(taken.known);
            }
        }
    }
    outcome.took = now - began;
    outcome
}

fn window(seconds: i64) -> Span {
    Span { from: START, to: START + Millis::from_secs(seconds) }
}

fn allowance(most_bytes: u64) -> Allowance {
    Allowance { reads_per_sec: 1, bytes_per_sec: 1_048_576.0, most_bytes }
}

/// What a reading says is known must be so: all records of those seconds were taken, each once, and no second twice.
fn check(shard: &Shard, outcome: &Outcome) {
    let mut seconds = BTreeMap::new();
    for span in &outcome.known {
        assert_eq!((span.from, span.to), (span.from.floor(1), span.to.floor(1)));
        for second in span.from.0 / 1_000..span.to.0 / 1_000 {
            *seconds.entry(second).or_insert(0) += 1;
        }
    }
    assert!(seconds.values().all(|times| *times == 1), "a second was counted twice: {seconds:?}");
    assert!(outcome.taken.values().all(|times| *times == 1), "a record was taken twice");
    for (index, record) in shard.records.iter().enumerate() {
        let second = record.approximate_arrival.expect("an arrival").0 / 1_000;
        if seconds.contains_key(&second) {
            assert!(outcome.taken.contains_key(&index), "record {index} of a known second is missing");
        }
    }
}

fn known_seconds(outcome: &Outcome) -> i64 {
    outcome.known.iter().map(|span| (span.to - span.from).0 / 1_000).sum()
}

#[test]
fn a_quiet_shard_is_read_whole_in_a_few_calls() {
    let shard = Shard::new((0..90_000).step_by(500), 100);
    let outcome = run(&shard, Reading::of_window(window(90), allowance(1_000_000)), &mut Vec::new());
    check(&shard, &outcome);
    assert_eq!((known_seconds(&outcome), outcome.taken.len()), (90, 180));
    assert!(outcome.reads <= 3, "{} calls", outcome.reads);
}

#[test]
fn an_idle_shard_is_known_to_be_idle() {
    let shard = Shard::new([], 1);
    let outcome = run(&shard, Reading::of_window(window(90), allowance(1_000_000)), &mut Vec::new());
    assert_eq!((known_seconds(&outcome), outcome.reads), (90, 1));
}

#[test]
fn a_full_shard_is_read_in_pieces_over_the_whole_window() {
    let shard = Shard::new((0..90_000).step_by(2), 2_000);
    let most = 16 * 1_048_576;
    let outcome = run(&shard, Reading::of_window(window(90), allowance(most)), &mut Vec::new());
    check(&shard, &outcome);
    assert!(outcome.bytes as u64 <= 2 * most, "{} bytes", outcome.bytes);
    assert!(known_seconds(&outcome) >= 10, "{:?}", outcome.known);
    let ten = |at: i64| outcome.known.iter().any(|span| (span.from - START).0 / 30_000 == at);
    assert!((0..3).all(ten), "{:?}", outcome.known);
    // One call a second, and no more than the bytes of a second in one.
    assert!(outcome.took.0 / 1_000 + 2 >= outcome.bytes as i64 / 1_048_576);
}

#[test]
fn a_server_that_never_says_how_far_behind_is_read_to_the_end_all_the_same() {
    let mut shard = Shard::new((0..60_000).step_by(20), 100);
    shard.says_behind = false;
    let outcome = run(&shard, Reading::of_window(window(60), allowance(10_000_000)), &mut Vec::new());
    check(&shard, &outcome);
    assert_eq!(outcome.taken.len(), 3_000);
}

#[test]
fn what_nobody_keeps_is_unknown_and_not_silent() {
    let mut shard = Shard::new((0..90_000).step_by(4), 1_000);
    shard.kept_from = Some(75_000);
    let outcome = run(&shard, Reading::of_window(window(90), allowance(4_000_000)), &mut Vec::new());
    assert!(known_seconds(&outcome) >= 5, "{:?}", outcome.known);
    assert!(outcome.known.iter().all(|span| span.from >= START + Millis::from_secs(75)), "{:?}", outcome.known);
    let in_known = |at: Timestamp| outcome.known.iter().any(|span| (span.from..span.to).contains(&at));
    let there = shard.records.iter().filter(|record| record.approximate_arrival.is_some_and(in_known)).count();
    let taken = outcome.taken.keys().filter(|at| shard.records[**at].approximate_arrival.is_some_and(in_known));
    assert_eq!(taken.count(), there, "all that came in the known seconds");
}

#[test]
fn silence_before_a_burst_is_known() {
    let shard = Shard::new((60_000..62_000).step_by(10), 100);
    let outcome = run(&shard, Reading::of_window(window(90), allowance(1_000_000)), &mut Vec::new());
    check(&shard, &outcome);
    assert_eq!((known_seconds(&outcome), outcome.taken.len()), (90, 200));
    assert!(outcome.reads <= 4, "{} calls", outcome.reads);
}

#[test]
fn a_throttled_shard_is_left_to_its_consumers() {
    let shard = Shard::new((0..60_000).step_by(20), 100);
    let mut failures = vec![ProblemKind::Throttled; 50];
    let outcome = run(&shard, Reading::of_window(window(60), allowance(10_000_000)), &mut failures);
    assert_eq!((outcome.reads, outcome.taken.len()), (5, 0));
    assert!(outcome.took >= Millis::from_secs(15), "{:?}", outcome.took);
}

proptest! {
    #[test]
    fn what_is_said_to_be_known_is_known(
        mut arrivals in proptest::collection::vec(-5_000_i64..70_000, 0..4_000),
        burst in 0_i64..60,
        size in 1_usize..3_000,
        most in 10_000_u64..4_000_000,
        mut failures in proptest::collection::vec(
            prop_oneof![Just(ProblemKind::Expired), Just(ProblemKind::Internal), Just(ProblemKind::Throttled)], 0..2),
    ) {
        arrivals.extend((0..300).map(|index| burst * 1_000 + index));
        let shard = Shard::new(arrivals, size);
        let outcome = run(&shard, Reading::of_window(window(60), allowance(most)), &mut failures);
        check(&shard, &outcome);
    }
}
