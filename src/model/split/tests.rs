//! The balanced cut against every other cut.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::model::ids::{SequenceNumber, ShardId};
use crate::model::record::RawRecord;
use crate::model::sample::StreamSample;
use crate::model::time::Timestamp;

fn record(key: &str, at_millis: i64, bytes: usize) -> RawRecord {
    RawRecord {
        sequence_number: SequenceNumber::from("1"),
        partition_key: key.into(),
        approximate_arrival: Some(Timestamp(at_millis)),
        data: vec![b'x'; bytes.saturating_sub(key.len())],
    }
}

fn shard() -> ShardId {
    ShardId::from("shardId-000000000007")
}

fn sampled(records: &[RawRecord], seconds: i64) -> StreamSample {
    let mut sample = StreamSample::new(1);
    sample.take(&shard(), records);
    sample.mark_known(&shard(), Timestamp(0), Timestamp::from_secs(seconds));
    sample
}

fn judge(sample: &StreamSample, range: HashKeyRange) -> SplitAdvice {
    advise(range, sample.shard(&shard()).expect("sampled"), None)
}

#[test]
fn spread_keys_in_a_dense_range_are_cut_in_two_equal_halves() {
    // All keys of the lowest sixteenth of the range.
    let records: Vec<RawRecord> = (0..200_000)
        .map(|n| format!("order-{n}"))
        .filter(|key| HashKey::of_partition_key(key).0 >> 124 == 0)
        .enumerate()
        .map(|(n, key)| record(&key, n as i64, 500 + n % 7 * 100))
        .collect();
    assert!(records.len() > 10_000);
    let sample = sampled(&records, 20);
    let advice = judge(&sample, HashKeyRange::FULL);
    assert!(advice.helps, "{advice:?}");
    let cut = advice.balanced.expect("a cut");
    // Against the records themselves, not the summary.
    let total: usize = records.iter().map(RawRecord::size_bytes).sum();
    let left: usize = records
        .iter()
        .filter(|record| HashKey::of_partition_key(record.partition_key.as_str()) < cut.new_starting_hash_key)
        .map(RawRecord::size_bytes)
        .sum();
    let share = left as f64 / total as f64;
    assert!((share - 0.5).abs() <= 0.01, "{share}");
    let even = advice.even.expect("a cut");
    assert!(even.left.share > 0.99, "an even split would change nothing");
}

#[test]
fn a_key_that_dominates_is_named_and_isolated_where_it_fits_a_shard() {
    let records: Vec<RawRecord> = (0..10_000)
        .map(|n| record(&if n % 10 < 7 { "tenant-42".to_owned() } else { format!("t-{}", n % 41) }, n, 1_000))
        .collect();
    let advice = judge(&sampled(&records, 10), HashKeyRange::FULL);
    assert!(!advice.helps);
    let SplitReason::OneKeyDominates(key) = &advice.reason else { panic!("{:?}", advice.reason) };
    assert_eq!(key.key.as_ref().map(PartitionKey::as_str), Some("tenant-42"));
    assert!((key.share - 0.7).abs() < 0.01);
    assert!(advice.sentence().starts_with("Key tenant-42 carries 70 %"), "{}", advice.sentence());
    let isolation = advice.isolation.expect("0.7 MB/s fit a shard");
    let hash = HashKey::of_partition_key("tenant-42");
    assert_eq!(isolation.cuts, [hash, HashKey(hash.0 + 1)]);
    assert_eq!((isolation.own.range.start, isolation.own.range.end), (hash, hash));
    let rest: f64 = isolation.rest.iter().map(|child| child.share).sum();
    assert!((rest + isolation.own.share - 1.0).abs() < 1e-9);
}

#[test]
fn a_key_above_the_limit_of_a_shard_is_not_isolated() {
    let records: Vec<RawRecord> = (0..3_000).map(|n| record("whale", n * 3, 5_000)).collect();
    let advice = judge(&sampled(&records, 9), HashKeyRange::FULL);
    assert!(matches!(advice.reason, SplitReason::OneKeyDominates(_)));
    assert_eq!(advice.isolation, None);
}

#[test]
fn tiny_records_are_balanced_by_their_number() {
    let (mut low, mut high) = (Vec::new(), Vec::new());
    for n in 0..4_000i64 {
        let key = format!("k{n}");
        let is_low = HashKey::of_partition_key(&key).0 >> 127 == 0;
        if is_low { low.push(record(&key, n, 20)) } else { high.push(record(&key, n, 400)) }
    }
    low.append(&mut high);
    let advice = judge(&sampled(&low, 4), HashKeyRange::FULL);
    assert_eq!(advice.measure, BoundBy::Records);
    let cut = advice.balanced.expect("a cut");
    assert!((cut.left.share - 0.5).abs() < 0.001);
    assert!(cut.new_starting_hash_key.fraction() > 0.45 && cut.new_starting_hash_key.fraction() < 0.55);
}

#[test]
fn too_little_and_too_narrow_are_said() {
    let few: Vec<RawRecord> = (0..50).map(|n| record(&format!("k{n}"), n, 100)).collect();
    let sample = sampled(&few, 1);
    assert_eq!(judge(&sample, HashKeyRange::FULL).reason, SplitReason::TooFewSamples(50));
    let hash = HashKey::of_partition_key("k1");
    let one = judge(&sample, HashKeyRange { start: hash, end: hash });
    assert_eq!((one.reason.clone(), one.balanced), (SplitReason::RangeOfOneHash, None));
}

#[test]
fn a_shard_whose_only_key_is_its_first_hash_key_is_cut_right_behind_it() {
    let records: Vec<RawRecord> = (0..300).map(|n| record("k", n, 100)).collect();
    let hash = HashKey::of_partition_key("k");
    let range = HashKeyRange { start: hash, end: HashKey(u128::MAX) };
    let advice = judge(&sampled(&records, 1), range);
    assert_eq!(advice.balanced.map(|cut| cut.new_starting_hash_key), Some(HashKey(hash.0 + 1)));
    assert_eq!(advice.isolation.map(|isolation| isolation.cuts), Some(vec![HashKey(hash.0 + 1)]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_other_cut_leaves_the_children_nearer_to_each_other(
        draws in prop::collection::vec((0u32..400, 20usize..3_000, any::<bool>()), 200..600),
    ) {
        // Every other record is of a few keys, so that heavy ones come about.
        let records: Vec<RawRecord> = draws
            .iter()
            .enumerate()
            .map(|(n, (key, bytes, is_few))| {
                record(&format!("k{}", if *is_few { key % 3 } else { *key }), n as i64, *bytes)
            })
            .collect();
        let advice = judge(&sampled(&records, 1), HashKeyRange::FULL);
        let is_bytes = advice.measure == BoundBy::Bytes;
        let mut loads: BTreeMap<HashKey, usize> = BTreeMap::new();
        for record in &records {
            let weight = if is_bytes { record.size_bytes() } else { 1 };
            *loads.entry(HashKey::of_partition_key(record.partition_key.as_str())).or_default() += weight;
        }
        let total: usize = loads.values().sum();
        let apart = |at: HashKey| {
            let left: usize = loads.range(..at).map(|(_, weight)| weight).sum();
            total.abs_diff(2 * left)
        };
        let cut = advice.balanced.expect("a cut");
        prop_assert!(advice.range.split_at(cut.new_starting_hash_key).is_some());
        let best = loads.keys().map(|hash| apart(*hash)).min().expect("keys");
        prop_assert_eq!(apart(cut.new_starting_hash_key), best);
        let predicted = (cut.left.share - cut.right.share).abs() * total as f64;
        prop_assert!((predicted - best as f64).abs() < 1.0);
        // Within 2 % of each other, unless the weight of one key is what keeps them apart.
        let heaviest = *loads.values().max().expect("keys");
        prop_assert!(best as f64 <= 0.02 * total as f64 || best <= heaviest);
    }
}
