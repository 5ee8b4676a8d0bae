//! Many records from a file, delivered to the embedded server.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::types::ShardIteratorType;
use kinescope::aws::meter::CallMeter;
use kinescope::local::{LocalOptions, LocalServer};
use kinescope::model::batch::load::{OverChoice, Spared};
use kinescope::model::batch::run::{BatchEnd, BatchRun};
use kinescope::model::batch::{BatchScan, BatchSpec, BatchWish, KeyRule, Landing, Pace};
use kinescope::model::connection::ConnectRequest;
use kinescope::model::export::LineFormat;
use kinescope::model::ids::StreamName;
use kinescope::model::results::{ResultsOf, ResultsWish};
use kinescope::model::shard_map::ShardMap;
use kinescope::tasks::clock::Clock;
use kinescope::tasks::inject::batch::{BatchJob, Means};
use kinescope::tasks::inject::deliver::Target;
use kinescope::tasks::inject::file::ScanJob;
use kinescope::tasks::session;
use kinescope::tasks::wake::Wake;

use crate::support::{config, iterator};

struct Bench {
    _server: LocalServer,
    client: Client,
    target: Target,
    landing: Landing,
    folder: tempfile::TempDir,
}

impl Bench {
    /// A stream of two shards on a server whose clock runs.
    async fn start() -> Self {
        let options = LocalOptions { reshard_delay: Duration::ZERO, ..LocalOptions::empty() };
        let server = LocalServer::start(options).await.expect("starts");
        let client = Client::new(&config(&server).await);
        client.create_stream().stream_name("orders").shard_count(2).send().await.expect("creates");
        let request = ConnectRequest { endpoint_url: Some(server.endpoint_url()), ..ConnectRequest::default() };
        let session = session::open(request, CallMeter::default(), &Clock::system()).await.expect("connects");
        let stream = StreamName::from("orders");
        let map = session.connection.list_shards(&stream).await.map(ShardMap::new).expect("lists");
        let shards = map.open().map(|shard| (shard.id.clone(), shard.range)).collect();
        let landing = Landing { shards, max_record_bytes: 1_048_576 };
        let target = Target { connection: session.connection, stream };
        Self { _server: server, client, target, landing, folder: tempfile::tempdir().expect("a folder") }
    }

    fn means(&self) -> Means {
        let handle = tokio::runtime::Handle::current();
        Means { handle, target: self.target.clone(), clock: Clock::system(), wake: Wake::none() }
    }

    fn file(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.folder.path().join(name);
        std::fs::File::create(&path).and_then(|mut file| file.write_all(bytes)).expect("writes");
        path.to_string_lossy().into_owned()
    }

    async fn scan(&self, path: &str, key: KeyRule) -> Arc<BatchScan> {
        self.scan_with(BatchSpec { path: path.to_owned(), format: None, key, time: None }).await
    }

    async fn scan_with(&self, spec: BatchSpec) -> Arc<BatchScan> {
        let mut job = ScanJob::start(spec, self.landing.clone(), Wake::none());
        loop {
            match job.news() {
                Some(scan) if scan.is_done => return scan,
                _ => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
    }

    fn wish(scan: &BatchScan) -> BatchWish {
        BatchWish {
            spec: scan.spec.clone(),
            format: scan.format,
            stamp: scan.stamp.expect("a file"),
            records: scan.total.records,
            skips_invalid: false,
            keeps_order: false,
            pace: Pace::Full,
            attempts: 12,
            spared: None,
        }
    }

    /// What a file of results says, line by line.
    fn results(&self, job: &BatchJob, only_unsent: bool) -> Vec<serde_json::Value> {
        let path = self.folder.path().join(format!("results-{}.ndjson", fastrand::u64(..)));
        let wish = ResultsWish {
            of: ResultsOf::Batch,
            path: path.to_string_lossy().into_owned(),
            format: LineFormat::Ndjson,
            only_unsent,
        };
        job.results().save(&wish).expect("writes");
        let text = std::fs::read_to_string(path).expect("a file");
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    /// Everything that is in the stream, by how often.
    async fn read_back(&self) -> HashMap<Vec<u8>, usize> {
        let mut seen = HashMap::new();
        for (shard, _) in &self.landing.shards {
            let mut at = iterator(&self.client, "orders", shard.as_str(), ShardIteratorType::TrimHorizon).await;
            loop {
                let got = self.client.get_records().shard_iterator(&at).send().await.expect("reads");
                for record in &got.records {
                    *seen.entry(record.data.clone().into_inner()).or_default() += 1;
                }
                match got.next_shard_iterator {
                    Some(next) if !(got.records.is_empty() && got.millis_behind_latest == Some(0)) => at = next,
                    _ => break,
                }
                tokio::time::sleep(Duration::from_millis(210)).await;
            }
        }
        seen
    }
}

async fn finished(job: &BatchJob) -> Arc<BatchRun> {
    let began = Instant::now();
    loop {
        let run = job.run();
        if run.end.is_some() {
            return run;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{run:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn field() -> KeyRule {
    KeyRule::Field(".user".to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn with_one_shard_at_its_limit_every_record_is_in_the_stream_exactly_once() {
    let bench = Bench::start().await;
    // Three of four records are of one key: three times what its shard takes in a second.
    let line = |n: u32| {
        let key = if n.is_multiple_of(4) { format!("user-{n}") } else { "hot".to_owned() };
        format!("{{\"user\":\"{key}\",\"n\":{n}}}\n")
    };
    let text: String = (0..6_000).map(line).collect();
    let scan = bench.scan(&bench.file("orders.ndjson", text.as_bytes()), field()).await;
    assert_eq!((scan.total.records, scan.invalid, &scan.problem), (6_000, 0, &None));
    let run = finished(&BatchJob::send_file(bench.means(), Bench::wish(&scan), bench.landing.clone(), None)).await;
    assert_eq!(run.end, Some(BatchEnd::Done), "{:?}", run.failed_rows.first());
    assert_eq!((run.sent.records, run.failed, run.unknown), (6_000, 0, 0));
    assert_eq!(run.sent.bytes, scan.total.bytes);
    assert!(run.retries > 500 && run.after_retry > 500, "the shard refused: {} {}", run.retries, run.after_retry);
    let seen = bench.read_back().await;
    assert_eq!((seen.len(), seen.values().max()), (6_000, Some(&1)));
    assert!((0..6_000).all(|n| seen.contains_key(line(n).trim_end().as_bytes())));
    // What was said to land on each shard does.
    for (shard, _, share) in &scan.shares {
        let at = iterator(&bench.client, "orders", shard.as_str(), ShardIteratorType::TrimHorizon).await;
        let got = bench.client.get_records().shard_iterator(at).send().await.expect("reads");
        assert_eq!(got.records.len() as u64, share.records);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_lines_are_left_out_only_when_that_was_said() {
    let bench = Bench::start().await;
    let path = bench
        .file("mixed.ndjson", b"{\"user\":\"a\"}\n{\"user\":1,}\n{\"n\":1}\n\n{\"user\":\"\xff\"}\n{\"user\":\"b\"}\n");
    let scan = bench.scan(&path, field()).await;
    assert_eq!((scan.total.records, scan.invalid), (2, 3));
    let numbers: Vec<u64> = scan.invalid_lines.iter().map(|line| line.number).collect();
    assert_eq!(numbers, [2, 3, 5]);
    let run = finished(&BatchJob::send_file(bench.means(), Bench::wish(&scan), bench.landing.clone(), None)).await;
    assert!(matches!(&run.end, Some(BatchEnd::Failed(why)) if why.starts_with("Line 2: not JSON")), "{:?}", run.end);
    let wish = BatchWish { skips_invalid: true, ..Bench::wish(&scan) };
    let run = finished(&BatchJob::send_file(bench.means(), wish, bench.landing.clone(), None)).await;
    assert_eq!((run.end.clone(), run.sent.records, run.skipped), (Some(BatchEnd::Done), 2, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_cannot_be_sent_say_why_and_nothing_is_sent() {
    let bench = Bench::start().await;
    let problem = async |path: &str, key: KeyRule| bench.scan(path, key).await.problem.clone().unwrap_or_default();
    let gone = bench.folder.path().join("gone.csv").to_string_lossy().into_owned();
    assert!(problem(&gone, field()).await.contains("gone.csv cannot be read"));
    assert!(problem(&bench.folder.path().to_string_lossy(), field()).await.contains("is no file"));
    assert!(problem(&bench.file("empty.csv", b""), field()).await.contains("is empty"));
    assert!(problem(&bench.file("a.txt", b"x\n"), field()).await.contains("no fields"));
    let cut = bench.file("cut.json", b"[{\"user\":\"a\"},{\"user\":");
    assert!(problem(&cut, field()).await.contains("cut off"));
    let ragged = bench.scan(&bench.file("a.csv", b"user,n\na,1\nb\n"), KeyRule::Field("user".to_owned())).await;
    assert_eq!((ragged.total.records, ragged.invalid), (1, 1));
    // A file that was changed behind the look is not the one that was agreed to.
    let path = bench.file("b.ndjson", b"{\"user\":\"a\"}\n");
    let scan = bench.scan(&path, field()).await;
    bench.file("b.ndjson", b"{\"user\":\"another\"}\n");
    let run = finished(&BatchJob::send_file(bench.means(), Bench::wish(&scan), bench.landing.clone(), None)).await;
    assert!(matches!(&run.end, Some(BatchEnd::Failed(why)) if why.contains("has changed")), "{:?}", run.end);
    assert!(bench.read_back().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_is_saved_as_it_was_and_can_be_sent_again() {
    let bench = Bench::start().await;
    let text = "[{\"user\":\"a\"},\n {\"user\":\"b\"}]";
    let scan = bench.scan(&bench.file("two.json", text.as_bytes()), field()).await;
    let mut means = bench.means();
    means.target.stream = StreamName::from("ghost");
    let job = BatchJob::send_file(means, Bench::wish(&scan), bench.landing.clone(), None);
    let run = finished(&job).await;
    assert_eq!((run.failed, run.sent.records), (2, 0));
    assert!(matches!(&run.end, Some(BatchEnd::Failed(why)) if why.contains("ghost")));
    let path = bench.folder.path().join("failed.json").to_string_lossy().into_owned();
    let (say, said) = tokio::sync::oneshot::channel();
    job.save_failed(path.clone(), move |outcome| drop(say.send(outcome)));
    assert!(said.await.expect("ends").is_ok());
    let saved: serde_json::Value =
        serde_json::from_slice(&std::fs::read(Path::new(&path)).expect("a file")).expect("JSON");
    assert_eq!(saved, serde_json::json!([{"user":"a"},{"user":"b"}]));
    let again = finished(&BatchJob::send_failed(bench.means(), &job)).await;
    assert_eq!((again.end.clone(), again.sent.records), (Some(BatchEnd::Done), 2));
    assert_eq!(bench.read_back().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn records_leave_as_far_apart_as_their_times_say_and_odd_ones_at_once() {
    let bench = Bench::start().await;
    // 1.2 s between the first and the last; the third is older than the second, the fourth has no time.
    let times = ["1789483028000", "1789483028600", "1789483028100", "null", "\"2026-09-15T14:37:09.2Z\""];
    let line = |(n, ts): (usize, &&str)| format!("{{\"user\":\"u{n}\",\"ts\":{ts}}}\n");
    let text: String = times.iter().enumerate().map(line).collect();
    let path = bench.file("timed.ndjson", text.as_bytes());
    let spec = BatchSpec { path, format: None, key: field(), time: Some(".ts".to_owned()) };
    let scan = bench.scan_with(spec).await;
    assert_eq!((scan.times.in_order, scan.times.behind, scan.times.missing), (3, 1, 1));
    assert_eq!(scan.times.span.0, 1_200);
    for (speed, least, most) in [(1, 1.15, 3.0), (10, 0.1, 1.0)] {
        let began = Instant::now();
        let wish = BatchWish { pace: Pace::InFile(speed), ..Bench::wish(&scan) };
        let run = finished(&BatchJob::send_file(bench.means(), wish, bench.landing.clone(), None)).await;
        let took = began.elapsed().as_secs_f64();
        assert_eq!((run.end.clone(), run.sent.records), (Some(BatchEnd::Done), 5));
        assert!((least..most).contains(&took), "{speed}x took {took}");
    }
    // A run that is held stands still, and one that is stopped does not wait for its end.
    let slow = BatchWish { pace: Pace::InFile(1), ..Bench::wish(&scan) };
    let job = BatchJob::send_file(bench.means(), slow, bench.landing.clone(), None);
    tokio::time::sleep(Duration::from_millis(100)).await;
    job.pause(true);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert!(job.run().end.is_none());
    job.stop();
    let run = finished(&job).await;
    assert_eq!((run.end.clone(), run.sent.records), (Some(BatchEnd::Stopped), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shard_that_would_be_filled_is_spared_as_was_asked_for() {
    let bench = Bench::start().await;
    let text: String = (0..400).map(|n| format!("{{\"user\":\"user-{n}\"}}\n")).collect();
    let scan = bench.scan(&bench.file("many.ndjson", text.as_bytes()), field()).await;
    let (full, _, share) = scan.shares[0].clone();
    let spared = |choice| Some(Spared { choice, shards: vec![(full.to_string(), 400)] });
    let records = scan.total.records - share.records;
    let wish = BatchWish { spared: spared(OverChoice::Skip), records, ..Bench::wish(&scan) };
    let job = BatchJob::send_file(bench.means(), wish, bench.landing.clone(), None);
    let run = finished(&job).await;
    assert_eq!((run.end.clone(), run.sent.records, run.spared), (Some(BatchEnd::Done), records, share.records));
    let unsent = bench.results(&job, true);
    assert_eq!(unsent.len() as u64, share.records);
    assert!(unsent.iter().all(|row| row["status"] == "skipped" && row["shard_id"] == full.as_str()));
    assert!(unsent[0]["reason"].as_str().is_some_and(|why| why.contains("80 %")), "{}", unsent[0]);
    // Behind all others, at 40 % of what the shard takes.
    let wish = BatchWish { spared: spared(OverChoice::Last), ..Bench::wish(&scan) };
    let began = Instant::now();
    let job = BatchJob::send_file(bench.means(), wish, bench.landing.clone(), None);
    let run = finished(&job).await;
    assert_eq!((run.end.clone(), run.sent.records, run.spared), (Some(BatchEnd::Done), scan.total.records, 0));
    assert!(began.elapsed().as_secs_f64() >= share.records as f64 / 400.0 * 0.9, "{:?}", began.elapsed());
    let all = bench.results(&job, false);
    let numbers: Vec<u64> = all.iter().filter_map(|row| row["record"].as_u64()).collect();
    assert_eq!(numbers, (1..=400).collect::<Vec<_>>());
    assert!(all.iter().all(|row| row["status"] == "sent" && row["sequence_number"].is_string()));
    let seen = bench.read_back().await;
    assert!(seen.iter().all(|(data, times)| {
        let key = serde_json::from_slice::<serde_json::Value>(data).expect("JSON")["user"].clone();
        let row = all.iter().find(|row| row["partition_key"] == key).expect("a result");
        // Those that were spared were sent in the second run only.
        *times == if row["shard_id"] == full.as_str() { 1 } else { 2 }
    }));
}
