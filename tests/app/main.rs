//! The program as a whole, on real servers and on servers that misbehave. Nothing here is drawn; the real window has its own test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod desk;
mod fan_out;
#[path = "../peers/gate.rs"]
mod gate;
mod plans;
mod sampling;
mod settings;
mod streams;
mod tailing;

use std::time::{Duration, Instant};

use desk::Desk;
use eframe::egui;
use kinescope::local::{LocalOptions, LocalServer};
use kinescope::model::answer::ProblemKind;
use kinescope::model::tail::TailItem;
use kinescope::model::world::Link;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("runtime")
}

/// A connection of its own, beside that of the program.
async fn connection(endpoint_url: &str) -> kinescope::aws::connect::Connection {
    let meter = kinescope::aws::meter::CallMeter::default();
    kinescope::aws::connect::connect(&Desk::endpoint(endpoint_url), meter).await.expect("connects")
}

/// Longest frame that a person would not notice, doubled for a busy machine and an unoptimised build.
const FRAME_BUDGET: Duration = Duration::from_millis(500);

#[test]
fn without_a_connection_the_first_screen_offers_the_demo() {
    let runtime = runtime();
    let mut desk = Desk::open(&runtime, None);
    desk.click("Start with demo data");
    desk.until("connected", |world| world.connection().is_some());
    desk.see("Stream clickstream-data critical");
    assert!(desk.world(|world| !world.is_unlocked()), "starts read-only");
}

#[test]
fn every_view_of_the_demo_opens_and_fills() {
    let runtime = runtime();
    let request = kinescope::model::connection::ConnectRequest { demo: true, ..Default::default() };
    let mut desk = Desk::open(&runtime, Some(request));
    // Until its figures are there, the list still changes its order under the pointer.
    desk.see("Stream clickstream-data critical");
    desk.click("Open clickstream-data");
    desk.see("Heatmap of clickstream-data");
    desk.see("Heat shardId-");
    desk.key(egui::Key::Num2);
    desk.see("Shard shardId-000000000005 OPEN");
    desk.key(egui::Key::Num3);
    desk.until("records flow", |world| {
        world
            .open
            .as_ref()
            .is_some_and(|open| open.tail.store.iter().any(|(_, item)| matches!(item, TailItem::Record(_))))
    });
    desk.see("Record ");
    desk.click("Activity log");
    desk.click("Fleet");
    desk.see("Stream clickstream-data critical");
}

#[test]
fn figures_rest_while_a_cell_is_pinned_until_another_range_is_asked_for() {
    let runtime = runtime();
    let request = kinescope::model::connection::ConnectRequest { demo: true, ..Default::default() };
    let mut desk = Desk::open(&runtime, Some(request));
    // Until its figures are there, the list still changes its order under the pointer.
    desk.see("Stream clickstream-data critical");
    desk.click("Open clickstream-data");
    desk.see("Heat shardId-");
    let fetched = |desk: &Desk| {
        desk.world(|world| world.open.as_ref().and_then(|open| open.metrics.value.as_ref()).map(|(_, at)| *at))
    };
    desk.until("nothing is under way", |world| {
        world.open.as_ref().is_some_and(|open| open.metrics.value.is_some() && open.metrics.pending_since.is_none())
    });
    desk.key(egui::Key::ArrowLeft);
    desk.key(egui::Key::P);
    desk.until("paused", |world| world.open.as_ref().is_some_and(|open| open.figures_paused));
    desk.see("Paused at ");
    let before = fetched(&desk);
    // An endpoint of one's own is asked again after 15 seconds.
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(17) {
        desk.frame();
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(fetched(&desk), before, "asked although paused");
    desk.key(egui::Key::CloseBracket);
    desk.until("three hours are there", |world| {
        let open = world.open.as_ref();
        open.is_some_and(|open| {
            !open.figures_paused && open.metrics.get().is_some_and(|metrics| metrics.window.len() == 180)
        })
    });
}

#[test]
fn a_record_is_sent_only_after_unlocking_and_shows_up_in_the_tail() {
    let runtime = runtime();
    let request = kinescope::model::connection::ConnectRequest { demo: true, ..Default::default() };
    let mut desk = Desk::open(&runtime, Some(request));
    // Until its figures are there, the list still changes its order under the pointer.
    desk.see("Stream clickstream-data critical");
    desk.click("Open sandbox");
    desk.key(egui::Key::Num3);
    desk.until("the tail reads", |world| {
        world
            .open
            .as_ref()
            .is_some_and(|open| open.tail.status.shards.iter().any(|shard| shard.millis_behind.is_some()))
    });
    desk.click("Unlock…");
    desk.click("Unlock for");
    desk.until("unlocked", |world| world.is_unlocked());
    desk.click("Inject…");
    desk.fill("Partition key", "hello-from-the-test");
    desk.fill("Data", r#"{"hello":1}"#);
    desk.click("Send 1 record");
    desk.until("the record came back", |world| {
        world.open.as_ref().is_some_and(|open| {
            open.tail.store.iter().any(|(_, item)| {
                item.record().is_some_and(|record| record.partition_key.as_str() == "hello-from-the-test")
            })
        })
    });
    desk.until("it is in the log", |world| {
        world.activity.iter().any(|entry| format!("{:?}", entry.event).contains("PutRecords"))
    });
    let log = desk.world(|world| serde_json::to_string(&world.activity).expect("log"));
    assert!(log.contains("hello-from-the-test") && log.contains("aws kinesis put-record"), "{log}");
}

#[test]
fn a_split_a_merge_and_a_scaling_show_their_shards_without_a_restart() {
    let runtime = runtime();
    let request = kinescope::model::connection::ConnectRequest { demo: true, ..Default::default() };
    let mut desk = Desk::open(&runtime, Some(request));
    // Until its figures are there, the list still changes its order under the pointer.
    desk.see("Stream clickstream-data critical");
    desk.click("Open sandbox");
    desk.key(egui::Key::Num2);
    desk.see("Shard shardId-000000000000 OPEN");
    desk.click("Unlock…");
    desk.click("Unlock for");
    desk.until("unlocked", |world| world.is_unlocked());
    desk.click("Reshard…");
    desk.click("Split shard …0000");
    desk.until("the stream has two open shards", |world| {
        world.open.as_ref().and_then(|open| open.shards.get()).is_some_and(|shards| shards.open_count() == 2)
    });
    desk.key(egui::Key::Escape);
    desk.see("Shard shardId-000000000001 OPEN");
    desk.see("Shard shardId-000000000002 OPEN");
    desk.see("Shard shardId-000000000000 CLOSED");
    desk.until("the log has the split", |world| format!("{:?}", world.activity).contains("split-shard"));
    desk.click("Reshard…");
    desk.click("Merge");
    desk.click("Merge …0001 + …0002");
    desk.until("one shard is open again", |world| {
        let map = world.open.as_ref().and_then(|open| open.shards.get());
        map.is_some_and(|shards| shards.open_count() == 1 && shards.all().len() == 4)
    });
    desk.key(egui::Key::Escape);
    desk.see("Shard shardId-000000000003 OPEN");
    desk.until("the log has the merge", |world| format!("{:?}", world.activity).contains("merge-shards"));
    desk.click("Reshard…");
    desk.click("Scale to N");
    desk.until("the quota is known", |world| world.account_limits.get().is_some());
    desk.click("Scale to 2 shards");
    desk.until("two shards are open again", |world| {
        let map = world.open.as_ref().and_then(|open| open.shards.get());
        map.is_some_and(|shards| shards.open_count() == 2 && shards.tiling_faults().is_empty())
    });
    desk.until("the log has the scaling", |world| format!("{:?}", world.activity).contains("update-shard-count"));
}

#[test]
fn a_dead_endpoint_is_said_in_one_sentence() {
    let runtime = runtime();
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("port").local_addr().expect("address").port();
    let mut desk = Desk::open(&runtime, Some(Desk::endpoint(&format!("http://127.0.0.1:{port}"))));
    desk.until("failed", |world| matches!(world.link, Link::Failed { .. }));
    desk.world(|world| match &world.link {
        Link::Failed { problem, .. } => {
            assert_eq!(problem.kind, ProblemKind::Unreachable);
            assert!(problem.sentence.contains(&port.to_string()), "{problem}");
        }
        other => panic!("{other:?}"),
    });
    desk.click("Start with demo data");
    desk.until("another connection works", |world| world.connection().is_some());
}

#[test]
fn a_server_that_does_not_answer_freezes_nothing() {
    let runtime = runtime();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("port");
    let url = format!("http://{}", silent.local_addr().expect("address"));
    let mut desk = Desk::open(&runtime, Some(Desk::endpoint(&url)));
    let began = Instant::now();
    desk.slowest = Duration::ZERO;
    while began.elapsed() < Duration::from_secs(2) {
        desk.frame();
    }
    assert!(desk.slowest < FRAME_BUDGET, "a frame took {:?}", desk.slowest);
    assert!(desk.world(|world| matches!(world.link, Link::Connecting { .. })));
}

#[test]
fn a_server_that_dies_leaves_what_is_on_screen() {
    let runtime = runtime();
    let server = runtime
        .block_on(LocalServer::start(LocalOptions { traffic: false, ..LocalOptions::default() }))
        .expect("server");
    let url = server.endpoint_url();
    let mut desk = Desk::open(&runtime, Some(Desk::endpoint(&url)));
    // Until its figures are there, the list still changes its order under the pointer.
    desk.see("Stream clickstream-data critical");
    desk.click("Open order-events");
    desk.see("Heatmap of order-events");
    desk.until("shards are listed", |world| world.open.as_ref().is_some_and(|open| open.shards.get().is_some()));

    drop(server);
    desk.click("Refresh");
    desk.until("the failure shows", |world| world.open.as_ref().is_some_and(|open| open.summary.problem.is_some()));
    desk.world(|world| {
        let open = world.open.as_ref().expect("open");
        assert!(open.shards.get().is_some(), "old shards stay");
        assert!(open.summary.is_stale());
    });
    desk.see("Heatmap of order-events");
    desk.click("Fleet");
    desk.see("Stream order-events");
}

#[test]
fn an_unknown_profile_is_named_and_the_usual_endpoints_are_still_asked() {
    let runtime = runtime();
    let request = kinescope::model::connection::ConnectRequest {
        profile: Some("no-such-profile".to_owned()),
        ..Default::default()
    };
    let mut desk = Desk::open(&runtime, Some(request));
    desk.until("failed", |world| matches!(world.link, Link::Failed { .. }));
    desk.world(|world| match &world.link {
        Link::Failed { problem, .. } => {
            assert_eq!(problem.kind, ProblemKind::Configuration);
            assert!(problem.sentence.contains("no-such-profile"), "{problem}");
        }
        other => panic!("{other:?}"),
    });
    desk.until("the endpoints have been asked", |world| {
        world.local_endpoints.iter().all(|endpoint| !endpoint.is_pending)
    });
}

#[test]
fn a_stream_that_is_deleted_while_it_is_open_is_said_to_be_gone() {
    let runtime = runtime();
    let options = LocalOptions { traffic: false, ..LocalOptions::default() };
    let server = runtime.block_on(LocalServer::start(options)).expect("server");
    let url = server.endpoint_url();
    let mut desk = Desk::open(&runtime, Some(Desk::endpoint(&url)));
    desk.see("Stream clickstream-data critical");
    desk.click("Open sandbox");
    desk.until("it is described", |world| world.open.as_ref().is_some_and(|open| open.shards.get().is_some()));
    runtime.block_on(async {
        let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
            .endpoint_url(&url)
            .region("us-east-1")
            .credentials_provider(aws_sdk_kinesis::config::Credentials::new("test", "test", None, None, "test"))
            .load()
            .await;
        let client = aws_sdk_kinesis::Client::new(&config);
        client.delete_stream().stream_name("sandbox").send().await.expect("deleted");
    });
    desk.until("the stream is gone", |world| {
        world.open.as_ref().is_some_and(|open| {
            open.summary.problem.as_ref().is_some_and(|(problem, _)| problem.kind == ProblemKind::NotFound)
        })
    });
    desk.click("Fleet");
    desk.see("Stream clickstream-data critical");
}

#[test]
fn a_file_is_sent_and_its_run_is_one_line_of_the_log() {
    let runtime = runtime();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("orders.ndjson");
    let text: String = (0..700).map(|n| format!("{{\"user\":\"u-{n}\",\"secret\":\"s-{n}\"}}\n")).collect();
    std::fs::write(&path, text + "{\"nobody\":1}\n").expect("a file");
    let request = kinescope::model::connection::ConnectRequest { demo: true, ..Default::default() };
    let mut desk = Desk::open(&runtime, Some(request));
    desk.see("Stream clickstream-data critical");
    desk.click("Open sandbox");
    desk.until("shards are listed", |world| world.open.as_ref().is_some_and(|open| open.shards.get().is_some()));
    desk.click("Unlock…");
    desk.click("Unlock for");
    desk.until("unlocked", |world| world.is_unlocked());
    desk.click("Inject…");
    desk.click("Batch");
    desk.fill("File", &path.to_string_lossy());
    desk.fill("Key field", ".user");
    desk.until("the file was looked at", |world| {
        let scan = world.open.as_ref().and_then(|open| open.batch.scan.as_ref());
        scan.is_some_and(|scan| scan.is_done && scan.total.records == 700 && scan.invalid == 1)
    });
    desk.click("Leave them out");
    desk.click("Send 700 records");
    desk.until("it is in the log", |world| format!("{:?}", world.activity).contains("orders.ndjson"));
    desk.world(|world| {
        let run = world.open.as_ref().and_then(|open| open.batch.run.as_ref()).expect("a run");
        assert_eq!((run.sent.records, run.failed, run.skipped), (700, 0, 1));
        let log = serde_json::to_string(&world.activity).expect("log");
        assert!(log.contains("aws kinesis put-records") && log.contains("700 records of orders.ndjson"), "{log}");
        assert!(!log.contains("s-1") && !log.contains("u-1"), "payloads stay out: {log}");
        assert_eq!(log.matches("PutRecords").count(), 1);
    });
}
