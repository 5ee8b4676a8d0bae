//! Enhanced fan-out: single cases, and random walks over a stream whose subscriptions end, break and overlap.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::fake::{Fake, Habits, Seen, failure, run};
use super::{AWS, T0, assert_parents_first, at, fill, from_horizon, habits};
use crate::model::answer::ProblemKind;
use crate::model::hash_range::HashKey;
use crate::model::position::StartingPosition;
use crate::model::tail::{FanOutConsumer, NoticeKind, TailOptions, TailRoute};
use crate::model::time::Millis;
use crate::tasks::tail::machine::{Event, Machine, Request};

fn pushed(options: TailOptions) -> TailOptions {
    TailOptions { route: TailRoute::FanOut(FanOutConsumer::Named("c".to_owned())), ..options }
}

#[test]
fn what_is_pushed_is_read_across_a_split_and_a_merge() {
    for tells_children in [true, false] {
        for never_ends in [true, false] {
            let mut fake = Fake::new(2, Habits { tells_children, never_ends, ..AWS });
            fill(&mut fake, 20, T0);
            let mut machine = Machine::new(pushed(from_horizon()), T0);
            let mut seen = Seen::default();
            run(&mut machine, &mut fake, &mut seen, T0, at(10));
            fake.split(0);
            fill(&mut fake, 20, at(10));
            fake.merge(1);
            fill(&mut fake, 20, at(10));
            run(&mut machine, &mut fake, &mut seen, at(10), at(200));
            assert_eq!(seen.by_shard(), { fake.contents() });
            assert_parents_first(&fake, &seen);
            assert_eq!(machine.status(at(200)).calls, 0, "no GetRecords");
        }
    }
}

#[test]
fn a_subscription_is_renewed_before_its_five_minutes_are_over() {
    let mut fake = Fake::new(1, AWS);
    fill(&mut fake, 3, T0);
    let mut machine = Machine::new(pushed(from_horizon()), T0);
    let mut seen = Seen::default();
    run(&mut machine, &mut fake, &mut seen, T0, at(280));
    let first = fake.subscriptions[&fake.id(0)].number;
    run(&mut machine, &mut fake, &mut seen, at(281), at(299));
    assert_eq!(fake.subscriptions[&fake.id(0)].number, first + 1);
    fill(&mut fake, 3, at(300));
    run(&mut machine, &mut fake, &mut seen, at(300), at(310));
    assert_eq!(seen.by_shard(), fake.contents());
    let kinds: Vec<NoticeKind> = seen.notices.iter().map(|notice| notice.kind).collect();
    assert_eq!(kinds, [NoticeKind::Resumed], "{:?}", seen.notices);
    assert!(!machine.wants(&fake.id(0), first) && machine.wants(&fake.id(0), first + 1));
}

#[test]
fn events_of_a_subscription_that_was_replaced_count_for_nothing() {
    let mut fake = Fake::new(1, AWS);
    let mut machine = Machine::new(pushed(from_horizon()), T0);
    let mut seen = Seen::default();
    run(&mut machine, &mut fake, &mut seen, T0, at(1));
    fill(&mut fake, 2, at(2));
    let late = fake.push(&fake.id(0), at(2), 254).expect("an event");
    let renewal = machine.next_request(at(290)).map(|request| (matches!(request, Request::ListShards), request));
    let renewal = match renewal {
        Some((true, _)) => machine.next_request(at(290)).expect("a renewal"),
        Some((false, request)) => request,
        None => panic!("nothing is due"),
    };
    assert!(matches!(renewal, Request::Subscribe { .. }));
    machine.on(late, at(290));
    seen.take(&mut machine);
    assert!(seen.records.is_empty());
    machine.on(fake.answer(&renewal, at(290), false), at(290));
    run(&mut machine, &mut fake, &mut seen, at(290), at(291));
    assert_eq!(seen.by_shard(), fake.contents());
}

#[test]
fn a_broken_subscription_goes_on_behind_its_last_event_once_the_server_lets_go() {
    let mut fake = Fake::new(1, AWS);
    fill(&mut fake, 2, T0);
    let mut machine = Machine::new(pushed(from_horizon()), T0);
    let mut seen = Seen::default();
    run(&mut machine, &mut fake, &mut seen, T0, at(1));
    let broken = fake.push(&fake.id(0), at(2), 0).expect("it breaks");
    machine.on(broken, at(2));
    assert!(machine.next_due().is_some_and(|due| due >= at(5)), "the server holds on to the old one for five seconds");
    fill(&mut fake, 2, at(3));
    run(&mut machine, &mut fake, &mut seen, at(3), at(20));
    assert_eq!(seen.by_shard(), fake.contents());
    let kinds: Vec<NoticeKind> = seen.notices.iter().map(|notice| notice.kind).collect();
    assert_eq!(kinds, [NoticeKind::Failed, NoticeKind::Resumed]);
}

#[test]
fn a_subscription_in_use_is_waited_for_in_silence_and_a_consumer_that_is_gone_ends_the_tail() {
    let mut fake = Fake::new(1, AWS);
    let mut machine = Machine::new(pushed(TailOptions::default()), T0);
    let mut seen = Seen::default();
    let list = machine.next_request(T0).expect("a listing");
    machine.on(fake.answer(&list, T0, false), T0);
    for _ in 0..2 {
        let due = machine.next_due().expect("due");
        let subscribe = machine.next_request(due).expect("a subscription");
        assert!(matches!(&subscribe, Request::Subscribe { position: StartingPosition::Latest, .. }));
        machine.on(failure(&subscribe, ProblemKind::InUse), due);
    }
    seen.take(&mut machine);
    assert!(seen.notices.is_empty() && !machine.is_done());
    let due = machine.next_due().expect("due");
    let subscribe = machine.next_request(due).expect("a subscription");
    machine.on(failure(&subscribe, ProblemKind::Configuration), due);
    assert_eq!(machine.problem().map(|problem| problem.kind), Some(ProblemKind::Configuration));
}

#[test]
fn to_the_tip_ends_by_fan_out_too() {
    let mut fake = Fake::new(2, AWS);
    fill(&mut fake, 20, T0 - Millis(50));
    fake.split(0);
    fill(&mut fake, 20, T0 - Millis(20));
    let options = TailOptions { until_tip: true, ..from_horizon() };
    let mut machine = Machine::new(pushed(options), T0);
    let mut seen = Seen::default();
    run(&mut machine, &mut fake, &mut seen, T0, at(60));
    assert!(machine.is_done());
    assert_eq!(seen.by_shard(), fake.contents());
}

/// One random step of the world.
#[derive(Clone, Debug)]
enum Step {
    Put(u64, u8),
    Split(usize),
    Merge(usize),
    /// Answers one of the calls under way.
    Answer(usize, u8),
    /// A subscription sends, ends or breaks; what it says is on its way.
    Push(usize, u8),
    /// The oldest thing on its way arrives.
    Arrive,
    Wait(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (any::<u64>(), 1u8..6).prop_map(|(hash, count)| Step::Put(hash, count)),
        1 => any::<usize>().prop_map(Step::Split),
        1 => any::<usize>().prop_map(Step::Merge),
        10 => (any::<usize>(), any::<u8>()).prop_map(|(which, fate)| Step::Answer(which, fate)),
        14 => (any::<usize>(), any::<u8>()).prop_map(|(which, fate)| Step::Push(which, fate)),
        12 => Just(Step::Arrive),
        6 => (100i64..9_000).prop_map(Step::Wait),
        1 => (280_000i64..301_000).prop_map(Step::Wait),
    ]
}

fn refusal(request: &Request, fate: u8) -> Option<ProblemKind> {
    match (request, fate) {
        (Request::ListShards, _) => None,
        (_, 0..16) => Some(ProblemKind::InUse),
        (_, 16..26) => Some(ProblemKind::Limit),
        (_, 26..34) => Some(ProblemKind::Unreachable),
        (_, 34..40) => Some(ProblemKind::Internal),
        _ => None,
    }
}

/// Walks through random steps; the machine is then left to itself until everything has been read.
fn walk(steps: Vec<Step>, habits: Habits) -> (Fake, Seen, Machine) {
    let mut fake = Fake::new(2, habits);
    let mut machine = Machine::new(pushed(from_horizon()), T0);
    let mut seen = Seen::default();
    let (mut under_way, mut on_its_way): (Vec<Request>, VecDeque<Event>) = (Vec::new(), VecDeque::new());
    let mut now = T0;
    for step in steps {
        match step {
            Step::Put(hash, count) => {
                (0..count).for_each(|_| fake.put(HashKey(u128::from(hash) << 64), now));
            }
            Step::Split(which) if fake.open().len() < 8 => fake.split(fake.open()[which % fake.open().len()]),
            Step::Split(_) => {}
            Step::Merge(which) => fake.merge(fake.open()[which % fake.open().len()]),
            Step::Wait(millis) => now = now + Millis(millis),
            Step::Push(which, fate) => {
                let shards: Vec<_> = fake.subscriptions.keys().cloned().collect();
                if !shards.is_empty() {
                    on_its_way.extend(fake.push(&shards[which % shards.len()], now, fate));
                }
            }
            Step::Arrive => {
                if let Some(event) = on_its_way.pop_front() {
                    machine.on(event, now);
                }
            }
            Step::Answer(which, fate) => {
                while let Some(request) = machine.next_request(now) {
                    under_way.push(request);
                }
                if !under_way.is_empty() {
                    let request = under_way.swap_remove(which % under_way.len());
                    let event = match refusal(&request, fate) {
                        Some(kind) => failure(&request, kind),
                        None => fake.answer(&request, now, false),
                    };
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
    for event in on_its_way {
        machine.on(event, now);
    }
    now = now + Millis(1);
    run(&mut machine, &mut fake, &mut seen, now, now + Millis::from_secs(3_000));
    (fake, seen, machine)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn every_record_is_pushed_once_in_order_and_parents_come_first(
        steps in proptest::collection::vec(step(), 0..200), habits in habits()
    ) {
        let (fake, seen, machine) = walk(steps, habits);
        prop_assert!(machine.problem().is_none());
        let mut expected = fake.contents();
        expected.retain(|_, records| !records.is_empty());
        prop_assert_eq!(seen.by_shard(), expected);
        assert_parents_first(&fake, &seen);
    }
}
