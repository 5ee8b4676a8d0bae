//! Many records over eight shards with a split and a merge in the middle, while connections are cut and servers go away,
//! are killed or ended, and start again: each arrives once, in the order of its shard, and parents come before their
//! children. What arrives is held against the sequence numbers that the writer was told.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::PutRecordsRequestEntry;
use kinescope::aws::connect::Connection;
use kinescope::local::{LocalOptions, LocalServer};
use kinescope::model::hash_range::HashKeyRange;
use kinescope::model::ids::{SequenceNumber, ShardId, StreamName};
use kinescope::model::tail::{FanOutConsumer, TailItem, TailOptions, TailRoute, TailStart};
use kinescope::tasks::tail::{TailHandle, start_tail};
use kinescope::tasks::wake::Wake;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::peers::{Kind, Peer};
use crate::proxy::Proxy;
use crate::target::{Target, told};

/// Shards at the start.
const SHARDS: i32 = 8;
/// Records of one `PutRecords`.
const AT_ONCE: usize = 500;
/// The same for a server that takes a millisecond for each, and for each thousand that a shard holds another one.
const SLOWLY: usize = 100;
/// Bytes of a record.
const RECORD_BYTES: usize = 100;
/// How often connections are cut.
const BETWEEN_CUTS: Duration = Duration::from_secs(2);
/// How long nothing more must come once everything has.
const NOTHING_MORE: Duration = Duration::from_secs(2);

/// Records of one run; `KINESCOPE_ENDURANCE=100000` asks for so many in each. kinesis-local looks through all that a shard
/// holds for each record it takes: 100,000 take it a quarter of an hour.
fn records(usual: usize) -> usize {
    let asked = std::env::var("KINESCOPE_ENDURANCE").ok().and_then(|count| count.parse().ok());
    asked.unwrap_or(usual)
}

/// How often kinesis-local writes what it holds. It answers nobody meanwhile, which takes the longer the more there is.
fn kept_every(count: usize) -> Duration {
    Duration::from_millis(1_000 + count as u64 / 2)
}

/// Nothing of a run of so many records takes longer, on the slowest server and a busy machine.
fn patience(count: usize) -> Duration {
    Duration::from_secs(150) + Duration::from_millis(30) * u32::try_from(count).expect("a count of records")
}

/// What was put: where each record landed.
#[derive(Default)]
struct Put {
    landed: HashMap<ShardId, Vec<SequenceNumber>>,
    count: usize,
}

/// Puts records all over the key space, each until it is taken: an answer that was lost would leave a doubt, so the
/// writer has a connection of its own that nobody cuts, and a plain client that waits as long as an answer takes.
async fn put(target: &Target, stream: &StreamName, count: usize, at_once: usize, put: &mut Put) {
    let mut random = fastrand::Rng::with_seed(count as u64);
    let mut left: Vec<PutRecordsRequestEntry> = Vec::new();
    let (mut made, begun) = (0, Instant::now());
    while made < count || !left.is_empty() {
        assert!(begun.elapsed() < patience(count), "{made} of {count} records could be put");
        while left.len() < at_once && made < count {
            let data = format!("{{\"n\":{made:08},\"pad\":\"{}\"}}", "x".repeat(RECORD_BYTES - 30));
            let entry = PutRecordsRequestEntry::builder().partition_key("key").data(Blob::new(data));
            left.push(entry.explicit_hash_key(random.u128(..).to_string()).build().expect("a record"));
            made += 1;
        }
        let batch: Vec<PutRecordsRequestEntry> = left.drain(..left.len().min(at_once)).collect();
        let call = target.raw.put_records().stream_name(stream.as_str()).set_records(Some(batch.clone()));
        let outcomes = match call.send().await {
            Ok(answer) => answer.records,
            Err(error) if told(&error).contains("ThroughputExceeded") => Vec::new(),
            Err(error) => panic!("PutRecords: {}", told(&error)),
        };
        let mut is_slowed = outcomes.is_empty();
        for (place, entry) in batch.into_iter().enumerate() {
            let landed = outcomes.get(place).and_then(|outcome| outcome.shard_id().zip(outcome.sequence_number()));
            if let Some((shard, number)) = landed {
                put.landed.entry(ShardId::from(shard)).or_default().push(SequenceNumber::from(number));
                put.count += 1;
            } else {
                left.push(entry);
                is_slowed = true;
            }
        }
        if is_slowed {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// Splits the first open shard of the key space, and merges the last two.
async fn reshard(target: &Target, stream: &StreamName) {
    let shards = target.shards(stream).await.expect("lists");
    let mut open: Vec<(ShardId, HashKeyRange)> = shards.open().map(|shard| (shard.id.clone(), shard.range)).collect();
    open.sort_by_key(|(_, range)| range.start);
    let (first, range) = open.first().expect("a shard").clone();
    let middle = range.even_split().expect("a range that can be split");
    target.connection.split_shard(stream, &first, middle).await.expect("splits");
    target.settled(stream).await.expect("settles");
    let [.., (left, _), (right, _)] = open.as_slice() else { panic!("two shards") };
    target.connection.merge_shards(stream, left, right).await.expect("merges");
    target.settled(stream).await.expect("settles");
}

fn tail(connection: &Connection, stream: &StreamName, route: TailRoute) -> TailHandle {
    let options = TailOptions { route, read_budget: 5, ..TailOptions::from_start(TailStart::TrimHorizon) };
    start_tail(&Handle::current(), connection.clone(), stream.clone(), options, Wake::none())
}

/// A record that came: its shard and its sequence number.
type Came = (ShardId, String);

/// A tail, and what it has brought so far.
struct Reading {
    task: JoinHandle<Vec<Came>>,
    wanted: watch::Sender<Option<usize>>,
    so_far: Arc<AtomicUsize>,
    patience: Duration,
}

impl Reading {
    fn of(tail: TailHandle, patience: Duration) -> Self {
        let (wanted, is_wanted) = watch::channel(None);
        let so_far = Arc::new(AtomicUsize::new(0));
        let task = tokio::spawn(read(tail, is_wanted, so_far.clone(), patience));
        Self { task, wanted, so_far, patience }
    }

    /// Waits until so many records have come.
    async fn has_brought(&self, count: usize) {
        let begun = Instant::now();
        while self.so_far.load(Ordering::Relaxed) < count {
            assert!(begun.elapsed() < self.patience, "{} of {count} came", self.so_far.load(Ordering::Relaxed));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Everything, once so many records have come and no more did for a while.
    async fn all(self, count: usize) -> Vec<Came> {
        self.wanted.send_replace(Some(count));
        self.task.await.expect("reads")
    }
}

/// Everything that a tail brings, up to so many records and a while beyond.
async fn read(
    mut tail: TailHandle,
    mut wanted: watch::Receiver<Option<usize>>,
    so_far: Arc<AtomicUsize>,
    patience: Duration,
) -> Vec<Came> {
    let mut seen = Vec::new();
    let begun = Instant::now();
    loop {
        let is_all = wanted.borrow_and_update().is_some_and(|wanted| seen.len() >= wanted);
        let wait = if is_all { NOTHING_MORE } else { Duration::from_millis(500) };
        match tokio::time::timeout(wait, tail.items.recv()).await {
            Ok(Some(batch)) => {
                let records = batch.items.iter().filter_map(TailItem::record);
                seen.extend(records.map(|it| (it.shard_id.clone(), it.sequence_number.as_str().to_owned())));
                so_far.store(seen.len(), Ordering::Relaxed);
            }
            Ok(None) => panic!("the tail ended: {:?}", tail.status.borrow().problem),
            Err(_) if is_all => return seen,
            Err(_) => {}
        }
        let wanted = *wanted.borrow();
        assert!(begun.elapsed() < patience, "{} of {wanted:?} records came", seen.len());
    }
}

/// Numbers of any length, as AWS counts them.
fn in_order(mut numbers: Vec<SequenceNumber>) -> Vec<String> {
    numbers.sort_by(|a, b| (a.as_str().len(), a.as_str()).cmp(&(b.as_str().len(), b.as_str())));
    numbers.into_iter().map(|number| number.as_str().to_owned()).collect()
}

async fn check(target: &Target, stream: &StreamName, put: Put, seen: Vec<Came>) {
    assert_eq!(seen.len(), put.count, "records that came, and that were put");
    let shards = target.shards(stream).await.expect("lists");
    let mut last: HashMap<&ShardId, usize> = HashMap::new();
    let mut first: HashMap<&ShardId, usize> = HashMap::new();
    let mut by_shard: HashMap<ShardId, Vec<String>> = HashMap::new();
    for (place, (shard, number)) in seen.iter().enumerate() {
        last.insert(shard, place);
        first.entry(shard).or_insert(place);
        by_shard.entry(shard.clone()).or_default().push(number.clone());
    }
    assert_eq!(by_shard.len(), put.landed.len(), "shards");
    for (shard, landed) in put.landed {
        // Compared as a whole: once, in order, none missing.
        assert!(
            by_shard.get(&shard).is_some_and(|came| *came == in_order(landed)),
            "{shard} did not come as it was put"
        );
    }
    for shard in shards.all() {
        let Some(begins) = first.get(&shard.id) else { continue };
        for parent in shard.parents() {
            assert!(
                last.get(parent).is_none_or(|ends| ends < begins),
                "{parent} did not end before {} began",
                shard.id
            );
        }
    }
}

/// What goes wrong meanwhile.
#[derive(Clone, Copy)]
enum Trouble {
    /// All connections are cut every two seconds.
    Cuts,
    /// The server is gone for four seconds, once before the shards change and once behind it.
    Outages,
}

/// Cuts all connections of a proxy again and again.
async fn cut(proxy: &Proxy) -> ! {
    loop {
        tokio::time::sleep(BETWEEN_CUTS).await;
        proxy.cut();
    }
}

/// A run against a server that stays, seen by the tail through a network that does not.
async fn through_trouble(name: &str, endpoint_url: &str, fan_out: bool, trouble: Trouble, count: usize) {
    let target = Target::at(endpoint_url).await;
    let proxy = Proxy::before(endpoint_url).await;
    let stream = target.stream("endurance", SHARDS).await.expect("a stream");
    let mut route = TailRoute::Polling;
    if fan_out {
        let arn = target.connection.describe_summary(&stream).await.expect("describes").arn;
        target.connection.register_consumer(&arn, "endurance").await.expect("registers");
        route = TailRoute::FanOut(FanOutConsumer::Named("endurance".to_owned()));
    }
    let begun = Instant::now();
    let seen_through = Target::at(&proxy.endpoint_url).await;
    let reading = Reading::of(tail(&seen_through.connection, &stream, route), patience(count));
    let mut put_so_far = Put::default();
    let writing = async {
        put(&target, &stream, count / 2, AT_ONCE, &mut put_so_far).await;
        if matches!(trouble, Trouble::Outages) {
            proxy.be_gone_for(Duration::from_secs(4)).await;
        }
        reshard(&target, &stream).await;
        put(&target, &stream, count - count / 2, AT_ONCE, &mut put_so_far).await;
        if matches!(trouble, Trouble::Outages) {
            proxy.be_gone_for(Duration::from_secs(4)).await;
        }
        reading.all(count).await
    };
    let cutting = async {
        match trouble {
            Trouble::Cuts => cut(&proxy).await,
            Trouble::Outages => std::future::pending().await,
        }
    };
    let seen = tokio::select! {
        seen = writing => seen,
        never = cutting => never,
    };
    let took = begun.elapsed().as_secs_f64();
    check(&target, &stream, put_so_far, seen).await;
    println!("{name}: {count} records in {took:.1} s");
}

/// A run against a server that keeps what it holds and starts again in the middle, while all connections of the tail are
/// cut every two seconds. kinesis-local is killed without a warning; ministack writes what it holds only when it is asked
/// to end, so it is asked. It is gone for three seconds, and for as long as it takes to start.
async fn through_a_restart(kind: Kind, count: usize) {
    let mut peer =
        tokio::task::spawn_blocking(move || Peer::start_keeping(kind, kept_every(count))).await.expect("starts");
    let target = Target::at(&peer.endpoint_url).await;
    let proxy = Proxy::before(&peer.endpoint_url).await;
    let stream = target.stream("endurance", SHARDS).await.expect("a stream");
    let begun = Instant::now();
    let seen_through = Target::at(&proxy.endpoint_url).await;
    let reading = Reading::of(tail(&seen_through.connection, &stream, TailRoute::Polling), patience(count));
    let (mut put_so_far, mut writing_took) = (Put::default(), Duration::ZERO);
    // It is under way before anything is cut: a tail that cannot even list the shards ends and says so.
    put(&target, &stream, SLOWLY, SLOWLY, &mut put_so_far).await;
    reading.has_brought(1).await;
    let writing = async {
        let half = Instant::now();
        put(&target, &stream, count / 2, SLOWLY, &mut put_so_far).await;
        writing_took += half.elapsed();
        if kind == Kind::Ministack {
            // It forgets a shard and its records with the split: no reader could have them later.
            reading.has_brought(put_so_far.count).await;
        }
        reshard(&target, &stream).await;
        put(&target, &stream, count / 4, SLOWLY, &mut put_so_far).await;
        if kind == Kind::KinesisLocal {
            is_on_disk(&peer, patience(count)).await;
        }
        let starting = tokio::task::spawn_blocking(move || {
            let gone_for = Duration::from_secs(3);
            match kind {
                Kind::KinesisLocal => peer.kill_and_start_again(gone_for),
                _ => peer.end_and_start_again(gone_for),
            }
            peer
        });
        let peer = starting.await.expect("comes back");
        put(&target, &stream, count - put_so_far.count, SLOWLY, &mut put_so_far).await;
        (reading.all(count).await, peer)
    };
    let (seen, peer) = tokio::select! {
        seen = writing => seen,
        never = cut(&proxy) => never,
    };
    let took = begun.elapsed().as_secs_f64();
    check(&target, &stream, put_so_far, seen).await;
    drop(peer);
    let rate = (count / 2) as f64 / writing_took.as_secs_f64();
    println!("{kind:?}, started again and cut: {count} records in {took:.1} s, written at {rate:.0} records/s");
}

/// Waits until what the server holds now is in its file: until it was written once more after now.
async fn is_on_disk(peer: &Peer, patience: Duration) {
    let file = peer.file("data/kinesis-data.json");
    let (now, begun) = (std::time::SystemTime::now(), Instant::now());
    let written = || std::fs::metadata(&file).and_then(|file| file.modified()).ok();
    // Its time changes when writing begins: half of a file is of no use to a server that is killed now.
    let is_whole =
        || std::fs::read(&file).is_ok_and(|json| serde_json::from_slice::<serde::de::IgnoredAny>(&json).is_ok());
    // The one that is written at this moment may have begun earlier.
    for after in [Duration::ZERO, Duration::from_secs(1)] {
        while written().is_none_or(|at| at <= now + after) || !is_whole() {
            assert!(begun.elapsed() < patience, "{} is not written", file.display());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

async fn embedded(name: &str, fan_out: bool, trouble: Trouble) {
    let server = LocalServer::start(LocalOptions::empty()).await.expect("starts");
    through_trouble(name, &server.endpoint_url(), fan_out, trouble, records(20_000)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_records_arrive_once_and_in_order_by_polling_although_connections_are_cut() {
    embedded("polling, cut", false, Trouble::Cuts).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_records_arrive_once_and_in_order_by_fan_out_although_connections_are_cut() {
    embedded("fan-out, cut", true, Trouble::Cuts).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_records_arrive_once_and_in_order_by_polling_although_the_server_goes_away() {
    embedded("polling, gone", false, Trouble::Outages).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_records_arrive_once_and_in_order_by_fan_out_although_the_server_goes_away() {
    embedded("fan-out, gone", true, Trouble::Outages).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_records_arrive_once_and_in_order_although_kinesis_local_is_killed_and_connections_are_cut() {
    through_a_restart(Kind::KinesisLocal, records(1_500)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_records_arrive_once_and_in_order_although_ministack_ends_and_starts_again_and_connections_are_cut() {
    through_a_restart(Kind::Ministack, records(4_000)).await;
}
