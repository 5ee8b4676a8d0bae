//! What the tail offers beside its rows: filters, starting points, search, pins, masks, columns, copies and exports.

use std::sync::Arc;

use eframe::egui;
use eframe::egui::accesskit::{Role, Toggled};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use kinescope::model::decode::DecodeAs;
use kinescope::model::export::{ExportFormat, ExportRequest, ExportRun, ExportWhat};
use kinescope::model::filter::{Filter, FilterKind, FilterSpec};
use kinescope::model::ids::PartitionKey;
use kinescope::model::tail::{Tail, TailOptions, TailStart};
use kinescope::model::time::{Millis, Timestamp};
use kinescope::model::world::World;
use kinescope::ui::command::{Command, Dialog, Place, Tab};
use kinescope::ui::views::tail::{TailState, show};

use crate::harness::picture;
use crate::stage::{self, Stage, shard_id, window};
use crate::tail::world;

type TailHarness = Harness<'static, Stage<TailState>>;

fn tail(harness: &mut TailHarness) -> &mut Tail {
    &mut harness.state_mut().world.open.as_mut().expect("open").tail
}

fn type_text<S>(harness: &mut Harness<'_, S>, text: &str) {
    harness.event(egui::Event::Text(text.to_owned()));
    harness.run_steps(2);
}

fn select_all<S>(harness: &mut Harness<'_, S>) {
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    harness.run_steps(2);
}

fn opened(world: World) -> TailHarness {
    let mut harness = window(Stage::new(world), show);
    harness.get_by_label_contains("Record 49668412730951846205835021741010113").click();
    harness.run_steps(3);
    harness
}

fn last(harness: &TailHarness) -> Option<&Command> {
    harness.state().commands.last()
}

/// Sets a filter as the program does once it has been looked through.
fn apply(tail: &mut Tail, spec: FilterSpec) {
    tail.begin_filter(Arc::new(Filter::compile(&spec).expect("compiles")));
    tail.settle_filter(true);
    tail.advance_filter(100_000);
}

#[test]
fn ctrl_1_2_3_choose_how_the_filter_is_read() {
    let mut harness = window(Stage::new(world()), show);
    for (key, kind) in [(egui::Key::Num3, FilterKind::Regex), (egui::Key::Num2, FilterKind::Text)] {
        harness.key_press_modifiers(egui::Modifiers::COMMAND, key);
        harness.run_steps(3);
        assert_eq!(last(&harness), Some(&Command::FilterTail(FilterSpec::new(kind, ""))));
    }
    type_text(&mut harness, "tenant-88");
    assert_eq!(last(&harness), Some(&Command::FilterTail(FilterSpec::new(FilterKind::Text, "tenant-88"))));
    harness.get_by_role_and_label(egui::accesskit::Role::RadioButton, "jq").click();
    harness.run_steps(3);
    assert_eq!(last(&harness), Some(&Command::FilterTail(FilterSpec::new(FilterKind::Jq, "tenant-88"))));
}

#[test]
fn a_jq_filter_counts_matches_and_what_cannot_be_decoded() {
    let mut harness = window(Stage::new(world()), show);
    apply(tail(&mut harness), FilterSpec::new(FilterKind::Jq, r#".event == "checkout" or .cart.total > 200"#));
    harness.run_steps(3);
    harness.get_by_label("118 of 120 match, 2 undecodable, always shown");
    harness.get_by_label_contains("Record 49668412730951846205835021741010113").click();
    harness.run_steps(3);
    for second in 0..100_u64 {
        harness.state_mut().world.now = stage::now() - Millis::from_secs(99 - second as i64);
        tail(&mut harness).status.records_read += 5_200 + (second * 7_919) % 900;
        harness.step();
    }
    picture(&mut harness, "tail_jq");
}

#[test]
fn what_is_wrong_with_an_expression_stands_below_it_with_its_place() {
    let mut harness = window(Stage::new(world()), show);
    harness.key_press(egui::Key::F);
    harness.run_steps(2);
    type_text(&mut harness, ".event == foo");
    let spec = FilterSpec::new(FilterKind::Jq, ".event == foo");
    let error = Filter::compile(&spec).expect_err("no such filter");
    tail(&mut harness).fail_filter(spec, error);
    harness.run_steps(3);
    let words = "There is no filter foo with 0 arguments at character 11. What was shown stays.";
    harness.get_by_role_and_label(egui::accesskit::Role::Alert, words);
    picture(&mut harness, "tail_filter_error");
    type_text(&mut harness, "x");
    harness.run_steps(2);
    assert!(harness.query_by_role_and_label(egui::accesskit::Role::Alert, words).is_none(), "it was typed on");
}

#[test]
fn a_filter_can_be_saved_and_taken_again() {
    let mut world = world();
    let saved = FilterSpec::new(FilterKind::Regex, "tenant-\\d+");
    world.settings.tail.filters = vec![saved.clone()];
    let mut harness = window(Stage::new(world), show);
    harness.get_by_label("Saved filters").click();
    harness.run_steps(3);
    picture(&mut harness, "tail_saved");
    harness.get_by_label("regex  tenant-\\d+").click();
    harness.run_steps(3);
    assert_eq!(last(&harness), Some(&Command::FilterTail(saved.clone())));
    harness.get_by_label("Saved filters").click();
    harness.run_steps(3);
    harness.get_by_label("Forget this filter").click();
    harness.run_steps(3);
    assert!(matches!(last(&harness), Some(Command::SetTail(tail)) if tail.filters.is_empty()));
}

#[test]
fn a_time_to_begin_at_is_typed_or_chosen() {
    let mut harness = window(Stage::new(world()), show);
    harness.get_by_role_and_label(egui::accesskit::Role::RadioButton, "Time…").click();
    harness.run_steps(4);
    picture(&mut harness, "tail_time");
    select_all(&mut harness);
    type_text(&mut harness, "yesterday");
    harness.get_by_label_contains("Not a time. Write it as");
    harness.get_by_label("-1h").click();
    harness.run_steps(2);
    harness.get_by_label("Start here").click();
    harness.run_steps(3);
    let at = Timestamp::from_rfc3339("2026-09-15T13:37:08Z").expect("a time");
    let expected = TailOptions::from_start(TailStart::AtTimestamp(at));
    assert_eq!(harness.state().commands, [Command::StartTail(expected)]);
    assert!(harness.query_by_label("Start here").is_none(), "it closes");
}

#[test]
fn a_record_to_begin_at_is_named_by_shard_and_number() {
    let mut harness = window(Stage::new(world()), show);
    harness.get_by_role_and_label(egui::accesskit::Role::RadioButton, "Sequence…").click();
    harness.run_steps(4);
    type_text(&mut harness, "7");
    harness.get_by_label("A sequence number is a decimal number.");
    harness.get_by_role_and_label(egui::accesskit::Role::TextInput, "Sequence number").click();
    harness.run_steps(2);
    type_text(&mut harness, "4966841273");
    harness.get_by_label("After it").click();
    harness.run_steps(2);
    picture(&mut harness, "tail_sequence");
    harness.get_by_label("Start here").click();
    harness.run_steps(3);
    let start = TailStart::AfterSequence { shard: shard_id(7), sequence_number: "4966841273".into() };
    assert_eq!(harness.state().commands, [Command::StartTail(TailOptions::from_start(start))]);
}

#[test]
fn shards_or_a_key_are_chosen_and_for_how_long() {
    let mut harness = window(Stage::new(world()), show);
    harness.get_by_label("Shards to read").click();
    harness.run_steps(4);
    harness.get_by_label("○ shardId-000000000010").click();
    harness.run_steps(2);
    harness.get_by_label("10 min").click();
    harness.run_steps(2);
    picture(&mut harness, "tail_shards_form");
    harness.get_by_label("Read these").click();
    harness.run_steps(3);
    let some =
        TailOptions { shards: Some(vec![shard_id(10)]), limit: Some(Millis::from_mins(10)), ..TailOptions::default() };
    assert_eq!(last(&harness), Some(&Command::StartTail(some)));
    harness.get_by_label("Shards to read").click();
    harness.run_steps(4);
    harness.get_by_role_and_label(egui::accesskit::Role::TextInput, "Partition key to read").click();
    harness.run_steps(2);
    type_text(&mut harness, "tenant-42");
    harness.get_by_label_contains("MD5 be5a33a6…: can be in …0007");
    harness.get_by_label("Read these").click();
    harness.run_steps(3);
    let key = TailOptions { partition_key: Some(PartitionKey::from("tenant-42")), ..TailOptions::default() };
    assert_eq!(last(&harness), Some(&Command::StartTail(key)));
}

#[test]
fn what_records_are_taken_for_is_chosen() {
    let mut harness = window(Stage::new(world()), show);
    harness.get_by_label("Decode as").click();
    harness.run_steps(3);
    harness.get_by_label("Hex").click();
    harness.run_steps(2);
    assert_eq!(last(&harness), Some(&Command::DecodeTail(DecodeAs::Hex)));
}

#[test]
fn a_record_is_searched_and_what_is_folded_comes_to_light() {
    let mut harness = opened(world());
    harness.get_by_role_and_label(egui::accesskit::Role::TextInput, "Find in record").click();
    harness.run_steps(2);
    type_text(&mut harness, "11");
    harness.run_steps(3);
    harness.get_by_label("Found 1 of 3");
    for _ in 0..2 {
        harness.key_press(egui::Key::Enter);
        harness.run_steps(4);
    }
    harness.get_by_label("Found 3 of 3");
    harness.get_by_label(".ctx.k: 11");
    picture(&mut harness, "tail_find");
    harness.get_by_label("Raw").click();
    harness.run_steps(3);
    harness.get_by_label_contains("Found 1 of");
    picture(&mut harness, "tail_find_raw");
}

#[test]
fn a_value_of_the_tree_and_the_key_become_filters() {
    let mut harness = opened(world());
    harness.get_by_label(".cart.currency: \"EUR\"").click_secondary();
    harness.run_steps(3);
    harness.get_by_label("Filter by this value").click();
    harness.run_steps(3);
    let by_value = FilterSpec::new(FilterKind::Jq, ".cart.currency == \"EUR\"");
    assert_eq!(last(&harness), Some(&Command::FilterTail(by_value)));
    harness.get_by_label("only this key").click();
    harness.run_steps(3);
    assert_eq!(last(&harness), Some(&Command::FilterTail(FilterSpec::only_key("tenant-42"))));
    harness.get_by_label(".cart.currency: \"EUR\"").click_secondary();
    harness.run_steps(3);
    harness.get_by_label("Mask this field everywhere").click();
    harness.run_steps(3);
    let Some(Command::SetTail(settings)) = last(&harness).cloned() else { panic!("no rule") };
    assert_eq!(settings.masks, [".cart.currency"]);
    harness.state_mut().world.settings.tail = *settings;
    harness.run_steps(3);
    harness.get_by_label(".cart.currency: \"•••\"");
    harness.get_by_label("Columns").click();
    harness.run_steps(3);
    harness.get_by_label("Unmask .cart.currency").click();
    harness.run_steps(2);
    assert!(matches!(last(&harness), Some(Command::SetTail(tail)) if tail.masks.is_empty()));
}

#[test]
fn a_pinned_record_stays_when_the_buffer_is_cleared() {
    let mut harness = opened(world());
    harness.get_by_label("Pin record").click();
    harness.run_steps(3);
    harness.get_by_label("Pinned record 49668412730951846205835021741010113 key tenant-42");
    picture(&mut harness, "tail_pinned");
    drop(tail(&mut harness).clear());
    harness.run_steps(3);
    harness.get_by_label("Copy JSON");
    harness.get_all_by_label("Unpin record").next().expect("a pin").click();
    harness.run_steps(3);
    assert!(harness.query_by_label_contains("Pinned record").is_none());
}

#[test]
fn masked_fields_are_nowhere_to_be_seen() {
    let mut world = world();
    world.settings.tail.masks = vec!["..uid".to_owned(), ".cart.total".to_owned(), "$key".to_owned()];
    let mut harness = opened(world);
    picture(&mut harness, "tail_masked");
    assert!(harness.query_by_label_contains("u-9c41f").is_none());
    assert!(
        harness.query_by_label_contains("tenant-42 ").is_none() && harness.query_by_label("only this key").is_none()
    );
    harness.get_by_label(".uid: \"•••\"");
    for face in ["Raw", "Hex"] {
        harness.get_by_label(face).click();
        harness.run_steps(2);
    }
    harness.get_by_label_contains("Copy JSON").click();
    harness.run_steps(2);
    let Some(Command::Copy(text)) = last(&harness) else { panic!("nothing copied") };
    assert!(!text.contains("u-9c41f") && text.contains("•••"), "{text}");
    harness.get_by_label("Copy as").click();
    harness.run_steps(3);
    harness.get_by_label("Copy as NDJSON with metadata").click();
    harness.run_steps(2);
    let Some(Command::Copy(text)) = last(&harness) else { panic!("nothing copied") };
    assert!(!text.contains("u-9c41f") && text.contains("\"partition_key\":\"•••\""), "{text}");
}

#[test]
fn columns_are_chosen_and_sized_and_times_are_local_where_wanted() {
    let mut world = world();
    world.zone = jiff::tz::TimeZone::get("Europe/Berlin").expect("a zone");
    let mut harness = window(Stage::new(world), show);
    harness.get_by_label("Columns").click();
    harness.run_steps(3);
    picture(&mut harness, "tail_columns");
    harness.get_by_label("● Age").click();
    harness.run_steps(2);
    let Some(Command::SetTail(settings)) = last(&harness).cloned() else { panic!("no setting") };
    assert_eq!(settings.hidden_columns, ["age"]);
    harness.state_mut().world.settings.tail = *settings;
    harness.get_by_label("○ Times in the zone of this machine").click();
    harness.run_steps(2);
    let Some(Command::SetTail(settings)) = last(&harness).cloned() else { panic!("no setting") };
    harness.state_mut().world.settings.tail = *settings;
    harness.key_press(egui::Key::Escape);
    harness.run_steps(3);
    let edge = harness.get_by_label("Width of Partition key").rect().center();
    harness.drag_at(edge);
    harness.run_steps(1);
    harness.hover_at(edge + egui::vec2(60.0, 0.0));
    harness.run_steps(2);
    harness.drop_at(edge + egui::vec2(60.0, 0.0));
    harness.run_steps(2);
    let Some(Command::SetTail(settings)) = last(&harness).cloned() else { panic!("no width") };
    assert!(settings.column_widths.get("key").is_some_and(|width| (width - 150.0).abs() < 3.0), "{settings:?}");
    harness.state_mut().world.settings.tail = *settings;
    harness.run_steps(3);
    picture(&mut harness, "tail_columns_chosen");
}

#[test]
fn how_much_is_kept_and_how_often_is_asked_is_chosen_beside_the_pace() {
    let mut harness = opened(world());
    harness.get_by_label("Buffer and reads").click();
    harness.run_steps(3);
    picture(&mut harness, "tail_budget");
    let is_chosen = |harness: &TailHarness, label: &str| {
        harness.get_by_role_and_label(Role::RadioButton, label).accesskit_node().toggled() == Some(Toggled::True)
    };
    assert!(is_chosen(&harness, "256 MiB"));
    harness.get_by_role_and_label(Role::RadioButton, "1 GiB").click();
    harness.run_steps(2);
    assert_eq!(last(&harness), Some(&Command::SetTailBuffer(1_024)));
    harness.get_by_role_and_label(Role::RadioButton, "2").click();
    harness.run_steps(2);
    assert_eq!(last(&harness), Some(&Command::SetReadBudget(2)));
    harness.state_mut().world.settings.tail_buffer_mib = 300;
    harness.run_steps(2);
    assert!(!is_chosen(&harness, "256 MiB"), "a file may say 300");
}

#[test]
fn records_are_exported_by_a_dialog_that_shows_how_far_it_is() {
    let mut world = world();
    world.export_folder = "/exports".to_owned();
    let mut harness = crate::harness::window((1_440.0, 900.0), world);
    harness.state_mut().apply(vec![Command::Go(Place::Stream("clickstream-prod".into(), Tab::Tail))]);
    harness.run_steps(3);
    harness.get_by_label("Export…").click();
    harness.run_steps(4);
    assert_eq!(harness.state().ui.dialog, Some(Dialog::Export));
    harness.get_by_label("CSV").click();
    harness.run_steps(2);
    picture(&mut harness, "export");
    harness.get_by_label("Export 120 records").click();
    harness.run_steps(2);
    let request = ExportRequest {
        path: "/exports/clickstream-prod-20260915-143708.csv".to_owned(),
        format: ExportFormat::Csv,
        what: ExportWhat::Kept,
        only_filtered: false,
    };
    assert!(harness.state().log.contains(&Command::Export(request.clone())));
    let mut run = ExportRun { request, done: 40, of: 120, outcome: None };
    harness.state_mut().world.open.as_mut().expect("open").export = Some(run.clone());
    harness.run_steps(3);
    picture(&mut harness, "export_running");
    harness.get_by_label("Cancel export");
    run.outcome = Some(Err("it cannot be written: a file of that name is there already.".to_owned()));
    harness.state_mut().world.open.as_mut().expect("open").export = Some(run);
    harness.run_steps(3);
    harness.get_by_label("Change and try again").click();
    harness.run_steps(3);
    harness.get_by_label("Export 120 records");
    let node = harness.get_by_role_and_label(egui::accesskit::Role::TextInput, "File");
    assert!(node.accesskit_node().value().is_some_and(|value| value.ends_with(".csv")));
}
