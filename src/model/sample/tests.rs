//! A sample against traffic of which the truth is known.

use super::*;
use crate::model::hash_range::HashKey;
use crate::model::ids::SequenceNumber;
use crate::model::metrics::Window;

fn record(key: &str, at_millis: i64, bytes: usize) -> RawRecord {
    RawRecord {
        sequence_number: SequenceNumber::from("1"),
        partition_key: key.into(),
        approximate_arrival: Some(Timestamp(at_millis)),
        data: vec![b'x'; bytes],
    }
}

fn shard() -> ShardId {
    ShardId::from("shardId-000000000007")
}

#[test]
fn an_aggregate_is_one_record_for_the_limit_and_many_for_its_keys() {
    let mut sample = StreamSample::new(1);
    let data = crate::model::decode::aggregate_for_tests(
        &["hot", "cold"],
        &[(0, b"12345".as_slice()), (1, b"1".as_slice()), (0, b"12345".as_slice())],
    );
    let size = data.len() + 1;
    let aggregate = RawRecord { data, ..record("a", 5_000, 0) };
    sample.take(&shard(), &[aggregate]);
    sample.mark_known(&shard(), Timestamp(5_000), Timestamp(6_000));
    let one = sample.shard(&shard()).expect("sampled");
    assert_eq!((one.records(), one.user_records(), one.aggregates()), (1, 3, 1));
    let load = one.seconds().at(Timestamp(5_000)).expect("known");
    assert_eq!((load.records, load.bytes), (1, size as u64));
    let keys: Vec<(&str, u64, u64)> =
        one.keys_by_bytes().ranked().iter().map(|c| (c.key.as_str(), c.count, c.extra.other)).collect();
    assert_eq!(keys, [("hot", 16, 2), ("cold", 5, 1)]);
    assert_eq!(one.keys_by_records().total(), 3);
    assert_eq!(sample.distinct_keys(), Estimate::exact(2));
}

#[test]
fn what_only_begins_like_an_aggregate_counts_under_its_outer_key() {
    let mut sample = StreamSample::new(1);
    let mut damaged = record("outer", 0, 0);
    damaged.data = vec![0xf3, 0x89, 0x9a, 0xc2, 1, 2, 3];
    sample.take(&shard(), &[damaged]);
    let one = sample.shard(&shard()).expect("sampled");
    assert_eq!(one.keys_by_bytes().ranked()[0].key.as_str(), "outer");
    assert_eq!((one.user_records(), one.aggregates()), (1, 0));
}

#[test]
fn records_without_a_key_load_the_shard_but_are_not_ranked() {
    let mut sample = StreamSample::new(1);
    sample.take(&shard(), &[record("", 1_000, 100), record("k", 1_000, 100)]);
    let one = sample.shard(&shard()).expect("sampled");
    assert_eq!((one.records(), one.keyless_records(), one.keys_by_bytes().counters().len()), (2, 1, 1));
    assert_eq!(one.density().records(), 1);
}

#[test]
fn absurd_times_are_counted_without_one() {
    let mut sample = StreamSample::new(1);
    for at in [i64::MIN, -1, i64::MAX] {
        sample.take(&shard(), &[record("k", at, 10)]);
        sample.mark_known(&shard(), Timestamp(at), Timestamp(i64::MAX));
    }
    let one = sample.shard(&shard()).expect("sampled");
    assert_eq!((one.records(), one.span(), one.seconds().known_count()), (3, None, 0));
    for scope in [crate::model::keys::KeyScope::Stream, crate::model::keys::KeyScope::Shard(shard())] {
        let table = crate::model::keys::KeyTable::new(&sample, scope, crate::model::keys::RankBy::Bytes);
        assert_eq!(table.rows.len(), 1);
    }
}

#[test]
fn a_published_clone_does_not_change_while_counting_goes_on() {
    let mut sample = StreamSample::new(2);
    sample.take(&shard(), &[record("k", 1_000, 100)]);
    let published = sample.clone();
    sample.take(&shard(), &[record("k", 2_000, 100)]);
    assert_eq!((published.records(), sample.records()), (1, 2));
}

#[test]
fn utilisation_of_a_second_is_the_greater_of_both_shares() {
    let mut sample = StreamSample::new(1);
    let tiny: Vec<RawRecord> = (0..900).map(|n| record(&format!("k{n}"), 1_000 + n, 10)).collect();
    sample.take(&shard(), &tiny);
    sample.mark_known(&shard(), Timestamp(1_000), Timestamp(3_000));
    let one = sample.shard(&shard()).expect("sampled");
    let seconds: Vec<f64> = one.utilisation_per_second().map(|(_, u)| u.value()).collect();
    assert_eq!(seconds, [0.9, 0.0]);
    let (bytes, records) = one.to_series(Window { start: Timestamp(0), end: Timestamp(60_000), step_seconds: 60 });
    assert_eq!(records.values(), [Some(27_000.0)]);
    assert!(bytes.at(0).is_some());
    assert!((one.mean_utilisation().expect("known").value() - 0.45).abs() < 1e-9);
}

#[test]
fn keys_of_burst_seconds_stand_against_those_of_the_calm() {
    let mut sample = StreamSample::new(1);
    for second in 0..60i64 {
        let mut records = vec![record("calm", second * 1_000, 300_000), record("other", second * 1_000 + 5, 100_000)];
        if second % 20 == 0 {
            records.push(record("burster", second * 1_000 + 9, 900_000));
        }
        sample.take(&shard(), &records);
    }
    sample.mark_known(&shard(), Timestamp(0), Timestamp(60_000));
    let keys = sample.shard(&shard()).and_then(|one| one.burst_keys(1.0)).expect("bursts");
    assert_eq!((keys.burst_seconds, keys.else_seconds), (3, 57));
    assert_eq!(keys.keys[0].key.as_str(), "burster");
    assert!((keys.keys[0].burst_share - 0.69).abs() < 0.01 && keys.keys[0].else_share == 0.0);
    assert!((keys.keys[1].else_share - 0.75).abs() < 0.01);
    assert!(sample.shard(&shard()).and_then(|one| one.burst_keys(2.0)).is_none());
}

#[test]
fn ten_million_different_keys_stay_below_sixteen_mebibytes() {
    for shards in [1usize, 24] {
        let mut sample = StreamSample::new(shards);
        let ids: Vec<ShardId> = (0..shards).map(|n| ShardId::from(format!("shardId-{n:012}"))).collect();
        // Debug builds are slow, and memory is bounded long before the end.
        let count = if cfg!(debug_assertions) { 200_000u32 } else { 10_000_000 };
        let mut batch = Vec::new();
        for n in 0..count {
            batch.push(record(&format!("device-{n:09}"), i64::from(n / 10), 20));
            if batch.len() == 500 {
                sample.take(&ids[(n as usize / 500) % shards], &batch);
                batch.clear();
            }
        }
        let memory = sample.memory_bytes();
        assert!(memory < 16 * 1_048_576, "{memory} bytes for {shards} shards");
        let distinct = sample.distinct_keys();
        let off = (distinct.value - f64::from(count)).abs() / f64::from(count);
        assert!(off < 0.04, "{distinct:?}");
    }
}

#[test]
fn every_key_of_the_longest_kind_still_fits_the_budget() {
    let mut sample = StreamSample::new(1);
    let long: Vec<RawRecord> = (0..20_000).map(|n| record(&format!("{n:08}{}", "한".repeat(248)), n, 10)).collect();
    sample.take(&shard(), &long);
    assert!(sample.memory_bytes() < 16 * 1_048_576, "{}", sample.memory_bytes());
}

#[test]
fn a_key_that_grew_heavy_late_still_stands_for_itself() {
    let mut sample = StreamSample::new(64);
    let light: Vec<RawRecord> = (0..5_000).map(|n| record(&format!("user-{}", n % 4_000), n, 10)).collect();
    sample.take(&shard(), &light);
    let heavy: Vec<RawRecord> = (0..5_000).map(|n| record("user-7", 5_000 + n, 100)).collect();
    sample.take(&shard(), &heavy);
    let hash = HashKey::of_partition_key("user-7");
    let one = sample.shard(&shard()).expect("sampled");
    let cell =
        one.landings().into_iter().find(|cell| cell.low == hash && cell.high == hash).expect("a cell of its own");
    assert!(cell.bytes >= 500_000);
    let total: u64 = one.landings().iter().map(|cell| cell.bytes).sum();
    assert_eq!(total, one.density().bytes());
}
