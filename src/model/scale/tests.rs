//! Bounds, work and predictions, by example and by chance.

use proptest::prelude::*;

use super::*;
use crate::model::ids::{PartitionKey, SequenceNumber};
use crate::model::metrics::{Source, Window, WriteMetrics};
use crate::model::record::RawRecord;
use crate::model::shard_map::Shard;
use crate::model::time::Timestamp;

fn id(number: usize) -> ShardId {
    ShardId::from(format!("shardId-{number:012}"))
}

fn cut(starts: &[u128]) -> ShardMap {
    let ends = starts.iter().skip(1).map(|start| start - 1).chain([u128::MAX]);
    let shards = starts.iter().zip(ends).enumerate().map(|(at, (start, end))| Shard {
        id: id(at),
        range: HashKeyRange { start: HashKey(*start), end: HashKey(end) },
        parent: None,
        adjacent_parent: None,
        starting_sequence_number: SequenceNumber::from("1"),
        ending_sequence_number: None,
    });
    ShardMap::new(shards.collect())
}

fn uniform(count: u32) -> ShardMap {
    let starts: Vec<u128> = HashKeyRange::uniform(count).iter().map(|range| range.start.0).collect();
    cut(&starts)
}

fn metrics(shares: &[Option<f64>]) -> StreamMetrics {
    let window = Window::last_minutes(Timestamp::from_secs(36_000), 1);
    let of = |share: &Option<f64>| {
        let mut own = WriteMetrics::unknown(window);
        if let Some(share) = share {
            own.incoming_bytes.set(window.start, share * 60.0 * 1_048_576.0);
            own.incoming_records.set(window.start, share * 60.0 * 100.0);
        }
        own
    };
    StreamMetrics {
        window,
        total: WriteMetrics::unknown(window),
        shards: shares.iter().enumerate().map(|(at, share)| (id(at), of(share))).collect(),
        source: Source::CloudWatch,
        incomplete_from: None,
    }
}

#[test]
fn half_is_rounded_up_and_quotas_end_what_can_be_asked_for() {
    let ends = |open, free| {
        let bounds = bounds(open, free);
        (bounds.least, bounds.most, bounds.is_cut_by_quota)
    };
    assert_eq!(ends(24, None), (12, 48, false));
    assert_eq!(ends(3, None), (2, 6, false));
    assert_eq!(ends(1, None), (1, 2, false));
    assert_eq!(ends(24, Some(6)), (12, 30, true));
    assert_eq!(ends(24, Some(0)), (12, 24, true));
    assert_eq!(ends(8_000, None), (4_000, 10_000, false));
    assert_eq!(ends(12_000, None), (6_000, 10_000, false));
}

#[test]
fn whole_quarters_are_marked() {
    let marked: Vec<u32> = (12..=48).filter(|target| quarters(24, *target).is_some()).collect();
    assert_eq!(marked, [12, 18, 24, 30, 36, 42, 48]);
    assert_eq!((quarters(24, 36), quarters(24, 12), quarters(3, 4)), (Some(2), Some(-2), None));
}

#[test]
fn work_is_counted_in_cuts() {
    assert_eq!(work(&uniform(4), 8), Work { splits: 4, merges: 0 });
    assert_eq!(work(&uniform(4), 2), Work { splits: 0, merges: 2 });
    // Of the cuts at a quarter, a half and three quarters only the half is on the grid of six.
    assert_eq!(work(&uniform(4), 6), Work { splits: 4, merges: 2 });
    assert_eq!(work(&uniform(4), 4), Work { splits: 0, merges: 0 });
}

#[test]
fn the_skew_stays_whatever_the_number() {
    // The load of the fourth shard lies evenly in its quarter.
    let profile = Profile::new(&uniform(4), Some(&metrics(&[Some(0.1), Some(0.1), Some(0.1), Some(0.9)])), None);
    let profile = profile.expect("known");
    assert!((profile.hottest(4).1 - 0.9).abs() < 1e-9);
    assert!(matches!(profile.hottest(8).0, 6 | 7), "both halves of the last quarter carry the same");
    assert!((profile.hottest(8).1 - 0.45).abs() < 1e-9);
    assert!((profile.hottest(2).1 - 1.0).abs() < 1e-9);
    assert!(profile.floor.is_none());
}

#[test]
fn a_hot_key_is_the_floor_of_every_target() {
    let record = |key: &str, bytes: usize| RawRecord {
        sequence_number: SequenceNumber::from("1"),
        data: vec![b'x'; bytes],
        partition_key: PartitionKey::from(key),
        approximate_arrival: Some(Timestamp::from_secs(36_000)),
    };
    let map = uniform(1);
    let mut sample = StreamSample::new(1);
    let records: Vec<RawRecord> = (0..900)
        .map(|n| record(&format!("user-{n}"), 100))
        .chain((0..90).map(|_| record("tenant-42", 2_000)))
        .collect();
    sample.take(&id(0), &records);
    let profile = Profile::new(&map, Some(&metrics(&[Some(0.9)])), Some(&sample)).expect("known");
    let floor = profile.floor.clone().expect("sampled");
    assert_eq!(floor.key.as_ref().map(PartitionKey::as_str), Some("tenant-42"));
    assert!(floor.share > 0.5 && floor.share < 0.7, "{floor:?}");
    for target in [1, 2, 16, 512] {
        assert!(profile.hottest(target).1 >= floor.share - 1e-9, "{target}");
    }
    assert!(profile.hottest(512).1 < floor.share + 0.02);
    assert_eq!((profile.sampled_shards, profile.unknown_shards), (1, 0));
}

#[test]
fn shards_without_figures_are_counted_and_not_taken_for_idle() {
    let profile = Profile::new(&uniform(2), Some(&metrics(&[Some(0.4), None])), None).expect("one is known");
    assert_eq!(profile.unknown_shards, 1);
    assert!(Profile::new(&uniform(2), None, None).is_none());
}

proptest! {
    #[test]
    fn no_load_is_lost_or_made(
        inner in prop::collection::btree_set(1u128.., 0..12), shares in prop::collection::vec(0.0f64..1.5, 13),
        target in 1u32..60,
    ) {
        let starts: Vec<u128> = [0].into_iter().chain(inner).collect();
        let map = cut(&starts);
        let known: Vec<Option<f64>> = shares.iter().take(starts.len()).copied().map(Some).collect();
        let profile = Profile::new(&map, Some(&metrics(&known)), None).expect("known");
        let total: f64 = known.iter().flatten().sum();
        let laid = profile.shares(target);
        prop_assert_eq!(laid.len(), target as usize);
        prop_assert!((laid.iter().map(|(_, share)| share).sum::<f64>() - total).abs() < 1e-6);
        let hottest = profile.hottest(target).1;
        prop_assert!(hottest >= total / f64::from(target) - 1e-9 && hottest <= total + 1e-9);
        // Halves of a range carry together what it carries: doubling never makes the hottest hotter.
        prop_assert!(profile.hottest(target * 2).1 <= hottest + 1e-9);
    }

    #[test]
    fn work_turns_the_old_cuts_into_the_new(inner in prop::collection::btree_set(1u128.., 0..30), target in 1u32..60) {
        let starts: Vec<u128> = [0].into_iter().chain(inner).collect();
        let map = cut(&starts);
        let work = work(&map, target);
        prop_assert_eq!(starts.len() + work.splits, target as usize + work.merges);
        prop_assert!(work.splits < target as usize && work.merges < starts.len());
    }

    #[test]
    fn every_target_within_the_bounds_is_at_most_double_and_at_least_half(open in 1u32..20_000, free in prop::option::of(0u32..50_000)) {
        let bounds = bounds(open, free);
        prop_assert!(bounds.least <= bounds.most);
        prop_assert!(bounds.least * 2 >= open && bounds.most <= open * 2);
        prop_assert!(free.is_none_or(|free| bounds.most <= open + free));
    }
}
