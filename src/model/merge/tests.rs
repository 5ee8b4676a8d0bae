//! Pairs of neighbours, by example and by chance.

use proptest::prelude::*;

use super::*;
use crate::model::ids::SequenceNumber;
use crate::model::metrics::{Source, Window};
use crate::model::time::Timestamp;

fn window() -> Window {
    Window::last_minutes(Timestamp::from_secs(36_000), 4)
}

fn id(number: usize) -> ShardId {
    ShardId::from(format!("shardId-{number:012}"))
}

fn open(number: usize, range: HashKeyRange, parent: Option<usize>) -> Shard {
    Shard {
        id: id(number),
        range,
        parent: parent.map(id),
        adjacent_parent: None,
        starting_sequence_number: SequenceNumber::from("1"),
        ending_sequence_number: None,
    }
}

/// Shares of the byte limit, minute by minute.
fn written(shares: &[Option<f64>]) -> WriteMetrics {
    let mut metrics = WriteMetrics::unknown(window());
    for (index, share) in shares.iter().enumerate() {
        if let Some(share) = share {
            let at = window().time_of(index);
            metrics.incoming_bytes.set(at, share * 60.0 * 1_048_576.0);
            metrics.incoming_records.set(at, share * 60.0 * 500.0);
        }
    }
    metrics
}

fn stream(loads: &[Vec<Option<f64>>]) -> (ShardMap, StreamMetrics) {
    let ranges = HashKeyRange::uniform(loads.len() as u32);
    let map = ShardMap::new(ranges.into_iter().enumerate().map(|(at, range)| open(at, range, None)).collect());
    let shards = loads.iter().enumerate().map(|(at, shares)| (id(at), written(shares))).collect();
    let total = WriteMetrics::unknown(window());
    (map, StreamMetrics { window: window(), total, shards, source: Source::CloudWatch, incomplete_from: None })
}

#[test]
fn minutes_in_which_both_are_high_decide() {
    let apart = [vec![Some(0.5), Some(0.0)], vec![Some(0.0), Some(0.5)]];
    let (map, metrics) = stream(&apart);
    let found = pairs(&map, Some(&metrics));
    assert_eq!(found.first().map(|pair| pair.verdict), Some(PairVerdict::Fits));
    assert!(found.first().and_then(|pair| pair.load).is_some_and(|load| (load.peak - 0.5).abs() < 1e-9));
    // The same averages, at the same time.
    let together = [vec![Some(0.5), Some(0.0)], vec![Some(0.5), Some(0.0)]];
    let (map, metrics) = stream(&together);
    let found = pairs(&map, Some(&metrics));
    assert_eq!(found.first().map(|pair| pair.verdict), Some(PairVerdict::Refused(Refusal::OverLimit)));
}

#[test]
fn the_coldest_pair_is_suggested_and_refused_ones_come_last_with_their_reason() {
    let (map, metrics) =
        stream(&[vec![Some(0.9)], vec![Some(0.2)], vec![Some(0.1)], vec![Some(0.0)], vec![Some(0.65)]]);
    let found = pairs(&map, Some(&metrics));
    let told: Vec<String> =
        found.iter().map(|pair| format!("{} + {}: {}", pair.lower.short(), pair.upper.short(), pair.words())).collect();
    assert_eq!(
        told,
        [
            "…0002 + …0003: fits, …0003 is idle",
            "…0001 + …0002: fits",
            "…0003 + …0004: over 60 %, little room",
            "…0000 + …0001: …0000 is hot by itself",
        ]
    );
    assert_eq!(without_overlap(&found), [0]);
}

#[test]
fn a_minute_that_is_known_of_one_alone_does_not_count() {
    let (map, metrics) = stream(&[vec![Some(0.3), None, Some(0.1)], vec![Some(0.1), Some(0.5), None]]);
    let load = pairs(&map, Some(&metrics)).first().and_then(|pair| pair.load).expect("one minute is known of both");
    assert_eq!(load.periods, 1);
    assert!((load.peak - 0.4).abs() < 1e-9);
    let (map, metrics) = stream(&[vec![Some(0.3)], vec![None]]);
    assert_eq!(pairs(&map, Some(&metrics)).first().map(|pair| pair.verdict), Some(PairVerdict::Unknown));
    assert_eq!(pairs(&map, None).first().map(|pair| pair.verdict), Some(PairVerdict::Unknown));
}

#[test]
fn the_records_of_one_and_the_bytes_of_the_other_do_not_add_up() {
    let (map, mut metrics) = stream(&[vec![Some(0.4)], vec![Some(0.0)]]);
    if let Some(upper) = metrics.shards.get_mut(&id(1)) {
        upper.incoming_records.set(window().start, 300.0 * 60.0);
    }
    let load = pairs(&map, Some(&metrics)).first().and_then(|pair| pair.load).expect("known");
    // 200 + 300 records of 1,000 are more than 40 % of the bytes.
    assert!((load.peak - 0.5).abs() < 1e-9, "{load:?}");
}

#[test]
fn a_hole_between_two_shards_and_the_children_of_one_split_are_told() {
    let ranges = HashKeyRange::uniform(4);
    let shards = [0, 1, 3].map(|at| open(at, *ranges.get(at).expect("four"), (at < 2).then_some(9)));
    let map = ShardMap::new(shards.to_vec());
    let shares = [0, 1, 3].map(|at| (id(at), written(&[Some(0.1)])));
    let (_, metrics) = stream(&[vec![], vec![]]);
    let metrics = StreamMetrics { shards: shares.into(), ..metrics };
    let told: Vec<PairVerdict> = pairs(&map, Some(&metrics)).iter().map(|pair| pair.verdict).collect();
    assert_eq!(told, [PairVerdict::UndoesSplit, PairVerdict::Refused(Refusal::NotAdjacent)]);
}

proptest! {
    #[test]
    fn what_is_offered_fits_and_what_does_not_fit_is_refused(
        loads in prop::collection::vec(prop::collection::vec(prop::option::of(0.0f64..1.2), 4), 1..14),
    ) {
        let (map, metrics) = stream(&loads);
        let found = pairs(&map, Some(&metrics));
        prop_assert_eq!(found.len(), loads.len() - 1);
        for pair in &found {
            let (low, high) = (metrics.shards.get(&pair.lower), metrics.shards.get(&pair.upper));
            let series = merged_series(low.expect("known"), high.expect("known"));
            prop_assert_eq!(series.max(), pair.load.map(|load| load.peak));
            if let Some(load) = pair.load {
                // Neither below the busier of both in any minute that counts, nor above the sum of their peaks.
                let peak = |metrics: Option<&WriteMetrics>| metrics.and_then(|m| m.utilisation(1).max()).unwrap_or(0.0);
                prop_assert!(load.peak <= peak(low) + peak(high) + 1e-9);
                prop_assert!(load.mean <= load.peak + 1e-9 && load.now <= load.peak + 1e-9);
                prop_assert!(!pair.verdict.fits() || load.peak < MOST_MERGED_SHARE);
            } else {
                prop_assert!(!pair.verdict.fits());
            }
        }
        // Those that are offered come first, and those that fit are in the order of their peaks.
        prop_assert!(found.windows(2).all(|two| two[0].verdict.rank() <= two[1].verdict.rank()));
        let chosen = without_overlap(&found);
        let mut shards: Vec<&ShardId> = chosen.iter().flat_map(|at| [&found[*at].lower, &found[*at].upper]).collect();
        let count = shards.len();
        shards.sort();
        shards.dedup();
        prop_assert_eq!(shards.len(), count, "no shard is in two pairs");
    }
}
