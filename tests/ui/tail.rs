//! The view of the tail.

use std::sync::Arc;

use eframe::egui;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use kinescope::model::decode::{Decoded, Step};
use kinescope::model::filter::{FilterKind, FilterSpec};
use kinescope::model::ids::{PartitionKey, SequenceNumber};
use kinescope::model::record::Record;
use kinescope::model::tail::{
    NoticeKind, ShardTail, ShardTailState, Tail, TailItem, TailNotice, TailOptions, TailStart,
};
use kinescope::model::time::Millis;
use kinescope::model::world::World;
use kinescope::ui::command::{Command, Dialog, Place, Tab};
use kinescope::ui::views::tail::{TailState, show};

use crate::harness::picture;
use crate::stage::{self, Stage, shard_id, window};

const EVENTS: [&str; 4] = ["checkout", "add_to_cart", "purchase", "checkout"];

fn json(n: usize) -> String {
    let total = 200.0 + (n * 7_919 % 90_000) as f64 / 100.0;
    format!(
        r#"{{"event":"{}","ts":"2026-09-15T14:37:05.118Z","tenant":"tenant-{}","cart":{{"total":{total:.2},"currency":"EUR","items":[1,2,3,4,5,6]}},"uid":"u-9c41f{n}","consent":true,"ctx":{{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"j":10,"k":11}}}}"#,
        EVENTS[n % 4],
        if n.is_multiple_of(3) { 88 } else { 42 }
    )
}

fn record(n: usize) -> Record {
    let text = json(n);
    let key = if n.is_multiple_of(3) { "tenant-88" } else { "tenant-42" };
    Record {
        shard_id: shard_id(if n.is_multiple_of(3) { 40 } else { 7 }),
        sequence_number: SequenceNumber::from(format!("49668412730951846205835021741{:06}", 10_000 + n)),
        sub_sequence: None,
        partition_key: PartitionKey::from(key),
        approximate_arrival: Some(stage::now() - Millis(4_100 - 137 * n as i64 % 4_000)),
        data: Arc::from(text.as_bytes()),
        decoded: Decoded { steps: vec![Step::Gzip, Step::Json], text: Some(text.into()), ..Decoded::default() },
    }
}

fn undecodable(n: usize) -> Record {
    let mut broken = record(n);
    broken.data = Arc::from([0x1f, 0x8b, 0x08, 0x00, 0x00].as_slice());
    broken.decoded = Decoded {
        steps: vec![Step::Binary],
        text: None,
        error: Some("gzip: unexpected end of data at byte 1,024".to_owned()),
        details: None,
    };
    broken
}

fn items() -> Vec<TailItem> {
    let mut items: Vec<TailItem> = Vec::new();
    for n in 0..120 {
        let item = match n {
            100 | 114 => undecodable(n),
            108..=110 => Record { sub_sequence: Some((n as u32 - 107, 17)), ..record(109) },
            _ => record(n),
        };
        if n == 105 {
            items.push(TailItem::Notice(TailNotice {
                at: stage::now(),
                shard: Some(shard_id(7)),
                kind: NoticeKind::Throttled,
                text: "GetRecords throttled (ReadProvisionedThroughputExceeded). Retrying in 420 ms, nothing skipped."
                    .to_owned(),
            }));
        }
        items.push(TailItem::Record(Arc::new(item)));
    }
    items
}

fn fill(tail: &mut Tail) {
    drop(tail.begin(TailOptions::default(), stage::now() - Millis::from_mins(3)));
    tail.ingest(items());
    tail.status.records_read = 48_311;
    tail.status.records_per_sec = 5_612.0;
    tail.status.bytes_per_sec = 7.9 * 1_048_576.0;
    tail.status.shards = stage::shards()
        .iter()
        .filter(|shard| shard.is_open())
        .enumerate()
        .map(|(n, shard)| ShardTail {
            shard_id: shard.id.clone(),
            millis_behind: Some(match shard.id.tail_digits() {
                "0007" => 3_400,
                "0025" => 0,
                _ => 300 + 170 * (n as i64 % 4),
            }),
            state: if shard.id == shard_id(7) { ShardTailState::Throttled } else { ShardTailState::Reading },
            write_share: None,
        })
        .collect();
}

pub fn world() -> World {
    let mut world = stage::world();
    if let Some(open) = &mut world.open {
        fill(&mut open.tail);
    }
    world
}

type TailHarness = Harness<'static, Stage<TailState>>;

fn tail(harness: &mut TailHarness) -> &mut Tail {
    &mut harness.state_mut().world.open.as_mut().expect("open").tail
}

fn name(n: usize) -> String {
    format!("Record 49668412730951846205835021741{:06}", 10_000 + n)
}

fn is_shown(harness: &TailHarness, n: usize) -> bool {
    harness.query_by_label_contains(&name(n)).is_some()
}

#[test]
fn the_newest_rows_are_shown_and_one_opens_in_full() {
    let mut harness = window(Stage::new(world()), show);
    assert!(is_shown(&harness, 119) && !is_shown(&harness, 3));
    harness.get_by_label_contains("Notice …0007 GetRecords throttled");
    harness.get_by_label_contains(&name(113)).click();
    harness.run_steps(3);
    for second in 0..100 {
        let world = &mut harness.state_mut().world;
        world.now = stage::now() - Millis::from_secs(99 - second);
        tail(&mut harness).status.records_read += 5_200 + (second * 7_919) as u64 % 900;
        harness.step();
    }
    harness.get_by_label("MD5 hash be5a33a6d7300e7959989aadde016f2e");
    harness.get_by_label_contains(".event: \"add_to_cart\"");
    picture(&mut harness, "tail");
    harness.get_by_label("Copy JSON").click();
    harness.run_steps(2);
    assert_eq!(harness.state().commands, [Command::Copy(json(113))]);
}

#[test]
fn typing_filters_and_matches_are_marked() {
    let mut harness = window(Stage::new(world()), show);
    harness.key_press(egui::Key::F);
    harness.run_steps(2);
    harness.event(egui::Event::Text("checkout".to_owned()));
    harness.run_steps(2);
    let asked = Command::FilterTail(FilterSpec::new(FilterKind::Jq, "checkout"));
    assert_eq!(harness.state().commands, [asked]);
    let tail = tail(&mut harness);
    tail.set_filter_text("checkout");
    tail.advance_filter(10_000);
    harness.run_steps(3);
    assert!(harness.query_by_label_contains(" of 120 match").is_some());
    assert!(!is_shown(&harness, 117), "neither a checkout nor broken");
    harness.get_by_label_contains(&name(116)).click();
    harness.run_steps(3);
    picture(&mut harness, "tail_filtered");
}

#[test]
fn paused_rows_stay_while_reading_goes_on() {
    let mut harness = window(Stage::new(world()), show);
    harness.key_press(egui::Key::Space);
    harness.run_steps(2);
    tail(&mut harness).ingest((200..260).map(|n| TailItem::Record(Arc::new(record(n)))));
    harness.run_steps(3);
    assert!(is_shown(&harness, 119) && !is_shown(&harness, 259));
    harness.get_by_label("Follow, 60 newer");
    picture(&mut harness, "tail_paused");
    harness.key_press(egui::Key::End);
    harness.run_steps(3);
    assert!(is_shown(&harness, 259));
    harness.get_by_label("Following");
}

#[test]
fn scrolling_up_stops_following_and_evictions_do_not_move_the_rows() {
    let mut harness = window(Stage::new(world()), show);
    harness.hover_at(egui::pos2(600.0, 500.0));
    harness.event(egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: egui::vec2(0.0, 440.0),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Wheel,
        modifiers: egui::Modifiers::NONE,
    });
    harness.run_steps(30);
    harness.get_by_label("Follow");
    let place = |harness: &TailHarness| harness.get_by_label_contains(&name(90)).rect().top();
    let before = place(&harness);
    let tail = tail(&mut harness);
    tail.ingest((200..230).map(|n| TailItem::Record(Arc::new(record(n)))));
    let bytes = tail.store.bytes();
    drop(tail.store.set_cap_bytes(bytes * 9 / 10));
    assert!(tail.store.evicted() > 10);
    harness.run_steps(3);
    assert!((place(&harness) - before).abs() < 0.6, "{} {before}", place(&harness));
}

#[test]
fn what_a_tail_reads_says_how_full_a_shard_is_before_its_metrics_do() {
    let mut world = world();
    let open = world.open.as_mut().expect("open");
    for shard in &mut open.tail.status.shards {
        shard.write_share = (shard.shard_id == shard_id(40)).then_some(0.65);
    }
    let harness = window(Stage::new(world), show);
    harness.get_by_label_contains("Only shard shardId-000000000040, 65 % of limit");
}

#[test]
fn a_click_on_a_shard_limits_the_rows_to_it() {
    let mut harness = window(Stage::new(world()), show);
    harness.get_by_label_contains("Only shard shardId-000000000040").click();
    harness.run_steps(4);
    assert_eq!(harness.state().selection, Some(shard_id(40)));
    assert!(is_shown(&harness, 117) && !is_shown(&harness, 118));
    picture(&mut harness, "tail_shard");
    harness.get_by_label("All shards").click();
    harness.run_steps(3);
    assert!(is_shown(&harness, 118));
}

#[test]
fn a_record_that_cannot_be_decoded_shows_its_error_and_bytes() {
    let mut stage = Stage::new(world());
    stage.is_light = true;
    let mut harness = window(stage, show);
    harness.get_by_label_contains(&name(114)).click();
    harness.run_steps(3);
    harness.get_by_role_and_label(egui::accesskit::Role::Alert, "gzip: unexpected end of data at byte 1,024");
    assert!(harness.query_by_label("JSON tree").is_none());
    picture(&mut harness, "tail_light");
    harness.get_by_label("Edit and inject…").click();
    harness.run_steps(2);
    assert_eq!(harness.state().commands, [Command::Open(Dialog::Inject)]);
    let entry = harness.state_mut().state.take_injection().expect("a record");
    assert_eq!(entry.data, [0x1f, 0x8b, 0x08, 0x00, 0x00]);
}

#[test]
fn the_keyboard_moves_folds_and_closes() {
    let mut harness = window(Stage::new(world()), show);
    harness.key_press(egui::Key::J);
    harness.run_steps(3);
    harness.get_by_label_contains(&format!("Sequence {}", "4966841273095"));
    harness.key_press(egui::Key::K);
    harness.run_steps(3);
    harness.key_press(egui::Key::C);
    harness.run_steps(2);
    assert_eq!(harness.state().commands, [Command::Copy(json(118))]);
    harness.get_by_label(".cart: { 3 }").click();
    harness.run_steps(2);
    assert!(harness.query_by_label_contains(".cart.total").is_none());
    harness.get_by_label("Hex").click();
    harness.run_steps(2);
    picture(&mut harness, "tail_hex");
    harness.key_press(egui::Key::Escape);
    harness.run_steps(2);
    assert!(harness.query_by_label("Copy JSON").is_none());
}

#[test]
fn only_rows_in_sight_are_laid_out() {
    let mut harness = window(Stage::new(world()), show);
    tail(&mut harness).ingest((1_000..61_000).map(|n| TailItem::Record(Arc::new(record(n)))));
    harness.run_steps(3);
    assert!(is_shown(&harness, 60_999));
    let rows = harness.get_all_by_role(egui::accesskit::Role::Row).count();
    assert!((20..40).contains(&rows), "{rows} rows");
}

#[test]
fn starting_and_stopping_are_commands() {
    let mut harness = window(Stage::new(stage::world()), show);
    picture(&mut harness, "tail_empty");
    harness.get_by_role_and_label(egui::accesskit::Role::RadioButton, "Trim horizon").click();
    harness.run_steps(2);
    assert_eq!(harness.state().commands, [Command::StartTail(TailOptions::from_start(TailStart::TrimHorizon))]);
    let mut harness = window(Stage::new(world()), show);
    harness.get_by_label("Stop").click();
    harness.get_by_label("Clear").click();
    harness.run_steps(2);
    assert_eq!(harness.state().commands, [Command::StopTail, Command::ClearTail]);
}

#[test]
fn hostile_text_and_a_small_window_keep_the_rows() {
    let mut world = world();
    if let Some(open) = &mut world.open {
        let mut hostile = record(300);
        hostile.partition_key = PartitionKey::from(format!("\u{202e}gnp.exe\n[31m{}", "k".repeat(240)));
        let text = format!("{{\"\u{202e}a\":\"{}\",\"n\":[[[[[[1]]]]]]}}", "x".repeat(5_000));
        hostile.decoded.text = Some(text.into());
        open.tail.ingest([TailItem::Record(Arc::new(hostile))]);
    }
    let mut harness = stage::sized(Stage::new(world), show, 1_024.0, 700.0);
    harness.get_by_label_contains(&name(300)).click();
    harness.run_steps(3);
    let wanted = name(300);
    let node = harness.get_by_label_contains(&wanted);
    let label = node.accesskit_node().label().map(|label| label.to_string()).unwrap_or_default();
    assert!(!label.contains('\u{202e}'));
    picture(&mut harness, "tail_small");
    harness.get_by_label("Raw").click();
    harness.run_steps(2);
    picture(&mut harness, "tail_raw");
}

#[test]
fn edit_and_inject_opens_the_dialog_with_the_record_in_it() {
    let mut harness = crate::harness::window((1_440.0, 900.0), world());
    harness.state_mut().apply(vec![Command::Go(Place::Stream("clickstream-prod".into(), Tab::Tail))]);
    harness.run_steps(3);
    harness.get_by_label_contains(&name(113)).click();
    harness.run_steps(3);
    picture(&mut harness, "window_tail");
    harness.get_by_label("Edit and inject…").click();
    harness.run_steps(4);
    let field = harness.get_by_role_and_label(egui::accesskit::Role::TextInput, "Partition key");
    assert_eq!(field.value().as_deref(), Some("tenant-42"));
    picture(&mut harness, "window_inject");
}
