//! Measuring a stream from its records: the heatmap without shard-level metrics, and one shard followed live. On a real server.

use eframe::egui;
use kinescope::local::{LocalOptions, LocalServer};
use kinescope::model::connection::ConnectRequest;
use kinescope::model::metrics::Source;

use crate::desk::Desk;
use crate::runtime;

#[test]
fn sampling_fills_the_heatmap_of_a_stream_without_shard_metrics() {
    let runtime = runtime();
    let mut desk = Desk::open(&runtime, Some(ConnectRequest { demo: true, ..ConnectRequest::default() }));
    desk.see("Stream clickstream-data critical");
    desk.click("Open app-logs");
    desk.see("Shard metrics are off. CloudWatch sees the stream as a whole.");
    desk.see("Heat shardId-000000000000 no data");
    desk.see("Heat stream now ");
    desk.click("Sample now");
    desk.see("Heat shardId-000000000000 now ~");
    desk.see("Shard metrics are off. Shard rows are estimates from reading the stream since ");
    desk.world(|world| {
        let open = world.open.as_ref().expect("open");
        let measured = open.measured.as_ref().expect("measured");
        assert_eq!(measured.metrics.source, Source::Sampled);
        assert!(measured.metrics.total.incoming_bytes.last_known().is_some(), "the total is that of CloudWatch");
        assert!(open.sample.effort.calls > 0);
    });
    assert!(desk.names().iter().any(|name| name.contains("Sampling") && name.contains("s of each minute")));
    desk.click("Stop sampling");
    desk.until("it has stopped", |world| world.open.as_ref().is_some_and(|open| !open.sample.run.is_running()));
    desk.see("Heat shardId-000000000000 now ~");
}

#[test]
fn a_stream_whose_hot_key_is_known_leads_from_the_fleet_to_its_keys() {
    let runtime = runtime();
    let mut desk = Desk::open(&runtime, Some(ConnectRequest { demo: true, ..ConnectRequest::default() }));
    desk.see("Stream clickstream-data critical");
    desk.see("Open heatmap of clickstream-data");
    desk.click("Open clickstream-data");
    desk.key(egui::Key::Num4);
    desk.click("Sample now");
    desk.see("Key tenant-42");
    desk.until("the sample is done", |world| world.open.as_ref().is_some_and(|open| !open.sample.run.is_running()));
    // It began with the demo: what was before is unknown, so the rate is that of the seconds there were.
    desk.world(|world| {
        let sample = &world.open.as_ref().expect("open").sample;
        assert!(sample.effort.calls > 0);
    });
    desk.click("Fleet");
    desk.click("Show keys of clickstream-data");
    desk.see("Key tenant-42");
    desk.world(|world| assert_eq!(world.open.as_ref().map(|open| open.name.as_str()), Some("clickstream-data")));
}

#[test]
fn a_shard_is_followed_only_while_its_heatmap_is_on_screen() {
    let runtime = runtime();
    let mut desk = Desk::open(&runtime, Some(ConnectRequest { demo: true, ..ConnectRequest::default() }));
    desk.see("Stream clickstream-data critical");
    desk.click("Open clickstream-data");
    desk.see("Heat shardId-");
    desk.key(egui::Key::L);
    desk.until("seconds are known", |world| {
        let live = world.open.as_ref().and_then(|open| open.live.sample.as_ref());
        live.is_some_and(|sample| sample.shards().any(|(_, shard)| shard.seconds().known_count() > 5))
    });
    desk.see("Live shardId-");
    let followed = |desk: &Desk| desk.world(|world| world.open.as_ref().and_then(|open| open.live_shard.clone()));
    let first = followed(&desk).expect("followed");
    assert!(desk.names().iter().any(|name| name.contains(&format!("Live {}", first.short()))), "in the status bar");
    desk.key(egui::Key::J);
    desk.key(egui::Key::K);
    desk.key(egui::Key::K);
    desk.until("the selected shard is followed", |world| {
        world.open.as_ref().is_some_and(|open| open.live_shard.is_some() && open.live_shard.as_ref() != Some(&first))
    });
    desk.key(egui::Key::Num2);
    desk.until("nothing is followed", |world| world.open.as_ref().is_some_and(|open| open.live_shard.is_none()));
    desk.until("its task is gone", |world| !world.tasks.iter().any(|task| task.text.starts_with("Live")));
}

#[test]
fn an_endpoint_without_cloudwatch_is_measured_from_its_records() {
    let runtime = runtime();
    let server = runtime.block_on(LocalServer::start(LocalOptions::default())).expect("server");
    let request = ConnectRequest { without_cloudwatch: true, ..Desk::endpoint(&server.endpoint_url()) };
    let mut desk = Desk::open(&runtime, Some(request));
    desk.click("Open clickstream-data");
    desk.until("shards are listed", |world| world.open.as_ref().is_some_and(|open| open.shards.get().is_some()));
    desk.click("Sample now");
    desk.see("Heat shardId-000000000005 now ~");
    desk.see("No CloudWatch here. Shard rows are estimates");
    desk.see("Heat stream no data");
}

#[test]
fn sampling_goes_on_with_the_children_of_a_split() {
    let runtime = runtime();
    let mut desk = Desk::open(&runtime, Some(ConnectRequest { demo: true, ..ConnectRequest::default() }));
    desk.see("Stream clickstream-data critical");
    desk.click("Open sandbox");
    desk.click("Sample now");
    desk.until("the shard is sampled", |world| {
        let sample = world.open.as_ref().and_then(|open| open.sample.sample.as_ref());
        sample.is_some_and(|sample| sample.shards().any(|(_, shard)| shard.seconds().known_count() > 0))
    });
    desk.click("Unlock…");
    desk.click("Unlock for");
    desk.until("unlocked", |world| world.is_unlocked());
    desk.click("Reshard…");
    desk.click("Split shard …0000");
    desk.until("both children are sampled", |world| {
        let sample = world.open.as_ref().and_then(|open| open.sample.sample.as_ref());
        sample.is_some_and(|sample| {
            ["shardId-000000000001", "shardId-000000000002"].iter().all(|id| sample.shard(&(*id).into()).is_some())
        })
    });
}
