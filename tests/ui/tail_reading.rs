//! What stays while a record is read: what it is, where the keyboard is, and what the figures say once reading stops.

use eframe::egui;
use eframe::egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use kinescope::model::tail::{Tail, TailItem};
use kinescope::model::time::Millis;
use kinescope::ui::views::tail::{TailState, show};

use crate::stage::{Stage, window};
use crate::tail::world;

type TailHarness = Harness<'static, Stage<TailState>>;

fn tail(harness: &mut TailHarness) -> &mut Tail {
    &mut harness.state_mut().world.open.as_mut().expect("open").tail
}

/// The view with a record open.
fn opened() -> TailHarness {
    let mut harness = window(Stage::new(world()), show);
    harness.get_by_label_contains("Record 49668412730951846205835021741010113").click();
    harness.run_steps(3);
    harness
}

/// As many records as it takes for all others to leave the buffer.
fn push_out(harness: &mut TailHarness) {
    let tail = tail(harness);
    let newest = tail.store.get(tail.store.next_id() - 1).and_then(TailItem::record).cloned().expect("a record");
    tail.ingest((0..60).map(|_| TailItem::Record(newest.clone())));
    let bytes = newest.weight_bytes() * 20;
    drop(tail.store.set_cap_bytes(bytes));
    harness.run_steps(3);
}

#[test]
fn a_record_that_is_read_stays_open_when_the_buffer_lets_it_go() {
    let mut harness = opened();
    push_out(&mut harness);
    harness.get_by_label("Close record");
    harness.get_by_label("Sequence 4966841273095…021741010113");
    harness.get_by_label("Close record").click();
    harness.run_steps(3);
    assert!(harness.query_by_label("Close record").is_none());
}

#[test]
fn a_pause_that_outlasts_the_buffer_says_so_and_can_be_ended() {
    let mut harness = window(Stage::new(world()), show);
    harness.key_press(egui::Key::Space);
    harness.run_steps(2);
    push_out(&mut harness);
    harness.get_by_label("What was shown has left the buffer");
    harness.get_all_by_role_and_label(Role::Button, "Resume").last().expect("the offer").click();
    harness.run_steps(3);
    harness.get_by_label("Following");
    assert!(harness.query_by_label("What was shown has left the buffer").is_none());
}

#[test]
fn escape_leaves_a_field_before_it_closes_the_record() {
    let mut harness = opened();
    harness.get_by_role_and_label(Role::TextInput, "Find in record").click();
    harness.run_steps(3);
    harness.key_press(egui::Key::Escape);
    harness.run_steps(3);
    harness.get_by_label("Close record");
    harness.key_press(egui::Key::Escape);
    harness.run_steps(3);
    assert!(harness.query_by_label("Close record").is_none());
}

#[test]
fn nothing_is_told_of_now_once_reading_has_stopped() {
    let mut harness = window(Stage::new(world()), show);
    harness.get_by_label_contains("Read 5,612 records/s, 7.90 MiB/s");
    harness.get_by_label_contains("Only shard shardId-000000000007, 96 % of limit, 3.4 s behind");
    tail(&mut harness).stop();
    harness.run_steps(3);
    harness.get_by_label_contains("Nothing is being read. Buffer ");
    harness.get_by_label("Only shard shardId-000000000007, 96 % of limit, lag unknown");
    assert!(harness.query_by_label("Following").is_none());
    harness.state_mut().world.now = crate::stage::now() + Millis::from_mins(15);
    harness.run_steps(3);
    assert!(harness.query_all_by_label_contains(" age 15 m ").next().is_some());
}

#[test]
fn a_menu_is_as_wide_as_its_words() {
    let mut harness = window(Stage::new(world()), show);
    harness.get_by_label("Decode as").click();
    harness.run_steps(3);
    let entry = harness.get_by_role_and_label(Role::MenuItem, "MessagePack").rect();
    assert!(entry.width() < 200.0, "{entry}");
}
