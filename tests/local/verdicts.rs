//! Traffic with known truth, put over the wire against the limits of the server, read by the sampler and judged.

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::PutRecordsRequestEntry;
use kinescope::aws::connect::{Connection, connect};
use kinescope::aws::meter::CallMeter;
use kinescope::local::LocalServer;
use kinescope::model::connection::ConnectRequest;
use kinescope::model::hash_range::{HashKey, HashKeyRange};
use kinescope::model::ids::StreamName;
use kinescope::model::sample::state::SamplePlan;
use kinescope::model::shard_map::ShardMap;
use kinescope::model::verdict::{Evidence, Verdict, VerdictKind, judge};
use kinescope::tasks::clock::Clock;
use kinescope::tasks::sampler::{SamplerOptions, sample_once};

use crate::support::{Hands, start, stream};

/// Length of the traffic in seconds of the server's clock.
const SECONDS: i64 = 20;
const LIMIT: usize = 1_048_576;
const SIZE: usize = 8_192;

struct Stage {
    _server: LocalServer,
    client: Client,
    connection: Connection,
    hands: Hands,
}

impl Stage {
    async fn new() -> Self {
        let (server, config, hands) = start().await;
        let request = ConnectRequest {
            endpoint_url: Some(server.endpoint_url()),
            region: Some("us-east-1".to_owned()),
            ..ConnectRequest::default()
        };
        let connection = connect(&request, CallMeter::default()).await.expect("connects");
        Self { client: Client::new(&config), connection, hands, _server: server }
    }

    /// Puts what `of_second` gives, second by second; what the server refuses stays refused.
    async fn traffic(&self, name: &str, shards: i32, of_second: impl Fn(i64) -> Vec<(String, Vec<u8>)>) {
        stream(&self.client, &self.hands, name, shards).await;
        for second in 0..SECONDS {
            let entries: Vec<PutRecordsRequestEntry> = of_second(second)
                .into_iter()
                .map(|(key, data)| {
                    PutRecordsRequestEntry::builder()
                        .partition_key(key)
                        .data(Blob::new(data))
                        .build()
                        .expect("an entry")
                })
                .collect();
            for batch in entries.chunks(400) {
                let call = self.client.put_records().stream_name(name).set_records(Some(batch.to_vec()));
                call.send().await.expect("puts");
            }
            self.hands.advance_secs(1);
        }
        self.hands.advance_secs(2);
    }

    async fn judge(&self, name: &str) -> Verdict {
        let stream = StreamName::from(name);
        let hands = self.hands.clone();
        let clock = Clock::new(move || hands.now());
        let summary = self.connection.describe_summary(&stream).await.expect("describes");
        let shards = ShardMap::new(self.connection.list_shards(&stream).await.expect("lists"));
        let options = SamplerOptions {
            shards: shards.open().map(|shard| shard.id.clone()).collect(),
            plan: SamplePlan::Window { seconds: SECONDS as u32 },
            reads_per_sec: 5,
            not_before: summary.created,
        };
        // Read limits refill with time: the server's clock goes on while it is read.
        let hands = self.hands.clone();
        let ticking = tokio::spawn(async move {
            let mut tick = tokio::time::interval(std::time::Duration::from_secs(1));
            loop {
                tick.tick().await;
                hands.advance_secs(1);
            }
        });
        let read = sample_once(&self.connection, &stream, options, &clock).await.expect("samples");
        ticking.abort();
        assert_eq!(read.failed, []);
        let evidence = Evidence { summary: Some(&summary), shards: &shards, metrics: None, sample: Some(&read.sample) };
        judge(&evidence, None)
    }
}

fn half(upper: bool) -> HashKeyRange {
    let ranges = HashKeyRange::uniform(2);
    if upper { ranges[1] } else { ranges[0] }
}

/// Keys that land where `test` holds.
fn keys(prefix: &str, test: impl Fn(HashKey) -> bool) -> Vec<String> {
    (0..4_000).map(|index| format!("{prefix}-{index}")).filter(|key| test(HashKey::of_partition_key(key))).collect()
}

/// Every key in turn, `bytes` a second in records of [`SIZE`].
fn spread(keys: &[String], bytes: usize, second: i64) -> Vec<(String, Vec<u8>)> {
    let count = bytes / SIZE;
    let record = |index: usize| (keys[(index + second as usize * count) % keys.len()].clone(), vec![b'x'; SIZE - 12]);
    (0..count).map(record).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn balanced_traffic_and_no_traffic() {
    let stage = Stage::new().await;
    let all = keys("user", |_| true);
    stage.traffic("balanced", 2, |second| spread(&all, LIMIT / 2, second)).await;
    let verdict = stage.judge("balanced").await;
    assert_eq!(verdict.kind, VerdictKind::Healthy, "{}", verdict.to_text());

    stream(&stage.client, &stage.hands, "silent", 2).await;
    stage.hands.advance_secs(60);
    let verdict = stage.judge("silent").await;
    assert_eq!(verdict.kind, VerdictKind::Unknown, "{}", verdict.to_text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hot_key_is_named_with_its_share_in_the_interval() {
    let stage = Stage::new().await;
    let home = half(half(true).contains(HashKey::of_partition_key("tenant-42")));
    let beside = keys("user", |hash| home.contains(hash));
    stage
        .traffic("hot-key", 2, |second| {
            let mut records = spread(&beside, LIMIT * 29 / 100, second);
            records.extend((0..LIMIT * 70 / 100 / SIZE).map(|_| ("tenant-42".to_owned(), vec![b'x'; SIZE - 9])));
            records
        })
        .await;
    let verdict = stage.judge("hot-key").await;
    assert_eq!(verdict.kind, VerdictKind::HotKey, "{}", verdict.to_text());
    let keys = verdict.keys.as_ref().expect("keys");
    let top = keys.rows.first().expect("a key");
    let per_second = (LIMIT * 70 / 100 / SIZE, LIMIT * 29 / 100 / SIZE);
    let truth = per_second.0 as f64 / (per_second.0 + per_second.1) as f64;
    assert_eq!(top.key.as_str(), "tenant-42");
    assert!(top.low <= truth + 0.001 && truth - 0.001 <= top.high, "{truth} {} {}", top.low, top.high);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dense_range_is_split_where_it_balances() {
    let stage = Stage::new().await;
    let lower = half(false);
    let dense = keys("dense", |hash| lower.contains(hash) && hash.0 < lower.end.0 / 8);
    let others = keys("user", |_| true);
    stage
        .traffic("dense", 2, |second| {
            let mut records = spread(&dense, LIMIT * 85 / 100, second);
            records.extend(spread(&others, LIMIT / 10, second));
            records
        })
        .await;
    let verdict = stage.judge("dense").await;
    assert_eq!(verdict.kind, VerdictKind::HotShard, "{}", verdict.to_text());
    let split = verdict.split.as_ref().expect("advice");
    let cut = split.balanced.expect("a cut");
    assert!(split.helps && (cut.left.share - cut.right.share).abs() <= 0.02, "{cut:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_second_of_a_calm_time_is_bursts() {
    let stage = Stage::new().await;
    let lower = keys("user", |hash| half(false).contains(hash));
    stage
        .traffic("bursts", 2, |second| spread(&lower, if second == 9 { LIMIT * 3 / 2 } else { LIMIT / 8 }, second))
        .await;
    let verdict = stage.judge("bursts").await;
    assert_eq!(verdict.kind, VerdictKind::Bursts, "{}", verdict.to_text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tiny_records_meet_the_record_limit() {
    let stage = Stage::new().await;
    let lower = keys("tiny", |hash| half(false).contains(hash));
    stage
        .traffic("tiny", 2, |_| (0..1_100).map(|index| (lower[index % lower.len()].clone(), vec![b'x'; 8])).collect())
        .await;
    let verdict = stage.judge("tiny").await;
    assert_eq!(verdict.kind, VerdictKind::HotShard, "{}", verdict.to_text());
    assert!(verdict.to_text().contains("of 1,000 records/s"), "{}", verdict.to_text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn full_shards_are_too_few_shards() {
    let stage = Stage::new().await;
    let all = keys("user", |_| true);
    stage.traffic("full", 2, |second| spread(&all, LIMIT * 5 / 2, second)).await;
    let verdict = stage.judge("full").await;
    assert_eq!(verdict.kind, VerdictKind::UnderProvisioned, "{}", verdict.to_text());
}
