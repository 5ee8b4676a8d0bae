//! Traffic with known truth, and the conclusion that has to come of it.

use super::*;
use crate::model::hash_range::{HashKey, HashKeyRange};
use crate::model::ids::{PartitionKey, SequenceNumber};
use crate::model::metrics::{Source, StreamMetrics, Window, WriteMetrics};
use crate::model::record::RawRecord;
use crate::model::sample::StreamSample;
use crate::model::shard_map::{Shard, ShardMap};
use crate::model::stream::{Encryption, StreamMode, StreamStatus, StreamSummary};
use crate::model::time::{Millis, Timestamp};

const START: Timestamp = Timestamp(1_790_000_000_000);
const SECONDS: i64 = 60;
const LIMIT: f64 = 1_048_576.0;

fn shards(count: u32) -> ShardMap {
    let shard = |(index, range): (usize, HashKeyRange)| Shard {
        id: ShardId::from(format!("shardId-{index:012}")),
        range,
        parent: None,
        adjacent_parent: None,
        starting_sequence_number: SequenceNumber::from("0"),
        ending_sequence_number: None,
    };
    ShardMap::new(HashKeyRange::uniform(count).into_iter().enumerate().map(shard).collect())
}

fn summary(shards: u32) -> StreamSummary {
    StreamSummary {
        name: "s".into(),
        arn: String::new(),
        status: StreamStatus::Active,
        mode: StreamMode::Provisioned,
        open_shard_count: shards,
        retention_hours: 24,
        encryption: Encryption::None,
        enhanced_metrics: Vec::new(),
        consumer_count: None,
        max_record_size_kib: None,
        created: None,
    }
}

/// Traffic that is read whole.
struct Traffic {
    map: ShardMap,
    sample: StreamSample,
    random: fastrand::Rng,
    sequence: u64,
}

impl Traffic {
    fn new(count: u32) -> Self {
        let map = shards(count);
        let mut sample = StreamSample::new(count as usize);
        for shard in map.all() {
            sample.mark_known(&shard.id, START, START + Millis::from_secs(SECONDS));
        }
        Self { map, sample, random: fastrand::Rng::with_seed(7), sequence: 0 }
    }

    fn put(&mut self, second: i64, key: &str, data: Vec<u8>) {
        let shard = self.map.open_shard_of(HashKey::of_partition_key(key)).expect("a shard").id.clone();
        self.sequence += 1;
        let record = RawRecord {
            sequence_number: SequenceNumber::from(self.sequence.to_string()),
            partition_key: PartitionKey::from(key),
            approximate_arrival: Some(START + Millis(second * 1_000 + self.random.i64(0..1_000))),
            data,
        };
        self.sample.take(&shard, &[record]);
    }

    /// Spread keys, each shard at about this share of its byte limit.
    fn spread(&mut self, share: f64, size: usize) {
        let count = self.map.open_count() as f64;
        let a_second = (share * LIMIT * count / size as f64).round() as i64;
        for second in 0..SECONDS {
            for _ in 0..a_second {
                let key = format!("user-{}", self.random.u32(0..20_000));
                self.put(second, &key, vec![b'x'; size]);
            }
        }
    }

    /// One key at this share of a shard's limit.
    fn key(&mut self, key: &str, share: f64, size: usize) {
        for second in 0..SECONDS {
            for _ in 0..(share * LIMIT / size as f64).round() as i64 {
                self.put(second, key, vec![b'x'; size]);
            }
        }
    }

    fn judge(&self) -> Verdict {
        let summary = summary(self.map.open_count() as u32);
        let evidence =
            Evidence { summary: Some(&summary), shards: &self.map, metrics: None, sample: Some(&self.sample) };
        judge(&evidence, None)
    }

    fn home(&self, key: &str) -> ShardId {
        self.map.open_shard_of(HashKey::of_partition_key(key)).expect("a shard").id.clone()
    }
}

#[test]
fn balanced_traffic_is_healthy() {
    let mut traffic = Traffic::new(4);
    traffic.spread(0.4, 4_000);
    let verdict = traffic.judge();
    assert_eq!((verdict.kind, verdict.severity), (VerdictKind::Healthy, Severity::Ok), "{}", verdict.to_text());
    assert_eq!(verdict.shards.len(), 4);
}

#[test]
fn one_key_with_most_of_a_shard_is_a_hot_key() {
    let mut traffic = Traffic::new(4);
    traffic.spread(0.28, 4_000);
    traffic.key("tenant-42", 0.69, 4_000);
    let verdict = traffic.judge();
    assert_eq!(verdict.kind, VerdictKind::HotKey, "{}", verdict.to_text());
    assert_eq!((verdict.severity, verdict.confidence), (Severity::Critical, Confidence::High));
    assert_eq!(verdict.shard, Some(traffic.home("tenant-42")));
    let keys = verdict.keys.as_ref().expect("keys");
    let top = keys.rows.first().expect("a key");
    assert_eq!(top.key.as_str(), "tenant-42");
    let truth = 0.69 / 0.97;
    assert!(top.low <= truth && truth <= top.high, "{} {} {}", top.low, top.share, top.high);
    assert!(!verdict.split.as_ref().expect("advice").helps);
    assert!(verdict.to_text().contains("Splitting will not help"), "{}", verdict.to_text());
}

#[test]
fn many_keys_in_a_dense_range_are_a_hot_shard_that_a_split_helps() {
    let mut traffic = Traffic::new(4);
    traffic.spread(0.2, 4_000);
    // Keys of one shard only, all in the first eighth of its range.
    let range = traffic.map.open().nth(2).expect("a shard").range;
    let dense = |key: &str| (HashKey::of_partition_key(key).0 - range.start.0) < (range.end.0 - range.start.0) / 8;
    let keys: Vec<String> = (0..4_000)
        .map(|index| format!("dense-{index}"))
        .filter(|key| range.contains(HashKey::of_partition_key(key)) && dense(key))
        .collect();
    assert!(keys.len() > 50, "{}", keys.len());
    for second in 0..SECONDS {
        for _ in 0..(0.75 * LIMIT / 4_000.0) as i64 {
            let key = keys[traffic.random.usize(0..keys.len())].clone();
            traffic.put(second, &key, vec![b'x'; 4_000]);
        }
    }
    let verdict = traffic.judge();
    assert_eq!(verdict.kind, VerdictKind::HotShard, "{}", verdict.to_text());
    let split = verdict.split.as_ref().expect("advice");
    assert!(split.helps);
    let cut = split.balanced.expect("a cut");
    assert!((cut.left.share - cut.right.share).abs() < 0.04, "{} {}", cut.left.share, cut.right.share);
    assert!(split.even.is_some_and(|even| even.busier_share() > 0.75));
}

#[test]
fn a_burst_in_a_calm_minute_is_bursts() {
    let mut traffic = Traffic::new(2);
    traffic.spread(0.2, 4_000);
    for index in 0..330 {
        traffic.put(31, &format!("burst-{index}"), vec![b'x'; 8_000]);
    }
    let verdict = traffic.judge();
    assert_eq!((verdict.kind, verdict.severity), (VerdictKind::Bursts, Severity::Warning), "{}", verdict.to_text());
}

#[test]
fn tiny_records_are_bound_by_the_record_limit() {
    let mut traffic = Traffic::new(4);
    traffic.spread(0.05, 2_000);
    let range = traffic.map.open().next().expect("a shard").range;
    let keys: Vec<String> = (0..4_000)
        .map(|index| format!("tiny-{index}"))
        .filter(|key| range.contains(HashKey::of_partition_key(key)))
        .collect();
    for second in 0..SECONDS {
        for _ in 0..960 {
            let key = keys[traffic.random.usize(0..keys.len())].clone();
            traffic.put(second, &key, vec![b'x'; 10]);
        }
    }
    let verdict = traffic.judge();
    assert_eq!(verdict.kind, VerdictKind::HotShard, "{}", verdict.to_text());
    let hot = verdict.shards.iter().find(|shard| Some(&shard.shard) == verdict.shard.as_ref()).expect("its figures");
    assert_eq!(hot.bound_by, crate::model::utilisation::BoundBy::Records);
    assert!(verdict.sentence.to_text().contains("of 1,000 records/s"), "{}", verdict.to_text());
}

#[test]
fn all_shards_full_is_too_few_shards() {
    for count in [1, 3] {
        let mut traffic = Traffic::new(count);
        traffic.spread(0.97, 8_000);
        let verdict = traffic.judge();
        assert_eq!(verdict.kind, VerdictKind::UnderProvisioned, "{count} {}", verdict.to_text());
        assert_eq!(verdict.severity, Severity::Critical);
        assert_eq!(verdict.shard, None);
    }
}

#[test]
fn no_data_is_unknown_and_not_healthy() {
    let verdict = Traffic::new(2).judge();
    assert_eq!((verdict.kind, verdict.severity), (VerdictKind::Unknown, Severity::Unknown), "{}", verdict.to_text());
    let map = shards(2);
    let nothing = Evidence { summary: None, shards: &map, metrics: None, sample: None };
    let verdict = judge(&nothing, None);
    assert_eq!(verdict.kind, VerdictKind::Unknown);
    assert!(verdict.shards.iter().all(|shard| shard.now.is_none()));
}

#[test]
fn a_slow_consumer_comes_after_worse_and_alone_when_writes_are_fine() {
    let map = shards(1);
    let summary = summary(1);
    let window = Window::last_minutes(START, 60);
    let mut total = WriteMetrics::unknown(window);
    for index in 0..60 {
        let at = total.incoming_bytes.time_of(index);
        total.incoming_bytes.set(at, 60.0 * 0.3 * LIMIT);
        total.iterator_age_millis.set(at, 400_000.0);
    }
    let metrics =
        StreamMetrics { window, total, shards: Default::default(), source: Source::CloudWatch, incomplete_from: None };
    let evidence = Evidence { summary: Some(&summary), shards: &map, metrics: Some(&metrics), sample: None };
    let verdict = judge(&evidence, None);
    assert_eq!((verdict.kind, verdict.severity), (VerdictKind::SlowConsumer, Severity::Critical));
    let mut traffic = Traffic::new(1);
    traffic.spread(0.97, 8_000);
    let evidence = Evidence { sample: Some(&traffic.sample), ..evidence };
    assert_eq!(judge(&evidence, None).kind, VerdictKind::UnderProvisioned);
}

#[test]
fn a_hot_key_inside_aggregates_is_named_and_not_the_key_around_them() {
    let mut traffic = Traffic::new(4);
    traffic.spread(0.1, 4_000);
    for second in 0..SECONDS {
        for _ in 0..24 {
            let keys: Vec<String> = (0..40)
                .map(|_| match traffic.random.f64() < 0.71 {
                    true => "tenant-42".to_owned(),
                    false => format!("user-{}", traffic.random.u32(0..5_000)),
                })
                .collect();
            let names: Vec<&str> = keys.iter().map(String::as_str).collect();
            let data = vec![b'x'; 1_000];
            let records: Vec<(u64, &[u8])> = (0..40).map(|index| (index, data.as_slice())).collect();
            traffic.put(second, "a", crate::model::decode::aggregate_for_tests(&names, &records));
        }
    }
    let verdict = traffic.judge();
    assert_eq!(verdict.kind, VerdictKind::HotKey, "{}", verdict.to_text());
    assert_eq!(verdict.shard, Some(traffic.home("a")));
    let keys = verdict.keys.as_ref().expect("keys");
    let top = keys.rows.first().expect("a key");
    assert_eq!(top.key.as_str(), "tenant-42");
    assert!(keys.rows.iter().all(|row| row.key.as_str() != "a"));
}
