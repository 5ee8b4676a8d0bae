//! Plans held against brute force, by example and by chance; and the reference model of the key space.

use proptest::prelude::*;

use super::*;
use crate::model::utilisation::Utilisation;

fn load(bytes_share: f64) -> Utilisation {
    Utilisation { bytes_share, records_share: bytes_share / 3.0 }
}

fn tiles(starts: &[u128]) -> Vec<HashKeyRange> {
    let ends = starts.iter().skip(1).map(|start| start - 1).chain([u128::MAX]);
    starts.iter().zip(ends).map(|(start, end)| HashKeyRange { start: HashKey(*start), end: HashKey(end) }).collect()
}

/// Shards of equal width with these loads, even inside.
fn even_inside(loads: &[f64]) -> (Vec<HashKeyRange>, Profile) {
    let ranges = HashKeyRange::uniform(loads.len() as u32);
    let pieces = ranges.iter().zip(loads).map(|(range, share)| (*range, load(*share))).collect();
    (ranges, Profile::of_pieces(pieces).expect("loads"))
}

/// Keys of these loads, one hash key each, at equal distances.
fn keys(loads: &[f64]) -> Profile {
    let step = u128::MAX / (loads.len() as u128 + 1);
    let at = |index: usize| HashKey(step * (index as u128 + 1));
    let piece = |(index, share): (usize, &f64)| (HashKeyRange { start: at(index), end: at(index) }, load(*share));
    Profile::of_pieces(loads.iter().enumerate().map(piece).collect()).expect("loads")
}

/// The fewest steps to `target` shards within `bound`, by trying every set of kept cuts.
fn brute_force(ranges: &[HashKeyRange], profile: &Profile, target: u32, bound: f64) -> Option<usize> {
    let inner = ranges.len() - 1;
    let mut fewest = None;
    for kept in 0u32..(1 << inner) {
        let mut starts = vec![0u128];
        starts.extend(ranges.iter().skip(1).enumerate().filter(|(at, _)| kept >> at & 1 == 1).map(|(_, r)| r.start.0));
        let needed: Option<u32> =
            tiles(&starts).iter().map(|range| profile.ranges_needed(*range, bound, target)).sum::<Option<u32>>();
        if needed.is_some_and(|needed| needed <= target) {
            let kept = kept.count_ones() as usize;
            let steps = (inner - kept) + (target as usize - 1).saturating_sub(kept);
            // More kept cuts than the target has room for are no cutting of so many shards.
            if kept < target as usize {
                fewest = Some(fewest.map_or(steps, |known: usize| known.min(steps)));
            }
        }
    }
    fewest
}

/// Carries the steps out on a model of the key space; every one must be valid there.
fn carried_out(ranges: &[HashKeyRange], plan: &Plan) -> Vec<HashKeyRange> {
    let mut shards = ranges.to_vec();
    for planned in &plan.steps {
        let (before, after) = (planned.step.before(), planned.step.after());
        assert!(!after.is_empty(), "{:?} is no valid step", planned.step);
        let at = shards.iter().position(|shard| Some(shard) == before.first()).expect("the shard is open");
        let closed: Vec<HashKeyRange> = shards.splice(at..at + before.len(), after).collect();
        assert_eq!(closed, before, "the shards are neighbours");
        assert_eq!(planned.open as usize, shards.len());
    }
    shards
}

fn check(ranges: &[HashKeyRange], profile: &Profile, target: u32) -> Result<Option<Plan>, TestCaseError> {
    let best = profile.least_bound(HashKeyRange::FULL, target);
    let bound = best * (1.0 + TOLERANCE);
    let optimum = brute_force(ranges, profile, target, bound);
    let plan = match of_ranges(ranges, profile, target, Aim::Coolest, None) {
        Ok(plan) => plan,
        Err(NoPlan::NothingToDo) => {
            prop_assert_eq!(optimum, Some(0));
            return Ok(None);
        }
        Err(other) => return Err(TestCaseError::fail(format!("{other:?}"))),
    };
    let optimum = optimum.expect("the planner found a way");
    prop_assert!(plan.steps.len() <= optimum + 1, "{} steps, {optimum} would do", plan.steps.len());
    let after = carried_out(ranges, &plan);
    prop_assert_eq!(after.len(), target as usize);
    prop_assert_eq!(after.first().map(|range| range.start), Some(HashKey(0)));
    prop_assert_eq!(after.last().map(|range| range.end), Some(HashKey(u128::MAX)));
    prop_assert!(after.windows(2).all(|pair| pair[0].is_followed_by(pair[1])));
    let hottest = after.iter().map(|range| profile.share(*range)).fold(0.0, f64::max);
    prop_assert!(hottest <= bound + 1e-6, "hottest {hottest}, bound {bound}, best {best}");
    prop_assert!((hottest - plan.hottest_after).abs() < 1e-9);
    let worst = plan.steps.iter().map(|step| step.hottest).fold(0.0, f64::max);
    prop_assert!(worst <= plan.hottest_before.max(plan.hottest_after) + 1e-6, "no step makes it worse on the way");
    Ok(Some(plan))
}

const SKEWED: [f64; 12] = [0.1, 0.1, 0.95, 0.2, 0.15, 0.1, 0.05, 0.4, 0.3, 0.1, 0.05, 0.1];

#[test]
fn twelve_skewed_shards_are_balanced_in_few_steps() {
    let (ranges, profile) = even_inside(&SKEWED);
    for target in [6, 8, 10, 12, 14, 16, 18, 24] {
        let plan = check(&ranges, &profile, target).expect("holds").expect("something to do");
        let uniform = profile.hottest(target).1;
        assert!(plan.hottest_after <= uniform + 1e-9, "{target}: {} against {uniform}", plan.hottest_after);
    }
    let plan = of_ranges(&ranges, &profile, 12, Aim::Coolest, None).expect("plans");
    assert!(plan.hottest_after < 0.27, "{}", plan.hottest_after);
    assert!(plan.steps.first().is_some_and(|first| first.step.is_split()), "relief first");
}

#[test]
fn a_key_that_is_hotter_than_the_rest_stays_whole_and_bounds_the_plan() {
    let profile = keys(&[0.1, 0.1, 0.7, 0.1, 0.1, 0.1]);
    let ranges = HashKeyRange::uniform(2);
    let plan = of_ranges(&ranges, &profile, 4, Aim::Coolest, None).expect("plans");
    assert!((plan.best - 0.7).abs() < 1e-6 && plan.hottest_after < 0.78, "{plan:?}");
}

#[test]
fn a_tight_quota_puts_merges_first_or_refuses() {
    let (ranges, profile) = even_inside(&SKEWED);
    let plenty = of_ranges(&ranges, &profile, 12, Aim::Coolest, None).expect("plans");
    assert!(plenty.peak_shards > 12);
    let tight = of_ranges(&ranges, &profile, 12, Aim::Coolest, Some(1)).expect("plans");
    assert!(tight.peak_shards <= 13, "{}", tight.peak_shards);
    assert_eq!(tight.steps.len(), plenty.steps.len());
    carried_out(&ranges, &tight);
    assert_eq!(of_ranges(&ranges, &profile, 16, Aim::Coolest, Some(2)), Err(NoPlan::Quota { free: 2 }));
}

#[test]
fn a_calm_stream_takes_fewer_steps_than_the_coolest() {
    let (ranges, profile) = even_inside(&SKEWED);
    let coolest = of_ranges(&ranges, &profile, 12, Aim::Coolest, None).expect("plans");
    let calm = of_ranges(&ranges, &profile, 12, Aim::Calm, None).expect("plans");
    assert!(calm.hottest_after <= CALM_SHARE + 1e-6 && calm.steps.len() == 2, "{calm:?}");
    assert!(coolest.hottest_after < calm.hottest_after && coolest.steps.len() > calm.steps.len());
}

#[test]
fn what_is_balanced_needs_no_step() {
    let (ranges, profile) = even_inside(&[0.3, 0.31, 0.29, 0.3]);
    assert_eq!(of_ranges(&ranges, &profile, 4, Aim::Coolest, None), Err(NoPlan::NothingToDo));
    assert_eq!(of_ranges(&ranges, &profile, 300, Aim::Coolest, None), Err(NoPlan::TooMany));
}

#[test]
fn a_stream_of_the_most_shards_is_planned_for_in_time() {
    let loads: Vec<f64> = (0..MOST_SHARDS).map(|n| f64::from(n * 37 % 101) / 101.0).collect();
    let (ranges, profile) = even_inside(&loads);
    let plan = of_ranges(&ranges, &profile, 200, Aim::Coolest, None).expect("plans");
    assert_eq!(carried_out(&ranges, &plan).len(), 200);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn plans_are_valid_balanced_and_short(
        loads in proptest::collection::vec(0.01f64..1.0, 2..9),
        target in 1u32..14,
    ) {
        let (ranges, profile) = even_inside(&loads);
        check(&ranges, &profile, target)?;
    }

    #[test]
    fn keys_are_never_cut_and_plans_over_them_are_short(
        loads in proptest::collection::vec(0.01f64..0.6, 3..30),
        shards in 1u32..7,
        target in 1u32..10,
    ) {
        let profile = keys(&loads);
        check(&HashKeyRange::uniform(shards), &profile, target)?;
    }

    #[test]
    fn the_reach_of_a_range_is_the_longest_within_the_bound(
        loads in proptest::collection::vec(0.0f64..1.0, 1..20),
        start in any::<u128>(),
        bound in 0.0f64..2.0,
        is_even in any::<bool>(),
    ) {
        let profile = if is_even { even_inside(&loads).1 } else { keys(&loads) };
        let start = HashKey(start);
        let share = |end| profile.share(HashKeyRange { start, end });
        match profile.reach(start, bound) {
            Some(end) => {
                prop_assert!(share(end) <= bound + 1e-6);
                if let Some(next) = end.0.checked_add(1 << 96) {
                    prop_assert!(share(HashKey(next)) >= bound - 1e-6);
                }
            }
            None => prop_assert!(share(start) > bound - 1e-6),
        }
    }
}
