//! The tailer held against a small stream in memory: single cases, and random walks.

mod fake;
mod fan_out;
mod starts;

use proptest::prelude::*;

use self::fake::{Fake, Habits, Seen, failure, run};
use super::machine::{Event, Machine, Request};
use crate::model::answer::ProblemKind;
use crate::model::hash_range::HashKey;
use crate::model::ids::{SequenceNumber, ShardId};
use crate::model::position::StartingPosition;
use crate::model::tail::{NoticeKind, ShardTailState, TailOptions, TailStart};
use crate::model::time::{Millis, Timestamp};

const T0: Timestamp = Timestamp(1_000_000);
const AWS: Habits = Habits { tells_children: true, lag_is_always_zero: false, never_ends: false, empty_pages: false };

fn at(seconds: i64) -> Timestamp {
    T0 + Millis::from_secs(seconds)
}

fn from_horizon() -> TailOptions {
    TailOptions { start: TailStart::TrimHorizon, ..TailOptions::default() }
}

fn to_tip() -> TailOptions {
    TailOptions { until_tip: true, ..from_horizon() }
}

fn fill(fake: &mut Fake, count: u64, now: Timestamp) {
    for number in 0..count {
        fake.put(HashKey(u128::MAX / 7 * u128::from(number % 7)), now);
    }
}

#[test]
fn everything_as_of_the_start_is_read_whatever_the_server_says_of_its_lag() {
    for lag_is_always_zero in [false, true] {
        for never_ends in [false, true] {
            let mut fake = Fake::new(2, Habits { lag_is_always_zero, never_ends, ..AWS });
            fill(&mut fake, 20, T0 - Millis(50));
            fake.split(0);
            fill(&mut fake, 20, T0 - Millis(20));
            fake.merge(1);
            fill(&mut fake, 20, T0 - Millis(10));
            let mut machine = Machine::new(to_tip(), T0);
            let mut seen = Seen::default();
            run(&mut machine, &mut fake, &mut seen, T0, at(600));
            assert!(machine.is_done());
            assert_eq!(machine.problem(), None);
            let mut expected = fake.contents();
            expected.retain(|_, records| !records.is_empty());
            assert_eq!(seen.by_shard(), expected);
        }
    }
}

#[test]
fn to_the_tip_ends_although_records_keep_coming() {
    let mut fake = Fake::new(1, Habits { lag_is_always_zero: true, ..AWS });
    fill(&mut fake, 10, T0 - Millis(5));
    let mut machine = Machine::new(to_tip(), T0);
    let mut seen = Seen::default();
    let mut now = T0;
    for _ in 0..60 {
        now = now + Millis(500);
        fill(&mut fake, 1, now);
        run(&mut machine, &mut fake, &mut seen, now, now);
    }
    assert!(machine.is_done());
    assert!(seen.records.len() >= 10);
}

#[test]
fn to_the_tip_from_latest_ends_at_once() {
    let mut fake = Fake::new(3, AWS);
    fill(&mut fake, 10, T0);
    let mut machine = Machine::new(TailOptions { until_tip: true, ..TailOptions::default() }, T0);
    let mut seen = Seen::default();
    let ended = run(&mut machine, &mut fake, &mut seen, T0, at(60));
    assert!(machine.is_done() && seen.records.is_empty());
    assert_eq!(ended, T0);
}

#[test]
fn latest_skips_what_is_there_and_follows_a_split_from_its_first_record() {
    for tells_children in [true, false] {
        let mut fake = Fake::new(1, Habits { tells_children, ..AWS });
        fill(&mut fake, 5, T0);
        let mut machine = Machine::new(TailOptions::default(), T0);
        let mut seen = Seen::default();
        run(&mut machine, &mut fake, &mut seen, T0, at(2));
        assert!(seen.records.is_empty());
        fill(&mut fake, 2, at(2));
        fake.split(0);
        fill(&mut fake, 7, at(3));
        run(&mut machine, &mut fake, &mut seen, at(3), at(10));
        assert_eq!(seen.records.len(), 9);
        assert!(seen.notices.iter().any(|notice| notice.kind == NoticeKind::Resharded));
        assert_eq!(fake.lists, if tells_children { 1 } else { 2 });
    }
}

#[test]
fn a_shard_that_its_server_never_ends_still_gives_way_to_its_children() {
    let mut fake = Fake::new(1, Habits { never_ends: true, ..AWS });
    let mut machine = Machine::new(TailOptions::default(), T0);
    let mut seen = Seen::default();
    run(&mut machine, &mut fake, &mut seen, T0, at(2));
    fake.split(0);
    fill(&mut fake, 7, at(3));
    run(&mut machine, &mut fake, &mut seen, at(3), at(60));
    assert_eq!(seen.records.len(), 7);
}

#[test]
fn an_expired_iterator_is_renewed_behind_the_last_record_and_never_at_latest() {
    let mut fake = Fake::new(1, AWS);
    let mut machine = Machine::new(TailOptions::default(), T0);
    let mut seen = Seen::default();
    run(&mut machine, &mut fake, &mut seen, T0, at(1));
    // Nobody asked for six minutes, as when the window was not drawn.
    fill(&mut fake, 4, at(200));
    run(&mut machine, &mut fake, &mut seen, at(400), at(420));
    assert_eq!(seen.records.len(), 4);
    fill(&mut fake, 4, at(500));
    run(&mut machine, &mut fake, &mut seen, at(800), at(820));
    assert_eq!(seen.by_shard(), fake.contents());
}

#[test]
fn the_renewal_begins_behind_the_last_record() {
    let mut fake = Fake::new(1, AWS);
    fill(&mut fake, 2, T0);
    let mut machine = Machine::new(from_horizon(), T0);
    run(&mut machine, &mut fake, &mut Seen::default(), T0, at(1));
    let read = machine.next_request(at(2)).expect("a read is due");
    machine.on(failure(&read, ProblemKind::Expired), at(2));
    let last = SequenceNumber::from(fake.contents()[&fake.id(0)][1].to_string());
    assert_eq!(
        machine.next_request(at(2)),
        Some(Request::Iterator { shard: fake.id(0), position: StartingPosition::AfterSequence(last) })
    );
}

/// When a shard is read that holds three answers, with a budget that is `later` from the second read on.
fn reads_by(budget: u32, later: u32) -> Vec<i64> {
    let mut fake = Fake::new(1, AWS);
    fill(&mut fake, 9, T0);
    let mut machine = Machine::new(TailOptions { read_budget: budget, ..from_horizon() }, T0);
    let mut seen = Seen::default();
    let mut reads = Vec::new();
    let mut now = T0;
    while reads.len() < 5 {
        while let Some(request) = machine.next_request(now) {
            if matches!(request, Request::Read { .. }) {
                reads.push(now.0 - T0.0);
            }
            if reads.len() == 2 {
                machine.set_read_budget(later);
            }
            machine.on(fake.answer(&request, now, false), now);
        }
        seen.take(&mut machine);
        now = machine.next_due().expect("never done");
    }
    reads
}

#[test]
fn the_budget_is_kept_and_the_tip_is_polled_once_a_second() {
    for (budget, behind) in [(1, 1_000), (5, 200), (9, 200), (0, 1_000)] {
        let tip = 1_000;
        assert_eq!(reads_by(budget, budget), [0, behind, 2 * behind, 2 * behind + tip, 2 * behind + 2 * tip]);
    }
}

#[test]
fn another_budget_is_kept_from_the_next_answer_on() {
    assert_eq!(reads_by(1, 5), [0, 1_000, 1_200, 2_200, 3_200]);
    assert_eq!(reads_by(5, 1), [0, 200, 1_200, 2_200, 3_200]);
}

#[test]
fn a_throttle_slows_reading_down_and_says_so_once() {
    let mut fake = Fake::new(1, AWS);
    fill(&mut fake, 30, T0);
    let mut machine = Machine::new(from_horizon(), T0);
    let mut seen = Seen::default();
    run(&mut machine, &mut fake, &mut seen, T0, T0);
    for _ in 0..3 {
        let due = machine.next_due().expect("a read");
        let read = machine.next_request(due).expect("a read");
        machine.on(failure(&read, ProblemKind::Throttled), due);
        assert!(machine.next_due().is_some_and(|next| next - due >= Millis(1_000)));
    }
    assert_eq!(machine.status(at(5)).shards[0].state, ShardTailState::Throttled);
    assert_eq!(machine.status(at(5)).throttled_calls, 3);
    let from = machine.next_due().expect("a read");
    run(&mut machine, &mut fake, &mut seen, from, at(300));
    let kinds: Vec<NoticeKind> = seen.notices.iter().map(|notice| notice.kind).collect();
    assert_eq!(kinds, [NoticeKind::Throttled, NoticeKind::Resumed]);
    assert_eq!(seen.by_shard(), fake.contents());
    assert_eq!(machine.status(at(300)).shards[0].state, ShardTailState::Reading);
}

#[test]
fn a_failure_that_cannot_be_helped_ends_the_tail_and_a_passing_one_does_not() {
    let mut fake = Fake::new(1, AWS);
    fill(&mut fake, 5, T0);
    let options = TailOptions { give_up_after: Some(3), ..from_horizon() };
    for (kind, lasts) in [(ProblemKind::AccessDenied, 1), (ProblemKind::Kms, 1), (ProblemKind::Unreachable, 3)] {
        let mut machine = Machine::new(options.clone(), T0);
        run(&mut machine, &mut fake, &mut Seen::default(), T0, T0);
        for attempt in 1..=lasts {
            assert!(!machine.is_done());
            let due = machine.next_due().expect("a read");
            let read = machine.next_request(due).expect("a read");
            machine.on(failure(&read, kind), due);
            assert_eq!(machine.is_done(), attempt == lasts);
        }
        assert_eq!(machine.problem().map(|problem| problem.kind), Some(kind));
    }
}

#[test]
fn only_the_shards_asked_for_are_read_and_a_missing_one_is_named() {
    let mut fake = Fake::new(3, AWS);
    fill(&mut fake, 21, T0);
    let only = TailOptions { shards: Some(vec![fake.id(1)]), ..from_horizon() };
    let mut machine = Machine::new(only, T0);
    let mut seen = Seen::default();
    run(&mut machine, &mut fake, &mut seen, T0, at(5));
    fake.split(1);
    run(&mut machine, &mut fake, &mut seen, at(5), at(60));
    assert!(machine.is_done());
    assert_eq!(seen.by_shard().into_keys().collect::<Vec<_>>(), [fake.id(1)]);

    let missing = TailOptions { shards: Some(vec![ShardId::from("shardId-000000000099")]), ..from_horizon() };
    let mut machine = Machine::new(missing, T0);
    run(&mut machine, &mut fake, &mut seen, T0, at(1));
    assert!(machine.problem().is_some_and(|problem| problem.sentence.contains("shardId-000000000099")));
}

#[test]
fn behind_a_sequence_number_only_that_shard_and_what_came_from_it_is_read() {
    let mut fake = Fake::new(2, AWS);
    fill(&mut fake, 14, T0);
    fake.split(0);
    fill(&mut fake, 14, T0);
    let before = fake.contents();
    let number = SequenceNumber::from(before[&fake.id(0)][1].to_string());
    let start = TailStart::AfterSequence { shard: fake.id(0), sequence_number: number };
    let mut machine = Machine::new(TailOptions { start, ..to_tip() }, T0);
    let mut seen = Seen::default();
    run(&mut machine, &mut fake, &mut seen, T0, at(60));
    assert!(machine.is_done());
    let mut expected = before;
    expected.remove(&fake.id(1));
    expected.get_mut(&fake.id(0)).expect("there").drain(..2);
    assert_eq!(seen.by_shard(), expected);
}

#[test]
fn a_merge_waits_for_a_parent_that_is_itself_the_child_of_a_shard_still_read() {
    let mut fake = Fake::new(2, AWS);
    let mut machine = Machine::new(TailOptions::default(), T0);
    let mut seen = Seen::default();
    run(&mut machine, &mut fake, &mut seen, T0, T0);
    // Shard 1 is split into 2 and 3, then 0 and 2 are merged into 4, while nothing of 1 has been read.
    fill(&mut fake, 14, at(1));
    fake.split(1);
    fill(&mut fake, 14, at(1));
    fake.merge(0);
    fill(&mut fake, 14, at(1));
    let held = run_holding(&mut machine, &mut fake, &mut seen, 1);
    assert!(seen.records.iter().all(|(shard, _)| *shard == fake.id(0)));
    machine.on(fake.answer(&held, at(9), false), at(9));
    run(&mut machine, &mut fake, &mut seen, at(9), at(60));
    assert_eq!(seen.by_shard(), { fake.contents() });
    assert_parents_first(&fake, &seen);
}

/// Runs for some seconds but never answers reads of one shard; the read that is held back.
fn run_holding(machine: &mut Machine, fake: &mut Fake, seen: &mut Seen, shard: usize) -> Request {
    let mut held = None;
    for second in 1..9 {
        while let Some(request) = machine.next_request(at(second)) {
            match &request {
                Request::Read { shard: id, .. } if *id == fake.id(shard) => held = Some(request),
                _ => machine.on(fake.answer(&request, at(second), false), at(second)),
            }
        }
    }
    seen.take(machine);
    held.expect("a read of the shard")
}

#[test]
fn a_stream_that_is_deleted_ends_the_tail_with_the_reason() {
    let mut fake = Fake::new(1, AWS);
    let mut machine = Machine::new(TailOptions::default(), T0);
    run(&mut machine, &mut fake, &mut Seen::default(), T0, T0);
    let read = machine.next_request(at(1)).expect("a read");
    machine.on(failure(&read, ProblemKind::NotFound), at(1));
    assert!(!machine.is_done());
    let list = machine.next_request(at(1)).expect("a listing");
    assert_eq!(list, Request::ListShards);
    machine.on(failure(&list, ProblemKind::NotFound), at(1));
    assert_eq!(machine.problem().map(|problem| problem.kind), Some(ProblemKind::NotFound));
}

#[test]
fn rates_are_those_of_the_last_seconds() {
    let mut fake = Fake::new(1, AWS);
    fill(&mut fake, 9, T0);
    let mut machine = Machine::new(from_horizon(), T0);
    run(&mut machine, &mut fake, &mut Seen::default(), T0, at(2));
    let status = machine.status(at(4));
    assert_eq!((status.records_read, status.bytes_read), (9, 18));
    assert!((status.records_per_sec - 9.0 / 4.0).abs() < 1e-9);
    assert_eq!(machine.status(at(60)).records_per_sec, 0.0);
}

fn assert_parents_first(fake: &Fake, seen: &Seen) {
    for (place, (shard, _)) in seen.records.iter().enumerate() {
        for parent in fake.parents(shard) {
            let later = seen.records[place..].iter().any(|(other, _)| *other == parent);
            assert!(!later, "a record of {parent} came behind one of its child {shard}");
        }
    }
}

/// One random step of the world.
#[derive(Clone, Debug)]
enum Step {
    Put(u64, u8),
    Split(usize),
    Merge(usize),
    /// Answers one of the calls under way; some answers are failures.
    Answer(usize, u8),
    Wait(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (any::<u64>(), 1u8..6).prop_map(|(hash, count)| Step::Put(hash, count)),
        1 => any::<usize>().prop_map(Step::Split),
        1 => any::<usize>().prop_map(Step::Merge),
        24 => (any::<usize>(), any::<u8>()).prop_map(|(which, fate)| Step::Answer(which, fate)),
        6 => (100i64..3_000).prop_map(Step::Wait),
        1 => Just(Step::Wait(301_000)),
    ]
}

fn fate(fate: u8) -> Option<ProblemKind> {
    match fate {
        0..12 => Some(ProblemKind::Throttled),
        12..20 => Some(ProblemKind::Internal),
        20..26 => Some(ProblemKind::Unreachable),
        26..34 => Some(ProblemKind::Expired),
        _ => None,
    }
}

/// Walks through random steps; the machine is then left to itself until it has nothing more to read.
fn walk(steps: Vec<Step>, habits: Habits, options: TailOptions) -> (Fake, Seen, Machine) {
    let mut fake = Fake::new(2, habits);
    let mut machine = Machine::new(options, T0);
    let mut seen = Seen::default();
    let mut under_way: Vec<Request> = Vec::new();
    let mut now = T0;
    let first = machine.next_request(now).expect("the first listing");
    machine.on(fake.answer(&first, now, false), now);
    for step in steps {
        match step {
            Step::Put(hash, count) => {
                (0..count).for_each(|_| fake.put(HashKey(u128::from(hash) << 64), now));
            }
            Step::Split(which) if fake.open().len() < 8 => fake.split(fake.open()[which % fake.open().len()]),
            Step::Merge(which) => fake.merge(fake.open()[which % fake.open().len()]),
            Step::Split(_) => {}
            Step::Wait(millis) => now = now + Millis(millis),
            Step::Answer(which, answer_fate) => {
                while let Some(request) = machine.next_request(now) {
                    under_way.push(request);
                }
                if !under_way.is_empty() {
                    let request = under_way.swap_remove(which % under_way.len());
                    let event = answer(&mut fake, &request, answer_fate, now);
                    machine.on(event, now);
                }
            }
        }
        seen.take(&mut machine);
    }
    for request in under_way {
        let event = fake.answer(&request, now, false);
        machine.on(event, now);
    }
    now = now + Millis(1);
    run(&mut machine, &mut fake, &mut seen, now, now + Millis::from_secs(3_000));
    (fake, seen, machine)
}

fn answer(fake: &mut Fake, request: &Request, answer_fate: u8, now: Timestamp) -> Event {
    match fate(answer_fate) {
        // Expiry is no answer of a listing, and a first listing that nobody answers is another test.
        Some(ProblemKind::Expired | ProblemKind::Unreachable) if *request == Request::ListShards => {
            fake.answer(request, now, false)
        }
        Some(kind) => failure(request, kind),
        None => fake.answer(request, now, answer_fate.is_multiple_of(5)),
    }
}

fn habits() -> impl Strategy<Value = Habits> {
    (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(tells_children, never_ends, is_odd)| Habits {
        tells_children,
        never_ends,
        // A server of which neither the lag nor an empty page means anything could not be read to its tip.
        lag_is_always_zero: is_odd,
        empty_pages: !is_odd,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_record_comes_once_in_order_and_parents_come_first(
        steps in proptest::collection::vec(step(), 0..160), habits in habits()
    ) {
        let (fake, seen, machine) = walk(steps, habits, from_horizon());
        prop_assert!(machine.problem().is_none());
        let mut expected = fake.contents();
        expected.retain(|_, records| !records.is_empty());
        prop_assert_eq!(seen.by_shard(), expected);
        assert_parents_first(&fake, &seen);
    }

    #[test]
    fn to_the_tip_ends_and_misses_nothing_that_was_there_at_the_start(
        before in proptest::collection::vec(step(), 0..40), steps in proptest::collection::vec(step(), 0..60), habits in habits()
    ) {
        let mut fake = Fake::new(2, habits);
        for step in before {
            match step {
                Step::Put(hash, count) => (0..count).for_each(|_| fake.put(HashKey(u128::from(hash) << 64), T0 - Millis(1))),
                Step::Split(which) if fake.open().len() < 8 => fake.split(fake.open()[which % fake.open().len()]),
                Step::Merge(which) => fake.merge(fake.open()[which % fake.open().len()]),
                _ => {}
            }
        }
        let expected = fake.contents();
        let mut machine = Machine::new(to_tip(), T0);
        let mut seen = Seen::default();
        let mut now = T0;
        for step in steps {
            match step {
                Step::Put(hash, count) => (0..count).for_each(|_| fake.put(HashKey(u128::from(hash) << 64), now)),
                Step::Answer(_, answer_fate) => if let Some(request) = machine.next_request(now) {
                    let event = answer(&mut fake, &request, answer_fate, now);
                    machine.on(event, now);
                },
                Step::Wait(millis) => now = now + Millis(millis),
                _ => {}
            }
            seen.take(&mut machine);
        }
        run(&mut machine, &mut fake, &mut seen, now, now + Millis::from_secs(3_000));
        prop_assert!(machine.is_done());
        let seen_by_shard = seen.by_shard();
        for (shard, records) in expected {
            let got = seen_by_shard.get(&shard).map(Vec::as_slice).unwrap_or_default();
            prop_assert!(got.starts_with(&records), "{}: {:?} of {:?}", shard, got, records);
        }
        assert_parents_first(&fake, &seen);
    }
}
