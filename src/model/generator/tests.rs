//! Schedules, keys and predictions, by example and by property.

use proptest::prelude::*;

use super::keys::{KeyStrategy, Keys};
use super::predict::Prediction;
use super::run::{Course, Point, units};
use super::schedule::{Dole, Rate, Until};
use super::*;
use crate::model::hash_range::HashKey;

fn plan(strategy: KeyStrategy, keys: u32) -> KeyPlan {
    KeyPlan { strategy, pattern: "tenant-{{rank}}".to_owned(), keys }
}

fn shards(count: u32, now: Option<f64>) -> Vec<BusyShard> {
    let ranges = HashKeyRange::uniform(count).into_iter().enumerate();
    ranges.map(|(at, range)| BusyShard { id: ShardId::from(format!("shardId-{at:012}")), range, now }).collect()
}

fn ranges(shards: &[BusyShard]) -> Vec<(ShardId, HashKeyRange)> {
    shards.iter().map(|shard| (shard.id.clone(), shard.range)).collect()
}

fn strategies() -> impl Strategy<Value = KeyStrategy> {
    prop_oneof![
        Just(KeyStrategy::Uniform),
        Just(KeyStrategy::Random),
        (0.0f64..2.5).prop_map(|skew| KeyStrategy::Zipf { skew }),
        (0.0f64..=1.0).prop_map(|share| KeyStrategy::Hot { share }),
    ]
}

#[test]
fn the_most_frequent_keys_are_drawn_as_often_as_they_are_said_to_be() {
    for strategy in [KeyStrategy::Uniform, KeyStrategy::Zipf { skew: 1.1 }, KeyStrategy::Hot { share: 0.4 }] {
        let keys = Keys::new(&plan(strategy, 50)).expect("a plan");
        let mut seen = [0u32; 51];
        for number in 0..20_000 {
            seen[keys.draw(11, number).rank as usize] += 1;
        }
        for rank in 1..=3u32 {
            let (seen, said) = (f64::from(seen[rank as usize]) / 20_000.0, keys.share(rank).expect("a set"));
            assert!((seen - said).abs() < 0.012, "{strategy:?} rank {rank}: {seen} for {said}");
        }
    }
    let keys = Keys::new(&plan(KeyStrategy::Zipf { skew: 1.1 }, 2_000)).expect("a plan");
    assert_eq!(keys.top().map(|(key, share)| (key, (share * 100.0).round())), Some(("tenant-1".to_owned(), 17.0)));
}

#[test]
fn plans_that_cannot_be_are_refused_in_words() {
    let fault = |plan: KeyPlan| Keys::new(&plan).expect_err("is refused");
    assert!(fault(plan(KeyStrategy::Uniform, 0)).contains("1,000,000"));
    assert!(fault(plan(KeyStrategy::Zipf { skew: f64::NAN }, 9)).contains("skew"));
    assert!(fault(plan(KeyStrategy::Hot { share: 1.2 }, 9)).contains("share"));
    assert!(fault(KeyPlan { pattern: "one".to_owned(), ..plan(KeyStrategy::Uniform, 9) }).contains("rank"));
    assert!(fault(KeyPlan { pattern: String::new(), ..plan(KeyStrategy::Uniform, 1) }).contains("empty"));
    assert!(fault(KeyPlan { pattern: "k".repeat(257), ..plan(KeyStrategy::Uniform, 1) }).contains("256"));
    assert!(fault(KeyPlan { pattern: "{{what}}".to_owned(), ..plan(KeyStrategy::Uniform, 1) }).contains("what"));
}

#[test]
fn a_ramp_sends_half_of_what_the_rate_would() {
    let schedule = Schedule { rate: Rate::Records(1_000.0), ramp_seconds: 10, until: Until::Seconds(30) };
    assert_eq!((schedule.due(5.0), schedule.due(10.0), schedule.due(11.0)), (1_250.0, 5_000.0, 6_000.0));
    assert_eq!((schedule.rate_at(5.0), schedule.rate_at(25.0)), (500.0, 1_000.0));
    let counted = Schedule { until: Until::Records(15_000), ..schedule };
    assert!((counted.seconds(1.0) - 20.0).abs() < 1e-9);
    assert!((schedule.due(counted.seconds(1.0)) - 15_000.0).abs() < 1e-6);
}

#[test]
fn the_rest_of_a_schedule_is_what_was_not_made() {
    let schedule = Schedule { rate: Rate::Records(1_000.0), ramp_seconds: 10, until: Until::Seconds(30) };
    assert_eq!(schedule.rest(0, 1.0).until, Until::Seconds(30));
    // Half of ten seconds in the ramp, and ten seconds behind it.
    assert_eq!(schedule.rest(15_000, 1.0).until, Until::Seconds(10));
    assert_eq!(schedule.rest(900_000, 1.0).until, Until::Seconds(0));
    let counted = Schedule { until: Until::Records(100), ..schedule };
    assert_eq!((counted.rest(40, 1.0).until, counted.rest(400, 1.0).until), (Until::Records(60), Until::Records(0)));
}

#[test]
fn a_stall_is_not_made_up_for_by_a_burst() {
    let schedule = Schedule { rate: Rate::Records(100.0), ramp_seconds: 0, until: Until::Seconds(60) };
    let mut dole = Dole::new(schedule);
    assert!(dole.look(10.0));
    let mut burst = 0;
    while dole.is_due(10.0) {
        dole.made(1);
        burst += 1;
    }
    assert_eq!((burst, dole.missed()), (50, 950.0));
    assert!(dole.look(59.0) && !dole.look(60.0));
}

#[test]
fn the_cap_is_turned_into_a_rate() {
    let keys = Keys::new(&plan(KeyStrategy::Hot { share: 0.5 }, 1_000)).expect("a plan");
    let shards = shards(8, Some(0.1));
    let prediction = Prediction::new(&shards, &keys, 400.0, 100.0);
    let hottest = prediction.hottest().expect("a shard");
    assert!(hottest.shard.range.contains(HashKey::of_partition_key("tenant-1")));
    assert_eq!(hottest.mix.top.as_ref().map(|(key, _)| key.as_str()), Some("tenant-1"));
    let allowed = prediction.allowed(0.7).expect("a load");
    let at_cap = Prediction::new(&shards, &keys, allowed, 100.0);
    assert!((at_cap.hottest().map_or(0.0, |load| load.with()) - 0.7).abs() < 1e-9);
    assert_eq!(Prediction::new(&super::tests::shards(3, None), &keys, 1.0, 1.0).unknown(), 3);
}

#[test]
fn payload_units_are_begun_ones() {
    assert_eq!([units(0), units(1), units(25_600), units(25_601)], [1, 1, 1, 2]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_mix_is_whole_and_every_key_is_in_its_set(strategy in strategies(), count in 1u32..400, open in 1u32..20, seed: u64) {
        let keys = Keys::new(&plan(strategy, count)).expect("a plan");
        let shards = shards(open, None);
        let mix = keys.mix(&ranges(&shards));
        prop_assert!((mix.iter().map(|one| one.share).sum::<f64>() - 1.0).abs() < 1e-6);
        for number in 0..20 {
            let drawn = keys.draw(seed, number);
            prop_assert_eq!(&drawn, &keys.draw(seed, number));
            prop_assert!(drawn.rank <= u64::from(count));
            let key = format!("tenant-{}", drawn.rank);
            prop_assert!(strategy == KeyStrategy::Random || drawn.key == key);
        }
    }

    #[test]
    fn what_lands_on_each_shard_is_what_was_predicted(strategy in strategies(), seed: u64) {
        let keys = Keys::new(&plan(strategy, 60)).expect("a plan");
        let ranges = ranges(&shards(4, None));
        let mix = keys.mix(&ranges);
        let mut seen = [0.0; 4];
        for number in 0..1_500 {
            let hash = HashKey::of_partition_key(&keys.draw(seed, number).key);
            let at = ranges.iter().position(|(_, range)| range.contains(hash)).expect("a shard");
            seen[at] += 1.0 / 1_500.0;
        }
        for (seen, said) in seen.iter().zip(&mix) {
            prop_assert!((seen - said.share).abs() < 0.06, "{seen} for {}", said.share);
        }
    }

    #[test]
    fn what_is_made_never_runs_ahead_of_the_schedule_nor_lags_by_more_than_a_record(
        rate in 1.0f64..5_000.0, ramp in 0u32..5, ticks in prop::collection::vec(0.001f64..0.2, 1..120),
    ) {
        let schedule = Schedule { rate: Rate::Records(rate), ramp_seconds: ramp, until: Until::Seconds(3_600) };
        let mut dole = Dole::new(schedule);
        let mut at = 0.0;
        let mut before = 0.0;
        for tick in ticks {
            at += tick;
            prop_assert!(schedule.due(at) >= before);
            before = schedule.due(at);
            dole.look(at);
            while dole.is_due(at) {
                dole.made(1);
            }
            let made = dole.records() as f64;
            prop_assert!(made <= before + 1e-6 && made + dole.missed() > before - 1.0 - 1e-6, "{made} of {before}");
        }
        prop_assert_eq!(dole.missed(), 0.0);
    }

    #[test]
    fn a_count_is_kept_to_the_record(count in 0u64..2_000, rate in 1.0f64..1_000.0) {
        let mut dole = Dole::new(Schedule { rate: Rate::Records(rate), ramp_seconds: 0, until: Until::Records(count) });
        let mut at = 0.0;
        while dole.look(at) {
            while dole.is_due(at) {
                dole.made(1);
            }
            at += 0.25;
        }
        prop_assert_eq!(dole.records(), count);
    }

    #[test]
    fn a_course_keeps_its_sums_and_stays_short(seconds in 1u32..4_000) {
        let mut course = Course::default();
        for second in 1..=seconds {
            course.push(Point { upto: f64::from(second), sent: 3, throttled: 1, hottest: f64::from(second) });
        }
        let points = course.points();
        prop_assert!(points.len() <= 720);
        prop_assert_eq!(points.iter().map(|point| point.sent).sum::<u64>(), u64::from(seconds) * 3);
        prop_assert_eq!(points.iter().map(|point| point.throttled).sum::<u64>(), u64::from(seconds));
        prop_assert!(points.windows(2).all(|pair| pair[0].upto < pair[1].upto));
        prop_assert!(course.rates().all(|(_, rate)| (rate - 3.0).abs() < 0.01));
    }
}
