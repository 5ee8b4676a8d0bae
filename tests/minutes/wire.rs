//! Against the embedded server, whose clock stands still. The meter counts each metric asked for.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_kinesis::config::{Credentials, SharedCredentialsProvider};
use kinescope::aws::connect::{Connection, connect};
use kinescope::aws::meter::CallMeter;
use kinescope::local::{LocalOptions, LocalServer};
use kinescope::model::connection::ConnectRequest;
use kinescope::model::heat_range::HeatRange;
use kinescope::model::ids::{PartitionKey, ShardId, StreamName};
use kinescope::model::metrics::{FigureSet, StreamMetrics, Window};
use kinescope::model::position::StartingPosition;
use kinescope::model::time::{Millis, Timestamp};
use kinescope::model::writes::PutEntry;
use kinescope::tasks::clock::Clock;
use kinescope::tasks::minutes::Minutes;
use kinescope::tasks::minutes::book::{Place, Wish};
use kinescope::tasks::minutes::fetch::{Question, fetch, fetch_at};
use kinescope::tasks::minutes::shelf::Keep;

/// A connection whose use of CloudWatch is counted.
struct Counted {
    connection: Connection,
    meter: CallMeter,
    raw: SdkConfig,
}

impl Counted {
    async fn at(url: &str) -> Self {
        let meter = CallMeter::default();
        let request = ConnectRequest {
            region: Some("us-east-1".to_owned()),
            endpoint_url: Some(url.to_owned()),
            ..ConnectRequest::default()
        };
        let connection = connect(&request, meter.clone()).await.unwrap();
        let credentials = Credentials::new("test", "test", None, None, "test");
        let raw = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .endpoint_url(url)
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .build();
        Self { connection, meter, raw }
    }

    /// Metrics asked for so far, and calls that asked.
    fn asked(&self) -> (u64, u64) {
        let reading = self.meter.snapshot(Timestamp(0));
        let calls =
            reading.by_operation.iter().find(|(name, _)| name == "GetMetricData").map_or(0, |(_, count)| *count);
        (reading.metrics_requested, calls)
    }

    async fn asked_by<T>(&self, work: impl Future<Output = T>) -> (T, u64) {
        let before = self.asked().0;
        let done = work.await;
        (done, self.asked().0 - before)
    }
}

/// A server with a clock of its own, and a stream of two shards with shard-level metrics.
struct Stage {
    _server: LocalServer,
    counted: Counted,
    hands: Arc<AtomicI64>,
    minutes: Minutes,
    stream: StreamName,
}

impl Stage {
    async fn new(shards: i32) -> Self {
        let hands = Arc::new(AtomicI64::new(1_790_000_010_000));
        let inner = hands.clone();
        let options = LocalOptions {
            clock: Arc::new(move || Timestamp(inner.load(Ordering::SeqCst))),
            reshard_delay: Duration::from_secs(2),
            ..LocalOptions::empty()
        };
        let server = LocalServer::start(options).await.unwrap();
        let counted = Counted::at(&server.endpoint_url()).await;
        let kinesis = aws_sdk_kinesis::Client::new(&counted.raw);
        kinesis.create_stream().stream_name("orders").shard_count(shards).send().await.unwrap();
        hands.fetch_add(3_000, Ordering::SeqCst);
        let all = aws_sdk_kinesis::types::MetricsName::All;
        kinesis.enable_enhanced_monitoring().stream_name("orders").shard_level_metrics(all).send().await.unwrap();
        hands.fetch_add(3_000, Ordering::SeqCst);
        let stream = StreamName::from("orders");
        Self { _server: server, counted, hands, minutes: Minutes::in_memory(), stream }
    }

    fn now(&self) -> Timestamp {
        Timestamp(self.hands.load(Ordering::SeqCst))
    }

    fn clock(&self) -> Clock {
        let hands = self.hands.clone();
        Clock::new(move || Timestamp(hands.load(Ordering::SeqCst)))
    }

    fn later(&self, seconds: i64) {
        self.hands.fetch_add(seconds * 1_000, Ordering::SeqCst);
    }

    /// A minute of traffic: some records, then on to the next minute.
    async fn minute_of_traffic(&self, records: usize) {
        let entry = |number: usize| PutEntry {
            partition_key: PartitionKey::from(format!("key-{number}").as_str()),
            explicit_hash_key: None,
            data: vec![b'x'; 90],
        };
        let entries: Vec<PutEntry> = (0..records).map(entry).collect();
        if !entries.is_empty() {
            self.counted.connection.put_records(&self.stream, &entries).await.unwrap();
        }
        self.later(60);
    }

    async fn shards(&self) -> Vec<ShardId> {
        let shards = self.counted.connection.list_shards(&self.stream).await.unwrap();
        shards.into_iter().map(|shard| shard.id).collect()
    }

    async fn question(&self, range: HeatRange, figures: FigureSet, reuse: Millis) -> Question {
        let wish = |shard| Wish { stream: self.stream.clone(), shard, figures };
        let shards = self.shards().await.into_iter().map(|shard| wish(Some(shard)));
        Question {
            window: range.window(self.now()),
            wishes: std::iter::once(wish(None)).chain(shards).collect(),
            silent: HashSet::new(),
            reuse,
        }
    }

    /// One look, and how many metrics it asked for.
    async fn look(&self, range: HeatRange, figures: FigureSet, reuse: Millis) -> (StreamMetrics, u64) {
        let question = self.question(range, figures, reuse).await;
        let clock = self.clock();
        let asking = fetch(&self.counted.connection, &self.minutes, question, &clock);
        let (known, asked) = self.counted.asked_by(asking).await;
        (known.unwrap().remove(&self.stream).expect("the stream"), asked)
    }

    /// What CloudWatch says when it is asked for everything.
    async fn everything(&self, window: Window) -> StreamMetrics {
        let shards = self.shards().await;
        self.counted.connection.stream_metrics(&self.stream, window, &shards).await.unwrap()
    }
}

const NOW: Millis = Millis(0);
const RECENTLY: Millis = Millis::from_secs(30);

#[tokio::test]
async fn what_is_put_together_minute_by_minute_is_what_cloudwatch_says_at_the_end() {
    let stage = Stage::new(2).await;
    for minute in 0..9 {
        stage.minute_of_traffic(minute * 3).await;
        let (metrics, asked) = stage.look(HeatRange::Minutes15, FigureSet::ALL, NOW).await;
        assert_eq!(asked, 18, "6 figures of the stream and of 2 shards, once each");
        let whole = stage.everything(metrics.window).await;
        assert_eq!((&metrics.total, &metrics.shards), (&whole.total, &whole.shards), "minute {minute}");
        assert!(metrics.is_incomplete(metrics.window.end - Millis::from_mins(1)));
        assert!(!metrics.is_incomplete(metrics.window.start));
    }
    let (metrics, _) = stage.look(HeatRange::Hour1, FigureSet::WRITE, NOW).await;
    assert_eq!(metrics.total.incoming_records.sum(), Some((0..9).map(|minute| minute as f64 * 3.0).sum()));
    assert_eq!(metrics.total.iterator_age_millis.sum(), None, "nobody wished for it");
}

#[tokio::test]
async fn a_wider_range_and_more_figures_ask_only_for_the_rest() {
    let stage = Stage::new(2).await;
    stage.minute_of_traffic(5).await;
    let (_, asked) = stage.look(HeatRange::Minutes15, FigureSet::WRITE, NOW).await;
    assert_eq!(asked, 9);
    let (_, asked) = stage.look(HeatRange::Minutes15, FigureSet::WRITE, RECENTLY).await;
    assert_eq!(asked, 0, "everything is known");
    let (_, asked) = stage.look(HeatRange::Hour1, FigureSet::WRITE, RECENTLY).await;
    assert_eq!(asked, 9, "the 45 minutes before, in one span");
    let (_, asked) = stage.look(HeatRange::Minutes15, FigureSet::WRITE, RECENTLY).await;
    assert_eq!(asked, 0, "a shorter range is part of the longer one");
    let (_, asked) = stage.look(HeatRange::Hour1, FigureSet::WRITE.with(FigureSet::OUTGOING), RECENTLY).await;
    assert_eq!(asked, 3, "what was read, of the stream and of 2 shards");
    let (_, asked) = stage.look(HeatRange::Days7, FigureSet::WRITE, RECENTLY).await;
    assert_eq!(asked, 9, "ten minutes are other periods than one");
    stage.later(10);
    let (_, asked) = stage.look(HeatRange::Days7, FigureSet::WRITE, RECENTLY).await;
    assert_eq!(asked, 0);
}

#[tokio::test]
async fn bytes_that_are_read_show_up_on_the_shard_and_on_the_stream() {
    let stage = Stage::new(1).await;
    stage.minute_of_traffic(5).await;
    let shard = stage.shards().await.remove(0);
    let connection = &stage.counted.connection;
    let iterator = connection.shard_iterator(&stage.stream, &shard, &StartingPosition::TrimHorizon).await.unwrap();
    let page = connection.get_records(&iterator, 100, "the shard").await.unwrap();
    assert_eq!(page.records.len(), 5);
    stage.later(120);
    let (metrics, _) = stage.look(HeatRange::Minutes15, FigureSet::OUTGOING, NOW).await;
    let of_shard = metrics.shards[&shard].outgoing_bytes.sum().expect("known");
    assert!(of_shard >= 450.0, "{of_shard}");
    assert_eq!(metrics.total.outgoing_bytes.sum(), Some(of_shard));
    assert_eq!(metrics.total.incoming_bytes.sum(), None, "nobody wished for it");
}

#[tokio::test]
async fn shards_that_a_split_brings_are_asked_for_from_the_start_of_the_window() {
    let stage = Stage::new(1).await;
    stage.minute_of_traffic(4).await;
    stage.look(HeatRange::Minutes15, FigureSet::WRITE, NOW).await;
    let kinesis = aws_sdk_kinesis::Client::new(&stage.counted.raw);
    let split = kinesis.split_shard().stream_name("orders").shard_to_split("shardId-000000000000");
    split.new_starting_hash_key((1_u128 << 127).to_string()).send().await.unwrap();
    stage.later(5);
    let (metrics, asked) = stage.look(HeatRange::Minutes15, FigureSet::WRITE, RECENTLY).await;
    assert_eq!((metrics.shards.len(), asked), (3, 6), "3 figures of 2 children");
    stage.later(60);
    let mut question = stage.question(HeatRange::Minutes15, FigureSet::WRITE, NOW).await;
    question.silent.insert(ShardId::from("shardId-000000000000"));
    let clock = stage.clock();
    let asking = fetch(&stage.counted.connection, &stage.minutes, question, &clock);
    let (known, asked) = stage.counted.asked_by(asking).await;
    assert_eq!(asked, 9, "nothing of the parent, that takes no writes any more");
    let parent = &known.unwrap()[&stage.stream].shards[&ShardId::from("shardId-000000000000")];
    assert_eq!(parent.incoming_records.sum(), Some(4.0), "what is known of it is still shown");
}

#[tokio::test]
async fn a_restart_asks_only_for_what_had_not_settled() {
    let stage = Stage::new(2).await;
    for minute in 1..8 {
        stage.minute_of_traffic(minute).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("minutes.redb");
    let place = || Place::kept("123456789012 us-east-1");
    let question = stage.question(HeatRange::Hour1, FigureSet::WRITE, NOW).await;
    let look = async |minutes: &Minutes| {
        let clock = stage.clock();
        let asking = fetch_at(&stage.counted.connection, minutes, place(), question.clone(), &clock);
        stage.counted.asked_by(asking).await
    };
    let minutes = Minutes::open(path.clone(), Keep::default(), stage.clock());
    let (first, asked) = look(&minutes).await;
    assert_eq!(asked, 9);
    drop(minutes);

    let minutes = Minutes::open(path, Keep::default(), stage.clock());
    minutes.load(&place(), &question.wishes, question.window);
    let calls = minutes.plan(&place(), &question.wishes, question.window, stage.now());
    let spans: Vec<usize> = calls.iter().map(|call| call.span.len()).collect();
    assert_eq!(spans, [3], "the minutes that CloudWatch may still add to");
    let (second, asked) = look(&minutes).await;
    assert_eq!(asked, 9);
    let of = |known: Result<std::collections::BTreeMap<StreamName, StreamMetrics>, _>| {
        let metrics = known.unwrap().remove(&stage.stream).expect("the stream");
        (metrics.total, metrics.shards)
    };
    assert_eq!(of(first), of(second));
    assert_eq!(minutes.take_note(), None);
}

#[tokio::test]
async fn an_endpoint_on_this_machine_has_its_figures_in_memory_only() {
    let stage = Stage::new(1).await;
    assert!(!Place::of(&stage.counted.connection).await.is_kept());
}

#[tokio::test]
async fn a_fetch_that_is_given_up_keeps_what_it_has_received() {
    let stage = Stage::new(1).await;
    let wish = |shard: usize| Wish {
        stream: stage.stream.clone(),
        shard: Some(ShardId::from(format!("shardId-{shard:012}"))),
        figures: FigureSet::WRITE,
    };
    let window = HeatRange::Minutes15.window(stage.now());
    let question = Question { window, wishes: (0..6_000).map(wish).collect(), silent: HashSet::new(), reuse: RECENTLY };
    let series = 3 * question.wishes.len() as u64;
    let clock = stage.clock();
    let asking = fetch(&stage.counted.connection, &stage.minutes, question.clone(), &clock);
    let enough = async {
        while stage.counted.asked().1 < 20 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::select! {
        _ = asking => panic!("36 calls are over before 20 were seen"),
        () = enough => {}
    }
    let before = stage.counted.asked().0;
    assert!(before < series);
    fetch(&stage.counted.connection, &stage.minutes, question, &clock).await.unwrap();
    let all = stage.counted.asked().0;
    // Only what was on its way when the fetch was given up is asked for again: four calls at most.
    assert!(all <= series + 4 * 500, "{all} metrics for {series} series");
}

#[tokio::test]
async fn two_that_ask_at_the_same_time_ask_once() {
    let stage = Stage::new(2).await;
    stage.minute_of_traffic(5).await;
    let question = stage.question(HeatRange::Hour1, FigureSet::WRITE, RECENTLY).await;
    let clock = stage.clock();
    let look = || fetch(&stage.counted.connection, &stage.minutes, question.clone(), &clock);
    let ((a, b), asked) = stage.counted.asked_by(async { tokio::join!(look(), look()) }).await;
    assert_eq!(asked, 9);
    assert_eq!(a.unwrap()[&stage.stream].total, b.unwrap()[&stage.stream].total);
}
