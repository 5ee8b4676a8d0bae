//! Rules of the engine as a whole, with a clock that the tests own.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use proptest::prelude::*;

use super::metrics::Metric;
use super::*;
use crate::model::hash_range::{HashKey, HashKeyRange};
use crate::model::ids::PartitionKey;
use crate::model::stream::{StreamMode, StreamStatus};

/// An engine and the hands of its clock.
struct Bench {
    engine: Engine,
    hands: Arc<AtomicI64>,
}

impl Bench {
    fn new(memory_cap_bytes: usize) -> Self {
        let hands = Arc::new(AtomicI64::new(1_790_000_000_000));
        let inner = hands.clone();
        let engine = Engine::new(EngineSettings {
            clock: Arc::new(move || Timestamp(inner.load(Ordering::SeqCst))),
            memory_cap_bytes,
            delay: Millis::from_secs(2),
            region: "us-east-1".to_owned(),
        });
        Self { engine, hands }
    }

    fn with_stream(shards: u32) -> Self {
        let bench = Self::new(usize::MAX);
        bench.engine.create_stream("s", StreamMode::Provisioned, Some(shards)).expect("creates");
        bench.advance(2_000);
        bench
    }

    fn advance(&self, millis: i64) {
        self.hands.fetch_add(millis, Ordering::SeqCst);
    }

    fn put(&self, key: &str, bytes: usize) -> ApiResult<Sequence> {
        self.engine.put_record("s", entry(key, bytes)).map(|(sequence, _)| sequence)
    }

    /// Everything that a shard still has, read by a reader of its own.
    fn read(&self, shard: &str, start: &IteratorStart) -> ReadReply {
        self.advance(5_000);
        let iterator = self.engine.shard_iterator("s", shard, start).expect("iterator");
        self.engine.get_records(&iterator, None).expect("reads")
    }

    fn open(&self) -> Vec<ShardInfo> {
        self.engine.list_shards("s", &ShardFilter::AtLatest, None, None).expect("lists").shards
    }
}

fn entry(key: &str, bytes: usize) -> PutEntry {
    PutEntry {
        partition_key: PartitionKey::from(key),
        explicit_hash_key: None,
        payload: Payload::new(vec![b'.'; bytes]),
    }
}

fn kind<T: std::fmt::Debug>(result: ApiResult<T>) -> ErrorKind {
    result.expect_err("refused").kind
}

const FIRST: &str = "shardId-000000000000";

#[test]
fn a_stream_takes_records_only_when_it_is_active() {
    let bench = Bench::new(usize::MAX);
    bench.engine.create_stream("s", StreamMode::Provisioned, Some(1)).expect("creates");
    assert_eq!(kind(bench.put("k", 1)), ErrorKind::ResourceInUse);
    assert_eq!(bench.engine.describe("s").expect("there").status, StreamStatus::Creating);
    bench.advance(2_000);
    assert_eq!(bench.engine.describe("s").expect("there").status, StreamStatus::Active);
    bench.put("k", 1).expect("takes");
    assert_eq!(kind(bench.engine.create_stream("s", StreamMode::Provisioned, Some(1))), ErrorKind::ResourceInUse);
    assert_eq!(kind(bench.engine.create_stream("t", StreamMode::Provisioned, None)), ErrorKind::Validation);
    assert_eq!(kind(bench.engine.create_stream("a b", StreamMode::Provisioned, Some(1))), ErrorKind::Validation);
    assert_eq!(kind(bench.engine.create_stream("t", StreamMode::Provisioned, Some(1_000))), ErrorKind::LimitExceeded);
}

#[test]
fn writes_and_reads_go_on_while_a_stream_is_updating() {
    let bench = Bench::with_stream(1);
    bench.engine.split_shard("s", FIRST, HashKey(1 << 127)).expect("splits");
    let sequence = bench.put("test", 5).expect("takes");
    assert_eq!(sequence.shard_index, 0);
    bench.advance(2_000);
    assert_eq!(bench.put("test", 5).expect("takes").shard_index, 1);
    assert_eq!(bench.read(FIRST, &IteratorStart::TrimHorizon).records.len(), 1);
}

#[test]
fn keys_count_as_bytes_against_the_limit() {
    let bench = Bench::with_stream(1);
    let key = "k".repeat(256);
    // 1,024 bytes of data and key together: 1,000 records are the nearer limit for less, bytes for more.
    let taken = (0..1_000).filter(|_| bench.put(&key, 1_024).is_ok()).count();
    assert_eq!(taken, 1_048_576 / 1_280);
    assert_eq!(kind(bench.put(&"k".repeat(257), 1)), ErrorKind::Validation);
    assert_eq!(kind(bench.put("", 1)), ErrorKind::Validation);
    assert_eq!(kind(bench.put("k", 1_048_576)), ErrorKind::InvalidArgument);
}

#[test]
fn keys_of_256_wide_characters_are_taken() {
    let bench = Bench::with_stream(1);
    bench.put(&"𝄞".repeat(256), 1).expect("takes");
}

#[test]
fn records_go_when_their_retention_is_over() {
    let bench = Bench::with_stream(1);
    bench.put("k", 1).expect("takes");
    bench.advance(23 * 3_600_000);
    bench.put("k", 2).expect("takes");
    bench.advance(2 * 3_600_000);
    assert_eq!(bench.read(FIRST, &IteratorStart::TrimHorizon).records.len(), 1);
    bench.advance(24 * 3_600_000);
    assert!(bench.read(FIRST, &IteratorStart::TrimHorizon).records.is_empty());
    assert_eq!(bench.engine.memory_bytes(), 0);
}

#[test]
fn memory_stays_under_its_cap_and_reading_goes_on_at_the_oldest_kept() {
    let bench = Bench::new(4 * 1_048_576);
    bench.engine.create_stream("s", StreamMode::Provisioned, Some(1)).expect("creates");
    bench.engine.create_stream("quiet", StreamMode::Provisioned, Some(1)).expect("creates");
    bench.advance(2_000);
    bench.engine.put_record("quiet", entry("k", 10)).expect("takes");
    let first = bench.put("k", 1_000).expect("takes");
    for _ in 0..20 {
        for _ in 0..9 {
            bench.put("k", 100_000).expect("takes");
        }
        bench.advance(1_000);
        assert!(bench.engine.memory_bytes() <= 4 * 1_048_576);
    }
    let rest = bench.read(FIRST, &IteratorStart::AfterSequence(first.to_string()));
    assert!((35..=42).contains(&rest.records.len()), "{}", rest.records.len());
    let quiet = bench.engine.shard_iterator("quiet", FIRST, &IteratorStart::TrimHorizon).expect("iterator");
    assert_eq!(bench.engine.get_records(&quiet, None).expect("reads").records.len(), 1);
}

#[test]
fn sequence_numbers_of_another_shard_are_refused() {
    let bench = Bench::with_stream(2);
    let low = bench.put("test", 1).expect("takes").to_string();
    let other = bench.engine.shard_iterator("s", "shardId-000000000001", &IteratorStart::AtSequence(low.clone()));
    assert_eq!(kind(other), ErrorKind::InvalidArgument);
    let unknown = bench.engine.shard_iterator("s", "shardId-000000000009", &IteratorStart::Latest);
    assert_eq!(kind(unknown), ErrorKind::ResourceNotFound);
    let ahead = Timestamp(i64::MAX);
    assert_eq!(
        kind(bench.engine.shard_iterator("s", FIRST, &IteratorStart::AtTimestamp(ahead))),
        ErrorKind::InvalidArgument
    );
    bench.engine.shard_iterator("s", FIRST, &IteratorStart::AtSequence(low)).expect("its own");
}

#[test]
fn every_number_that_is_told_can_be_read_from() {
    let bench = Bench::with_stream(1);
    bench.put("k", 1).expect("takes");
    bench.engine.split_shard("s", FIRST, HashKey(5)).expect("splits");
    bench.advance(2_000);
    let shards = bench.engine.list_shards("s", &ShardFilter::FromTrimHorizon, None, None).expect("lists").shards;
    for shard in shards {
        let from = |start| bench.read(shard.id.as_str(), &start).records.len();
        let expected = usize::from(shard.index == 0);
        assert_eq!(from(IteratorStart::AtSequence(shard.starting.to_string())), expected);
        assert_eq!(from(IteratorStart::AfterSequence(shard.starting.to_string())), expected);
        if let Some(ending) = shard.ending {
            assert_eq!(from(IteratorStart::AfterSequence(ending.to_string())), 0);
        }
    }
}

#[test]
fn ten_changes_of_the_shard_count_fit_into_a_day() {
    let bench = Bench::with_stream(2);
    for target in [3, 2, 3, 2, 3, 2, 3, 2, 3, 2] {
        bench.engine.update_shard_count("s", target).expect("scales");
        bench.advance(2_000);
    }
    assert_eq!(kind(bench.engine.update_shard_count("s", 3)), ErrorKind::LimitExceeded);
    bench.advance(86_400_000);
    bench.engine.update_shard_count("s", 3).expect("scales again");
}

#[test]
fn on_demand_streams_are_not_resharded_by_hand() {
    let bench = Bench::new(usize::MAX);
    bench.engine.create_stream("s", StreamMode::OnDemand, None).expect("creates");
    bench.advance(2_000);
    assert_eq!(bench.open().len(), 4);
    assert_eq!(kind(bench.engine.update_shard_count("s", 8)), ErrorKind::Validation);
    assert_eq!(kind(bench.engine.split_shard("s", FIRST, HashKey(5))), ErrorKind::Validation);
    bench.engine.set_mode("s", StreamMode::Provisioned, None).expect("switches");
    bench.advance(2_000);
    bench.engine.update_shard_count("s", 8).expect("scales");
}

#[test]
fn warm_throughput_needs_on_demand_and_the_accounts_commitment() {
    let bench = Bench::new(usize::MAX);
    bench.engine.create_stream("s", StreamMode::OnDemand, None).expect("creates");
    bench.advance(2_000);
    assert_eq!(kind(bench.engine.set_warm_throughput("s", 20)), ErrorKind::Validation);
    assert!(bench.engine.set_commitment(true).expect("commits").is_on);
    assert_eq!(kind(bench.engine.set_warm_throughput("s", 10_241)), ErrorKind::Validation);
    assert_eq!(bench.engine.set_warm_throughput("s", 20).expect("warms"), (20, 0));
    assert_eq!(kind(bench.engine.set_warm_throughput("s", 30)), ErrorKind::ResourceInUse);
    bench.advance(2_000);
    assert_eq!(bench.engine.describe("s").expect("describes").warm_mibps, Some((20, 20)));
    // A day must have gone by, and no stream may be warm, before the commitment ends.
    assert_eq!(kind(bench.engine.set_commitment(false)), ErrorKind::Validation);
    bench.advance(86_400_000);
    assert_eq!(kind(bench.engine.set_commitment(false)), ErrorKind::Validation);
    bench.engine.set_mode("s", StreamMode::Provisioned, None).expect("switches");
    bench.advance(2_000);
    assert_eq!(bench.engine.describe("s").expect("describes").warm_mibps, None);
    assert_eq!(kind(bench.engine.set_warm_throughput("s", 20)), ErrorKind::Validation);
    assert!(!bench.engine.set_commitment(false).expect("ends").is_on);
}

#[test]
fn five_consumers_are_made_at_once_and_twenty_in_all() {
    let bench = Bench::with_stream(1);
    let register = |n: usize| bench.engine.register_consumer("s", &format!("app-{n}"));
    for n in 0..5 {
        register(n).expect("registers");
    }
    assert_eq!(kind(register(5)), ErrorKind::LimitExceeded);
    for fives in 1..4 {
        bench.advance(2_000);
        for n in 0..5 {
            register(5 * fives + n).expect("registers");
        }
    }
    bench.advance(2_000);
    assert_eq!(kind(register(20)), ErrorKind::LimitExceeded);
}

#[test]
fn a_stream_made_again_does_not_take_old_iterators() {
    let bench = Bench::with_stream(1);
    let iterator = bench.engine.shard_iterator("s", FIRST, &IteratorStart::Latest).expect("iterator");
    bench.engine.delete_stream("s", false).expect("deletes");
    bench.advance(2_000);
    bench.engine.create_stream("s", StreamMode::Provisioned, Some(1)).expect("creates");
    bench.advance(2_000);
    assert_eq!(kind(bench.engine.get_records(&iterator, None)), ErrorKind::ResourceNotFound);
}

#[test]
fn closed_shards_are_listed_until_retention_is_over() {
    let bench = Bench::with_stream(1);
    let before = bench.engine.now();
    bench.advance(10_000);
    bench.engine.split_shard("s", FIRST, HashKey(1 << 127)).expect("splits");
    bench.advance(12_000);
    let count = |filter| bench.engine.list_shards("s", &filter, None, None).expect("lists").shards.len();
    assert_eq!(count(ShardFilter::FromTrimHorizon), 3);
    assert_eq!(count(ShardFilter::AtTimestamp(before)), 1);
    assert_eq!(count(ShardFilter::AtTimestamp(bench.engine.now())), 2);
    assert_eq!(count(ShardFilter::FromTimestamp(before)), 3);
    assert_eq!(count(ShardFilter::FromTimestamp(bench.engine.now())), 2);
    bench.advance(24 * 3_600_000);
    assert_eq!(count(ShardFilter::FromTrimHorizon), 2);
}

#[test]
fn reading_is_measured_where_monitoring_is_on() {
    let bench = Bench::with_stream(1);
    bench
        .engine
        .set_monitoring("s", &["OutgoingBytes".to_owned(), "IteratorAgeMilliseconds".to_owned()], true)
        .expect("on");
    bench.put("k", 99).expect("takes");
    let at = bench.engine.now();
    bench.read(FIRST, &IteratorStart::TrimHorizon);
    let metric = |name: &str, shard: Option<&str>, statistic: &str| {
        let dimensions = Dimensions { stream: "s".to_owned(), shard: shard.map(str::to_owned) };
        let key = MetricKey { name: name.to_owned(), dimensions };
        let periods = bench.engine.metric_periods(&key, at.floor(60), at + Millis::from_mins(2), 60);
        periods.first().and_then(|(_, set)| set.statistic(statistic))
    };
    assert_eq!(metric("OutgoingBytes", Some(FIRST), "Sum"), Some(100.0));
    assert_eq!(metric("IteratorAgeMilliseconds", Some(FIRST), "Maximum"), Some(5_000.0));
    assert_eq!(metric("GetRecords.IteratorAgeMilliseconds", None, "Maximum"), Some(5_000.0));
    assert_eq!(metric("IncomingBytes", Some(FIRST), "Sum"), None);
    assert_eq!(metric("GetRecords.Bytes", None, "Sum"), Some(100.0));
    assert_eq!(metric("OutgoingBytes", None, "Sum"), None);
    assert_eq!(Metric::of_shard("ReadProvisionedThroughputExceeded"), Some(Metric::ReadThrottled));
}

#[test]
fn a_subscription_goes_on_behind_its_last_checkpoint() {
    let bench = Bench::with_stream(1);
    bench.engine.register_consumer("s", "etl").expect("registers");
    bench.advance(2_000);
    let mut subscription = bench.engine.subscribe("s", "etl", FIRST, &IteratorStart::Latest).expect("subscribes");
    let next = |subscription: &mut Subscription| match bench.engine.next_event(subscription).expect("event") {
        SubscriptionEvent::Records { records, continuation, .. } => (records.len(), continuation),
        SubscriptionEvent::Ended => panic!("ended"),
    };
    let (count, idle) = next(&mut subscription);
    assert_eq!(count, 0);
    bench.put("k", 1).expect("takes");
    bench.advance(6_000);
    let start = IteratorStart::AfterSequence(idle.expect("checkpoint").to_string());
    let mut again = bench.engine.subscribe("s", "etl", FIRST, &start).expect("takes over");
    assert_eq!(next(&mut again).0, 1);
    assert!(matches!(bench.engine.next_event(&mut subscription), Ok(SubscriptionEvent::Ended)));
}

#[test]
fn consumers_are_listed_in_pages() {
    let bench = Bench::with_stream(1);
    for name in ["c", "a", "b"] {
        bench.engine.register_consumer("s", name).expect("registers");
    }
    let (first, token) = bench.engine.list_consumers("s", None, 2).expect("lists");
    let (rest, end) = bench.engine.list_consumers_from(&token.expect("more"), 2).expect("lists");
    let names: Vec<_> = first.iter().chain(&rest).map(|consumer| consumer.name.as_str()).collect();
    assert_eq!((names, end), (vec!["a", "b", "c"], None));
}

#[derive(Clone, Debug)]
enum Step {
    Split { shard: prop::sample::Index, at: u128 },
    Merge { shard: prop::sample::Index },
    Resize { target: i64 },
    Put { key: u16 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (any::<prop::sample::Index>(), any::<u128>()).prop_map(|(shard, at)| Step::Split { shard, at }),
        any::<prop::sample::Index>().prop_map(|shard| Step::Merge { shard }),
        (1..12i64).prop_map(|target| Step::Resize { target }),
        any::<u16>().prop_map(|key| Step::Put { key }),
    ]
}

impl Bench {
    fn take(&self, step: &Step, put: &mut Vec<Sequence>) {
        let open = {
            let mut open = self.open();
            open.sort_by_key(|shard| shard.range.start);
            open
        };
        // Steps that the rules refuse are refused; that is part of the test.
        match step {
            Step::Split { shard, at } => {
                let shard = shard.get(&open);
                let size = shard.range.end.0 - shard.range.start.0;
                let key = shard.range.start.0 + at % size.max(1) + 1;
                let _ = self.engine.split_shard("s", shard.id.as_str(), HashKey(key));
            }
            Step::Merge { shard } => {
                let left = shard.index(open.len());
                if let Some(right) = open.get(left + 1) {
                    self.engine.merge_shards("s", open[left].id.as_str(), right.id.as_str()).expect("neighbours");
                }
            }
            Step::Resize { target } => {
                let _ = self.engine.update_shard_count("s", *target);
            }
            Step::Put { key } => put.push(self.put(&format!("key-{key}"), 3).expect("takes")),
        }
        self.advance(2_000);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn open_shards_tile_the_key_space_and_no_record_is_lost(steps in prop::collection::vec(step(), 1..24)) {
        let bench = Bench::with_stream(2);
        let mut put = Vec::new();
        for step in &steps {
            bench.take(step, &mut put);
        }
        let all = bench.engine.list_shards("s", &ShardFilter::FromTrimHorizon, None, None).expect("lists").shards;
        let shards = all.iter().map(|shard| crate::model::shard_map::Shard {
            id: shard.id.clone(),
            range: HashKeyRange { start: shard.range.start, end: shard.range.end },
            parent: shard.parents.first().cloned(),
            adjacent_parent: shard.parents.get(1).cloned(),
            starting_sequence_number: shard.starting.to_string().as_str().into(),
            ending_sequence_number: shard.ending.map(|ending| ending.to_string().as_str().into()),
        });
        let map = crate::model::shard_map::ShardMap::new(shards.collect());
        prop_assert!(map.tiling_faults().is_empty());
        for shard in map.all() {
            // A closed shard has children that follow it to the end of the key space it owned.
            prop_assert_eq!(shard.is_open(), map.children(&shard.id).is_empty());
        }
        let mut seen = Vec::new();
        for shard in &all {
            let reply = bench.read(shard.id.as_str(), &IteratorStart::TrimHorizon);
            prop_assert_eq!(reply.next_iterator.is_none(), shard.ending.is_some());
            seen.extend(reply.records.iter().map(|record| record.sequence));
        }
        put.sort_by_key(|s| (s.shard_index, s.counter));
        seen.sort_by_key(|s| (s.shard_index, s.counter));
        prop_assert_eq!(seen, put);
    }
}
