//! A stream made, changed and deleted through the window, on the embedded server: what is shown afterwards is what the server says.

use eframe::egui;
use kinescope::model::connection::ConnectRequest;
use kinescope::model::stream::{Encryption, StreamMode, StreamSummary};
use kinescope::model::world::World;

use super::desk::Desk;
use super::runtime;

fn summary(world: &World) -> Option<&StreamSummary> {
    world.open.as_ref().and_then(|open| open.summary.get())
}

/// Waits until the open stream says so, and the dialog that it is done.
fn shown(desk: &mut Desk, what: &str, holds: fn(&StreamSummary) -> bool) {
    desk.until(what, |world| summary(world).is_some_and(holds));
}

fn logged(desk: &mut Desk, operation: &str) {
    desk.until(operation, |world| {
        let log = serde_json::to_string(&world.activity).expect("a log");
        log.contains(&format!("\"operation\":\"{operation}\"")) && log.contains("\"outcome\":\"ok\"")
    });
}

fn manage(desk: &mut Desk, part: &str) {
    desk.click("More about the stream");
    desk.click(part);
}

#[test]
fn a_stream_is_made_changed_and_deleted_and_every_view_follows() {
    let runtime = runtime();
    let request = ConnectRequest { demo: true, ..Default::default() };
    let mut desk = Desk::open(&runtime, Some(request));
    desk.see("Stream clickstream-data critical");
    desk.click("Unlock…");
    desk.click("Unlock for");
    desk.until("unlocked", World::is_unlocked);
    desk.click("Create a stream…");
    desk.fill("Stream name", "orders-replay");
    desk.replace("Shards", "2");
    desk.until("the quota is known", |world| world.account_limits.get().is_some());
    desk.click("Create stream");
    desk.click("Open stream");
    shown(&mut desk, "two shards", |summary| summary.open_shard_count == 2);
    logged(&mut desk, "CreateStream");

    manage(&mut desk, "Retention…");
    desk.replace("Keep records for", "72");
    desk.click("Keep for 3 d");
    shown(&mut desk, "72 hours", |summary| summary.retention_hours == 72);
    desk.click("Tags");
    desk.fill("Tag key", "team");
    desk.fill("Tag value", "ingest");
    desk.click("Take this tag");
    desk.click("Set 1 tag");
    desk.until("the tag is there", |world| {
        let details = world.changes.details_of(&"orders-replay".into());
        details.and_then(|details| details.tags.as_ref().ok()).is_some_and(|tags| tags.len() == 1)
    });
    desk.click("Change tags again");
    desk.see("Tag team ingest");
    desk.click("Encryption");
    desk.click("Key of AWS");
    desk.click("Encrypt");
    shown(&mut desk, "encrypted", |summary| matches!(summary.encryption, Encryption::Kms { .. }));
    desk.see("Change it again");
    desk.click("Consumers");
    desk.fill("Consumer name", "reader");
    desk.click("Register consumer");
    shown(&mut desk, "a consumer", |summary| summary.consumer_count == Some(1));
    desk.click("Change consumers again");
    desk.see("Consumer reader ACTIVE");
    desk.key(egui::Key::Escape);

    desk.click("Reshard…");
    desk.click("Capacity mode");
    desk.click("Switch to On-demand Standard");
    shown(&mut desk, "on-demand", |summary| summary.mode == StreamMode::OnDemand);
    desk.see("Look at the modes again");
    desk.key(egui::Key::Escape);
    for operation in [
        "IncreaseStreamRetentionPeriod",
        "AddTagsToStream",
        "StartStreamEncryption",
        "RegisterStreamConsumer",
        "UpdateStreamMode",
    ] {
        logged(&mut desk, operation);
    }

    manage(&mut desk, "Delete…");
    desk.click("Deregister 1 consumer with it");
    desk.fill("Type the stream name to confirm", "orders-replay");
    desk.click("Delete stream");
    desk.until("the stream is gone", |world| {
        let is_listed = world.fleet_row(&"orders-replay".into()).is_some();
        world.open.is_none() && !is_listed
    });
    logged(&mut desk, "DeleteStream");
    desk.click("Close");
    desk.see("Stream clickstream-data critical");
    let log = desk.world(|world| serde_json::to_string(&world.activity).expect("a log"));
    assert!(log.contains("aws kinesis delete-stream --enforce-consumer-deletion"), "{log}");
}
