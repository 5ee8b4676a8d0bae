//! The dialog that sends a record.

use eframe::egui;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use kinescope::model::batch::BatchCommand;
use kinescope::model::ids::{PartitionKey, SequenceNumber, ShardId};
use kinescope::model::results::ResultsOf;
use kinescope::model::time::{Millis, Timestamp};
use kinescope::model::world::World;
use kinescope::model::writes::{InjectRow, InjectRun, PutEntry, PutOutcome, PutWish};
use kinescope::ui::command::{Command, Commands, Dialog};
use kinescope::ui::dialogs::inject::{self, InjectState};

use crate::harness::picture;
use crate::stage::{self, Stage, shard_id, window};

const DATA: &str = r#"{
  "event": "checkout",
  "ts": "2026-09-15T14:37:08.114Z",
  "tenant": "tenant-9",
  "cart": {
    "total": 217.4,
    "currency": "EUR",
    "items": 3
  },
  "consent": true,
  "test": true
}"#;

fn show(
    ui: &mut egui::Ui,
    world: &World,
    state: &mut InjectState,
    _selection: &mut Option<ShardId>,
    out: &mut Commands,
) {
    inject::show(ui, world, state, out);
}

fn entry() -> PutEntry {
    PutEntry { partition_key: PartitionKey::from("tenant-9"), explicit_hash_key: None, data: DATA.as_bytes().to_vec() }
}

fn filled(world: World) -> Stage<InjectState> {
    let mut stage: Stage<InjectState> = Stage::new(world);
    stage.state.fill(&entry());
    stage
}

fn accepted(key: &str, shard: u32, waits: &[i64], took: i64) -> InjectRow {
    InjectRow {
        partition_key: PartitionKey::from(key),
        explicit_hash_key: None,
        waits: waits.iter().map(|wait| Millis(*wait)).collect(),
        outcome: Some(Ok(PutOutcome::Accepted {
            shard_id: shard_id(shard),
            sequence_number: SequenceNumber::from("49668412730951846205170091830571193040226"),
        })),
        took: Millis(took),
    }
}

fn run() -> InjectRun {
    let mut failed = accepted("tenant-42", 7, &[104, 212, 391, 845, 1_602], 3_200);
    failed.outcome = Some(Ok(PutOutcome::Refused {
        code: "ProvisionedThroughputExceededException".to_owned(),
        message: "Rate exceeded for shard shardId-000000000007 in stream clickstream-prod".to_owned(),
    }));
    InjectRun {
        stream: "clickstream-prod".into(),
        started: Timestamp::from_rfc3339("2026-09-15T14:35:52Z").expect("a time"),
        rows: vec![
            accepted("tenant-9", 13, &[], 18),
            accepted("tenant-118", 16, &[], 18),
            accepted("tenant-42", 7, &[98, 207], 349),
            failed,
        ],
        is_done: true,
    }
}

fn send_button<'a>(harness: &'a Harness<'_, Stage<InjectState>>) -> egui_kittest::Node<'a> {
    harness.get_by_role_and_label(egui::accesskit::Role::Button, "Send 1 record to PROD")
}

#[test]
fn the_button_names_the_environment_and_sends_what_is_typed() {
    let mut harness = window(filled(stage::unlocked(702)), show);
    assert!(harness.query_by_label_contains("Lands on shardId-000000000013 40 % of limit").is_some());
    assert!(harness.query_by_label_contains("Valid JSON").is_some());
    picture(&mut harness, "inject");
    send_button(&harness).click();
    harness.run_steps(2);
    assert_eq!(harness.state().commands, [Command::Put(PutWish::new(vec![entry()]))]);
}

#[test]
fn control_enter_sends_from_inside_a_field() {
    let mut harness = window(filled(stage::unlocked(702)), show);
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Enter);
    harness.run_steps(2);
    assert_eq!(harness.state().commands, [Command::Put(PutWish::new(vec![entry()]))]);
    assert_eq!(harness.state().state.draft().data, DATA);
}

#[test]
fn locked_writes_disable_sending_and_offer_to_unlock() {
    let mut harness = window(filled(stage::world()), show);
    assert!(send_button(&harness).accesskit_node().is_disabled());
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Enter);
    harness.get_by_label("Unlock…").click();
    harness.run_steps(2);
    assert_eq!(harness.state().commands, [Command::Open(Dialog::Unlock)]);
    picture(&mut harness, "inject_locked");
}

#[test]
fn results_list_problems_first() {
    let mut stage = filled(stage::unlocked(702));
    if let Some(open) = &mut stage.world.open {
        open.inject = Some(run());
    }
    let mut harness = window(stage, show);
    let top = |name: &str| harness.get_by_label_contains(name).rect().top();
    assert!(top("Result 4 tenant-42 Failed") < top("Result 3 tenant-42 Sent, 3rd attempt"));
    assert!(top("Result 3 tenant-42") < top("Result 1 tenant-9 Sent"));
    picture(&mut harness, "inject_results");
    harness.state_mut().is_light = true;
}

#[test]
fn what_is_wrong_is_named_and_nothing_is_sent() {
    let mut stage: Stage<InjectState> = Stage::new(stage::unlocked(702));
    stage.is_light = true;
    let mut record = entry();
    record.data = b"{\n  \"event\": \"checkout\",\n  \"cart\": {,}\n}".to_vec();
    record.partition_key = PartitionKey::from("k".repeat(257));
    stage.state.fill(&record);
    let mut harness = window(stage, show);
    assert!(harness.query_by_label_contains("Not JSON, line 3, column 12").is_some());
    assert!(harness.query_by_label_contains("has 257 characters").is_some());
    assert!(send_button(&harness).accesskit_node().is_disabled());
    picture(&mut harness, "inject_light");
}

#[test]
fn it_fits_into_a_small_window_and_shows_bytes_that_are_no_text() {
    let mut stage: Stage<InjectState> = Stage::new(stage::unlocked(702));
    let mut record = entry();
    record.data = vec![0x1f, 0x8b, 0x08, 0x00, 0xff];
    stage.state.fill(&record);
    if let Some(open) = &mut stage.world.open {
        open.inject = Some(run());
    }
    let mut harness = stage::sized(stage, show, 1_024.0, 700.0);
    assert!(harness.query_by_label_contains("sent as 5 bytes").is_some());
    picture(&mut harness, "inject_small");
    send_button(&harness).click();
    harness.run_steps(2);
    assert_eq!(harness.state().commands, [Command::Put(PutWish::new(vec![record]))]);
}

#[test]
fn escape_closes_only_when_nothing_was_typed() {
    let mut harness = window(Stage::new(stage::unlocked(702)), show);
    harness.key_press(egui::Key::Escape);
    harness.run_steps(2);
    harness.key_press(egui::Key::Escape);
    harness.run_steps(2);
    assert!(harness.state().commands.contains(&Command::CloseDialog));
    let mut harness = window(filled(stage::unlocked(702)), show);
    harness.key_press(egui::Key::Escape);
    harness.run_steps(2);
    harness.key_press(egui::Key::Escape);
    harness.run_steps(2);
    assert!(harness.state().commands.is_empty());
}

#[test]
fn a_template_is_filled_in_repeated_and_rolled_again() {
    let mut harness = window(Stage::new(stage::unlocked(702)), show);
    harness.get_by_role_and_label(egui::accesskit::Role::Button, "Template").click();
    harness.run_steps(3);
    harness.get_by_role_and_label(egui::accesskit::Role::MenuItem, "IoT sensor").click();
    harness.run_steps(3);
    let shown = |harness: &Harness<'_, Stage<InjectState>>| {
        harness.get_by_label_contains("Will be sent").accesskit_node().value().unwrap_or_default()
    };
    let first = shown(&harness);
    assert!(first.contains("\"device\":\"device-1\""), "{first}");
    picture(&mut harness, "inject_template");
    harness.get_by_role_and_label(egui::accesskit::Role::Button, "roll again").click();
    harness.run_steps(3);
    assert_ne!(shown(&harness), first);
    harness.get_by_role_and_label(egui::accesskit::Role::TextInput, "Repeat").focus();
    harness.run_steps(1);
    harness.get_by_role_and_label(egui::accesskit::Role::TextInput, "Repeat").type_text("2");
    harness.run_steps(2);
    let name = harness
        .get_all_by_role(egui::accesskit::Role::Button)
        .filter_map(|node| node.accesskit_node().label())
        .find(|name| name.starts_with("Send ") && name.ends_with("records to PROD"))
        .expect("a button for several");
    harness.get_by_role_and_label(egui::accesskit::Role::Button, &name).click();
    harness.run_steps(2);
    let Some(Command::Put(wish)) = harness.state().commands.last() else { panic!("nothing was sent") };
    let entries = &wish.entries;
    assert!(entries.len() > 1 && entries[0].data != entries[1].data);
}

#[test]
fn a_key_is_found_that_lands_on_a_chosen_shard() {
    let mut harness = window(filled(stage::unlocked(702)), show);
    harness.get_by_role_and_label(egui::accesskit::Role::Button, "Solve for shard").click();
    harness.run_steps(3);
    harness.get_by_label_contains("shardId-000000000028  22").click();
    harness.run_steps(3);
    assert!(harness.query_by_label_contains("Lands on shardId-000000000028").is_some());
}

#[test]
fn what_is_refused_is_sent_again_unless_that_is_not_wanted() {
    let mut stage = filled(stage::unlocked(702));
    if let Some(open) = &mut stage.world.open {
        open.inject = Some(run());
    }
    let mut harness = stage::sized(stage, show, 1_100.0, 700.0);
    harness.get_by_role_and_label(egui::accesskit::Role::Button, "If throttled").click();
    harness.run_steps(3);
    harness.get_by_role_and_label(egui::accesskit::Role::MenuItem, "Do not retry").click();
    harness.run_steps(3);
    picture(&mut harness, "inject_once");
    send_button(&harness).click();
    harness.run_steps(2);
    let wish = PutWish { entries: vec![entry()], is_retried: false };
    assert_eq!(harness.state().commands, [Command::Put(wish)]);
    harness.get_by_role_and_label(egui::accesskit::Role::Button, "Save results…").click();
    harness.run_steps(3);
    harness.get_by_role_and_label(egui::accesskit::Role::Button, "Save").click();
    harness.run_steps(2);
    let Some(Command::Batch(BatchCommand::SaveResults(wish))) = harness.state().commands.last() else {
        panic!("{:?}", harness.state().commands.last())
    };
    assert_eq!((&wish.of, wish.only_unsent), (&ResultsOf::Single, false));
    assert!(wish.path.contains("clickstream-prod-results-"), "{}", wish.path);
}
