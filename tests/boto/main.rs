//! The batch path as boto3 sees it: an independent reader counts the records, an independent writer is the measure of
//! throughput. `KINESCOPE_FULL=1` runs both at full size; `KINESCOPE_SERVER` names a running server to measure against
//! instead of the embedded one of this build.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use kinescope::aws::connect::Connection;
use kinescope::aws::meter::CallMeter;
use kinescope::local::{LocalOptions, LocalServer};
use kinescope::model::batch::run::{BatchEnd, BatchRun};
use kinescope::model::batch::{BatchSpec, BatchWish, KeyRule, Landing, Pace};
use kinescope::model::connection::ConnectRequest;
use kinescope::model::ids::StreamName;
use kinescope::model::shard_map::ShardMap;
use kinescope::tasks::clock::Clock;
use kinescope::tasks::inject::batch::{BatchJob, Means};
use kinescope::tasks::inject::deliver::Target;
use kinescope::tasks::inject::file::ScanJob;
use kinescope::tasks::session;
use kinescope::tasks::wake::Wake;
use serde_json::Value;

/// The embedded server, or the one that was named; its streams are made with boto3.
struct Bench {
    _server: Option<LocalServer>,
    endpoint_url: String,
    connection: Connection,
    folder: tempfile::TempDir,
}

impl Bench {
    async fn start() -> Self {
        let named = std::env::var("KINESCOPE_SERVER").ok();
        let options = LocalOptions { reshard_delay: Duration::ZERO, ..LocalOptions::empty() };
        let server = match &named {
            Some(_) => None,
            None => Some(LocalServer::start(options).await.expect("starts")),
        };
        let endpoint_url = named.or(server.as_ref().map(LocalServer::endpoint_url)).expect("a server");
        let request = ConnectRequest { endpoint_url: Some(endpoint_url.clone()), ..ConnectRequest::default() };
        let session = session::open(request, CallMeter::default(), &Clock::system()).await.expect("connects");
        let folder = tempfile::tempdir().expect("a folder");
        Self { _server: server, endpoint_url, connection: session.connection, folder }
    }

    async fn python(&self, script: &str, arguments: &[&str]) -> Value {
        let path = self.folder.path().join("script.py");
        std::fs::write(&path, script).expect("writes");
        let mut command = std::process::Command::new(python());
        command.arg(&path).arg(&self.endpoint_url).args(arguments).env("AWS_EC2_METADATA_DISABLED", "true");
        let output = tokio::task::spawn_blocking(move || command.output()).await.expect("joins").expect("runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    /// A stream of so many shards, and what is known of them.
    async fn stream(&self, name: &str, shards: u32) -> (Target, Landing) {
        let script = r#"
import boto3, json, sys, time
endpoint, stream, shards = sys.argv[1:]
client = boto3.client("kinesis", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
client.create_stream(StreamName=stream, ShardCount=int(shards))
while client.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"]["StreamStatus"] != "ACTIVE":
    time.sleep(0.05)
print(json.dumps(True))
"#;
        self.python(script, &[name, &shards.to_string()]).await;
        let stream = StreamName::from(name);
        let map = self.connection.list_shards(&stream).await.map(ShardMap::new).expect("lists");
        let shards = map.open().map(|shard| (shard.id.clone(), shard.range)).collect();
        let target = Target { connection: self.connection.clone(), stream };
        (target, Landing { shards, max_record_bytes: 1_048_576 })
    }

    /// A file of records, of which every `hot`-th has the same key.
    fn file(&self, records: u64, hot: u64, pad: usize) -> String {
        let path = self.folder.path().join("records.ndjson");
        let mut out = std::io::BufWriter::new(std::fs::File::create(&path).expect("a file"));
        let pad = "x".repeat(pad);
        for n in 0..records {
            let user = if n % hot == 0 { "hot".to_owned() } else { format!("user-{n}") };
            writeln!(out, "{{\"user\":\"{user}\",\"n\":{n},\"pad\":\"{pad}\"}}").expect("writes");
        }
        out.flush().expect("writes");
        path.to_string_lossy().into_owned()
    }

    /// Sends a file and waits for its end.
    async fn send(&self, path: &str, target: Target, landing: Landing) -> (Arc<BatchRun>, Duration) {
        let spec =
            BatchSpec { path: path.to_owned(), format: None, key: KeyRule::Field(".user".to_owned()), time: None };
        let mut job = ScanJob::start(spec.clone(), landing.clone(), Wake::none());
        let scan = loop {
            match job.news() {
                Some(scan) if scan.is_done => break scan,
                _ => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        };
        let wish = BatchWish {
            spec,
            format: scan.format,
            stamp: scan.stamp.expect("a file"),
            records: scan.total.records,
            skips_invalid: false,
            keeps_order: false,
            pace: Pace::Full,
            attempts: 40,
            spared: None,
        };
        let handle = tokio::runtime::Handle::current();
        let means = Means { handle, target, clock: Clock::system(), wake: Wake::none() };
        let began = Instant::now();
        let job = BatchJob::send_file(means, wish, landing, None);
        loop {
            let run = job.run();
            if run.end.is_some() {
                return (run, began.elapsed());
            }
            assert!(began.elapsed() < Duration::from_secs(300), "{run:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

fn python() -> PathBuf {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers");
    let peers = std::env::var_os("KINESCOPE_PEERS").map_or_else(default, PathBuf::from);
    let python = peers.join("py/bin/python");
    assert!(python.exists(), "boto3 is not in {}: run tests/run once.", peers.display());
    python
}

fn is_full() -> bool {
    std::env::var_os("KINESCOPE_FULL").is_some()
}

#[tokio::test(flavor = "multi_thread")]
async fn with_one_shard_at_its_limit_boto3_finds_every_record_exactly_once() {
    let bench = Bench::start().await;
    // A quarter of all records goes to one key: its shard refuses from the second second on.
    let (records, shards) = if is_full() { (100_000, 8) } else { (8_000, 2) };
    let (target, landing) = bench.stream("proof-once", shards).await;
    let path = bench.file(records, if is_full() { 4 } else { 2 }, 40);
    let (run, took) = bench.send(&path, target, landing).await;
    assert_eq!(run.end, Some(BatchEnd::Done), "{:?}", run.failed_rows.first());
    assert_eq!((run.sent.records, run.failed, run.unknown), (records, 0, 0));
    assert!(run.retries > 0, "the shard was at its limit");
    let seen = bench.python(include_str!("read.py"), &["proof-once"]).await;
    println!(
        "{records} records in {took:.1?}, {} refusals retried, {} after retry; boto3 read {seen}",
        run.retries, run.after_retry
    );
    assert_eq!(seen["records"], records);
    assert_eq!(seen["distinct"], records);
    assert_eq!(seen["sum"], records * (records - 1) / 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_faster_than_a_loop_over_put_records() {
    let bench = Bench::start().await;
    let records = if is_full() { 100_000 } else { 20_000 };
    let path = bench.file(records, u64::MAX, 120);
    // Room for all of it: what is measured is the path, not the limit of a shard.
    let (target, landing) = bench.stream("proof-fast", 128).await;
    bench.stream("proof-slow", 128).await;
    let (run, took) = bench.send(&path, target, landing).await;
    assert_eq!((run.sent.records, &run.end), (records, &Some(BatchEnd::Done)));
    let slow = bench.python(include_str!("put.py"), &["proof-slow", &path]).await;
    let (ours, theirs) = (took.as_secs_f64(), slow["seconds"].as_f64().expect("a number"));
    let build = if cfg!(debug_assertions) { "debug" } else { "release" };
    println!(
        "{build}: {records} records in {ours:.2} s; the loop over boto3 took {theirs:.2} s: {:.1} times",
        theirs / ours
    );
    // Without optimisation, client and server are an order of magnitude slower than what people run, and other programs may
    // hold one of the cores that both need, while the loop needs one: all that is left to see is that nothing stands still.
    let least = if cfg!(debug_assertions) { 0.25 } else { 5.0 };
    assert!(theirs / ours >= least, "{ours} s against {theirs} s");
}
