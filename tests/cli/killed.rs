//! A `put` that is killed in the middle: the next one says what became of every record, and sends the rest.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kinescope::aws::meter::CallMeter;
use kinescope::model::batch::Landing;
use kinescope::model::batch::run::BatchEnd;
use kinescope::model::connection::ConnectRequest;
use kinescope::model::ids::StreamName;
use kinescope::model::shard_map::ShardMap;
use kinescope::tasks::clock::Clock;
use kinescope::tasks::inject::batch::{BatchJob, Means};
use kinescope::tasks::inject::deliver::Target;
use kinescope::tasks::inject::journal::RunFolder;
use kinescope::tasks::session;
use kinescope::tasks::wake::Wake;

use crate::support::{Bench, finish};

/// More than one shard takes in the time that it lives.
const RECORDS: usize = 5_000;

/// Starts a put of a file, kills it once some results are there, and gives the folder of what it kept.
fn put_and_kill(bench: &Bench, home: &std::path::Path) {
    let path = home.join("orders.ndjson");
    let mut file = std::fs::File::create(&path).expect("a file");
    for number in 0..RECORDS {
        writeln!(file, "{{\"n\":{number}}}").expect("writes");
    }
    let path = path.to_str().expect("a path");
    let mut command = bench.command(&["put", "orders", "--partition-key", "k", "--file", path, "--unlock"]);
    let mut child = command.env("KINESCOPE_HOME", home).stdout(Stdio::piped()).spawn().expect("starts");
    let mut out = BufReader::new(child.stdout.take().expect("piped"));
    let mut line = String::new();
    for _ in 0..800 {
        line.clear();
        assert!(out.read_line(&mut line).expect("reads") > 0, "it ended before it could be killed");
    }
    // SIGKILL: nothing of it runs any more.
    child.kill().expect("kills");
    child.wait().expect("is gone");
}

/// Everything that is in the stream, as numbers; none twice.
async fn numbers(bench: &Bench) -> HashSet<u64> {
    let mut seen = HashSet::new();
    for record in bench.tail("orders", &["--partition-key", "k"]).await {
        assert!(seen.insert(record["json"]["n"].as_u64().expect("a number")), "twice: {record}");
    }
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_put_accounts_for_every_record_and_resume_sends_the_rest_once() {
    let bench = Bench::start().await;
    bench.stream("orders", 1).await;
    let home = tempfile::tempdir().expect("a folder");
    put_and_kill(&bench, home.path());
    let run = RunFolder::new(home.path().join("runs")).unfinished().pop().expect("is written down");
    let unknown = run.account.unknown();
    assert_eq!(run.account.sent() + unknown.len() + run.unsent().expect("is counted"), RECORDS as u64);
    assert!(run.account.sent() >= 500 && run.unsent().is_some_and(|unsent| unsent > 0), "{}", run.counts());
    let there = numbers(&bench).await;
    let settled = run.account.settled();
    assert!(there.iter().all(|number| settled.contains(*number)), "what is there was said to be there, or unknown");
    let known: u64 = there.iter().filter(|number| !unknown.contains(**number)).count() as u64;
    assert_eq!(known, run.account.sent(), "what was said to be sent is there");

    let mut command =
        bench.command(&["put", "orders", "--partition-key", "other", "--data", "{\"n\":999999}", "--unlock"]);
    command.env("KINESCOPE_HOME", home.path());
    let told = tokio::task::spawn_blocking(move || finish(command)).await.expect("joins");
    assert_eq!(told.code, 0, "{}", told.stderr);
    assert!(told.stderr.contains(&run.counts()) && told.stderr.contains(&run.id), "{}", told.stderr);
    let mut command = bench.command(&["put", "orders", "--resume", &run.id, "--unlock"]);
    command.env("KINESCOPE_HOME", home.path());
    let ended = tokio::task::spawn_blocking(move || finish(command)).await.expect("joins");
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(ended.stdout.lines().count() as u64, run.unsent().expect("is counted"));
    let there = numbers(&bench).await;
    let missing: Vec<u64> = (0..RECORDS as u64).filter(|number| !there.contains(number)).collect();
    assert!(
        missing.iter().all(|number| unknown.contains(*number)),
        "only what was unknown may be missing: {missing:?}"
    );
    assert!(RunFolder::new(home.path().join("runs")).unfinished().is_empty());
    let log = std::fs::read_to_string(home.path().join("activity.ndjson")).expect("a log");
    assert!(log.contains("cut off") && log.contains("the rest") && !log.contains("\"n\\\""), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_engine_of_the_window_takes_the_same_run_up() {
    let bench = Bench::start().await;
    bench.stream("orders", 1).await;
    let home = tempfile::tempdir().expect("a folder");
    put_and_kill(&bench, home.path());
    let folder = RunFolder::new(home.path().join("runs"));
    let run = folder.unfinished().pop().expect("is written down");
    let request = ConnectRequest { endpoint_url: Some(bench.endpoint_url()), ..ConnectRequest::default() };
    let session = session::open(request, CallMeter::default(), &Clock::system()).await.expect("connects");
    let stream = StreamName::from("orders");
    let map = session.connection.list_shards(&stream).await.map(ShardMap::new).expect("lists");
    let shards = map.open().map(|shard| (shard.id.clone(), shard.range)).collect();
    let landing = Landing { shards, max_record_bytes: 1_048_576 };
    let target = Target { connection: session.connection, stream };
    let handle = tokio::runtime::Handle::current();
    let means = Means { handle, target, clock: Clock::system(), wake: Wake::none() };
    let (again, log) = folder.reopen(&run.id).expect("reopens");
    assert_eq!(again, run);
    let job = Arc::new(BatchJob::send_rest(means, &run, landing, log).expect("has a file"));
    let began = Instant::now();
    while job.run().end.is_none() {
        assert!(began.elapsed() < Duration::from_secs(60));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let ended = job.run();
    assert_eq!((&ended.end, Some(ended.sent.records)), (&Some(BatchEnd::Done), run.unsent()), "{ended:?}");
    let there = numbers(&bench).await;
    let unknown = run.account.unknown();
    assert!((0..RECORDS as u64).all(|number| there.contains(&number) || unknown.contains(number)));
    assert!(folder.unfinished().is_empty());
}
