//! The tail in the whole program: filtered, decoded anew and exported while records keep coming.

use eframe::egui::Key;
use kinescope::local::{LocalOptions, LocalServer};
use kinescope::model::decode::{DecodeAs, Step};
use kinescope::model::tail::TailItem;
use kinescope::model::world::World;

use crate::desk::Desk;
use crate::runtime;

fn kept(world: &World) -> usize {
    world.open.as_ref().map_or(0, |open| open.tail.store.record_count())
}

#[test]
fn records_are_filtered_decoded_anew_and_exported_while_they_come() {
    let runtime = runtime();
    let server = runtime.block_on(LocalServer::start(LocalOptions::default())).expect("server");
    let url = server.endpoint_url();
    let mut desk = Desk::open(&runtime, Some(Desk::endpoint(&url)));
    desk.see("Stream clickstream-data critical");
    desk.click("Open order-events");
    desk.key(Key::Num3);
    desk.until("records come", |world| kept(world) > 50);
    desk.fill("Filter records", ".status == \"shipped\"");
    desk.until("some pass and some do not", |world| {
        let open = world.open.as_ref().expect("open");
        open.tail.filter.as_ref().is_some_and(|filter| {
            filter.match_count() > 3 && filter.match_count() < kept(world) && filter.remaining(&open.tail.store) == 0
        })
    });
    let before = desk.world(kept);
    desk.until("new ones are looked at", |world| {
        let open = world.open.as_ref().expect("open");
        kept(world) > before && open.tail.filter.as_ref().is_some_and(|filter| filter.remaining(&open.tail.store) == 0)
    });
    desk.world(|world| {
        let open = world.open.as_ref().expect("open");
        for index in 0..open.tail.visible_len() {
            let Some((_, TailItem::Record(record))) = open.tail.visible(index) else { continue };
            assert!(record.decoded.text.as_ref().is_some_and(|text| text.contains("\"shipped\"")));
        }
    });
    desk.click("Buffer and reads");
    desk.click("64 MiB");
    desk.click("5");
    desk.see("1 task Tailing 4 shards, using 5 of 5 reads/s per shard");
    desk.world(|world| {
        assert_eq!(world.settings.read_budget, 5);
        assert_eq!(world.open.as_ref().map(|open| open.tail.store.cap_bytes()), Some(64 * 1_048_576));
    });
    desk.key(Key::Escape);
    desk.fill("Filter records", " |");
    desk.see("Expected term, found the end");

    desk.click("Stop");
    desk.until("it stopped", |world| world.open.as_ref().is_some_and(|open| !open.tail.is_running()));
    desk.click("Decode as");
    desk.click("Hex");
    desk.until("all are bytes", |world| {
        let open = world.open.as_ref().expect("open");
        let is_binary = |item: &TailItem| item.record().is_none_or(|r| r.decoded.steps.last() == Some(&Step::Binary));
        open.tail.decode_as == DecodeAs::Hex && open.tail.store.iter().all(|(_, item)| is_binary(item))
    });
    desk.click("Decode as");
    desk.click("Auto");
    desk.until("all are JSON again", |world| {
        let open = world.open.as_ref().expect("open");
        open.tail.store.iter().all(|(_, item)| item.record().is_none_or(|record| record.decoded.is_json()))
    });

    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("orders.ndjson");
    desk.click("Export…");
    desk.replace("File", &path.to_string_lossy());
    let count = desk.world(kept);
    desk.click("Export ");
    desk.until("it is written", |world| {
        let run = world.open.as_ref().and_then(|open| open.export.as_ref());
        run.is_some_and(|run| matches!(run.outcome, Some(Ok(_))))
    });
    let text = std::fs::read_to_string(&path).expect("a file");
    assert_eq!(text.lines().count(), count);
    for line in text.lines() {
        let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(line["stream"], "order-events");
        assert_eq!(line["decoded_as"][0], "kpl");
    }
    desk.click("Done");
}
