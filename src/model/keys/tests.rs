//! Shares against traffic whose truth is known, over many seeds.

use super::*;
use crate::model::ids::SequenceNumber;
use crate::model::record::RawRecord;

fn shard_id() -> ShardId {
    ShardId::from("shardId-000000000007")
}

fn record(key: &str, at_millis: i64, bytes: usize) -> RawRecord {
    RawRecord {
        sequence_number: SequenceNumber::from("1"),
        partition_key: key.into(),
        approximate_arrival: Some(Timestamp(at_millis)),
        data: vec![b'x'; bytes],
    }
}

fn table(records: &[RawRecord], shards: usize, scope: KeyScope, rank_by: RankBy) -> KeyTable {
    let mut sample = StreamSample::new(shards);
    sample.take(&shard_id(), records);
    sample.mark_known(&shard_id(), Timestamp(0), Timestamp(90_000));
    KeyTable::new(&sample, scope, rank_by)
}

/// How often the interval of the heaviest key covers its true share.
fn coverage(
    runs: u64,
    rank_by: RankBy,
    shards: usize,
    truth: f64,
    mut draw: impl FnMut(&mut fastrand::Rng, usize) -> (String, usize),
) -> f64 {
    let covered = (0..runs)
        .filter(|seed| {
            let mut rng = fastrand::Rng::with_seed(*seed);
            let records: Vec<RawRecord> = (0..900usize)
                .map(|n| {
                    let (key, bytes) = draw(&mut rng, n);
                    let size = bytes.saturating_sub(key.len());
                    record(&key, n as i64 * 100, size)
                })
                .collect();
            let table = table(&records, shards, KeyScope::Shard(shard_id()), rank_by);
            table.row(&"hot".into()).is_some_and(|row| row.low <= truth && truth <= row.high)
        })
        .count();
    covered as f64 / runs as f64
}

/// 95 % less three standard deviations of a count of `runs`.
fn enough(runs: u64) -> f64 {
    0.95 - 3.0 * (0.95 * 0.05 / runs as f64).sqrt()
}

#[test]
fn the_interval_of_a_share_of_records_covers_the_truth() {
    for truth in [0.02, 0.3, 0.71] {
        let share = coverage(400, RankBy::Records, 1, truth, |rng, _| {
            let key = if rng.f64() < truth { "hot".to_owned() } else { format!("k{}", rng.u32(..40)) };
            (key, 300)
        });
        assert!(share >= enough(400), "{truth}: {share}");
    }
}

#[test]
fn the_interval_of_a_share_of_bytes_covers_the_truth_when_sizes_differ_a_lot() {
    // The hot key's records are four times as large as the mean of the others, which are skewed themselves.
    let p = 0.3;
    let other_mean = (0..10).map(|n| 100.0 * f64::from(1u32 << (n % 5))).sum::<f64>() / 10.0;
    let truth = p * 2_500.0 / (p * 2_500.0 + (1.0 - p) * other_mean);
    let share = coverage(400, RankBy::Bytes, 1, truth, |rng, _| {
        if rng.f64() < p {
            ("hot".to_owned(), 2_000 + rng.usize(..=1_000))
        } else {
            (format!("k{}", rng.u32(..40)), 100 << rng.u32(..5))
        }
    });
    assert!(share >= enough(400), "{share}");
}

#[test]
fn the_interval_covers_the_truth_when_the_sketch_has_forgotten_most_keys() {
    let truth = 0.2;
    let share = coverage(300, RankBy::Records, 1_000, truth, |rng, _| {
        let key = if rng.f64() < truth { "hot".to_owned() } else { format!("k{}", rng.u32(..100_000)) };
        (key, 200)
    });
    assert!(share >= enough(300), "{share}");
}

#[test]
fn the_interval_covers_the_truth_when_records_come_in_clusters_of_time() {
    // The share is 0.6 or 0.2 in stretches of six seconds, as often the one as the other.
    let mut level = 0.0;
    let share = coverage(400, RankBy::Records, 1, 0.4, |rng, n| {
        if n % 60 == 0 {
            level = if rng.bool() { 0.6 } else { 0.2 };
        }
        let key = if rng.f64() < level { "hot".to_owned() } else { format!("k{}", rng.u32(..40)) };
        (key, 300)
    });
    assert!(share >= enough(400) - 0.02, "{share}");
}

#[test]
fn rows_add_up_to_the_load_of_the_shard() {
    let records: Vec<RawRecord> =
        (0..9_000).map(|n| record(if n % 10 < 7 { "tenant-42" } else { "tenant-7" }, n * 10, 991)).collect();
    let table = table(&records, 1, KeyScope::Shard(shard_id()), RankBy::Bytes);
    assert_eq!(table.rows.len(), 2);
    assert_eq!((table.other_keys, table.known_seconds, table.records), (0, 90, 9_000));
    assert!(table.other_share < 1e-9);
    let hot = &table.rows[0];
    assert!((hot.share - 0.7).abs() < 0.001 && hot.low < 0.7 && hot.high > 0.7);
    assert!((hot.bytes_per_sec.expect("known") - 70_000.0).abs() < 100.0);
    assert!((hot.records_per_sec.expect("known") - 70.0).abs() < 0.1);
    assert!((hot.mean_size() - 1_000.0).abs() < 0.1);
    assert!(hot.spark.values().iter().flatten().all(|rate| (rate - 70_000.0).abs() < 500.0), "{:?}", hot.spark);
    assert!(table.top_share(1) < table.top_share(2));
}

#[test]
fn shards_that_were_read_for_different_times_weigh_by_their_rates() {
    let other = ShardId::from("shardId-000000000008");
    let mut sample = StreamSample::new(2);
    let one: Vec<RawRecord> = (0..900).map(|n| record("long", n * 100, 996)).collect();
    let two: Vec<RawRecord> = (0..100).map(|n| record("brief", n * 100, 995)).collect();
    sample.take(&shard_id(), &one);
    sample.mark_known(&shard_id(), Timestamp(0), Timestamp(90_000));
    sample.take(&other, &two);
    sample.mark_known(&other, Timestamp(0), Timestamp(10_000));
    let table = KeyTable::new(&sample, KeyScope::Stream, RankBy::Records);
    assert_eq!(table.rows.len(), 2);
    assert!(table.rows.iter().all(|row| (row.share - 0.5).abs() < 1e-9), "{:?}", table.rows);
    let brief = table.row(&"brief".into()).expect("listed");
    assert_eq!(brief.shard, other);
    assert!(brief.low < 0.47 && brief.high > 0.53, "a hundred records leave more doubt than a thousand");
}

#[test]
fn a_stream_that_distributes_by_itself_has_no_keys_to_rank() {
    let records: Vec<RawRecord> = (0..50).map(|n| record("", n * 10, 100)).collect();
    let table = table(&records, 1, KeyScope::Stream, RankBy::Bytes);
    assert!(table.is_keyless() && table.rows.is_empty());
    let empty = KeyTable::new(&StreamSample::new(1), KeyScope::Shard(shard_id()), RankBy::Bytes);
    assert!(!empty.is_keyless() && empty.rows.is_empty() && empty.records == 0);
}
